"""Where the files of a world are kept, found or made when they are first asked for.

A folder that somebody names is served as it is, and no reset touches it. Without one a world has a tree of its own with
the seed files: below the farm's data, on stable storage, or in a temporary folder that goes with the world.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from homeport.io.file_tree import FolderTree
from homeport.world.files import FileProblem, FileTree
from homeport.world.files import Path as TreePath
from homeport.world.people import Person
from homeport.world.seed_files import MODIFIED, seed_files

IN_MEMORY = {"tmpfs", "ramfs"}
MOUNTS = "/proc/self/mountinfo"


class WorldFiles:
    """The files of a world; opened when first asked for.

    people: each has a home in a tree of our own.
    folder: somebody's own; empty for none. data: the farm's folder for what it keeps; empty for none.
    """

    def __init__(self, world: str, people: Iterable[Person], *, folder: str = "", data: str = "") -> None:
        self._world = world
        self._people = people
        self._folder = folder
        self._data = data
        self._temporary: str | None = None
        self._tree: FolderTree | None = None

    def open(self) -> FileTree:
        """The tree, the same every time. Raises: FileProblem if there is none to be had."""
        if self._tree is None:
            self._tree = self._make()
        return self._tree

    def restore(self) -> None:
        """Return a tree of our own to its first state; one that nobody has asked for is in it."""
        if self._folder or (self._tree is None and not self._data):
            return
        tree = self._tree or self._make()
        tree.clear()
        fill(tree, seed_files(self._people))
        self._tree = tree

    def close(self) -> None:
        """Give everything back."""
        if self._tree is not None:
            self._tree.close()
            self._tree = None
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def _make(self) -> FolderTree:
        if self._folder:
            return FolderTree(self._folder, durable=bool(self._data), blocks=not in_memory(self._folder))
        if self._data:
            kept = Path(self._data) / "files" / self._world
            fresh = not kept.exists()
            make_folder(kept)
            tree = FolderTree(str(kept), durable=True, blocks=not in_memory(str(kept)))
        else:
            fresh = True
            try:
                self._temporary = tempfile.mkdtemp(prefix="homeport-files-")
            except OSError as error:
                raise FileProblem("failed", f"no temporary folder for the world's files: {error.strerror}") from None
            tree = FolderTree(self._temporary, durable=False, blocks=False)
        if fresh:
            fill(tree, seed_files(self._people))
        return tree


def make_folder(path: Path) -> None:
    """Raises: FileProblem if it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileProblem("failed", f"{path} cannot be made: {error.strerror}") from None


def fill(tree: FolderTree, files: Iterable[tuple[TreePath, bytes | None]]) -> None:
    """Put files and directories (None) into a tree, with the time of the seed."""
    directories = []
    for path, content in files:
        if content is None:
            tree.make_directory(path)
            directories.append(path)
            continue
        sink = tree.create(path)
        sink.write(content)
        sink.keep()
        tree.set_modified(path, MODIFIED)
    for path in directories:
        tree.set_modified(path, MODIFIED)


def in_memory(folder: str) -> bool:
    """Whether a folder is in memory, where nothing stalls."""
    try:
        device = os.stat(folder).st_dev  # noqa: PTH116 - beside the numbers of the device
        mounts = Path(MOUNTS).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        fields, _dash, kind = line.partition(" - ")
        if fields.split()[2] == number:
            return kind.split()[0] in IN_MEMORY
    return False
