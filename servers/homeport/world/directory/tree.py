"""The tree of entries: by name, by parent, by the values of indexed attributes; and who is a member of what."""

from collections.abc import Iterable, Iterator

from homeport.world.directory import filters
from homeport.world.directory.entry import Entry
from homeport.world.directory.filters import Filter
from homeport.world.directory.matching import folded
from homeport.world.directory.names import Folded, NameProblem, parse_dn
from homeport.world.directory.schema.schema import Schema

INDEXED = frozenset(
    (
        *("uid", "cn", "sn", "givenname", "mail", "displayname", "telephonenumber", "employeenumber", "uidnumber"),
        *("gidnumber", "memberuid", "member", "uniquemember", "entryuuid", "ou", "dc", "o"),
        *("samaccountname", "userprincipalname", "objectsid", "objectguid"),
    )
)
"""Attributes of which an index is made when a search first asks for a value."""
STEP = 128
"""Entries that one step of a search or of indexing takes."""
MEMBERSHIPS = ("member", "uniquemember")


class Index:
    """The entries that have a value of an attribute, by the folded value."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[bytes, Folded | dict[Folded, None]] = {}  # one name, or several: most values are unique

    def add(self, value: bytes, key: Folded) -> None:
        """Add an entry."""
        held = self._held.get(value)
        if held is None:
            self._held[value] = key
        elif type(held) is dict:
            held[key] = None
        elif held != key:
            self._held[value] = {held: None, key: None}  # type: ignore[dict-item]  # a name: it is no dict

    def remove(self, value: bytes, key: Folded) -> None:
        """Remove an entry."""
        held = self._held.get(value)
        if type(held) is dict:
            held.pop(key, None)
            if not held:
                del self._held[value]
        elif held == key:
            del self._held[value]

    def of(self, value: bytes) -> Iterable[Folded]:
        """Return the names of the entries with that value."""
        held = self._held.get(value)
        if held is None:
            return ()
        return tuple(held) if type(held) is dict else (held,)  # type: ignore[return-value]  # a name: it is no dict


class Tree:
    """Entries with their parents; the schema says how values compare."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.entries: dict[Folded, Entry] = {}
        self._children: dict[Folded, dict[Folded, None]] = {}
        self._indexes: dict[str, Index] = {}
        self._indexing: dict[str, Iterator[None]] = {}  # what fills the indexes that are not complete
        self._members = Index()  # groups by the folded names of their members

    def get(self, key: Folded) -> Entry | None:
        """Return the entry of a name, or None."""
        return self.entries.get(key)

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of its name. Its parent need not be there: it may be a suffix."""
        before = self.entries.get(entry.key)
        self.entries[entry.key] = entry
        self._children.setdefault(entry.key[:-1], {})[entry.key] = None
        for name, index in self._indexes.items():
            if before is not None:
                self._unindex(index, name, before)
            self._index(index, name, entry)
        for member in () if before is None else self._members_in(before):
            self._members.remove(member, entry.key)
        for member in self._members_in(entry):
            self._members.add(member, entry.key)

    def remove(self, key: Folded) -> Entry | None:
        """Remove an entry without its children; return it, or None if it was not there."""
        entry = self.entries.pop(key, None)
        if entry is None:
            return None
        siblings = self._children[key[:-1]]
        del siblings[key]
        if not siblings:
            del self._children[key[:-1]]
        for name, index in self._indexes.items():
            self._unindex(index, name, entry)
        for member in self._members_in(entry):
            self._members.remove(member, key)
        return entry

    def children(self, key: Folded) -> Iterable[Folded]:
        """Return the names of an entry's children in the order they came."""
        return tuple(self._children.get(key, ()))

    def has_children(self, key: Folded) -> bool:
        """Return True if an entry has children."""
        return key in self._children

    def subtree(self, key: Folded) -> Iterator[Folded]:
        """Yield the name of an entry and of all below it, parents first."""
        waiting = [key]
        while waiting:
            one = waiting.pop()
            if one in self.entries:
                yield one
            waiting += reversed(self._children.get(one, {}))

    def groups_of(self, entry: Entry) -> list[Entry]:
        """Return the groups that name an entry as a member."""
        return [self.entries[key] for key in self._members.of(_bytes_of(entry.key))]

    def candidates(self, chosen: Filter) -> tuple[str, bytes] | None:
        """Return an indexed attribute and a folded value that every entry a filter finds has; None if it has none."""
        match chosen:
            case filters.And(parts):
                return next((found for part in parts if (found := self.candidates(part))), None)
            case filters.Equality(description, value):
                kind = self.schema.attribute(description)
                if kind is None or kind.equality is None or kind.name.lower() not in INDEXED:
                    return None
                wanted = folded(kind.equality, value)
                if wanted is None or len(self.schema.subtypes(kind)) > 1:
                    return None
                return kind.name.lower(), wanted
        return None

    def indexing(self, name: str) -> Iterator[None]:
        """Make the index of an attribute if there is none; in steps, which several callers may take in turn."""
        if name not in self._indexes:
            self._indexes[name] = index = Index()
            self._indexing[name] = self._filling(name, index)
        while (filling := self._indexing.get(name)) is not None:
            try:
                next(filling)
            except StopIteration:
                self._indexing.pop(name, None)
            else:
                yield

    def _filling(self, name: str, index: Index) -> Iterator[None]:
        """Index the entries that are there now; `put` indexes those that come."""
        for number, key in enumerate(list(self.entries), 1):
            if (entry := self.entries.get(key)) is not None:
                self._index(index, name, entry)
            if number % STEP == 0:
                yield

    def indexed(self, name: str, value: bytes) -> Iterable[Folded]:
        """Return the names of the entries with a value, once there is an index."""
        return self._indexes[name].of(value)

    def _index(self, index: Index, name: str, entry: Entry) -> None:
        for value in self._folded_values(name, entry):
            index.add(value, entry.key)

    def _unindex(self, index: Index, name: str, entry: Entry) -> None:
        for value in self._folded_values(name, entry):
            index.remove(value, entry.key)

    def _folded_values(self, name: str, entry: Entry) -> Iterator[bytes]:
        kind = self.schema.attribute(name)
        if kind is None or kind.equality is None:
            return
        for value in entry.values(self.schema, kind):
            if (found := folded(kind.equality, value)) is not None:
                yield found

    def _members_in(self, entry: Entry) -> Iterator[bytes]:
        for name in MEMBERSHIPS:
            for value in entry.get(name):
                try:
                    yield _bytes_of(self.schema.fold_name(parse_dn(value.decode("utf-8"))))
                except (NameProblem, UnicodeDecodeError):
                    continue


def _bytes_of(key: Folded) -> bytes:
    return repr(key).encode()
