"""A mailbox: its entries by UID, what was expunged, and the numbers that IMAP tells about it.

Entries are immutable: a change of flags replaces the entry, so a reader in another thread sees it as it was. Nothing
here decides whether a change is allowed, or stores it: `account.py` does.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable
from operator import attrgetter, itemgetter

import msgspec

from homeport.world.mail.flags import DELETED, SEEN, SYSTEM_FLAGS

MAX_EXPUNGED = 10_000
"""Expunged UIDs that a mailbox remembers (RFC 7162 3.2.3 allows to forget)."""
MAX_RECENT_CHANGES = 500
"""Changes of entries that are found without a look at all entries."""
MAX_REMOVED = 500
"""Expunged entries that can still be shown to sessions that know them."""
_uid = attrgetter("uid")
_modseq = itemgetter(0)


class Entry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A message in a mailbox."""

    uid: int
    message: str
    """Identifier of its content: of a captured message (`m12`), or of an appended one (`a3`)."""
    size: int
    """Bytes of what `Mailboxes.read` returns."""
    internal: float
    """INTERNALDATE as Unix time: of its delivery, by the world's clock, or as its APPEND says."""
    saved: float
    """SAVEDATE (RFC 8514): when it came into this mailbox, by the world's clock."""
    flags: frozenset[str]
    modseq: int
    delivery: int = 0
    """Number of the delivery whose trace lines it begins with, from 1; 0: the content as it was received."""
    zone: int = 0
    """Minutes by which the clock of INTERNALDATE is ahead of UTC: the zone that its APPEND has given."""

    @property
    def content(self) -> str:
        """Identifier of its bytes: equal for entries with equal bytes (EMAILID of RFC 8474, keys of caches)."""
        return f"{self.message}.{self.delivery}" if self.delivery else self.message


class MailboxRow(msgspec.Struct, frozen=True, array_like=True):
    """The stored fields of a mailbox, without its entries."""

    identifier: str
    owner: str
    name: str
    special_use: str
    uid_validity: int
    uid_next: int
    highest_modseq: int
    expunged_floor: int
    recent_from: int
    keywords: list[str]


