"""The tree of entries: by name, by parent, by the values of indexed attributes; and who is a member of what."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import islice

from homeport.world.directory import filters
from homeport.world.directory.entry import Attributes, Entry, Values
from homeport.world.directory.filters import Filter
from homeport.world.directory.matching import MatchingRule, folded
from homeport.world.directory.names import Folded, NameProblem, parse_dn
from homeport.world.directory.schema.schema import Schema

INDEXED = frozenset(
    (
        *("uid", "cn", "sn", "givenname", "mail", "displayname", "telephonenumber", "employeenumber", "uidnumber"),
        *("gidnumber", "memberuid", "entryuuid", "ou", "dc", "o"),
        *("samaccountname", "userprincipalname", "objectsid", "objectguid"),
    )
)
"""Attributes of which an index is made when a search first asks for a value."""
STEP = 128
"""Entries that one step of a search or of indexing takes."""
MEMBERSHIPS = ("member", "uniquemember")
Value = bytes | Folded
"""A folded value; of a membership, the name."""


class Index:
    """The entries that have a value of an attribute, by the folded value."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[Value, Folded | dict[Folded, None]] = {}  # one name, or several: most values are unique

    def add(self, value: Value, key: Folded) -> None:
        """Add an entry."""
        held = self._held.get(value)
        if held is None:
            self._held[value] = key
        elif type(held) is dict:
            held[key] = None
        elif held != key:
            self._held[value] = {held: None, key: None}  # type: ignore[dict-item]  # a name: it is no dict

    def remove(self, value: Value, key: Folded) -> None:
        """Remove an entry."""
        held = self._held.get(value)
        if type(held) is dict:
            held.pop(key, None)
            if not held:
                del self._held[value]
        elif held == key:
            del self._held[value]

    def of(self, value: Value) -> Iterable[Folded]:
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
        self._unsettled: deque[Iterator[None]] = deque()  # changes of `_members` that are not over

    def get(self, key: Folded) -> Entry | None:
        """Return the entry of a name, or None."""
        return self.entries.get(key)

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of its name. Its parent need not be there: it may be a suffix."""
        before = self.entries.get(entry.key)
        self.entries[entry.key] = entry
        self._children.setdefault(entry.key[:-1], {})[entry.key] = None
        for name, index in self._indexes.items():
            self._reindex(index, name, before, entry)
        self._change_members(before, entry)

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
            self._reindex(index, name, entry, None)
        self._change_members(entry, None)
        return entry

    def _change_members(self, before: Entry | None, after: Entry | None) -> None:
        """Note who is no more a member of a group, and who is now. A large group takes steps: see `settling`."""
        had = () if before is None else _members_of(before.attributes)
        has = () if after is None else _members_of(after.attributes)
        if had or has:
            (key,) = {one.key for one in (before, after) if one is not None}
            self._unsettled.append(self._changing(key, *_differences(had, has)))
            if len(self._unsettled) == 1 and len(had) + len(has) <= STEP:
                self._settle()

    def _changing(self, key: Folded, gone: Iterable[bytes], new: Iterable[bytes]) -> Iterator[None]:
        for change, values in ((self._members.remove, gone), (self._members.add, new)):
            for number, member in enumerate(self._names_in(values), 1):
                change(member, key)
                if number % STEP == 0:
                    yield

    def settling(self) -> Generator[None, None, None]:
        """Note the members of large groups that have changed, in steps, which several callers may take in turn."""
        while self._unsettled:
            try:
                next(self._unsettled[0])
            except StopIteration:
                self._unsettled.popleft()
            else:
                yield

    def _settle(self) -> None:
        for _step in self.settling():
            pass

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
        return [self.entries[key] for key in self._groups_with(entry.key)]

    def _groups_with(self, member: Folded) -> Iterable[Folded]:
        self._settle()  # nothing to do, unless the change of a large group is under way
        return self._members.of(member)

    def candidates(self, chosen: Filter) -> tuple[str, Value] | None:
        """Return an indexed attribute and a folded value that every entry a filter finds has; None if it has none."""
        match chosen:
            case filters.And(parts):
                return next((found for part in parts if (found := self.candidates(part))), None)
            case filters.Equality(description, value):
                kind = self.schema.attribute(description)
                if kind is not None and (name := kind.name.lower()) in MEMBERSHIPS:
                    return next(((name, member) for member in self._names_in((value,))), None)
                if kind is None or kind.equality is None or kind.name.lower() not in INDEXED:
                    return None
                wanted = folded(kind.equality, value)
                if wanted is None or len(self.schema.subtypes(kind)) > 1:
                    return None
                return kind.name.lower(), wanted
        return None

    def indexing(self, name: str) -> Iterator[None]:
        """Make the index of an attribute if there is none; in steps, which several callers may take in turn."""
        if name not in self._indexes and name not in MEMBERSHIPS:
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
        kind = self.schema.attribute(name)
        rule = None if kind is None else kind.equality
        if kind is None or rule is None:
            return
        number = 0
        for key in list(self.entries):
            waiting: Iterator[bytes] = iter(())
            entry = None
            while (now := self.entries.get(key)) is not None:
                if now is not entry:  # at first, or it was changed while its values were indexed
                    entry, waiting = now, now.values(self.schema, kind)
                some = tuple(islice(waiting, STEP))
                self._add(index, rule, some, entry)
                number += len(some) or 1
                if number >= STEP:
                    number = 0
                    yield
                if len(some) < STEP:
                    break

    def indexed(self, name: str, value: Value) -> Iterable[Folded]:
        """Return the names of the entries with a value, once there is an index."""
        if name in MEMBERSHIPS:
            return self._groups_with(value)  # type: ignore[arg-type]  # a name: see `candidates`
        return self._indexes[name].of(value)

    def _reindex(self, index: Index, name: str, before: Entry | None, after: Entry | None) -> None:
        """Index what an entry has, in place of what it had: only what differs is folded, as entries may have much."""
        kind = self.schema.attribute(name)
        rule = None if kind is None else kind.equality
        if kind is None or rule is None:
            return
        had = () if before is None else tuple(before.values(self.schema, kind))
        has = () if after is None else tuple(after.values(self.schema, kind))
        gone, new = _differences(had, has)
        for value in gone:
            if before is not None and (found := folded(rule, value)) is not None:
                index.remove(found, before.key)
        if after is not None:
            self._add(index, rule, new, after)

    @staticmethod
    def _add(index: Index, rule: MatchingRule, values: Iterable[bytes], entry: Entry) -> None:
        for value in values:
            if (found := folded(rule, value)) is not None:
                index.add(found, entry.key)

    def _names_in(self, values: Iterable[bytes]) -> Iterator[Folded]:
        """Yield the names of members, folded; those of entries as these have them, to keep each name once."""
        for value in values:
            try:
                key = self.schema.fold_name(parse_dn(value.decode("utf-8")))
            except (NameProblem, UnicodeDecodeError):
                continue
            entry = self.entries.get(key)
            yield key if entry is None else entry.key


def _members_of(attributes: Attributes) -> Values:
    first, second = MEMBERSHIPS
    return (*attributes.get(first, ()), *attributes.get(second, ()))


def _differences(before: Values, after: Values) -> tuple[Iterable[bytes], Iterable[bytes]]:
    """Return the values to remove from an index, and those to add then."""
    if not before or not after:
        return before, after
    had, has = set(before), set(after)
    gone = had - has
    if gone and len(after) <= STEP:
        return gone, after  # one may fold as a removed one does, in an attribute with options
    return gone, has - had
