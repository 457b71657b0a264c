"""The maildrop: INBOX of a person as it was at login, numbered from 1 (RFC 1939 3).

Numbers never change during a session, whatever happens to the mailbox meanwhile; deletions are made by QUIT alone.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from operator import attrgetter

from homeport.protocol.commands import command
from homeport.protocol.dialogue import Reply
from homeport.protocol.effects import AwaitFlush, Call, GroupCommit
from homeport.protocol.waiting import Steps
from homeport.services.pop3.content import PIECE_BYTES, is_utf8, pieces, serialize, top, wire_size
from homeport.services.pop3.dialogue import Pop3Dialogue
from homeport.services.pop3.options import Capability
from homeport.services.pop3.replies import Refused, error, listing, ok
from homeport.world.mail.account import Account
from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.store import MessageGone
from homeport.world.row_store import StoreError

IN = frozenset({"transaction"})
LARGE_BYTES = 1 << 18
"""Size of a message from which on it is read in the thread pool, also if no disk is involved."""
MAX_AHEAD = 16
AHEAD_BYTES = 1 << 17
"""Bytes of the messages after the wanted one that are read with it where a disk is involved."""
PIECE_CHANGED = 100
"""Messages that are changed in one turn."""
PIECE_LINES = 1000
"""Lines of a listing that are made in one turn."""


class Maildrop:
    """The messages of a session, and the commands of its TRANSACTION state."""

    __slots__ = ("_ahead", "_deleted", "_dialogue", "_entries", "_octets", "_read", "_validity", "account")

    def __init__(self, dialogue: Pop3Dialogue) -> None:
        self._dialogue = dialogue
        self.account: Account | None = None
        """The account, whose INBOX is locked; None before login."""
        self._entries: Sequence[Entry] = ()
        self._ahead: dict[int, bytes] = {}  # messages that were read ahead, by UID
        self._octets = 0  # bytes of the messages that are not deleted
        self._validity = 0  # UIDVALIDITY at login
        self._deleted: set[int] = set()  # numbers
        self._read: set[int] = set()  # numbers of messages that were retrieved

    def open(self, account: Account) -> str:
        """Open the maildrop of an account whose INBOX is locked. Return what the reply says about it."""
        self.account = account
        self._entries = [*account.inbox.entries]
        self._octets, self._validity = account.inbox.size, account.inbox.uid_validity
        self._deleted, self._read = set(), set()
        return self._summary()

    def release(self) -> None:
        """Release the lock; nothing is deleted."""
        if self.account is not None:
            self.account.inbox.unlock(self._dialogue.context.conn)
            self.account = None

    def update(self) -> Steps:
        """Enter the UPDATE state: delete the marked messages, and release the lock (RFC 1939 6)."""
        account, inbox = self._opened()
        boxes = self._dialogue.context.world.mailboxes
        read = [self._entries[number - 1].uid for number in sorted(self._read - self._deleted)]
        try:
            for at in range(0, len(read), PIECE_CHANGED):
                account.store(inbox, read[at : at + PIECE_CHANGED], "add", ["\\Seen"])
                yield AwaitFlush()
            doomed = [self._entries[number - 1].uid for number in sorted(self._deleted)]
            for at in range(0, len(doomed), PIECE_CHANGED):
                account.expunge(inbox, doomed[at : at + PIECE_CHANGED])
                yield AwaitFlush()
            ticket = boxes.unsettled
            if ticket is not None:
                yield GroupCommit(partial(boxes.flush, ticket))
        except (StoreError, MailboxProblem) as problem:
            boxes.rollback_failed()
            text = f"some deleted messages were not removed: {problem}"
            return error(text, self._dialogue.code("SYS/TEMP"), closes=True)
        finally:
            self.release()
        left = len(self._entries) - len(self._deleted)
        return ok(f"{len(self._deleted)} deleted, {left} left; closing the connection", closes=True)

    @command("STAT", "Number of messages, and their bytes.", states=IN, reference="RFC 1939 5")
    def stat(self, _argument: str) -> Reply:
        return ok(f"{len(self._entries) - len(self._deleted)} {self._octets}")

    @command("LIST", "Bytes of each message.", states=IN, syntax="[number]", reference="RFC 1939 5")
    def list_messages(self, argument: str) -> Reply | Steps:
        if argument:
            number, entry = self._find(argument)
            return ok(f"{number} {entry.size}")
        return self._listing("LIST", self._summary(), (f"{number} {entry.size}" for number, entry in self._listed()))

    @command("UIDL", "Unique identifier of each message.", states=IN, syntax="[number]", reference="RFC 1939 7")
    def uidl(self, argument: str) -> Reply | Steps:
        self._require("UIDL")
        if argument:
            number, entry = self._find(argument)
            return ok(f"{number} {self._unique(entry)}")
        lines = (f"{number} {self._unique(entry)}" for number, entry in self._listed())
        return self._listing("UIDL", "unique identifiers follow", lines)

    @command("RETR", "Read a message.", states=IN, syntax="number", reference="RFC 1939 5")
    def retr(self, argument: str) -> Steps:
        number, entry = self._find(argument)
        content = yield from self._content(entry)
        self._read.add(number)
        self._note_read(entry, "RETR")
        return (yield from self._send("RETR", argument, f"{len(content)} octets", content))

    @command(
        "TOP", "Read the header of a message, and some lines.", states=IN, syntax="number lines", reference="RFC 1939 7"
    )
    def top(self, argument: str) -> Steps:
        self._require("TOP")
        name, _, lines = argument.partition(" ")
        if not (lines.isascii() and lines.isdigit()):
            raise Refused("write TOP number lines, such as TOP 1 0 (RFC 1939 7)", "syntax")
        _number, entry = self._find(name)
        content = yield from self._content(entry)
        self._note_read(entry, "TOP")
        return (yield from self._send("TOP", argument, "header and lines follow", top(content, int(lines[:12]))))

    @command("DELE", "Mark a message as deleted.", states=IN, syntax="number", reference="RFC 1939 5")
    def dele(self, argument: str) -> Reply:
        number, entry = self._find(argument)
        self._deleted.add(number)
        self._octets -= entry.size
        return ok(f"message {number} will be deleted by QUIT")

    @command("RSET", "Unmark all messages.", states=IN, reference="RFC 1939 5")
    def rset(self, _argument: str) -> Reply:
        self._octets += sum(self._entries[number - 1].size for number in self._deleted)
        self._deleted.clear()
        return ok(self._summary())

    @command("NOOP", "Do nothing.", states=IN, reference="RFC 1939 5")
    def noop(self, _argument: str) -> Reply:
        return ok("nothing was done")

    def _opened(self) -> tuple[Account, Mailbox]:
        assert self.account is not None  # noqa: S101 - the table requires the state
        return self.account, self.account.inbox

    def _note_read(self, entry: Entry, command_name: str) -> None:
        account, inbox = self._opened()
        account.note_fetched(inbox, [entry.uid], command_name)

    def _summary(self) -> str:
        return f"{len(self._entries) - len(self._deleted)} messages ({self._octets} octets)"

    def _require(self, name: Capability) -> None:
        """Refuse a command that the server does not offer. Raises: Refused."""
        if not self._dialogue.offers(name):
            raise Refused(f"{name} is not offered here: look at CAPA (RFC 2449 5)", "not-announced")

    def _listed(self) -> Iterator[tuple[int, Entry]]:
        """Yield number and entry of each message that is not marked as deleted."""
        deleted = self._deleted
        return ((number, entry) for number, entry in enumerate(self._entries, 1) if number not in deleted)

    def _unique(self, entry: Entry) -> str:
        """Return the unique identifier of a message: UIDVALIDITY and UID as IMAP has them."""
        return f"{self._validity}.{entry.uid}"

    def _find(self, text: str) -> tuple[int, Entry]:
        """Return the message with a number. Raises: Refused."""
        if not (text.isascii() and text.isdigit() and len(text) <= 10):
            raise Refused("a message number has digits only (RFC 1939 5)", "syntax")
        number = int(text)
        if not 0 < number <= len(self._entries):
            raise Refused(
                f"no message {number}: this maildrop has {len(self._entries)} (RFC 1939 5)", "no-such-message"
            )
        if number in self._deleted:
            raise Refused(f"message {number} is marked as deleted: RSET unmarks it (RFC 1939 5)", "retr-after-dele")
        return number, self._entries[number - 1]

    def _content(self, entry: Entry) -> Steps:
        """Read a message. Returns: its bytes. Raises: Refused."""
        _account, inbox = self._opened()
        dialogue = self._dialogue
        world = dialogue.context.world
        message = world.mail.get(entry.message)
        needs_utf8 = not dialogue.utf8 and message is not None and message.envelope.smtputf8

        boxes = world.mailboxes
        wanted = self._next_entries(entry) if boxes.blocks else [entry]

        def read() -> bytes:
            raw = boxes.read(inbox, entry)
            with suppress(MessageGone, OSError):  # they are read again, and the reason told, when they are asked for
                for other in wanted[1:]:
                    ahead[other.uid] = boxes.read(inbox, other)
            return raw

        ahead = self._ahead
        try:
            content = ahead.pop(entry.uid, None) if message or not entry.delivery else None
            if content is None:
                ahead.clear()
                content = yield Call(read) if entry.size > LARGE_BYTES else read
        except MessageGone:
            text = "another client, or the farm's API, has deleted the message meanwhile"
            raise Refused(text, code=dialogue.code("SYS/PERM")) from None
        except OSError as problem:
            text = f"the message cannot be read now: {problem.strerror}"
            raise Refused(text, code=dialogue.code("SYS/TEMP")) from None
        if needs_utf8 and is_utf8(content):
            text = "the header of this message is UTF-8: send UTF8 before login (RFC 6856 2.1)"
            raise Refused(text, code=dialogue.code("UTF8"))
        return content

    def _next_entries(self, entry: Entry) -> list[Entry]:
        """Return an entry and those after it that clients ask for next, within bounds."""
        at, size = bisect_left(self._entries, entry.uid, key=attrgetter("uid")), 0
        found: list[Entry] = []
        for one in islice(self._entries, at, at + MAX_AHEAD):
            size += one.size
            if found and size > AHEAD_BYTES:
                break
            found.append(one)
        return found

    def _send(self, verb: str, argument: str, text: str, content: bytes) -> Steps:
        """Send a reply and a message; a long one in pieces, the next when the client has taken the last."""
        dialogue = self._dialogue
        head = ok(text)
        if len(content) <= PIECE_BYTES or dialogue.faults:
            return Reply(head.code, head.wire + serialize(content))
        dialogue.begin_reply(verb, argument, head, wire_size(content))
        for piece in pieces(content):
            dialogue.say(piece)
            yield AwaitFlush()
        return None

    def _listing(self, verb: str, text: str, lines: Iterator[str]) -> Reply | Steps:
        """Return the reply that has these lines; a long one in pieces."""
        if len(self._entries) <= PIECE_LINES or self._dialogue.faults:
            return listing(text, lines)
        return self._long_listing(verb, ok(text), lines)

    def _long_listing(self, verb: str, head: Reply, lines: Iterator[str]) -> Steps:
        dialogue = self._dialogue
        dialogue.begin_reply(verb, "", head, -1)
        while piece := "".join([f"{line}\r\n" for line in islice(lines, PIECE_LINES)]):
            dialogue.say(piece.encode())
            yield AwaitFlush()
        dialogue.say(b".\r\n")
