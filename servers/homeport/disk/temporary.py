"""The temporary folder of a farm: what it exports to clients and the files of worlds that do not last.

A farm that stops removes it. One that is killed cannot, so each farm that starts sweeps the folders of dead ones. Dead
is one whose lock is free: process numbers are reused, and mean nothing across containers that share a temporary folder.
The lock is taken before it has the name `lock`, so a folder with such a file belongs either to a living farm, which
holds it, or to a dead one. Two farms that start at once cannot take each other for dead.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from weakref import finalize

from homeport.io import platform

PREFIX = "homeport-"


class TemporaryFolder:
    """A temporary folder that is removed with the farm, or by a later farm if this one is killed.

    Other users may pass through it (0711) to the files that are meant for them. Raises: OSError.
    """

    def __init__(self) -> None:
        from tempfile import mkdtemp  # slow to import, so only at first use

        self.path = Path(mkdtemp(prefix=PREFIX))
        lock = os.open(self.path / "lock.new", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        platform.lock(lock)
        (self.path / "lock.new").rename(self.path / "lock")
        self.path.chmod(0o711)
        self._finalizer = finalize(self, _discard, self.path, lock, os.getpid())

    def make(self, name: str) -> Path:
        """Create a private folder in it. Raises: OSError."""
        path = self.path / name
        path.mkdir(mode=0o700)
        return path

    def close(self) -> None:
        """Remove it. In a forked child it does nothing: the folder belongs to the parent."""
        self._finalizer()


def sweep() -> int:
    """Remove the temporary folders of this user's dead farms, and return their number. It may take long: no reactor."""
    from tempfile import gettempdir

    removed = 0
    with suppress(OSError), os.scandir(gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                with suppress(OSError):
                    removed += _sweep_one(Path(entry.path))
    return removed


def _sweep_one(folder: Path) -> bool:
    """Remove a folder if it is the one of a dead farm. Raises: OSError if it is not ours, or alive."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        return False
    lock = os.open(folder / "lock", os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(lock).st_mode):
            return False
        platform.lock(lock)
        _remove(folder)
    finally:
        os.close(lock)
    return True


def _discard(folder: Path, lock: int, owner: int) -> None:
    """Remove a folder of ours, and let go of its lock."""
    if os.getpid() == owner:
        with suppress(OSError):
            _remove(folder)
        os.close(lock)


def _remove(folder: Path) -> None:
    """Remove a folder; its lock goes last, so that a sweep which is killed is taken up by the next."""
    from shutil import rmtree

    for entry in list(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            rmtree(entry, ignore_errors=True)
        elif entry.name != "lock":
            entry.unlink(missing_ok=True)
    (folder / "lock").unlink(missing_ok=True)
    folder.rmdir()
