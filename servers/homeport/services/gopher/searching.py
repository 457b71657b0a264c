"""Searches (type 7) over the world's people and files, in slices of bounded work for the thread pool."""

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from itertools import islice

from homeport.services.gopher.files import OpenFile, item_of
from homeport.services.gopher.items import TEXT_TYPES, Item
from homeport.services.gopher.steps import Work
from homeport.world.files import FileProblem, FileTree, Path
from homeport.world.people import Person
from homeport.world.public_files import PublicFiles

MAX_TERMS = 16
"""Terms of a search; more are ignored."""
MAX_HITS = 200
MAX_LOOKED = 20_000
"""Files, folders and people that a search looks at."""
MAX_FILE_BYTES = 64 << 10
"""Beginning of a text that is searched."""
SLICE = 100
"""Files or people of one slice."""


def split_terms(text: str) -> list[str]:
    """Return the terms of a search, in lower case; an item must contain all."""
    return text.lower().split()[:MAX_TERMS]


def search(
    files: PublicFiles, people: Sequence[Person], terms: Sequence[str]
) -> Generator[Work, tuple[list[Item], bool], tuple[list[Item], bool]]:
    """Yield slices of work; return the items that contain all terms, and True if there may be more."""
    hits: list[Item] = []
    looking = candidates(files, people, terms)
    for _ in range(0, MAX_LOOKED, SLICE):
        found, ended = yield partial(look_at_slice, looking)
        hits += found
        if ended or len(hits) >= MAX_HITS:
            break
    else:
        ended = False
    return hits[:MAX_HITS], not ended


def look_at_slice(looking: Iterator[Item | None]) -> tuple[list[Item], bool]:
    """Return the items of the next slice that match, and True if it was the last."""
    looked = list(islice(looking, SLICE))
    return [item for item in looked if item is not None], len(looked) < SLICE


def candidates(files: PublicFiles, people: Sequence[Person], terms: Sequence[str]) -> Iterator[Item | None]:
    """Yield an item for each person and file that matches, and None for each that does not."""
    for person in people:
        texts = (person.login, person.name, person.office, person.phone, person.project, person.plan)
        found = contains("\n".join(texts), terms)
        yield person_item(person) if found else None
    try:
        tree = files.tree()
    except FileProblem:
        return
    yield from below(tree, (), terms)


def below(tree: FileTree, top: Path, terms: Sequence[str]) -> Iterator[Item | None]:
    """Yield the same for the files and folders below a folder. Links are not followed: they may lead back."""
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            for entry in tree.entries(folder):
                path = (*folder, entry.name)
                if entry.kind == "link" or not entry.name.isprintable():
                    yield None
                    continue
                if entry.kind == "directory":
                    folders.append(path)
                item = item_of(tree, path, entry)
                yield item if matches(tree, path, item, terms) else None
        except FileProblem:
            yield None


def matches(tree: FileTree, path: Path, item: Item, terms: Sequence[str]) -> bool:
    """Return True if a file's name and text, or a folder's name, contain all terms."""
    if contains(path[-1], terms):
        return True
    if item.type not in TEXT_TYPES:
        return False
    opened = OpenFile()
    try:
        opened.open(tree, path)
        text = opened.read(MAX_FILE_BYTES).decode("utf-8", "replace")
    except FileProblem:
        return False
    finally:
        opened.close()
    return contains(f"{path[-1]}\n{text}", terms)


def contains(text: str, terms: Sequence[str]) -> bool:
    """Return True if a text contains all terms, ignoring case."""
    text = text.lower()
    return all(term in text for term in terms)


def person_item(person: Person) -> Item:
    """Return the item of a person."""
    return Item("0", f"{person.name} ({person.login})", f"/people/{person.login}", media="text/plain")
