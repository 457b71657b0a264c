"""CATENATE (RFC 4469): messages made of texts and of what URLs name; what is refused leaves nothing."""

import pytest
from services.imap.reader import BODY, Reader
from services.imap.talking import Program, every_way
from tests.services.imap.test_appending import Readers

PARTS = (
    b"Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\none\r\n--b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n"
)


def text(content: bytes) -> bytes:
    return b"TEXT {%d+}\r\n%s" % (len(content), content)


def content(alice: Reader, name: str, uid: int = 1) -> bytes:
    mailbox = alice.mailbox(name)
    entry = mailbox.find(uid)
    assert entry is not None
    return alice.world.mailboxes.read(mailbox, entry)


def test_texts_and_parts_become_one_message(reader: Readers) -> None:
    alice = reader()
    inbox = alice.has("INBOX", "", body=PARTS)
    url = f"/INBOX;UIDVALIDITY={inbox.uid_validity}/;UID=1/;SECTION=".encode()
    made = b"(" + text(b"Subject: new\r\n\r\n") + b' URL "' + url + b'2" ' + text(b" and ") + b" URL " + url + b"1)"
    done = alice.ask(b'APPEND Drafts (\\Draft) " 3-Oct-2026 12:00:00 +0200" CATENATE ' + made)
    assert done == [f"OK [APPENDUID {alice.mailbox('Drafts').uid_validity} 1] APPEND completed"]
    assert content(alice, "Drafts") == b"Subject: new\r\n\r\ntwo and one"
    (entry,) = alice.mailbox("Drafts").entries
    assert (entry.flags, entry.internal) == ({"\\Draft"}, 1_791_021_600.0)
    assert alice.findings == ["login-in-clear"]


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("/INBOX;UID=1", PARTS),
        ("/INBOX/;UID=1", PARTS),
        ("imap://localhost/INBOX;UID=1", PARTS),
        ("imap://alice@localhost:10143/INBOX;UID=1", PARTS),
        ("imap://alice;AUTH=*@localhost/INBOX;UID=1", PARTS),
        ("/INBOX;UID=1/;SECTION=HEADER", PARTS[: PARTS.index(b"--b")]),
        ("/inbox;uid=1/;section=2.MIME", b"Content-Type: text/plain\r\n\r\n"),
        ("/INBOX;UID=1/;SECTION=HEADER.FIELDS%20(SUBJECT)", b"Subject: parts\r\n\r\n"),
        ("/INBOX;UID=1/;PARTIAL=9.5", b"parts"),
        ("/INBOX;UID=1/;SECTION=2/;PARTIAL=1", b"wo"),
    ],
)
def test_a_url_names_a_message_or_a_part_of_it(reader: Readers, url: str, named: bytes) -> None:
    alice = reader()
    alice.has("INBOX", "", body=PARTS)
    assert alice.ask(f'APPEND Sent CATENATE (URL "{url}")')[-1].startswith("OK")
    assert content(alice, "Sent") == named


def test_a_url_may_be_a_literal_and_relative_to_the_selected_mailbox(reader: Readers) -> None:
    alice = reader()
    alice.ask("CREATE Entw&APw-rfe")
    alice.has("Entwürfe", "", body=PARTS)
    alice.ask("SELECT Entw&APw-rfe")
    done = alice.ask(b"APPEND Sent CATENATE (URL {18+}\r\n;UID=1/;SECTION=2 " + text(b"!") + b")")
    assert done[-1].startswith("BAD")
    done = alice.ask(b"APPEND Sent CATENATE (URL {17+}\r\n;UID=1/;SECTION=2 " + text(b"!") + b" URL {6+}\r\n;UID=1)")
    assert done[-1].startswith("OK")
    assert content(alice, "Sent") == b"two!" + PARTS


def test_captured_messages_can_be_parts(reader: Readers) -> None:
    alice = reader()
    alice.receives(BODY)
    assert alice.ask("APPEND Sent CATENATE (URL /All;UID=1)")[-1].startswith("OK")
    assert content(alice, "Sent") == BODY


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("/INBOX;UID=9", "/INBOX;UID=9] there is no such message"),
        ("/Nothing;UID=1", "/Nothing;UID=1] there is no such mailbox"),
        ("/INBOX;UIDVALIDITY=1/;UID=1", "/INBOX;UIDVALIDITY=1/;UID=1] the mailbox has UIDVALIDITY"),
        ("/INBOX;UID=1/;SECTION=7", "/INBOX;UID=1/;SECTION=7] there is no such part"),
        ("imap://bob@localhost/INBOX;UID=1", "imap://bob@localhost/INBOX;UID=1] it names the mailbox of another user"),
        ("http://localhost/", "http://localhost/] no URL of a message"),
        (";UID=1", ";UID=1] no URL of a message"),
        ('""', '""] no URL of a message'),
        ('"/a]b ;UID=1"', "/a%5Db%20;UID=1] there is no such mailbox"),
    ],
)
def test_a_url_of_nothing_is_told_and_nothing_is_appended(reader: Readers, url: str, told: str) -> None:
    alice = reader()
    alice.has("INBOX", "")
    (answer,) = alice.ask(b"APPEND Sent CATENATE (" + text(b"a\r\n") + f" URL {url})".encode())
    assert answer.startswith(f"NO [BADURL {told}")
    assert len(alice.mailbox("Sent")) == 0


