"""The selected mailbox of a session, and the announcement of its changes."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from homeport.services.imap.grammar.sequence_set import SequenceSet, serialize_set
from homeport.services.imap.view import Changed, Exists, Expunged, Recent, Update, Vanished, View
from homeport.world.mail.flags import SYSTEM_FLAGS

if TYPE_CHECKING:
    from homeport.world.mail.account import How, Keep
    from homeport.world.mail.mailbox import Entry, Mailbox

T = TypeVar("T")
PIECE_MESSAGES = 256
"""Messages whose lines are made in one step: about a millisecond of work."""
CHANGED_MESSAGES = 100
"""Messages that are changed in one step."""


class Modes(msgspec.Struct, frozen=True):
    """The extensions that the client has enabled, as far as they change the responses about a mailbox."""

    rev2: bool = False
    """IMAP4rev2: no RECENT, and UID in every FETCH (RFC 9051 7.5.2)."""
    condstore: bool = False
    """MODSEQ in every FETCH with flags (RFC 7162 3.1)."""
    qresync: bool = False
    """VANISHED in place of EXPUNGE, and UID in every FETCH (RFC 7162 3.2)."""
    utf8: bool = False
    """UTF-8 in quoted strings and names of mailboxes (RFC 9051 5.1, RFC 6855 3)."""
    uids: bool = False
    """UID in every FETCH, after NOTIFY with FlagChange (RFC 5465 5.1)."""

    @property
    def with_uid(self) -> bool:
        """True if a FETCH that no UID command asked for has the UID."""
        return self.rev2 or self.qresync or self.uids


class Acting(Protocol):
    """The changes of messages in the selected mailbox: those of an account, or of a person's labels."""

    def copy(
        self, source: "Mailbox", uids: Iterable[int], target: "Mailbox", keep: "Keep"
    ) -> list[tuple[int, int]]: ...
    def move(
        self, source: "Mailbox", uids: Iterable[int], target: "Mailbox", keep: "Keep"
    ) -> list[tuple[int, int]]: ...
    def expunge(self, mailbox: "Mailbox", uids: Iterable[int]) -> list[int]: ...
    def store(
        self,
        mailbox: "Mailbox",
        uids: Iterable[int],
        how: "How",
        flags: Iterable[str],
        unchanged_since: int | None = None,
    ) -> tuple[list[int], list[int]]: ...


class Selection:
    """A mailbox that a session has selected.

    read_only: True for EXAMINE, and for mailboxes that cannot be changed.
    """

    __slots__ = ("account", "mailbox", "read_only", "view")

    def __init__(self, account: Acting, mailbox: "Mailbox", *, read_only: bool) -> None:
        self.account = account
        self.mailbox = mailbox
        self.read_only = read_only
        first = mailbox.recent_from if read_only else mailbox.claim_recent()
        self.view = View.of(mailbox, mailbox.uids[bisect_left(mailbox.uids, first) :])

    def pick(self, numbers: SequenceSet, *, uid: bool) -> Sequence[int]:
        """Return the UIDs of messages that a command names, ascending. uid: True if the set has UIDs.

        Raises: NumberOutOfRange.
        """
        if numbers.saved:
            return self.view.by_saved()
        return self.view.by_uids(numbers) if uid else self.view.by_numbers(numbers)

    def known(self, begin: int, end: int) -> Sequence[tuple[int, "Entry"]]:
        """Return numbers and entries of the messages from index `begin` to `end` that are not gone."""
        mailbox = self.mailbox
        uids = self.view.uids[begin:end]
        if not uids:
            return []
        at = bisect_left(mailbox.uids, uids[0])
        chunk = mailbox.entries[at : at + len(uids)]
        if len(chunk) == len(uids) and chunk[-1].uid == uids[-1]:  # nearly always: none of them is gone
            return [*enumerate(chunk, begin + 1)]
        found = ((number, mailbox.find(uid)) for number, uid in enumerate(uids, begin + 1))
        return [(number, entry) for number, entry in found if entry is not None]

    def observe(self) -> None:
        """Take note of the changes of the mailbox."""
        self.view.observe(self.mailbox, None if self.read_only else self.mailbox.claim_recent)

    def announce(self, modes: Modes, *, expunges: bool, flags: bool = True) -> Iterator[bytes]:
        """Yield the untagged responses that may be sent now, in pieces of bounded work."""
        updates = self.view.drain(expunges=expunges, vanished=modes.qresync, recent=not modes.rev2, flags=flags)
        for update in updates:
            yield from self._serialize(update, modes)

    def _serialize(self, update: Update, modes: Modes) -> Iterator[bytes]:
        match update:
            case Exists(count):
                yield b"* %d EXISTS\r\n" % count
            case Recent(count):
                yield b"* %d RECENT\r\n" % count
            case Vanished(uids):
                yield b"* VANISHED %s\r\n" % serialize_set(uids)
            case Expunged(numbers):
                for piece in pieces(numbers):
                    yield b"".join([b"* %d EXPUNGE\r\n" % number for number in piece])
            case Changed(messages):
                for messages_piece in pieces(messages):
                    yield b"".join([self.flags_line(number, uid, modes) for number, uid in messages_piece])

    def store(
        self, uids: Sequence[int], how: "How", flags: Sequence[str], unchanged_since: int | None = None
    ) -> tuple[list[int], list[int]]:
        """Change flags, for a command that announces them itself. Returns as `Account.store`."""
        self.observe()
        before = self.mailbox.highest_modseq
        stored = self.account.store(self.mailbox, uids, how, flags, unchanged_since)
        if self.mailbox.highest_modseq != before:
            self.view.ignore(self.mailbox.highest_modseq)
        return stored

    def modseq_line(self, number: int, uid: int, modes: Modes, *, with_uid: bool = False) -> bytes:
        """Return a FETCH response with the MODSEQ of a message; empty if it is gone."""
        entry = self.mailbox.find(uid)
        if entry is None:
            return b""
        shown = b"UID %d " % uid if with_uid or modes.with_uid else b""
        return b"* %d FETCH (%sMODSEQ (%d))\r\n" % (number, shown, entry.modseq)

    def flags_line(self, number: int, uid: int, modes: Modes, *, with_uid: bool = False) -> bytes:
        """Return a FETCH response with the flags of a message; empty if it is gone."""
        entry = self.mailbox.find(uid)
        if entry is None:
            return b""
        line = b"* %d FETCH (FLAGS %s" % (number, self.flags(uid, entry.flags, modes))
        if with_uid or modes.with_uid:
            line += b" UID %d" % uid
        if modes.condstore:
            line += b" MODSEQ (%d)" % entry.modseq
        return line + b")\r\n"

    def flags(self, uid: int, flags: frozenset[str], modes: Modes) -> bytes:
        """Serialize the flags of a message as this session sees them."""
        return serialize_flags(flags, not modes.rev2 and uid in self.view.recent)


def pieces(items: Sequence[T], size: int = PIECE_MESSAGES) -> Iterator[Sequence[T]]:
    """Yield items in pieces of bounded work."""
    for at in range(0, len(items), size):
        yield items[at : at + size]


@lru_cache(maxsize=4096)
def serialize_flags(flags: frozenset[str], recent: bool = False) -> bytes:  # noqa: FBT001, FBT002 - lru_cache: fastest by position
    """Serialize flags: those of the system first, then keywords in alphabetical order."""
    names = [*filter(flags.__contains__, SYSTEM_FLAGS), *sorted(flags.difference(SYSTEM_FLAGS))]
    return b"(%s)" % " ".join([*names, "\\Recent"] if recent else names).encode()
