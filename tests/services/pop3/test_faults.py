"""Planned faults of POP3: replies with a status, defects of answers, and what they leave undone."""

from base64 import b64encode

import msgspec
import pytest
from services.pop3.conftest import MESSAGE, Client, has

from homeport.protocol.events import Data
from homeport.protocol.fault_checks import validate_plan
from homeport.protocol.fault_kinds import schema_of
from homeport.protocol.faults import FaultError, Plan
from homeport.services import find_service
from homeport.services.pop3 import SERVICE
from homeport.services.pop3.recipes import RECIPES

SERVICES = {name: find_service(name) for name in ("pop3", "epp", "smtp")}


def plan(verb=None, service="pop3", **fields):
    fault = msgspec.convert({"service": service, "match": {"verb": verb} if verb else {}, **fields}, Plan)
    validate_plan(fault, SERVICES)
    return fault


@pytest.fixture
def planned(world):
    """Return a function that plans a fault and opens a connection."""

    def make(verb, do, *raws, **fields):
        has(world, *raws)
        world.faults.add(plan(verb, do=do, **fields))
        return Client(world)

    return make


@pytest.mark.parametrize("code", ["IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "AUTH"])
def test_a_login_can_be_refused_with_each_response_code(planned, code):
    one = planned("PASS", {"reply": {"status": "-ERR", "response_code": code, "text": "later"}})
    assert one.say("USER alice", "PASS alice-pass") == f"-ERR [{code}] later"
    assert one.login().say("STAT") == "+OK 0 0"


def test_a_planned_refusal_leaves_the_command_undone(planned, world):
    one = planned("DELE", {"reply": {"status": "-ERR"}}, MESSAGE).login()
    assert one.say("DELE 1") == "-ERR as planned by a fault"
    one.say("QUIT")
    assert len(world.mailboxes.account("alice").inbox) == 1


def test_a_planned_answer_to_quit_deletes_nothing_and_closes(planned, world):
    one = planned("QUIT", {"reply": {"status": "-ERR", "response_code": "SYS/TEMP"}}, MESSAGE).login()
    assert one.say("DELE 1", "QUIT") == "-ERR [SYS/TEMP] as planned by a fault"
    assert one.talk.closed
    assert len(world.mailboxes.account("alice").inbox) == 1


def test_a_planned_greeting_that_is_err_closes(planned):
    one = planned("CONNECT", {"reply": {"status": "-ERR", "response_code": "SYS/TEMP", "text": "down"}})
    assert one.greeting == "-ERR [SYS/TEMP] down"
    assert one.talk.closed


@pytest.mark.parametrize(
    ("do", "field"),
    [
        ({"reply": {"status": "NO"}}, "do.reply.status"),
        ({"reply": {"code": 451}}, "do.reply.code"),
        ({"reply": {}}, "do.reply.status"),
        ({"reply": {"status": "+OK", "response_code": "AUTH"}}, "do.reply.response_code"),
        ({"frame": "half"}, "do.frame"),
        ({"frame": "other-uids"}, "match.verb"),
    ],
)
def test_a_plan_that_pop3_cannot_carry_out_is_refused(do, field):
    with pytest.raises(FaultError) as caught:
        plan("RETR", do=do)
    assert caught.value.field == field


def test_each_protocol_has_its_own_defects_of_answers():
    with pytest.raises(FaultError, match="answers of epp have no defect 'no-final-dot'"):
        plan(service="epp", do={"frame": "no-final-dot"})
    plan(service="epp", do={"frame": "half"})
    assert [one["const"] for one in schema_of("frame", SERVICE)["oneOf"]] == [*SERVICE.frames]


def test_a_message_without_its_final_dot_leaves_the_client_waiting(planned):
    one = planned("RETR", {"frame": "no-final-dot"}, MESSAGE).login()
    assert one.say("RETR 1").endswith("\r\n..a dot\r\nlast")
    assert one.say("RETR 1").endswith("\r\n..a dot\r\nlast\r\n.")


def test_dots_can_be_left_unstuffed(planned):
    one = planned("TOP", {"frame": "unstuffed-dots"}, MESSAGE).login()
    assert one.say("TOP 1 9").endswith("Hello\r\n.a dot\r\nlast\r\n.")


@pytest.mark.parametrize(("verb", "line"), [("STAT", "STAT"), ("LIST", "LIST 1"), ("LIST", "LIST"), ("RETR", "RETR 1")])
def test_sizes_can_be_wrong(planned, verb, line):
    one = planned(verb, {"frame": "wrong-size"}, MESSAGE).login()
    spoilt = one.say(line)
    assert str(len(MESSAGE) + 7) in spoilt
    assert str(len(MESSAGE)) in one.say(line)
    assert "Hello" in spoilt or verb != "RETR"


@pytest.mark.parametrize("line", ["UIDL", "UIDL 1"])
def test_unique_identifiers_can_be_those_of_another_uidvalidity(planned, line):
    one = planned("UIDL", {"frame": "other-uids"}, MESSAGE).login()
    other, right = one.say(line), one.say(line)
    assert other != right
    assert other.rpartition(".")[2] == right.rpartition(".")[2]


def test_a_large_message_is_spoilt_as_a_whole(planned):
    raw = b"a: b\r\n\r\n" + b".x\r\n" * 100_000
    one = planned("RETR", {"frame": "unstuffed-dots"}, raw).login()
    assert one.hear(Data(b"RETR 1\r\n")).endswith(raw + b".\r\n")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_can_be_planned(recipe):
    validate_plan(Plan(service="pop3", match=recipe.match, do=recipe.do), SERVICES)


def test_the_connection_ends_in_the_middle_of_a_message(planned):
    one = planned("RETR", {"frame": "drop-in-message"}, MESSAGE).login()
    assert one.hear(Data(b"RETR 1\r\nNOOP\r\n")) == b"+OK %d octets\r\n%s" % (len(MESSAGE), MESSAGE[:32])
    assert one.talk.closed
    one.vanish()
    assert Client(one.world).login().say("RETR 1").endswith("\r\n.")


def test_an_answer_that_cannot_have_the_defect_is_no_match(planned, world):
    one = planned(None, {"frame": "other-uids"}, MESSAGE).login()
    assert one.say("STAT") == f"+OK 1 {len(MESSAGE)}"
    (fault,) = world.faults
    assert (fault.seen, fault.acted) == (0, 0)
    assert one.say("UIDL 1") != one.say("UIDL 1")
    assert (fault.seen, fault.acted) == (1, 1)


class TestAskedByClients:
    @pytest.fixture
    def asking(self, world):
        """Return a function that logs in with the name of a fault."""
        has(world, MESSAGE)
        world.faults.by_client = True

        def login(name):
            one = Client(world)
            assert one.say(f"USER alice+{name}") == "+OK send PASS"
            return one, one.say("PASS alice-pass")

        return login

    @pytest.mark.parametrize("code", ["IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "AUTH"])
    def test_a_login_is_refused_with_the_response_code_of_the_name(self, asking, code):
        one, reply = asking(f"err-{code}")
        assert reply == f"-ERR [{code}] as planned by a fault"
        assert one.login().say("STAT").startswith("+OK 1")

    def test_each_answer_of_the_session_that_can_has_the_defect(self, asking, world):
        one, reply = asking("wrong-size")
        assert reply.startswith("+OK alice's maildrop")
        for _ in range(2):
            assert one.say("STAT") == f"+OK 1 {len(MESSAGE) + 7}"
        one.say("QUIT")
        assert Client(world).login().say("STAT") == f"+OK 1 {len(MESSAGE)}"

    @pytest.mark.parametrize("name", [*SERVICE.frames])
    def test_every_defect_has_a_name(self, asking, world, name):
        said = ("UIDL", "STAT", "RETR 1")
        right = Client(world).login()
        answers = [right.say(line) for line in said]
        right.say("QUIT")
        one, _reply = asking(name)
        assert [one.say(line) for line in said] != answers

    def test_by_sasl_too_and_an_earlier_attempt_is_forgotten(self, asking, world):
        one = Client(world)
        plain = b64encode(b"\0alice+err-IN-USE\0alice-pass").decode()
        assert one.say(f"AUTH PLAIN {plain}") == "-ERR [IN-USE] as planned by a fault"
        wrong = b64encode(b"\0alice+err-IN-USE\0wrong").decode()
        assert one.say(f"AUTH PLAIN {wrong}").startswith("-ERR [AUTH]")
        assert one.login().say("STAT").startswith("+OK 1")

    def test_a_wrong_password_is_refused_as_ever(self, asking, world):
        assert Client(world).say("USER alice+err-IN-USE", "PASS wrong") == "-ERR [AUTH] wrong login or password"

    def test_an_unknown_name_is_refused_with_the_nearest(self, asking, world):
        assert "did you mean 'no-final-dot'" in asking("no-finaldot")[1]
        assert Client(world).login().say("STAT").startswith("+OK")

    def test_no_client_can_unless_it_is_allowed(self, asking, world):
        world.faults.by_client = False
        assert asking("wrong-size")[1] == "-ERR [AUTH] wrong login or password"
