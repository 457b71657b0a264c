"""The folder that `--data` names: which version of Homeport's layout it holds.

`DIR/format` has a number. A folder of a newer Homeport is refused and left as it is; an older one is brought up to
date step by step, by UPGRADES, each of which leaves a folder that the next run takes up wherever it was cut off. A
folder that states no number is new, or was written before folders did: its layout is that of 1.

What the farm writes there must be writable at start: a client that has been answered by then would lose its change.
"""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from homeport.disk.write_aside import write_aside

FORMAT = 1
UPGRADES: dict[int, Callable[[Path], None]] = {}
"""By the version that each brings to the next one."""
FOLDERS = (
    *("ca", "files", "files/*", "mail", "mail/*", "mail/*/tmp", "mail/*/envelopes", "mail/*/*@*"),
    *("mail/*/*@*/tmp", "mail/*/*@*/new", "mail/*/*@*/cur"),
    *("registry", "registry/*"),
)
"""Patterns of the folders in which the farm makes, renames and removes files.

What is below `files/WORLD` has the modes that clients of FTP gave it, and mail programs look after the messages in the
mailboxes: neither is checked.
"""
FILES = ("format", "ca/*", "mail/*/lock", "mail/*/envelopes/*", "registry/*/lock", "registry/*/registry.sqlite*")
"""Patterns of the files that the farm reads and writes."""


class DataFolderError(Exception):
    """The folder cannot be used; says what to do."""


def open_data(folder: Path) -> None:
    """Make the folder if it is missing, and bring what it holds up to date.

    Raises: DataFolderError; nothing in the folder has been changed by this version then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder)
        found = _format_of(folder)
        if found > FORMAT:
            raise DataFolderError(
                f"{folder} was written by a newer Homeport (format {found}, this one knows {FORMAT}): "
                "run that version, or name another --data"
            )
        for version in range(found, FORMAT):
            UPGRADES[version](folder)
            _state(folder, version + 1)
        if not (folder / "format").exists():
            _state(folder, FORMAT)
    except OSError as error:
        raise DataFolderError(f"{error.filename}: {error.strerror}: name a --data that can be written to") from None


def check_writable(folder: Path) -> None:
    """Check that this user can read and write what a farm has there.

    Raises: DataFolderError, with the name of the first file or folder that cannot be.
    """
    for path in (folder, *_matching(folder, FOLDERS)):
        if not path.is_dir():
            raise DataFolderError(f"{path} is not a folder: move it away, or name another --data")
        _check_access(path, os.R_OK | os.W_OK | os.X_OK)
    for path in _matching(folder, FILES):
        if not path.is_file():
            raise DataFolderError(f"{path} is not a file: move it away, or name another --data")
        _check_access(path, os.R_OK | os.W_OK)


def _matching(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from folder.glob(pattern)


def _check_access(path: Path, mode: int) -> None:
    if not os.access(path, mode, effective_ids=os.access in os.supports_effective_ids):
        reason = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
        raise DataFolderError(f"{path}: {os.strerror(reason)}: let this user read and write it, or name another --data")


def _format_of(folder: Path) -> int:
    file = folder / "format"
    if not file.exists():
        return 1
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    if not text.isdecimal():
        raise DataFolderError(f"{file} says {text[:20]!r} and no number: restore the folder, or name another --data")
    return int(text)


def _state(folder: Path, version: int) -> None:
    write_aside(folder / "format", f"{version}\n".encode())
