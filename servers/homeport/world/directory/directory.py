"""The directory of a world: people, groups, hosts and registrars as entries, and entries of its own.

It is made when it is first asked, in steps, and follows the world from then on: a person added anywhere is an entry at
once. `changes.py` changes it; people and groups are the world's.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from sys import intern
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from homeport.world.directory import live
from homeport.world.directory.changes import Changes
from homeport.world.directory.checks import checked_dn
from homeport.world.directory.credentials import Credentials
from homeport.world.directory.entry import OBJECT_CLASS, Attributes, Entry, Values
from homeport.world.directory.evaluation import SpecialRule
from homeport.world.directory.filters import Filter
from homeport.world.directory.frame_entries import CONTAINERS, configured_entries, frame_entries
from homeport.world.directory.group_entries import FIRST_NUMBER as FIRST_GID
from homeport.world.directory.group_entries import Kind, group_attributes
from homeport.world.directory.names import Folded, NameProblem, escape_value, parse_dn, write_rdn
from homeport.world.directory.passwords import STATE_ATTRIBUTES, Passwords
from homeport.world.directory.people_entries import FIRST_NUMBER as FIRST_UID
from homeport.world.directory.people_entries import PersonEntry
from homeport.world.directory.posix_numbers import PosixNumbers
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.directory.rows import EntryRow
from homeport.world.directory.schema.dialects import chosen_definitions
from homeport.world.directory.schema.schema import AttributeType, Schema, extended_schema
from homeport.world.directory.stamps import Stamp, time_text
from homeport.world.directory.tree import STEP, Tree, Value
from homeport.world.row_store import Store

if TYPE_CHECKING:
    from homeport.world.directory.contents import DirectoryContents
    from homeport.world.world import World

SUBSCHEMA = "cn=subschema"
CHANGED = "directory.changed"
"""Topic of notices that an entry has changed."""
IN_CHAIN = "1.2.840.113556.1.4.1941"
"""Matching rule of Active Directory: membership by any number of groups."""
BASE, ONE, SUBTREE, SUBORDINATES = range(4)
LOGIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A login, which needs no escapes in a name."""
UUIDS = UUID("4d2f5f0e-6a7c-5d0c-9c57-9a8f5d0b1c11")
"""Namespace of the UUIDs of entries that have kept none: derived from the seed and the name, so that runs repeat."""
PASSWORD = "userpassword"  # noqa: S105 - an attribute


