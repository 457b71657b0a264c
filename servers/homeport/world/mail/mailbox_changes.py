"""Changes of mailboxes, each all or nothing: in memory at once, and one transaction of the store.

    with ledger.change() as change:
        change.add(mailbox, message, ...)
        change.remove(mailbox, indexes)

What is changed by one `change` has one MODSEQ in each mailbox. At its end the mailboxes' topics are published. Checks
come first: nothing that is called within it may refuse. `StoreError` is raised if changes cannot be stored; then
nothing has changed.
"""

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import msgspec

from homeport.world.mail.annotations import Annotations
from homeport.world.mail.flags import share_flags
from homeport.world.mail.mailbox import Entry, Mailbox
from homeport.world.notices import Notices
from homeport.world.row_store import Key, Rows, Store, StoreError, Ticket

MAX_UID_VALIDITY = 0xFFFFFFFF


def undo_nothing(before: Rows) -> None:
    """Do nothing: there is no store."""


def ignore_act(fields: dict[str, Any]) -> None:
    """Do nothing: there is no journal."""


class Ledger:
    """State that the mailboxes of a world share: identifiers, UIDVALIDITY, the places of each message, the store.

    real: returns real Unix time. discard: called with the identifiers of messages that are in no mailbox any more.
    """

    def __init__(self, notices: Notices, real: Callable[[], float], discard: Callable[[list[str]], None]) -> None:
        self.notices = notices
        self.store: Store | None = None
        self.annotations = Annotations()
        self.discard = discard
        self._places: dict[str, Mailbox | dict[Mailbox, int]] = {}
        self.entries = 0
        """Number of entries in all mailboxes of people."""
        self.ticket: Ticket | None = None
        """Of the latest change."""
        self.on_act: Callable[[dict[str, Any]], object] = ignore_act
        """Called with each act of a client or the API on a mailbox, as the fields of an event `mailbox`."""
        self.undo: Callable[[Rows], None] = undo_nothing
        """Restores rows in memory."""
        self._real = real
        self.counters = {"mailboxes": 0, "contents": 0, "validity": 1}
        """The last numbers of identifiers, and the lowest UIDVALIDITY from now on."""
        self._stored_counters = dict(self.counters)

    def change(self) -> "Change":
        """Begin a change."""
        return Change(self)

    def next_identifier(self) -> str:
        """Return the identifier of a new mailbox."""
        self.counters["mailboxes"] += 1
        return f"F{self.counters['mailboxes']}"

    def next_content(self) -> str:
        """Return the identifier of an appended message."""
        self.counters["contents"] += 1
        return f"a{self.counters['contents']}"

    def uid_validity(self, above: int = 0) -> int:
        """Return a UIDVALIDITY that no mailbox of a name has had, whose latest is `above`."""
        return min(max(int(self._real()), self.counters["validity"], above + 1), MAX_UID_VALIDITY)

    def forget(self, mailboxes: Iterable[Mailbox]) -> None:
        """Drop all mailboxes; later ones have higher UIDVALIDITYs and other identifiers."""
        for mailbox in mailboxes:
            self.counters["validity"] = max(self.counters["validity"], mailbox.uid_validity + 1)
            mailbox.end()
        self.annotations.clear()
        self._places.clear()
        self.entries = 0
        self.ticket = None

    @property
    def failed(self) -> bool:
        """True while lost changes are not rolled back: no other can be made."""
        return self.store is not None and self.store.failed

    def changed_counters(self) -> dict[Key, int]:
        """Return the rows of counters that have changed since the last call."""
        changed = {name: value for name, value in self.counters.items() if value != self._stored_counters[name]}
        self._stored_counters |= changed
        return {("counter", name): value for name, value in changed.items()}

    def index(self, mailboxes: Iterable[Mailbox]) -> None:
        """Make the index of places again, for these mailboxes."""
        self._places.clear()
        self.entries = 0
        for mailbox in mailboxes:
            for entry in mailbox.entries if mailbox.owner else ():
                self.place(entry.message, mailbox)

    def places(self, message: str) -> dict[Mailbox, int]:
        """Return people's mailboxes that a message is in, each with the number of its entries there."""
        found = self._places.get(message)
        return {} if found is None else {found: 1} if isinstance(found, Mailbox) else found

    def place(self, message: str, mailbox: Mailbox) -> None:
        """Note a new entry of a message in a person's mailbox."""
        found = self._places.get(message)
        if found is None:
            self._places[message] = mailbox
        else:
            if isinstance(found, Mailbox):
                found = self._places[message] = {found: 1}
            found[mailbox] = found.get(mailbox, 0) + 1
        self.entries += 1

    def displace(self, message: str, mailbox: Mailbox) -> bool:
        """Note that an entry of a message was removed. Return True if it was the last one anywhere."""
        self.entries -= 1
        found = self._places[message]
        if isinstance(found, dict):
            found[mailbox] -= 1
            if not found[mailbox]:
                del found[mailbox]
            if found:
                return False
        del self._places[message]
        return True


