"""The files of a world in a folder of the machine, out of which nothing leads (`world/files.py`).

No path, link or race leads out of it (`disk/safe_open.py`). What is written stands aside in a hidden directory of the
root until it is kept (`disk/open_file.py`). Names that begin as hidden ones do are shown to nobody, and nobody can say
them.
"""

import errno
import itertools
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from homeport.disk.open_file import FolderSink, FolderSource, Quota, problem, problems, remove_leftovers, sync_directory
from homeport.disk.safe_open import HIDDEN, Act, Result, checked, is_hidden, walk
from homeport.io import platform
from homeport.world.files import Entry, FileKind, FileProblem, Path

ASIDE = HIDDEN + b"aside"
# O_NONBLOCK: a pipe that nobody writes must not be waited for.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
UNIQUE_TRIES = 10_000


class FolderTree:
    """A tree of files in a folder.

    durable: what is kept and changed is on stable storage before a method returns.
    blocks: whether methods may stall for long (a disk, a network's file system).
    octets, files: what it may hold at most.
    moment: the Unix time that new files are given when they are kept; None: the machine's.

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
        self.blocks = blocks
        with problems():
            self._root = os.open(root, platform.SEARCH)
            self._device = os.fstat(self._root).st_dev
        self._quota = Quota(octets, files, self.used)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._aside_fd = -1
        self._promised: set[tuple[int, int, bytes]] = set()  # names made up for files that are not kept yet
        with suppress(OSError):
            self._open_aside(make=False)

    def close(self) -> None:
        """Give everything back; nothing is called any more."""
        root, self._root = self._root, -1
        if self._aside_fd >= 0:
            os.close(self._aside_fd)
            with suppress(OSError):
                os.rmdir(ASIDE, dir_fd=root)
        os.close(root)

    # What there is.

    def entry(self, path: Path, *, follow: bool = True) -> Entry:
        """What is there. follow: of a link, where it leads."""

        def look(fd: int, name: bytes) -> Entry:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode) and follow:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            return entry_of(fd, name if path else b"", found)

        return self._reach(path, look, follow=follow)

    def entries(self, path: Path) -> Iterator[Entry]:
        """What a directory holds, by name."""
        fd = self._reach(path, lambda parent, name: os.open(name, READ | os.O_DIRECTORY, dir_fd=parent))
        try:
            with problems():
                names = sorted(os.fsencode(name) for name in os.listdir(fd))  # noqa: PTH208 - a descriptor
            for name in names:
                if name.startswith(HIDDEN):
                    continue
                with suppress(FileNotFoundError):  # gone since
                    yield entry_of(fd, name, os.stat(name, dir_fd=fd, follow_symlinks=False))
        finally:
            os.close(fd)

    def used(self) -> tuple[int, int]:
        """Octets and files of the whole tree."""
        octets = files = 0
        with problems():
            for _path, directories, names, fd in os.fwalk(".", dir_fd=self._root):
                directories[:] = [name for name in directories if not is_hidden(name)]
                for name in names:
                    with suppress(FileNotFoundError):
                        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                        octets += found.st_size if stat.S_ISREG(found.st_mode) else 0
                        files += 1
        return octets, files

    # Reading and writing.

    def open(self, path: Path, offset: int = 0) -> FolderSource:
        """A file, to be read from an offset on."""
        fd = self._reach(path, lambda parent, name: os.open(name, READ, dir_fd=parent))
        try:
            size = regular(os.fstat(fd)).st_size
            if offset:
                skip(fd, offset, size)
        except BaseException:
            os.close(fd)
            raise
        return FolderSource(fd, size - offset, blocks=self.blocks)

    def create(self, path: Path, *, offset: int = 0, append: bool = False) -> FolderSink:
        """Write a file."""

        def begin(parent: int, name: bytes) -> FolderSink:
            found = existing(parent, name)
            if found is None:
                if offset:
                    raise FileProblem("bad offset", f"there is no file that has {offset} octets already")
                return self._sink(parent, name)
            if stat.S_ISLNK(found.st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            regular(found)
            sink = self._sink(parent, name, old=found)
            try:
                if size := found.st_size if append else offset:
                    copy(parent, name, size, sink)
            except BaseException:
                sink.drop()
                raise
            return sink

        return self._reach(path, begin)

    def create_unique(self, directory: Path, prefix: str) -> FolderSink:
        """Write a file under a name that no other has: the prefix, or the prefix and a number."""
        (stem,) = checked((prefix,))

        def begin(parent: int, _name: bytes) -> FolderSink:
            found = os.fstat(parent)
            with self._lock:
                for number in range(UNIQUE_TRIES):
                    name = stem + b".%d" % number if number else stem
                    promise = (found.st_dev, found.st_ino, name)
                    if promise not in self._promised and existing(parent, name) is None:
                        self._promised.add(promise)
                        break
                else:
                    raise FileProblem("exists", f"there are {UNIQUE_TRIES} files whose names begin with {prefix!r}")
            try:
                return self._sink(parent, name, fresh=True, done=lambda: self._promised.discard(promise))
            except BaseException:
                self._promised.discard(promise)
                raise

        return self._reach((*directory, prefix), begin, follow=False)

    # Changes.

    def make_directory(self, path: Path) -> None:
        """Make one directory."""

        def make(parent: int, name: bytes) -> None:
            os.mkdir(name, 0o777, dir_fd=parent)
            if (moment := self._moment()) is not None:
                os.utime(name, (moment, moment), dir_fd=parent, follow_symlinks=False)
            self._changed(parent)

        self._reach(path, make, follow=False)

    def remove_directory(self, path: Path) -> None:
        """Remove an empty one."""

        def remove(parent: int, name: bytes) -> None:
            os.rmdir(name, dir_fd=parent)
            self._changed(parent)

        self._reach(not_root(path), remove, follow=False)

    def remove(self, path: Path) -> None:
        """Remove a file or a link."""

        def remove(parent: int, name: bytes) -> None:
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
            os.unlink(name, dir_fd=parent)
            self._quota.give(found.st_size if stat.S_ISREG(found.st_mode) else 0, 1)
            self._changed(parent)

        self._reach(not_root(path), remove, follow=False)

    def rename(self, path: Path, to: Path) -> None:
        """Give a file, directory or link another name, in any directory; a file of that name is replaced."""

        def rename(parent: int, name: bytes, to_parent: int, to_name: bytes) -> None:
            os.rename(name, to_name, src_dir_fd=parent, dst_dir_fd=to_parent)
            self._quota.recount()  # it may have taken another file's place
            self._changed(parent)
            self._changed(to_parent)

        def find(parent: int, name: bytes) -> None:
            walk(self._root, not_root(to), lambda fd, to_name: rename(parent, name, fd, to_name), follow=False)

        self._reach(not_root(path), find, follow=False)

    def set_modified(self, path: Path, seconds: float) -> None:
        """Set the time of the last change (Unix time)."""

        def touch(parent: int, name: bytes) -> None:
            not_link(parent, name)
            os.utime(name, (seconds, seconds), dir_fd=parent, follow_symlinks=False)

        self._reach(path, touch)

    def set_mode(self, path: Path, mode: int) -> None:
        """Set the permission bits; those that lend somebody's rights are left out."""

        def change(parent: int, name: bytes) -> None:
            platform.change_mode(parent, name, mode & 0o777)

        self._reach(path, change)

    def clear(self) -> None:
        """Remove everything."""
        with problems():
            for _path, directories, names, fd in os.fwalk(".", dir_fd=self._root, topdown=False):
                for name in names:
                    os.unlink(name, dir_fd=fd)
                for name in directories:
                    if is_hidden(name):
                        continue
                    if stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
                        os.unlink(name, dir_fd=fd)
                    else:
                        os.rmdir(name, dir_fd=fd)
        self._quota.recount()

    # Ways.

    def _reach(self, path: Path, act: Act[Result], *, follow: bool = True) -> Result:
        """Do something at a path. Raises: FileProblem."""
        try:
            return walk(self._root, path, act, follow=follow)
        except OSError as error:
            raise problem(error) from None

    def _sink(self, parent: int, name: bytes, *, old: os.stat_result | None = None, **more: Any) -> FolderSink:
        """A new file aside that will be `name` in a directory. old: the file whose place it takes."""
        self._quota.take(0, 1)
        try:
            aside_fd = self._open_aside()
            place_fd = os.dup(parent)
            if os.fstat(parent).st_dev != self._device:  # another file system: a rename does not lead there
                aside_fd = place_fd
            try:
                fd, aside = self._create_aside(aside_fd)
            except BaseException:
                os.close(place_fd)
                raise
        except BaseException:
            self._quota.give(0, 1)
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
            blocks=self.blocks,
            moment=self._moment,
            replaced=None if old is None else old.st_size,
            **given,
        )

    def _open_aside(self, *, make: bool = True) -> int:
        """The directory of what is not kept yet; made when something is first written."""
        with self._lock:
            if self._aside_fd < 0:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(ASIDE, 0o700, dir_fd=self._root)
                self._aside_fd = os.open(ASIDE, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._root)
                remove_leftovers(self._aside_fd)
            return self._aside_fd

    def _create_aside(self, aside_fd: int) -> tuple[int, bytes]:
        """A new file there, locked so that no other process takes it for a leftover; its descriptor and name."""
        while True:
            name = HIDDEN + b"%d-%d" % (os.getpid(), next(self._numbers))
            try:
                fd = os.open(name, WRITE, 0o666, dir_fd=aside_fd)
            except FileExistsError:
                continue
            with suppress(BlockingIOError):
                platform.lock(fd)
                if os.fstat(fd).st_nlink:
                    return fd, name
            os.close(fd)

    def _changed(self, directory: int) -> None:
        if self.durable:
            sync_directory(directory)


