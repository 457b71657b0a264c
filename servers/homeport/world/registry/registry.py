"""The registry: what there is, found by all its keys; transactions on it; and what time does to it, at its instants.

Every lookup first lets happen what has fallen due (`catch_up`: one comparison if nothing has). A timer on the world's
clock does the same, so messages come and jumps of years fire everything in order though nobody asks.
"""

import math
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from homeport.world.clock import Clock, Timer
from homeport.world.names import canonical_address, canonical_name
from homeport.world.registry import lifecycle
from homeport.world.registry import registry_actions as acts
from homeport.world.registry.changes import Changes, Key, Row, key_of
from homeport.world.registry.contents import RegistryContents, Snapshot, begun, waiting
from homeport.world.registry.due_events import Agenda
from homeport.world.registry.indexes import Indexes
from homeport.world.registry.messages import Message, Messages
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
    encode,
)
from homeport.world.registry.store import Store, StoreError, Ticket
from homeport.world.registry.zones import Zone

REPOSITORY = "HOMEPORT"
"""What every ROID ends with (RFC 5730 2.8)."""
FIRST_ROID = 1000
"""ROIDs are counted from here; below it is room for those of a seed."""
OUTSIDE = Zone(name="zone")
"""The policy where there is no zone at all."""
MORTAL = ("domain", "contact", "host")
"""The kinds that something can happen to."""
Made = TypeVar("Made")
ROW_TYPES: dict[str, Any] = {
    "registrar": Registrar,
    "contact": Contact,
    "host": Host,
    "domain": Domain,
    "pending": PendingAction,
    "message": Message,
    "counter": int,
}
"""What a store's rows hold, by kind."""


class FromContents(Generic[Made]):
    """An attribute made of the contents, with all of its kind, when one of them is first read.

    Most worlds of tests never read their registry. Once it has begun, the attributes are ordinary ones.
    """

    def __set_name__(self, owner: type["Registry"], name: str) -> None:
        self._name = name

    def __get__(self, registry: "Registry", owner: type["Registry"]) -> Made:
        registry.begin_now()
        made: Made = registry.__dict__[self._name]
        return made

    if TYPE_CHECKING:  # an assignment is the instance's own; to define this would make each read slow

        def __set__(self, registry: "Registry", made: Made) -> None: ...


