"""Messages: stored byte for byte, bounded, drained and refused once; and their trace."""

import pytest
from conftest import make_world
from hypothesis import given, settings
from hypothesis import strategies as st
from services.smtp.conftest import MESSAGE, Client

from homeport.services.smtp.content import Content, DotReader
from homeport.world.mail.contents import MailContents
from homeport.world.world import WorldContents

BEGUN = b"EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n"


def stuffed(content: bytes) -> bytes:
    """Return content with dot-stuffing (RFC 5321 4.5.2), and its end."""
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


@pytest.mark.requirement("SMTP-5.2.11-1")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b".\r\n",
        b"..\r\n",
        b".\r\n.\r\n",
        b"a\r\n.b\r\n",
        b"..a\r\n\r\n.\r\n",
        b"a\r\n...\r\n",
        b".a\r\n" * 40,
    ],
    ids=repr,
)
def test_dot_stuffing_is_undone(every_way, content):
    one = every_way(BEGUN + stuffed(content) + b"QUIT\r\n")
    assert one.stored == [content]
    assert one.talk.closed
    assert "dot-not-stuffed" not in one.findings


@settings(max_examples=200)
@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\xff", b"\0", b" "]), max_size=60), st.data())
def test_any_bytes_are_stored_unchanged_however_they_are_cut(pieces, data):
    content = b"".join(pieces).replace(b"\r\n.\r\n", b"\r\n")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    wire = stuffed(content)
    outcomes = []
    for _ in range(2):
        one = Client()
        one.send(BEGUN)
        at = 0
        while at < len(wire):
            size = data.draw(st.integers(1, len(wire)))
            one.send(wire[at : at + size])
            at += size
        assert one.stored == [content]
        outcomes.append(sorted(one.findings))
    assert outcomes[0] == outcomes[1]


