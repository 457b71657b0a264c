"""The zone `fault.test`, in which clients ask for faults: every name in it exists, and has the same records.

It is there while `[faults] by_client` is set.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from homeport.world.zones.name import WILDCARD, Name
from homeport.world.zones.origins import TTL_S, plain_apex
from homeport.world.zones.rdata import txt
from homeport.world.zones.rrset import TXT, Node, RRset

if TYPE_CHECKING:
    from homeport.world.zones.computed import ComputedZones

FAULT_ORIGIN: Name = (b"fault", b"test")
EVERY: Name = (WILDCARD, *FAULT_ORIGIN)
TEXTS = RRset(TXT, TTL_S, (txt(b"the answer to a name that asks for a fault"),))


class FaultZone:
    """The zone of the names of faults: they all have the world's addresses."""

    origin = FAULT_ORIGIN

    def __init__(self, zones: "ComputedZones") -> None:
        self._zones = zones

    @property
    def serial(self) -> int:
        """The serial number of its SOA: that of the TLDs, which moves when addresses change."""
        return self._zones.registry_serial("")

    def node(self, name: Name) -> Node | None:
        """Return the records at a name; None if there is none."""
        if name == FAULT_ORIGIN:
            return {**plain_apex(self.serial), TXT: TEXTS, **self._zones.world_addresses()}
        return {TXT: TEXTS, **self._zones.world_addresses()} if name == EVERY else None

    def cut(self, name: Name) -> Name | None:
        """Return the delegated name that a name is or lies below: only other zones of the world are delegated."""
        return self._zones.cut_below(FAULT_ORIGIN, name)

    def nodes(self) -> Iterator[tuple[Name, Node]]:
        """Yield each name that has records, with them, the apex first."""
        for name in (FAULT_ORIGIN, EVERY):
            if node := self.node(name):
                yield name, node
