"""The TRANSACTION and UPDATE states: numbers, sizes, messages, deletions, the lock."""

import pytest
from services.pop3.conftest import MESSAGE, Client, has, receives

from homeport.protocol.events import Data
from homeport.services.pop3.content import PIECE_BYTES
from homeport.services.pop3.maildrop import PIECE_LINES
from homeport.world.mail.store import MessageGone

SHORT = b"Subject: 2\r\n\r\n"


def test_an_empty_maildrop_has_empty_lists(box):
    one = box()
    assert one.say("STAT") == "+OK 0 0"
    assert one.say("LIST") == "+OK 0 messages (0 octets)\r\n."
    assert one.lines("UIDL") == []
    assert one.say("LIST 1") == "-ERR no message 1: this maildrop has 0 (RFC 1939 5)"


def test_sizes_are_the_octets_of_the_message_before_dots_are_stuffed(box):
    one = box(MESSAGE, SHORT)
    assert one.say("STAT") == f"+OK 2 {len(MESSAGE) + len(SHORT)}"
    assert one.lines("LIST") == [f"1 {len(MESSAGE)}", f"2 {len(SHORT)}"]
    assert one.say("LIST 2") == f"+OK 2 {len(SHORT)}"
    assert one.say("RETR 1").startswith(f"+OK {len(MESSAGE)} octets\r\n")


def test_a_delivered_message_has_the_size_of_what_retr_sends_with_its_trace_lines(client, world):
    one = client(receives(world, MESSAGE)).login()
    read = one.retrieve()
    assert read.startswith(b"Return-Path: <bob@homeport.test>\r\n")
    assert read.endswith(MESSAGE)
    assert one.say("STAT") == f"+OK 1 {len(read)}"


def test_dots_are_stuffed_at_the_beginning_of_each_line_and_nowhere_else(box):
    raw = b".first: x\r\n\r\n.\r\n..\r\na.b.\r\n.\n.\r\n"
    one = box(raw)
    assert one.say("RETR 1") == (f"+OK {len(raw)} octets\r\n..first: x\r\n\r\n..\r\n...\r\na.b.\r\n..\n..\r\n.")


@pytest.mark.parametrize(
    ("raw", "ends"),
    [
        (b"a: b\r\n\r\nx", b"x\r\n.\r\n"),
        (b"a: b\r\n\r\nx\r", b"x\r\r\n.\r\n"),
        (b"a: b\r\n\r\nx\n", b"x\n.\r\n"),
        (b"a: b\r\n\r\n.", b"..\r\n.\r\n"),
        (b"a: b\r\n\r\nx\r\n", b"x\r\n.\r\n"),
    ],
)
def test_the_final_dot_is_on_a_line_of_its_own_however_the_message_ends(box, raw, ends):
    assert box(raw).hear(Data(b"RETR 1\r\n")) == b"+OK %d octets\r\na: b\r\n\r\n" % len(raw) + ends


@pytest.mark.parametrize("shift", range(-4, 5))
def test_dots_are_stuffed_once_at_the_border_of_two_pieces(box, shift):
    lines = b"x" * (PIECE_BYTES + shift - 3) + b"\r\n.\r\n..\r\n" + b".y\r\n" * PIECE_BYTES
    raw = b"a: b\r\n\r\n" + lines
    one = box(raw)
    assert one.retrieve() == raw
    assert one.pieces > 2


def test_a_large_message_is_sent_in_pieces_of_bounded_size(box):
    raw = b"a: b\r\n\r\n" + (b"." * 70 + b"\r\n") * 20_000
    one = box(raw)
    assert one.retrieve() == raw
    assert one.pieces >= len(raw) // PIECE_BYTES


def test_a_line_longer_than_a_piece_is_sent_whole(box):
    raw = b"a: b\r\n\r\n" + b"." * (3 * PIECE_BYTES) + b"\r\n.\r\n"
    assert box(raw).retrieve() == raw


def test_bytes_over_127_are_sent_as_they_are(box):
    raw = b"Subject: gr\xc3\xbc\xdfe\r\n\r\n\xff\xfe\0\r\n"
    assert box(raw).retrieve() == raw


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (0, b""),
        (1, b"one\r\n"),
        (2, b"one\r\n.two\r\n"),
        (3, b"one\r\n.two\r\n\r\n"),
        (4, b"one\r\n.two\r\n\r\nfour"),
        (5, b"one\r\n.two\r\n\r\nfour"),
        (99999999999999, b"one\r\n.two\r\n\r\nfour"),
    ],
)
def test_top_sends_the_header_the_empty_line_and_as_many_lines_of_the_body(box, lines, body):
    head = b"Subject: x\r\nTo:\r\n y\r\n\r\n"
    one = box(head + b"one\r\n.two\r\n\r\nfour")
    assert one.retrieve(f"TOP 1 {lines}").removesuffix(b"\r\n") == (head + body).removesuffix(b"\r\n")