class Directory:
    """The entries of one world. store: keeps what was changed; None for memory."""

    def __init__(self, world: "World", store: Store | None = None) -> None:
        self._world = world
        self._tree: Tree | None = None
        self._builder: Iterator[None] | None = None
        self._followed: tuple[object, ...] = ()
        self._begin_numbers()
        self._folded: dict[str, Folded] = {}
        self.lives: dict[Folded, live.Live] = {}
        """Containers whose children are made when they are asked for."""
        self.stamps: dict[Folded, Stamp] = {}
        """Creators and times of the entries that were changed here."""
        self.changes = Changes(world, self, store)
        """The changes made here, and the functions that make more."""
        self.passwords = Passwords(world, self)
        """The states of passwords, and their policies."""
        self.on_change: list[Callable[[Entry | None, Entry | None], None]] = []
        """Called after each change of an entry with what it was and what it is; None: it was not there, or is gone."""

    def begin(self) -> None:
        """Return to the initial state: that of the store at first, else the configuration's. Raises: StoreError."""
        self._tree = self._builder = None
        self._begin_numbers()
        self._folded.clear()
        self.changes.begin()
        self.passwords.begin()

    def _begin_numbers(self) -> None:
        contents = self._world.contents
        self._uids = PosixNumbers(FIRST_UID, (person.login.lower() for person in contents.people))
        self._gids = PosixNumbers(FIRST_GID, (group.name.lower() for group in contents.groups))

    # What the configuration says

    @property
    def _contents(self) -> "DirectoryContents":
        return self._world.contents.directory

    @property
    def schema(self) -> Schema:
        """The schema: the standard one with the definitions of LDAP's behaviour and of the configuration."""
        types, classes = chosen_definitions(self._world.options)
        contents = self._contents
        return extended_schema((*types, *contents.attribute_types), (*classes, *contents.object_classes))

    @property
    def suffix(self) -> str:
        """DN below which the world's people, groups, hosts and registrars are."""
        return self._contents.base

    @property
    def suffixes(self) -> tuple[str, ...]:
        """All suffixes."""
        return (self._contents.base, *self._contents.suffixes)

    @property
    def fixed(self) -> frozenset[Folded]:
        """Names of the entries that are always there: suffixes, and the containers of the world."""
        names = (*self.suffixes, *(f"ou={name},{self.suffix}" for name in CONTAINERS))
        return frozenset(map(self.fold, names))

    def dn_of_login(self, login: str) -> str:
        """Return the DN of a person's entry."""
        shown = login if LOGIN.fullmatch(login) else escape_value(login.encode())
        return f"uid={shown},ou=people,{self.suffix}"

    def dn_of_group(self, name: str) -> str:
        """Return the DN of a group's entry."""
        return f"cn={escape_value(name.encode())},ou=groups,{self.suffix}"

    def kind_of(self, key: Folded) -> Kind:
        """Return what an entry of that name is: `person` or `group` with its name, or `other`."""
        base = self.fold_known(self.suffix)
        if len(key) == len(base) + 2 and key[: len(base)] == base and len(key[-1]) == len(key[-2]) == 1:
            (attribute, value), (unit, where) = key[-1][0], key[-2][0]
            kinds = {b"people": ("person", "uid"), b"groups": ("group", "cn")}
            kind, naming = kinds.get(where, ("", "")) if unit == "ou" else ("", "")
            if attribute == naming:
                return kind, value.decode("utf-8", "replace")
        return "other", ""

    def kind_of_dn(self, dn: str) -> Kind:
        """Return as `kind_of`, of a name as text; of `other` with the text."""
        above = f",ou=people,{self.suffix}"
        if dn.startswith("uid=") and dn.endswith(above) and LOGIN.fullmatch(dn, 4, len(dn) - len(above)):
            return "person", dn[4 : -len(above)].lower()  # without parsing: groups have many members
        try:
            kind, name = self.kind_of(self.fold(dn))
        except NameProblem:
            kind, name = "other", ""
        return (kind, name) if name else ("other", dn)

    def fold(self, dn: str) -> Folded:
        """Return a name for comparison. Raises: NameProblem."""
        return self.schema.fold_name(parse_dn(dn))

    def fold_known(self, dn: str) -> Folded:
        """Return as `fold`, of a name that the configuration has: the result is kept."""
        found = self._folded.get(dn)
        if found is None:
            found = self._folded[dn] = self.fold(dn)
        return found

    def checked_key(self, dn: str) -> Folded:
        """Return as `fold`. Raises: DirectoryError."""
        return self.schema.fold_name(checked_dn(dn))

    # The tree

    @property
    def is_open(self) -> bool:
        """True if the tree shows the world as it is."""
        return self._tree is not None and self._followed == self._sources()

    def _sources(self) -> tuple[object, ...]:
        return self._world.people, self._world.groups, self._contents, self.schema

    def opening(self) -> Iterator[None]:
        """Make the tree, if it is not there, in steps; several callers may take them in turn."""
        while not self.is_open:
            if self._builder is None or self._followed != self._sources():
                self._tree = None
                self._builder = self._build()
            try:
                next(self._builder)
            except StopIteration:
                self._builder = None
            else:
                yield

    @property
    def tree(self) -> Tree:
        """The tree; made at once if it is not there."""
        for _step in self.opening():
            pass
        assert self._tree is not None  # noqa: S101 - made
        return self._tree

    def _build(self) -> Iterator[None]:
        world = self._world
        tree = Tree(self.schema)
        self._unfollow()
        self._followed = self._sources()
        self.stamps.clear()
        self._show_frame(tree)
        self._follow(tree)
        for count, login in enumerate([person.login.lower() for person in world.people], 1):
            self._show_person(tree, login)
            if count % STEP == 0:
                yield
        for count, name in enumerate([group.name.lower() for group in world.groups], 1):
            self._show_group(tree, name)
            if count % STEP == 0:
                yield
        for number, row in enumerate(self.changes.entry_rows(), 1):
            self.show_row(tree, row)
            if number % STEP == 0:
                yield
        self._tree = tree

    def _follow(self, tree: Tree) -> None:
        """Show every later change of people and groups in a tree."""
        people, groups = self._world.people, self._world.groups
        self.passwords.follow()

        def person_changed(login: str) -> None:
            self._show_person(tree, login)

        def group_changed(name: str) -> None:
            self._show_group(tree, name)

        people.on_change.append(person_changed)
        groups.on_change.append(group_changed)

        def unfollow() -> None:
            people.on_change.remove(person_changed)
            groups.on_change.remove(group_changed)

        self._unfollow = unfollow  # type: ignore[method-assign]  # until the next tree

    def _unfollow(self) -> None:
        """Do nothing: no tree follows the world yet."""

    def _show_frame(self, tree: Tree) -> None:
        """Show the suffixes, the containers, the accounts and the entries of the configuration."""
        world, contents = self._world, self._contents
        self.lives = {
            self.fold(f"ou=hosts,{self.suffix}"): live.hosts(world),
            self.fold(f"ou=registrars,{self.suffix}"): live.registrars(world),
        }
        for dn, attributes in frame_entries(self.schema, contents):
            self._put(tree, dn, attributes)
        for dn, attributes in self.passwords.entries_of_options():
            self._put(tree, dn, attributes)
        for dn, attributes in configured_entries(self.schema, contents):
            self._put(tree, dn, attributes)

    def _put(self, tree: Tree, dn: str, attributes: Attributes) -> Entry:
        key = self.schema.fold_name(parse_dn(dn))
        if (parent := tree.get(key[:-1])) is not None:
            key = (*parent.key, key[-1])  # the same components: entries are many
        entry = Entry(dn, key, attributes)
        self._show(tree, entry)
        return entry

    def _show(self, tree: Tree, entry: Entry) -> None:
        before = tree.get(entry.key)
        tree.put(entry)
        self._tell(before, entry)

    def _remove(self, tree: Tree, key: Folded) -> None:
        before = tree.remove(key)
        if before is not None:
            self._tell(before, None)

    def _tell(self, before: Entry | None, after: Entry | None) -> None:
        if self._tree is not None:
            for notify in list(self.on_change):
                notify(before, after)
            self._world.notices.publish(CHANGED)

    def _show_person(self, tree: Tree, login: str) -> None:
        person = self._world.people.get(login)
        above = intern(f"ou=people,{self.suffix}")
        key = (*self.fold(above), (("uid", login.encode()),))
        if person is None:
            self._remove(tree, key)
            return
        extra = self.changes.extra_of(login)
        self._show(tree, PersonEntry(key, person, extra, self._uids.of(login), above))

    def _show_group(self, tree: Tree, name: str) -> None:
        group = self._world.groups.get(name)
        if group is None:
            self._remove(tree, self.fold(self.dn_of_group(name)))
            return
        number = self._gids.of(name)
        attributes = group_attributes(group, number, self.dn_of_login, self.dn_of_group)
        self._put(tree, self.dn_of_group(group.name), attributes)

    def show_row(self, tree: Tree, row: EntryRow) -> None:
        """Show an entry of the store."""
        key = self.fold(row.dn)
        if row.gone:
            self._remove(tree, key)
            return
        self.stamps[self._put(tree, row.dn, row.attributes).key] = row.stamp

    # Look-ups

    def find(self, key: Folded) -> Entry | None:
        """Return the entry of a name, or None."""
        entry = self.tree.get(key)
        if entry is None and key and (held := self.lives.get(key[:-1])) is not None and len(key[-1]) == 1:
            (name, value) = key[-1][0]
            made = held.find(value.decode("utf-8", "replace")) if name == "cn" else None
            if made is not None:
                return self._live_entry(key[:-1], made)
        return entry

    def find_dn(self, dn: str) -> Entry | None:
        """Return the entry of a DN; None, too, if it cannot be parsed."""
        try:
            return self.find(self.fold(dn))
        except NameProblem:
            return None

    def require(self, key: Folded) -> Entry:
        """Return the entry of a name. Raises: DirectoryError if it is not there."""
        entry = self.find(key)
        if entry is None:
            raise DirectoryError(Code.NO_SUCH_OBJECT, "there is no such entry", matched=self.nearest(key))
        return entry

    def nearest(self, key: Folded) -> str:
        """Return the DN of the nearest entry above a name that exists; empty for none (RFC 4511 4.1.9)."""
        tree = self.tree
        while key:
            key = key[:-1]
            if (entry := tree.get(key)) is not None:
                return entry.dn
        return ""

    def search(self, base: Folded, scope: int, chosen: Filter, step: int = STEP) -> Iterator[Entry | None]:
        """Yield the entries that a search looks at, and None between steps. step: entries of each.

        The filter is used only to look at fewer; the caller evaluates it.
        """
        tree = self.tree
        if scope == BASE:
            entry = self.find(base)
            if entry is not None:
                yield entry
            return
        indexed = tree.candidates(chosen)
        if indexed is not None and len(tree.entries) > STEP:
            name, value = indexed
            for _step in tree.indexing(name):
                yield None
            keys: Iterable[Folded] = tree.indexed(name, value)
        else:
            keys = tree.children(base) if scope == ONE else tree.subtree(base)
        for number, key in enumerate(keys, 1):
            if in_scope(key, base, scope) and (entry := tree.get(key)) is not None:
                yield entry
            if number % step == 0:
                yield None
        yield from self._live_entries(base, scope, indexed, step)

    def _live_entries(
        self, base: Folded, scope: int, indexed: tuple[str, Value] | None, step: int
    ) -> Iterator[Entry | None]:
        for container, held in self.lives.items():
            if not in_scope((*container, (("cn", b""),)), base, scope):
                continue
            if indexed is not None:
                name, value = indexed
                made = held.find(value.decode("utf-8", "replace")) if name == "cn" and type(value) is bytes else None
                if made is not None:
                    yield self._live_entry(container, made)
                continue
            for number, made in enumerate(held.every(), 1):
                yield self._live_entry(container, made)
                if number % step == 0:
                    yield None

    def _live_entry(self, container: Folded, made: live.Made) -> Entry:
        rdn, attributes = made
        parent = self.tree.get(container)
        above = "" if parent is None else parent.dn
        parsed = parse_dn(f"{rdn},{above}")
        return Entry(f"{write_rdn(parsed[0])},{above}", self.schema.fold_name(parsed), attributes)

    def operational(self, entry: Entry, name: str) -> Values:
        """Return the values of an operational attribute that is made of other state; empty if the entry has none."""
        make = OPERATIONAL.get(name)
        return entry.get(name) if make is None else make(self, entry)

    def stamp_of(self, entry: Entry) -> Stamp:
        """Return who made and changed an entry."""
        kept = self.stamps.get(entry.key) or self.changes.stamp_of(*self.kind_of(entry.key))
        if kept is not None:
            return kept
        made = self._world.made
        return Stamp(str(uuid5(UUIDS, f"{self._world.contents.seed} {entry.key}")), "", made, "", made)

    def groups_of(self, entry: Entry) -> list[Entry]:
        """Return the groups that name an entry as a member."""
        return self.tree.groups_of(entry)

    @property
    def special_rules(self) -> dict[str, SpecialRule]:
        """Matching rules of extensible filters that need the tree."""
        return {IN_CHAIN: self._in_chain}

    def _in_chain(self, entry: Entry, kind: AttributeType | None, value: bytes) -> bool | None:
        """Return True if an entry is a member of a group, or a group has a member, by any number of groups."""
        try:
            wanted = self.fold(value.decode("utf-8"))
        except (NameProblem, UnicodeDecodeError):
            return None
        name = "" if kind is None else kind.name.lower()
        start, goal = (entry.key, wanted) if name == "memberof" else (wanted, entry.key)
        if name not in ("member", "memberof"):
            return None
        seen, waiting = {start}, [start]
        while waiting:
            held = self.tree.get(waiting.pop())
            for group in () if held is None else self.groups_of(held):
                if group.key == goal:
                    return True
                if group.key not in seen:
                    seen.add(group.key)
                    waiting.append(group.key)
        return False

    def credentials(self, name: str) -> Credentials | None:
        """Return what must be known to log in by a DN; None if no client can."""
        entry = self.find_dn(name)
        if entry is None or not (passwords := entry.get(PASSWORD)):
            return None
        kind, login = self.kind_of(entry.key)
        person = self._world.people.get(login) if kind == "person" else None
        return Credentials(entry.dn, person.login if person else "", passwords, self.is_administrator(entry.key))

    def is_administrator(self, key: Folded) -> bool:
        """Return True if an entry of that name may change everything."""
        return any(one.admin and self.fold_known(one.dn) == key for one in self._contents.account)


