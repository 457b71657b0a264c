"""Faults: of the network, of the answer, and Gopher's own defects; planned, and asked for by selector."""

import msgspec
import pytest
from conftest import read_all

from homeport.protocol.effects import LogFault, Misbehave
from homeport.protocol.events import Data
from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.faults import Answer, Do, Limit, Match, Plan
from homeport.services import find_service
from homeport.services.gopher.form import FRAMES
from homeport.services.gopher.recipes import RECIPES

MENU = b"/files/pub\r\n"


def plan(world, word, **fields):
    world.faults.add(Plan(service="gopher", do=Do(frame=word), **fields))


@pytest.fixture(params=["planned", "asked for"])
def spoilt(request, connect, world):
    """Return the answer with a defect to a request."""

    def run(word: str, line: bytes, **options) -> bytes:
        if request.param == "planned":
            plan(world, word)
        else:
            world.faults.by_client = True
            line = f"/fault/{word}".encode() + line
        one = connect(conn="c1", **options)
        one.send(line)
        return one.talk.sent

    return run


def test_no_final_dot(spoilt):
    assert spoilt("no-final-dot", MENU).endswith(b"\t+\r\n")


def test_no_final_dot_of_a_text(spoilt):
    assert spoilt("no-final-dot", b"/who\r\n").endswith(b"idle 60 min\r\n")


def test_an_early_dot_in_a_menu(spoilt):
    sent = spoilt("early-dot", MENU)
    assert sent.split(b"\r\n")[1] == b"."
    assert sent.count(b"\r\n.\r\n") == 2


def test_an_early_dot_in_a_text(spoilt):
    assert spoilt("early-dot", b"/files/README.txt\r\n").startswith(b"Welcome to the harbour of Homeport.\r\n.\r\n\r\n")


def test_wrong_types(spoilt):
    rows = spoilt("wrong-type", MENU).split(b"\r\n")
    assert [row[:1] for row in rows[:5]] == [b"9", b"0", b"9", b"9", b"0"]


def test_lines_without_tabs(spoilt):
    assert b"\t" not in spoilt("no-tabs", MENU)


def test_a_host_that_does_not_exist(spoilt):
    rows = spoilt("unreachable-host", b"\r\n").split(b"\r\n")
    assert rows[0].split(b"\t")[2] == b"null.host"
    assert rows[2] == b"1Files\t/files\tunreachable.invalid\t10070\t+"


def test_a_wrong_length(spoilt):
    assert spoilt("wrong-size", b"/files/pub/chart.bin\t+\r\n") == b"+4103\r\n" + bytes(range(256)) * 16


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("wrong-size", b"/files/pub/chart.bin"),
        ("wrong-size", b"/files/README.txt\t+"),
        ("no-tabs", b"/who"),
        ("early-dot", b"/files/pub/chart.bin"),
    ],
)
def test_an_answer_that_cannot_have_the_defect_uses_no_fault_up(connect, world, word, line):
    plan(world, word)
    one = connect()
    one.send(line + b"\r\n")
    (fault,) = world.faults
    assert fault.acted == 0


def test_a_defect_acts_as_often_as_planned_and_is_in_the_journal(connect, world):
    plan(world, "no-tabs", after=1, times=1)
    answers = []
    for _ in range(3):
        one = connect()
        one.send(MENU)
        answers.append(b"\t" not in one.talk.sent)
    assert answers == [False, True, False]


def test_the_journal_says_what_was_sent(connect, world):
    plan(world, "no-tabs")
    session = connect().session
    effects = session.handle(Data(b"/people\r\n"))
    (told,) = [one for one in effects if isinstance(one, LogFault)]
    assert told.did == "sent lines of a menu with spaces for TABs"


def test_faults_match_the_request(connect, world):
    plan(world, "no-tabs", match=Match(argument="/people"))
    one = connect()
    one.send(MENU)
    assert b"\t" in one.talk.sent
    one = connect()
    one.send(b"/people\r\n")
    assert b"\t" not in one.talk.sent


def test_a_client_may_not_ask_unless_it_is_allowed(ask):
    assert ask(b"/fault/no-tabs/files").talk.sent.startswith(b"3there is nothing at '/fault/no-tabs/files'")


@pytest.mark.parametrize("name", ["no-dot", "reply-451", "frame-nxdomain", ""])
def test_a_name_that_gopher_does_not_have_is_explained(ask, world, name):
    world.faults.by_client = True
    sent = ask(f"/fault/{name}/files".encode()).talk.sent
    assert sent.startswith(b"3there is no fault " if name else b"3there is nothing")


def test_a_host_of_faults_in_the_selector_works_as_with_finger(connect, world):
    world.faults.by_client = True
    one = connect(conn="c1")
    (effect,) = one.session.handle(Data(b"reset.fault.test\r\n"))
    assert isinstance(effect, Misbehave)
    assert effect.fault.plan.do.kind == "reset"


def test_every_recipe_and_every_defect_can_be_planned():
    services = {"gopher": find_service("gopher")}
    for recipe in RECIPES:
        validate_plan(recipe.plan("gopher"), services)
    for word in FRAMES:
        validate_plan(Plan(service="gopher", do=Do(frame=word), match=Match(verb="query")), services)


# With real sockets: a fault on a request acts on its whole answer, though that is made in several turns.


@pytest.fixture
def farm(start_farm, tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(1 << 20))
    return start_farm("gopher", "ftp", ftp={"root": str(tmp_path)})


@pytest.mark.parametrize("limit", [1, 65536, 65537, 200_000])
def test_a_limit_counts_through_all_pieces_of_an_answer(farm, limit):
    fields = {"match": Match(argument="large"), "do": Do(limit=Limit(limit))}
    farm.call(farm.world.faults.add, Plan(service="gopher", **fields))
    assert len(farm.exchange("gopher", b"/files/large.bin\r\n")) == limit
    assert len(farm.exchange("gopher", b"/files/large.bin\r\n")) == 1 << 20


@pytest.mark.parametrize(
    "do",
    [{"slice": {"size": 40_000}}, {"latency": {"ms": 1}}, {"bandwidth": {"bytes_per_s": 1 << 30}}],
    ids=lambda do: next(iter(do)),
)
def test_slow_faults_pass_the_whole_answer(farm, do):
    fields = {"match": Match(argument="large"), "do": msgspec.convert(do, Do)}
    farm.call(farm.world.faults.add, Plan(service="gopher", **fields))
    assert farm.exchange("gopher", b"/files/large.bin\r\n") == bytes(1 << 20)


def test_an_answer_is_replaced_as_a_whole(farm):
    fields = {"match": Match(argument="large"), "do": Do(answer=Answer("Gone.\r\n"))}
    farm.call(farm.world.faults.add, Plan(service="gopher", **fields))
    assert farm.exchange("gopher", b"/files/large.bin\r\n") == b"Gone.\r\n"


def test_a_reset_comes_in_the_middle(farm):
    fields = {"match": Match(argument="large"), "do": Do(limit=Limit(1000, reset=True))}
    farm.call(farm.world.faults.add, Plan(service="gopher", **fields))
    with farm.connect("gopher") as client, pytest.raises(ConnectionResetError):
        client.sendall(b"/files/large.bin\r\n")
        read_all(client)
