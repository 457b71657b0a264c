"""A world as an object: its services, its clock and contents, what happened in it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from homeport.client.http import WORLDS
from homeport.config.quantities import counted
from homeport.testing.api import Api, segment
from homeport.testing.authority import Authority
from homeport.testing.errors import FarmError
from homeport.testing.faults import Fault
from homeport.testing.records import Event, Events, Finding, Record, Transcript
from homeport.testing.service import Service, in_thread, pages
from homeport.testing.waiting import TIMEOUT, check_fields, kept_events, matches, wait_for_events

if TYPE_CHECKING:
    from ssl import SSLContext

    from homeport.testing.clock import Clock
    from homeport.testing.contents import People, Presence, Quotes
    from homeport.testing.epp import Epp
    from homeport.testing.ftp import Ftp
    from homeport.testing.registry import Registry
    from homeport.testing.smtp import Smtp
    from homeport.testing.text import Finger, Text, Whois

LEVELS = ("advice", "should", "must")
"""Of findings, the gravest last."""
FILTERS = ("conn", "peer", "text", "listener", "epoch")
"""What the API filters events by, besides type and service."""
Kind = TypeVar("Kind", bound=Service)


class World:
    """A world of a running farm.

    Services are attributes by their names: `world.smtp`; `world.service(name)` finds those of other packages. What it
    gives is as it is when it is asked. Methods raise FarmGone if the farm does not answer, and Refused.
    """

    def __init__(self, api: Api, ready: dict[str, Any], authority: "Authority") -> None:
        self._attach(api, ready, authority)

    def _attach(self, api: Api, ready: dict[str, Any], authority: "Authority") -> None:
        self._connected: tuple[Api, dict[str, Any], Authority] | None = (api, ready, authority)
        self._services: dict[str, Service] = {}
        self.ended_faults: list[Fault] = []
        """Faults that were context managers, and did not act while they were."""

    def _connection(self) -> "tuple[Api, dict[str, Any], Authority]":
        if self._connected is None:
            raise FarmError("the farm does not run: call start(), or write `with Farm() as farm:`")
        return self._connected

    @property
    def api(self) -> Api:
        """The control API: `world.api.get("/metrics")`, for what has no method here."""
        return self._connection()[0]

    @property
    def ready(self) -> dict[str, Any]:
        """The ready object: where everything is, as the API says it."""
        return self._connection()[1]

    @property
    def name(self) -> str:
        """The world's name."""
        return str(self.ready["world"])

    @property
    def path(self) -> str:
        """Of the world in the API."""
        return f"{WORLDS}/{segment(self.name)}"

    @property
    def control(self) -> str:
        """The URL of the control API, for programs in other languages."""
        return str(self.ready["control"])

    @property
    def services(self) -> list[str]:
        """The names of the services that this world has."""
        return list(self.ready["services"])

    def service(self, name: str) -> Service:
        """A service by its name.

        Raises: FarmError if the world has none of that name.
        """
        listeners = self.ready["services"].get(name)
        if name not in self._services:
            if listeners is None:
                there = ", ".join(self.services) or "none"
                raise FarmError(f"the world {self.name!r} has no service {name!r}; there are: {there}")
            self._services[name] = service_class(name)(self, name, listeners)
        return self._services[name]

    def _typed(self, kind: type[Kind], name: str) -> Kind:
        found = self.service(name)
        assert isinstance(found, kind)  # noqa: S101 - by the table of classes
        return found

    @property
    def smtp(self) -> "Smtp":
        """Mail: `smtp.address`, `smtp.wait_for(to=...)`, `smtp.messages`."""
        from homeport.testing.smtp import Smtp

        return self._typed(Smtp, "smtp")

    @property
    def ftp(self) -> "Ftp":
        """Files: `ftp.address`, `ftp.files["pub/tides.txt"]`, `ftp.wait_for(path)`."""
        from homeport.testing.ftp import Ftp

        return self._typed(Ftp, "ftp")

    @property
    def epp(self) -> "Epp":
        """Registrars: `epp.address`, `epp.user("harbour")`, `epp.wait_for("domain:create")`."""
        from homeport.testing.epp import Epp

        return self._typed(Epp, "epp")

    @property
    def finger(self) -> "Finger":
        """Finger."""
        from homeport.testing.text import Finger

        return self._typed(Finger, "finger")

    @property
    def whois(self) -> "Whois":
        """Whois."""
        from homeport.testing.text import Whois

        return self._typed(Whois, "whois")

    @property
    def echo(self) -> "Text":
        """Echo."""
        return self._text("echo")

    @property
    def discard(self) -> "Text":
        """Discard."""
        return self._text("discard")

    @property
    def users(self) -> "Text":
        """Active Users."""
        return self._text("users")

    @property
    def daytime(self) -> "Text":
        """Daytime."""
        return self._text("daytime")

    @property
    def qotd(self) -> "Text":
        """Quote of the Day."""
        return self._text("qotd")

    @property
    def chargen(self) -> "Text":
        """Character Generator."""
        return self._text("chargen")

    @property
    def time(self) -> "Text":
        """Time. (The world's time is `clock`.)"""
        return self._text("time")

    def _text(self, name: str) -> "Text":
        from homeport.testing.text import Text

        return self._typed(Text, name)

    @cached_property
    def clock(self) -> "Clock":
        """The world's clock."""
        from homeport.testing.clock import Clock

        return Clock(self)

    @cached_property
    def people(self) -> "People":
        """Who can log in, by login."""
        from homeport.testing.contents import People

        return People(self)

    @cached_property
    def presence(self) -> "Presence":
        """Who is on, by identifier."""
        from homeport.testing.contents import Presence

        return Presence(self)

    @cached_property
    def quotes(self) -> "Quotes":
        """The book of quotes."""
        from homeport.testing.contents import Quotes

        return Quotes(self)

    @cached_property
    def registry(self) -> "Registry":
        """Domains, hosts, contacts and registrars."""
        from homeport.testing.registry import Registry

        return Registry(self)

    # What happened.

    def events(
        self,
        type: str | None = None,
        *,
        service: str | None = None,
        since: int = 0,
        **filters: Any,
    ) -> Events:
        """Events of the journal, oldest first. filters: `conn`, `peer`, `listener`, `text` (contained in it), and
        fields of the event that are to be equal, such as verb="RCPT". since: only those after the one of this `seq`;
        epoch: that number's.

        The list says in `lost` how many events after `since` are no longer kept, and in `reset` whether `since` is of
        another epoch.

        Raises: FarmError for a field that such events do not have; Refused for a type or service that there is not.
        """
        __tracebackhide__ = True
        known, fields = _filters(filters)
        self._check_fields(type, service, fields)
        found = kept_events(self.api, self.path, type=type, service=service, since=since, **known)
        found[:] = [event for event in found if matches(event, fields)]
        return found

    @property
    def seq(self) -> int:
        """The number of the newest event: the `since` of what is yet to come. (Asks the farm.)"""
        return int(self.api.get(f"{self.path}/events", limit=1)["seq"])

    @property
    def epoch(self) -> str:
        """Which run of numbers `seq` is of; a reset of the world begins another. (Asks the farm.)"""
        return str(self.api.get(f"{self.path}/events", limit=1)["epoch"])

    def _check_fields(self, type: str | None, service: str | None, fields: dict[str, Any]) -> None:
        """Check that events of a type have these fields; services of other packages may have any.

        Raises: FarmError.
        """
        asked = self.services if service is None else [service]
        if fields and all(isinstance(getattr(World, name, None), property) for name in asked):
            check_fields(type, fields)

    def wait_for_events(
        self,
        count: int,
        type: str | None = None,
        *,
        service: str | None = None,
        timeout: float | timedelta = TIMEOUT,
        since: int = 0,
        accept: Callable[[Event], bool] | None = None,
        **filters: Any,
    ) -> list[Event]:
        """So many events, which may have come before. accept: judges each that the filters let through.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        known, fields = _filters(filters)
        self._check_fields(type, service, fields)
        known |= {"type": type, "service": service, "since": since}

        def good(event: Event) -> bool:
            return matches(event, fields) and (accept is None or accept(event))

        return wait_for_events(self.api, self.path, count, timeout, good, **known)

    def wait_for_event(self, type: str | None = None, **options: Any) -> Event:
        """The first event that the filters of `wait_for_events` let through.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.wait_for_events(1, type, **options)[0]

    async def wait_for_event_async(self, type: str | None = None, **options: Any) -> Event:
        """`wait_for_event` for asyncio: the loop goes on meanwhile."""
        return await in_thread(self.wait_for_event, type, **options)

    def connections(self, service: str | None = None, **filters: Any) -> list[Record]:
        """Who talked, oldest first: id, service, listener, peer, opened, closed, reason, received, sent.

        filters: peer, state ("open" or "closed").
        """
        return [Record(one) for one in pages(self.api, f"{self.path}/connections", service=service, **filters)]

    def transcripts(self, service: str | None = None) -> list[Transcript]:
        """The talk of each connection, oldest first."""
        return [self.transcript(one["id"]) for one in self.connections(service)]

    def transcript(self, conn: str) -> Transcript:
        """The talk of a connection: its `items` piece by piece, and `text` for people."""
        path = f"{self.path}/connections/{segment(conn)}/transcript"
        talk = self.api.get(path, format="json")
        text = self.api.fetch(path, format="text").decode()
        return Transcript({**talk["connection"], "pieces": [Event(one) for one in talk["items"]], "text": text})

    def findings(self, level: str = "advice", *, service: str | None = None) -> list[Finding]:
        """What clients did wrong, of that level or graver: `must` is forbidden, `should` unwise, `advice` bad manners.

        Raises: FarmError for another level.
        """
        if level not in LEVELS:
            raise FarmError(f"there is no level {level!r}: write one of {', '.join(LEVELS)}")
        wanted = LEVELS[LEVELS.index(level) :]
        items = self.api.get(f"{self.path}/findings", service=service)["items"]
        return [Finding(one) for one in items if one["level"] in wanted]

    def assert_no_findings(
        self, level: str = "advice", *, service: str | None = None, ignore: Sequence[str] = ()
    ) -> None:
        """Fail if clients broke a rule of that level or graver. ignore: findings that are known, by identifier.

        Raises: AssertionError that names each.
        """
        __tracebackhide__ = True
        found = [one for one in self.findings(level, service=service) if one["id"] not in ignore]
        if found:
            raise AssertionError("\n  ".join([f"clients broke {counted(len(found), 'rule')}:", *map(str, found)]))

    def faults(self) -> list[Fault]:
        """The faults that are planned; `service.fail` plans them."""
        return [Fault(self, one) for one in self.api.get(f"{self.path}/faults")["items"]]

    def clear_faults(self) -> None:
        """Remove all of them."""
        self.api.send("DELETE", f"{self.path}/faults")
        self.ended_faults.clear()

    def unused_faults(self) -> list[Fault]:
        """Return the faults that have not acted once, and should have: without those that are optional, act by chance,
        or were removed."""
        from homeport.testing.unused import unused_faults

        return unused_faults(self)

    def assert_faults_acted(self) -> None:
        """Fail if a planned fault never acted; the pytest fixture `homeport` does this after each test.

        Raises: AssertionError that names each, with what came near.
        """
        __tracebackhide__ = True
        from homeport.testing.unused import explain_unused

        if unused := self.unused_faults():
            raise AssertionError(explain_unused(self, unused))

    async def assert_faults_acted_async(self) -> None:
        """`assert_faults_acted` for asyncio."""
        await in_thread(self.assert_faults_acted)

    # Trust.

    @property
    def ca_file(self) -> str:
        """A file with the certificate of the authority to trust (PEM); there as long as the farm."""
        api, ready, authority = self._connection()
        if not authority.near:
            return authority.file(api)
        if not ready["ca_file"]:
            authority.pem(api)  # which has it made
            ready["ca_file"] = api.get(self.path)["ca_file"]
        return str(ready["ca_file"])

    @property
    def ca_pem(self) -> str:
        """The same as a text."""
        api, _ready, authority = self._connection()
        return authority.pem(api)

    def ssl_context(self) -> "SSLContext":
        """For clients: trusts the farm and nobody else."""
        from ssl import create_default_context

        return create_default_context(cadata=self.ca_pem)

    # Its life.

    def reset(self, keep: Sequence[str] = ()) -> None:
        """Return to the first state; ports stay. keep: what stays too, of `people`, `mail`, `clock`, `faults`, ..."""
        self.api.send("POST", f"{self.path}/reset", {"keep": list(keep)})
        if "faults" not in keep:
            self.ended_faults.clear()

    def close(self) -> None:
        """Close it and free everything that it has. A world that has gone already is no error."""
        from homeport.testing.errors import FarmGone, Refused

        try:
            self.api.send("DELETE", self.path)
        except (FarmGone, Refused) as error:
            if isinstance(error, Refused) and error.status != GONE:
                raise

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._connected is None:
            return f"<{type(self).__name__} that does not run>"
        return f"<{type(self).__name__} {self.name!r} at {self.control}: {', '.join(self.services)}>"


GONE = 404
CLASSES = {
    "smtp": "smtp:Smtp",
    "ftp": "ftp:Ftp",
    "epp": "epp:Epp",
    "finger": "text:Finger",
    "whois": "text:Whois",
}
"""Services that have a class of their own, in which module; the others are `Text`."""


def service_class(name: str) -> type[Service]:
    """The class of a service's object."""
    from importlib import import_module

    module, _colon, kind = CLASSES.get(name, "text:Text").partition(":")
    found: type[Service] = getattr(import_module(f"homeport.testing.{module}"), kind)
    return found


def _filters(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those that the API knows, and those that are looked at here."""
    known = {name: value for name, value in given.items() if name in FILTERS}
    return known, {name: value for name, value in given.items() if name not in FILTERS}
