"""Changes of a directory: of people and groups in the world, of all other entries in its own tree; kept in its store.

Every change makes rows on top of the configuration: of entries, people with the attributes beside them, and groups.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from homeport.world.directory.checks import (
    check_entry,
    check_values,
    checked_dn,
    classes_of,
    comparable,
    structural_of,
    with_naming,
    with_superclasses,
)
from homeport.world.directory.checks import type_of as checked_type
from homeport.world.directory.entry import OBJECT_CLASS, Attributes, Entry, Values, describe
from homeport.world.directory.group_entries import group_of
from homeport.world.directory.names import Dn, Folded, Rdn, write_dn
from homeport.world.directory.people_entries import person_of
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.rows import ROW_TYPES, EntryRow, GroupRow, PersonRow
from homeport.world.directory.stamps import Stamp
from homeport.world.row_store import Key, Store, Ticket

if TYPE_CHECKING:
    from homeport.world.directory.directory import Directory
    from homeport.world.world import World

ADD, DELETE, REPLACE, INCREMENT = range(4)
"""Operations of a modification (RFC 4511 4.6, RFC 4525)."""
MAX_DIGITS = 400
OF_REGISTRY = "hosts and registrars are the registry's: change them over EPP or the API"
PERSON_CLASSES = frozenset((b"person", b"organizationalperson", b"inetorgperson"))
GROUP_CLASSES = frozenset((b"groupofnames",))


class Who(Protocol):
    """The user who changes something."""

    @property
    def dn(self) -> str: ...
    @property
    def admin(self) -> bool: ...


class Modification(Protocol):
    """One change of an entry's attribute."""

    @property
    def operation(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def values(self) -> Values: ...


class Changes:
    """The rows of one directory, and what makes them."""

    def __init__(self, world: "World", directory: "Directory", store: Store | None) -> None:
        self._world = world
        self._directory = directory
        self._store = store
        self._rows: dict[Key, Any] | None = None  # None: not loaded

    def begin(self) -> None:
        """Load the rows at first; remove them later. Raises: StoreError."""
        if self._rows is None:
            kept = None if self._store is None else self._store.load(ROW_TYPES)
            self._rows = {} if kept is None else dict(kept)
        else:
            if self._store is not None and self._rows:
                self._store.replace({})
            self._rows = {}
        for (kind, name), row in self._rows.items():
            self._put_in_world(kind, name, row)

    # What was changed

    @property
    def _kept(self) -> dict[Key, Any]:
        assert self._rows is not None  # noqa: S101 - `begin` was called
        return self._rows

    def entry_rows(self) -> Iterator[EntryRow]:
        """Yield the rows of entries, parents first."""
        yield from (row for (kind, _name), row in self._kept.items() if kind == "entry")

    def extra_of(self, login: str) -> Attributes:
        """Return the attributes beside a person."""
        row = self._kept.get(("person", login.lower()))
        return {} if row is None else {name: tuple(values) for name, values in row.extra.items()}

    def stamp_of(self, kind: str, name: str) -> Stamp | None:
        """Return who changed a person or a group; None if no client has."""
        row = self._kept.get((kind, name.lower()))
        return None if row is None else row.stamp

    @property
    def unsettled(self) -> Ticket | None:
        """The newest change that is not durable yet, if any."""
        return None if self._store is None else self._store.unsettled

    def flush(self, ticket: Ticket | None) -> None:
        """Block until a change is durable; callable in any thread. Raises: StoreError if it was lost."""
        if self._store is not None and ticket is not None:
            self._store.flush(ticket)

    def settle(self) -> Callable[[], None] | None:
        """Return work that stores changes which no client waits for; None if there are none."""
        self.rollback_failed()  # the client that waited for it is gone
        return partial(self.flush, self.unsettled) if self._store is not None and self._store.waiting else None

    def rollback_failed(self) -> None:
        """Restore in memory what was before changes that the store failed to write."""
        if self._store is not None and self._store.failed:
            self._apply(self._store.take_failed())

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            self._store.close()

    # Operations

    def add(self, who: Who, name: str, given: Iterable[tuple[str, Values]]) -> Entry:
        """Add an entry. Raises: DirectoryError, StoreError."""
        directory, dn = self._directory, checked_dn(name)
        self._require_writer(who)
        key = directory.schema.fold_name(dn)
        attributes = self._checked(given)
        if directory.find(key) is not None:
            raise DirectoryError(Code.ENTRY_ALREADY_EXISTS, "there is an entry of that name")
        self._require_parent(key)
        attributes = with_superclasses(directory.schema, with_naming(directory.schema, dn[0], attributes))
        check_entry(directory.schema, attributes)
        now = self._world.clock.now()
        stamp = Stamp(self._new_uuid(), who.dn, now, who.dn, now)
        self._write(key, write_dn(dn), attributes, stamp)
        made = directory.find(key)
        assert made is not None  # noqa: S101 - written
        return made

    def modify(
        self, who: Who, name: str, modifications: Sequence[Modification], *, permissive: bool = False
    ) -> tuple[Entry, Entry]:
        """Change an entry: all modifications or none. Return it before and after.

        permissive: adding what is there, and deleting what is not, are no errors.
        Raises: DirectoryError, StoreError.
        """
        directory = self._directory
        entry = self._require(name)
        self._require_writer(who, entry)
        attributes = dict(entry.attributes)
        for one in modifications:
            self._modify(attributes, one, permissive=permissive)
        self._keep_naming(entry, attributes)
        attributes = with_superclasses(directory.schema, attributes)
        self._keep_structure(entry, attributes)
        check_entry(directory.schema, attributes)
        stamp = directory.stamp_of(entry).changed(who.dn, self._world.clock.now())
        self._write(entry.key, entry.dn, attributes, stamp)
        return entry, self._require(entry.dn)

    def rename(
        self, who: Who, name: str, new_rdn: Rdn, *, delete_old: bool, superior: str | None
    ) -> tuple[Entry, Entry]:
        """Rename an entry, or move it with all below it. Return it before and after. Raises: as `modify`."""
        directory, schema = self._directory, self._directory.schema
        entry = self._require(name)
        self._require_writer(who)
        old = checked_dn(entry.dn)
        above = old[1:] if superior is None else checked_dn(superior)
        dn: Dn = (new_rdn, *above)
        key = schema.fold_name(dn)
        if key != entry.key and directory.find(key) is not None:
            raise DirectoryError(Code.ENTRY_ALREADY_EXISTS, "there is an entry of the new name")
        if len(entry.key) <= len(key) and key[: len(entry.key)] == entry.key and key != entry.key:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "an entry cannot be moved below itself")
        if superior is not None:
            self._require_parent(key)
        attributes = self._renamed(entry, old[0], new_rdn, delete_old=delete_old)
        check_entry(schema, attributes)
        if entry.key in directory.fixed:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "this entry belongs to the world: it keeps its name")
        stamp = directory.stamp_of(entry).changed(who.dn, self._world.clock.now())
        below = [directory.tree.entries[one] for one in directory.tree.subtree(entry.key)][1:]
        self._move(entry, write_dn(dn), key, attributes, stamp, below)
        made = directory.find(key)
        assert made is not None  # noqa: S101 - written
        return entry, made

    def delete(self, who: Who, name: str, *, subtree: bool = False) -> Entry:
        """Remove an entry, with all below it if `subtree` is set. Return it. Raises: as `modify`."""
        directory = self._directory
        entry = self._require(name)
        self._require_writer(who)
        if entry.key in directory.fixed:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "this entry belongs to the world: it cannot be removed")
        keys = list(directory.tree.subtree(entry.key))
        if len(keys) > 1 and not subtree:
            raise DirectoryError(Code.NOT_ALLOWED_ON_NON_LEAF, "the entry has others below it")
        rows: dict[Key, Any] = {}
        for key in reversed(keys):
            rows |= self._gone(directory.tree.entries[key])
        self._keep(rows)
        return entry

    def change_password(self, who: Who, name: str, new: bytes) -> None:
        """Set the password of an entry. Raises: DirectoryError, StoreError."""
        self.modify(who, name, (_Replaced("userPassword", (new,)),))

    # Checks

    def _require(self, name: str) -> Entry:
        directory = self._directory
        key = directory.schema.fold_name(checked_dn(name))
        entry = directory.find(key)
        if entry is None:
            raise DirectoryError(Code.NO_SUCH_OBJECT, "there is no such entry", matched=directory.nearest(key))
        return entry

    def _require_writer(self, who: Who, entry: Entry | None = None) -> None:
        """Require that a user may change an entry: an administrator everything, a person the own one."""
        if who.admin:
            return
        if not who.dn:
            raise DirectoryError(Code.STRONGER_AUTH_REQUIRED, "log in before you change something")
        if entry is None or self._directory.fold(who.dn) != entry.key:
            text = "only accounts that are administrators may do this ([[directory.account]])"
            raise DirectoryError(Code.INSUFFICIENT_ACCESS_RIGHTS, text)

    def _require_parent(self, key: Folded) -> None:
        directory = self._directory
        if not key:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "the root DSE cannot be changed")
        if directory.find(key[:-1]) is None:
            if key in {directory.fold(one) for one in directory.suffixes}:
                return
            raise DirectoryError(Code.NO_SUCH_OBJECT, "there is no entry above it", matched=directory.nearest(key))
        if key[:-1] in directory.lives:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, OF_REGISTRY)

    def _keep_naming(self, entry: Entry, attributes: Attributes) -> None:
        schema = self._directory.schema
        for one in checked_dn(entry.dn)[0]:
            kind = checked_type(schema, one.type)
            held = {comparable(kind, value) for value in attributes.get(kind.name.lower(), ())}
            if comparable(kind, one.value) not in held:
                text = "a value of the entry's name cannot be removed: rename it"
                raise DirectoryError(Code.NOT_ALLOWED_ON_RDN, text)

    def _keep_structure(self, entry: Entry, attributes: Attributes) -> None:
        """Require that the structural object class stays (RFC 4512 2.4.2)."""
        schema = self._directory.schema
        before, after = entry.get(OBJECT_CLASS), attributes.get(OBJECT_CLASS, ())
        if before != after and structural_of(classes_of(schema, before)) is not structural_of(
            classes_of(schema, after)
        ):
            text = "the structural object class of an entry stays"
            raise DirectoryError(Code.OBJECT_CLASS_MODS_PROHIBITED, text)

    def _keep_superclasses(self, name: str, before: Values, after: Values) -> None:
        """Require that no superclass of a remaining object class is deleted (RFC 4512 3.3)."""
        if name == OBJECT_CLASS and after:
            schema = self._directory.schema
            implied = with_superclasses(schema, {OBJECT_CLASS: after})[OBJECT_CLASS]
            if {value.lower() for value in before} & {value.lower() for value in implied[len(after) :]}:
                text = "a superclass of another object class of the entry cannot be deleted (RFC 4512 3.3)"
                raise DirectoryError(Code.OBJECT_CLASS_MODS_PROHIBITED, text)

    def _checked(self, given: Iterable[tuple[str, Values]]) -> Attributes:
        """Return attributes that were given for a new entry, by descriptions. Raises: DirectoryError."""
        schema = self._directory.schema
        attributes: Attributes = {}
        for description, values in given:
            kind = checked_type(schema, description)
            name = describe(schema, description)
            if kind.is_fixed:
                raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"{kind.name} is made by the server")
            if not values:
                raise DirectoryError(Code.PROTOCOL_ERROR, f"{kind.name} has no value (RFC 4511 4.7)")
            if name in attributes:
                text = f"{kind.name} is there twice (RFC 4511 4.1.7)"
                raise DirectoryError(Code.ATTRIBUTE_OR_VALUE_EXISTS, text)
            check_values(kind, values)
            attributes[name] = values
        return attributes

    def _modify(self, attributes: Attributes, one: Modification, *, permissive: bool) -> None:
        """Apply one modification. Raises: DirectoryError."""
        schema = self._directory.schema
        kind, name = checked_type(schema, one.type), describe(schema, one.type)
        if kind.is_fixed:
            raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"{kind.name} is made by the server")
        held = attributes.get(name, ())
        values = self._permitted(kind, held, one) if permissive else one.values
        if permissive and one.values and not values and one.operation in (ADD, DELETE):
            return
        if one.operation in (ADD, REPLACE):
            check_values(kind, values)
        match one.operation:
            case 0:
                made = self._added(kind, held, values)
            case 1:
                made = self._without(kind, held, values)
                self._keep_superclasses(name, held, made)
            case 2:
                made = values
            case 3:
                made = self._incremented(kind, held, one.values)
            case number:
                raise DirectoryError(Code.PROTOCOL_ERROR, f"{number} is no operation of a modification (RFC 4511 4.6)")
        if made:
            attributes[name] = made
        else:
            attributes.pop(name, None)

    @staticmethod
    def _permitted(kind: Any, held: Values, one: Modification) -> Values:
        """Return the values of a permissive modification that change something."""
        there = {comparable(kind, value) for value in held}
        if one.operation == ADD:
            return tuple(value for value in one.values if comparable(kind, value) not in there)
        if one.operation == DELETE:
            return tuple(value for value in one.values if comparable(kind, value) in there)
        return one.values

    @staticmethod
    def _added(kind: Any, held: Values, values: Values) -> Values:
        if not values:
            raise DirectoryError(Code.PROTOCOL_ERROR, f"{kind.name}: nothing is added (RFC 4511 4.6)")
        there = {comparable(kind, value) for value in held}
        if any(comparable(kind, value) in there for value in values):
            raise DirectoryError(Code.ATTRIBUTE_OR_VALUE_EXISTS, f"{kind.name} has that value already")
        return (*held, *values)

    @staticmethod
    def _without(kind: Any, held: Values, values: Values) -> Values:
        if not held:
            raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, f"the entry has no {kind.name}")
        if not values:
            return ()
        if kind.equality is None:
            text = f"{kind.name} has no equality rule: delete all its values, or replace them"
            raise DirectoryError(Code.INAPPROPRIATE_MATCHING, text)
        unwanted = {comparable(kind, value) for value in values}
        if missing := unwanted - {comparable(kind, value) for value in held}:
            text = f"{kind.name} has no such value"
            raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, text if missing else "")
        return tuple(value for value in held if comparable(kind, value) not in unwanted)

    @staticmethod
    def _incremented(kind: Any, held: Values, values: Values) -> Values:
        """Add a number to every value (RFC 4525)."""
        numbers = (*values, *held)
        if len(values) != 1:
            raise DirectoryError(Code.PROTOCOL_ERROR, f"{kind.name}: an increment has one value (RFC 4525 2)")
        if not held:
            raise DirectoryError(Code.NO_SUCH_ATTRIBUTE, f"the entry has no {kind.name}")
        if not all(len(one) < MAX_DIGITS and one.removeprefix(b"-").isdigit() for one in numbers):
            raise DirectoryError(Code.CONSTRAINT_VIOLATION, f"{kind.name} is no number")
        return tuple(str(int(one) + int(values[0])).encode() for one in held)

    def _renamed(self, entry: Entry, old: Rdn, new: Rdn, *, delete_old: bool) -> Attributes:
        """Return the attributes of an entry with the values of its new name."""
        schema, attributes = self._directory.schema, dict(entry.attributes)
        kept = {(describe(schema, one.type), one.value) for one in new}
        for one in old if delete_old else ():
            name, kind = describe(schema, one.type), checked_type(schema, one.type)
            if (name, one.value) in kept:
                continue
            left = tuple(
                each for each in attributes.get(name, ()) if comparable(kind, each) != comparable(kind, one.value)
            )
            if left:
                attributes[name] = left
            else:
                attributes.pop(name, None)
        for one in new:
            name, kind = describe(schema, one.type), checked_type(schema, one.type)
            check_values(kind, (one.value,))
            held = attributes.get(name, ())
            if comparable(kind, one.value) not in {comparable(kind, each) for each in held}:
                attributes[name] = (*held, one.value)
        return attributes

    # Writing

    def _write(self, key: Folded, dn: str, attributes: Attributes, stamp: Stamp) -> None:
        """Make an entry have these attributes, as what it is. Raises: DirectoryError, StoreError."""
        kind, name = self._directory.kind_of(key)
        if kind == "person":
            before = self._world.people.get(name)
            self._require_class(attributes, PERSON_CLASSES, "people are inetOrgPerson")
            person, extra = person_of(attributes, before)
            row: Any = PersonRow(person, {one: list(values) for one, values in extra.items()}, stamp)
            self._keep({("person", name.lower()): row})
        elif kind == "group":
            self._require_class(attributes, GROUP_CLASSES, "groups are groupOfNames")
            group = group_of(attributes, self._directory.kind_of_dn)
            self._keep({("group", name.lower()): GroupRow(group, stamp)})
        elif key[:-1] in self._directory.lives:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, OF_REGISTRY)
        else:
            self._keep({("entry", dn): EntryRow(dn, _lists(attributes), stamp)})

    @staticmethod
    def _require_class(attributes: Attributes, wanted: frozenset[bytes], text: str) -> None:
        if wanted.isdisjoint(one.lower() for one in attributes.get(OBJECT_CLASS, ())):
            raise DirectoryError(Code.OBJECT_CLASS_VIOLATION, f"{text} here")

    def _gone(self, entry: Entry) -> dict[Key, Any]:
        """Return the row that says that an entry is no more. Raises: DirectoryError."""
        kind, name = self._directory.kind_of(entry.key)
        stamp = self._directory.stamp_of(entry)
        if kind == "person":
            return {("person", name.lower()): PersonRow(None, {}, stamp)}
        if kind == "group":
            return {("group", name.lower()): GroupRow(None, stamp)}
        return {("entry", entry.dn): EntryRow(entry.dn, {}, stamp, gone=True)}

    def _move(
        self, entry: Entry, dn: str, key: Folded, attributes: Attributes, stamp: Stamp, below: list[Entry]
    ) -> None:
        """Give an entry, and all below it, another name."""
        kinds = {self._directory.kind_of(entry.key)[0], self._directory.kind_of(key)[0]}
        if len(kinds) > 1 or (below and kinds != {"other"}):
            text = "people and groups of the world cannot be moved elsewhere, nor entries to them"
            raise DirectoryError(Code.AFFECTS_MULTIPLE_DSAS, text)
        if below and any(self._directory.kind_of(one.key)[0] != "other" for one in below):
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "the containers of the world stay where they are")
        if key == entry.key:
            self._write(key, dn, attributes, stamp)
            return
        stamps = {one.dn: self._directory.stamp_of(one) for one in below}
        rows = self._gone(entry)
        for one in below:
            rows |= self._gone(one)
        self._keep(rows)
        self._write(key, dn, attributes, stamp)
        count = len(checked_dn(entry.dn))
        moved: dict[Key, Any] = {}
        for one in below:
            parsed = checked_dn(one.dn)
            new_dn = write_dn((*parsed[: len(parsed) - count], *checked_dn(dn)))
            moved["entry", new_dn] = EntryRow(new_dn, _lists(one.attributes), stamps[one.dn])
        if moved:
            self._keep(moved)

    def _keep(self, rows: Mapping[Key, Any]) -> None:
        """Queue rows at the store, and apply them in memory. Raises: StoreError; then nothing has changed."""
        if self._store is not None:
            before = {key: self._current(key) for key in rows}
            self._store.queue(rows, before)
        self._apply(rows)

    def _current(self, key: Key) -> Any:
        """Return the row of what is there now, to which a failed change is rolled back."""
        kind, name = key
        if kind == "person":
            extra = {one: list(values) for one, values in self.extra_of(name).items()}
            return PersonRow(self._world.people.get(name), extra, self.stamp_of(kind, name) or Stamp())
        if kind == "group":
            return GroupRow(self._world.groups.get(name), self.stamp_of(kind, name) or Stamp())
        entry = self._directory.find(self._directory.fold(name))
        if entry is None:
            return EntryRow(name, {}, Stamp(), gone=True)
        return EntryRow(entry.dn, _lists(entry.attributes), self._directory.stamp_of(entry))

    def _apply(self, rows: Mapping[Key, Any]) -> None:
        for key, row in rows.items():
            if row is None:
                self._kept.pop(key, None)
                continue
            self._kept[key] = row
            if key[0] == "entry":
                if self._directory.is_open:
                    self._directory.show_row(self._directory.tree, row)
            else:
                self._put_in_world(*key, row)

    def _put_in_world(self, kind: str, name: str, row: Any) -> None:
        world = self._world
        if kind == "person":
            if row.person is None:
                world.people.remove(name)
            else:
                world.people.put(row.person)
        elif kind == "group":
            if row.group is None:
                world.groups.remove(name)
            else:
                world.groups.put(row.group)

    def _new_uuid(self) -> str:
        digits = self._world.random.randbytes(16).hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class _Replaced(msgspec.Struct, frozen=True):
    """A replacement of an attribute."""

    type: str
    values: Values
    operation: int = REPLACE


def _lists(attributes: Attributes) -> dict[str, list[bytes]]:
    return {name: list(values) for name, values in attributes.items()}
