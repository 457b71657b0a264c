"""Files that are seen whole or not at all: written aside, then renamed."""

import os
from pathlib import Path

from homeport.io import platform


def write_aside(path: Path, octets: bytes, mode: int = 0o666, *, durable: bool = True, fresh: bool = False) -> Path:
    """Write a file so that a reader sees all of it or what was there before; return its path.

    mode: its permissions from the first octet on, less the umask. durable: whether it is on stable storage, under its
    name, when this returns; needless for what a restart writes anew. fresh: whether the name must be free.

    Raises: OSError, such as FileExistsError for a name that is not free; then nothing is left aside.
    """
    aside = aside_of(path)
    aside.unlink(missing_ok=True)  # of a process of this number that was killed
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
    """Return the name under which a file is written before it is renamed."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def sync_folder(path: Path) -> None:
    """Have the names in a folder on stable storage."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        platform.sync(descriptor)
    finally:
        os.close(descriptor)
