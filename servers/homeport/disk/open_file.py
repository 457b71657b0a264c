"""Open files of a folder: sources to read, sinks to write, and the quota.

A sink writes under a hidden name and is committed by one rename, so a reader sees the old file or the new one, never a
part, even if the process is killed. Its methods are thread-safe.
"""

import errno
import itertools
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from homeport.disk.safe_open import HIDDEN
from homeport.io import platform
from homeport.world.files import LARGE_FILE_BYTES, FileProblem, FileProblemKind

ASIDE = HIDDEN + b"aside"
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

PROBLEMS: dict[int, FileProblemKind] = {
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
    errno.ENOMEM: "busy",
    errno.ENOLCK: "busy",
    errno.EXDEV: "other device",
    errno.EMLINK: "unsupported",
    errno.ENOSYS: "unsupported",
    errno.EOPNOTSUPP: "unsupported",
    errno.ENODEV: "unsupported",
    errno.ENXIO: "unsupported",
    errno.EOVERFLOW: "too large",
}


def file_problem(error: OSError) -> FileProblem:
    """Convert an OSError to a FileProblem."""
    return FileProblem(PROBLEMS.get(error.errno or 0, "failed"), error.strerror or str(error))


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise FileProblem in place of OSError."""
    try:
        yield
    except OSError as error:
        raise file_problem(error) from None


class Quota:
    """Limits on the size of a tree. octets, files: maximum; None: no limit.

    count: counts bytes and files of the tree; called once, at the first reservation.
    """

    def __init__(self, octets: int | None, files: int | None, count: Callable[[], tuple[int, int]]) -> None:
        self.limited = octets is not None or files is not None
        self._most = (octets, files)
        self._count = count
        self._held: list[int] | None = None
        self._lock = threading.Lock()

    @property
    def uncounted(self) -> bool:
        """True if the next reservation counts the tree, which takes time in proportion to it."""
        return self.limited and self._held is None

    def reserve(self, size_bytes: int, files: int = 0) -> None:
        """Reserve space. Raises: FileProblem if that exceeds the quota."""
        if not self.limited:
            return
        with self._lock:
            held = self._held = self._held or list(self._count())
            after = [held[0] + size_bytes, held[1] + files]
            for more, most, now, what in zip((size_bytes, files), self._most, after, ("bytes", "files"), strict=True):
                if more > 0 and most is not None and now > most:
                    raise FileProblem("no space", f"the quota of {most} {what} is exceeded")
            self._held = after

    def release(self, size_bytes: int, files: int = 0) -> None:
        """Release space; before the tree is counted, there is nothing to release."""
        with self._lock:
            if self._held is not None:
                self._held = [self._held[0] - size_bytes, self._held[1] - files]

    def release_replaced(self, replaced: os.stat_result) -> None:
        """Release the space of an entry that a rename has replaced."""
        if not stat.S_ISDIR(replaced.st_mode):
            self.release(replaced.st_size if stat.S_ISREG(replaced.st_mode) else 0, 1)

    def invalidate(self) -> None:
        """Invalidate the count after a change of unknown size; the next reservation counts again."""
        self._held = None


class FolderSource:
    """A file to read. fd: owned by the source. blocks: True if reading may block."""

    __slots__ = ("_fd", "blocks", "size")

    def __init__(self, fd: int, size: int, *, blocks: bool) -> None:
        self._fd = fd
        self.size = size
        self.blocks = blocks

    def fileno(self) -> int:
        """Return the descriptor, positioned where reading continues."""
        return self._fd

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises: FileProblem."""
        try:
            return os.read(self._fd, size)
        except OSError as error:
            raise file_problem(error) from None

    def cached(self) -> bytes | None:
        """Return the whole content if it is in the page cache, else None."""
        return platform.read_if_cached(self._fd, self.size)

    def close(self) -> None:
        """Close the file; idempotent."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class FolderSink:
    """A file to write, under a hidden name until it is committed.

    fd, aside: the file, and its hidden name in the directory `aside_fd`, which the sink does not own.
    place_fd: the target directory, owned by the sink. fresh: fail instead of replacing a file.
    moment: modification time to set on commit; None: the machine's time.
    done: called when the sink is closed. replaced: size of the replaced file in bytes; None if there is none. A quota
    counts the larger of the two, as one of them will go.
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
        self._at = 0  # where the next data are written
        self._reserved = (0, 0 if replaced is not None else 1)  # bytes and files of the quota
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Name of the file after the commit."""
        return self._name.decode("utf-8", "surrogateescape")

    @property
    def replaces_much(self) -> bool:
        """True if it replaces a large file, whose pages the system frees one by one (0.1 s per GB)."""
        return self._replaced is not None and self._replaced >= LARGE_FILE_BYTES

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append data. Raises: FileProblem."""
        with self._lock:
            self._grow(len(data))
            with translate_errors():
                written = os.write(self._open(), data)
                while written < len(data):
                    written += os.write(self._fd, memoryview(data)[written:])

    def copy(self, source: int, size: int) -> None:
        """Append `size` bytes of a file, by copy_file_range or reflink where available. Raises: FileProblem."""
        self._grow(size)
        with translate_errors():
            while size:
                copied = platform.copy_some(source, self._fd, size)
                if not copied:
                    raise FileProblem("busy", "the file was truncated while it was copied")
                size -= copied

    def seek(self, offset: int) -> None:
        """Write the next data at an offset, over those that are there. Raises: FileProblem."""
        with translate_errors():
            self._at = os.lseek(self._open(), offset, os.SEEK_SET)

    def sync(self) -> None:
        """Flush the data to stable storage if the tree is durable. Raises: FileProblem."""
        if self._durable:
            with self._lock, translate_errors():
                platform.sync_data(self._open())

    def commit(self) -> str:
        """Commit: rename to the final name, and return it. Raises: FileProblem; the file is then discarded."""
        with self._lock:
            try:
                with translate_errors():
                    self._move_to_place()
            except FileProblem:
                self._close(kept=False)
                raise
            self._close(kept=True)
            return self.name

    def drop(self) -> None:
        """Discard the file; does nothing after a commit."""
        with self._lock:
            if self._fd >= 0:
                self._close(kept=False)

    def _grow(self, size_bytes: int) -> None:
        """Reserve space for data at the current offset. Raises: FileProblem."""
        end = max(self._size, self._at + size_bytes)
        reserved, files = self._reserved
        if (more := end - (self._replaced or 0) - reserved) > 0:
            self._quota.reserve(more)
            self._reserved = reserved + more, files
        self._at += size_bytes
        self._size = end

    def _open(self) -> int:
        if self._fd < 0:
            raise FileProblem("failed", "the file is closed")
        return self._fd

    def _move_to_place(self) -> None:
        fd = self._open()
        if (moment := self._moment()) is not None:
            os.utime(fd, (moment, moment))
        if self._durable:
            platform.sync(fd)
        if self._quota.limited:
            self._settle()
        if self._fresh:
            os.link(self._aside, self._name, src_dir_fd=self._aside_fd, dst_dir_fd=self._place_fd)
            os.unlink(self._aside, dir_fd=self._aside_fd)
        else:
            os.rename(self._aside, self._name, src_dir_fd=self._aside_fd, dst_dir_fd=self._place_fd)
        if self._durable:
            sync_directory(self._place_fd)

    def _settle(self) -> None:
        """Have the quota count this file in place of the one that it replaces now. Raises: FileProblem, OSError."""
        octets, files = self._size, 1
        with suppress(FileNotFoundError):
            found = os.stat(self._name, dir_fd=self._place_fd, follow_symlinks=False)
            octets -= found.st_size if stat.S_ISREG(found.st_mode) else 0
            files -= 0 if stat.S_ISDIR(found.st_mode) else 1
        reserved, reserved_files = self._reserved
        self._quota.reserve(octets - reserved, files - reserved_files)
        self._reserved = octets, files

    def _close(self, *, kept: bool) -> None:
        if not kept:
            self._quota.release(*self._reserved)
            with suppress(OSError):
                os.unlink(self._aside, dir_fd=self._aside_fd)
        os.close(self._fd)
        os.close(self._place_fd)
        self._fd = -1
        self._done()


