"""Where the files of a world are kept, found or made when they are first asked for.

A folder that somebody names is served as it is, and no reset touches it. Without one a world has a tree of its own with
the seed files: below the farm's data, on stable storage, or in a temporary folder that goes with the world.
"""

from collections.abc import Iterable
from pathlib import Path

from homeport.config.sections import Config
from homeport.disk.file_tree import FolderTree
from homeport.io import platform
from homeport.world.files import FileProblem, FileTree
from homeport.world.files import Path as TreePath
from homeport.world.seed_files import MODIFIED, seed_files
from homeport.world.world import DEFAULT_WORLD, World


class WorldFiles:
    """The files of a world; opened when first asked for."""

    def __init__(self, world: World, config: Config) -> None:
        self._world = world
        options = config.services.get("ftp")
        self._own = str(getattr(options, "root", ""))
        """Somebody's own folder; empty for none."""
        self._octets = getattr(options, "quota", 0) or None
        self._files = getattr(options, "quota_files", 0) or None
        self._durable = bool(config.farm.data)
        # Only the world that the farm begins with outlasts it.
        lasts = self._durable and world.name == DEFAULT_WORLD
        self._kept = Path(config.farm.data) / "files" / world.name if lasts else None
        self._temporary = ""
        self._tree: FolderTree | None = None

    def open(self) -> FileTree:
        """The tree, the same every time. Raises: FileProblem if there is none to be had."""
        if self._tree is None:
            self._tree = self._make()
        return self._tree

    def restore(self) -> None:
        """Return a tree of our own to its first state; a temporary one that nobody has asked for is in it."""
        if self._own or (self._tree is None and self._kept is None):
            return
        if self._tree is None:
            self._tree = self._make()
        self._tree.clear()
        fill(self._tree, seed_files(self._world.contents.people))

    def close(self) -> None:
        """Give everything back."""
        if self._tree is not None:
            self._tree.close()
            self._tree = None
        if self._temporary:
            from shutil import rmtree

            rmtree(self._temporary, ignore_errors=True)
            self._temporary = ""

    def _make(self) -> FolderTree:
        if self._own:
            return self._tree_on(self._own, durable=self._durable, blocks=not platform.in_memory(self._own))
        folder, fresh = self._make_folder()
        tree = self._tree_on(folder, durable=self._kept is not None, blocks=self._kept is not None)
        if fresh:
            fill(tree, seed_files(self._world.contents.people))
        return tree

    def _tree_on(self, folder: str, *, durable: bool, blocks: bool) -> FolderTree:
        return FolderTree(
            folder, durable=durable, blocks=blocks, octets=self._octets, files=self._files, moment=self._moment
        )

    def _moment(self) -> float | None:
        """The world's time, where it is not the machine's."""
        clock = self._world.clock
        return clock.now() if clock.offset else None

    def _make_folder(self) -> tuple[str, bool]:
        """A folder of ours, and whether it is new."""
        from tempfile import mkdtemp  # not at every start

        try:
            if self._kept is None:
                self._temporary = mkdtemp(prefix="homeport-files-")
                return self._temporary, True
            fresh = not self._kept.exists()
            self._kept.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileProblem("failed", f"no folder for the world's files: {error}") from None
        return str(self._kept), fresh


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