def test_top_of_a_message_without_a_header_begins_with_the_empty_line(box):
    one = box(b"\r\nbody\r\n\r\nmore\r\n", b"no header end\r\n")
    assert one.retrieve("TOP 1 0") == b"\r\n"
    assert one.retrieve("TOP 2 0") == b"no header end\r\n"


def test_top_counts_the_lines_of_a_long_body(box):
    head, lines = b"a: b\r\n\r\n", [b"%d\r\n" % number for number in range(30_000)]
    one = box(head + b"".join(lines))
    for count in (1, 999, 1000, 29_999, 30_000):
        assert one.retrieve(f"TOP 1 {count}") == head + b"".join(lines[:count])


@pytest.mark.parametrize("argument", ["", " 1", " 1 -1", " 1 x", " 1 2 3", " x 0", " 1 ٣"])
def test_a_malformed_top_is_refused(box, argument):
    one = box(MESSAGE)
    assert one.say(f"TOP{argument}").startswith("-ERR")
    assert one.findings[-1] in ("syntax", "not-printable")


def test_deleted_numbers_answer_err_and_nothing_is_renumbered(box):
    one = box(MESSAGE, SHORT, MESSAGE)
    assert one.say("DELE 1") == "+OK message 1 will be deleted by QUIT"
    for verb in ("RETR 1", "DELE 1", "LIST 1", "UIDL 1", "TOP 1 0"):
        assert one.say(verb) == "-ERR message 1 is marked as deleted: RSET unmarks it (RFC 1939 5)"
    assert one.lines("LIST") == [f"2 {len(SHORT)}", f"3 {len(MESSAGE)}"]
    assert [line.split()[0] for line in one.lines("UIDL")] == ["2", "3"]
    assert one.say("STAT") == f"+OK 2 {len(SHORT) + len(MESSAGE)}"
    assert one.say("RSET") == f"+OK 3 messages ({len(SHORT) + 2 * len(MESSAGE)} octets)"
    assert one.say("LIST 1").startswith("+OK 1 ")


def test_only_quit_deletes(client, world):
    has(world, MESSAGE, SHORT)
    client(world).login().say("DELE 1")
    one = client(world, conn="c2")
    one.say("USER alice")
    assert one.say("PASS alice-pass").startswith("-ERR [IN-USE]")
    first = client(world, conn="c3")
    first.vanish()
    world.mailboxes.account("alice").inbox.unlock("c1")  # the first connection, which is still open
    for leave in (Client.vanish, Client.end):
        other = client(world, conn="c4").login()
        other.say("DELE 1", "DELE 2")
        leave(other)
        other.vanish("closed")
    last = client(world, conn="c5").login()
    assert last.say("DELE 1", "QUIT") == "+OK 1 deleted, 1 left; closing the connection"
    assert last.talk.closed
    assert client(world, conn="c6").login().lines("LIST") == [f"1 {len(SHORT)}"]


def test_quit_before_login_deletes_nothing(client, world):
    has(world, MESSAGE)
    assert client(world).say("QUIT") == "+OK closing the connection"
    assert len(world.mailboxes.account("alice").inbox) == 1


def test_what_was_deleted_is_still_captured(client, world):
    one = client(receives(world, MESSAGE)).login()
    one.say("DELE 1", "QUIT")
    assert len(world.mailboxes.account("alice").inbox) == 0
    assert len([*world.mail.messages()]) == 1


def test_retrieved_messages_are_seen_after_quit_and_not_before(client, world):
    inbox = has(world, MESSAGE, MESSAGE).mailboxes.account("alice").inbox
    one = client(world).login()
    one.say("RETR 2", "TOP 1 0")
    assert inbox.unseen == 2
    one.say("QUIT")
    assert [entry.flags for entry in inbox.entries] == [frozenset(), frozenset({"\\Seen"})]


def test_unique_identifiers_are_stable_and_those_of_imap(client, world):
    has(world, MESSAGE, SHORT, SHORT)
    inbox = world.mailboxes.account("alice").inbox
    first = client(world).login()
    told = first.lines("UIDL")
    assert told == [f"{number} {inbox.uid_validity}.{entry.uid}" for number, entry in enumerate(inbox.entries, 1)]
    assert first.say("UIDL 2") == f"+OK {told[1]}"
    first.say("DELE 1", "QUIT")
    again = client(world).login().lines("UIDL")
    assert [line.split()[1] for line in again] == [line.split()[1] for line in told[1:]]


def test_a_message_that_arrives_meanwhile_is_there_at_the_next_login(client, world):
    has(world, MESSAGE)
    one = client(world).login()
    receives(world, SHORT)
    assert one.say("STAT") == f"+OK 1 {len(MESSAGE)}"
    assert one.say("RETR 2").startswith("-ERR no message 2")
    one.say("QUIT")
    assert client(world).login().say("STAT").startswith("+OK 2 ")


