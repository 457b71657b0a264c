"""The files of a world: one tree, served by FTP and by the API.

These are the interfaces; `disk/file_tree.py` implements them on a folder of the machine, out of which no path, symbolic
link or race leads. Paths are tuples of names from the root; the empty tuple is the root. Names are text: bytes that are
not UTF-8 become surrogates (PEP 383), so every name survives. Access rights are checked by the protocols.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, Protocol

import msgspec

Path = tuple[str, ...]
Access = Literal["list", "read", "write", "store", "move"]
"""Kind of access to a path: its attributes or entries, its content, any change, writing a file, renaming from or to."""
LARGE_FILE_BYTES = 16 << 20
"""Size of a file from which removing, replacing or copying it is done off the reactor: its pages take 2 ms."""
Guard = Callable[[Access, Path], None]
"""Refuses access to a path by raising FileProblem. It may be called on any thread."""
FileKind = Literal["file", "directory", "link"]
FileProblemKind = Literal[
    "missing", "denied", "exists", "not empty", "is a directory", "no directory", "bad name", "bad offset", "no space",
    "too large", "busy", "failed", "other device", "unsupported",
]  # fmt: skip


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file, a directory or a symbolic link."""

    name: str
    kind: FileKind
    size: int
    """Bytes."""
    modified: float
    """Unix time."""
    mode: int
    """Permission bits."""
    unique: str
    """Identifier of the file, independent of its name (RFC 3659 7.5.2)."""
    links: int = 1
    target: str = ""
    """Target of a link, as stored."""


class Held(NamedTuple):
    """What a tree holds."""

    octets: int
    files: int
    """Files and links."""
    directories: int
    complete: bool
    """False if the count ended before the end of the tree."""


class FileProblem(Exception):
    """An operation on a file failed."""

    def __init__(self, kind: FileProblemKind, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        """One line for people."""


class FileSource(Protocol):
    """A file to read. All methods but `close` may block where `blocks` is True."""

    size: int
    """Bytes from the start offset to the end, when it was opened."""
    blocks: bool
    """As of its tree: if True, the driver reads off the reactor."""

    def fileno(self) -> int:
        """Return a descriptor positioned at the start, for sendfile; -1 if there is none."""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; empty at the end. Raises: FileProblem."""

    def cached(self) -> bytes | None:
        """Return the whole content if that cannot block; else None."""

    def close(self) -> None: ...


class FileSink(Protocol):
    """A file to write, invisible until it is committed by `commit`."""

    blocks: bool
    """As of its tree: if True, the driver writes off the reactor, and `commit` and `drop` need a `Call` effect."""

    @property
    def replaces_much(self) -> bool:
        """True if it replaces a file so large that `commit` needs a `Call` effect in any tree."""

    @property
    def name(self) -> str:
        """Name after the commit: for `create_unique`, the generated one."""

    def write(self, data: bytes) -> None:
        """Append data. Raises: FileProblem."""

    def sync(self) -> None:
        """Flush the data to stable storage if the tree is durable. Raises: FileProblem."""

    def commit(self) -> str:
        """Commit the file and return its name. Raises: FileProblem; the file is then discarded."""

    def drop(self) -> None:
        """Discard the file; an existing one stays. Does nothing after a commit."""


class FileTree(Protocol):
    """A tree of files. All methods raise FileProblem on failure."""

    blocks: bool
    """True if operations may block: use a `Call` effect for them."""

    def guarded(self, guard: Guard) -> "FileTree":
        """Return the tree for one user: `guard` is asked about each path that an operation reaches, links resolved."""

    def entry(self, path: Path, *, follow: bool = True) -> Entry: ...

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the entries of a directory, sorted by name, without `.` and `..`."""

    def open(self, path: Path, offset: int = 0) -> FileSource: ...

    def create(self, path: Path, *, offset: int = 0, append: bool = False, fresh: bool = False) -> FileSink:
        """Open a file for writing. append: keep all of an existing file, before the new data.

        offset: keep all of an existing file too, but write the new data over its bytes from there on.

        fresh: never replace a file, not even one that is created before the commit.
        Raises: FileProblem "bad offset" if the existing file is shorter, "exists" for `fresh`.
        """

    def create_unique(self, directory: Path, prefix: str) -> FileSink:
        """Open a new file for writing under a unique name."""

    def make_directory(self, path: Path) -> None: ...

    def remove_directory(self, path: Path) -> None:
        """Remove an empty directory."""

    def remove(self, path: Path) -> None:
        """Remove a file or a link."""

    def rename(self, path: Path, to: Path) -> None: ...

    def set_modified(self, path: Path, seconds: float) -> None: ...

    def set_mode(self, path: Path, mode: int) -> None: ...

    def used(self) -> tuple[int, int]:
        """Return total size in bytes and number of files."""

    def held(self, most: int) -> Held:
        """Count what the tree holds. most: maximum number of files and directories to count."""


class FileStore(Protocol):
    """Storage of a world's files; the driver provides one for each world."""

    def open(self) -> FileTree:
        """Return the tree, created on the first call. Raises: FileProblem if it cannot be opened."""

    def restore(self) -> None:
        """Reset the tree to its initial content, unless it is a folder of the user."""