@pytest.mark.requirement("SMTP-5.3.8-1")
def test_messages_of_64_kib_and_of_megabytes_are_stored(client):
    one = client().hello()
    for size in (65_536, 3_000_000):
        content = MESSAGE.encode()
        content += b"x" * 70 + b"\r\n" * ((size - len(content) - 70) // 2)
        assert one.deliver(content).startswith("250")
        assert one.stored[-1] == content
    assert one.findings == []


def test_a_message_over_the_limit_is_read_to_its_end_and_refused_once(every_way):
    one = every_way(BEGUN + b"x" * 60 + b"\r\n" + b"y" * 60 + b"\r\n.\r\nNOOP\r\n", max_size=100)
    assert one.stored == []
    assert one.talk.sent.endswith(
        b"552 5.3.4 the message has 124 bytes, over the limit of 100 (RFC 1870 6)\r\n250 2.0.0 OK\r\n"
    )


def test_chunks_over_the_limit_are_refused(client):
    one = client(max_size=100).hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")
    assert one.send(b"BDAT 90\r\n" + b"x" * 90).startswith("250")
    assert one.send(b"BDAT 90\r\n" + b"x" * 90).startswith("552 5.3.4")
    assert one.send(b"BDAT 9 LAST\r\n" + b"x" * 9).startswith("503")
    assert one.say("NOOP").startswith("250")


@pytest.mark.parametrize(("octets", "found"), [(998, []), (999, ["line-too-long"]), (5000, ["line-too-long"])])
def test_lines_of_998_bytes_are_correct_and_longer_ones_a_finding(client, octets, found):
    one = client().hello()
    assert one.deliver(MESSAGE + "x" * octets + "\r\n" + "y" * 998 + "\r\n").startswith("250")
    assert one.findings == found


def test_the_stuffed_dot_is_not_counted(client):
    one = client().hello()
    one.deliver(MESSAGE + ".." + "x" * 997 + "\r\n")
    assert one.findings == []


def test_lines_over_the_limit_are_drained_and_refused_once(every_way):
    one = every_way(BEGUN + MESSAGE.encode() + b"x" * 1500 + b"\r\n.\r\nNOOP\r\n", max_line=1200)
    assert one.stored == []
    assert b"\r\n554 5.6.0 a line of the message has more than 1200 bytes" in one.talk.sent
    assert one.talk.sent.endswith(b"250 2.0.0 OK\r\n")


def test_line_lengths_are_the_same_however_they_are_cut(every_way):
    lines = [b"x" * size + b"\r\n" for size in (998, 1, 500, 998, 0, 997)]
    assert "line-too-long" not in every_way(BEGUN + b"".join(lines) + b".\r\n").findings
    assert "line-too-long" in every_way(BEGUN + b"".join([*lines, b"x" * 999, *lines]) + b"\r\n.\r\n").findings


def test_the_reader_buffers_at_most_a_partial_end():
    class Sink:
        written = 0

        def write(self, data: bytes) -> None:
            self.written += len(data)

        def drop(self) -> None:
            self.written = 0

    sink = Sink()
    reader = DotReader(Content(sink, 1 << 40, 1 << 40))
    for _ in range(100):
        assert reader.take(b"x" * 76 + b"\r\n" + b"y" * 10_000) == -1
    assert sink.written == 100 * 10_078


@pytest.mark.requirement(
    "SMTP-5.2.6-1", "SMTP-5.2.8-1", "SMTP-5.2.8-2", "SMTP-5.2.8-5", "SMTP-5.2.14-1", "SMTP-5.2.14-2"
)
def test_delivery_prepends_the_trace_and_the_message_stays_unchanged(client):
    one = client().hello()
    content = "Received: from elsewhere (by example) ; long ago\r\n" + MESSAGE
    one.deliver(content)
    [message] = one.world.mail.messages()
    assert one.world.mail.raw(message) == content.encode()
    assert one.world.mail.delivered(message, "alice@homeport.test").decode() == (
        "Return-Path: <a@client.example>\r\n"
        "Received: from client.example ([127.0.0.1])\r\n"
        "\tby mail.homeport.test ([127.0.0.1])\r\n"
        "\twith ESMTP id m1\r\n"
        "\tfor <alice@homeport.test>;\r\n"
        "\tWed, 14 Oct 2026 17:46:40 +0000\r\n" + content
    )


@pytest.mark.requirement("SMTP-5.2.8-6", "SMTP-5.2.9-1", "SMTP-5.2.13-1")
def test_the_null_reverse_path_reaches_the_mailbox(client):
    one = client().hello()
    one.say("MAIL FROM:<>", "RCPT TO:<alice@homeport.test>", "DATA")
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250")
    [message] = one.world.mail.messages()
    assert one.world.mail.delivered(message, "alice@homeport.test").startswith(b"Return-Path: <>\r\n")


def test_several_recipients_are_not_disclosed_to_each_other(client):
    one = client().hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "RCPT TO:<bob@homeport.test>", "DATA")
    one.send(MESSAGE.encode() + b".\r\n")
    assert b"for <" not in one.envelopes[0].received


@pytest.mark.requirement("SMTP-5.3.6-1", "SMTP-5.3.6-2", "SMTP-5.3.6-3")
def test_lists_change_the_return_path_and_aliases_do_not(client):
    one = client().hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<tides@homeport.test>", "RCPT TO:<crew@homeport.test>", "DATA")
    one.send(MESSAGE.encode() + b".\r\n")
    message = next(iter(one.world.mail.messages()))
    paths = {(delivery.mailbox, delivery.return_path) for delivery in message.delivered_to}
    assert ("carol@homeport.test", "operator@homeport.test") in paths
    assert ("bob@homeport.test", "a@client.example") in paths
    assert one.world.mail.delivered(message, "carol@homeport.test").endswith(MESSAGE.encode())


@pytest.mark.requirement("SMTP-5.2.8-7", "SMTP-5.3.3-2", "SMTP-5.3.3-3", "SMTP-5.3.3-4", "SMTP-5.3.3-6")
def test_failed_delivery_after_acceptance_is_reported_to_the_return_path(client):
    world = make_world(WorldContents(mail=MailContents(mailbox_size=300)))
    one = client(world=world).hello()
    one.say("MAIL FROM:<@relay.example:bob@homeport.test>", "RCPT TO:<alice@homeport.test>", "DATA")
    assert one.send((MESSAGE + "x" * 80 + "\r\n" * 60).encode() + b"\r\n.\r\n").startswith("250")
    report = [message for message in world.mail.messages() if not message.envelope.reverse_path]
    assert [message.envelope.recipients[0].address for message in report] == ["bob@homeport.test"]


