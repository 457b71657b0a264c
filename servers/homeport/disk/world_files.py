"""The files of a world, opened or created on first use.

A folder that the user names is served as it is, and a reset leaves it alone. Otherwise a world has a tree of its own
with the seed files: below the data folder, on stable storage, or in a temporary folder that is removed with the world.
"""

from collections.abc import Iterable
from pathlib import Path

from homeport.config.sections import Config
from homeport.disk.file_tree import FolderTree
from homeport.disk.temporary import TemporaryFolder
from homeport.disk.write_aside import sync_folder, write_aside
from homeport.io import platform
from homeport.world.files import FileProblem, FileTree
from homeport.world.files import Path as TreePath
from homeport.world.seed_files import MODIFIED, seed_files
from homeport.world.world import DEFAULT_WORLD, World


class WorldFiles:
    """The files of a world; opened on first use."""

    def __init__(self, world: World, config: Config) -> None:
        self._world = world
        options = config.services.get("ftp")
        self._user_folder = str(getattr(options, "root", ""))
        """The user's own folder; empty for none."""
        self._quota_bytes = getattr(options, "quota", 0) or None
        self._quota_files = getattr(options, "quota_files", 0) or None
        self._durable = bool(config.farm.data)
        # Only the first world of a farm is persistent.
        lasts = self._durable and world.name == DEFAULT_WORLD
        self._kept = Path(config.farm.data) / "files" / world.name if lasts else None
        self._temporary: TemporaryFolder | None = None
        self._tree: FolderTree | None = None

    def open(self) -> FileTree:
        """Return the tree, the same every time. Raises: FileProblem if it cannot be opened."""
        if self._tree is None:
            self._tree = self._make()
        return self._tree

    def restore(self) -> None:
        """Reset a tree of our own to the seed files; a temporary one that has not been used is in that state."""
        if self._user_folder or (self._tree is None and self._kept is None):
            return
        if self._tree is None:
            self._tree = self._make()
        self._seed(self._tree)

    def close(self) -> None:
        """Close the tree and remove temporary files."""
        if self._tree is not None:
            self._tree.close()
            self._tree = None
        if self._temporary is not None:
            self._temporary.close()
            self._temporary = None

    def _make(self) -> FolderTree:
        if self._user_folder:
            return self._tree_on(
                self._user_folder, durable=self._durable, blocks=not platform.in_memory(self._user_folder)
            )
        folder, fresh = self._make_folder()
        tree = self._tree_on(folder, durable=self._kept is not None, blocks=self._kept is not None)
        if fresh:
            self._seed(tree)
        return tree

    def _seed(self, tree: FolderTree) -> None:
        """Replace the tree's contents by the seed files.

        While this goes on, a marker beside a lasting folder says that its contents are unfinished. So a farm that is
        killed meanwhile is followed by one that begins again, not by one that serves half of the files.
        """
        marker = self._marker()
        if marker is not None:
            write_aside(marker, b"", 0o600)
        tree.clear()
        fill(tree, seed_files(self._world.contents.people))
        if marker is not None:
            marker.unlink()
            sync_folder(marker.parent)

    def _marker(self) -> Path | None:
        return None if self._kept is None else self._kept.with_name(f".{self._kept.name}.unfinished")

    def _tree_on(self, folder: str, *, durable: bool, blocks: bool) -> FolderTree:
        return FolderTree(
            folder,
            durable=durable,
            blocks=blocks,
            octets=self._quota_bytes,
            files=self._quota_files,
            moment=self._moment,
        )

    def _moment(self) -> float | None:
        """Return the world's time if it differs from the machine's."""
        clock = self._world.clock
        return clock.now() if clock.offset else None

    def _make_folder(self) -> tuple[str, bool]:
        """Create a folder of ours; return it, and True if it has no contents yet, or unfinished ones."""
        try:
            marker = self._marker()
            if self._kept is None or marker is None:
                self._temporary = TemporaryFolder()
                return str(self._temporary.make("files")), True
            fresh = not self._kept.exists() or marker.exists()
            if fresh:
                self._kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_aside(marker, b"", 0o600)
                self._kept.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            self._world.storage.failed("files", error)
            raise FileProblem("failed", f"cannot create the folder for the world's files: {error}") from None
        return str(self._kept), fresh


def fill(tree: FolderTree, files: Iterable[tuple[TreePath, bytes | None]]) -> None:
    """Store files and directories (None) in a tree, with the time of the seed."""
    directories = []
    for path, content in files:
        if content is None:
            tree.make_directory(path)
            directories.append(path)
            continue
        sink = tree.create(path)
        sink.write(content)
        sink.commit()
        tree.set_modified(path, MODIFIED)
    for path in directories:
        tree.set_modified(path, MODIFIED)
