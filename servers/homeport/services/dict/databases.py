"""Databases as DICT shows them: entries in an order, found by key, with a headword and a definition each.

An entry is a number; the entries of one key are consecutive. `Words` has those of the world, a live view has those that
the world has at that moment, and `dictd.DictdFile` those of files.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Sequence

from homeport.services.dict.options import BuiltIn, DatabaseTable
from homeport.world.clock import to_moment
from homeport.world.dictionary import OWN, Headword, fold, key
from homeport.world.world import World


class Unreadable(Exception):
    """A file of the database is damaged, or cannot be read; the message says why."""


class Database(ABC):
    """One database."""

    blocks = False
    """True if its methods read files, so that they run in the thread pool."""

    def __init__(self, name: str, title: str, info: str, *, restricted: bool = False) -> None:
        self.name = name
        self.title = title
        self.info = info
        self.restricted = restricted

    @abstractmethod
    def __len__(self) -> int:
        """Number of entries."""

    @abstractmethod
    def key_at(self, position: int) -> str:
        """Return the key at a position in the order of the keys."""

    @abstractmethod
    def entry_at(self, position: int) -> int:
        """Return the entry at a position in the order of the keys."""

    @abstractmethod
    def headwords(self, begin: int, end: int) -> Sequence[str]:
        """Return the headwords of consecutive entries."""

    @abstractmethod
    def definition(self, entry: int) -> str:
        """Return the text of an entry. Raises: Unreadable."""

    def find(self, prefix: str, *, whole: bool, skip: int = 0, limit: int) -> list[int]:
        """Return the entries whose key is `prefix`, or begins with it.

        whole: True for the key itself; those of exactly that spelling alone, if there are any.
        """
        wanted = key(prefix)
        begin = bisect_left(range(len(self)), wanted, key=self.key_at) + skip
        found: list[int] = []
        for position in range(begin, len(self)):
            known = self.key_at(position)
            if len(found) >= limit or not (known == wanted if whole else known.startswith(wanted)):
                break
            found.append(self.entry_at(position))
        if not whole or len(found) < 2:
            return found
        folded = fold(prefix)
        return [one for one in found if fold(self.headwords(one, one + 1)[0]) == folded] or found


class Words(Database):
    """Headwords in memory, as they are at this moment."""

    def __init__(
        self, name: str, title: str, info: str, words: Sequence[Headword], *, restricted: bool = False
    ) -> None:
        super().__init__(name, title, info, restricted=restricted)
        self._entries = [(one.word, text) for one in words for text in one.definitions]

    def __len__(self) -> int:
        return len(self._entries)

    def key_at(self, position: int) -> str:
        return key(self._entries[position][0])

    def entry_at(self, position: int) -> int:
        return position

    def headwords(self, begin: int, end: int) -> Sequence[str]:
        return [word for word, _text in self._entries[begin:end]]

    def definition(self, entry: int) -> str:
        return self._entries[entry][1]


class People(Words):
    """The people of a world, by login and by name; who is on is looked up when a definition is read."""

    def __init__(self, world: World) -> None:
        named = [(name, person.login) for person in world.people for name in {person.login, person.name}]
        named.sort(key=lambda one: (key(one[0]), one))
        super().__init__("people", "The people of this world", PEOPLE_INFO, ())
        self._entries = named
        self._world = world

    def definition(self, entry: int) -> str:
        login = self._entries[entry][1]
        person = self._world.people.get(login)
        if person is None:
            return f"{login} is not here any more."
        lines = [f"{person.name or person.login}, login {person.login}"]
        facts = (
            ("office", person.office),
            ("phone", person.phone),
            ("mail", person.email),
            ("project", person.project),
        )
        lines += [f"  {label}: {text}" for label, text in facts if text]
        present = self._world.presence.of(person.login)
        lines += [f"  on since {to_moment(one.since):%Y-%m-%d %H:%M} (UTC) on {one.terminal}" for one in present]
        lines += [f"  {line}" for line in person.plan.splitlines()]
        return "\n".join(lines)


PEOPLE_INFO = "The people of this world, by login and by name. Finger shows them too."


def of_services(world: World) -> Database:
    """Return the listeners of a world, by the names of their services."""
    texts: dict[str, list[str]] = {}
    for one in world.endpoints.values():
        texts.setdefault(one.service, []).append(f"  {one.service}.{one.listener}: {one.transport} port {one.port}")
    words = [
        Headword(word=name, definitions=("\n".join([f"{name} is served here:", *lines]),))
        for name, lines in sorted(texts.items(), key=lambda one: key(one[0]))
    ]
    info = "The services of this world with their listeners, as they are now."
    return Words("services", "The services of this world and their ports", info, words)


OWN_TABLE = DatabaseTable(
    name=OWN,
    title="Words of networks, as Homeport uses them",
    info="Words of networks and protocols. The control API adds to them, changes and removes them.",
)


class Views:
    """The databases in memory of one world. They are made when they are asked for, and again after a change."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, Database]] = {}

    def _kept(self, name: str, state: object, make: Callable[[], Database]) -> Database:
        kept = self._made.get(name)
        if kept is None or (kept[0] is not state and kept[0] != state):
            kept = self._made[name] = (state, make())
        return kept[1]

    def words(self, world: World, table: DatabaseTable) -> Database:
        """Return a database of the world's own words."""
        words = world.dictionaries.of(table.name).all
        title = table.title or table.name

        def make() -> Database:
            return Words(table.name, title, table.info, words, restricted=table.restricted)

        return self._kept(table.name, (id(words), table), make)

    def built_in(self, world: World, name: BuiltIn) -> Database:
        """Return a database that is there by itself."""
        if name == OWN:
            return self.words(world, OWN_TABLE)
        if name == "people":
            return self._kept(name, world.people.changes, lambda: People(world))
        return self._kept(name, tuple(world.endpoints.values()), lambda: of_services(world))
