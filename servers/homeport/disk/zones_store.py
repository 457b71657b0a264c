"""The zones on disk: `registry/WORLD/zones.sqlite` in the data folder (`row_store.py`), beside the registry.

The folder is locked by the store of the registry.
"""

from pathlib import Path

from homeport.disk.row_store import RowFile, RowStore

ZONES = RowFile(
    name="zones",
    noun="set of zones",
    restore="restore a copy, or move it away to start with the configured zones",
    application=0x48505A4E,  # "HPZN"
    format=1,
    locks=False,
)


def open_zones(folder: Path) -> RowStore:
    """Open the store of one world's zones. Raises: StoreError."""
    return RowStore(folder, ZONES)
