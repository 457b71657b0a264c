"""The service of a world as an object: where it is, what was said, what it shall do wrong."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from homeport.testing.errors import FarmError
from homeport.testing.faults import Fault, planned
from homeport.testing.records import Event, Events, Finding, Record, Transcript
from homeport.testing.waiting import TIMEOUT, matches

if TYPE_CHECKING:
    from homeport.testing.world import World

Result = TypeVar("Result")


class Address(NamedTuple):
    """Host and port, as `socket.create_connection` takes it; its text is `host:port`."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Credentials(NamedTuple):
    """With what a person logs in."""

    login: str
    password: str
    token: str
    """An OAuth bearer token."""


class Listener:
    """One listener of a service. addresses: every address that it is bound to."""

    def __init__(self, name: str, bound: dict[str, Any], scheme: str) -> None:
        self.name = name
        self.host: str = bound["host"]
        self.port: int = bound["port"]
        self.addresses: list[str] = bound["addresses"]
        self._scheme = scheme

    @property
    def address(self) -> Address:
        """Host and port."""
        return Address(self.host, self.port)

    @property
    def url(self) -> str:
        """Such as `smtp://127.0.0.1:41234`."""
        return f"{self._scheme}://{self.address}"

    def __repr__(self) -> str:
        return f"<{self.name} {self.url}>"