def in_scope(key: Folded, base: Folded, scope: int) -> bool:
    """Return True if a name lies in the scope of a search."""
    if key[: len(base)] != base:
        return False
    depth = len(key) - len(base)
    return depth == scope if scope in (BASE, ONE) else depth >= (scope == SUBORDINATES)


def _yes(whether: bool) -> Values:  # noqa: FBT001 - the value of an attribute
    return (b"TRUE",) if whether else (b"FALSE",)


def _structural(directory: Directory, entry: Entry) -> Values:
    from homeport.world.directory.checks import classes_of, structural_of

    try:
        return (structural_of(classes_of(directory.schema, entry.get(OBJECT_CLASS))).name.encode(),)
    except DirectoryError:
        return ()


def _of_password(name: str) -> Callable[[Directory, Entry], Values]:
    return lambda directory, entry: directory.passwords.attribute(entry, name)


OPERATIONAL: dict[str, Callable[[Directory, Entry], Values]] = {
    "createtimestamp": lambda directory, entry: (time_text(directory.stamp_of(entry).created),),
    "modifytimestamp": lambda directory, entry: (time_text(directory.stamp_of(entry).modified),),
    "creatorsname": lambda directory, entry: (directory.stamp_of(entry).creator.encode(),),
    "modifiersname": lambda directory, entry: (directory.stamp_of(entry).modifier.encode(),),
    "entryuuid": lambda directory, entry: (directory.stamp_of(entry).uuid.encode(),),
    "entrydn": lambda _directory, entry: (entry.dn.encode(),),
    "subschemasubentry": lambda _directory, _entry: (SUBSCHEMA.encode(),),
    "structuralobjectclass": _structural,
    "hassubordinates": lambda directory, entry: _yes(
        directory.tree.has_children(entry.key) or entry.key in directory.lives
    ),
    "numsubordinates": lambda directory, entry: (str(len(list(directory.tree.children(entry.key)))).encode(),),
    "memberof": lambda directory, entry: tuple(group.dn.encode() for group in directory.groups_of(entry)),
    **{name: _of_password(name) for name in STATE_ATTRIBUTES},
}
"""Functions that make operational attributes, by name in lower case."""
