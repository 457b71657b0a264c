"""Files of a folder that are open: sources that are read, sinks that are written aside, and what there is room for.

A sink writes under a hidden name and takes its place by one rename, so whoever looks sees the old file or the new one,
never a part, whatever ends the process. Its methods may be called on any thread, one after the other or at once.
"""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from homeport.io import platform
from homeport.world.files import FileProblem, Trouble

LARGE = 16 << 20
"""Octets of a file that is not given back on the reactor: 2 ms."""

TROUBLES: dict[int, Trouble] = {
    errno.ENOENT: "missing",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.EROFS: "denied",
    errno.ELOOP: "denied",
    errno.EEXIST: "exists",
    errno.ENOTEMPTY: "not empty",
    errno.EISDIR: "is a directory",
    errno.ENOTDIR: "no directory",
    errno.ENAMETOOLONG: "bad name",
    errno.EILSEQ: "bad name",
    errno.EINVAL: "bad name",
    errno.ENOSPC: "no space",
    errno.EDQUOT: "no space",
    errno.EFBIG: "too large",
    errno.EBUSY: "busy",
    errno.ETXTBSY: "busy",
    errno.EAGAIN: "busy",
    errno.EMFILE: "busy",
    errno.ENFILE: "busy",
}


def problem(error: OSError) -> FileProblem:
    """The same in the words of `world/files.py`."""
    return FileProblem(TROUBLES.get(error.errno or 0, "failed"), error.strerror or str(error))


@contextmanager
def problems() -> Iterator[None]:
    """Have what the system refuses raised as FileProblem."""
    try:
        yield
    except OSError as error:
        raise problem(error) from None


class Quota:
    """What a tree may hold. octets, files: at most; None: as much as there is room for.

    count: what it holds already, asked for once, at the first need.
    """

    def __init__(self, octets: int | None, files: int | None, count: Callable[[], tuple[int, int]]) -> None:
        self.limited = octets is not None or files is not None
        self._most = (octets, files)
        self._count = count
        self._held: list[int] | None = None
        self._lock = threading.Lock()

    def take(self, octets: int, files: int = 0) -> None:
        """So much more. Raises: FileProblem if there is no room for it."""
        if not self.limited:
            return
        with self._lock:
            held = self._held = self._held or list(self._count())
            after = [held[0] + octets, held[1] + files]
            for more, most, now, what in zip((octets, files), self._most, after, ("octets", "files"), strict=True):
                if more > 0 and most is not None and now > most:
                    raise FileProblem("no space", f"the quota of {most} {what} is used up")
            self._held = after

    def give(self, octets: int, files: int = 0) -> None:
        """So much less."""
        if self.limited:
            self.take(-octets, -files)

    def recount(self) -> None:
        """Something has changed of which it is not known how: count anew at the next need."""
        self._held = None


