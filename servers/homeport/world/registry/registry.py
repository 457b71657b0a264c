"""The registry: objects and their look-ups, transactions, and due events.

Every look-up first runs the events that are due (`catch_up`: one comparison if there are none). A timer on the world's
clock does the same, so messages arrive, and jumps of years run all events in order, without any look-up.
"""

import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from homeport.world.clock import Clock
from homeport.world.names import canonical_address, canonical_name
from homeport.world.registry import lifecycle
from homeport.world.registry.applications import Application
from homeport.world.registry.changes import ROW_TYPES, Changes, Key
from homeport.world.registry.contents import (
    RegistryContents,
    Snapshot,
    initial_messages,
    initial_rows,
    packed,
    snapshot_rows,
)
from homeport.world.registry.due_events import Schedule
from homeport.world.registry.first_read import FromContents
from homeport.world.registry.idn.policy import IdnTableText
from homeport.world.registry.idn.table import Table
from homeport.world.registry.idn.tables import ACE, IdnTables
from homeport.world.registry.indexes import Indexes, roid_key, same_links
from homeport.world.registry.loading import load
from homeport.world.registry.maintenances import Maintenance
from homeport.world.registry.marks.records import Mark, MarkAuthority
from homeport.world.registry.messages import Messages
from homeport.world.registry.object_events import PlannedAct, next_event_time
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
from homeport.world.registry.organizations import Organization
from homeport.world.registry.record_indexes import RecordIndexes
from homeport.world.registry.renaming import Later, rename_in_steps
from homeport.world.registry.timeline import KINDS_WITH_EVENTS, MAX_EVENTS, Timeline
from homeport.world.registry.tokens import Token
from homeport.world.registry.zones import Zone
from homeport.world.row_store import Store, StoreError, Ticket

REPOSITORY = "HOMEPORT"
"""Suffix of every ROID (RFC 5730 2.8)."""
FIRST_ROID = 1000
"""First number of new ROIDs; lower ones are for seeds."""
DEFAULT_ZONE = Zone(name="zone")
"""Policy where there is no zone at all."""
MAX_RENAMED_AT_ONCE = 200
"""Domains of a host that are changed with its name at once."""
OBJECTS_WITH_EVENTS = ("domain", "host", "contact")
KINDS_PLANNED = frozenset((*KINDS_WITH_EVENTS, "pending"))
"""Kinds of rows whose changes change what is due."""
RECORDS = ("pending", "maintenance", "organization", "application", "mark", "mark_signer", "token")
"""Kinds of rows that no index has."""
KINDS_OF_NAMES = ("domain", "host")
"""Kinds of objects that the zones of the world show."""


