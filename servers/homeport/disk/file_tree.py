"""File tree of a world in a folder of the machine (implements `world/files.py`).

No path, link or race leads out of the folder (`disk/safe_open.py`). Files are written in a hidden directory of the root
until they are committed (`disk/open_file.py`). Hidden names are neither listed nor accepted.
"""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import copy
from functools import partial
from typing import Any

from homeport.disk.open_file import (
    AsideFolder,
    FolderSink,
    FolderSource,
    Quota,
    Root,
    file_problem,
    sync_directory,
    translate_errors,
)
from homeport.disk.safe_open import HIDDEN, Act, Result, is_hidden, validate_names, walk
from homeport.io import platform
from homeport.world.files import Access, Entry, FileKind, FileProblem, Guard, Held, Path

# O_NONBLOCK: opening a FIFO without a writer must not block.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
UNIQUE_TRIES = 10_000


class FolderTree:
    """A tree of files in a folder.

    durable: flush every change to stable storage before a method returns.
    blocks: True if methods may block for long (a disk, a network file system).
    octets, files: quota, in bytes and files; None: no limit.
    moment: Unix time to set on committed files; None: the machine's time.

    Raises: FileProblem if the folder cannot be opened.
    """

    def __init__(
        self,
        root: str,
        *,
        durable: bool = False,
        blocks: bool = True,
        octets: int | None = None,
        files: int | None = None,
        moment: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.root = root
        self._moment = moment
        self.durable = durable
        self._blocks = blocks
        with translate_errors():
            self._root = Root(os.open(root, platform.SEARCH))
            self._device = os.fstat(self._root.fd).st_dev
        self._quota = Quota(octets, files, self.used)
        self._guard: Guard | None = None
        self._lock = threading.Lock()
        self._reserved_names: set[tuple[int, int, bytes]] = set()  # of files that are not committed yet
        self._aside = AsideFolder(self._root)

    @property
    def blocks(self) -> bool:
        """True if methods may block for long; so may the first change of a tree with a quota, which counts it."""
        return self._blocks or self._quota.uncounted

    @blocks.setter
    def blocks(self, blocks: bool) -> None:
        self._blocks = blocks

    def guarded(self, guard: Guard) -> "FolderTree":
        """Return the tree for one user: `guard` is asked about each path that an operation reaches, links resolved."""
        view = copy(self)
        view._guard = guard  # noqa: SLF001 - of this class
        return view

    def close(self) -> None:
        """Close all descriptors; no method may be called after this."""
        self._aside.close()
        fd, self._root.fd = self._root.fd, -1
        os.close(fd)

    # Entries.

    def entry(self, path: Path, *, follow: bool = True) -> Entry:
        """Return the entry at a path. follow: of a link's target."""

        def look(fd: int, name: bytes) -> Entry:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode) and follow:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            return entry_of(fd, name if path else b"", found)

        return self._reach("list", path, look, follow=follow)

    def entries(self, path: Path) -> Iterator[Entry]:
        """Yield the entries of a directory, sorted by name."""
        fd = self._reach("list", path, lambda parent, name: os.open(name, READ | os.O_DIRECTORY, dir_fd=parent))
        try:
            with translate_errors():
                names = sorted(os.fsencode(name) for name in os.listdir(fd))  # noqa: PTH208 - a descriptor
            for name in names:
                if name.startswith(HIDDEN):
                    continue
                with suppress(FileNotFoundError):  # removed meanwhile
                    yield entry_of(fd, name, os.stat(name, dir_fd=fd, follow_symlinks=False))
        finally:
            os.close(fd)

    def used(self) -> tuple[int, int]:
        """Return total size in bytes and number of files."""
        held = self.held()
        return held.octets, held.files

    def held(self, most: int | None = None) -> Held:
        """Count what the tree holds. most: maximum number of files and directories to count; None: all."""
        octets = files = folders = 0
        with translate_errors():
            for _path, directories, names, fd in os.fwalk(".", dir_fd=self._root.fd):
                directories[:] = [name for name in directories if not is_hidden(name)]
                # A link to a directory is among the directories, but is not walked into.
                for name in (*directories, *names):
                    if files + folders == most:
                        return Held(octets, files, folders, complete=False)
                    with suppress(FileNotFoundError):
                        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                        octets += found.st_size if stat.S_ISREG(found.st_mode) else 0
                        folders += stat.S_ISDIR(found.st_mode)
                        files += not stat.S_ISDIR(found.st_mode)
        return Held(octets, files, folders, complete=True)

    # Reading and writing.

    def open(self, path: Path, offset: int = 0) -> FolderSource:
        """Open a file for reading from an offset."""
        fd = self._reach("read", path, lambda parent, name: os.open(name, READ, dir_fd=parent))
        try:
            size = regular(os.fstat(fd)).st_size
            if offset:
                skip(fd, offset, size)
        except BaseException:
            os.close(fd)
            raise
        return FolderSource(fd, size - offset, blocks=self._blocks)

    def create(self, path: Path, *, offset: int = 0, append: bool = False, fresh: bool = False) -> FolderSink:
        """Open a file for writing."""

        def begin(parent: int, name: bytes) -> FolderSink:
            found = existing(parent, name)
            if found is None:
                if offset:
                    raise FileProblem("bad offset", f"the file does not exist, so it has no offset {offset}")
                return self._sink(parent, name, fresh=fresh)
            if fresh:
                raise FileProblem("exists", "the name exists already")
            if stat.S_ISLNK(found.st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if offset > regular(found).st_size:
                raise FileProblem("bad offset", f"the file has {found.st_size} bytes, less than {offset}")
            sink = self._sink(parent, name, old=found)
            try:
                if append or offset:
                    copy_into(parent, name, found.st_size, sink)
                if offset:
                    sink.seek(offset)
            except BaseException:
                sink.drop()
                raise
            return sink

        return self._reach("store", path, begin)

    def create_unique(self, directory: Path, prefix: str) -> FolderSink:
        """Open a new file for writing under a unique name: the prefix, or the prefix and a number."""
        (stem,) = validate_names((prefix,))

        def begin(parent: int, _name: bytes) -> FolderSink:
            found = os.fstat(parent)
            with self._lock:
                for number in range(UNIQUE_TRIES):
                    name = stem + b".%d" % number if number else stem
                    reserved = (found.st_dev, found.st_ino, name)
                    if reserved not in self._reserved_names and existing(parent, name) is None:
                        self._reserved_names.add(reserved)
                        break
                else:
                    raise FileProblem("exists", f"no unique name left: {UNIQUE_TRIES} names begin with {prefix!r}")
            try:
                return self._sink(parent, name, fresh=True, done=lambda: self._reserved_names.discard(reserved))
            except BaseException:
                self._reserved_names.discard(reserved)
                raise

        return self._reach("store", (*directory, prefix), begin, follow=False)

    # Changes.

    def make_directory(self, path: Path) -> None:
        """Create a directory."""

        def make(parent: int, name: bytes) -> None:
            os.mkdir(name, 0o777, dir_fd=parent)
            if (moment := self._moment()) is not None:
                os.utime(name, (moment, moment), dir_fd=parent, follow_symlinks=False)
            self._changed(parent)

        self._reach("write", path, make, follow=False)

    def remove_directory(self, path: Path) -> None:
        """Remove an empty directory."""

        def remove(parent: int, name: bytes) -> None:
            os.rmdir(name, dir_fd=parent)
            self._changed(parent)

        self._reach("write", refuse_root(path), remove, follow=False)

    def remove(self, path: Path) -> None:
        """Remove a file or a link."""

        def remove(parent: int, name: bytes) -> None:
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            os.unlink(name, dir_fd=parent)
            self._quota.release(found.st_size if stat.S_ISREG(found.st_mode) else 0, 1)
            self._changed(parent)

        self._reach("write", refuse_root(path), remove, follow=False)

    def rename(self, path: Path, to: Path) -> None:
        """Rename a file, directory or link, also to another directory; replaces a file at the target."""

        def rename(parent: int, name: bytes, to_parent: int, to_name: bytes) -> None:
            replaced = existing(to_parent, to_name)
            os.rename(name, to_name, src_dir_fd=parent, dst_dir_fd=to_parent)
            if replaced is not None and not same_entry(replaced, existing(to_parent, to_name)):
                self._quota.release_replaced(replaced)
            self._changed(parent)
            self._changed(to_parent)

        def find(parent: int, name: bytes) -> None:
            self._reach("move", refuse_root(to), lambda fd, to_name: rename(parent, name, fd, to_name), follow=False)

        self._reach("move", refuse_root(path), find, follow=False)

    def set_modified(self, path: Path, seconds: float) -> None:
        """Set the modification time (Unix time)."""

        def touch(parent: int, name: bytes) -> None:
            refuse_link(parent, name)
            os.utime(name, (seconds, seconds), dir_fd=parent, follow_symlinks=False)

        self._reach("write", path, touch)

    def set_mode(self, path: Path, mode: int) -> None:
        """Set the permission bits; setuid, setgid and sticky are dropped."""

        def change(parent: int, name: bytes) -> None:
            platform.change_mode(parent, name, mode & 0o777)

        self._reach("write", path, change)

    def clear(self) -> None:
        """Remove all files and directories."""
        with translate_errors():
            for _path, directories, names, fd in os.fwalk(".", dir_fd=self._root.fd, topdown=False):
                for name in names:
                    os.unlink(name, dir_fd=fd)
                for name in directories:
                    if is_hidden(name):
                        continue
                    if stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
                        os.unlink(name, dir_fd=fd)
                    else:
                        os.rmdir(name, dir_fd=fd)
        self._quota.invalidate()

    # Path resolution and writing.

    def _reach(self, access: Access, path: Path, act: Act[Result], *, follow: bool = True) -> Result:
        """Resolve a path, check the access to what it leads to, and perform an operation there. Raises: FileProblem."""
        check = None if self._guard is None else partial(self._guard, access)
        try:
            return walk(self._root.fd, path, act, follow=follow, check=check)
        except OSError as error:
            raise file_problem(error) from None

    def _sink(self, parent: int, name: bytes, *, old: os.stat_result | None = None, **more: Any) -> FolderSink:
        """Create a hidden file that will be committed as `name`. old: the file that it replaces."""
        files = 1 if old is None else 0
        self._quota.reserve(0, files)
        try:
            aside_fd = self._aside.open()
            place_fd = os.dup(parent)
            if os.fstat(parent).st_dev != self._device:  # another file system: a rename cannot cross it
                aside_fd = place_fd
            try:
                fd, aside = self._aside.create_file(aside_fd)
            except BaseException:
                os.close(place_fd)
                raise
        except BaseException:
            self._quota.release(0, files)
            raise
        if old is not None:
            os.fchmod(fd, stat.S_IMODE(old.st_mode) & 0o777)
        given: dict[str, Any] = {"fresh": False, "done": lambda: None} | more
        return FolderSink(
            fd=fd,
            aside=aside,
            aside_fd=aside_fd,
            place_fd=place_fd,
            name=name,
            quota=self._quota,
            durable=self.durable,
            blocks=self._blocks,
            moment=self._moment,
            replaced=None if old is None else old.st_size,
            **given,
        )

    def _changed(self, directory: int) -> None:
        if self.durable:
            sync_directory(directory)


def refuse_root(path: Path) -> Path:
    """Return the path. Raises: FileProblem if it is the root."""
    if not path:
        raise FileProblem("denied", "the root cannot be changed")
    return path


def refuse_link(fd: int, name: bytes) -> None:
    """Raise OSError ELOOP if it is a link."""
    if stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def same_entry(one: os.stat_result, other: os.stat_result | None) -> bool:
    """Return True if two names were one file: renaming one to the other does nothing (POSIX)."""
    return other is not None and (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def existing(fd: int, name: bytes) -> os.stat_result | None:
    """Return the status of a name, or None if it does not exist."""
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def copy_into(directory: int, name: bytes, size: int, sink: FolderSink) -> None:
    """Copy the first `size` bytes of a file into a sink. Raises: FileProblem, OSError."""
    fd = os.open(name, READ, dir_fd=directory)
    try:
        skip(fd, size, regular(os.fstat(fd)).st_size)
        os.lseek(fd, 0, os.SEEK_SET)
        sink.copy(fd, size)
    finally:
        os.close(fd)


def regular(found: os.stat_result) -> os.stat_result:
    """Return the status. Raises: FileProblem if it is not a regular file."""
    if stat.S_ISDIR(found.st_mode):
        raise FileProblem("is a directory", os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise FileProblem("denied", "not a regular file")
    return found


def skip(fd: int, offset: int, size: int) -> None:
    """Seek to an offset. Raises: FileProblem if the file is shorter."""
    if offset > size:
        raise FileProblem("bad offset", f"the file has {size} bytes, less than {offset}")
    os.lseek(fd, offset, os.SEEK_SET)


def entry_of(fd: int, name: bytes, found: os.stat_result) -> Entry:
    """Return the entry for a name in a directory."""
    kind: FileKind = "file"
    target = ""
    if stat.S_ISDIR(found.st_mode):
        kind = "directory"
    elif stat.S_ISLNK(found.st_mode):
        kind = "link"
        with suppress(OSError):
            target = os.readlink(name, dir_fd=fd).decode("utf-8", "surrogateescape")
    return Entry(
        name=name.decode("utf-8", "surrogateescape"),
        kind=kind,
        size=found.st_size,
        modified=found.st_mtime,
        mode=stat.S_IMODE(found.st_mode),
        unique=f"{found.st_dev:x}.{found.st_ino:x}",
        links=found.st_nlink,
        target=target,
    )