def test_a_message_that_imap_expunged_meanwhile_can_still_be_read_and_deleted(client, world):
    account = has(world, MESSAGE, SHORT).mailboxes.account("alice")
    one = client(world).login()
    account.expunge(account.inbox, [account.inbox.entries[0].uid])
    assert one.say("LIST 1") == f"+OK 1 {len(MESSAGE)}"
    assert one.say("DELE 1", "DELE 2", "QUIT") == "+OK 2 deleted, 0 left; closing the connection"
    assert len(account.inbox) == 0


def test_a_message_that_the_api_deleted_meanwhile_is_an_err_with_a_permanent_code(client, world):
    one = client(receives(world, MESSAGE)).login()
    world.mail.remove(next(iter(world.mail.messages())).id)
    assert one.say("RETR 1") == "-ERR [SYS/PERM] another client, or the farm's API, has deleted the message meanwhile"
    assert one.say("DELE 1", "QUIT").startswith("+OK")


def test_a_message_that_cannot_be_read_is_an_err_with_a_temporary_code(box):
    one = box(b"a: b\r\n\r\n" + b"x\r\n" * 200_000, holding=True)
    assert one.say("RETR 1") == ""
    assert one.release(OSError(5, "Input/output error")).startswith("-ERR [SYS/TEMP] the message cannot be read now")
    one.say("RETR 1")
    assert one.release(MessageGone("m1")).startswith("-ERR [SYS/PERM]")
    one.say("RETR 1")
    one.vanish()


@pytest.mark.parametrize("number", ["0", "3", "99999999999", "-1", "+1", "1x", "x", "1 2", "٣", ""])
def test_a_number_that_is_none_of_the_maildrop_is_refused(box, number):
    one = box(MESSAGE, MESSAGE)
    for verb in ("RETR", "DELE"):
        assert one.say(f"{verb} {number}".rstrip()).startswith("-ERR")
    assert one.say("STAT").startswith("+OK 2 ")


def test_number_one_may_be_written_with_zeros(box):
    assert box(MESSAGE).say("LIST 01").startswith("+OK 1 ")


def test_long_listings_are_sent_in_pieces(client, world):
    account = has(world, SHORT).mailboxes.account("alice")
    for _ in range(12):
        account.copy(account.inbox, [entry.uid for entry in account.inbox.entries], account.inbox)
    one = client(world).login()
    assert len(one.lines("LIST")) == 4096
    assert one.pieces == 4096 // PIECE_LINES + 1
    one.say("DELE 17")
    numbers = [int(line.split()[0]) for line in one.lines("UIDL")]
    assert numbers == [*range(1, 17), *range(18, 4097)]


def test_what_a_session_reads_and_deletes_is_logged_by_the_session(client, world):
    one = client(has(world, MESSAGE, MESSAGE)).login()
    one.retrieve("RETR 2")
    one.say("TOP 1 0")
    one.say("RETR 3")
    one.say("DELE 1")
    one.say("QUIT")
    acts = [(act["what"], act["uids"], act.get("items")) for kind, act in one.talk.logs if kind == "mailbox"]
    assert acts == [
        ("fetched", "2", "RETR"),
        ("fetched", "1", "TOP"),
        ("flagged", "2", None),
        ("expunged", "1", None),
    ]
    others = [entry.content["what"] for _seq, entry in world.journal.entries() if entry.type == "mailbox"]
    assert others == ["appended", "appended"]


def test_one_session_at_a_time_has_the_lock(client, world):
    first = client(has(world, MESSAGE), conn="c1").login()
    second = client(world, conn="c2")
    text = "-ERR [IN-USE] the maildrop is locked by another session of POP3 (RFC 1939 8)"
    assert second.say("USER alice", "PASS alice-pass") == text
    assert second.findings == ["plain-in-clear"]
    assert client(world, conn="c3").login("bob").say("STAT") == "+OK 0 0"
    first.say("QUIT")
    assert second.login().say("STAT").startswith("+OK 1 ")


def test_a_lost_connection_releases_the_lock(client, world):
    client(world, conn="c1").login().vanish()
    client(world, conn="c2").login()


def test_a_utf8_header_needs_the_command_utf8(client, world):
    raw = "Subject: grüße\r\n\r\nx\r\n".encode()
    receives(world, raw, smtputf8=True)
    one = client(world).login()
    assert one.say("RETR 1").startswith("-ERR [UTF8] the header of this message is UTF-8: send UTF8 before login")
    assert one.say("LIST 1").startswith("+OK")
    one.say("QUIT")
    two = client(world)
    assert two.say("UTF8").startswith("+OK")
    assert two.login().retrieve().endswith(raw)


def test_an_8_bit_header_that_did_not_come_as_smtputf8_is_sent_as_it_is(client, world):
    raw = "Subject: grüße\r\n\r\nx\r\n".encode()
    receives(world, raw)
    assert client(world).login().retrieve().endswith(raw)
