"""The registry: what there is, found by all its keys; transactions on it; and what time does to it, at its instants.

Every lookup first lets happen what has fallen due (`catch_up`: one comparison if nothing has). A timer on the world's
clock does the same, so messages come and jumps of years fire everything in order though nobody asks.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from homeport.world.clock import Clock
from homeport.world.registry.changes import Changes
from homeport.world.registry.messages import Messages
from homeport.world.registry.objects import (
    Contact,
    Domain,
    Host,
    ObjectKind,
    PendingAction,
    Registrar,
    RegistryObject,
    Sponsored,
    Transferable,
)
from homeport.world.registry.zones import ZONES, Zone

CONFIGURATION_KEYS = {
    "zones": "tld",
    "registrars": "registrar",
    "contacts": "contact",
    "hosts": "host",
    "domains": "domain",
}
"""An array of tables is written with the singular: [[registry.domain]]."""


class RegistryContents(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=CONFIGURATION_KEYS
):
    """What a registry begins with; times are seconds from the world's beginning."""

    zones: Sequence[Zone] = ZONES
    registrars: Sequence[Registrar] = ()
    contacts: Sequence[Contact] = ()
    hosts: Sequence[Host] = ()
    domains: Sequence[Domain] = ()


class RegistryLookup(Protocol):
    """How the registry is read. Names are taken as people write them, in any case, with U-labels too."""

    def domain(self, name: str) -> Domain | None: ...
    def host(self, name: str) -> Host | None: ...
    def contact(self, id: str) -> Contact | None: ...  # noqa: A002 - the field's name in RFC 5733

    def registrar(self, key: str) -> Registrar | None:
        """By identifier, name or IANA number."""

    def hosts_by_address(self, address: str) -> list[Host]: ...

    def domains_of_host(self, name: str) -> list[Domain]:
        """The domains that name it as their server."""

    def domains_of_contact(self, id: str) -> list[Domain]:  # noqa: A002
        """The domains that name it in any role."""

    def by_roid(self, roid: str) -> RegistryObject | None: ...

    def with_word(self, word: str) -> list[Contact | Registrar]:
        """The contacts and registrars with that whole word in a name, without regard to case."""

    def objects(self) -> Iterator[RegistryObject]:
        """Everything there is: domains, hosts, contacts, registrars, each in the order they came."""


class Registry:
    """One registry; `RegistryLookup` says what can be asked of it.

    contents: what it begins with, its times counted from the clock's now.
    store: keeps it on disk if there is one (`store.py`). What it holds already stands in place of the contents.
    """

    messages: Messages
    zones: dict[str, Zone]
    """By name."""
    registrars: dict[str, Registrar]
    """By identifier in lower case; the others likewise by what is canonical of them."""
    contacts: dict[str, Contact]
    hosts: dict[str, Host]
    domains: dict[str, Domain]
    pendings: dict[tuple[ObjectKind, str], PendingAction]

    def __init__(self, contents: RegistryContents, clock: Clock, store: None = None) -> None:
        raise NotImplementedError

    # Policy and projections

    def now(self) -> float:
        """The world's time in whole seconds."""
        raise NotImplementedError

    def zone_of(self, name: str) -> Zone | None:
        """The zone that a canonical name lies in, however deep: the longest that matches; None outside all."""
        raise NotImplementedError

    def superordinate_name(self, host: str) -> str | None:
        """The canonical name of the domain that a host lies under, there or not; None outside all zones."""
        raise NotImplementedError

    def statuses(self, one: Sponsored) -> tuple[str, ...]:
        """All its statuses now: those that were set, and linked, inactive, pending..., else ok."""
        raise NotImplementedError

    def rgp_statuses(self, domain: Domain) -> tuple[str, ...]:
        """Its statuses by RFC 3915 now; several can stand together."""
        raise NotImplementedError

    def linked(self, one: Host | Contact) -> bool:
        """Whether a domain names it."""
        raise NotImplementedError

    def subordinate_hosts(self, domain: str) -> list[Host]:
        """The hosts below a domain of that canonical name, or of its own name, in the order they came."""
        raise NotImplementedError

    def transfer_locked(self, one: Transferable) -> bool:
        """Whether its zone locks it still, after its create or its last transfer."""
        raise NotImplementedError

    def new_roid(self, kind: ObjectKind) -> str:
        """An identifier that no object has had: `D1001-HOMEPORT`."""
        raise NotImplementedError

    # Transactions

    def begin(self) -> Changes:
        """A transaction that happens now."""
        raise NotImplementedError

    def commit(self, changes: Changes) -> int | None:
        """Do it: all in memory at once, and queued at the store as one transaction.

        Answers the ticket that the store's `flush` takes (`store.py`); None without a store or if nothing changed.
        Raises: StoreError; then nothing has changed.
        """
        raise NotImplementedError

    def take_back_lost(self) -> None:
        """Put back into memory what stood before all that the store lost (`Store.take_lost`)."""
        raise NotImplementedError

    def put(self, one: RegistryObject) -> None:
        """Add an object as it stands, or replace the one of the same name."""
        raise NotImplementedError

    def remove(self, one: RegistryObject) -> None:
        """Take an object out, whatever others say of it; one that is not there is no error."""
        raise NotImplementedError

    # Time

    def catch_up(self) -> None:
        """Let everything happen that is due, in order, each dated with its own instant."""
        raise NotImplementedError

    def watch(self) -> None:
        """Set the timer anew: the clock has forgotten its timers."""
        raise NotImplementedError

    def close(self) -> None:
        """Another registry takes its place, or the world ends."""
        raise NotImplementedError

    # Snapshots

    def snapshot(self) -> bytes:
        """All that there is, messages too: for `restore`, here or in another world."""
        raise NotImplementedError

    def restore(self, snapshot: bytes) -> None:
        """Have what a snapshot holds, and nothing else. Raises: ValueError if it is none."""
        raise NotImplementedError