def test_what_becomes_too_large_is_refused(reader: Readers) -> None:
    alice = reader(max_size=3 * len(BODY))
    alice.has("INBOX", "")
    whole = "URL /INBOX;UID=1"
    assert alice.ask(f"APPEND Sent CATENATE ({whole} {whole} {whole})")[-1].startswith("OK")
    assert alice.ask(f"APPEND Sent CATENATE ({whole} {whole} {whole} {whole})")[-1].startswith("NO [TOOBIG]")
    two = f"CATENATE ({whole} {whole})"
    assert alice.ask(f"APPEND Sent {two} {two}")[-1].startswith("NO [TOOBIG]")
    assert len(alice.mailbox("Sent")) == 1


def test_the_quota_counts_the_message_that_is_made(reader: Readers) -> None:
    alice = reader(quota=2 * len(BODY))
    alice.has("INBOX", "")
    assert alice.ask("APPEND Sent CATENATE (URL /INBOX;UID=1 URL /INBOX;UID=1)")[-1].startswith("NO [OVERQUOTA]")
    assert len(alice.mailbox("Sent")) == 0


def test_several_messages_are_appended_all_or_none(reader: Readers) -> None:
    alice = reader()
    alice.has("INBOX", "")
    one, none = b"CATENATE (URL /INBOX;UID=1)", b"CATENATE (URL /INBOX;UID=2)"
    literal = b"{%d+}\r\n%s" % (len(BODY), BODY)
    assert alice.ask(b"APPEND Sent " + one + b" " + literal + b" " + none)[-1].startswith("NO [BADURL")
    assert len(alice.mailbox("Sent")) == 0
    assert "APPENDUID" in alice.ask(b"APPEND Sent " + one + b" " + literal + b" (\\Seen) " + one)[-1]
    assert [entry.flags for entry in alice.mailbox("Sent").entries] == [set(), set(), {"\\Seen"}]


def test_replace_takes_parts_of_the_message_that_it_replaces(reader: Readers) -> None:
    alice = reader()
    alice.has("Drafts", "\\Draft", body=PARTS)
    alice.ask("SELECT Drafts")
    done = alice.ask(b"REPLACE 1 Drafts CATENATE (URL /Drafts;UID=1/;SECTION=HEADER " + text(b"new") + b")")
    assert done[-1] == "OK REPLACE completed"
    assert content(alice, "Drafts", 2) == PARTS[: PARTS.index(b"--b")] + b"new"


def test_an_empty_message_cancels_it(reader: Readers) -> None:
    alice = reader()
    assert alice.ask(b"APPEND Sent CATENATE (" + text(b"") + b")")[-1].startswith("NO an empty message")
    assert alice.ask(b"APPEND Sent CATENATE ()")[-1].startswith("BAD")


def test_withdrawn_it_is_bad(reader: Readers) -> None:
    alice = reader(without=["CATENATE"])
    assert alice.ask(b"APPEND Sent CATENATE (" + text(b"a") + b")")[-1].startswith(
        "BAD APPEND with this argument needs"
    )
    assert alice.findings == ["login-in-clear", "capability-not-announced"]
    alice = reader(without=["URL-PARTIAL"])
    alice.has("INBOX", "")
    assert alice.ask("APPEND Sent CATENATE (URL /INBOX;UID=1)")[-1].startswith("OK")
    assert alice.ask("APPEND Sent CATENATE (URL /INBOX;UID=1/;PARTIAL=0.1)")[-1].startswith("NO [BADURL")


def test_cut_anywhere_it_is_the_same() -> None:
    def look(program: Program) -> tuple[str, bytes]:
        mailbox = program.mailbox("Sent")
        bodies = [program.world.mailboxes.read(mailbox, entry) for entry in mailbox.entries]
        return program.talk.sent.decode().split("\r\n")[-2].split("]")[1], b"|".join(bodies)

    first = b"a APPEND Sent {3+}\r\nabc\r\n"
    second = b"b APPEND Sent CATENATE (TEXT {2+}\r\nx\n URL {11+}\r\n/Sent;UID=1 TEXT {1+}\r\n.)\r\n"
    assert every_way(first + second, look) == (" APPEND completed", b"abc|x\nabc.")
