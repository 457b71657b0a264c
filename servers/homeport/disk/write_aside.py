"""Atomic file writes: readers see the whole new file or the old one."""

import glob
import os
from contextlib import suppress
from pathlib import Path

from homeport.io import platform


def write_aside(path: Path, octets: bytes, mode: int = 0o666, *, durable: bool = True, fresh: bool = False) -> Path:
    """Write a file atomically and return its path.

    mode: its permissions from the first byte on, less the umask. durable: True to return only when it is on stable
    storage under its name; not needed for what a restart writes again. fresh: True if the name must be free.

    Raises: OSError, such as FileExistsError for a name that is not free; no temporary file is left then.
    """
    aside = aside_of(path)
    aside.unlink(missing_ok=True)  # of a killed process with this number
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(octets)
            if durable:
                file.flush()
                platform.sync(file.fileno())
        if fresh:
            path.hardlink_to(aside)
        else:
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)
    return path


def aside_of(path: Path) -> Path:
    """Return the temporary name of a file, from which it is renamed."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def sweep_asides(path: Path) -> None:
    """Remove temporary names of a file that processes have left which were killed while they wrote it."""
    for aside in path.parent.glob(f".{glob.escape(path.name)}.*"):
        number = aside.name.rpartition(".")[2]
        if number.isdecimal() and not _is_alive(int(number)):
            with suppress(OSError):
                aside.unlink()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def sync_folder(path: Path) -> None:
    """Flush a folder's names to stable storage."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        platform.sync(descriptor)
    finally:
        os.close(descriptor)
