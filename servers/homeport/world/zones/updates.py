"""Dynamic updates of a zone: prerequisites, and the edits that an update asks for (RFC 2136 3.2, 3.4)."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from homeport.world.zones.edits import BESIDE_CNAME, Edit
from homeport.world.zones.layouts import validate_data
from homeport.world.zones.name import Name, is_below, name_text
from homeport.world.zones.rrset import (
    ANY,
    CNAME,
    DNAME,
    MAX_TTL_S,
    MNEMONICS,
    NS,
    NSEC,
    NSEC3,
    RRSIG,
    SOA,
    RRset,
    is_meta,
    type_text,
)
from homeport.world.zones.zone import EMPTY, StoredZone, is_later, serial_of

FORMERR, REFUSED, NXDOMAIN, YXDOMAIN, YXRRSET, NXRRSET, NOTZONE = 1, 5, 3, 6, 7, 8, 10
IN, CLASS_NONE, CLASS_ANY = 1, 254, 255
SINGLE = frozenset({CNAME, DNAME, SOA})
"""Types with one record at a name."""
MADE_BY_SERVER = frozenset({RRSIG, NSEC, NSEC3})
"""Types that the server makes for signed zones."""


class Record(Protocol):
    """A record of an UPDATE message; names in its data are expanded."""

    @property
    def name(self) -> Name: ...
    @property
    def type(self) -> int: ...
    @property
    def class_(self) -> int: ...
    @property
    def ttl(self) -> int: ...
    @property
    def data(self) -> bytes: ...


class UpdateRefused(Exception):
    """Raised for an update that is not made; the message says why."""

    def __init__(self, rcode: int, reason: str) -> None:
        super().__init__(reason)
        self.rcode = rcode
        self.reason = reason


class Ignored(msgspec.Struct, frozen=True, gc=False):
    """A record of an update that had no effect, though the update as a whole is made."""

    name: Name
    type: int
    reason: str


def check_prerequisites(zone: StoredZone, records: Iterable[Record]) -> None:
    """Check the prerequisites of an update (RFC 2136 3.2.5).

    Raises: UpdateRefused for the first that is malformed or not met.
    """
    wanted: dict[tuple[Name, int], set[bytes]] = {}
    for one in records:
        if one.ttl:
            raise UpdateRefused(FORMERR, f"prerequisite {_what(one)}: its TTL is not 0")
        _check_name(zone, one)
        if one.class_ == IN:
            wanted.setdefault((one.name, one.type), set()).add(one.data)
            continue
        if one.class_ not in (CLASS_ANY, CLASS_NONE) or one.data:
            size = len(one.data)
            raise UpdateRefused(FORMERR, f"prerequisite {_what(one)}: class {one.class_} with {size} octets of data")
        node = zone.node(one.name) or EMPTY
        _check_presence(one, present=bool(node) if one.type == ANY else one.type in node)
    for (name, type_number), data in wanted.items():
        rrset = (zone.node(name) or EMPTY).get(type_number)
        if rrset is None or {*rrset.data} != data:
            raise UpdateRefused(NXRRSET, f"{type_text(type_number)} of {name_text(name)} has other data")


def _what(record: Record) -> str:
    """Return a record's type and name as text; only for messages, because an update has thousands of records."""
    return f"{type_text(record.type)} of {name_text(record.name)}"


def _check_presence(record: Record, *, present: bool) -> None:
    """Check a prerequisite about a name, or about a record set, regardless of its data."""
    name = name_text(record.name)
    if record.type == ANY:
        if record.class_ == CLASS_ANY and not present:
            raise UpdateRefused(NXDOMAIN, f"{name} has no records")
        if record.class_ == CLASS_NONE and present:
            raise UpdateRefused(YXDOMAIN, f"{name} has records")
    elif record.class_ == CLASS_ANY and not present:
        raise UpdateRefused(NXRRSET, f"{name} has no {type_text(record.type)}")
    elif record.class_ == CLASS_NONE and present:
        raise UpdateRefused(YXRRSET, f"{name} has a {type_text(record.type)}")


def _check_name(zone: StoredZone, record: Record) -> None:
    if not is_below(record.name, zone.origin):
        raise UpdateRefused(NOTZONE, f"{name_text(record.name)} is outside the zone {name_text(zone.origin)}")


