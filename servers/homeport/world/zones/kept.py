"""The rows in which stored zones are kept (`row_store.py`).

Kinds of rows and their keys: `zone` (origin), `records` (origin, name, type), `keys` (origin), `secret`, and `own`
(name, type) for what was changed in the zone of the world's own hosts, without data if it was removed there. A change
of one record set is one row, and that of the SOA: a large zone is not written again for it.

A change is queued before memory changes. If it cannot be written, its rows of before are restored in memory, with a
serial that is ahead of the lost one, which secondaries may have seen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import msgspec

from homeport.world.row_store import Key, Rows, Store, StoreError, Ticket
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import Name, name_text, parse_name
from homeport.world.zones.rrset import SOA, RRset
from homeport.world.zones.signing.keys import NOTHING, KeysRow
from homeport.world.zones.zone import EMPTY, StoredZone, soa_of


class ZoneRow(msgspec.Struct, frozen=True):
    """A stored zone apart from its records, or a removed one."""

    configured: str = ""
    """Digest of its configuration, when that was last applied; empty without one."""
    last_serial: int | None = None
    """The last serial of a removed zone."""


class RecordsRow(msgspec.Struct, frozen=True):
    """A record set."""

    ttl: int
    data: tuple[bytes, ...]


class SecretRow(msgspec.Struct, frozen=True):
    """The secret from which the keys of zones follow."""

    secret: bytes

    def __repr__(self) -> str:
        """Leave out the secret."""
        return "SecretRow()"


REMOVED = RecordsRow(0, ())
SECRET_KEY: Key = ("secret", "")
OF_ZONES = ("zone", "records")
TYPES: Mapping[str, Any] = {
    "zone": ZoneRow,
    "records": RecordsRow,
    "own": RecordsRow,
    "keys": KeysRow,
    "secret": SecretRow,
}
"""The type of each kind of row."""


class ZoneTable:
    """The stored zones as rows."""

    def __init__(self, rows: Iterable[tuple[Key, Any]] = ()) -> None:
        self.zones: dict[Name, ZoneRow] = {}
        self._records: dict[Name, dict[tuple[Name, int], RRset]] = {}
        self.own: dict[tuple[Name, int], RRset | None] = {}
        """The record sets that were changed in the zone of the world's own hosts."""
        self.keys: dict[Name, KeysRow] = {}
        self.secret = b""
        self.apply(rows)

    def apply(self, rows: Iterable[tuple[Key, Any]]) -> None:
        """Change rows; None removes one."""
        for (kind, key), row in rows:
            if kind == "secret":
                self.secret = b"" if row is None else row.secret
                continue
            texts = key.split(" ")
            origin = parse_name(texts[0])
            if kind == "own":
                number = int(texts[1])
                self.own[origin, number] = RRset(number, row.ttl, row.data) if row is not None and row.data else None
                if row is None:
                    del self.own[origin, number]
                continue
            if kind == "keys":
                self.keys[origin] = row or NOTHING
                continue
            if kind == "zone":
                if row is None:
                    self.zones.pop(origin, None)
                else:
                    self.zones[origin] = row
                continue
            records, place = self._records.setdefault(origin, {}), (parse_name(texts[1]), int(texts[2]))
            if row is None:
                records.pop(place, None)
            else:
                records[place] = RRset(place[1], row.ttl, row.data)

    def zone(self, origin: Name) -> StoredZone | None:
        """Return the zone of an origin; None for a removed one, and for rows without a SOA."""
        row, records = self.zones.get(origin), self._records.get(origin, {})
        soa = records.get((origin, SOA))
        if row is None or row.last_serial is not None or soa is None:
            return None
        zone = StoredZone(origin, soa)
        for (name, _type), rrset in records.items():
            zone.put(name, rrset)
        return zone


