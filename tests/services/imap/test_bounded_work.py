"""No command does much work in one turn of the reactor, however large the mailbox or the command is.

Work is counted in calls of functions, Python's and C's: 5 ms are some 20,000 of them.
"""

import sys
from contextlib import contextmanager

import pytest
from conftest import make_world
from services.imap.talking import Program

from homeport.services.imap.identity import MAX_ENABLED
from homeport.world.mail import account as accounts
from homeport.world.mail.message import Envelope, Recipient

MAX_CALLS = 15_000
DEEP = "/".join(["abcdef"] * 49)


class Turns:
    """Counts the calls of each event that a session handles, each of which is in a turn of its own."""

    def __init__(self, session):
        self._session = session
        self._calls = 0
        self.most = 0

    def __getattr__(self, name):
        return getattr(self._session, name)

    def _count(self, _frame, event, _argument):
        self._calls += event in ("call", "c_call")

    def handle(self, event):
        self._calls = 0
        sys.setprofile(self._count)
        try:
            return self._session.handle(event)
        finally:
            sys.setprofile(None)
            self.most = max(self.most, self._calls)


@contextmanager
def counted(program):
    """Demand that no turn of a session has many calls."""
    program.session = turns = Turns(program.session)
    try:
        yield
    finally:
        program.session = turns._session
    assert turns.most < MAX_CALLS


def bounded(program, command):
    """Send a command, and demand that no turn has many calls; return the lines that come back."""
    with counted(program):
        lines = program.ask(command)
    assert lines[-1].startswith("OK"), lines[-1]
    return lines


class TestNames:
    @pytest.fixture
    def deep(self):
        """Return a program of a person with as many mailboxes and subscriptions as are allowed, of 50 levels each."""
        program = Program()
        account = program.account
        for number in range(accounts.MAX_MAILBOXES - len(account.names())):
            account.create(f"m{number}/{DEEP}")
        for number in range(accounts.MAX_SUBSCRIPTIONS - len(account.subscriptions)):
            account.subscriptions.add(f"s{number}/{DEEP}")
        return program

    @pytest.mark.parametrize(
        ("command", "lines"),
        [
            ('LIST "" %', 1002),
            ('LIST "" %/%', 995),
            ('LIST "" *x*y%z*', 1),
            ('LIST (SUBSCRIBED RECURSIVEMATCH) "" %', 2001),
            ('LIST (SUBSCRIBED) "" *c*', 1996),
            ('LSUB "" %', 2001),
        ],
    )
    def test_many_deep_names(self, deep, command, lines):
        assert len(bounded(deep, command)) == lines

    def test_every_level_of_deep_names(self):
        program = Program()
        for number in range(50):
            program.account.create(f"m{number}/{DEEP}")
        assert len(bounded(program, 'LIST "" *')) == 8 + 50 * 50

    def test_many_patterns(self, deep):
        patterns = " ".join(f"*{chr(97 + number % 6)}*{number}x%" for number in range(99))
        assert len(bounded(deep, f'LIST "" ({patterns} INBOX)')) == 2

    def test_long_patterns(self, deep):
        patterns = " ".join("*a%" * 12 + f"*{number}z" for number in range(99))
        assert len(bounded(deep, f'LIST "" ({patterns})')) == 1

    def test_the_status_of_many_mailboxes(self):
        program = Program()
        for number in range(900):
            program.account.create(f"m{number}")
        items = "MESSAGES UNSEEN SIZE UIDNEXT UIDVALIDITY DELETED HIGHESTMODSEQ RECENT DELETED-STORAGE"
        assert len(bounded(program, f'LIST "" * RETURN (STATUS ({items}))')) == 2 * 907 + 1


MESSAGES = 20_000
ODD = ",".join(f"{number}" for number in range(1, MESSAGES, 2))
SAME = ",".join(["1"] * 32_000)
SPANS = ",".join(f"{number}:{number + 1}" for number in range(1, 9 * 5000, 9))


def fill(program, name="INBOX", messages=MESSAGES):
    """Fill a mailbox with entries of one message."""
    program.add()
    (message,) = {entry.message for entry in program.mailbox("INBOX").entries}
    with program.account._ledger.change() as change:
        for _ in range(messages - len(program.mailbox(name))):
            change.add(program.mailbox(name), message, size=50, internal=0, saved=0, flags=frozenset())


@pytest.fixture(scope="module")
def shared():
    """Return a program that has selected a mailbox of many messages; its tests leave the number of them."""
    program = Program()
    fill(program)
    program.ask("SELECT INBOX")
    return program


