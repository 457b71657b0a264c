"""Menus of folders, and files, of the world's tree. All reading is work for the thread pool."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from threading import Lock
from typing import NamedTuple

from homeport.protocol.effects import Log
from homeport.services.gopher.form import Form
from homeport.services.gopher.gophermap import MAX_MAP_BYTES, parse_map
from homeport.services.gopher.items import SNIFFED_BYTES, TEXT_TYPES, Item, by_content, by_name
from homeport.services.gopher.steps import ClientLeft, Steps
from homeport.world.files import Entry, FileProblem, FileSource, FileTree, Path
from homeport.world.public_files import PublicFiles

FILES = "/files"
"""Selector of the root of the tree."""
PIECE = 64 << 10
"""Bytes that are read at a time."""
BATCH = 200
"""Entries of a folder that are looked at at a time."""
UNSPEAKABLE = frozenset("\t\r\n\0")
"""Characters that no selector can have: files with these in their names are not in menus (RFC 1436 Appendix)."""


class OpenFile:
    """A file that is read in the thread pool, and can be closed at any time on the reactor."""

    def __init__(self) -> None:
        self._source: FileSource | None = None
        self._busy = self._closed = False
        self._lock = Lock()  # never held while the disk is read

    def open(self, tree: FileTree, path: Path) -> int:
        """Open it, and return its size in bytes. Raises: FileProblem."""
        source = tree.open(path)
        with self._lock:
            self._source = source
            if self._closed:
                source.close()
        return source.size

    def read(self, size: int) -> bytes:
        """Return the next bytes, `size` of them unless the end is reached. Raises: FileProblem."""
        with self._lock:
            source = self._source
            if self._closed or source is None:
                return b""
            self._busy = True
        try:
            return read_whole(source, size)
        finally:
            with self._lock:
                self._busy = False
                if self._closed:
                    source.close()

    def close(self) -> None:
        """Close it; if it is being read, as soon as that has ended."""
        with self._lock:
            self._closed = True
            if self._source is not None and not self._busy:
                self._source.close()


def read_whole(source: FileSource, size: int) -> bytes:
    """Return the next bytes of a source, `size` of them unless the end is reached."""
    parts: list[bytes] = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Found(NamedTuple):
    """A file or a folder, and what is needed to answer for it."""

    tree: FileTree
    item: Item
    beginning: bytes = b""
    """The first bytes of a file, up to a piece."""
    entries: Iterator[Entry] | None = None
    """Entries of a folder; None for a file."""
    map: bytes | None = None
    """Content of a folder's map."""
    map_name: str = ""
    """Name of maps, which are in no menu."""


def selector_of(path: Path) -> str:
    """Return the selector of a path."""
    return "/".join((FILES, *path))


def look(files: PublicFiles, path: Path, opened: OpenFile, map_name: str) -> Found:
    """Return what is at a path, and open it if it is a file. Raises: FileProblem."""
    tree = files.tree()
    entry = tree.entry(path)
    display = path[-1] if path else "Files"
    if entry.kind == "directory":
        item = Item("1", display, selector_of(path), modified=entry.modified)
        return Found(tree, item, entries=tree.entries(path), map=read_map(tree, path, map_name), map_name=map_name)
    size = opened.open(tree, path)
    beginning = opened.read(PIECE)
    kind, media = by_name(display) or by_content(beginning[:SNIFFED_BYTES])
    item = Item(kind, display, selector_of(path), size=size, modified=entry.modified, media=media)
    return Found(tree, item, beginning)


def read_map(tree: FileTree, folder: Path, name: str) -> bytes | None:
    """Return the content of a folder's map; None if it has none that can be read."""
    if not name:
        return None
    opened = OpenFile()
    try:
        opened.open(tree, (*folder, name))
        return opened.read(MAX_MAP_BYTES)
    except FileProblem:
        return None
    finally:
        opened.close()


def list_batch(tree: FileTree, folder: Path, entries: Iterator[Entry], hidden: str) -> list[Item] | None:
    """Return the items of the next entries of a folder but the one of the name `hidden`; None at its end."""
    items: list[Item] = []
    batch = list(islice(entries, BATCH))
    for entry in batch:
        if entry.name == hidden:
            continue
        if UNSPEAKABLE.isdisjoint(entry.name):
            with suppress(FileProblem):  # a link that leads nowhere, or where no client may go
                items.append(item_of(tree, (*folder, entry.name), entry))
        else:
            items.append(Item("i", f"({entry.name!r} cannot be asked for)", "fake", "null.host", 1))
    return items if batch else None


def item_of(tree: FileTree, path: Path, entry: Entry) -> Item:
    """Return the item of an entry. Raises: FileProblem."""
    if entry.kind == "link":
        entry = tree.entry(path)
    name = path[-1]
    if entry.kind == "directory":
        return Item("1", name, selector_of(path), modified=entry.modified)
    kind, media = by_name(name) or by_content(first_bytes(tree, path) if entry.size else b"")
    return Item(kind, name, selector_of(path), size=entry.size, modified=entry.modified, media=media)


def first_bytes(tree: FileTree, path: Path) -> bytes:
    """Return the beginning of a file; NUL for one that cannot be read, so that it is taken for binary."""
    opened = OpenFile()
    try:
        opened.open(tree, path)
        return opened.read(SNIFFED_BYTES)
    except FileProblem:
        return b"\0"
    finally:
        opened.close()


def folder_rows(form: Form, found: Found, path: Path, own: Steps | None = None) -> Steps:
    """Yield the rows of a folder's menu: of its map, or of its entries.

    own: yields the menu that `*` in the map stands for, where that is another one than the entries.
    """
    if found.map is None:
        yield from own or entry_rows(form, found, path)
        return
    for row in parse_map(found.map, selector_of(path)):
        if row == "*":
            yield from own or entry_rows(form, found, path)
        else:
            yield form.item(row)


def entry_rows(form: Form, found: Found, path: Path) -> Steps:
    """Yield the items of a folder's entries, batch by batch."""
    assert found.entries is not None  # noqa: S101 - a folder has them
    next_batch = partial(list_batch, found.tree, path, found.entries, found.map_name)
    while (items := (yield next_batch)) is not None:
        for item in items:
            yield form.item(item)


def send_file(form: Form, found: Found, path: Path, opened: OpenFile) -> Steps:
    """Yield the content of a file, and then the event of the journal. A file that shrinks meanwhile ends early."""
    text = form.text() if found.item.type in TEXT_TYPES else None
    size, sent, reason = found.item.size, 0, ""
    piece = found.beginning
    try:
        while piece:
            if text is None:
                piece = piece[: size - sent]  # the length may have been announced
            sent += len(piece)
            yield piece if text is None else text.feed(piece)
            if sent >= size:
                break
            piece = yield partial(opened.read, PIECE)
        reason = "" if sent >= size else "the file has shrunk meanwhile"
        if text is not None and not reason:
            yield text.finish() + form.end("text")
    except FileProblem as problem:
        reason = problem.text
    except ClientLeft:
        reason = "the client has left"
    finally:
        opened.close()
    shown = "/" + "/".join(path)
    fields = {"what": "retrieve", "path": shown, "octets": sent, "complete": not reason, "reason": reason}
    yield Log("file", fields)
