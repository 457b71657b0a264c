"""The services that answer with octets or a text: Echo to Time, Finger, Whois, and those of other packages."""

from datetime import timedelta
from typing import Any, ClassVar

from homeport.testing.faults import Fault
from homeport.testing.records import Event
from homeport.testing.service import Listener, Service, in_thread
from homeport.testing.waiting import TIMEOUT


class Text(Service):
    """A service without commands."""

    schemes: ClassVar = {"tcp": "tcp", "udp": "udp"}

    @property
    def tcp(self) -> Listener:
        """Its listener of connections."""
        return self.listener("tcp")

    @property
    def udp(self) -> Listener:
        """Its listener of datagrams; the same port."""
        return self.listener("udp")

    def answer(self, text: str, **options: Any) -> Fault:
        """Have the next answer be this text; options as of `fail`, such as times=0 for every answer from now on."""
        return self.fail(answer=text, **options)

    def wait_for(
        self, text: str | None = None, *, timeout: float | timedelta = TIMEOUT, since: int = 0, **filters: Any
    ) -> Event:
        """The first octets or datagram of a client that contain a text, which may have come before.

        Raises: TimedOut.
        """
        return self.wait_for_event(None, text=text, timeout=timeout, since=since, accept=from_client, **filters)

    async def wait_for_async(self, text: str | None = None, **options: Any) -> Event:
        """`wait_for` for asyncio: the loop goes on meanwhile."""
        return await in_thread(self.wait_for, text, **options)


class Query(Service):
    """A service that is asked one question per connection."""

    def answer(self, text: str, query: str | None = None, **options: Any) -> Fault:
        """Have the next answer be this text. query: only the answer to a question that contains this.

        options: as of `fail`, such as times=0 for every answer from now on.
        """
        return self.fail("query" if query else None, answer=text, argument=query, **options)

    def queries(self) -> list[str]:
        """What was asked, oldest first."""
        return [str(event["argument"]) for event in self.commands()]

    def wait_for(
        self, query: str | None = None, *, timeout: float | timedelta = TIMEOUT, since: int = 0, **filters: Any
    ) -> Event:
        """The first question that contains a text, which may have come before.

        Raises: TimedOut.
        """
        return self.wait_for_event("command", text=query, timeout=timeout, since=since, **filters)

    async def wait_for_async(self, query: str | None = None, **options: Any) -> Event:
        """`wait_for` for asyncio: the loop goes on meanwhile."""
        return await in_thread(self.wait_for, query, **options)


class Finger(Query):
    """Finger; whom it knows are `world.people` and `world.presence`."""


class Whois(Query):
    """Whois; what it knows is `world.registry`."""


def from_client(event: Event) -> bool:
    """Whether an event is what a client sent."""
    return event["type"] in ("in", "datagram")