class TestSets:
    @pytest.mark.parametrize("numbers", [ODD, SAME, "1:*"])
    @pytest.mark.parametrize(
        "command",
        [
            "FETCH {} (FLAGS)",
            "UID FETCH {} (UID)",
            "STORE {} +FLAGS (\\Seen)",
            "UID STORE {} -FLAGS.SILENT (\\Seen)",
            "UID EXPUNGE {}",
            "SEARCH {}",
            "UID SEARCH NOT UID {}",
            "SEARCH RETURN (ALL) {}",
            "SORT (REVERSE ARRIVAL) UTF-8 UID {}",
        ],
    )
    def test_sets_of_thousands_of_numbers(self, shared, command, numbers):
        bounded(shared, command.format(numbers))

    @pytest.mark.parametrize("command", ["UID FETCH {} (UID)", "UID EXPUNGE {}", "SEARCH {}"])
    def test_a_set_of_thousands_of_ranges(self, shared, command):
        bounded(shared, command.format(SPANS))

    @pytest.mark.parametrize("numbers", [ODD, SAME, "1:*"])
    def test_a_saved_result(self, shared, numbers):
        bounded(shared, f"SEARCH RETURN (SAVE) {numbers}")
        bounded(shared, "FETCH $ (UID)")

    def test_the_state_of_a_client_with_qresync(self, shared):
        program = Program(shared.world)
        program.ask("ENABLE QRESYNC")
        validity = program.mailbox("INBOX").uid_validity
        bounded(program, f"SELECT INBOX (QRESYNC ({validity} 1 {ODD[:60_000].rpartition(',')[0]}))")


class TestChanges:
    @pytest.fixture
    def alice(self):
        program = Program()
        fill(program, messages=12_000)
        program.ask("SELECT INBOX")
        return program

    def test_copies(self, alice):
        assert bounded(alice, "COPY 1:* Sent")[-1].startswith("OK [COPYUID")

    def test_messages_that_are_moved(self, alice):
        assert len(bounded(alice, f"MOVE {ODD[:30_000].rpartition(',')[0]} Sent")) > 5000

    def test_messages_that_are_expunged(self, alice):
        alice.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        assert len(bounded(alice, "EXPUNGE")) == 12_001

    def test_a_mailbox_that_is_closed(self, alice):
        alice.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        bounded(alice, "CLOSE")

    def test_what_others_have_changed(self, alice):
        other = Program(alice.world)
        other.ask("SELECT INBOX")
        other.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        assert len(bounded(alice, "NOOP")) == 12_001
        other.ask("EXPUNGE")
        assert len(bounded(alice, "NOOP")) == 12_001

    def test_what_others_have_changed_while_a_client_idles(self, alice):
        other = Program(alice.world)
        other.ask("SELECT INBOX")
        alice.ask("IDLE")
        other.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        with counted(alice):
            assert len(alice.notice()) == 12_000
        other.ask("EXPUNGE")
        with counted(alice):
            assert len(alice.notice()) == 12_000
        assert alice.send(b"DONE\r\n")[-1].endswith("OK IDLE completed")

    def test_an_inbox_that_is_renamed(self, alice):
        bounded(alice, "RENAME INBOX Old")
        assert (len(alice.mailbox("INBOX")), len(alice.mailbox("Old"))) == (0, 12_000)

    def test_a_mailbox_that_is_deleted(self, alice):
        alice.ask("RENAME INBOX Old")
        bounded(alice, "DELETE Old")
        assert alice.account.find("Old") is None

    def test_conditional_stores_that_fail(self, alice):
        alice.ask("STORE 1:* +FLAGS.SILENT (\\Seen)")
        assert bounded(alice, "STORE 1:* (UNCHANGEDSINCE 1) +FLAGS (\\Deleted)")[-1].startswith("OK [MODIFIED 1:12000]")


class TestLabels:
    @pytest.fixture
    def gmail(self):
        program = Program(labels=True)
        for _ in range(2000):
            program.add()
        program.ask("SELECT INBOX")
        return program

    @pytest.mark.parametrize(
        "command",
        [
            "STORE 1:* +FLAGS.SILENT (\\Flagged)",
            "STORE 1:* +X-GM-LABELS.SILENT (tides \\Starred)",
            "COPY 1:* [Gmail]/Important",
            "MOVE 1:* [Gmail]/Trash",
        ],
    )
    def test_what_a_command_leads_to_in_other_mailboxes(self, gmail, command):
        bounded(gmail, command)

    def test_labels_that_are_replaced(self, gmail):
        gmail.ask("STORE 1:* +X-GM-LABELS.SILENT (tides ebb flood)")
        bounded(gmail, "STORE 1:* X-GM-LABELS.SILENT (sea \\Important)")

    def test_what_others_have_changed(self, gmail):
        other = Program(gmail.world)
        other.ask("SELECT INBOX")
        for command in (
            "NOOP",
            'STATUS "[Gmail]/All Mail" (UNSEEN)',
            'LIST "" * RETURN (STATUS (UNSEEN))',
            "SELECT INBOX",
        ):
            other.ask("STORE 1:* +FLAGS.SILENT (\\Seen)")
            bounded(gmail, command)
            other.ask("STORE 1:* -FLAGS.SILENT (\\Seen)")


