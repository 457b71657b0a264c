"""Changes of a directory: of people and groups in the world, of all other entries in its own tree; kept in its store.

Every change makes rows on top of the configuration: of entries, people with the attributes beside them, and groups.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from homeport.world.directory import modifications, subtrees
from homeport.world.directory.batch import Batch
from homeport.world.directory.change_requests import REPLACE, Modification, Who
from homeport.world.directory.checks import (
    check_entry,
    checked_dn,
    keep_naming,
    keep_structure,
    with_naming,
    with_superclasses,
)
from homeport.world.directory.entry import OBJECT_CLASS, Attributes, Entry, Values
from homeport.world.directory.group_entries import group_of
from homeport.world.directory.names import Dn, Folded, Rdn, write_dn
from homeport.world.directory.people_entries import person_of
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.rows import ROW_TYPES, EntryRow, GroupRow, PersonRow
from homeport.world.directory.stamps import Stamp
from homeport.world.directory.subtrees import ROWS_STEP, Job, Rows
from homeport.world.row_store import Key, Store, Ticket

if TYPE_CHECKING:
    from homeport.world.directory.directory import Directory
    from homeport.world.world import World

NONE: Attributes = {}
T = TypeVar("T")
OF_REGISTRY = "hosts and registrars are the registry's: change them over EPP or the API"
PERSON_CLASSES = frozenset((b"person", b"organizationalperson", b"inetorgperson"))
GROUP_CLASSES = frozenset((b"groupofnames",))


class Changes:
    """The rows of one directory, and what makes them."""

    def __init__(self, world: "World", directory: "Directory", store: Store | None) -> None:
        self._world = world
        self._directory = directory
        self._store = store
        self._rows: dict[Key, Any] | None = None  # None: not loaded
        self._batch: Batch | None = None
        self._job: Job | None = None  # the change of a subtree that is under way
        self.is_applying = False
        """True while rows change people and groups, so that followers know where a change comes from."""

    def begin(self) -> None:
        """Load the rows at first; remove them later. Raises: StoreError."""
        if self._rows is None:
            kept = None if self._store is None else self._store.load(ROW_TYPES)
            self._rows = {} if kept is None else dict(kept)
        else:
            if self._store is not None and self._rows:
                self._store.replace({})
            self._rows = {}
        self._apply(dict(self._rows))

    # What was changed

    @property
    def _kept(self) -> dict[Key, Any]:
        assert self._rows is not None  # noqa: S101 - `begin` was called
        return self._rows

    def row(self, key: Key) -> Any:
        """Return a row; None if there is none."""
        return self._kept.get(key)

    def entry_rows(self) -> Iterator[EntryRow]:
        """Yield the rows of entries, parents first."""
        yield from (row for (kind, _name), row in self._kept.items() if kind == "entry")

    def extra_of(self, login: str) -> Attributes:
        """Return the attributes beside a person."""
        row = self._kept.get(("person", login.lower()))
        return NONE if row is None else row.extra

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

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Make the changes within the block, or none if it raises. Nothing else must change the directory meanwhile."""
        batch = self._batch = Batch()
        try:
            yield
            self._batch = None
            if self._store is not None and batch.after:
                self._store.queue(batch.after, batch.before)
        except BaseException:
            self._batch = None
            self._apply(batch.before)
            raise

    # Operations

    def add(self, who: Who, name: str, given: Iterable[tuple[str, Values]]) -> Entry:
        """Add an entry, in one step. Raises: DirectoryError, StoreError."""
        return finished(self.adding(who, name, given))

    def adding(self, who: Who, name: str, given: Iterable[tuple[str, Values]]) -> Generator[None, None, Entry]:
        """Add an entry, in steps, of which the last one alone changes something.

        Raises: DirectoryError, StoreError; Outdated to begin again.
        """
        yield from self.settling()
        directory, dn = self._directory, checked_dn(name)
        self._require_writer(who)
        key = directory.schema.fold_name(dn)
        attributes = yield from modifications.checked(directory.schema, given)
        if self._job is not None:
            raise Outdated
        if directory.find(key) is not None:
            raise DirectoryError(Code.ENTRY_ALREADY_EXISTS, "there is an entry of that name")
        self._require_parent(key)
        attributes = with_superclasses(directory.schema, with_naming(directory.schema, dn[0], attributes))
        check_entry(directory.schema, attributes)
        also = directory.passwords.added_rows(who, Entry(write_dn(dn), key, {}), attributes)
        now = self._world.clock.now()
        stamp = Stamp(self._new_uuid(), who.dn, now, who.dn, now)
        self._write(key, write_dn(dn), attributes, stamp, also)
        made = directory.find(key)
        assert made is not None  # noqa: S101 - written
        return made

    def modify(
        self,
        who: Who,
        name: str,
        changes: Sequence[Modification],
        *,
        permissive: bool = False,
        proved: bool = False,
    ) -> tuple[Entry, Entry]:
        """Change an entry as `modifying`, in one step."""
        return finished(self.modifying(who, name, changes, permissive=permissive, proved=proved))

    def modifying(
        self,
        who: Who,
        name: str,
        changes: Sequence[Modification],
        *,
        permissive: bool = False,
        proved: bool = False,
    ) -> Generator[None, None, tuple[Entry, Entry]]:
        """Change an entry: all modifications or none. Return it before and after.

        It takes steps, of which the last one alone changes something.
        permissive: adding what is there, and deleting what is not, are no errors. proved: the old password was given.
        Raises: DirectoryError, StoreError; Outdated if another client has changed the entry between the steps.
        """
        yield from self.settling()
        directory = self._directory
        entry = self._require(name)
        self._require_writer(who, entry)
        attributes = dict(entry.attributes)
        directory.passwords.lend(entry, attributes)
        for one in changes:
            yield from modifications.modify(directory.schema, attributes, one, permissive=permissive)
        if self._job is not None or (entry.key[:-1] not in directory.lives and directory.find(entry.key) is not entry):
            raise Outdated
        also = directory.passwords.changed_rows(who, entry, attributes, changes, proved=proved)
        keep_naming(directory.schema, entry.dn, attributes)
        attributes = with_superclasses(directory.schema, attributes)
        keep_structure(directory.schema, entry.get(OBJECT_CLASS), attributes.get(OBJECT_CLASS, ()))
        check_entry(directory.schema, attributes)
        stamp = directory.stamp_of(entry).changed(who.dn, self._world.clock.now())
        self._write(entry.key, entry.dn, attributes, stamp, also)
        return entry, self._require(entry.dn)

    def rename(
        self, who: Who, name: str, new_rdn: Rdn, *, delete_old: bool, superior: str | None
    ) -> tuple[Entry, Entry]:
        """Rename an entry as `renaming`, in one step."""
        return finished(self.renaming(who, name, new_rdn, delete_old=delete_old, superior=superior))

    def renaming(
        self, who: Who, name: str, new_rdn: Rdn, *, delete_old: bool, superior: str | None
    ) -> Generator[None, None, tuple[Entry, Entry]]:
        """Rename an entry, or move it with all below it, in steps. Return it before and after. Raises: as `modify`."""
        yield from self.settling()
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
        attributes = modifications.renamed(schema, entry.attributes, old[0], new_rdn, delete_old=delete_old)
        check_entry(schema, attributes)
        if entry.key in directory.fixed:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "this entry belongs to the world: it keeps its name")
        stamp = directory.stamp_of(entry).changed(who.dn, self._world.clock.now())
        self._require_same_kind(entry, key)
        if key == entry.key:
            self._write(key, write_dn(dn), attributes, stamp)
        elif directory.tree.has_children(entry.key):
            moved = self._subtree(entry)
            yield from self._finish(subtrees.move(self, directory, moved, write_dn(dn), attributes, stamp))
        else:
            also = directory.passwords.moved_rows(entry, Entry(write_dn(dn), key, {}))
            self.keep(self.row_of_gone(entry))
            self._write(key, write_dn(dn), attributes, stamp, also)
        made = directory.find(key)
        assert made is not None  # noqa: S101 - written
        return entry, made

    def delete(self, who: Who, name: str, *, subtree: bool = False) -> Entry:
        """Remove an entry as `deleting`, in one step."""
        return finished(self.deleting(who, name, subtree=subtree))

    def deleting(self, who: Who, name: str, *, subtree: bool = False) -> Generator[None, None, Entry]:
        """Remove an entry, with all below it if `subtree` is set, in steps. Return it. Raises: as `modify`."""
        yield from self.settling()
        directory = self._directory
        entry = self._require(name)
        self._require_writer(who)
        if entry.key in directory.fixed:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, "this entry belongs to the world: it cannot be removed")
        if not directory.tree.has_children(entry.key):
            self.keep(self.row_of_gone(entry))
        elif subtree:
            yield from self._finish(subtrees.removal(self, reversed(self._subtree(entry))))
        else:
            raise DirectoryError(Code.NOT_ALLOWED_ON_NON_LEAF, "the entry has others below it")
        return entry

    def _subtree(self, entry: Entry) -> list[Entry]:
        tree = self._directory.tree
        return [tree.entries[key] for key in tree.subtree(entry.key)]

    # Changes of subtrees

    def settling(self) -> Generator[None, None, None]:
        """Carry on the change of a subtree that is under way, if there is one, to its end."""
        while (job := self._job) is not None:
            job.step()
            if not job.is_over:
                yield
            elif self._job is job:
                self._job = None

    def _finish(self, making: Generator[None, None, Rows]) -> Generator[None, None, None]:
        """Make rows and apply them, in steps; to the end, even if the client has gone. Raises: what `making` does."""
        job = self._job = Job(self._keeping(making))
        try:
            yield from self.settling()
        finally:
            while not job.is_over:
                job.step()
            if self._job is job:
                self._job = None
        if job.error is not None:
            raise job.error

    def _keeping(self, making: Generator[None, None, Rows]) -> Generator[None, None, None]:
        """Queue rows at the store, in one transaction, and apply them in memory; both in steps."""
        kept, rows = self._rows, (yield from making)
        if self._is_kept:
            before = {}
            for number, key in enumerate(rows, 1):
                before[key] = self._current(key)
                if number % ROWS_STEP == 0:
                    yield
            self._queue(rows, before)
        for number, (key, row) in enumerate(rows.items(), 1):
            if self._rows is not kept:  # the world was reset
                return
            self._apply({key: row})
            if number % ROWS_STEP == 0:
                yield

    def change_password(self, who: Who, name: str, new: bytes, *, proved: bool = False) -> None:
        """Set the password of an entry. proved: the old one was given. Raises: DirectoryError, StoreError."""
        self.modify(who, name, (Modification(REPLACE, "userPassword", (new,)),), proved=proved)

    # Checks

    def _require(self, name: str) -> Entry:
        return self._directory.require(self._directory.checked_key(name))

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

    # Writing

    def _write(
        self, key: Folded, dn: str, attributes: Attributes, stamp: Stamp, also: Mapping[Key, Any] = MappingProxyType({})
    ) -> None:
        """Make an entry have these attributes, as what it is. also: more rows. Raises: DirectoryError, StoreError."""
        kind, name = self._directory.kind_of(key)
        if kind == "person":
            before = self._world.people.get(name)
            self._require_class(attributes, PERSON_CLASSES, "people are inetOrgPerson")
            person, extra = person_of(attributes, before)
            row: Any = PersonRow(person, extra, stamp)
            self.keep({**also, ("person", name.lower()): row})
        elif kind == "group":
            self._require_class(attributes, GROUP_CLASSES, "groups are groupOfNames")
            group = group_of(attributes, self._directory.kind_of_dn)
            self.keep({**also, ("group", name.lower()): GroupRow(group, stamp)})
        elif key[:-1] in self._directory.lives:
            raise DirectoryError(Code.UNWILLING_TO_PERFORM, OF_REGISTRY)
        else:
            self.keep({**also, ("entry", dn): EntryRow(dn, attributes, stamp)})

    @staticmethod
    def _require_class(attributes: Attributes, wanted: frozenset[bytes], text: str) -> None:
        if wanted.isdisjoint(one.lower() for one in attributes.get(OBJECT_CLASS, ())):
            raise DirectoryError(Code.OBJECT_CLASS_VIOLATION, f"{text} here")

    def row_of_gone(self, entry: Entry) -> dict[Key, Any]:
        """Return the row that says that an entry is no more. Raises: DirectoryError."""
        kind, name = self._directory.kind_of(entry.key)
        stamp = self._directory.stamp_of(entry)
        also = self._directory.passwords.removed_rows(entry)
        if kind == "person":
            return {("person", name.lower()): PersonRow(None, {}, stamp), **also}
        if kind == "group":
            return {("group", name.lower()): GroupRow(None, stamp), **also}
        return {("entry", entry.dn): EntryRow(entry.dn, {}, stamp, gone=True), **also}

    def _require_same_kind(self, entry: Entry, key: Folded) -> None:
        """Require that a new name is one of the same kind: of a person, of a group, or of neither."""
        directory = self._directory
        kind = directory.kind_of(entry.key)[0]
        if kind != directory.kind_of(key)[0] or (kind != "other" and directory.tree.has_children(entry.key)):
            text = "people and groups of the world cannot be moved elsewhere, nor entries to them"
            raise DirectoryError(Code.AFFECTS_MULTIPLE_DSAS, text)

    def keep(self, rows: Mapping[Key, Any]) -> None:
        """Queue rows at the store, and apply them in memory. Raises: StoreError; then nothing has changed."""
        if self._is_kept:
            self._queue(rows, {key: self._current(key) for key in rows})
        self._apply(rows)

    @property
    def _is_kept(self) -> bool:
        """True if what rows were is needed: to be stored, or for a batch."""
        return self._store is not None or self._batch is not None

    def _queue(self, rows: Mapping[Key, Any], before: Rows) -> None:
        """Queue rows at the store, or add them to the batch. Raises: StoreError; then nothing has changed."""
        if self._batch is not None:
            self._batch.add(rows, before)
        elif self._store is not None:
            self._store.queue(rows, before)

    def _current(self, key: Key) -> Any:
        """Return the row of what is there now, to which a failed change is rolled back."""
        kind, name = key
        if kind == "password":
            return self._kept.get(key)
        if kind == "person":
            stamp = self._current_stamp(self._directory.dn_of_login(name))
            return PersonRow(self._world.people.get(name), self.extra_of(name), stamp)
        if kind == "group":
            stamp = self._current_stamp(self._directory.dn_of_group(name))
            return GroupRow(self._world.groups.get(name), stamp)
        entry = self._directory.find(self._directory.fold(name))
        if entry is None:
            return EntryRow(name, {}, Stamp(), gone=True)
        return EntryRow(entry.dn, entry.attributes, self._directory.stamp_of(entry))

    def _current_stamp(self, dn: str) -> Stamp:
        """Return who has changed an entry, with the identifier that it has; an empty stamp if it is not there."""
        entry = self._directory.find(self._directory.fold(dn))
        return Stamp() if entry is None else self._directory.stamp_of(entry)

    def _apply(self, rows: Mapping[Key, Any]) -> None:
        self.is_applying = True
        try:
            for key, row in rows.items():
                self._apply_row(key, row)
        finally:
            self.is_applying = False

    def _apply_row(self, key: Key, row: Any) -> None:
        if row is None:
            self._kept.pop(key, None)
            return
        self._kept[key] = row
        if key[0] == "entry":
            if self._directory.is_open:
                self._directory.show_row(self._directory.tree, row)
        elif key[0] != "password":
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


class Outdated(Exception):
    """Raised if an entry was changed by another client while its change took steps."""


def finished(steps: Generator[None, None, T]) -> T:
    """Run steps to their end, without a pause; return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # StopIteration has no type parameter