@pytest.mark.requirement("SMTP-5.2.18-2", "SMTP-5.2.18-3", "SMTP-5.2.19-1")
def test_the_farms_own_reports_break_no_rule(client):
    world = make_world(WorldContents(mail=MailContents(mailbox_size=300)))
    one = client(world=world).hello()
    one.say("MAIL FROM:<bob@homeport.test>", "RCPT TO:<alice@homeport.test>", "DATA")
    one.send((MESSAGE + "x" * 80 + "\r\n" * 60).encode() + b"\r\n.\r\n")
    before = list(one.findings)
    [report] = [message for message in world.mail.messages() if not message.envelope.reverse_path]
    content = world.mail.raw(report)
    fields = dict(line.split(b": ", 1) for line in content.split(b"\r\n\r\n")[0].split(b"\r\n") if b": " in line)
    for name in (b"From", b"To"):
        assert b"@homeport.test" in fields[name] or b".test>" in fields[name]
    other = client().hello()
    other.deliver(content)
    assert other.findings == []
    assert before == one.findings


@pytest.mark.requirement("SMTP-5.3.1-2", "SMTP-5.3.3-5")
def test_no_report_answers_the_null_path(client):
    world = make_world(WorldContents(mail=MailContents(mailbox_size=100)))
    one = client(world=world).hello()
    one.say("MAIL FROM:<>", "RCPT TO:<alice@homeport.test>", "DATA")
    assert one.send(MESSAGE.encode() + b".\r\n").startswith("250")
    assert len(one.stored) == 1


def test_a_message_in_a_mail_loop_is_refused(client):
    one = client().hello()
    assert one.deliver("Received: x; y\r\n" * 101 + MESSAGE).startswith("554 5.4.6")


class SlowStore:
    """A store in memory that claims to wait for a disk."""

    blocks = True
    bounded = True
    broken = False

    def __init__(self) -> None:
        from homeport.world.mail.store import MemoryStore

        self.inner = MemoryStore()

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def save(self, message, draft):
        if self.broken:
            raise OSError(28, "No space left on device")
        self.inner.save(message, draft)


@pytest.fixture
def slow(client):
    """A client whose messages wait for a disk."""
    world = make_world()
    world.mail.store = SlowStore()
    one = client(world=world, holding=True).hello()
    one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "DATA")
    return one


@pytest.mark.requirement("SMTP-5.3.3-1")
def test_250_is_sent_once_the_message_is_stored_and_not_before(slow):
    assert slow.send(MESSAGE.encode() + b".\r\nNOOP\r\n") == ""
    assert slow.stored == []
    assert slow.release() == "250 2.0.0 OK: stored as m1\r\n250 2.0.0 OK"
    assert slow.stored == [MESSAGE.encode()]


@pytest.mark.requirement("SMTP-5.3.3-1")
def test_a_full_disk_is_452_and_the_session_continues(slow):
    slow.send(MESSAGE.encode() + b".\r\n")
    assert slow.release(OSError(28, "No space left on device")).startswith("452 4.3.1")
    assert slow.stored == []
    assert slow.say("NOOP").startswith("250")


def test_mail_is_stored_although_its_sender_disconnected(slow):
    slow.send(MESSAGE.encode() + b".\r\n")
    slow.vanish()
    slow.call.work()
    slow.call.then()
    assert slow.stored == [MESSAGE.encode()]
    assert "message" in [event["type"] for event in slow.world.journal.events()]


def test_a_farm_that_stops_meanwhile_sends_the_final_reply(slow):
    from homeport.protocol.events import Stopping

    slow.send(MESSAGE.encode() + b".\r\n")
    assert slow.tell(Stopping()).startswith("421 4.3.2")
    assert slow.release() == ""
    assert slow.stored == [MESSAGE.encode()]
