"""What the registry hands to a store, so that it outlasts the farm; `disk/registry_store.py` keeps it in SQLite.

A store holds rows: each has a kind and a key, and is one object, one message or one counter. A transaction of the
registry is a `Rows`: what stands under each key afterwards. The registry

    ticket = store.queue(after, before)     before it changes anything in memory, in the world's thread
    store.flush(ticket)                     before anybody is told that it is done, in any thread: many at once are
                                            one write to the disk

What cannot be written is taken back: `flush` raises for all who wait, and the world's thread puts the rows of
`take_lost()` back into memory, so that memory never holds what was refused. Until it has, `queue` raises too, so that
nothing is kept that follows from what was lost. What nobody waits for (acts of time) is written when somebody waits for
something else, or within a second or two.

A registry that begins asks `load` first, and where it gives None hands its first rows to `replace`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

Key = tuple[str, str]
"""The kind of a row (`domain`, `host`, `contact`, `registrar`, `message`, `counter`) and its key within the kind."""
Rows = Mapping[Key, Any]
"""What stands under each key: an object, which msgspec can write and read again; None: nothing."""


class StoreError(Exception):
    """The registry cannot be read or kept where it is to be; says what to do."""


class Ticket:
    """A transaction on its way to the disk."""

    __slots__ = ()


class Store(Protocol):
    """Keeps the rows of one registry. `queue`, `take_lost` and `load` are called in the world's thread."""

    @property
    def failed(self) -> bool:
        """Whether something was lost that has not been taken back."""

    @property
    def waiting(self) -> bool:
        """Whether something is queued that is not durable yet."""

    @property
    def unsettled(self) -> Ticket | None:
        """The newest ticket, if it is neither durable nor lost: who shows what must not be lost waits for it."""

    def load(self, types: Mapping[str, Any]) -> Iterable[tuple[Key, Any]] | None:
        """All rows in the order in which they came to be, what is queued included; None if nothing was ever kept here.

        types: the type of each kind. Raises: StoreError.
        """

    def forget(self) -> None:
        """Have `load` give None, so that the next registry begins anew; until `replace` the disk has the old one."""

    def replace(self, rows: Rows) -> None:
        """Forget everything, and keep these from now on: durable when this returns. An empty registry is one, too.

        Raises: StoreError; all is as it was then.
        """

    def queue(self, after: Rows, before: Rows) -> Ticket:
        """Keep a transaction, all of it or nothing: the ticket that `flush` takes.

        before: what stands now under the same keys. Raises: StoreError while `failed`.
        """

    def flush(self, ticket: Ticket | None = None) -> None:
        """Return when the transaction of that ticket, or of all that were given out, is durable. In any thread.

        Raises: StoreError if it was lost.
        """

    def take_lost(self) -> Rows:
        """What stood before all that was lost: to be put back into memory."""

    def close(self) -> None:
        """The world ends; what is kept stays."""
