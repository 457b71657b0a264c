"""The services that answer with text or bytes: Echo to Time, Finger, Whois, and those of other packages."""

from datetime import timedelta
from typing import Any, ClassVar

from homeport.testing.contents import Table
from homeport.testing.faults import Fault
from homeport.testing.records import Event
from homeport.testing.service import Listener, Service, in_thread
from homeport.testing.waiting import TIMEOUT


class Text(Service):
    """A service without commands."""

    schemes: ClassVar = {"tcp": "tcp", "udp": "udp"}

    @property
    def tcp(self) -> Listener:
        """Its TCP listener."""
        return self.listener("tcp")

    @property
    def udp(self) -> Listener:
        """Its UDP listener; the same port."""
        return self.listener("udp")

    def answer(self, text: str, **options: Any) -> Fault:
        """Set the next answer; options as of `fail`, such as times=0 for every answer from now on."""
        return self.fail(answer=text, **options)

    def wait_for(
        self, text: str | None = None, *, timeout: float | timedelta = TIMEOUT, since: int = 0, **filters: Any
    ) -> Event:
        """Return the first bytes or datagram of a client that contain a text; wait for them if needed. Earlier ones
        count.

        Raises: TimedOut.
        """
        return self.wait_for_event(None, text=text, timeout=timeout, since=since, accept=from_client, **filters)

    async def wait_for_async(self, text: str | None = None, **options: Any) -> Event:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, text, **options)


class Query(Service):
    """A service with one query per connection."""

    def answer(self, text: str, query: str | None = None, **options: Any) -> Fault:
        """Set the next answer. query: only the answer to a query that contains this.

        options: as of `fail`, such as times=0 for every answer from now on.
        """
        return self.fail("query" if query else None, answer=text, argument=query, **options)

    def queries(self) -> list[str]:
        """Return the queries received, oldest first."""
        return [str(event["argument"]) for event in self.commands()]

    def wait_for(
        self, query: str | None = None, *, timeout: float | timedelta = TIMEOUT, since: int = 0, **filters: Any
    ) -> Event:
        """Return the first query that contains a text; wait for it if needed. Earlier ones count.

        Raises: TimedOut.
        """
        return self.wait_for_event("command", text=query, timeout=timeout, since=since, **filters)

    async def wait_for_async(self, query: str | None = None, **options: Any) -> Event:
        """`wait_for` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for, query, **options)


class Finger(Query):
    """Finger; it shows `world.people` and `world.presence`."""


class Whois(Query):
    """Whois; it shows `world.registry`, and the networks, routes and AS numbers here."""

    @property
    def networks(self) -> Table:
        """Networks by prefix or range: `put("192.0.2.0/28", name="BERTHS")`."""
        return Table(self.world, "numbers/networks", "range")

    @property
    def routes(self) -> Table:
        """Routes by prefix: `put("192.0.2.0/24", origins=["AS64496"])`."""
        return Table(self.world, "numbers/routes", "prefix")

    @property
    def as_numbers(self) -> Table:
        """AS numbers and blocks of them: `put("AS64499", name="BERTHS-AS")`."""
        return Table(self.world, "numbers/as-numbers", "range")


def from_client(event: Event) -> bool:
    """True if a client sent this event's bytes."""
    return event["type"] == "in" or (event["type"] == "datagram" and event.get("direction") != "out")