class Service:
    """A service of a world.

    Whatever it gives is as it is when it is asked; nothing changes by itself. Methods raise FarmGone if the farm does
    not answer and Refused if it cannot do what is asked.
    """

    schemes: ClassVar[dict[str, str]] = {}
    """Of the URLs of its listeners, by their names; the service's own name where a listener is not in it."""

    def __init__(self, world: "World", name: str, listeners: dict[str, dict[str, Any]]) -> None:
        self.world = world
        self.name = name
        self.listeners = {key: Listener(key, bound, self.schemes.get(key, name)) for key, bound in listeners.items()}
        self._api = world.api
        self._path = f"{world.path}/services/{name}"

    @property
    def first(self) -> Listener:
        """The listener that `address`, `host`, `port` and `url` are of."""
        return next(iter(self.listeners.values()))

    @property
    def address(self) -> Address:
        """Host and port: `smtplib.SMTP(*smtp.address)`, `f"{smtp.address}"`."""
        return self.first.address

    @property
    def host(self) -> str:
        """An address, as a text."""
        return self.first.host

    @property
    def port(self) -> int:
        """The port."""
        return self.first.port

    @property
    def url(self) -> str:
        """Such as `smtp://127.0.0.1:41234`."""
        return self.first.url

    def listener(self, name: str) -> Listener:
        """A listener by its name.

        Raises: FarmError if the service has none of that name.
        """
        try:
            return self.listeners[name]
        except KeyError:
            there = ", ".join(self.listeners)
            raise FarmError(f"{self.name} has no listener {name!r}; there are: {there}") from None

    def user(self, login: str = "alice") -> Credentials:
        """With what one of the world's people logs in; everybody of a fresh world has LOGIN-pass and LOGIN-token."""
        person = self.world.people[login]
        return Credentials(person["login"], person["password"], next(iter(person["tokens"]), ""))

    # What is said.

    def events(
        self,
        type: str | None = None,
        *,
        text: str | None = None,
        since: int = 0,
        **filters: Any,
    ) -> Events:
        """Its events in the journal, oldest first. filters: `conn`, `peer`, `listener`, as for `World.events`."""
        __tracebackhide__ = True
        return self.world.events(type, service=self.name, text=text, since=since, **filters)

    def commands(self, verb: str | None = None) -> list[Event]:
        """The commands that clients gave, oldest first: verb, argument, code, conn."""
        return [event for event in self.events("command") if matches(event, {"verb": verb})]

    def connections(self) -> list[Record]:
        """Who talked, oldest first."""
        return self.world.connections(service=self.name)

    def transcripts(self) -> list[Transcript]:
        """The talk of each connection, oldest first; the text of `transcript.text` is for people."""
        return self.world.transcripts(service=self.name)

    def findings(self, level: str = "advice") -> list[Finding]:
        """What clients did wrong, of that level or graver."""
        return self.world.findings(level, service=self.name)

    def wait_for_event(
        self,
        type: str | None = None,
        *,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
        **filters: Any,
    ) -> Event:
        """The first event that the filters let through, which may have come before: type, text, conn, peer; or any
        field of the event that is to be equal, such as verb="RCPT".

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.wait_for_events(1, type, timeout=timeout, since=since, **filters)[0]

    def wait_for_events(
        self,
        count: int,
        type: str | None = None,
        *,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
        **filters: Any,
    ) -> list[Event]:
        """So many of them.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.world.wait_for_events(count, type, timeout=timeout, since=since, service=self.name, **filters)

    async def wait_for_event_async(self, *args: Any, **options: Any) -> Event:
        """`wait_for_event` for asyncio: the loop goes on meanwhile."""
        return await in_thread(self.wait_for_event, *args, **options)

    # What it does wrong.

    def fail(
        self,
        verb: str | None = None,
        code: int | None = None,
        text: str = "",
        *,
        enhanced: str = "",
        times: int = 1,
        after: int = 0,
        probability: float = 1.0,
        argument: str | None = None,
        peer: str | None = None,
        conn: str | None = None,
        listener: str | None = None,
        direction: str | None = None,
        optional: bool = False,
        **kind: Any,
    ) -> Fault:
        """Plan a fault: `fail("RCPT", 451)`, `fail(reset=True)`, `fail("DATA", latency=2000)`, `fail(tls="expired")`.

        verb, argument: of the commands that it is for. code, text, enhanced: of the reply in the place of what the
        command asks for. times: how often; 0 is for ever. after: occasions that pass before. optional: whether it is
        no matter if it never acts; other faults fail the test then. kind: exactly one of
        latency (ms), bandwidth (octets a second), slice (size), limit (octets), close, reset, hang, refuse (seconds),
        garbage (octets), corrupt (rate), answer (text), tls, frame, drop, duplicate, reorder, truncate (size); True,
        that value, or a dict of all its parameters.
        """
        __tracebackhide__ = True
        where = {"argument": argument, "peer": peer, "conn": conn, "listener": listener, "direction": direction}
        when = {"times": times, "after": after, "probability": probability}
        plan = planned(self.name, verb, code, text, enhanced, where, when, kind) | {"optional": optional}
        return Fault(self.world, self._api.send("POST", f"{self.world.path}/faults", plan))

    def clear_faults(self) -> None:
        """Remove the faults of this service."""
        for fault in self.world.faults():
            if fault["service"] == self.name:
                fault.remove()

    def stop(self) -> None:
        """Take it down: connections are closed and new ones refused; its ports stay its own."""
        self._api.send("POST", f"{self._path}/stop")

    def start(self) -> None:
        """Have it serve again."""
        self._api.send("POST", f"{self._path}/start")

    @property
    def running(self) -> bool:
        """Whether it serves. (Asks the farm.)"""
        return bool(self._state()["state"] == "running")

    def _state(self) -> Record:
        items = self._api.get(f"{self.world.path}/services")["items"]
        return next(Record(item) for item in items if item["name"] == self.name)

    def __repr__(self) -> str:
        return f"<{self.name} {', '.join(f'{one.name} {one.address}' for one in self.listeners.values())}>"


async def in_thread(function: Callable[..., Result], *args: Any, **options: Any) -> Result:
    """Call off asyncio's loop, which goes on meanwhile."""
    import asyncio

    return await asyncio.to_thread(partial(function, *args, **options))


class TlsService(Service):
    """A service that speaks TLS."""

    @property
    def ca_file(self) -> str:
        """A file with the certificate of the authority to trust (PEM)."""
        return self.world.ca_file

    def ssl_context(self) -> Any:
        """An `ssl.SSLContext` for clients that trusts the farm and nobody else."""
        return self.world.ssl_context()


def pages(api: Any, path: str, **filters: Any) -> Iterator[dict[str, Any]]:
    """The items of a list, page by page."""
    since: int | None = filters.pop("since", 0)
    while since is not None:
        answer = api.get(path, since=since, **filters)
        yield from answer["items"]
        since = answer["next"]