def check_updates(zone: StoredZone, records: Iterable[Record]) -> None:
    """Check the form of an update's changes before any is made (RFC 2136 3.4.1).

    Raises: UpdateRefused for the first that is malformed, or not for clients to make.
    """
    for one in records:
        _check_name(zone, one)
        if one.class_ == IN:
            if is_meta(one.type):
                raise UpdateRefused(FORMERR, f"{_what(one)}: no zone has records of that type")
            if one.ttl > MAX_TTL_S:
                raise UpdateRefused(FORMERR, f"{_what(one)}: the TTL {one.ttl} is above {MAX_TTL_S} (RFC 2181 8)")
            _check_data(one)
        elif one.class_ == CLASS_ANY:
            if one.ttl or one.data or (is_meta(one.type) and one.type != ANY):
                raise UpdateRefused(FORMERR, f"{_what(one)}: class ANY with a TTL, data or a type of questions")
        elif one.class_ == CLASS_NONE:
            if one.ttl or is_meta(one.type):
                raise UpdateRefused(FORMERR, f"{_what(one)}: class NONE with a TTL or a type of questions")
            _check_data(one)
        else:
            raise UpdateRefused(FORMERR, f"{_what(one)}: class {one.class_} is not that of the zone, ANY or NONE")
        if one.type in MADE_BY_SERVER:
            raise UpdateRefused(REFUSED, f"{_what(one)}: the server makes {MNEMONICS[one.type]} records itself")


def _check_data(record: Record) -> None:
    try:
        validate_data(record.type, record.data)
    except ValueError as error:
        raise UpdateRefused(FORMERR, f"{_what(record)}: {error}") from None


class _Set(msgspec.Struct, gc=False):
    """A record set while it changes: thousands of records may be added to it."""

    ttl: int
    data: dict[bytes, None]


class Update:
    """The changes of one update as they add up: later records see what earlier ones did (RFC 2136 3.4.2)."""

    def __init__(self, zone: StoredZone) -> None:
        self._zone = zone
        self._changed: dict[Name, dict[int, _Set]] = {}
        self.ignored: list[Ignored] = []
        """The records that had no effect because of what the zone has."""

    def edits(self) -> Iterator[Edit]:
        """Yield the edits of the zone that the update comes to."""
        for name, node in self._changed.items():
            before = self._zone.node(name) or EMPTY
            for type_number in {*before, *node}:
                wanted = node.get(type_number)
                after = None if wanted is None else RRset(type_number, wanted.ttl, tuple(wanted.data))
                if after != before.get(type_number):
                    yield Edit(name, type_number, after)

    def make(self, records: Iterable[Record]) -> None:
        """Make the changes, in their order; `check_updates` has accepted them."""
        for one in records:
            node = self._changed.get(one.name)
            if node is None:
                before = self._zone.node(one.name) or EMPTY
                node = {kind: _Set(rrset.ttl, dict.fromkeys(rrset.data)) for kind, rrset in before.items()}
                self._changed[one.name] = node
            if one.class_ == IN:
                self._add(node, one)
            elif one.class_ == CLASS_ANY:
                self._delete_sets(node, one)
            else:
                self._delete_record(node, one)

    def _ignore(self, record: Record, reason: str) -> None:
        self.ignored.append(Ignored(record.name, record.type, reason))

    def _add(self, node: dict[int, _Set], record: Record) -> None:
        """Add a record to its set, or replace it (3.4.2.2)."""
        kind, data = record.type, record.data
        if kind == CNAME and node.keys() - BESIDE_CNAME:
            self._ignore(record, "the name has other records, so it cannot be an alias")
        elif kind not in BESIDE_CNAME and CNAME in node:
            self._ignore(record, "the name is an alias, so it cannot have other records")
        elif kind == SOA and SOA not in node:
            self._ignore(record, "a SOA is at the apex of a zone")
        elif kind == SOA and not is_later(serial_of(data), serial_of(next(iter(node[SOA].data)))):
            self._ignore(record, "its serial number is not later than that of the zone")
        elif kind in SINGLE or kind not in node:
            node[kind] = _Set(record.ttl, {data: None})
        else:
            node[kind].ttl = record.ttl  # a set has one TTL (RFC 2181 5.2)
            node[kind].data[data] = None

    def _delete_sets(self, node: dict[int, _Set], record: Record) -> None:
        """Delete a record set, or all of a name (3.4.2.3)."""
        apex = record.name == self._zone.origin
        if record.type != ANY:
            if apex and record.type in (SOA, NS):
                self._ignore(record, "the apex keeps its SOA and NS")
            else:
                node.pop(record.type, None)
            return
        for type_number in list(node):
            if not (apex and type_number in (SOA, NS)):
                del node[type_number]

    def _delete_record(self, node: dict[int, _Set], record: Record) -> None:
        """Delete one record (3.4.2.4)."""
        old = node.get(record.type)
        if old is None or record.data not in old.data:
            return
        if record.type == SOA:
            self._ignore(record, "the apex keeps its SOA")
        elif len(old.data) > 1:
            del old.data[record.data]
        elif record.type == NS and record.name == self._zone.origin:
            self._ignore(record, "the apex keeps its last NS")
        else:
            del node[record.type]