class Registry:
    """One registry; `RegistryLookup` declares its read-only interface.

    contents: initial contents, with times relative to the clock's now.
    store: keeps the registry on disk (`store.py`); what it already holds replaces the contents.
    """

    registrars: FromContents[dict[str, Registrar]] = FromContents()
    """Registrars by identifier in lower case; the other tables likewise by canonical name."""
    contacts: FromContents[dict[str, Contact]] = FromContents()
    hosts: FromContents[dict[str, Host]] = FromContents()
    domains: FromContents[dict[str, Domain]] = FromContents()
    pendings: dict[str, PendingAction]
    """Actions that wait for review, by kind and name: `domain homeport.test`."""
    maintenances: FromContents[dict[str, Maintenance]] = FromContents()
    applications: FromContents[dict[str, Application]] = FromContents()
    marks: FromContents[dict[str, Mark]] = FromContents()
    mark_signers: FromContents[dict[str, MarkAuthority]] = FromContents()
    """The trademark authority of the world, if it has made a mark."""
    organizations: FromContents[dict[str, Organization]] = FromContents()
    tokens: FromContents[dict[str, Token]] = FromContents()
    messages: FromContents[Messages] = FromContents()
    _tables: FromContents[dict[str, dict[str, Any]]] = FromContents()
    records: FromContents[RecordIndexes] = FromContents()
    """Indexes of applications and marks."""
    _indexes: FromContents[Indexes] = FromContents()
    _registrars_by_other_keys: FromContents[dict[str, Registrar]] = FromContents()  # by name and IANA number
    _roids: FromContents[int] = FromContents()
    _kept_roids: FromContents[int] = FromContents()
    _schedule: FromContents[Schedule] = FromContents()

    def __init__(
        self, contents: RegistryContents, clock: Clock, store: Store | None = None, *, kept_serial: int = 0
    ) -> None:
        self.clock = clock
        self.store = store
        self.kept_serial = kept_serial
        """A serial number beyond every one that its DNS zones have had; 0: they have had none."""
        self.zones: dict[str, Zone] = {zone.name: zone for zone in contents.zones}
        """Zones by name."""
        self.idn = IdnTables(contents.idn_tables)
        """Its IDN tables, and which of its names are variants."""
        self._contents = contents
        self._timeline = Timeline(self)
        self.on_act: Callable[[PlannedAct], None] | None = None
        """Called after each act of time."""
        self.works_in_steps = False
        """True if long work may go on in later turns, since there is a driver that calls the clock's timers."""
        self.on_caught_up: Callable[[], object] = lambda: None
        """Called when its timer has run all that was due."""
        self.on_names: Callable[[Mapping[Key, Domain | Host | None] | None], None] | None = None
        """Called after changes of domains and hosts, with what they were before; None: anything may have changed."""
        self._open: weakref.ref[Changes] | None = None
        self.start = self.now()
        """Beginning of the world, or of its last reset; when launches begin that have no date."""
        self._begun = False
        self._loading = False
        self.pendings = {}  # contents have none
        self.robots: dict[str, Registrar] = {}
        """Registrars that robots play, by identifier in lower case."""
        self.robots_request = False
        """True if a robot requests other registrars' domains."""
        self._find_robots(contents.registrars)
        if store is not None:
            self.begin_now()
        self.watch()

    def begin_now(self) -> None:
        """Load the registry from its store, or create it from the contents."""
        self._begun = True
        watcher, self.on_names = self.on_names, None  # this is no change
        self._begin_empty()
        kept = None if self.store is None else self.store.load(ROW_TYPES)
        if kept is not None:
            if not load(self, kept):  # `_rows` always has that counter
                raise StoreError(f"{self.store}: the registry in it is empty or cut: restore a copy, or move it away")
        else:
            start = self.start
            self._apply(initial_rows(self._contents, start), start)
            messages = initial_messages(self._contents, Changes(self, start))
            self._apply({("message", str(one.id)): one for one in messages}, start)
            if self.store is not None:
                self.store.replace(dict(self._rows()))
        self.on_names = watcher
        self._schedule.set_timer()

    def load_others(self, rows: Mapping[Key, Any]) -> None:
        """Apply the other rows of a store, after its domains, hosts and contacts, and schedule all events."""
        self._loading = True
        self._apply(rows, -math.inf)
        self._loading = False
        self._timeline.plan_new()

    def each_with_events(self) -> Iterator[tuple[Key, Any]]:
        """Yield each object that may have due events, with its key."""
        tables, keys = self._tables, self._indexes.roids
        if len(keys) == sum(len(tables[kind]) for kind in OBJECTS_WITH_EVENTS):
            yield from ((key, tables[key[0]][key[1]]) for key in keys.values())  # the same keys take no memory again
            return
        for kind in OBJECTS_WITH_EVENTS:
            yield from (((kind, name), one) for name, one in tables[kind].items())

    @property
    def indexes(self) -> Indexes:
        """The indexes of its objects."""
        return self._indexes

    def _begin_empty(self) -> None:
        self.registrars, self.contacts, self.hosts, self.domains, self.pendings = {}, {}, {}, {}, {}
        self.maintenances, self.applications, self.marks, self.mark_signers = {}, {}, {}, {}
        self.organizations, self.tokens = {}, {}
        self.messages = Messages()
        self._tables = {
            "registrar": self.registrars,
            "contact": self.contacts,
            "host": self.hosts,
            "domain": self.domains,
            "pending": self.pendings,
            "maintenance": self.maintenances,
            "application": self.applications,
            "mark": self.marks,
            "mark_signer": self.mark_signers,
            "organization": self.organizations,
            "token": self.tokens,
        }
        self.idn.begin(self.zones)
        self.records = RecordIndexes()
        self._indexes = Indexes(self.superordinate_name, self._index_variants)
        self._registrars_by_other_keys = {}
        self._find_robots(())
        self._roids = self._kept_roids = FIRST_ROID
        self.close()
        self._schedule = self._timeline.new_schedule()

    # Policy and derived state

    def now(self) -> float:
        """The world's time in whole seconds."""
        now = self.clock.now()
        whole, last = float(math.floor(now)), self._timeline.last_event
        return last if whole < last <= now else whole  # an event at a seeded time

    def zone_of(self, name: str) -> Zone | None:
        """Return the zone that a canonical name lies in, however deep (the longest match); None outside all zones."""
        at = name.find(".")
        while at >= 0:
            if (zone := self.zones.get(name[at + 1 :])) is not None:
                return zone
            at = name.find(".", at + 1)
        return None

    def policy_of(self, one: Sponsored) -> Zone:
        """Return the policy of an object: its zone's; for a contact, or a name outside all zones, the first zone's."""
        zone = None if isinstance(one, Contact) else self.zone_of(one.name)
        return zone or next(iter(self.zones.values()), DEFAULT_ZONE)

    def put_zone(self, zone: Zone) -> None:
        """Add a zone, or replace its policy; lost when the registry is created again."""
        self._change_zones({**self.zones, zone.name: zone})

    def remove_zone(self, name: str) -> None:
        """Remove a zone. Its domains stay, but their due events stop."""
        self._change_zones({key: zone for key, zone in self.zones.items() if key != name})

    def _change_zones(self, zones: dict[str, Zone]) -> None:
        self.catch_up()
        before, after = ({name: (one.idn, one.ttl) for name, one in some.items()} for some in (self.zones, zones))
        self.zones = zones
        if before == after:
            self._schedule_all()
        else:
            # Hosts may now be subordinate to other domains, names be variants, and DNS have other TTLs.
            self._replace_all(dict(self._rows()), self.now())
        self._schedule.set_timer()
        self.catch_up()

    def put_idn_table(self, text: IdnTableText, table: Table) -> None:
        """Add an IDN table, or replace it; lost when the registry is created again."""
        self.catch_up()
        self.idn.put(text, table)
        if any(text.name in zone.idn.tables for zone in self.zones.values()):
            self._replace_all(dict(self._rows()), self.now())

    def _index_variants(self, name: str, *, there: bool) -> None:
        if name.startswith(ACE) or self.idn.ascii_zones:
            self.idn.change(name, self.zone_of(name), there=there)

    def superordinate_name(self, host: str) -> str | None:
        """Return the canonical name of the domain that a host lies below, registered or not; None outside all zones."""
        zone = self.zone_of(host)
        if zone is None:
            return None
        return f"{host[: -len(zone.name) - 1].rpartition('.')[2]}.{zone.name}"

    def statuses(self, one: Sponsored) -> tuple[str, ...]:
        """Return all current statuses: those that were set, and linked, inactive, pending..., else ok."""
        if isinstance(one, Domain):
            return one.shown_statuses
        shown = (*one.statuses, *one.pending_statuses()) or ("ok",)
        return ("linked", *shown) if self.linked(one) else shown

    def rgp_statuses(self, domain: Domain) -> tuple[str, ...]:
        """Return a domain's current statuses by RFC 3915; several may apply."""
        return lifecycle.rgp_statuses(domain, self.clock.now())

    def linked(self, one: Host | Contact) -> bool:
        """True if a domain refers to the object, or an organization to the contact."""
        if isinstance(one, Host):
            return one.name in self._indexes.domains_of_host
        key = one.id.lower()
        return key in self._indexes.domains_of_contact or any(
            contact.id.lower() == key for each in self.organizations.values() for contact in each.contacts
        )

    def subordinate_hosts(self, domain: str) -> list[Host]:
        """Return the hosts below a domain of that canonical name, or of its own name, in the order they came."""
        names = self._indexes.hosts_of_domain.of(domain)
        return [self.hosts[name] for name in names] if names else []

    def transfer_locked(self, one: Transferable) -> bool:
        """True while an object's zone locks it against transfers, after its create or last transfer."""
        since = one.created if one.transferred is None else one.transferred
        return self.clock.now() < since + self.policy_of(one).transfer_lock

    def new_roid(self, kind: str) -> str:
        """Return a new, unique identifier: `D1001-HOMEPORT`."""
        while True:
            self._roids += 1
            roid = f"{kind[0].upper()}{self._roids}-{REPOSITORY}"
            if roid_key(roid) not in self._indexes.roids:
                return roid

    # Look-ups

    def domain(self, name: str) -> Domain | None:
        """Return the domain of that name, or None."""
        self.catch_up()
        return self.domains.get(canonical_name(name) or "")

    def host(self, name: str) -> Host | None:
        """Return the host of that name, or None."""
        self.catch_up()
        return self.hosts.get(canonical_name(name) or "")

    def contact(self, id: str) -> Contact | None:  # noqa: A002
        """Return the contact of that identifier, ignoring case, or None."""
        self.catch_up()
        return self.contacts.get(id.lower())

    def registrar(self, key: str) -> Registrar | None:
        """Return the registrar of that identifier, else of that name or IANA number, ignoring case; or None."""
        self.catch_up()
        wanted = key.lower()
        return self.registrars.get(wanted) or self._registrars_by_other_keys.get(wanted)

    def hosts_by_address(self, address: str) -> list[Host]:
        """Return the hosts with that address, in any notation."""
        wanted = canonical_address(address)
        if wanted is None:
            return []
        self.catch_up()
        return [self.hosts[name] for name in self._indexes.hosts_of_address.of(wanted)]

    def domains_of_host(self, name: str) -> list[Domain]:
        """Return the domains that name the host as their server."""
        self.catch_up()
        return list(self.each_domain_of_host(canonical_name(name) or ""))

    def each_domain_of_host(self, name: str) -> Iterator[Domain]:
        """Yield the domains that name a host of that canonical name as their server, without running due events."""
        return (self.domains[one] for one in self._indexes.domains_of_host.of(name))

    def host_addresses(self) -> Iterator[str]:
        """Yield the addresses of hosts in canonical form, each once."""
        return self._indexes.hosts_of_address.keys()

    def each_subordinate_host(self, domain: str) -> Iterator[Host]:
        """Yield the hosts below a domain of that canonical name, or of its own name, in the order they came."""
        return (self.hosts[one] for one in self._indexes.hosts_of_domain.of(domain))

    def domains_of_contact(self, id: str) -> list[Domain]:  # noqa: A002
        """Return the domains that name the contact in any role."""
        self.catch_up()
        return [self.domains[one] for one in self._indexes.domains_of_contact.of(id.lower())]

    def domains_of_organization(self, id: str) -> list[Domain]:  # noqa: A002
        """Return the domains that name the organization in any role."""
        self.catch_up()
        return [self.domains[one] for one in self._indexes.domains_of_organization.of(id.lower())]

    def by_roid(self, roid: str) -> RegistryObject | None:
        """Return the object of that repository object identifier, ignoring case, or None."""
        self.catch_up()
        key = self._indexes.roids.get(roid_key(roid))
        return None if key is None else self._tables[key[0]][key[1]]

    def table(self, kind: ObjectKind) -> Iterable[RegistryObject]:
        """Return the objects of a kind in the order they came, without running due events."""
        return self._tables[kind].values()

    def objects(self) -> Iterator[RegistryObject]:
        """Yield all objects: domains, hosts, contacts, registrars, each in the order they came."""
        self.catch_up()
        for kind in ("domain", "host", "contact", "registrar"):
            yield from self._tables[kind].values()

    # Transactions

    def begin(self) -> Changes:
        """Begin a transaction now. The registry's time stands still until it is committed or dropped."""
        self._open = None
        self._timeline.finish_work()
        self.catch_up()
        changes = Changes(self, self.now())
        self._open = weakref.ref(changes)
        return changes

    def commit(self, changes: Changes) -> Ticket | None:
        """Commit a transaction: all of it in memory at once, and queued at the store as one transaction.

        Returns: the ticket that the store's `flush` takes (`store.py`); None without a store or if nothing changed.
        Raises: StoreError; then nothing has changed.
        """
        self._open = None
        if changes.renamed is not None:
            later = Later()
            self._timeline.begin_work(rename_in_steps(self, changes, *changes.renamed, later))
            return later
        ticket = self.commit_act(changes)
        self._schedule.set_timer()
        return ticket

    def renames_in_steps(self, host: str) -> bool:
        """True if more domains name a host than are renamed at once."""
        return self.works_in_steps and self._indexes.domains_of_host.count(host) > MAX_RENAMED_AT_ONCE

    def commit_with(self, changes: Changes, after: Mapping[Key, Domain], before: Mapping[Key, Domain]) -> Ticket | None:
        """Commit a transaction, and store with it changes of domains that the caller makes in memory.

        Raises: StoreError; then nothing has changed.
        """
        return self._commit_rows(changes, after, before)

    def announce(self, before: Mapping[Key, Domain | Host | None]) -> None:
        """Tell the watcher of names that some have changed. before: what they were."""
        if self.on_names is not None and before:
            self.on_names(before)

    def drop_open(self) -> None:
        """Forget that a transaction is open: time goes on."""
        self._open = None

    def commit_act(self, changes: Changes) -> Ticket | None:
        """Commit a transaction of time itself, as `commit`, without a new timer."""
        if self.store is None and self.on_names is None and self._commit_plain(changes):
            return None
        return self._commit_rows(changes, {}, {})

    def _commit_rows(
        self, changes: Changes, more_after: Mapping[Key, Any], more_before: Mapping[Key, Any]
    ) -> Ticket | None:
        """Commit a transaction. more_after, more_before: rows to be stored with it, and what they were."""
        after: dict[Key, Any] = dict(changes.written)
        for message in changes.acknowledged:
            after["message", str(message.id)] = None
        if changes.sent:
            last = self.messages.last_id
            for message in changes.sent:
                last += 1
                msgspec.structs.force_setattr(message, "id", last)  # it belongs to the transaction
                after["message", str(last)] = message
            after["counter", "message"] = last
        if self._roids != self._kept_roids:
            after["counter", "roid"] = self._kept_roids = self._roids
        if not after:
            return None
        ticket = None
        if self.store is not None:
            before = {**more_before, **{key: self._current_row(key) for key in after}}
            ticket = self.store.queue({**more_after, **after}, before)
        self._apply(after, changes.now)
        return ticket

    def _commit_plain(self, changes: Changes) -> bool:
        """Commit in memory a change of one domain that no index has; return False if it is more than that.

        It is what time does most: a jump of the clock over a large registry makes hundreds of thousands.
        """
        if len(changes.written) != 1 or changes.acknowledged or self._roids != self._kept_roids:
            return False
        ((key, row),) = changes.written.items()
        before = self.domains.get(key[1]) if key[0] == "domain" else None
        if before is None or type(row) is not Domain or not same_links(before, row):
            return False
        self.domains[key[1]] = row
        for message in changes.sent:
            msgspec.structs.force_setattr(message, "id", self.messages.last_id + 1)  # it belongs to the transaction
            self.messages.add(message)
        due = next_event_time(self, row)
        self._schedule.set_due(key, due if due is None or due > changes.now else changes.now)
        return True

    def put(self, one: RegistryObject) -> Ticket | None:
        """Add an object unchanged, or replace the one of the same name; returns as `commit`."""
        changes = self.begin()
        changes.put(one)
        return self.commit(changes)

    def remove(self, one: RegistryObject) -> Ticket | None:
        """Delete an object, even if others refer to it; a missing one is no error; returns as `commit`."""
        changes = self.begin()
        changes.remove(one)
        return self.commit(changes)

    def keep_serial(self, serial: int) -> None:
        """Store a number beyond the serials of DNS zones, for the next run; written with the next flush."""
        key = ("counter", "serial")
        if self.store is not None and not self.store.failed:
            self.store.queue({key: serial}, {key: self._current_row(key)})
        self.kept_serial = serial

    def rollback_failed(self) -> None:
        """Roll back in memory all that the store failed to write (`Store.take_failed`).

        Never between the transactions of one turn: later ones would be kept although they depend on lost ones.
        """
        if self.store is not None:
            self._apply(self.store.take_failed(), self.now())
            self._schedule.set_timer()

    def object_of(self, key: Key) -> Any:
        """Return the object of a key of KINDS_WITH_EVENTS, or None."""
        return self._tables[key[0]].get(key[1])

    def _current_row(self, key: Key) -> Any:
        kind, name = key
        if kind == "message":
            return self.messages.get(int(name))
        if kind == "counter":
            return self._counters()[name]
        return self._tables[kind].get(name)

    def _replace_all(self, rows: Mapping[Key, Any], now: float) -> None:
        """Replace all rows in memory."""
        watcher, self.on_names = self.on_names, None
        self._begin_empty()
        self._apply(rows, now)
        self.on_names = watcher
        if watcher is not None:
            watcher(None)

    def _counters(self) -> dict[str, int | None]:
        """Return the rows of the counters by name."""
        return {"message": self.messages.last_id, "roid": self._kept_roids, "serial": self.kept_serial or None}

    def _apply(self, after: Mapping[Key, Any], now: float) -> None:
        """Apply these rows to memory. now: earliest time of new due events."""
        before = {}
        if self.on_names is not None:
            before = {key: self._tables[key[0]].get(key[1]) for key in after if key[0] in KINDS_OF_NAMES}
        for key, row in after.items():
            if row is None:
                self._delete_row(key)
        set_row = self._set_row
        for key, row in after.items():
            if row is not None:
                set_row(key, row)
        plan = self._timeline.plan
        for key in after:
            if key[0] in KINDS_PLANNED:
                plan(key, now)
        if before and self.on_names is not None:
            self.on_names(before)

    def _delete_row(self, key: Key) -> None:
        kind, name = key
        if kind == "message":
            self.messages.remove(int(name))
        elif kind != "counter" and (before := self._tables[kind].pop(name, None)) is not None:
            if kind in RECORDS:
                self.records.change(kind, name, before, None)
                return
            self._indexes.change(kind, name, before, None)
            if kind == "registrar":
                self._index_registrars()
                if before.robot is not None:
                    self._reschedule_robots()

    def _set_row(self, key: Key, row: Any) -> None:
        kind, name = key
        if (table := self._tables.get(kind)) is not None:
            before, table[name] = table.get(name), row
            if kind in RECORDS:
                self.records.change(kind, name, before, row)
                return
            self._indexes.change(kind, name, before, row)
            if kind == "registrar":
                if before is None or (before.name, before.iana_id) != (row.name, row.iana_id):
                    self._index_registrars()
                else:
                    for other in row.other_keys():  # mostly because its balance has changed
                        if self._registrars_by_other_keys.get(other) is before:
                            self._registrars_by_other_keys[other] = row
                if row.robot != (before and before.robot):
                    self._reschedule_robots()
        elif kind == "message":
            if self.messages.get(row.id) is None:
                self.messages.add(row)
        elif name == "message":
            self.messages.last_id = max(self.messages.last_id, row)
        elif name == "serial":
            self.kept_serial = row
        else:
            self._roids = self._kept_roids = max(self._roids, row)

    def _index_registrars(self) -> None:
        self._registrars_by_other_keys = {
            other: each for each in reversed(self.registrars.values()) for other in each.other_keys()
        }

    def _find_robots(self, registrars: Iterable[Registrar]) -> None:
        self.robots = {one.id.lower(): one for one in registrars if one.robot is not None}
        self.robots_request = any(one.robot and one.robot.wants for one in self.robots.values())

    def _reschedule_robots(self) -> None:
        """Schedule the events of all objects again, after a change of robots."""
        self._find_robots(self.registrars.values())
        if not self._loading:
            self._schedule_all()

    # Time

    def catch_up(self, limit: int = 0) -> None:
        """Run all due events in order, each dated with its own due time; a jump of the clock runs them by itself.

        limit: maximum number; 0: none.
        """
        clock = self.clock
        if self._schedule.next > clock.now() or clock.jumping or (self._open is not None and self._open() is not None):
            return
        self._open = None
        self._timeline.run(limit)

    @property
    def is_behind(self) -> bool:
        """True if more is due than a client can wait for within one turn; its timer runs that."""
        if self._timeline.works:
            return True
        if not self._begun or self._schedule.next > self.clock.now():
            return False
        self.catch_up(MAX_EVENTS)
        return self._schedule.next <= self.clock.now() and (self.store is None or not self.store.failed)

    @property
    def schedule(self) -> Schedule:
        """The schedule of due events, another one after `on_names(None)`."""
        return self._schedule

    @property
    def planned_acts(self) -> int:
        """The number of objects to which something happens at a known time."""
        return len(self._schedule.dues)

    def upcoming(self) -> Iterator[PlannedAct | None]:
        """Yield the next act of each object in the order of their times, and None for each step without one."""
        self.catch_up()
        return self._timeline.upcoming()

    def _schedule_all(self) -> None:
        self._timeline.plan_all(((kind, self._tables[kind]) for kind in KINDS_WITH_EVENTS), self.now())

    def watch(self) -> None:
        """Set the timer again, after the clock has dropped its timers."""
        self.close()
        if self._begun:
            self._schedule.set_timer()
        else:
            contents = self._contents
            self._timeline.wait_for_first(
                self.start, (contents.contacts, contents.hosts, contents.domains, contents.maintenances)
            )

    def close(self) -> None:
        """Stop all events: another registry replaces this one, or the world ends."""
        self._timeline.close()
        if "_schedule" in self.__dict__:  # loads the registry if necessary
            self._schedule.close()

    # Snapshots

    def _rows(self) -> Iterator[tuple[Key, Any]]:
        """Yield all rows in the order they came."""
        for kind, table in self._tables.items():
            for name, row in table.items():
                yield (kind, name), row
        for message in sorted(self.messages, key=lambda one: one.id):
            yield ("message", str(message.id)), message
        yield ("counter", "message"), self.messages.last_id
        yield ("counter", "roid"), self._roids
        if self.kept_serial:
            yield ("counter", "serial"), self.kept_serial

    def snapshot(self) -> bytes:
        """Serialize all objects and messages, for `restore` here or in another world."""
        return b"".join(self.snapshot_pieces())

    def snapshot_pieces(self) -> Iterator[bytes]:
        """Return the pieces of a snapshot of this moment; each takes a bounded time to make."""
        self.catch_up()
        fields: dict[str, Any] = {
            "format": Snapshot.__struct_defaults__[0],
            **{f"{kind}s": list(table.values()) for kind, table in self._tables.items()},
            "messages": sorted(self.messages, key=lambda one: one.id),
            "last_message": self.messages.last_id,
            "last_roid": self._roids,
        }
        return packed(fields)

    def restore(self, snapshot: bytes) -> None:
        """Replace everything by a snapshot. Raises: ValueError if it is not valid, StoreError."""
        rows = snapshot_rows(snapshot)
        if self.kept_serial:  # this registry's, not that of the snapshot: serials go on
            rows["counter", "serial"] = self.kept_serial
        if self.store is not None:
            self.store.replace(rows)
        self._open = None
        self._replace_all(rows, -math.inf)
        self._schedule.set_timer()
        self.catch_up()
