"""Memory before acceptance: bounded for all connections of a farm together, and given back at every kind of end."""

import pytest
from conftest import make_world
from services.smtp.conftest import MESSAGE, Client

from homeport.world.budget import Budget
from homeport.world.mail.mail import INCOMING_FULL
from homeport.world.mail.store import MemoryStore

MIB = 1 << 20
LINES = (b"x" * 62 + b"\r\n") * 1024
BEGUN = ("EHLO client.example", "MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
FULL = f"452 4.3.1 the message cannot be stored: {INCOMING_FULL}"


def kept(world) -> int:
    """Count the bytes of unfinished messages in memory, and check that the budget knows of each."""
    stored = sum(len(world.mail.raw(one)) for one in world.mail.messages())
    assert sum(one.size for one in world.mail.store.drafts) - stored <= world.budget.used
    return world.budget.used


class CountedStore(MemoryStore):
    """A store that knows its drafts."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts = []

    def draft(self):
        self.drafts.append(super().draft())
        return self.drafts[-1]


@pytest.fixture
def world():
    made = make_world()
    made.mail.store = CountedStore()
    return made


def begin(world, *lines: str, **options) -> Client:
    one = Client(world=world, **options)
    for line in (*BEGUN, *lines):
        one.say(line)
    return one


def test_unfinished_chunks_of_six_clients_stay_within_the_budget(world):
    world.budget.limit = 4 * MIB
    clients = [begin(world) for _ in range(6)]
    for one in clients:
        one.send(b"BDAT %d\r\n" % (3 * MIB))
    for _ in range(3 * MIB // 65536 - 1):
        for one in clients:
            one.send(LINES)
        assert kept(world) <= 4 * MIB
    answers = [one.send(LINES) for one in clients]
    assert answers.count(FULL) == 5
    assert kept(world) == 3 * MIB


def test_a_chunk_larger_than_the_budget_is_refused_and_none_of_it_is_kept(world):
    world.budget.limit = 1000
    one = begin(world)
    one.send(b"BDAT 2000 LAST\r\n" + b"x" * 900)
    assert kept(world) == 0
    assert one.send(b"x" * 1100) == FULL
    assert one.say("NOOP") == "250 2.0.0 OK"
    assert one.stored == []


def test_a_chunk_over_the_limit_of_a_message_is_refused_by_its_announced_size(world):
    one = begin(world, max_size=1000)
    assert one.send(b"BDAT 900\r\n" + b"x" * 900).startswith("250")
    one.send(b"BDAT 200 LAST\r\n" + b"x" * 50)
    assert kept(world) == 0
    assert one.send(b"x" * 150) == "552 5.3.4 the message has 1100 bytes, over the limit of 1000 (RFC 1870 6)"
    assert one.say("BDAT 0 LAST").startswith("503")


def test_an_announced_size_over_the_budget_is_452_at_mail(world):
    world.budget.limit = 1000
    one = Client(world=world).hello()
    assert one.say("MAIL FROM:<a@client.example> SIZE=1001") == FULL
    assert one.findings == []
    assert one.say("MAIL FROM:<a@client.example> SIZE=1000").startswith("250")


def test_an_announced_size_reserves_nothing(world):
    world.budget.limit = 1000
    begin(world, "RSET", "MAIL FROM:<a@client.example> SIZE=1000", "RCPT TO:<alice@homeport.test>")
    begin(world).send(b"BDAT 1000\r\n")
    assert kept(world) == 0
    assert Client(world=world).hello().deliver().startswith("250")


def test_mail_and_data_are_452_while_the_budget_is_used_up_and_accepted_afterwards(world):
    world.budget.limit = 500
    early = begin(world)
    begin(world, "DATA").send(b"x" * 100)
    hog = begin(world, "DATA")
    hog.send(b"y" * 400)
    late = Client(world=world).hello()
    assert late.say("MAIL FROM:<b@client.example>") == FULL
    assert early.say("DATA") == FULL
    hog.vanish()
    assert early.say("DATA").startswith("354")
    assert early.send(MESSAGE.encode() + b".\r\n").startswith("250")
    assert late.deliver().startswith("250")


def test_data_over_the_budget_is_read_to_its_end_not_kept_and_refused_once(world):
    world.budget.limit = 1000
    one = begin(world, "DATA")
    for _ in range(100):
        assert one.send(b"x" * 70 + b"\r\n") == ""
        assert kept(world) <= 1000
    assert kept(world) == 0
    assert one.send(b".\r\n") == FULL
    assert one.deliver().startswith("250")
    assert kept(world) == 0


@pytest.mark.parametrize(
    ("content", "options", "refusal"),
    [
        (b"x" * 70_000, {}, "554 5.6.0 a line of the message has more than 65536 bytes"),
        (b"x" * 70_000, {"max_size": 66_000, "max_line": 0}, "552 5.3.4 the message has 70002 bytes"),
        (b"Received: x; y\r\n" * 101 + b"\r\n" + b"x" * 400, {}, "554 5.4.6 too many Received fields"),
        (b"Subject: x\r\n\r\nbare\nline\r\n" + b"x" * 400, {"strict": True}, "554 5.6.0 the client sent a message"),
    ],
    ids=["line", "size", "loop", "strict"],
)
def test_content_that_will_be_refused_is_dropped_as_soon_as_that_is_known(world, content, options, refusal):
    one = begin(world, "DATA", **options)
    one.send(content)
    assert kept(world) == 0
    assert one.send(b"\r\n.\r\n").startswith(refusal)


@pytest.mark.parametrize(
    "end", ["RSET", "EHLO client.example", "QUIT", "BDAT 0 LAST", "DATA", "lost", "eof", "timeout", "stopping"]
)
def test_every_end_of_a_message_gives_its_memory_back(world, end):
    from homeport.protocol.events import LimitReached, Stopping

    one = begin(world)
    one.send(b"BDAT 600\r\n" + b"x" * 600)
    assert kept(world) == 600
    match end:
        case "lost":
            one.vanish()
        case "eof":
            one.end()
            one.vanish("closed")
        case "timeout":
            one.tell(LimitReached("idle"))
            one.vanish("closed")
        case "stopping":
            one.tell(Stopping())
            one.vanish("closed")
        case "DATA":
            one.say("DATA")
            one.say("RSET")
        case _:
            one.say(end)
            one.vanish("closed")
    assert kept(world) == 0


def test_a_stored_message_no_longer_counts(world):
    one = Client(world=world).hello()
    one.deliver(b"x" * 5000 + b"\r\n")
    assert kept(world) == 0
    assert len(one.stored) == 1


def test_a_report_is_written_although_the_budget_is_used_up(world):
    from homeport.world.mail.contents import MailContents
    from homeport.world.world import WorldContents

    world = make_world(WorldContents(mail=MailContents(mailbox_size=10)))
    world.budget.limit = len(MESSAGE) + 50
    one = Client(world=world).hello()
    one.say("MAIL FROM:<bob@homeport.test>", "RCPT TO:<alice@homeport.test>", "DATA")
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250")
    assert world.budget.used == 0


def test_messages_on_disk_take_no_memory_of_the_budget_and_must_fit_on_the_disk(world):
    world.budget.limit = 10
    world.mail.store.blocks = True
    world.mail.store.free = lambda: 1000
    one = Client(world=world).hello()
    assert one.say("MAIL FROM:<a@client.example> SIZE=501").startswith("452 4.3.1")
    assert one.deliver().startswith("250")
    assert world.budget.used == 0


def test_worlds_of_a_farm_share_one_budget_and_a_reload_changes_it(start_farm):
    farm = start_farm("smtp", limits={"incoming": 12345})
    assert farm.call(lambda: farm.world.budget) is farm.farm.budget
    other = farm.call(farm.farm.make_world, "other", farm.farm.config)
    assert other.world.budget is farm.farm.budget
    assert farm.farm.budget.limit == 12345
    assert repr(Budget(5)) == "<Budget 0 of 5>"