class FolderSource:
    """A file that is read. fd: owned from here on. blocks: whether reading may stall."""

    __slots__ = ("_fd", "blocks", "size")

    def __init__(self, fd: int, size: int, *, blocks: bool) -> None:
        self._fd = fd
        self.size = size
        self.blocks = blocks

    def fileno(self) -> int:
        """The descriptor, where reading goes on."""
        return self._fd

    def read(self, size: int) -> bytes:
        """The next octets. Raises: FileProblem."""
        try:
            return os.read(self._fd, size)
        except OSError as error:
            raise problem(error) from None

    def cached(self) -> bytes | None:
        """All of it, if the system has it in memory."""
        return platform.read_if_cached(self._fd, self.size)

    def close(self) -> None:
        """Close it; a second time does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class FolderSink:
    """A file that is written aside.

    fd, aside: the file, and its hidden name in the directory of the descriptor `aside_fd`, which is not ours.
    place_fd: the directory that it goes to, ours. fresh: it must not take another file's place.
    moment: the time that it gets when it is kept; None: the machine's.
    done: told whether it was kept when it is over. replaced: octets of the file whose place it takes; None for none.
    """

    def __init__(
        self,
        *,
        fd: int,
        aside: bytes,
        aside_fd: int,
        place_fd: int,
        name: bytes,
        quota: Quota,
        durable: bool,
        blocks: bool,
        fresh: bool,
        moment: Callable[[], float | None],
        replaced: int | None,
        done: Callable[[], None],
    ) -> None:
        self._fd = fd
        self._aside = aside
        self._aside_fd = aside_fd
        self._place_fd = place_fd
        self._name = name
        self._quota = quota
        self._durable = durable
        self.blocks = blocks
        self._fresh = fresh
        self._moment = moment
        self._replaced = replaced
        self._done = done
        self._size = 0
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name that it will have."""
        return self._name.decode("utf-8", "surrogateescape")

    @property
    def replaces_much(self) -> bool:
        """Whether it takes the place of a large file, whose pages the system gives back one by one (0.1 s a GB)."""
        return self._replaced is not None and self._replaced >= LARGE

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append. Raises: FileProblem."""
        with self._lock:
            self._quota.take(len(data))
            self._size += len(data)
            with problems():
                written = os.write(self._open(), data)
                while written < len(data):
                    written += os.write(self._fd, memoryview(data)[written:])

    def copy(self, source: int, size: int) -> None:
        """Append so many octets of a file, by whatever quick way the file system has. Raises: FileProblem."""
        self._quota.take(size)
        self._size += size
        with problems():
            while size:
                copied = platform.copy_some(source, self._fd, size)
                if not copied:
                    raise FileProblem("busy", "the file became shorter while it was copied")
                size -= copied

    def sync(self) -> None:
        """Have what was written on stable storage, if it is to be durable. Raises: FileProblem."""
        if self._durable:
            with self._lock, problems():
                platform.sync_data(self._open())

    def keep(self) -> str:
        """Put it in its place. Raises: FileProblem; then it is dropped."""
        with self._lock:
            try:
                with problems():
                    self._put_in_place()
            except FileProblem:
                self._forget(kept=False)
                raise
            self._forget(kept=True)
            return self.name

    def drop(self) -> None:
        """Forget it."""
        with self._lock:
            if self._fd >= 0:
                self._forget(kept=False)

    def _open(self) -> int:
        if self._fd < 0:
            raise FileProblem("failed", "the file is closed already")
        return self._fd

    def _put_in_place(self) -> None:
        fd = self._open()
        if (moment := self._moment()) is not None:
            os.utime(fd, (moment, moment))
        if self._durable:
            platform.sync(fd)
        if self._fresh:
            os.link(self._aside, self._name, src_dir_fd=self._aside_fd, dst_dir_fd=self._place_fd)
            os.unlink(self._aside, dir_fd=self._aside_fd)
        else:
            os.rename(self._aside, self._name, src_dir_fd=self._aside_fd, dst_dir_fd=self._place_fd)
        if self._durable:
            sync_directory(self._place_fd)

    def _forget(self, *, kept: bool) -> None:
        if kept:
            if self._replaced is not None:
                self._quota.give(self._replaced, 1)
        else:
            self._quota.give(self._size, 1)
            with suppress(OSError):
                os.unlink(self._aside, dir_fd=self._aside_fd)
        os.close(self._fd)
        os.close(self._place_fd)
        self._fd = -1
        self._done()


def sync_directory(fd: int) -> None:
    """Have what was done in a directory on stable storage. fd: of the directory, opened in any way."""
    readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
    try:
        platform.sync(readable)
    finally:
        os.close(readable)


def remove_leftovers(aside_fd: int) -> None:
    """Remove what processes that ended left aside, and nothing that another still writes."""
    for name in os.listdir(aside_fd):
        with suppress(OSError):
            fd = os.open(name, os.O_WRONLY | os.O_NOFOLLOW, dir_fd=aside_fd)
            try:
                platform.lock(fd)
                if stat.S_ISREG(os.fstat(fd).st_mode):
                    os.unlink(name, dir_fd=aside_fd)
            finally:
                os.close(fd)
