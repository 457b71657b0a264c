"""Rare refusals: codes, texts, journal entries, and a store that fails while a message arrives."""

import pytest
from conftest import make_world
from services.smtp.conftest import MESSAGE

from homeport.protocol.faults import Do, Match, Plan, Reply
from homeport.world.mail.store import MemoryDraft, MemoryStore

BEGUN = ("EHLO client.example", "MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>")


@pytest.mark.parametrize(
    ("lines", "reply", "finding"),
    [
        ((*BEGUN, "BDAT 0", "DATA"), "503 5.5.1 the message was begun with BDAT", "data-mixed"),
        ((*BEGUN, "BDAT x"), "501 5.5.4 write BDAT size, or BDAT size LAST", "syntax"),
        ((*BEGUN, "BDAT 1 FIRST"), "501 5.5.4 write BDAT size, or BDAT size LAST", "syntax"),
        ((*BEGUN, "BDAT -1"), "501 5.5.4 write BDAT size, or BDAT size LAST", "syntax"),
        (("EHLO client.example", "BDAT 0"), "503 5.5.1 bad sequence of commands", "bad-sequence"),
        ((*BEGUN[:2], "BDAT 0"), "554 5.5.1 no valid recipients", "bad-sequence"),
        ((*BEGUN[:2], "DATA"), "554 5.5.1 no valid recipients", "bad-sequence"),
        ((BEGUN[0], BEGUN[1] + " BODY=BINARYMIME", BEGUN[2], "DATA"), "503 5.5.1 BINARYMIME needs", "binary-with-data"),
    ],
)
def test_a_refusal_of_content_has_its_code_its_text_and_its_finding(client, lines, reply, finding):
    one = client()
    assert one.say(*lines).startswith(reply)
    assert one.findings == [finding]


def path(size: int) -> str:
    """Return a path of `size` bytes, each part of it as long as possible."""
    return f"<{'a' * 64}@{'.'.join(['b' * 61] * 3)}.{'c' * (size - 253)}>"


def test_strict_accepts_a_path_of_at_most_256_bytes(client):
    assert len(path(256)) == 256
    assert client(syntax="strict").hello().say(f"MAIL FROM:{path(256)}").startswith("250")
    one = client(syntax="strict").hello()
    assert one.say(f"MAIL FROM:{path(257)}").startswith("501 5.1.7 reverse-path: longer than 256 bytes")
    assert one.findings == ["path-too-long"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("<a b@c.example>", "a mailbox is local-part@domain; unexpected ' ' at character 3"),
        ("<a@b..c>", "the domain is not valid: unexpected '.' at character 5"),
        ("<a@b", "> is missing after 'a@b'"),
        ("<a@b x>", "unexpected ' ' at character 5"),
        ("<a", "a mailbox is local-part@domain; unexpected end"),
        ("<a@", "the domain is not valid: unexpected end"),
        ("<", "the mailbox is missing"),
        ("<.a@b>", "unexpected '.' at character 2"),
    ],
)
def test_the_refusal_of_a_path_names_the_position(client, wrong, words):
    one = client().hello()
    assert one.say(f"MAIL FROM:{wrong}").startswith(f"501 5.1.7 reverse-path: {words} (RFC 5321 ")
    assert one.findings == ["bad-path"]


def test_the_journal_has_the_argument_of_bdat_as_sent(client):
    one = client()
    one.say(*BEGUN)
    one.send(b"BDAT 2\r\nx\r")
    one.send(b"BDAT 1 last\r\n\n")
    commands = [fields for kind, fields in one.talk.logs if kind == "command" and fields["verb"] == "BDAT"]
    assert [(fields["argument"], fields["code"]) for fields in commands] == [("2", "250"), ("1 last", "250")]


def test_a_chunk_that_is_refused_is_journaled_with_its_argument(client):
    one = client().hello()
    assert one.send(b"BDAT 3 LAST\r\nabc").startswith("503")
    fields = one.talk.logs[-1][1]
    assert (fields["verb"], fields["argument"], fields["code"]) == ("BDAT", "3 LAST", "503")


def test_a_fault_for_the_last_chunk_does_not_touch_the_first(client):
    world = make_world()
    do = Do(reply=Reply(code=451, text="not today"))
    world.faults.add(Plan(service="smtp", match=Match(verb="BDAT", argument="last"), do=do))
    one = client(world=world)
    one.say(*BEGUN)
    assert one.send(b"BDAT 3\r\nabc").startswith("250 2.0.0 3 bytes received")
    assert one.send(b"BDAT 2 LAST\r\n\r\n").startswith("451")


def test_the_finding_of_a_false_end_shows_its_context_however_the_input_is_cut(client):
    before, end, after = b"Subject: x\r\n\r\n0123456789abcdefghij", b"\n.\r\n", b"more\r\n.\r\n"
    sent = before + end + after
    for first in range(1, len(sent) - 1):
        for size in (1, 2, 3):
            one = client()
            one.say(*BEGUN, "DATA")
            one.send(sent[:first])
            one.send(sent[first : first + size])
            one.send(sent[first + size :])
            assert "false-end" in one.findings, (first, size)
            assert b"\n.\r\n" in one.talk.shown["false-end"]
    one = client()
    one.say(*BEGUN, "DATA")
    one.send(sent)
    assert one.talk.shown["false-end"] == b"456789abcdefghij\n.\r\nmore\r\n"


class FullDraft(MemoryDraft):
    """A draft with room for the header only."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, data: bytes) -> None:
        if self.size + len(data) > len(MESSAGE):
            raise self.error
        super().write(data)


class FullStore(MemoryStore):
    """A store without room: `where` says if a message fails while it arrives, or when it is saved."""

    def __init__(self, where: str, error: OSError) -> None:
        super().__init__()
        self.where, self.error = where, error

    def draft(self):
        return FullDraft(self.error) if self.where == "arriving" else super().draft()

    def save(self, message, draft):
        if self.where == "saving" and message.size > len(MESSAGE):
            raise self.error
        super().save(message, draft)


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(28, "No space left on device"), "No space left on device"), (OSError("the disk is gone"), "the disk is")],
)
@pytest.mark.parametrize("where", ["arriving", "saving"])
@pytest.mark.requirement("SMTP-5.3.3-1")
def test_a_message_without_room_is_452_and_the_next_is_accepted(client, where, error, words):
    world = make_world()
    world.mail.store = FullStore(where, error)
    one = client(world=world).hello()
    assert one.say("MAIL FROM:<a@client.example>", "RCPT TO:<alice@homeport.test>", "DATA").startswith("354")
    assert one.send(MESSAGE.encode()) == ""
    assert one.send(b"more\r\n" * 100) == ""
    assert one.send(b"and more\r\n") == ""
    assert one.send(b".\r\n").startswith(f"452 4.3.1 the message cannot be stored: {words}")
    assert one.stored == []
    assert one.deliver().startswith("250")
    assert one.stored == [MESSAGE.encode()]


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(28, "No space left on device"), "No space left on device"), (OSError("it is gone"), "it is gone")],
)
def test_a_blocking_store_reports_why_it_failed(client, error, words):
    world = make_world()
    world.mail.store.blocks = True
    one = client(world=world, holding=True).hello()
    assert one.deliver() == ""
    assert one.release(error) == f"452 4.3.1 the message cannot be stored: {words}"
