"""What mail programs of other authors do when the answers of IMAP and POP3 are defective."""

import asyncio
import imaplib
import poplib
from pathlib import Path

import pytest
from tests.interop.conftest import lacking
from tests.interop.pop3_post import Maildrop

IMAPFLOW = Path(__file__).with_name("imap_flow_faults.js")
LETTER = b"From: Bob <bob@homeport.test>\r\nSubject: hi\r\n\r\nHello\r\n.a dot\r\nlast\r\n"
SIZE = len(LETTER)


@pytest.fixture
def inbox(imap_mail):
    """INBOX of alice with three messages."""
    imap_mail.add("INBOX", [LETTER] * 3)
    return imap_mail


@pytest.fixture
def connect(inbox):
    """Log in with imaplib and select INBOX: `connect()`, `connect("alice+flood-3")`."""
    opened = []

    def connect(name="alice") -> imaplib.IMAP4:
        client = imaplib.IMAP4_SSL("localhost", inbox.tls, ssl_context=inbox.context(), timeout=20)
        opened.append(client)
        client.login(name, "alice-pass")
        client.select("INBOX")
        return client

    yield connect
    for client in opened:
        client.shutdown()


class TestImaplib:
    def test_it_tells_the_other_uidvalidity_and_the_lack_of_uids(self, inbox, connect):
        client, other = connect(), connect()
        real = int(client.untagged_responses["UIDVALIDITY"][0])
        inbox.plan("SELECT", frame="uidvalidity")
        inbox.plan(frame="lose-uid")
        client.select("INBOX")
        assert client.response("UIDVALIDITY")[1] == [b"%d" % (real + 1)]
        assert client.uid("FETCH", "2", "(UID RFC822.SIZE)")[1] == [b"2 (RFC822.SIZE %d)" % SIZE]
        assert other.uid("FETCH", "2", "(UID RFC822.SIZE)")[1] == [b"2 (UID 2 RFC822.SIZE %d)" % SIZE]
        assert other.noop()[1] == [b"NOOP completed"]

    def test_it_waits_for_the_rest_of_a_literal_that_is_announced_too_long(self, inbox, connect):
        inbox.plan(frame="wrong-literal-size")
        client = connect()
        client.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.fetch("3", "(BODY.PEEK[])")

    def test_it_aborts_where_the_connection_ends_within_a_literal(self, inbox, connect):
        inbox.plan(frame="drop-in-literal")
        client, other = connect(), connect()
        with pytest.raises(imaplib.IMAP4.abort):
            client.fetch("1:3", "(BODY.PEEK[])")
        assert len(other.fetch("1:3", "(BODY.PEEK[])")[1]) == 6

    def test_it_keeps_what_comes_unasked(self, inbox, connect):
        client, other = connect(), connect()
        inbox.plan("NOOP", frame="expunge-under")
        inbox.plan("NOOP", flood={"count": 1000})
        inbox.plan("NOOP", unsolicited={"text": "OK [ALERT] the server stops"})
        client.noop()
        assert client.response("EXPUNGE")[1] == [b"1"]
        assert len(client.response("EXISTS")[1]) > 1000
        assert client.response("ALERT")[1] == [b""]
        assert client.search(None, "ALL")[1] == [b"1 2"]
        assert other.search(None, "ALL")[1] == [b"1 2 3"]

    def test_it_believes_a_false_announcement(self, inbox, connect):
        inbox.plan("CAPABILITY", capability={"text": "IMAP4rev1 XYZZY"})
        assert connect().capabilities == ("IMAP4REV1", "XYZZY")
        assert "IDLE" in connect().capabilities

    def test_a_user_name_asks_for_a_flood(self, inbox, connect):
        inbox.farm.world.faults.by_client = True
        client = connect("alice+flood-3")
        client.noop()
        assert client.response("EXISTS")[1] == [b"3"] * 4


