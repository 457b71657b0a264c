"""Whom clients trust: the certificate of a farm's authority, also where its files are not here."""

import os
import threading
from pathlib import Path

from homeport.testing.api import Api


class Authority:
    """The authority of a farm's certificates. near: whether the farm's files are here."""

    def __init__(self, *, near: bool) -> None:
        self.near = near
        self._pem = ""
        self._file = ""
        self._lock = threading.Lock()

    def pem(self, api: Api) -> str:
        """Its certificate."""
        if not self._pem:
            self._pem = api.fetch("/api/v1/ca.pem").decode()
        return self._pem

    def file(self, api: Api) -> str:
        """A copy of it, where the farm's own is on another machine."""
        import tempfile

        pem = self.pem(api)
        with self._lock:
            if not self._file:
                descriptor, self._file = tempfile.mkstemp(prefix="homeport-ca-", suffix=".pem")
                with os.fdopen(descriptor, "w") as file:
                    file.write(pem)
        return self._file

    def close(self) -> None:
        """Remove the copy."""
        if self._file:
            Path(self._file).unlink()
            self._file = ""
