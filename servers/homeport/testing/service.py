"""The service of a world as an object: its addresses, what clients sent, and the faults to plan."""

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
    """Host and port, as `socket.create_connection` takes them; as text `host:port`."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Credentials(NamedTuple):
    """A person's login."""

    login: str
    password: str
    token: str
    """An OAuth bearer token."""


class Listener:
    """One listener of a service. addresses: all addresses that it is bound to."""

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

    Methods return the state at the time of the call. They raise FarmGone if the farm does not answer, and Refused if it
    cannot do what is asked.
    """

    schemes: ClassVar[dict[str, str]] = {}
    """URL schemes of its listeners, by name; the service's own name where a listener is missing."""

    def __init__(self, world: "World", name: str, listeners: dict[str, dict[str, Any]]) -> None:
        self.world = world
        self.name = name
        self.listeners = {key: Listener(key, bound, self.schemes.get(key, name)) for key, bound in listeners.items()}
        self._api = world.api
        self._path = f"{world.path}/services/{name}"

    @property
    def first(self) -> Listener:
        """The listener of `address`, `host`, `port` and `url`."""
        return next(iter(self.listeners.values()))

    @property
    def address(self) -> Address:
        """Host and port: `smtplib.SMTP(*smtp.address)`, `f"{smtp.address}"`."""
        return self.first.address

    @property
    def host(self) -> str:
        """The address, as text."""
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
        """Return a listener by its name.

        Raises: FarmError if the service has none of that name.
        """
        try:
            return self.listeners[name]
        except KeyError:
            there = ", ".join(self.listeners)
            raise FarmError(f"{self.name} has no listener {name!r}; its listeners are: {there}") from None

    def user(self, login: str = "alice") -> Credentials:
        """Return a person's login; in a fresh world the password is LOGIN-pass and the token LOGIN-token."""
        person = self.world.people[login]
        return Credentials(person["login"], person["password"], next(iter(person["tokens"]), ""))

    # Observing.

    def events(
        self,
        type: str | None = None,
        *,
        text: str | None = None,
        since: int = 0,
        **filters: Any,
    ) -> Events:
        """Return its events, oldest first. filters: `conn`, `peer`, `listener`, as for `World.events`."""
        __tracebackhide__ = True
        return self.world.events(type, service=self.name, text=text, since=since, **filters)

    def commands(self, verb: str | None = None) -> list[Event]:
        """Return the commands received, oldest first: verb, argument, code, conn."""
        return [event for event in self.events("command") if matches(event, {"verb": verb})]

    def connections(self) -> list[Record]:
        """Return its connections, oldest first."""
        return self.world.connections(service=self.name)

    def transcripts(self) -> list[Transcript]:
        """Return the transcript of each connection, oldest first; `transcript.text` is for people."""
        return self.world.transcripts(service=self.name)

    def findings(self, level: str = "advice") -> list[Finding]:
        """Return the findings of that level or a more severe one."""
        return self.world.findings(level, service=self.name)

    def wait_for_event(
        self,
        type: str | None = None,
        *,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
        **filters: Any,
    ) -> Event:
        """Return the first event that matches the filters; wait for it if needed. Earlier events count. The filters are
        type, text, conn, peer, and any field of the event that must be equal, such as verb="RCPT".

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
        """Return the first N events that match; wait for them if needed.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.world.wait_for_events(count, type, timeout=timeout, since=since, service=self.name, **filters)

    async def wait_for_event_async(self, *args: Any, **options: Any) -> Event:
        """`wait_for_event` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_event, *args, **options)

    # Faults.

    def fail(
        self,
        verb: str | None = None,
        reply: int | str | None = None,
        text: str = "",
        *,
        code: int | str | None = None,
        enhanced: str = "",
        ede: int | None = None,
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
        """Plan a fault: `fail("RCPT", 451)`, `fail(reset=True)`, `fail("DATA", latency=2000)`, `fail(tls="expired")`,
        `fail("PASS", "-ERR", code="IN-USE")`, `fail("A", "SERVFAIL", ede=22)`.

        verb, argument: of the commands to act on. reply, text: of the reply that replaces the command's own; the
        command is not executed. reply: its code, its status (IMAP, POP3), or its rcode (DNS, where verbs are types and
        arguments names). code: the same number, or the response code of a status. enhanced: its enhanced status code
        (SMTP). ede: the code of its extended error (DNS). times: how often to act; 0 for always.
        after: number of matches to skip first.
        optional: True if it need not act; other faults fail the test then. kind: exactly one of latency (ms), bandwidth
        (bytes per second), slice (size), limit (bytes), close, reset, hang, refuse (seconds), garbage (bytes), corrupt
        (rate), answer (text), tls, frame, ttl (seconds), offset (ms), stratum (number), drop, duplicate,
        reorder, truncate (size); True, that value, or a dict of all its parameters.
        """
        __tracebackhide__ = True
        where = {"argument": argument, "peer": peer, "conn": conn, "listener": listener, "direction": direction}
        when = {"times": times, "after": after, "probability": probability}
        plan = planned(self.name, verb, (reply, code, text, enhanced, ede), where, when, kind) | {"optional": optional}
        return Fault(self.world, self._api.send("POST", f"{self.world.path}/faults", plan))

    def clear_faults(self) -> None:
        """Remove the faults of this service."""
        for fault in self.world.faults():
            if fault["service"] == self.name:
                fault.remove()

    def stop(self) -> None:
        """Stop it: connections are closed and new ones refused; the farm keeps its ports."""
        self._api.send("POST", f"{self._path}/stop")

    def start(self) -> None:
        """Start it again."""
        self._api.send("POST", f"{self._path}/start")

    @property
    def running(self) -> bool:
        """True if it serves. (Sends a request.)"""
        return bool(self._state()["state"] == "running")

    def _state(self) -> Record:
        items = self._api.get(f"{self.world.path}/services")["items"]
        return next(Record(item) for item in items if item["name"] == self.name)

    def __repr__(self) -> str:
        return f"<{self.name} {', '.join(f'{one.name} {one.address}' for one in self.listeners.values())}>"


async def in_thread(function: Callable[..., Result], *args: Any, **options: Any) -> Result:
    """Call a function in a thread, without blocking asyncio's loop."""
    import asyncio

    return await asyncio.to_thread(partial(function, *args, **options))


class TlsService(Service):
    """A service with TLS."""

    @property
    def ca_file(self) -> str:
        """The path of the CA certificate (PEM)."""
        return self.world.ca_file

    def ssl_context(self) -> Any:
        """Return an `ssl.SSLContext` for clients that trusts only the farm."""
        return self.world.ssl_context()


def pages(api: Any, path: str, **filters: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of a list, page by page."""
    since: int | None = filters.pop("since", 0)
    while since is not None:
        answer = api.get(path, since=since, **filters)
        yield from answer["items"]
        since = answer["next"]
