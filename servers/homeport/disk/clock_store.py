"""A world's clock on disk: `registry/WORLD/clock.json` in the data folder, beside the objects that it dates."""

from contextlib import suppress
from pathlib import Path

import msgspec

from homeport.config.quantities import decode, encode
from homeport.disk.write_aside import write_aside
from homeport.world.clock import KeptClock
from homeport.world.row_store import StoreError


class ClockFile:
    """The file of one world's clock."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "clock.json"

    def load(self) -> KeptClock | None:
        """Return what is kept; None if nothing is. Raises: StoreError."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=KeptClock, dec_hook=decode)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror}: make it readable, or move it away") from None
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"{self._path}: this is no clock ({error}): move it away, and set the clock to the time of the objects"
            ) from None

    def save(self, kept: KeptClock) -> None:
        """Write it to stable storage; it may block. Raises: StoreError."""
        try:
            write_aside(self._path, msgspec.json.encode(kept, enc_hook=encode), 0o600)
        except OSError as error:
            raise StoreError(f"{self._path}: the clock cannot be stored: {error.strerror}") from None

    def forget(self) -> None:
        """Keep nothing."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
