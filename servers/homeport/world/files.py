"""The files of a world: one tree, as FTP shows it and the API fills it.

Here is what a tree can do; `io/file_tree.py` does it on a folder of the machine, out of which no path, symbolic link
or race leads. Paths are tuples of names, from the root; the empty tuple is the root. Names are text: octets that are no
UTF-8 are surrogates (PEP 383), so every name survives. Who may do what is the protocol's business.
"""

from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

Path = tuple[str, ...]
FileKind = Literal["file", "directory", "link"]
Trouble = Literal[
    "missing", "denied", "exists", "not empty", "is a directory", "no directory", "bad name", "no space", "too large",
    "busy", "failed",
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
    """A file that is read. All but `close` may stall where the tree `blocks`."""

    size: int
    """Octets from where it begins to its end, when it was opened."""

    def fileno(self) -> int:
        """A descriptor that stands where reading begins, for sendfile; -1 if it has none."""

    def read(self, size: int) -> bytes:
        """The next octets, at most so many; empty at the end. Raises: FileProblem."""

    def close(self) -> None: ...


class FileSink(Protocol):
    """A file that is written, aside until it is kept."""

    def write(self, data: bytes) -> None:
        """Append. Raises: FileProblem."""

    def keep(self) -> str:
        """Put it in its place, on stable storage if the tree is; its name, which may have been made up."""

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
        """Write a file. offset: keep so many octets of what is there and go on behind them. append: keep all."""

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
