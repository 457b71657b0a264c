"""The registry on disk: `registry/WORLD/registry.sqlite` in the data folder (`row_store.py`)."""

from pathlib import Path

from homeport.disk.row_store import RowFile, RowStore
from homeport.world.registry.passwords import for_disk

REGISTRY = RowFile(
    name="registry", noun="registry", application=0x48505247, format=1, conversions={"registrar": for_disk}
)  # "HPRG"


def open_registry(folder: Path) -> RowStore:
    """Open the store of one world's registry. Raises: StoreError."""
    return RowStore(folder, REGISTRY)
