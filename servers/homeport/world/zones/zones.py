"""The zones of a world: those that are kept, and those that follow from its other state.

Nothing is made before the first question: a world whose DNS is not asked has no zones, and pays nothing for them.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.world.registry.timeline import MAX_EVENTS
from homeport.world.row_store import Store
from homeport.world.zones.building import BuiltZone, build_zone
from homeport.world.zones.computed import ComputedZones
from homeport.world.zones.contents import digest, parse_contents, signing_policy
from homeport.world.zones.edits import Edit, ZoneProblem, checked_edits, edits_to, make_edits
from homeport.world.zones.kept import OF_ZONES, KeptZones, ZoneRow, ZoneTable, origins_of, rows_of
from homeport.world.zones.name import Name, name_text
from homeport.world.zones.origins import OWN_ORIGIN, SERVERS
from homeport.world.zones.rrset import NS, SOA, Node, RRset
from homeport.world.zones.signing.key import Policy
from homeport.world.zones.signing.keys import Keys, secret_of
from homeport.world.zones.signing.numbers import ALGORITHMS
from homeport.world.zones.signing.signatures import RENEWED_S
from homeport.world.zones.zone import StoredZone, Zone, is_later, next_serial, serial_of, soa_of, with_serial

if TYPE_CHECKING:
    from homeport.world.world import World

UNKNOWN = object()
MAX_FOUND = 10_000
"""Names whose zones are remembered until something changes."""
MAX_COMPARED = 5000
"""Record sets of a zone that is compared with the one that it replaces; a larger one counts as another one."""
MAX_LAST_SERIALS = 10_000
"""Removed zones whose serials are remembered."""


class Zones:
    """The zones of one world."""

    def __init__(self, world: "World", store: Store | None = None) -> None:
        self.stored: dict[Name, StoredZone] = {}
        """Zones from the configuration and the API, by origin; changed only by the methods here."""
        self.on_change: list[Callable[[Name], None]] = []
        """Called with the origin after each change of a zone's records, and after it was added or removed."""
        self.keys = Keys(secret_of(world.contents.seed), self._is_stored, OWN_ORIGIN)
        self.keys.on_change.append(self._keys_changed)
        self._world = world
        self._clock = world.clock
        self._real = world.journal.real
        self._computed = ComputedZones(world, self.stored, self.keys, self._announce)
        self._changes = 0
        self._found: dict[Name, Any] = {}  # as of `_found_at`
        self._found_at = -1
        self._last_serials: dict[Name, int] = {}
        self._configured: dict[Name, str] = {}  # digests of the configurations that were applied
        self.kept = KeptZones(store)
        """The store of the stored zones."""
        self.keys.keep = self.kept.keep_keys
        self._begun = False

    def begin(self) -> None:
        """Return to the initial state: that of the store at first, else that of the configuration.

        Serials go on (RFC 1982): secondaries may have seen them. Raises: StoreError.
        """
        table = None if self._begun else self.kept.load()
        self._restore_keys(table)
        if table is not None:
            self._restore(table, table.zones)
            self._computed.restore_own(table.own)
            self.configure()
        else:
            self._computed.restore_own({})
            with self.kept.paused():
                for origin in list(self.stored):
                    self.remove_zone(origin)
                self._configured.clear()
                self.configure()
            if self._begun or self.stored:
                self.kept.replace(
                    self.stored.values(), {one: self._row(one) for one in self._known()}, self.keys.secret
                )
        self._begun = True
        self.touch()
        if self._computed.followed is not None:  # a world that was never asked makes no registry for this
            self._computed.follow(self._world.registry)

    # Look-ups

    @property
    def version(self) -> int:
        """A number that is another one after anything that may change an answer."""
        registry = self._world.registry
        if registry is not self._computed.followed:
            self._computed.follow(registry)
        real, clock = self._real(), self._clock
        if registry.schedule.next <= real + clock.shift:  # a frozen clock runs what is due when it is set
            registry.catch_up(MAX_EVENTS)
        # signatures are made again each day
        return self._changes + clock.jumps + int(real // RENEWED_S)

    def touch(self) -> None:
        """Note that answers may have changed."""
        self._changes += 1

    def find(self, name: Name) -> Zone | None:
        """Return the zone with the longest origin that a name lies in, or None."""
        version = self.version
        if version != self._found_at:
            self._found.clear()
            self._found_at = version
        elif (known := self._found.get(name, UNKNOWN)) is not UNKNOWN:
            return known  # type: ignore[no-any-return]  # a zone, or None
        if len(self._found) >= MAX_FOUND:
            self._found.clear()
        zone = self._computed.find(name)
        if zone is not None:
            zone = self.keys.view(zone)
        self._found[name] = zone
        return zone

    def follows_registry(self, name: Name) -> bool:
        """Return True if what zones have at a name follows from the registry."""
        return self._computed.follows_registry(name)

    def origins(self) -> list[Name]:
        """Return the origins of all zones but those of registered names."""
        return self._computed.origins()

    def world_addresses(self) -> Node:
        """Return the A and AAAA records of the world's own hosts."""
        return self._computed.world_addresses()

    def faults_changed(self) -> None:
        """Note that clients may ask for faults, or may no longer."""
        self._computed.faults_changed()

    def reconfigure(self) -> None:
        """Note that options or ports of the world are others now."""
        self.keys.set_default(self._signing_policy())
        self._computed.reconfigure()

    def changeable(self, origin: Name) -> StoredZone | None:
        """Return the zone of an origin if `apply` may change it, else None: none is there, or other state makes it."""
        stored = self.stored.get(origin)
        if stored is None and origin == OWN_ORIGIN:
            return self._computed.own_zone()
        return stored

    # Signatures

    @property
    def signed_at(self) -> float:
        """The Unix time of signatures: of the real clock, by which clients judge, or of the world's."""
        by_world = self._computed.option("signed_by", default="real") == "world"
        return self._clock.now() if by_world else self._real()

    def _signing_policy(self) -> Policy:
        """Return how zones are signed that say nothing of their own."""
        option = self._computed.option
        return Policy(
            option("dnssec", default=True),
            ALGORITHMS[option("dnssec_algorithm", default="ecdsap256sha256")],
            option("denial", default="nsec"),
        )

    def _is_stored(self, origin: Name) -> bool:
        return origin in self.stored

    def _restore_keys(self, table: ZoneTable | None) -> None:
        """Bring the keys into the state of their rows. A secret that follows from a seed is not stored."""
        if not self._world.contents.seed:
            if table is not None and table.secret:
                self.keys.secret = table.secret
            else:
                self.keys.keep_secret = self.kept.keep_secret
        self.keys.restore({} if table is None else table.keys)

    def _configure_keys(self, policies: dict[Name, Policy], changed: set[Name]) -> None:
        """Apply how the configuration has zones signed. changed: those whose configuration has changed."""
        self.keys.set_default(self._signing_policy())
        for origin in self.keys.configure(policies) & changed:
            self._keys_changed(origin)
        self.touch()

    def _keys_changed(self, origin: Name) -> None:
        """Have secondaries transfer a zone again whose keys are others, and which is signed otherwise."""
        zone = self.changeable(origin)
        if zone is None:
            self.touch()
            return
        before = soa_of(zone)
        data = with_serial(before.data[0], next_serial(zone.serial, self._clock.now()))
        self.apply(origin, [Edit(origin, SOA, RRset(SOA, before.ttl, (data,)))])

    # Changes of stored zones

    def apply(self, origin: Name, edits: Iterable[Edit]) -> None:
        """Change a zone: all edits or none. Its serial moves forward if anything changes.

        Raises: ZoneProblem if there is no such zone, or it cannot have these records; StoreError.
        """
        zone = self.changeable(origin)
        if zone is None:
            raise ZoneProblem(f"there is no zone {name_text(origin)} that can be changed: add it first")
        changing = checked_edits(zone, edits, self._clock.now())
        if not changing:
            return
        if origin in self.stored:
            self.kept.keep_edits(zone, changing)
            make_edits(zone, changing)
            self._changed(origin)
        elif (own := self._computed.own) is not None:
            self.kept.keep_own(changing, own.changed, own.is_made)
            self._computed.change_own(changing)

    def put_zone(self, origin: Name, records: Iterable[tuple[Name, RRset]] = ()) -> StoredZone:
        """Add a zone, or replace all its records.

        records: its record sets; without a SOA or NS at the apex, it gets those of the world. A serial that is not
        ahead of that of the zone before, even a removed one, is replaced by one that is.
        Raises: ZoneProblem, StoreError; then nothing has changed.
        """
        if (kept := self.stored.get(origin)) is None:
            return self.put_built(build_zone(origin, records))
        nodes: dict[Name, dict[int, RRset]] = {}
        for name, one in records:
            nodes.setdefault(name, {})[one.type] = one
        nodes.setdefault(origin, {}).setdefault(NS, SERVERS)
        self.apply(origin, edits_to(kept, nodes))
        return kept

    def put_built(self, built: BuiltZone) -> StoredZone:
        """Add a zone that was built, or put it in place of the one that is there. Return the zone of the world then.

        Its changes from the one before are not remembered: secondaries transfer it as a whole. Raises: StoreError; then
        nothing has changed.
        """
        zone, now = built.zone, self._clock.now()
        origin, before = zone.origin, self.stored.get(built.zone.origin)
        last = self._last_serials.get(origin) if before is None else before.serial
        own = soa_of(zone)
        kept = own if before is None or built.has_soa else soa_of(before)
        if before is not None:
            zone.put(origin, kept)
            if built.size < MAX_COMPARED and before.has_same_records(zone):
                return before
        serial = serial_of(kept.data[0])
        if before is None and not built.has_soa:
            serial = next_serial(0, now)
        if last is not None and not is_later(serial, last):
            serial = next_serial(last, now)
        zone.put(origin, RRset(SOA, kept.ttl, (with_serial(kept.data[0], serial),)))
        row = ZoneRow(self._configured.get(origin, ""))
        self.kept.keep_zone(before, zone, row, self._row(origin), built.rows)
        self._last_serials.pop(origin, None)
        self.stored[origin] = zone
        self._changed(origin)
        return zone

    def remove_zone(self, origin: Name) -> None:
        """Remove a stored zone; it is no error if there is none. Raises: StoreError; then nothing has changed."""
        zone = self.stored.get(origin)
        if zone is None:
            return
        row = ZoneRow(self._configured.get(origin, ""), zone.serial)
        self.kept.keep_zone(zone, None, row, self._row(origin))
        del self.stored[origin]
        if len(self._last_serials) >= MAX_LAST_SERIALS:
            del self._last_serials[next(iter(self._last_serials))]
        self._last_serials[origin] = zone.serial
        self._changed(origin)

    def configure(self) -> None:
        """Put the configured zones whose configuration has changed, and remove those that have none any more."""
        gone = dict(self._configured)
        policies, changed = {}, set()
        for contents in self._world.contents.dns:
            origin, records = parse_contents(contents)
            policies[origin] = signing_policy(contents, self._signing_policy())
            new, old = digest(contents), gone.pop(origin, "")
            if new != old:
                changed.add(origin)
                self._set_configured(origin, new)
                self.put_zone(origin, records)
        for origin in gone:
            self._set_configured(origin, "")
            self.remove_zone(origin)
        self._configure_keys(policies, changed)

    def _set_configured(self, origin: Name, configured: str) -> None:
        """Note the configuration of a zone that is about to be applied."""
        old = self._row(origin)
        self._configured[origin] = configured
        if not configured:
            del self._configured[origin]
        if old is not None:
            self.kept.keep_row(origin, msgspec.structs.replace(old, configured=configured), old)

    # What was stored

    def _known(self) -> set[Name]:
        """Return the origins of stored zones, and of removed ones."""
        return {*self.stored, *self._last_serials}

    def _row(self, origin: Name) -> ZoneRow | None:
        """Return what is stored of a zone apart from its records; None of one that never was."""
        configured = self._configured.get(origin, "")
        if origin in self.stored:
            return ZoneRow(configured)
        last = self._last_serials.get(origin)
        return None if last is None else ZoneRow(configured, last)

    def rollback_failed(self) -> None:
        """Restore in memory what was before changes that could not be stored; serials go on."""
        before = self.kept.take_failed()
        if not before:
            return
        self.keys.restore({**self.keys.rows(), **ZoneTable(one for one in before.items() if one[0][0] == "keys").keys})
        before = {key: row for key, row in before.items() if key[0] in (*OF_ZONES, "own")}
        origins = origins_of(before)
        present = [zone for one in origins if (zone := self.stored.get(one)) is not None]
        rows = {one: row for one in origins if (row := self._row(one)) is not None}
        table = ZoneTable(rows_of(present, rows))
        table.own = dict(self._computed.own_changed)
        table.apply(before.items())
        self._restore(table, origins)
        if table.own != self._computed.own_changed:
            self._computed.restore_own(table.own)
        self.touch()

    def settle(self) -> Callable[[], None] | None:
        """Return work that stores changes which no client waits for; None if there are none.

        It blocks: run it in a thread. After a `StoreError`, call `rollback_failed`.
        """
        self.rollback_failed()  # the client that waited for it is gone
        return self.kept.settle()

    def _restore(self, table: ZoneTable, origins: Iterable[Name]) -> None:
        """Bring zones into the state of their rows, with serials that are ahead of those in memory."""
        now = self._clock.now()
        for origin in origins:
            lost = self.stored.pop(origin, None)
            self._last_serials.pop(origin, None)
            self._configured.pop(origin, None)
            row, zone = table.zones.get(origin), table.zone(origin)
            if row is not None and row.configured:
                self._configured[origin] = row.configured
            if zone is not None:
                self.stored[origin] = zone
                if lost is not None:
                    soa_now = soa_of(zone)
                    ahead = with_serial(soa_now.data[0], next_serial(lost.serial, now))
                    zone.put(origin, RRset(SOA, soa_now.ttl, (ahead,)))
            elif row is not None and row.last_serial is not None:
                self._last_serials[origin] = row.last_serial
            elif lost is not None:
                self._last_serials[origin] = lost.serial
            if lost is not None:
                self._changed(origin)

    def _changed(self, origin: Name) -> None:
        """Announce the change of a stored zone."""
        self._computed.stored_changed(origin)

    def _announce(self, origin: Name | None) -> None:
        """Note that answers are others now, and announce the zone whose records changed."""
        self.touch()
        if origin is not None:
            for call in list(self.on_change):
                call(origin)
