"""The folder that `--data` names: which version of Homeport's layout it holds.

`DIR/format` has a number. A folder of a newer Homeport is refused and left as it is; an older one is brought up to
date step by step, by UPGRADES, each of which leaves a folder that the next run takes up wherever it was cut off. A
folder that states no number is new, or was written before folders did: its layout is that of 1.
"""

from collections.abc import Callable
from pathlib import Path

from homeport.disk.write_aside import write_aside

FORMAT = 1
UPGRADES: dict[int, Callable[[Path], None]] = {}
"""By the version that each brings to the next one."""


class DataFolderError(Exception):
    """The folder cannot be used; says what to do."""


def open_data(folder: Path) -> None:
    """Make the folder if it is missing, and bring what it holds up to date.

    Raises: DataFolderError; nothing in the folder has been changed by this version then.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
