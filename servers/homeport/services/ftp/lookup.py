"""Looking up the argument of LIST and NLST: a directory, a file, or the matches of a pattern.

A name that exists is a name, whatever characters it has: `LIST [2024] trip` shows that directory. Only a pathname that
does not exist, and has wildcards, is a pattern; each of its names may be one.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import msgspec

from homeport.services.ftp.globs import WILDCARD, ListingArgument, matcher
from homeport.services.ftp.pathnames import show
from homeport.world.files import Entry, FileProblem, FileTree, Path

MAX_DIRECTORY_BYTES = 4096
"""Size of a directory above which it is read off the reactor: it has some hundred entries, or more."""
MAX_ENTRIES_AT_ONCE = 100
"""Entries that are read and formatted on the reactor: 1 ms."""
MAX_DIRECTORIES = 1000
"""Maximum number of directories that one pattern may read."""
ABSENT = ("missing", "no directory", "bad name")


class Found(NamedTuple):
    """Result of looking up an argument."""

    path: Path
    kind: Literal["directory", "file", "pattern"]
    entries: Iterable[Entry]
    """Entries to show, with their names as LIST shows them. They may be read while they are iterated over."""
    prefix: str = ""
    """Pathname that NLST puts before the names, so that RETR accepts them."""


def look_up(tree: FileTree, directory: Path, path: Path, wanted: ListingArgument, *, quick: bool) -> Found | None:
    """Look up an argument; may run on any thread. Raises: FileProblem.

    directory: the working directory. path: the path of the argument, if it is no pattern.
    quick: return None instead of reading more than one directory, or a large one.
    """
    try:
        entry = tree.entry(path)
    except FileProblem as problem:
        if problem.kind not in ABSENT or not WILDCARD.search(wanted.name):
            raise
        return _expand(tree, directory, path, wanted, quick=quick)
    parent, slash, _ = wanted.name.rpartition("/")
    if entry.kind != "directory":
        if wanted.name.endswith("/"):
            raise FileProblem("no directory", show(path))
        return Found(path, "file", [entry], parent + slash)
    if quick and entry.size > MAX_DIRECTORY_BYTES:
        return None
    prefix = "" if wanted.name in {"", "."} else wanted.name.removesuffix("/") + "/"
    return Found(path, "directory", _matching(tree, path, "*", hidden=wanted.hidden), prefix)


def _expand(tree: FileTree, directory: Path, path: Path, wanted: ListingArgument, *, quick: bool) -> Found | None:
    """Expand a pattern."""
    first = next((at for at, name in enumerate(path) if WILDCARD.search(name)), len(path))
    base = path[:first]
    if first >= len(path) - 1:
        entry = tree.entry(base)
        if entry.kind != "directory":
            raise FileProblem("no directory", show(base))
        if quick and entry.size > MAX_DIRECTORY_BYTES:
            return None
        parent, slash, pattern = wanted.name.rpartition("/")
        only_directories = not pattern  # it ends with a slash
        entries = _matching(tree, base, path[-1], hidden=wanted.hidden)
        if only_directories:
            parent, slash, _ = parent.rpartition("/")
            entries = (one for one in entries if one.kind == "directory")
        return Found(base, "pattern", entries, parent + slash)
    if quick:
        return None
    below = not wanted.name.startswith("/") and path[: len(directory)] == directory
    cut = len(directory) if below else 0
    found = [
        msgspec.structs.replace(entry, name=("" if below else "/") + "/".join(at[cut:]))
        for at, entry in _descend(tree, base, path[first:], hidden=wanted.hidden)
    ]
    return Found(base, "pattern", found)


def _descend(tree: FileTree, base: Path, names: Path, *, hidden: bool) -> Iterator[tuple[Path, Entry]]:
    """Yield paths and entries that match names one below the other."""
    matches: list[tuple[Path, Entry]] = [(base, tree.entry(base))]
    read = 0
    for name in names:
        last, matches = matches, []
        for path, _entry in last:
            read += 1
            if read > MAX_DIRECTORIES:
                raise FileProblem("too large", f"the pattern leads through more than {MAX_DIRECTORIES} directories")
            try:
                if not WILDCARD.search(name):
                    matches.append(((*path, name), tree.entry((*path, name))))
                    continue
                found = list(_matching(tree, path, name, hidden=hidden))
            except FileProblem as problem:
                if problem.kind not in (*ABSENT, "denied"):
                    raise
                continue
            matches += [((*path, entry.name), entry) for entry in found]
    yield from matches


def _matching(tree: FileTree, path: Path, pattern: str, *, hidden: bool) -> Iterator[Entry]:
    matches = matcher(pattern, hidden=hidden)
    return (entry for entry in tree.entries(path) if matches(entry.name))
