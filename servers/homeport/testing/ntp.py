"""NTP in tests: the address to ask, the requests to wait for, and wrong times to plan."""

from datetime import timedelta
from typing import Any, ClassVar

from homeport.testing.faults import Fault
from homeport.testing.records import Event
from homeport.testing.service import Listener, TlsService, in_thread
from homeport.testing.waiting import TIMEOUT


class Ntp(TlsService):
    """NTP; `address`, `host` and `port` are those of UDP. It tells the world's time: see `homeport.clock`."""

    schemes: ClassVar = {"udp": "ntp", "nts": "nts"}

    @property
    def first(self) -> Listener:
        """The listener of `address`, `host`, `port` and `url`."""
        return self.listener("udp")

    @property
    def nts(self) -> Listener:
        """The listener for key exchanges of NTS."""
        return self.listener("nts")

    def offset(self, seconds: float, *, ppm: float = 0.0, times: int = 0, **options: Any) -> Fault:
        """Have it tell a time that is ahead of the clock, or behind if negative: it becomes a falseticker.

        ppm: microseconds that each second adds. options: as of `fail`.
        """
        __tracebackhide__ = True
        return self.fail(offset={"ms": seconds * 1000, "ppm": ppm}, times=times, **options)

    def queries(self) -> list[Event]:
        """Return the datagrams received, oldest first; `shown` has each with its answer as text."""
        return list(self.events("datagram"))

    def wait_for_query(
        self, *, timeout: float | timedelta = TIMEOUT, since: int = 0, answered: bool | None = None, **filters: Any
    ) -> Event:
        """Return the first datagram; wait for it if needed. Earlier ones count, after the event `since`.

        answered: True for one with an answer, False for one without. filters: such as peer="127.0.0.1".

        Raises: TimedOut.
        """
        __tracebackhide__ = True

        def accept(event: Event) -> bool:
            return event["type"] == "datagram" and answered in (None, bool(event["answers"]))

        return self.wait_for_event("datagram", timeout=timeout, since=since, accept=accept, **filters)

    async def wait_for_query_async(self, **options: Any) -> Event:
        """`wait_for_query` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_query, **options)
