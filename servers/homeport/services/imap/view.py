"""The selected mailbox as a session has announced it, and the untagged responses that are due.

The mailbox changes at any time: other sessions, SMTP and the API act on it. A client knows it by the numbers that it
was given, so each session has a `View`: the UIDs in the order of those numbers. Changes are collected (`observe`, or
`add`, `expunge` and `change`), and `drain` returns what may be announced now and makes it the state of the view.

The rules, of RFC 9051 unless it says otherwise:

- Numbers fall when EXPUNGE is sent, at no other time; EXISTS never falls (7.4.1, 7.5.1).
- EXPUNGE and VANISHED are not sent during FETCH, STORE, SEARCH, SORT and THREAD by numbers, nor while no command runs;
  the commands with UID may have them (7.5.1; RFC 7162 3.2.10). A message that is gone keeps its number until then.
- A message that came and went between two announcements is never mentioned.
- The flags of a message that is gone are not announced, though its EXPUNGE is still due.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from homeport.services.imap.grammar.sequence_set import STAR, NumberOutOfRange, SequenceSet

FEW = 50
"""Messages that are looked for one by one; for more, all messages are looked at once, as that is a loop in C."""
LONG = 2000
"""Changes that are taken note of and announced in one turn."""
MANY = 256
"""Messages whose numbers are looked up in one step."""
NONE: frozenset[int] = frozenset()
"""One for all sessions: most have nothing in these sets."""
MAX_UID = (1 << 32) - 1
"""The highest UID (RFC 9051 9, `nz-number`)."""


class Expunged(msgspec.Struct, frozen=True):
    """`* n EXPUNGE` for each, in this order: every number counts the messages that the earlier ones have left."""

    numbers: Sequence[int]


class Vanished(msgspec.Struct, frozen=True):
    """`* VANISHED uids`, in a session with QRESYNC. Never empty; ascending."""

    uids: Sequence[int]


class Exists(msgspec.Struct, frozen=True):
    """`* n EXISTS`."""

    count: int


class Recent(msgspec.Struct, frozen=True):
    """`* n RECENT`, in a session of IMAP4rev1."""

    count: int


class Changed(msgspec.Struct, frozen=True):
    """`* n FETCH (FLAGS ...)` for each pair of number and UID, ascending."""

    messages: Sequence[tuple[int, int]]


Update = Expunged | Vanished | Exists | Recent | Changed


class EntryState(Protocol):
    """An entry of a mailbox, as far as the view reads it."""

    @property
    def uid(self) -> int: ...
    @property
    def modseq(self) -> int: ...


class MailboxState(Protocol):
    """A mailbox, as far as the view reads it."""

    @property
    def uid_next(self) -> int: ...
    @property
    def highest_modseq(self) -> int: ...
    @property
    def uids(self) -> Sequence[int]:
        """The UIDs of its entries, ascending."""

    def changed_since(self, modseq: int) -> Sequence[EntryState]:
        """Return the entries with a higher MODSEQ, by ascending UID."""

    def expunged_since(self, modseq: int) -> Sequence[int] | None:
        """Return the UIDs that were expunged after a MODSEQ; None if they are no longer known."""


class View:
    """The messages of the selected mailbox as the client numbers them.

    uids: of the messages that the client is told of by SELECT. recent: those with \\Recent in this session.
    """

    __slots__ = ("_changed", "_gone", "_new", "_own", "modseq", "most", "recent", "saved", "uid_next", "uids")

    def __init__(self, uids: Iterable[int] = (), recent: Iterable[int] = (), *, modseq: int = 0) -> None:
        self.uids = array("I", uids)
        """UIDs by number - 1, ascending."""
        self.recent = frozenset(recent)
        """UIDs that have \\Recent in this session."""
        self.most = len(self.uids)
        """The highest number that a message has had in this view."""
        self.saved: frozenset[int] = frozenset()
        """UIDs of the last search result that was saved, `$` (RFC 5182)."""
        self.modseq = modseq
        """Highest MODSEQ of the mailbox that was observed."""
        self.uid_next = self.uids[-1] + 1 if self.uids else 1
        """UIDs from here on are new to the view."""
        self._new: list[int] = []
        self._gone = NONE
        self._changed = NONE
        self._own = NONE  # MODSEQs of changes that this session made and has announced itself

    @classmethod
    def of(cls, mailbox: MailboxState, recent: Iterable[int] = ()) -> "View":
        """Return a view of a mailbox as it is now."""
        view = cls(mailbox.uids, recent, modseq=mailbox.highest_modseq)
        view.uid_next = mailbox.uid_next
        return view

    def __len__(self) -> int:
        """Return the number of messages that the client knows, with those whose EXPUNGE is still due."""
        return len(self.uids)

    def __repr__(self) -> str:
        return f"<View {len(self.uids)} messages, {len(self._new)} new, {len(self._gone)} expunged>"

    # Numbers.

    def number(self, uid: int) -> int:
        """Return the number of a message; 0 if the client does not know it."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else 0

    def numbers(self, uids: Sequence[int]) -> list[int]:
        """Return the numbers of messages that the client knows, whose UIDs ascend."""
        if len(uids) < FEW:
            return [self.number(uid) for uid in uids]
        named = {*uids}
        return [at for at, uid in enumerate(self.uids, 1) if uid in named]

    def uid(self, number: int) -> int:
        """Return the UID of a message. Raises: IndexError if there is no such number."""
        if not 0 < number <= len(self.uids):
            raise IndexError(number)
        return self.uids[number - 1]

    def is_gone(self, uid: int) -> bool:
        """Return True if a message that the client knows is expunged, and its EXPUNGE is still due."""
        return uid in self._gone

    def by_numbers(self, numbers: SequenceSet) -> Sequence[int]:
        """Return the UIDs of messages by their numbers, ascending, each once.

        `9:*` is the last message if there are fewer than nine, as in other servers: clients ask for news like that.

        Raises: NumberOutOfRange for a number that no message has, and for `*` in an empty mailbox.
        """
        count = len(self.uids)
        if count and [low for low, high in numbers.ranges if high == STAR and count < low < STAR]:
            ranges = [(count, high) if high == STAR and low > count else (low, high) for low, high in numbers.ranges]
            numbers = SequenceSet(tuple(ranges))
        try:
            return self._pick(numbers.positions(count))
        except NumberOutOfRange as error:
            if any(len(self.uids) < end <= self.most for span in numbers.ranges for end in span):
                error.finding = "sequence-after-expunge"
            raise

    def uids_from(self, first: int) -> Sequence[int]:
        """Return the UIDs that the client knows, from one on."""
        return self.uids[bisect_left(self.uids, first) :]

    def by_uids(self, uids: SequenceSet) -> Sequence[int]:
        """Return those UIDs of a set that the client knows; what is between them is ignored (9051 6.4.9)."""
        return self._pick(uids.slices(self.uids))

    def by_saved(self) -> Sequence[int]:
        """Return the UIDs of the saved result, `$`, that the client knows."""
        return array("I", [uid for uid in self.uids if uid in self.saved])

    def _pick(self, positions: Sequence[range]) -> Sequence[int]:
        if len(positions) == 1:
            return self.uids[positions[0].start : positions[0].stop]
        found = array("I")
        for span in positions:
            found.extend(self.uids[span.start : span.stop])
        return found

    def present(self, uids: Sequence[int]) -> Sequence[int]:
        """Return those of some UIDs whose messages were not expunged when the mailbox was last observed."""
        gone = self._gone
        return [uid for uid in uids if uid not in gone] if gone else uids

    # Changes.

    def add(self, uids: Iterable[int], recent: Iterable[int] = ()) -> None:
        """Take note of new messages, of ascending UIDs. recent: those with \\Recent in this session."""
        self._new.extend(uids)
        self.recent |= {*recent}
        if self._new:
            self.uid_next = max(self.uid_next, self._new[-1] + 1)

    def expunge(self, uids: Iterable[int]) -> None:
        """Take note of expunged messages; those that the client does not know are never mentioned."""
        gone = set(uids)
        if self._new and not gone.isdisjoint(self._new):
            self._new = [uid for uid in self._new if uid not in gone]
        self._gone |= self._known(gone)
        self._changed -= gone
        self.recent -= gone
        self.saved -= gone

    def change(self, uids: Iterable[int]) -> None:
        """Take note of messages whose flags have changed."""
        self._changed |= self._known({*uids} - self._gone)

    def _known(self, uids: set[int]) -> set[int]:
        """Return those UIDs that the client knows."""
        return {uid for uid in uids if self.number(uid)} if len(uids) < FEW else uids.intersection(self.uids)

    def ignore(self, modseq: int) -> None:
        """Do not announce the flags that got this MODSEQ: the session's own command has announced them."""
        self._own |= {modseq}

    def fetched(self, uids: Iterable[int]) -> None:
        """Take note that the client has just been sent the flags of messages."""
        if self._changed:
            self._changed = self._changed.difference(uids)

    def observe(self, mailbox: MailboxState, claim: Callable[[], int] | None = None) -> None:
        """Take note of every change of a mailbox since the last time.

        claim: returns the lowest UID that gets \\Recent in this session; called if there are new messages.
        """
        since = self.modseq
        if mailbox.highest_modseq == since and mailbox.uid_next == self.uid_next:
            return
        expunged = mailbox.expunged_since(since)
        self.expunge(self._missing(mailbox) if expunged is None else expunged)
        changed = mailbox.changed_since(since)
        known = bisect_left(changed, self.uid_next, key=_uid)
        own = self._own
        self.change([one.uid for one in changed[:known] if one.modseq not in own])
        if known < len(changed):
            new = [one.uid for one in changed[known:]]
            first = claim() if claim is not None else MAX_UID + 1
            self.add(new, [uid for uid in new if uid >= first])
        self.uid_next = max(self.uid_next, mailbox.uid_next)
        self.modseq = mailbox.highest_modseq
        self._own = NONE

    def compare(self, mailbox: MailboxState) -> None:
        """Take note of every difference to a mailbox, after changes that were observed were rolled back."""
        known, present = {*self.uids}, {*mailbox.uids}
        self._gone = frozenset(known - present)
        self._new = [uid for uid in mailbox.uids if uid not in known]
        self._changed = frozenset(known & present)
        self.recent &= present
        self.uid_next, self.modseq = mailbox.uid_next, mailbox.highest_modseq
        self._own = NONE

    def _missing(self, mailbox: MailboxState) -> list[int]:
        present = {*mailbox.uids}
        return [uid for uid in (*self.uids, *self._new) if uid not in present]

    # Announcements.

    @property
    def due(self) -> bool:
        """True if anything is due, allowed now or not."""
        return bool(self._new or self._gone or self._changed)

    @property
    def gone(self) -> Sequence[int]:
        """UIDs of messages whose EXPUNGE is due, ascending."""
        return sorted(self._gone)

    @property
    def is_long(self) -> bool:
        """True if very much is due."""
        return len(self._new) + len(self._gone) + len(self._changed) > LONG

    def drain(
        self, *, expunges: bool, vanished: bool = False, recent: bool = False, flags: bool = True
    ) -> Iterator[Update]:
        """Yield what may be announced now, in the order in which it must be sent.

        expunges: True if EXPUNGE and VANISHED are allowed now. vanished: True with QRESYNC. recent: True if RECENT is
        announced (IMAP4rev1). flags: True if flags are announced now.
        """
        if expunges and self._gone:
            yield from self._leave(vanished=vanished)
        if self._new:
            self.uids.extend(self._new)
            self.most = max(self.most, len(self.uids))
            self._new = []
            yield Exists(len(self.uids))
            if recent:
                yield Recent(len(self.recent))
        if flags and self._changed:
            changed = sorted(self._changed)
            self._changed = NONE
            for at in range(0, len(changed), MANY):
                yield Changed([(self.number(uid), uid) for uid in changed[at : at + MANY]])

    def _leave(self, *, vanished: bool) -> Iterator[Update]:
        """Remove the expunged messages: the numbers after each fall by one."""
        left, self._gone = self._gone, NONE
        gone = sorted(left) if len(left) < FEW else [uid for uid in self.uids if uid in left]
        numbers = self.numbers(gone)
        if len(gone) < FEW:
            for number in reversed(numbers):
                del self.uids[number - 1]
        else:
            self.uids = array("I", [uid for uid in self.uids if uid not in left])
        if vanished:
            yield Vanished(gone)
            return
        for at in range(0, len(gone), MANY):
            yield Expunged([number - before for before, number in enumerate(numbers[at : at + MANY], at)])


def _uid(entry: EntryState) -> int:
    return entry.uid