class Mailbox:
    """A mailbox. owner: login of its person in lower case; empty for the shared one."""

    __slots__ = (
        *(
            "_changes",
            "_changes_floor",
            "_removed",
            "_seen_below",
            "deleted",
            "deleted_size",
            "entries",
            "expunged",
            "expunged_floor",
        ),
        "gone",
        *("highest_modseq", "identifier", "keywords", "locked_by", "name", "owner", "recent_from", "size"),
        *("special_use", "topic", "uid_next", "uid_validity", "uids", "unseen"),
    )

    def __init__(self, identifier: str, owner: str, name: str, uid_validity: int, special_use: str = "") -> None:
        self.identifier = identifier
        """MAILBOXID (RFC 8474): never that of another mailbox, and kept when it is renamed."""
        self.owner = owner
        self.name = name
        self.special_use = special_use
        self.uid_validity = uid_validity
        self.uid_next = 1
        self.highest_modseq = 1
        self.entries: list[Entry] = []
        """Sorted by UID: the sequence number of an entry is its index + 1. The list changes: copy it to keep it."""
        self.uids = array("I")
        """The UIDs of the entries: a copy costs a client that selects a large mailbox next to nothing."""
        self.expunged: list[tuple[int, int]] = []
        """MODSEQ and UID of what was expunged, sorted."""
        self.expunged_floor = 1
        """`expunged` is complete for changes above this MODSEQ."""
        self.recent_from = 1
        """The lowest UID that no session has been told as recent (RFC 3501 2.3.2)."""
        self.keywords: dict[str, str] = {}
        """The keywords that were ever used here, by lower case."""
        self.unseen = 0
        """Number of entries without \\Seen."""
        self.deleted = 0
        """Number of entries with \\Deleted."""
        self.deleted_size = 0
        """Their bytes."""
        self.size = 0
        """Bytes of all entries."""
        self.locked_by = ""
        """Connection that holds the lock of POP3 (RFC 1939 3); empty if none."""
        self.gone = False
        """True once the mailbox has been deleted."""
        self.topic = f"mailbox/{identifier}"
        """Published in `World.notices` after each change."""
        self._changes: deque[tuple[int, int]] = deque()  # MODSEQ and UID of the latest changes of entries
        self._changes_floor = 1
        self._removed: dict[int, Entry] = {}
        self._seen_below = 1  # all entries with lower UIDs have \Seen

    def __repr__(self) -> str:
        return f"<Mailbox {self.owner}/{self.name} {len(self.entries)} entries>"

    def __len__(self) -> int:
        return len(self.entries)

    def __bool__(self) -> bool:
        return True  # also if it is empty, so that `find(name) or ...` means what it says

    @property
    def shared(self) -> bool:
        """True for the mailbox with every message: only flags of its entries can be changed."""
        return not self.owner

    read_only = shared

    @property
    def permanent_flags(self) -> tuple[str, ...]:
        """The flags that can be stored, without `\\*`."""
        system = tuple(flag for flag in SYSTEM_FLAGS if flag != DELETED) if self.shared else SYSTEM_FLAGS
        return (*system, *self.keywords.values())

    def index(self, uid: int) -> int:
        """Return the index of the entry with a UID; -1 if there is none."""
        entries = self.entries
        if not entries:
            return -1
        guess = uid - entries[0].uid  # right as long as nothing before it was expunged
        if 0 <= guess < len(entries) and entries[guess].uid == uid:
            return guess
        at = bisect_left(entries, uid, key=_uid)
        return at if at < len(entries) and entries[at].uid == uid else -1

    def find(self, uid: int) -> Entry | None:
        """Return the entry with a UID, or None."""
        at = self.index(uid)
        return None if at < 0 else self.entries[at]

    @property
    def first_unseen(self) -> int:
        """The number of the first entry without \\Seen; 0 if there is none. No entry is looked at twice for it."""
        if not self.unseen:
            return 0
        at = bisect_left(self.uids, self._seen_below)
        while SEEN in self.entries[at].flags:
            at += 1
        self._seen_below = self.uids[at]
        return at + 1

    def find_removed(self, uid: int) -> Entry | None:
        """Return an entry that was expunged lately, for sessions that have not announced that yet; None otherwise."""
        return self._removed.get(uid)

    def changed_since(self, modseq: int) -> list[Entry]:
        """Return the entries with a higher MODSEQ, by UID; cheap for the latest changes."""
        if modseq >= self.highest_modseq:
            return []
        if modseq < self._changes_floor:
            return [entry for entry in self.entries if entry.modseq > modseq]
        uids = set()
        for changed, uid in reversed(self._changes):
            if changed <= modseq:
                break
            uids.add(uid)
        found = (self.find(uid) for uid in sorted(uids))
        return [entry for entry in found if entry is not None]

    def expunged_since(self, modseq: int) -> list[int] | None:
        """Return the UIDs that were expunged after a MODSEQ, sorted; None if they are no longer known."""
        if modseq < self.expunged_floor:
            return None
        return sorted(uid for _modseq, uid in self.expunged[bisect_right(self.expunged, modseq, key=_modseq) :])

    def claim_recent(self) -> int:
        """Return the lowest UID that is recent for a session that selects the mailbox now, and for no later one."""
        first, self.recent_from = self.recent_from, self.uid_next
        return first

    def lock(self, connection: str) -> bool:
        """Lock it for a connection. Return False if another one has the lock."""
        if self.locked_by not in ("", connection):
            return False
        self.locked_by = connection
        return True

    def unlock(self, connection: str) -> None:
        """Release the lock of a connection; no effect if it has none."""
        if self.locked_by == connection:
            self.locked_by = ""

    # Changes, made by `Change`

    def learn(self, keywords: dict[str, str]) -> None:
        """Add keywords, as `spell_flags` has returned them."""
        self.keywords.update(keywords)

    def next_modseq(self) -> int:
        """Begin a change: return its MODSEQ."""
        self.highest_modseq += 1
        return self.highest_modseq

    def add(self, entry: Entry) -> None:
        """Append an entry with the next UID."""
        self.uid_next = entry.uid + 1
        self.entries.append(entry)
        self.uids.append(entry.uid)
        self._count(entry, 1)
        self._note(entry)

    def replace(self, at: int, entry: Entry) -> None:
        """Replace the entry at an index by one with other flags."""
        self._count(self.entries[at], -1)
        self.entries[at] = entry
        self._count(entry, 1)
        self._note(entry)

    def take(self, indexes: list[int], modseq: int) -> list[Entry]:
        """Remove the entries at ascending indexes, and return them."""
        entries = self.entries
        taken = [entries[at] for at in indexes]
        for run in reversed(runs(indexes)):
            del entries[run.start : run.stop]
            del self.uids[run.start : run.stop]
        removed = self._removed
        for entry in taken:
            self._count(entry, -1)
            removed[entry.uid] = entry
        while len(removed) > MAX_REMOVED:
            del removed[next(iter(removed))]
        self.expunged += [(modseq, entry.uid) for entry in taken]
        return taken

    def forget_expunged(self) -> list[int]:
        """Forget the oldest expunged UIDs if there are too many, and return them."""
        if len(self.expunged) <= MAX_EXPUNGED:
            return []
        excess = len(self.expunged) - MAX_EXPUNGED * 9 // 10  # some more, so that not every change pays for it
        self.expunged_floor = self.expunged[excess - 1][0]
        excess = bisect_right(self.expunged, self.expunged_floor, key=_modseq)
        forgotten = [uid for _modseq, uid in self.expunged[:excess]]
        del self.expunged[:excess]
        return forgotten

    def rename(self, name: str, uid_validity: int) -> None:
        """Give it another name."""
        self.name = name
        self.uid_validity = uid_validity

    def renew(self, uid_validity: int) -> None:
        """Give it another UIDVALIDITY: UIDs that a client has remembered mean nothing from now on."""
        self.uid_validity = uid_validity

    def end(self) -> None:
        """Mark it as deleted."""
        self.gone = True

    def row(self) -> MailboxRow:
        """Return its stored fields."""
        return MailboxRow(
            self.identifier,
            self.owner,
            self.name,
            self.special_use,
            self.uid_validity,
            self.uid_next,
            self.highest_modseq,
            self.expunged_floor,
            self.recent_from,
            [*self.keywords.values()],
        )

    def restore(self, row: MailboxRow, entries: Iterable[Entry], expunged: Iterable[tuple[int, int]]) -> None:
        """Return to a stored state. UIDNEXT and HIGHESTMODSEQ do not fall, in case that they have been told."""
        self.name, self.special_use, self.uid_validity = row.name, row.special_use, row.uid_validity
        self.uid_next = max(self.uid_next, row.uid_next)
        self.highest_modseq = max(self.highest_modseq, row.highest_modseq)
        self.expunged_floor, self.recent_from = row.expunged_floor, row.recent_from
        self.keywords = {keyword.lower(): keyword for keyword in row.keywords}
        self.entries = sorted(entries, key=_uid)
        self.uids = array("I", map(_uid, self.entries))
        self._seen_below = 1
        self.expunged = sorted(expunged)
        self.size = sum(entry.size for entry in self.entries)
        self.unseen = sum(SEEN not in entry.flags for entry in self.entries)
        deleted = [entry.size for entry in self.entries if DELETED in entry.flags]
        self.deleted, self.deleted_size = len(deleted), sum(deleted)
        self._changes.clear()
        self._changes_floor = self.highest_modseq

    def _count(self, entry: Entry, sign: int) -> None:
        self.size += sign * entry.size
        if SEEN not in entry.flags:
            self.unseen += sign
            self._seen_below = min(self._seen_below, entry.uid)
        if DELETED in entry.flags:
            self.deleted += sign
            self.deleted_size += sign * entry.size

    def _note(self, entry: Entry) -> None:
        changes = self._changes
        changes.append((entry.modseq, entry.uid))
        if len(changes) > MAX_RECENT_CHANGES:
            self._changes_floor = changes.popleft()[0]


def runs(indexes: Iterable[int]) -> list[range]:
    """Return ascending indexes as ranges."""
    found: list[range] = []
    begin = end = -1
    for at in indexes:
        if at != end:
            if begin >= 0:
                found.append(range(begin, end))
            begin = at
        end = at + 1
    if begin >= 0:
        found.append(range(begin, end))
    return found