def not_root(path: Path) -> Path:
    """The path. Raises: FileProblem if it is the root, which stays."""
    if not path:
        raise FileProblem("denied", "the root stays as it is")
    return path


def not_link(fd: int, name: bytes) -> None:
    """Raises: OSError ELOOP if it is a link."""
    if stat.S_ISLNK(os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def existing(fd: int, name: bytes) -> os.stat_result | None:
    """What there is of that name, or None."""
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def copy(directory: int, name: bytes, size: int, sink: FolderSink) -> None:
    """Begin a file with so many octets of another. Raises: FileProblem, OSError."""
    fd = os.open(name, READ, dir_fd=directory)
    try:
        skip(fd, size, regular(os.fstat(fd)).st_size)
        os.lseek(fd, 0, os.SEEK_SET)
        sink.copy(fd, size)
    finally:
        os.close(fd)


def regular(found: os.stat_result) -> os.stat_result:
    """The same. Raises: FileProblem if it is nothing that has octets."""
    if stat.S_ISDIR(found.st_mode):
        raise FileProblem("is a directory", os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise FileProblem("denied", "it is no ordinary file")
    return found


def skip(fd: int, offset: int, size: int) -> None:
    """Go to an offset. Raises: FileProblem if the file is shorter."""
    if offset > size:
        raise FileProblem("bad offset", f"the file has {size} octets, not {offset}")
    os.lseek(fd, offset, os.SEEK_SET)


def entry_of(fd: int, name: bytes, found: os.stat_result) -> Entry:
    """What is told of a name in a directory."""
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
