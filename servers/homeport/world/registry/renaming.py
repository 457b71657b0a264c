"""Renaming of a host that many domains name as their server: the domains follow in steps, in one transaction.

Clients of the registry wait meanwhile (`world/standstill.py`), so they see all of it or nothing. It is stored as one
transaction, before any of it is in memory: if that fails, nothing has changed.
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from homeport.world.registry.changes import Changes, Key
from homeport.world.registry.objects import Domain, Host
from homeport.world.row_store import StoreError, Ticket

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

DOMAINS_OF_A_STEP = 100
"""Domains of a step, which takes less than half a millisecond."""
MAX_SHARED = 1000
"""Lists of servers that are kept to be shared."""


class Later(Ticket):
    """Handle of a transaction whose work goes on in later turns of the reactor."""

    __slots__ = ("done", "stored")

    def __init__(self) -> None:
        super().__init__()
        self.done = False
        """True once it is in memory, or has failed (`error`)."""
        self.stored: Ticket | None = None
        """The store's ticket, once it is done; None without a store."""


def rename_in_steps(registry: "Registry", changes: Changes, old: str, new: str, later: Later) -> Iterator[None]:
    """Rename a host in all domains that name it, and commit the transaction that does so."""
    renamed: list[Domain] = []
    stored: tuple[dict[Key, Domain], dict[Key, Domain]] | None = None if registry.store is None else ({}, {})
    shown: dict[Key, Domain | Host | None] = {}  # one of the domains of each zone, as it was
    zones: set[str] = set()
    changed: dict[tuple[str, ...], tuple[str, ...]] = {}  # lists of servers, which many domains share
    every: list[str] = []
    names = iter(registry.indexes.domains_of_host.of(old))  # time and transactions wait: none is added or removed
    while some := list(islice(names, DOMAINS_OF_A_STEP)):
        every += some
        for name in some:
            one = registry.domains[name]
            servers = changed.get(one.nameservers)
            if servers is None:
                servers = tuple([new if server == old else server for server in one.nameservers])
                if len(changed) < MAX_SHARED:
                    changed[one.nameservers] = servers
            after = replace(one, nameservers=servers)
            renamed.append(after)
            if stored is not None:
                key = "domain", name
                stored[0][key], stored[1][key] = after, one
            if (zone := name.partition(".")[2]) not in zones:
                zones.add(zone)
                shown["domain", name] = one
        yield
    try:
        later.stored = registry.commit_with(changes, *(stored or ({}, {})))
    except StoreError as error:
        later.error, later.done = error, True
        return
    stored = None
    while renamed:
        for _ in range(min(len(renamed), 3 * DOMAINS_OF_A_STEP)):
            registry.domains[every.pop()] = renamed.pop()
        yield
    registry.indexes.domains_of_host.move(old, new)
    registry.announce(shown)  # each zone has changed once
    later.done = True
