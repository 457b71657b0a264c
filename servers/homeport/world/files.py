"""The files of a world: one tree, as FTP shows it and the API fills it.

Here is what a tree can do; `disk/file_tree.py` does it on a folder of the machine, out of which no path, symbolic link
or race leads. Paths are tuples of names, from the root; the empty tuple is the root. Names are text: octets that are no
UTF-8 are surrogates (PEP 383), so every name survives. Who may do what is the protocol's business.
"""

from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

Path = tuple[str, ...]
FileKind = Literal["file", "directory", "link"]
Trouble = Literal[
    "missing", "denied", "exists", "not empty", "is a directory", "no directory", "bad name", "bad offset", "no space",
    "too large", "busy", "failed",
]  # fmt: skip


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file, a directory or a symbolic link."""

    name: str
    kind: FileKind
    size: int
    """Octets."""
    modified: float
    """Unix time."""
    mode: int
    """Permission bits."""
    unique: str
    """The same for the same file under any name (RFC 3659 7.5.2)."""
    links: int = 1
    target: str = ""
    """Where a link leads, as it is written."""


class FileProblem(Exception):
    """Something cannot be done with a file."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble
        self.text = text
        """One line for people."""


class FileSource(Protocol):
    """A file that is read. All but `close` may stall where it `blocks`."""

    size: int
    """Octets from where it begins to its end, when it was opened."""
    blocks: bool
    """As of its tree: then the driver reads it off the reactor."""

    def fileno(self) -> int:
        """A descriptor that stands where reading begins, for sendfile; -1 if it has none."""

    def read(self, size: int) -> bytes:
        """The next octets, at most so many; empty at the end. Raises: FileProblem."""

    def cached(self) -> bytes | None:
        """All of it, if that is at hand without stalling; None if not."""

    def close(self) -> None: ...


class FileSink(Protocol):
    """A file that is written, aside until it is kept."""

    blocks: bool
    """As of its tree: then the driver writes it off the reactor, and `keep` and `drop` are for a `Call`."""

    @property
    def replaces_much(self) -> bool:
        """Whether it takes the place of a file so large that `keep` is for a `Call` in any tree."""

    @property
    def name(self) -> str:
        """The name that it will have: for `create_unique` one that was made up."""

    def write(self, data: bytes) -> None:
        """Append. Raises: FileProblem."""

    def sync(self) -> None:
        """Have what was written on stable storage if the tree is. Raises: FileProblem."""

    def keep(self) -> str:
        """Put it in its place, on stable storage if the tree is: its name. Raises: FileProblem; then it is dropped."""

    def drop(self) -> None:
        """Forget it: what was in its place stays. Nothing happens if it was kept."""


class FileTree(Protocol):
    """A tree of files. Everything raises FileProblem where it cannot be done."""

    blocks: bool
    """Whether its operations may stall: then call them by a `Call` effect."""

    def entry(self, path: Path, *, follow: bool = True) -> Entry: ...

    def entries(self, path: Path) -> Iterator[Entry]:
        """What a directory holds, by name; without `.` and `..`."""

    def open(self, path: Path, offset: int = 0) -> FileSource: ...

    def create(self, path: Path, *, offset: int = 0, append: bool = False) -> FileSink:
        """Write a file. offset: keep so many octets of what is there and go on behind them. append: keep all.

        Raises: FileProblem "bad offset" if there are not so many.
        """

    def create_unique(self, directory: Path, prefix: str) -> FileSink:
        """Write a file under a name that no other has."""

    def make_directory(self, path: Path) -> None: ...

    def remove_directory(self, path: Path) -> None:
        """An empty one."""

    def remove(self, path: Path) -> None:
        """A file or a link."""

    def rename(self, path: Path, to: Path) -> None: ...

    def set_modified(self, path: Path, seconds: float) -> None: ...

    def set_mode(self, path: Path, mode: int) -> None: ...

    def used(self) -> tuple[int, int]:
        """Octets and files of the whole tree."""


class FileStore(Protocol):
    """Where a world's files are kept; the driver gives one to each world."""

    def open(self) -> FileTree:
        """The tree, made when first asked for. Raises: FileProblem if there is none to be had."""

    def restore(self) -> None:
        """Return the tree to its first state, unless it is somebody's own folder."""