def capture(world, count):
    """Capture messages to Alice."""
    for _ in range(count):
        body = world.mail.begin()
        body.write(b"Subject: hello\r\n\r\nhello\r\n")
        body.keep(Envelope(reverse_path="a@client.test", recipients=(Recipient(address="alice@homeport.test"),)))


class TestFirstLogin:
    def test_a_world_with_many_captured_messages(self):
        world = make_world()
        capture(world, 3000)
        program = Program(world, login="")
        bounded(program, "LOGIN alice alice-pass")
        bounded(program, "SELECT INBOX")
        assert len(program.mailbox("INBOX")) == len(program.mailbox("All")) == 3000

    def test_what_comes_and_goes_meanwhile(self):
        world = make_world()
        capture(world, 2000)
        steps = [world.mailboxes.opening("alice", shared=True), world.mailboxes.opening("alice", shared=True)]
        next(steps[0])
        next(steps[1])
        for number in (1999, 0):
            world.mail.remove(world.mail.messages()[number].id)
        capture(world, 2)
        assert list(steps[0]) != []
        assert list(steps[1]) == []
        inbox, everything = world.mailboxes.account("alice").inbox, world.mailboxes.everything
        expected = [message.id for message in world.mail.messages()]
        assert [entry.message for entry in inbox.entries] == expected
        assert [entry.message for entry in everything.entries] == expected
        capture(world, 1)
        assert len(inbox) == len(everything) == 2001

    def test_a_reset_meanwhile(self):
        world = make_world()
        capture(world, 1000)
        steps = world.mailboxes.opening("alice", shared=True)
        next(steps)
        world.reset()
        capture(world, 3)
        assert list(steps) == []
        assert len(world.mailboxes.account("alice").inbox) == len(world.mailboxes.everything) == 3

    def test_a_command_of_others_meanwhile(self):
        world = make_world()
        capture(world, 1000)
        steps = world.mailboxes.opening("alice", shared=True)
        next(steps)
        assert len(world.mailboxes.account("alice").inbox) == len(world.mailboxes.everything) == 1000
        assert list(steps) == []


ADDRESSES = b"To: " + b",\r\n ".join([b"a <b@c.d>"] * 4600) + b"\r\n\r\nhello\r\n"
FIELDS = b"X-A: b\r\n" * 7500 + b"\r\nhello\r\n"
PARTS = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n" * 1400
    + b"--b--\r\n"
)
TAGS = b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + b"<b>a</b>&amp;\r\n" * 4000
SMALL = b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + b"<b>a</b>&amp;\r\n" * 300


@pytest.mark.parametrize("content", [ADDRESSES, FIELDS, PARTS, TAGS], ids=["addresses", "fields", "parts", "tags"])
@pytest.mark.parametrize(
    "command",
    [
        "FETCH 1 (ENVELOPE BODYSTRUCTURE)",
        "FETCH 1 ENVELOPE",
        "FETCH 1 BODY[HEADER.FIELDS (SUBJECT)]",
        "FETCH 1 PREVIEW",
        "SEARCH TEXT x",
        "SEARCH TO x",
        "SORT (TO) UTF-8 ALL",
        "THREAD REFERENCES UTF-8 ALL",
    ],
)
def test_a_message_of_thousands_of_pieces(content, command):
    program = Program()
    program.add(message=content)
    program.ask("SELECT INBOX")
    bounded(program, command)


@pytest.mark.parametrize("command", ["SEARCH TEXT x", "SEARCH BODY a", "SEARCH OR BODY z TEXT x"])
def test_the_text_of_many_messages(command):
    program = Program()
    for _ in range(30):
        program.add(message=SMALL)
    program.ask("SELECT INBOX")
    bounded(program, command)


def test_enable_takes_a_bounded_number_of_names():
    program = Program()
    assert program.last("ENABLE " + " ".join(["X"] * MAX_ENABLED)) == "OK ENABLE completed"
    assert program.last("ENABLE " + " ".join(["X"] * (MAX_ENABLED + 1))).startswith("BAD ENABLE takes at most")
