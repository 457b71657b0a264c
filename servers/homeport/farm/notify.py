"""Tells the service manager how the process is (sd_notify(3)); without one it says nothing."""

import os
import socket
from collections.abc import MutableMapping


class Notifier:
    """Speaks to the socket of a service manager. path: as in NOTIFY_SOCKET; empty for none."""

    def __init__(self, path: str = "", watchdog: float = 0.0) -> None:
        # A leading @ stands for the NUL of Linux's abstract sockets.
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self.watchdog = watchdog
        """Seconds within which the manager wants to hear of us again and again; 0 for never."""

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str], pid: int) -> "Notifier":
        """Take over what the manager says, and the variables, which are not for our children."""
        path = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        mine = environment.pop("WATCHDOG_PID", str(pid)) == str(pid)
        return cls(path, int(microseconds) / 1e6 if mine and microseconds.isdigit() else 0.0)

    def reloading(self, microseconds: int) -> None:
        """A reload begins; `READY=1` says that it is over. microseconds: of CLOCK_MONOTONIC, now.

        The manager knows by them that this reload is the one it asked for (Type=notify-reload).
        """
        self.tell(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def tell(self, state: str) -> None:
        """Say something such as `READY=1`; a manager that is gone is no error."""
        if self._address:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                    client.sendto(state.encode(), self._address)
            except OSError as error:
                import logging

                logging.getLogger("homeport").warning(
                    "cannot notify the service manager: %s", os.strerror(error.errno or 0)
                )