def test_aioimaplib_is_told_nothing_until_it_ends_idle(inbox):
    try:
        import aioimaplib
    except ImportError:
        lacking("Python does not find aioimaplib")
    inbox.plan(frame="no-idle-push")

    def pushed() -> list[bytes]:
        return [one for one in inbox.farm.events("out") if "4 EXISTS" in str(one)]

    async def use() -> None:
        client = aioimaplib.IMAP4_SSL("localhost", inbox.tls, ssl_context=inbox.context(), timeout=20)
        await client.wait_hello_from_server()
        await client.login("alice", "alice-pass")
        await client.select("INBOX")
        idle = await client.idle_start(timeout=20)
        inbox.add("INBOX", [LETTER])
        assert pushed() == []
        client.idle_done()
        assert (await idle).result == "OK"
        assert len(pushed()) == 1
        await client.logout()

    asyncio.run(use())


@pytest.mark.parametrize(
    ("way", "plan", "said"),
    [
        ("uids", {"frame": "lose-uid"}, [f"message {number} uid undefined" for number in (1, 2, 3)]),
        ("read", {"frame": "wrong-literal-size"}, [f"read {SIZE + 7}"]),  # it takes the next seven octets for its end
        ("read", {"frame": "drop-in-literal"}, ["failed NoConnection"]),
        ("noop", {"verb": "NOOP", "frame": "expunge-under"}, ["expunge 1", "exists 2"]),
        ("noop", {"verb": "NOOP", "flood": {"count": 1000}}, ["exists 3"]),
        ("noop", {"verb": "NOOP", "unsolicited": {"text": "9 EXISTS"}}, ["exists 3 9", "exists 9"]),
        ("capabilities", {"times": 0, "capability": {"text": "IMAP4rev1 XYZZY"}}, ["IMAP4rev1 XYZZY"]),
    ],
)
def test_imapflow_meets_a_defect(node_with, run, inbox, way, plan, said):
    fault = inbox.plan(**plan)
    trust = f"NODE_EXTRA_CA_CERTS={inbox.ca}"
    assert run("env", trust, node_with("imapflow"), IMAPFLOW, inbox.tls, way).decode().splitlines() == said
    assert fault.acted
    healthy = run("env", trust, node_with("imapflow"), IMAPFLOW, inbox.tls, "open").decode()
    assert healthy.startswith("uidvalidity ")


@pytest.mark.parametrize("word", ["no-final-dot", "unstuffed-dots", "wrong-size", "other-uids", "drop-in-message"])
def test_poplib_meets_the_defect_that_its_user_name_asks_for(start_farm, word):
    maildrop = Maildrop(start_farm("pop3"))
    maildrop.farm.world.faults.by_client = True

    def connect(name) -> poplib.POP3:
        client = poplib.POP3("localhost", maildrop.port, timeout=20)
        client.user(name)
        client.pass_("alice-pass")
        return client

    right = connect("alice")
    total, lines, uids = right.stat()[1], right.retr(1)[1], right.uidl()[1]
    right.quit()
    spoilt = connect(f"alice+{word}")
    match word:
        case "no-final-dot":
            spoilt.sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                spoilt.retr(1)
        case "unstuffed-dots":
            assert len(spoilt.retr(1)[1]) <= len(lines)
        case "wrong-size":
            assert spoilt.stat()[1] == total + 7
        case "other-uids":
            assert {*spoilt.uidl()[1]}.isdisjoint(uids)
        case "drop-in-message":
            with pytest.raises(poplib.error_proto, match="EOF"):
                spoilt.retr(1)
    spoilt.close()


def test_poplib_is_refused_with_the_response_code_that_its_user_name_asks_for(start_farm):
    maildrop = Maildrop(start_farm("pop3"))
    maildrop.farm.world.faults.by_client = True
    client = poplib.POP3("localhost", maildrop.port, timeout=20)
    client.user("alice+err-SYS/TEMP")
    with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\] as planned by a fault"):
        client.pass_("alice-pass")
    client.close()
