"""Notifies the service manager of the process's state (sd_notify(3)); without one it does nothing."""

import os
import socket
from collections.abc import MutableMapping


class Notifier:
    """Sends notifications to the socket of a service manager. path: as in NOTIFY_SOCKET; empty for none."""

    def __init__(self, path: str = "", watchdog: float = 0.0) -> None:
        # A leading @ stands for the NUL of Linux's abstract sockets.
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self.watchdog = watchdog
        """Watchdog timeout in seconds; 0 for none."""

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str], pid: int) -> "Notifier":
        """Read the service manager's variables and remove them, so that child processes do not inherit them."""
        path = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        mine = environment.pop("WATCHDOG_PID", str(pid)) == str(pid)
        return cls(path, int(microseconds) / 1e6 if mine and microseconds.isdigit() else 0.0)

    def reloading(self, microseconds: int) -> None:
        """Report that a reload begins; `READY=1` reports its end. microseconds: of CLOCK_MONOTONIC, now.

        The time tells the manager that this reload is the one that it asked for (Type=notify-reload).
        """
        self.tell(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def tell(self, state: str) -> None:
        """Send a notification such as `READY=1`; it is no error if the manager is gone."""
        if self._address:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                    client.sendto(state.encode(), self._address)
            except OSError as error:
                import logging

                logging.getLogger("homeport").warning(
                    "cannot notify the service manager: %s", os.strerror(error.errno or 0)
                )
