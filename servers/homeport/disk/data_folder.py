"""The folder that `--data` names: its owner, the version of its layout, and what may be wrong with it.

`DIR/lock` is held by the farm that uses the folder. `DIR/format` holds the version number. A folder of a newer Homeport
is refused and left unchanged; an older one is migrated step by step by UPGRADES. Each step must be safe to repeat after
an interruption. A folder without the file is new, or was written before the file existed: its version is 1.

Everything that the farm writes there is checked at start, before a client is served: a change that a client has been
told is done could not be stored otherwise. People touch these folders, too: they restore them from backups, move them
and look around in them. So files of others are left alone, whatever is missing is created, and the rest is refused with
the name of the file and what to do.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from weakref import finalize

from homeport.disk.write_aside import write_aside
from homeport.io import platform

FORMAT = 1
UPGRADES: dict[int, Callable[[Path], None]] = {}
"""The migrations, by the version that each starts from."""
PARTS = ("ca", "files", "mail", "registry")
"""The folders that are created at start, for this user alone (0700)."""
FOLDERS = (
    *(*PARTS, "files/default", "mail/default", "mail/default/tmp", "mail/default/envelopes"),
    *("mail/default/*@*", "mail/default/*@*/tmp", "mail/default/*@*/new", "mail/default/*@*/cur", "registry/default"),
)
"""Patterns of the folders in which the farm creates, renames and removes files.

The contents of `files/default` have the modes that FTP clients set, and mail programs manage the messages in the
mailboxes: neither is checked.
"""
FILES = (
    *("format", "lock", "ca/ca.pem", "ca/ca.key", "mail/default/lock", "mail/default/envelopes/*"),
    *("registry/default/lock", "registry/default/registry.sqlite*", "registry/default/zones.sqlite*"),
    *("registry/default/clock.json", "registry/default/directory.sqlite*"),
    "mail/default/mailboxes.sqlite*",
)
"""Patterns of the files that the farm reads and writes."""
OPTIONAL = "mail/default/*@*"
"""The pattern of mailboxes. A file with such a name is another person's, and no error."""
PROBE = ".probe"
PROBE_BYTES = 1 << 17
"""Size of the file that is written to find out whether a disk works again: a message needs some room."""
LEFTOVERS = (PROBE, f".{PROBE}.*", ".format.*", "ca/.ca.pem.*", "ca/.ca.key.*", "registry/default/.clock.json.*")
"""Patterns of files written aside (`write_aside`) by a farm that was killed before it could rename them."""


class DataFolderError(Exception):
    """The folder cannot be used; the message says what to do."""


class DataFolder:
    """A folder in use by this farm, which keeps its lock until `close`."""

    def __init__(self, lock: int) -> None:
        self._finalizer = finalize(self, os.close, lock)

    def close(self) -> None:
        """Let another farm use the folder."""
        self._finalizer()


def open_data(folder: Path) -> DataFolder:
    """Create the folder if it is missing, lock it, and migrate its contents.

    Raises: DataFolderError; this version has changed nothing in the folder then.
    """
    try:
        if folder.is_symlink() and not folder.exists():
            raise DataFolderError(f"{folder} is a link to {folder.readlink()}, which is missing: mount or create it")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_writable(folder)
        _format_of(folder)
        data = DataFolder(_lock(folder))
        for path in _matching(folder, LEFTOVERS):
            if stat.S_ISREG(path.lstat().st_mode):
                path.unlink()
        for version in range(_format_of(folder), FORMAT):
            UPGRADES[version](folder)
            _write_format(folder, version + 1)
        if not (folder / "format").exists():
            _write_format(folder, FORMAT)
        for name in PARTS:
            (folder / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise DataFolderError(
            f"{error.filename}: {error.strerror}: name a --data folder that can be written to"
        ) from None
    return data


def probe(folder: Path) -> None:
    """Write a small file to stable storage and remove it. Raises: OSError if the disk is full or fails."""
    write_aside(folder / PROBE, bytes(PROBE_BYTES), 0o600).unlink()


def check_writable(folder: Path) -> None:
    """Check that this user can read and write the farm's files.

    Raises: DataFolderError with the name of the first file or folder that fails.
    """
    foreign = {path for path in _matching(folder, (OPTIONAL,)) if not path.is_dir()}
    for path in (folder, *_matching(folder, FOLDERS)):
        if path in foreign:
            continue
        if not path.is_dir():
            raise DataFolderError(f"{path} is not a folder: move it away, or name another --data")
        _check_access(path, os.R_OK | os.W_OK | os.X_OK)
    for path in _matching(folder, FILES):
        if not path.is_file():
            raise DataFolderError(f"{path} is not a file: move it away, or name another --data")
        _check_access(path, os.R_OK | os.W_OK)


def _matching(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """Yield the paths that match, dangling links included, which `Path.glob` passes over."""
    for pattern in patterns:
        found = [folder]
        for part in pattern.split("/"):
            found = [path for parent in found for path in _children(parent, part)]
        yield from found


def _children(parent: Path, part: str) -> Iterator[Path]:
    if "*" not in part:
        if os.path.lexists(parent / part):
            yield parent / part
    elif parent.is_dir() and os.access(parent, os.R_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        yield from sorted(path for path in parent.iterdir() if fnmatchcase(path.name, part))


def _check_access(path: Path, mode: int) -> None:
    if not os.access(path, mode, effective_ids=os.access in os.supports_effective_ids):
        reason = errno.EROFS if os.statvfs(path).f_flag & os.ST_RDONLY else errno.EACCES
        raise DataFolderError(
            f"{path}: {os.strerror(reason)}: allow this user to read and write it, or name another --data"
        )


def _lock(folder: Path) -> int:
    """Lock the folder and return the descriptor of the lock. Raises: DataFolderError if another farm has it."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        platform.lock(lock)
    except OSError:
        os.close(lock)
        raise DataFolderError(f"another farm uses {folder}: stop it, or name another --data") from None
    return lock


def _format_of(folder: Path) -> int:
    """Return the version of the folder. Raises: DataFolderError if it is unreadable or newer."""
    file = folder / "format"
    if not file.exists():
        return 1
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text) > 0):
        raise DataFolderError(
            f"{file} contains {text[:20]!r} instead of a version number: "
            "restore it from a backup, or name another --data"
        )
    if int(text) > FORMAT:
        raise DataFolderError(
            f"{folder} was written by a newer Homeport (format {text}; this version supports {FORMAT}): "
            "run that version, or name another --data"
        )
    return int(text)


def _write_format(folder: Path, version: int) -> None:
    write_aside(folder / "format", f"{version}\n".encode(), 0o600)
