"""The directory on disk: `registry/WORLD/directory.sqlite` in the data folder (`row_store.py`), beside the registry.

The folder is locked by the store of the registry.
"""

from pathlib import Path

from homeport.disk.row_store import RowFile, RowStore

DIRECTORY = RowFile(
    name="directory",
    noun="directory",
    restore="restore a copy, or move it away to start with the configured entries",
    application=0x48504C44,  # "HPLD"
    format=1,
    locks=False,
)


def open_directory(folder: Path) -> RowStore:
    """Open the store of one world's directory. Raises: StoreError."""
    return RowStore(folder, DIRECTORY)
