"""The zones of a world that follow from its other state: TLDs of the registry, and names registered in them.

They look up what they are asked, here and in the registry. What has to be remembered is little: which zones there are,
their serial numbers, and what delegations to stored zones show.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.world.endpoints import Endpoint, reachable
from homeport.world.registry.changes import Key
from homeport.world.registry.objects import Domain, Host
from homeport.world.registry.registry import Registry
from homeport.world.registry.ttl import RecordType, ttl_of
from homeport.world.zones.child_zone import ChildZone
from homeport.world.zones.edits import Edit
from homeport.world.zones.fault_zone import FAULT_ORIGIN, FaultZone
from homeport.world.zones.history import serial_in
from homeport.world.zones.lookup import targets
from homeport.world.zones.name import Name
from homeport.world.zones.origins import OWN_ORIGIN, OWN_TEXT, TTL_S
from homeport.world.zones.own_zone import OwnZone, Place
from homeport.world.zones.published import addresses_node, name_of, shown
from homeport.world.zones.registry_zone import RegistryZone
from homeport.world.zones.reverse_zones import reverse_zones
from homeport.world.zones.rrset import NS, SOA, Node, RRset
from homeport.world.zones.signing.keys import Keys
from homeport.world.zones.zone import StoredZone, Zone, is_later, next_serial

if TYPE_CHECKING:
    from homeport.world.world import World

FAR = 500
"""A stored serial number this near is replaced by one that is `RESERVE` ahead."""
RESERVE = 1000


class Layout(msgspec.Struct, frozen=True):
    """The zones that there are, apart from those of registered names."""

    zones: dict[Name, Zone]
    above: frozenset[Name]
    """The names above their origins."""


class ComputedZones:
    """The computed zones of one world, and the place of its stored ones among them.

    stored: the stored zones by origin. keys: those of all zones.
    changed: called with the origin of a zone whose records are others now; None: of no zone in particular.
    """

    def __init__(
        self,
        world: "World",
        stored: Mapping[Name, StoredZone],
        keys: Keys,
        changed: Callable[[Name | None], None],
    ) -> None:
        self.followed: Registry | None = None
        """The registry whose changes are followed; None before the first question."""
        self.own: OwnZone | None = None
        """The zone of the world's own hosts; None before the first question."""
        self.own_changed: dict[Place, RRset | None] = {}
        """Its record sets that were changed, as they are now; None: removed."""
        self._world = world
        self._stored = stored
        self._keys = keys
        self._changed = changed
        self._layout_now: Layout | None = None
        self._reverse = reverse_zones(self)
        self._addresses: Node | None = None
        self._delegated: dict[Name, Any] = {}  # what a TLD shows of each stored zone
        self._serial = 0
        self._serials: dict[str, int] = {}  # of TLDs and networks

    # Look-ups

    def find(self, name: Name) -> Zone | None:
        """Return the zone with the longest origin that a name lies in, or None."""
        zones = self._layout.zones
        for at in range(len(name) + 1):
            zone = zones.get(name[at:])
            if isinstance(zone, RegistryZone):
                return (self._child(zone, name[at - 1 :]) if at else None) or zone
            if zone is not None and not self._is_suspended(zone.origin):
                return zone
        return None

    def follows_registry(self, name: Name) -> bool:
        """Return True if what zones have at a name follows from the registry: not that of stored and own zones."""
        zones = self._layout.zones
        origin = next((name[at:] for at in range(len(name) + 1) if name[at:] in zones), None)
        return origin is not None and not isinstance(zones[origin], StoredZone | FaultZone)

    def _child(self, parent: RegistryZone, name: Name) -> ChildZone | None:
        """Return the zone of a registered name, if its servers are here."""
        domain = parent.published(name)
        if domain is None or not self.option("child_zones", default=True):
            return None
        return ChildZone(self, name, domain) if any(map(self._is_here, domain.server_names)) else None

    def ttl_of(self, one: Domain | Host, record_type: RecordType) -> int:
        """Return the TTL of an object's records of a type (RFC 9803)."""
        return ttl_of(one, self.registry.policy_of(one), record_type)

    def addresses_of(self, one: Domain | Host, addresses: tuple[str, ...]) -> dict[int, RRset]:
        """Return the addresses of an object with its TTLs."""
        return addresses_node(addresses, self.ttl_of(one, "A"), self.ttl_of(one, "AAAA"))

    def _is_here(self, host: str) -> bool:
        """Return True if a host's name lies in a zone of the world."""
        name = name_of(host)
        if name is None:
            return False
        zones = self._layout.zones
        return self.registry.zone_of(host) is not None or any(name[at:] in zones for at in range(len(name) + 1))

    def _is_suspended(self, origin: Name) -> bool:
        """Return True if a zone is gone because the name that it lies in is withheld by its registry."""
        parent = self._parent(origin)
        return parent is not None and parent.suspends(origin)

    def _parent(self, origin: Name) -> RegistryZone | None:
        """Return the zone of the TLD that an origin lies below."""
        for at in range(1, len(origin) + 1):
            zone = self._layout.zones.get(origin[at:])
            if isinstance(zone, RegistryZone):
                return zone
        return None

    # What zones ask

    @property
    def registry(self) -> Registry:
        """The registry of the world."""
        return self._world.registry

    @property
    def _layout(self) -> Layout:
        if self._layout_now is None:
            zones: dict[Name, Zone] = {}
            for text in self.registry.zones:
                if (origin := name_of(text)) is not None:
                    zones[origin] = RegistryZone(self, text, origin)
            zones |= {one.origin: one for one in self._reverse}
            zones[OWN_ORIGIN] = self.own_zone()
            if self._world.faults.by_client:
                zones[FAULT_ORIGIN] = FaultZone(self)
            zones |= self._stored
            above = frozenset(origin[at:] for origin in zones for at in range(1, len(origin) + 1))
            self._layout_now = Layout(zones, above)
        return self._layout_now

    def own_zone(self) -> StoredZone:
        """Return the zone of the world's own hosts."""
        if self.followed is not self.registry:
            self.follow(self.registry)
        if self.own is None:
            kept = self.own_changed.get((OWN_ORIGIN, SOA))
            if kept is not None:
                self.keep_serial(serial_in(kept))
            self.own = OwnZone(self, self._next_serial(), self.own_changed)
            self.own.refresh(self._world.clock.now())
        return self.own.zone

    def _refresh_own(self) -> None:
        """Bring the world's own zone up to date, and announce it if that has changed it."""
        if self.own is not None and self.own.refresh(self._world.clock.now()):
            self.keep_serial(self.own.zone.serial)
            if OWN_ORIGIN not in self._stored:
                self.stored_changed(OWN_ORIGIN)

    def change_own(self, edits: list[Edit]) -> None:
        """Make checked edits of the world's own zone."""
        if self.own is not None:
            self.own.change(edits)
            self.keep_serial(self.own.zone.serial)
            self.stored_changed(OWN_ORIGIN)

    def restore_own(self, changed: dict[Place, RRset | None]) -> None:
        """Replace what was changed in the world's own zone."""
        self.own_changed = changed
        if self.own is not None:
            self.own.changed = changed
            self._refresh_own()

    def endpoints(self) -> list[Endpoint]:
        """Return the open listeners of the world."""
        return list(self._world.endpoints.values())

    def tlsa(self) -> tuple[bytes, ...]:
        """Return the TLSA data by which clients trust the listeners with TLS."""
        return self._world.tlsa()

    @property
    def above_origins(self) -> frozenset[Name]:
        """The names above the origins of zones."""
        return self._layout.above

    def origins(self) -> list[Name]:
        """Return the origins of all zones but those of registered names."""
        return list(self._layout.zones)

    def servers_of(self, origin: Name) -> list[Name]:
        """Return the names of the servers of one of these zones."""
        apex = self.node_in(origin, origin) or {}
        return list(targets(apex[NS])) if NS in apex else []

    def node_in(self, origin: Name, name: Name) -> Node | None:
        """Return the records at a name in one of these zones."""
        zone = self._layout.zones.get(origin)
        return None if zone is None else zone.node(name)

    def apex_below(self, parent: Name, origin: Name) -> Node | None:
        """Return the apex of one of these zones, if a parent is the next of them above it; else None."""
        zones = self._layout.zones
        zone = zones.get(origin)
        if zone is None or len(origin) <= len(parent):
            return None
        if any(origin[at:] in zones for at in range(1, len(origin) - len(parent))):
            return None
        return zone.node(origin)

    def cut_below(self, parent: Name, name: Name) -> Name | None:
        """Return the origin of the next of these zones below a parent that a name is or lies below, or None."""
        for size in range(len(parent) + 1, len(name) + 1):
            ancestor = name[-size:]
            if self.apex_below(parent, ancestor) is not None:
                return ancestor
            if ancestor not in self.above_origins:
                return None
        return None

    def signers_of(self, origin: Name, registered: RRset | None) -> RRset | None:
        """Return the DS records of a delegated name: of a zone that the world makes from its keys, else registered."""
        if origin in self._stored or origin not in self._layout.zones:
            return registered
        keys = self._keys.of(origin)
        return None if keys is None else keys.delegation_signer(TTL_S)

    def world_addresses(self) -> Node:
        """Return the A and AAAA records of the world's own hosts."""
        if self._addresses is None:
            given = tuple(self.option("addresses", default=()))
            heard = [one for each in self._world.endpoints.values() for one in each.addresses]
            self._addresses = addresses_node(given or reachable(tuple(heard)) or ("127.0.0.1",), TTL_S)
        return self._addresses

    def own_addresses(self) -> list[str]:
        """Return the addresses of the world's own hosts in canonical form."""
        return [str(ip_address(data)) for rrset in self.world_addresses().values() for data in rrset.data]

    def option(self, name: str, *, default: Any) -> Any:
        """Return an option of the world's DNS service."""
        return getattr(self._world.options.get("dns"), name, default)

    def registry_serial(self, text: str) -> int:
        """Return the serial number of the zone of a TLD or a network."""
        return self._serials.get(text, self._serial)

    # Changes

    def reconfigure(self) -> None:
        """Note that options or ports of the world are others now."""
        before, self._addresses = self._addresses, None
        self._changed(None)
        if before is not None and before != self.world_addresses() and self.followed is not None:
            self._advance_all()
        self._refresh_own()

    def faults_changed(self) -> None:
        """Add the zone of client faults, or remove it, as they are now allowed or not."""
        layout = self._layout_now
        if FAULT_ORIGIN in self._stored or layout is None:
            return
        if (FAULT_ORIGIN in layout.zones) != self._world.faults.by_client:
            self._layout_now = None
            self._changed(None)
            if self.followed is not None:
                self._advance_all()

    def stored_changed(self, origin: Name) -> None:
        """Announce the change of a stored zone, and that of its TLD if the delegation to it is another one now."""
        if self._layout_now is not None:
            own = None if self.own is None or origin != OWN_ORIGIN else self.own.zone
            if self._layout_now.zones.get(origin) is not self._stored.get(origin, own):
                self._layout_now = None
        self._changed(origin)
        if self.followed is None:
            return  # no TLD has had a serial number yet
        before, shown_now = self._delegated.get(origin), self._delegation_of(origin)
        self._delegated[origin] = shown_now
        if shown_now is None:
            del self._delegated[origin]
        parent = self._parent(origin)
        if parent is not None and before != shown_now:
            self._advance([parent.text])

    def _delegation_of(self, origin: Name) -> Any:
        """Return what a TLD shows of a stored zone, for comparisons; None without servers."""
        servers, keys = self.servers_of(origin), self._keys.of(origin)
        if not servers:
            return None
        recipes = None if keys is None else [one.recipe for one in keys.keys]
        return servers, [dict(self.node_in(origin, one) or {}) for one in servers], recipes

    def follow(self, registry: Registry) -> None:
        """Follow the changes of a registry, another one after a reset."""
        before, self.followed = self.followed, registry
        if before is not None:
            before.on_names = None
        registry.catch_up()  # which loads it, and with it the serial of an earlier run
        registry.on_names = self._names_changed
        if before is None:
            self._serial = registry.kept_serial
        self._layout_now = None
        self._delegated = {origin: self._delegation_of(origin) for origin in (*self._stored, OWN_ORIGIN)}
        self._advance_all(announce=before is not None)
        self._refresh_own()

    def _names_changed(self, before: Mapping[Key, Domain | Host | None] | None) -> None:
        if before is None:
            self._layout_now = None
            self._advance_all()
            self._refresh_own()
            return
        changed: dict[str, None] = {}
        before_texts = {text for _kind, text in before}
        for (kind, text), old in before.items():
            if kind == "domain":
                if shown(old) != shown(self.registry.domains.get(text)):  # type: ignore[arg-type]  # by its kind
                    changed[text.partition(".")[2]] = None
            elif (was := _addresses(old)) != (now := _addresses(new := self.registry.hosts.get(text))) or (
                _ttls(old) != _ttls(new)
            ):
                changed |= dict.fromkeys(_names_above(text))
                different = {*was} ^ {*now}
                changed |= {one.text: None for one in self._reverse if any(map(one.contains, different))}
        if OWN_TEXT in before_texts or any(one.endswith(f".{OWN_TEXT}") for one in before_texts):
            self._refresh_own()
        if changed:
            self._advance(changed)

    def _next_serial(self) -> int:
        """Return a serial number after all those that computed zones have had, in earlier runs too."""
        self._serial = next_serial(self._serial or self.registry.kept_serial, self._world.clock.now())
        self.keep_serial(self._serial)
        return self._serial

    def keep_serial(self, serial: int) -> None:
        """Note a serial number of a zone, so that no later one is before it."""
        if is_later(serial, self._serial):
            self._serial = serial
        ahead = (self.registry.kept_serial - self._serial) & 0xFFFF_FFFF
        if not FAR <= ahead < 1 << 31:
            self.registry.keep_serial((self._serial + RESERVE) & 0xFFFF_FFFF)

    def _advance(self, texts: Container[str], *, announce: bool = True) -> None:
        """Give zones that have changed another serial number. texts: names of TLDs, and networks of reverse zones."""
        self._next_serial()
        self._changed(None)
        origins = {text: origin for text, origin in self._origins_by_text().items() if text in texts}
        self._serials |= dict.fromkeys(origins, self._serial)
        if announce:
            for origin in origins.values():
                self._changed(origin)

    def _advance_all(self, *, announce: bool = True) -> None:
        """Give all computed zones another serial number."""
        self._advance(self._origins_by_text(), announce=announce)

    def _origins_by_text(self) -> dict[str, Name]:
        """Return the origins of TLDs by their names, and of reverse zones by their networks."""
        tlds = {text: origin for text in self.registry.zones if (origin := name_of(text)) is not None}
        return {**tlds, **{one.text: one.origin for one in self._reverse}}


def _addresses(host: Domain | Host | None) -> tuple[str, ...]:
    return host.addresses if isinstance(host, Host) else ()


def _ttls(host: Domain | Host | None) -> object:
    return None if host is None else host.extras.ttls


def _names_above(text: str) -> Iterator[str]:
    """Yield the names above a name."""
    while text := text.partition(".")[2]:
        yield text