class Change:
    """A change that is being made."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._modseqs: dict[Mailbox, int] = {}
        self._topics: dict[str, None] = {}
        self._removed: list[str] = []
        self._after: dict[Key, Any] | None = None
        self._before: dict[Key, Any] = {}

    def __enter__(self) -> Self:
        if self._ledger.store is not None:
            if self._ledger.failed:
                raise StoreError("earlier changes of mailboxes could not be stored: try again")
            self._after = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ledger = self._ledger
        if self._after is not None and ledger.store is not None:
            for mailbox in self._modseqs:
                self._after["mailbox", mailbox.identifier] = None if mailbox.gone else mailbox.row()
            if self._after:
                counters = ledger.changed_counters()
                try:
                    ledger.ticket = ledger.store.queue(self._after | counters, self._before | counters)
                except StoreError:
                    ledger.undo(self._before)
                    raise
        if self._removed:
            ledger.discard(self._removed)
        for topic in self._topics:
            ledger.notices.publish(topic)

    def touch(self, mailbox: Mailbox) -> int:
        """Return the MODSEQ of this change in a mailbox, and publish its topic at the end."""
        modseq = self._modseqs.get(mailbox)
        if modseq is None:
            if self._after is not None:
                self._before["mailbox", mailbox.identifier] = mailbox.row() if self.exists(mailbox) else None
            modseq = self._modseqs[mailbox] = mailbox.next_modseq()
            self._topics[mailbox.topic] = None
        return modseq

    def exists(self, mailbox: Mailbox) -> bool:
        """Return True if a mailbox is not one that this change makes."""
        return ("mailbox", mailbox.identifier) not in self._before

    def make(self, mailbox: Mailbox) -> None:
        """Store a new mailbox."""
        if self._after is not None:
            self._before["mailbox", mailbox.identifier] = None
        self._modseqs[mailbox] = mailbox.highest_modseq
        self._topics[mailbox.topic] = None

    def delete(self, mailbox: Mailbox) -> None:
        """Delete a mailbox with its entries."""
        modseq = self.touch(mailbox)
        if self._after is not None:
            for _modseq, uid in mailbox.expunged:
                self.put("expunged", f"{mailbox.identifier}/{uid}", None, _modseq)
        self._ledger.annotations.remove(self, mailbox)
        gone = mailbox.take([*range(len(mailbox))], modseq)
        for entry in gone:
            self._forget(mailbox, entry)
        mailbox.end()

    def add(
        self,
        mailbox: Mailbox,
        message: str,
        *,
        size: int,
        internal: float,
        saved: float,
        flags: frozenset[str],
        delivery: int = 0,
        zone: int = 0,
    ) -> Entry:
        """Add an entry."""
        modseq = self.touch(mailbox)
        entry = Entry(mailbox.uid_next, message, size, internal, saved, flags, modseq, delivery, zone)
        mailbox.add(entry)
        if mailbox.owner:
            self._ledger.place(message, mailbox)
        if self._after is not None:
            self.put("entry", f"{mailbox.identifier}/{entry.uid}", entry, None)
        return entry

    def set_flags(self, mailbox: Mailbox, at: int, flags: frozenset[str]) -> Entry:
        """Give the entry at an index other flags."""
        modseq = self.touch(mailbox)
        before = mailbox.entries[at]
        entry = msgspec.structs.replace(before, flags=share_flags(flags), modseq=modseq)
        mailbox.replace(at, entry)
        if self._after is not None:
            self.put("entry", f"{mailbox.identifier}/{entry.uid}", entry, before)
        return entry

    def remove(self, mailbox: Mailbox, indexes: list[int]) -> list[Entry]:
        """Remove the entries at ascending indexes, and return them."""
        if not indexes:
            return []
        modseq = self.touch(mailbox)
        taken = mailbox.take(indexes, modseq)
        for entry in taken:
            self._forget(mailbox, entry)
            if self._after is not None:
                self.put("expunged", f"{mailbox.identifier}/{entry.uid}", modseq, None)
        for uid in mailbox.forget_expunged():
            if self._after is not None:
                self.put("expunged", f"{mailbox.identifier}/{uid}", None, 0)
        return taken

    def put(self, kind: str, key: str, after: Any, before: Any) -> None:
        """Store a row; None deletes it. before: its value until now."""
        if self._after is not None:
            self._before.setdefault((kind, key), before)
            self._after[kind, key] = after

    def publish(self, topic: str) -> None:
        """Publish a topic at the end."""
        self._topics[topic] = None

    def _forget(self, mailbox: Mailbox, entry: Entry) -> None:
        if mailbox.owner and self._ledger.displace(entry.message, mailbox):
            self._removed.append(entry.message)
        if self._after is not None:
            self.put("entry", f"{mailbox.identifier}/{entry.uid}", None, entry)