class Root:
    """The root directory of a tree, shared by the views of its users. fd: -1 after the tree was closed."""

    __slots__ = ("fd",)

    def __init__(self, fd: int) -> None:
        self.fd = fd


class AsideFolder:
    """The hidden directory of a tree's root in which files are written before their commit."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._fd = -1
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        with suppress(OSError):
            self.open(make=False)

    def open(self, *, make: bool = True) -> int:
        """Return its descriptor; the directory is created on the first write. Raises: OSError."""
        with self._lock:
            if self._fd < 0:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(ASIDE, 0o700, dir_fd=self._root.fd)
                self._fd = os.open(ASIDE, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._root.fd)
                remove_leftovers(self._fd)
            return self._fd

    def create_file(self, directory: int) -> tuple[int, bytes]:
        """Create a file, locked so that no other process removes it; return its descriptor and name.

        directory: descriptor of this directory, or of another one on the file system of the target.
        """
        while True:
            name = HIDDEN + b"%d-%d" % (os.getpid(), next(self._numbers))
            try:
                fd = os.open(name, WRITE, 0o666, dir_fd=directory)
            except FileExistsError:
                continue
            with suppress(BlockingIOError):
                platform.lock(fd)
                if os.fstat(fd).st_nlink:
                    return fd, name
            os.close(fd)

    def close(self) -> None:
        """Close the descriptor, and remove the directory if it is empty."""
        if self._fd >= 0:
            os.close(self._fd)
            with suppress(OSError):
                os.rmdir(ASIDE, dir_fd=self._root.fd)


def sync_directory(fd: int) -> None:
    """Flush changes of a directory to stable storage. fd: the directory, opened in any mode."""
    readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
    try:
        platform.sync(readable)
    finally:
        os.close(readable)


def remove_leftovers(aside_fd: int) -> None:
    """Remove hidden files left behind by killed processes, but not those that another process holds locked."""
    for name in os.listdir(aside_fd):
        with suppress(OSError):
            fd = os.open(name, os.O_WRONLY | os.O_NOFOLLOW, dir_fd=aside_fd)
            try:
                platform.lock(fd)
                if stat.S_ISREG(os.fstat(fd).st_mode):
                    os.unlink(name, dir_fd=aside_fd)
            finally:
                os.close(fd)