class Registry:
    """One registry; `RegistryLookup` says what can be asked of it.

    contents: what it begins with, its times counted from the clock's now.
    store: keeps it on disk if there is one (`store.py`). What it holds already stands in place of the contents.
    """

    registrars: FromContents[dict[str, Registrar]] = FromContents()
    """By identifier in lower case; the others likewise by what is canonical of them."""
    contacts: FromContents[dict[str, Contact]] = FromContents()
    hosts: FromContents[dict[str, Host]] = FromContents()
    domains: FromContents[dict[str, Domain]] = FromContents()
    pendings: dict[str, PendingAction]
    """What waits for review, by kind and name: `domain homeport.test`."""
    messages: FromContents[Messages] = FromContents()
    _tables: FromContents[dict[str, dict[str, Any]]] = FromContents()
    _indexes: FromContents[Indexes] = FromContents()
    _registrars_by_other_keys: FromContents[dict[str, Registrar]] = FromContents()  # by name and IANA number
    _roids: FromContents[int] = FromContents()
    _kept_roids: FromContents[int] = FromContents()
    _agenda: FromContents[Agenda] = FromContents()

    def __init__(self, contents: RegistryContents, clock: Clock, store: Store | None = None) -> None:
        self.clock = clock
        self.store = store
        self.zones: dict[str, Zone] = {zone.name: zone for zone in contents.zones}
        """By name."""
        self._contents = contents
        self._first_timer: Timer | None = None  # while nobody has looked at it
        self._open: weakref.ref[Changes] | None = None
        self._last_act = -math.inf
        self._start = self.now()
        self._begun = False
        self.pendings = {}  # contents have none
        self.robots: dict[str, Registrar] = {}
        """The registrars that robots play, by identifier in lower case."""
        self.robots_want = False
        """Whether one of them wants domains of others."""
        self._find_robots(contents.registrars)
        if store is not None:
            self.begin_now()
        self.watch()

    def begin_now(self) -> None:
        """Make what the registry holds, of its store or of the contents."""
        self._begun = True
        self._begin_empty()
        kept = None if self.store is None else self.store.load(ROW_TYPES)
        if kept is not None:
            self._apply(dict(kept), -math.inf)
        else:
            start = self._start
            self._apply(begun(self._contents, start), start)
            self._apply({("message", str(one.id)): one for one in waiting(self._contents, Changes(self, start))}, start)
            if self.store is not None:
                self.store.replace(dict(self._rows()))
        self._agenda.set_timer()

    def _begin_empty(self) -> None:
        self.registrars, self.contacts, self.hosts, self.domains, self.pendings = {}, {}, {}, {}, {}
        self.messages = Messages()
        self._tables = {
            "registrar": self.registrars,
            "contact": self.contacts,
            "host": self.hosts,
            "domain": self.domains,
            "pending": self.pendings,
        }
        self._indexes = Indexes(self.superordinate_name)
        self._registrars_by_other_keys = {}
        self._find_robots(())
        self._roids = self._kept_roids = FIRST_ROID
        self.close()
        self._agenda = Agenda(self.clock, self._on_timer)

    # Policy and projections

    def now(self) -> float:
        """The world's time in whole seconds."""
        now = self.clock.now()
        whole = float(math.floor(now))
        return self._last_act if whole < self._last_act <= now else whole  # an act of a time that was seeded

    def zone_of(self, name: str) -> Zone | None:
        """The zone that a canonical name lies in, however deep: the longest that matches; None outside all."""
        at = name.find(".")
        while at >= 0:
            if (zone := self.zones.get(name[at + 1 :])) is not None:
                return zone
            at = name.find(".", at + 1)
        return None

    def policy_of(self, one: Sponsored) -> Zone:
        """The policy that binds an object: its zone's; a contact, or a name outside all zones, has the first zone's."""
        zone = None if isinstance(one, Contact) else self.zone_of(one.name)
        return zone or next(iter(self.zones.values()), OUTSIDE)

    def put_zone(self, zone: Zone) -> None:
        """Add a zone, or give one another policy; until the registry begins anew."""
        self._change_zones({**self.zones, zone.name: zone})

    def remove_zone(self, name: str) -> None:
        """Take a zone out. Its domains stay; nothing happens to them by itself any more."""
        self._change_zones({key: zone for key, zone in self.zones.items() if key != name})

    def _change_zones(self, zones: dict[str, Zone]) -> None:
        self.catch_up()
        same_names, self.zones = zones.keys() == self.zones.keys(), zones
        if same_names:
            self._note_all()
        else:
            # Other hosts are subordinate to other domains.
            rows = dict(self._rows())
            self._begin_empty()
            self._apply(rows, self.now())
        self._agenda.set_timer()
        self.catch_up()

    def superordinate_name(self, host: str) -> str | None:
        """The canonical name of the domain that a host lies under, there or not; None outside all zones."""
        zone = self.zone_of(host)
        if zone is None:
            return None
        return f"{host[: -len(zone.name) - 1].rpartition('.')[2]}.{zone.name}"

    def statuses(self, one: Sponsored) -> tuple[str, ...]:
        """All its statuses now: those that were set, and linked, inactive, pending..., else ok."""
        if isinstance(one, Domain):
            return one.shown_statuses
        shown = (*one.statuses, *one.pending_statuses()) or ("ok",)
        return ("linked", *shown) if self.linked(one) else shown

    def rgp_statuses(self, domain: Domain) -> tuple[str, ...]:
        """Its statuses by RFC 3915 now; several can stand together."""
        return lifecycle.rgp_statuses(domain, self.clock.now())

    def linked(self, one: Host | Contact) -> bool:
        """Whether a domain names it."""
        if isinstance(one, Host):
            return one.name in self._indexes.domains_of_host
        return one.id.lower() in self._indexes.domains_of_contact

    def subordinate_hosts(self, domain: str) -> list[Host]:
        """The hosts below a domain of that canonical name, or of its own name, in the order they came."""
        return [self.hosts[name] for name in self._indexes.hosts_of_domain.of(domain)]

    def transfer_locked(self, one: Transferable) -> bool:
        """Whether its zone locks it still, after its create or its last transfer."""
        since = one.created if one.transferred is None else one.transferred
        return self.clock.now() < since + self.policy_of(one).transfer_lock

    def new_roid(self, kind: ObjectKind) -> str:
        """An identifier that no object has had: `D1001-HOMEPORT`."""
        while True:
            self._roids += 1
            roid = f"{kind[0].upper()}{self._roids}-{REPOSITORY}"
            if roid.lower() not in self._indexes.roids:
                return roid

    # Lookups

    def domain(self, name: str) -> Domain | None:
        """The domain of that name, or None."""
        self.catch_up()
        return self.domains.get(canonical_name(name) or "")

    def host(self, name: str) -> Host | None:
        """The host of that name, or None."""
        self.catch_up()
        return self.hosts.get(canonical_name(name) or "")

    def contact(self, id: str) -> Contact | None:  # noqa: A002
        """The contact of that identifier without regard to case, or None."""
        self.catch_up()
        return self.contacts.get(id.lower())

    def registrar(self, key: str) -> Registrar | None:
        """The registrar of that identifier, else of that name or IANA number, without regard to case; or None."""
        self.catch_up()
        wanted = key.lower()
        return self.registrars.get(wanted) or self._registrars_by_other_keys.get(wanted)

    def hosts_by_address(self, address: str) -> list[Host]:
        """The hosts with that address, in whichever form it is written."""
        wanted = canonical_address(address)
        if wanted is None:
            return []
        self.catch_up()
        return [self.hosts[name] for name in self._indexes.hosts_of_address.of(wanted)]

    def domains_of_host(self, name: str) -> list[Domain]:
        """The domains that name it as their server."""
        self.catch_up()
        return [self.domains[one] for one in self._indexes.domains_of_host.of(canonical_name(name) or "")]

    def domains_of_contact(self, id: str) -> list[Domain]:  # noqa: A002
        """The domains that name it in any role."""
        self.catch_up()
        return [self.domains[one] for one in self._indexes.domains_of_contact.of(id.lower())]

    def by_roid(self, roid: str) -> RegistryObject | None:
        """The object of that repository object identifier without regard to case, or None."""
        self.catch_up()
        key = self._indexes.roids.get(roid.lower())
        return None if key is None else self._tables[key[0]][key[1]]

    def with_word(self, word: str) -> list[Contact | Registrar]:
        """The contacts and registrars with that whole word in a name, without regard to case; contacts first."""
        self.catch_up()
        found = self._indexes.with_word(word, [*self.contacts.items(), *self.registrars.items()])
        keys = sorted((one.split(" ", 1) for one in found), key=lambda key: key[0])
        return [self._tables[kind][key] for kind, key in keys]

    def objects(self) -> Iterator[RegistryObject]:
        """Everything there is: domains, hosts, contacts, registrars, each in the order they came."""
        self.catch_up()
        for kind in ("domain", "host", "contact", "registrar"):
            yield from self._tables[kind].values()

    # Transactions

    def begin(self) -> Changes:
        """A transaction that happens now. Time stands still for the registry until it is committed or dropped."""
        self._open = None
        self.catch_up()
        changes = Changes(self, self.now())
        self._open = weakref.ref(changes)
        return changes

    def commit(self, changes: Changes) -> Ticket | None:
        """Do it: all in memory at once, and queued at the store as one transaction.

        Answers the ticket that the store's `flush` takes (`store.py`); None without a store or if nothing changed.
        Raises: StoreError; then nothing has changed.
        """
        self._open = None
        ticket = self._commit(changes)
        self._agenda.set_timer()
        return ticket

    def _commit(self, changes: Changes) -> Ticket | None:
        after: dict[Key, Any] = dict(changes.written)
        for message in changes.acknowledged:
            after["message", str(message.id)] = None
        if changes.sent:
            first = self.messages.last_id + 1
            for id_, message in enumerate(changes.sent, first):
                after["message", str(id_)] = msgspec.structs.replace(message, id=id_)
            after["counter", "message"] = first + len(changes.sent) - 1
        if self._roids != self._kept_roids:
            after["counter", "roid"] = self._kept_roids = self._roids
        if not after:
            return None
        ticket = None
        if self.store is not None:
            ticket = self.store.queue(after, {key: self._standing(key) for key in after})
        self._apply(after, changes.now)
        return ticket

    def put(self, one: RegistryObject) -> Ticket | None:
        """Add an object as it stands, or replace the one of the same name; as `commit`."""
        changes = self.begin()
        changes.put(one)
        return self.commit(changes)

    def remove(self, one: RegistryObject) -> Ticket | None:
        """Take an object out, whatever others say of it, one that is not there is no error; as `commit`."""
        changes = self.begin()
        changes.remove(one)
        return self.commit(changes)

    def take_back_lost(self) -> None:
        """Put back into memory what stood before all that the store lost (`Store.take_lost`).

        Not among the transactions of one turn: the later ones would be kept, though they follow from a lost one.
        """
        if self.store is not None:
            self._apply(self.store.take_lost(), self.now())
            self._agenda.set_timer()

    def _standing(self, key: Key) -> Any:
        kind, name = key
        if kind == "message":
            return self.messages.get(int(name))
        if kind == "counter":
            return self.messages.last_id if name == "message" else self._kept_roids
        return self._tables[kind].get(name)

    def _apply(self, after: Mapping[Key, Any], now: float) -> None:
        """Have these rows in memory. now: nothing happens to them earlier."""
        for key, row in after.items():
            if row is None:
                self._drop(key)
        for key, row in after.items():
            if row is not None:
                self._have(key, row)
        for key in after:
            self._note_due(key, now)

    def _drop(self, key: Key) -> None:
        kind, name = key
        if kind == "message":
            self.messages.remove(int(name))
        elif kind != "counter" and (before := self._tables[kind].pop(name, None)) is not None and kind != "pending":
            self._indexes.change(name, before, None)
            if kind == "registrar":
                self._index_registrars()
                if before.robot is not None:
                    self._robots_changed()

    def _have(self, key: Key, row: Any) -> None:
        kind, name = key
        if kind == "message":
            if self.messages.get(row.id) is None:
                self.messages.add(row)
        elif kind == "counter":
            if name == "message":
                self.messages.last_id = max(self.messages.last_id, row)
            else:
                self._roids = self._kept_roids = max(self._roids, row)
        else:
            table = self._tables[kind]
            before, table[name] = table.get(name), row
            if kind == "pending":
                return
            self._indexes.change(name, before, row)
            if kind == "registrar":
                if before is None or (before.name, before.iana_id) != (row.name, row.iana_id):
                    self._index_registrars()
                else:
                    for other in _other_keys(row):  # one whose balance has changed, mostly
                        if self._registrars_by_other_keys.get(other) is before:
                            self._registrars_by_other_keys[other] = row
                if row.robot != (before and before.robot):
                    self._robots_changed()

    def _index_registrars(self) -> None:
        self._registrars_by_other_keys = {
            other: each for each in reversed(self.registrars.values()) for other in _other_keys(each)
        }

    def _find_robots(self, registrars: Iterable[Registrar]) -> None:
        self.robots = {one.id.lower(): one for one in registrars if one.robot is not None}
        self.robots_want = any(one.robot and one.robot.wants for one in self.robots.values())

    def _robots_changed(self) -> None:
        """Another robot may do other things with every object, or at other times."""
        self._find_robots(self.registrars.values())
        self._note_all()

    # Time

    def catch_up(self) -> None:
        """Let everything happen that is due, in order, each dated with its own instant."""
        now = self.clock.now()
        if self._agenda.next > now or (self._open is not None and self._open() is not None):
            return
        self._open = None
        if self.store is not None and self.store.failed:
            return  # it happens when what was lost has been taken back
        while (first := self._agenda.take(now)) is not None:
            due, key = first
            self._last_act = max(self._last_act, due)
            changes = Changes(self, due)
            acts.act(changes, self._tables[key[0]][key[1]])
            try:
                self._commit(changes)
            except StoreError:
                self._agenda.note(key, due)
                break
        self._agenda.set_timer()

    def _note_due(self, key: Key, now: float) -> None:
        """Remember when something happens to an object next, no earlier than now."""
        kind, name = key
        if kind == "pending":
            kind, name = key = tuple(name.split(" ", 1))  # type: ignore[assignment]  # two parts
        if kind not in MORTAL:
            return
        one = self._tables[kind].get(name)
        due = None if one is None else acts.due_of(self, one)
        self._agenda.note(key, None if due is None else max(due, now))

    def _note_all(self) -> None:
        now = self.now()
        for kind in MORTAL:
            for name in self._tables[kind]:
                self._note_due((kind, name), now)

    def _on_timer(self) -> None:
        self._open = None  # a transaction lasts no longer than the turn that began it
        if self.store is not None and self.store.failed:
            self.take_back_lost()
        self.catch_up()
        self._agenda.set_timer()

    def watch(self) -> None:
        """Set the timer anew: the clock has forgotten its timers."""
        self.close()
        if self._begun:
            self._agenda.set_timer()
        else:
            dues = (acts.due_of(self, one) for group in self._mortal_contents() for one in group)
            first = min((due for due in dues if due is not None), default=None)
            if first is not None:
                self._first_timer = self.clock.call_at(self._start + max(first, 0.0), self._on_timer)

    def _mortal_contents(self) -> tuple[Sequence[Sponsored], ...]:
        return self._contents.contacts, self._contents.hosts, self._contents.domains

    def close(self) -> None:
        """Another registry takes its place, or the world ends: nothing happens by itself any more."""
        if self._first_timer is not None:
            self._first_timer.cancel()
        if "_agenda" in self.__dict__:  # it has begun, perhaps at this moment
            self._agenda.close()

    # Snapshots

    def _rows(self) -> Iterator[tuple[Key, Any]]:
        """Everything, in the order in which it came."""
        for kind, table in self._tables.items():
            for name, row in table.items():
                yield (kind, name), row
        for message in sorted(self.messages, key=lambda one: one.id):
            yield ("message", str(message.id)), message
        yield ("counter", "message"), self.messages.last_id
        yield ("counter", "roid"), self._roids

    def snapshot(self) -> bytes:
        """All that there is, messages too: for `restore`, here or in another world."""
        self.catch_up()
        return encode(
            Snapshot(
                registrars=list(self.registrars.values()),
                contacts=list(self.contacts.values()),
                hosts=list(self.hosts.values()),
                domains=list(self.domains.values()),
                pendings=list(self.pendings.values()),
                messages=sorted(self.messages, key=lambda one: one.id),
                last_message=self.messages.last_id,
                last_roid=self._roids,
            )
        )

    def restore(self, snapshot: bytes) -> None:
        """Have what a snapshot holds, and nothing else. Raises: ValueError if it is none, StoreError."""
        try:
            held = msgspec.msgpack.decode(snapshot, type=Snapshot)
        except msgspec.MsgspecError as error:
            raise ValueError(f"this is no snapshot of a registry: {error}") from None
        groups: tuple[Iterable[Row], ...] = (held.registrars, held.contacts, held.hosts, held.domains, held.pendings)
        rows: dict[Key, Any] = {key_of(one): one for group in groups for one in group}
        rows |= {("message", str(one.id)): one for one in held.messages}
        rows |= {("counter", "message"): held.last_message, ("counter", "roid"): held.last_roid}
        if self.store is not None:
            self.store.replace(rows)
        self._open = None
        self._begin_empty()
        self._apply(rows, -math.inf)
        self._agenda.set_timer()
        self.catch_up()


def _other_keys(registrar: Registrar) -> Iterator[str]:
    """What finds a registrar besides its identifier: its name and IANA number."""
    if registrar.name:
        yield registrar.name.lower()
    if registrar.iana_id:
        yield str(registrar.iana_id)
