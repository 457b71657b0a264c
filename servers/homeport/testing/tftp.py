"""TFTP in tests: the address, the files, and transfers to wait for."""

from datetime import timedelta
from typing import Any, ClassVar

from homeport.testing.ftp import Files
from homeport.testing.records import Event
from homeport.testing.service import Service, in_thread
from homeport.testing.waiting import TIMEOUT

READ, WRITTEN = "retrieve", "store"


class Tftp(Service):
    """TFTP; `address`, `host`, `port` and `url` are those of the port for requests.

    Each transfer is a connection of the world: `homeport.connections()` lists it, `homeport.transcript(event.conn)`
    shows its packets.
    """

    schemes: ClassVar = {"udp": "tftp"}

    @property
    def files(self) -> Files:
        """The world's tree of files, by path; FTP has the same."""
        return Files(self._api, f"{self.world.path}/ftp/files")

    def transfers(self) -> list[Event]:
        """Return the files that were read and written, oldest first: what, path, octets, seconds, complete, reason."""
        return list(self.events("file"))

    def wait_for(self, path: str, *, timeout: float | timedelta = TIMEOUT, since: int = 0) -> bytes:
        """Wait until a file has been written completely, and return its content. Earlier transfers count.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        self._wait(path, WRITTEN, timeout, since)
        return self.files.get(path, b"")

    def wait_for_read(self, path: str, *, timeout: float | timedelta = TIMEOUT, since: int = 0) -> Event:
        """Wait until a file has been read completely, and return the event. Earlier transfers count.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self._wait(path, READ, timeout, since)

    async def wait_for_async(self, path: str, **options: Any) -> bytes:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, path, **options)

    async def wait_for_read_async(self, path: str, **options: Any) -> Event:
        """`wait_for_read` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_read, path, **options)

    def _wait(self, path: str, what: str, timeout: float | timedelta, since: int) -> Event:
        __tracebackhide__ = True
        wanted = "/" + path.strip("/")

        def done(event: Event) -> bool:
            return (event["service"], event["path"], event["what"]) == ("tftp", wanted, what) and bool(
                event["complete"]
            )

        found = self.world.wait_for_events(1, "file", text=wanted, timeout=timeout, since=since, accept=done)
        return found[0]