class KeptZones:
    """The store of a world's zones; without one, they are in memory alone."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._paused = False

    def load(self) -> ZoneTable | None:
        """Return what was stored; None if nothing ever was. Raises: StoreError."""
        rows = None if self._store is None else self._store.load(TYPES)
        return None if rows is None else ZoneTable(rows)

    def replace(self, zones: Iterable[StoredZone], rows: Mapping[Name, ZoneRow | None], secret: bytes) -> None:
        """Store this state instead of all that is stored; durable on return. Raises: StoreError.

        secret: that of the keys; there is nothing else of keys.
        """
        if self._store is not None:
            of_zones = {key: row for key, row in rows_of(zones, rows) if row is not None}
            self._store.replace({**of_zones, SECRET_KEY: SecretRow(secret)})

    def keep_secret(self, secret: bytes) -> None:
        """Queue the secret of the keys. If it cannot be stored, which the store reports, they are others next time."""
        if self._store is not None:
            with suppress(StoreError):
                self._store.queue({SECRET_KEY: SecretRow(secret)}, {SECRET_KEY: None})

    def keep_keys(self, origin: Name, row: KeysRow, old: KeysRow) -> None:
        """Queue a change of a zone's keys. Raises: StoreError; then the change must not be made."""
        if self._store is not None and not self._paused:
            key = ("keys", name_text(origin))
            self._store.queue({key: row}, {key: old})

    def keep_edits(self, zone: StoredZone, edits: Iterable[Edit]) -> None:
        """Queue changes of a zone that is as it was before. Raises: StoreError; then the change must not be made."""
        if self._store is None or self._paused:
            return
        after: dict[Key, Any] = {}
        before: dict[Key, Any] = {}
        for edit in edits:
            key = _records_key(zone.origin, edit.name, edit.type)
            after[key] = _row(edit.rrset)
            before[key] = _row((zone.node(edit.name) or EMPTY).get(edit.type))
        self._store.queue(after, before)

    def keep_own(
        self,
        edits: Iterable[Edit],
        changed: Mapping[tuple[Name, int], RRset | None],
        is_made: Callable[[Edit], bool],
    ) -> None:
        """Queue changes of the zone of the world's own hosts. Raises: StoreError; then they must not be made.

        changed: what was changed before. is_made: True for an edit after which a record set is as the world makes it.
        """
        if self._store is None or self._paused:
            return
        after: dict[Key, Any] = {}
        before: dict[Key, Any] = {}
        for edit in edits:
            place = edit.name, edit.type
            key = "own", f"{name_text(edit.name)} {edit.type}"
            after[key] = None if is_made(edit) else _row(edit.rrset) or REMOVED
            before[key] = (_row(changed[place]) or REMOVED) if place in changed else None
        self._store.queue(after, before)

    def keep_zone(
        self,
        before: StoredZone | None,
        after: StoredZone | None,
        row: ZoneRow,
        old: ZoneRow | None,
        rows: Rows = MappingProxyType({}),
    ) -> None:
        """Queue that a zone was added, removed or replaced. Raises: StoreError; then the change must not be made.

        The zone before must not change any more. row, old: the zone's row afterwards and before. rows: those of the
        records of the zone afterwards, if they are known.
        """
        zone = after or before
        if self._store is None or self._paused or zone is None:
            return
        key = ("zone", name_text(zone.origin))
        come: dict[Key, Any] = dict(rows or rows_of([after] if after else [], {}))
        if after is not None:
            soa = soa_of(after)
            come[_records_key(after.origin, after.origin, SOA)] = _row(soa)
        gone = LazyRows(lambda: dict(rows_of([before] if before else [], {})))
        self._store.queue(
            LazyRows(lambda: {**dict.fromkeys(gone), **come, key: row}),
            LazyRows(lambda: {**dict.fromkeys(come), **gone, key: old}),
        )

    def keep_row(self, origin: Name, row: ZoneRow, old: ZoneRow) -> None:
        """Queue that the row of a zone changes. Raises: StoreError."""
        if self._store is not None and not self._paused:
            key = ("zone", name_text(origin))
            self._store.queue({key: row}, {key: old})

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Queue no changes meanwhile: `replace` follows."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def take_failed(self) -> Rows:
        """Return the rows from before all changes that were lost, empty if none were."""
        return {} if self._store is None or not self._store.failed else self._store.take_failed()

    @property
    def blocks(self) -> bool:
        """True if there is a store."""
        return self._store is not None

    @property
    def unsettled(self) -> Ticket | None:
        """The newest change that is not durable yet, if any."""
        return None if self._store is None else self._store.unsettled

    def flush(self, ticket: Ticket | None) -> None:
        """Block until a change is durable. Raises: StoreError if it was lost."""
        if self._store is not None and ticket is not None:
            self._store.flush(ticket)

    def settle(self) -> Callable[[], None] | None:
        """Return work for a thread that writes what is queued; None if nothing is."""
        return partial(self.flush, self.unsettled) if self._store is not None and self._store.waiting else None

    def close(self) -> None:
        """Write what is queued, and close the store."""
        if self._store is not None:
            self._store.close()


class LazyRows(Mapping[Key, Any]):
    """Rows that are made when they are read: in the thread that writes them, and not at all if nothing reads them."""

    def __init__(self, make: Callable[[], dict[Key, Any]]) -> None:
        self._make = make

    @cached_property
    def _rows(self) -> dict[Key, Any]:
        return self._make()

    def __getitem__(self, key: Key) -> Any:
        return self._rows[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def rows_of(zones: Iterable[StoredZone], rows: Mapping[Name, ZoneRow | None]) -> Iterator[tuple[Key, Any]]:
    """Yield the rows of zones with their records. rows: those of the zones themselves."""
    for origin, row in rows.items():
        yield ("zone", name_text(origin)), row
    for zone in zones:
        for name, node in zone.nodes():
            for number, rrset in node.items():
                yield _records_key(zone.origin, name, number), _row(rrset)


def _records_key(origin: Name, name: Name, number: int) -> Key:
    return "records", f"{name_text(origin)} {name_text(name)} {number}"


def _row(rrset: RRset | None) -> RecordsRow | None:
    return None if rrset is None else RecordsRow(rrset.ttl, rrset.data)


def origins_of(rows: Rows) -> set[Name]:
    """Return the origins that rows are about."""
    return {parse_name(key.split(" ")[0]) for kind, key in rows if kind in OF_ZONES}
