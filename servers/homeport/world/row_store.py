"""The interface between a part of a world and its persistent store of rows; `disk/row_store.py` implements it with
SQLite for the registry and for mailboxes.

A store holds rows: each has a kind and a key, and is one object, message or counter. A transaction of the
registry is a `Rows`: the values of its keys afterwards. The registry calls

    ticket = store.queue(after, before)     before it changes memory, in the world's thread
    store.flush(ticket)                     before the client gets its answer, in any thread: concurrent
                                            calls are one write (group commit)

Failed writes are rolled back: `flush` raises for all callers, and the world's thread restores the rows of
`take_failed()` in memory, so that memory never holds lost changes. Until then `queue` raises too, so that
nothing that depends on them is written. Changes that no client waits for (due events) are written with the next flush,
at most a second or two later.

A new registry calls `load`, and if that returns None passes its initial rows to `replace`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

Key = tuple[str, str]
"""Kind of a row (`domain`, `host`, `contact`, `registrar`, `message`, `counter`) and its key within the kind."""
Rows = Mapping[Key, Any]
"""Values by key: an object that msgspec can serialize; None: no row."""


class StoreError(Exception):
    """Raised if the registry cannot be read or written; its text says what to do."""


class Ticket:
    """Handle of a queued transaction."""

    __slots__ = ("error", "settled")

    def __init__(self) -> None:
        self.settled = False
        """True once it is durable, or lost."""
        self.error: StoreError | None = None
        """Set if it was lost."""


class Store(Protocol):
    """Persistent store of one registry's rows. `queue`, `take_failed` and `load` are called in the world's thread."""

    on_failure: Callable[[str], None]
    """Called with the reason, in any thread, when a write fails; by default it is logged."""
    on_success: Callable[[], None]
    """Called in any thread when a write succeeds."""

    @property
    def failed(self) -> bool:
        """True if a write failed and was not rolled back in memory yet."""

    @property
    def waiting(self) -> bool:
        """True if a queued transaction is not durable yet."""

    @property
    def unsettled(self) -> Ticket | None:
        """The newest ticket, if it is neither durable nor lost; a reader of data that must not be lost waits for it."""

    def load(self, types: Mapping[str, Any]) -> Iterable[tuple[Key, Any]] | None:
        """Return all rows in the order they were created, queued ones included; None if nothing was ever stored.

        types: the type of each kind. Raises: StoreError.
        """

    def forget(self) -> None:
        """Make `load` return None, so that the next registry starts from contents; `replace` removes this one."""

    def replace(self, rows: Rows) -> None:
        """Replace all rows; durable on return. An empty registry is valid, too.

        Raises: StoreError; then nothing has changed.
        """

    def queue(self, after: Rows, before: Rows) -> Ticket:
        """Queue a transaction, all of it or nothing. Returns: the ticket that `flush` takes.

        before: the current values of the same keys. Raises: StoreError while `failed`.
        """

    def flush(self, ticket: Ticket | None = None) -> None:
        """Block until the transaction of that ticket, or all queued ones, are durable. Callable in any thread.

        Raises: StoreError if it was lost.
        """

    def take_failed(self) -> Rows:
        """Return the values from before all lost transactions, to be restored in memory."""

    def close(self) -> None:
        """Close the store; its data stay."""
