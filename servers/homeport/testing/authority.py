"""The certificate of a farm's authority, which clients trust, also if the farm's files are on another machine."""

import threading
from typing import TYPE_CHECKING

from homeport.testing.api import Api

if TYPE_CHECKING:
    from homeport.disk.temporary import TemporaryFolder


class Authority:
    """The authority of a farm's certificates. near: True if the farm's files are on this machine."""

    def __init__(self, *, near: bool) -> None:
        self.near = near
        self._pem = ""
        self._file = ""
        self._folder: TemporaryFolder | None = None
        self._lock = threading.Lock()

    def pem(self, api: Api) -> str:
        """Return its certificate (PEM)."""
        if not self._pem:
            self._pem = api.fetch("/api/v1/ca.pem").decode()
        return self._pem

    def file(self, api: Api) -> str:
        """Return the path of a local copy of the certificate."""
        from homeport.disk.temporary import TemporaryFolder

        pem = self.pem(api)
        with self._lock:
            if not self._file:
                self._folder = TemporaryFolder()
                path = self._folder.path / "ca.pem"
                path.write_text(pem)
                self._file = str(path)
        return self._file

    def close(self) -> None:
        """Remove the copy."""
        if self._folder is not None:
            self._folder.close()
            self._folder = None
            self._file = ""
