"""A transaction of the registry: what a command, an act of time or the API changes, all of it or nothing.

    changes = registry.begin()
    changes.put(msgspec.structs.replace(domain, updated=changes.now))
    changes.message("harbour", "domain.changed", DomainState(domain=domain), name=domain.name)
    registry.commit(changes)

Until the commit nobody but the transaction itself sees any of it. A transaction that is not committed leaves no trace.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from homeport.world.registry.messages import About, DomainState, Message
from homeport.world.registry.objects import (
    KINDS,
    Contact,
    Domain,
    Host,
    ObjectKind,
    PendingAction,
    Registrar,
    RegistryObject,
    name_of,
)

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

Key = tuple[str, str]
"""A kind of row (that of an object, `pending`, `message`, `counter`) and what it knows the row by."""


class Changes:
    """One transaction. It is read like the registry, and shows what it has changed itself.

    now: when it happens, in whole seconds; an act of time happens when it is due.
    """

    def __init__(self, registry: "Registry", now: float) -> None:
        self.registry = registry
        self.now = now
        self.written: dict[Key, RegistryObject | PendingAction | None] = {}
        """What stands under each key afterwards; None: nothing."""
        self.sent: list[Message] = []
        """The messages that it adds, their identifiers 0: they get them when it is committed."""
        self.acknowledged: list[int] = []
        """The identifiers of the messages that it takes out."""

    # Reading: names in canonical form, as objects hold them

    def domain(self, name: str) -> Domain | None:
        """The domain of that canonical name."""
        raise NotImplementedError

    def host(self, name: str) -> Host | None:
        """The host of that canonical name."""
        raise NotImplementedError

    def contact(self, id: str) -> Contact | None:  # noqa: A002
        """The contact of that identifier, in any case."""
        raise NotImplementedError

    def registrar(self, id: str) -> Registrar | None:  # noqa: A002
        """The registrar of that identifier, in any case."""
        raise NotImplementedError

    def pending(self, kind: ObjectKind, name: str) -> PendingAction | None:
        """What waits for review of an object."""
        raise NotImplementedError

    def subordinate_hosts(self, domain: str) -> Iterator[Host]:
        """The hosts below a domain or of its own name, in the order they came."""
        raise NotImplementedError

    # Writing

    def put(self, one: RegistryObject | PendingAction) -> None:
        """Add an object as it stands, or replace the one of the same name."""
        raise NotImplementedError

    def remove(self, one: RegistryObject | PendingAction) -> None:
        """Take an object out. What others say of it is the caller's business."""
        raise NotImplementedError

    def rename(self, host: Host, name: str) -> Host:
        """Give a host another canonical name: it keeps its ROID, and the domains that name it follow."""
        raise NotImplementedError

    def message(self, registrar: str, text: str, about: About | None = None, **values: str) -> None:
        """Put a message at the end of a registrar's queue. text: a key of `messages.TEXTS`."""
        raise NotImplementedError

    def acknowledge(self, message: Message) -> None:
        """Take a message out of its queue."""
        self.acknowledged.append(message.id)

    def affords(self, registrar: str, amount: float) -> bool:
        """Whether the registrar's balance is enough; a registrar without a balance affords everything."""
        raise NotImplementedError

    def charge(self, registrar: str, amount: float) -> None:
        """Take money from a registrar's balance, below nought if need be; a negative amount is a credit.

        Told by a message when the balance falls below the registrar's `low_balance`.
        """
        raise NotImplementedError
