"""Index of the homes of a world's people: who owns the home that contains a path, and whose homes lie below it.

Names are compared without regard to case and Unicode normalization, as some file systems do: on those `/HOME/Bob` is
bob's home, and on the others nothing is lost by protecting it too. Homes may be nested; the innermost one counts.

A home may be, or lie behind, a symbolic link. The folder that it leads to is then his home too, by whichever path it is
reached. Links are followed at each login and when people have changed, not at each look-up: the directory of the homes
is listed again only if it has changed, so that a login costs one look per person with a `home` of his own.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from unicodedata import normalize

from homeport.world.files import Access, FileProblem, FileTree, Path
from homeport.world.people import People, Person
from homeport.world.world import World

DEFAULT_PARENT = ("home",)
"""Directory of the homes, unless a person has another `home`."""


class Homes:
    """Index of homes. Looking a path up costs the same with ten thousand people as with five.

    It is used on the reactor and in the thread pool: it is replaced as a whole when people or links have changed.
    tree: returns the tree in which links are followed; None: there are none.
    """

    def __init__(self, people: People, tree: Callable[[], FileTree] | None = None) -> None:
        self._people = people
        self._tree = tree
        self._reached: Mapping[Path, Path] = {}
        self._followed = -1  # the people's `changes` when links were followed
        self._folders: frozenset[Path] = frozenset()  # to follow besides the homes
        self._listed: tuple[object, tuple[Path, ...]] = (None, ())  # state of the directory of the homes; its links
        self._index = _Index(people, self._reached)

    def follow_links(self, folders: Iterable[Path] = ()) -> None:
        """Find the folders that homes, and these folders, lead to. Reads the disk: not for the reactor."""
        if self._tree is None:
            return
        self._folders |= frozenset(folders)
        changes, tree = self._people.changes, self._tree()
        homes = {home_of(person) for person in list(self._people) if person.home}
        paths = {DEFAULT_PARENT, *self._links_to_homes(tree), *homes, *self._folders}
        reached = {path: reach(tree, path) for path in paths}
        reached = {path: to for path, to in reached.items() if to != path}
        if reached != self._reached:
            self._reached = reached
            self._index = _Index(self._people, reached)
        self._followed = changes

    def follow_changes(self) -> None:
        """Follow links again if people have changed. Reads the disk then."""
        if self._followed != self._people.changes:
            self.follow_links()

    def reached(self, path: Path) -> Path:
        """Return the path that a home, or a folder that was named to `follow_links`, leads to."""
        return self._reached.get(path, path)

    def owners(self, path: Path) -> frozenset[str]:
        """Return the logins of the owners of the innermost home that contains a path; empty outside homes."""
        index, folded = self._current(), fold(path)
        for depth in range(len(folded), 0, -1):
            owners = index.special.get(folded[:depth], frozenset())
            if folded[: depth - 1] in index.parents:
                person = self._people.get(folded[depth - 1])
                if person is not None and not person.home:
                    owners |= {person.login}
            if owners:
                return owners
        return frozenset()

    def other_below(self, path: Path, login: str) -> str:
        """Return an owner other than `login` of a home at or below a path; empty if there is none."""
        index, folded = self._current(), fold(path)
        others = set(index.below.get(folded, ()))
        if any(folded == parent[: len(folded)] for parent in index.parents):
            others.update(index.some_by_default)
        elif folded[:-1] in index.parents:
            others |= self.owners(path)
        return next((owner for owner in sorted(others) if owner != login), "")

    def _current(self) -> "_Index":
        if self._index.changes != self._people.changes:
            self._index = _Index(self._people, self._reached)
        return self._index

    def _links_to_homes(self, tree: FileTree) -> tuple[Path, ...]:
        """Return the default homes that are links themselves."""
        try:
            found = tree.entry(DEFAULT_PARENT)
            state = (found.unique, found.modified)
            if self._listed[0] != state:
                links = tuple((*DEFAULT_PARENT, one.name) for one in tree.entries(DEFAULT_PARENT) if one.kind == "link")
                self._listed = (state, links)
        except FileProblem:
            return ()
        return self._listed[1]


class _Index:
    """The homes at one state of the people. Homes at their default place are found by the people's own index.

    reached: the paths that links lead to, by the path as configured.
    """

    def __init__(self, people: People, reached: Mapping[Path, Path]) -> None:
        self.changes = people.changes
        everyone = list(people)
        self.parents = {DEFAULT_PARENT, fold(reached.get(DEFAULT_PARENT, DEFAULT_PARENT))}
        self.some_by_default = [person.login for person in everyone if not person.home][:2]
        """Two owners of default homes: enough to name one other than the user."""
        special: dict[Path, set[str]] = {}
        below: dict[Path, set[str]] = {}
        homes = [(home_of(person), person.login) for person in everyone if person.home]
        homes += [(reached[home], login) for home, login in homes if home in reached]
        for link, to in reached.items():
            if link[:-1] == DEFAULT_PARENT and (person := people.get(link[-1])) is not None and not person.home:
                homes.append((to, person.login))
        for path, login in homes:
            if home := fold(path):
                special.setdefault(home, set()).add(login)
                for depth in range(len(home) + 1):
                    below.setdefault(home[:depth], set()).add(login)
        self.special = {home: frozenset(owners) for home, owners in special.items()}
        self.below = below


def homes_of(world: World) -> Homes:
    """Return the homes of a world, one index for all services."""
    return world.of_service("homes", lambda: Homes(world.people, lambda: world.files))


def reach(tree: FileTree, path: Path) -> Path:
    """Return the path that a path leads to after symbolic links; itself if a directory above it is missing."""
    reached = path

    def note(_access: Access, to: Path) -> None:
        nonlocal reached
        reached = to

    with suppress(FileProblem):  # a home may be missing, perhaps behind links that are not
        tree.guarded(note).entry(path)
    return reached


def home_of(person: Person) -> Path:
    """Return the home of a person, as a path of the world's tree."""
    home = person.home or f"/home/{person.login}"
    return tuple(part for part in home.split("/") if part not in ("", ".", ".."))


def fold(path: Path) -> Path:
    """Return a path as file systems compare it that ignore case and normalization."""
    return tuple(
        name.lower() if name.isascii() else normalize("NFC", normalize("NFC", name).casefold()) for name in path
    )


def below(path: Path, folder: Path) -> bool:
    """True if a path is `folder` or below it."""
    return path[: len(folder)] == folder
