"""A world as an object: its services, its clock and contents, its events."""

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
    from homeport.testing.contents import Groups, People, Presence, Quotes
    from homeport.testing.dict import Dict
    from homeport.testing.dns import Dns
    from homeport.testing.epp import Epp
    from homeport.testing.ftp import Ftp
    from homeport.testing.gopher import Gopher
    from homeport.testing.ident import Ident
    from homeport.testing.ldap import Ldap
    from homeport.testing.mailbox import Imap, Pop3
    from homeport.testing.ntp import Ntp
    from homeport.testing.rdap import Rdap
    from homeport.testing.registry import Registry
    from homeport.testing.smtp import Smtp
    from homeport.testing.syslog import Syslog
    from homeport.testing.telnet import Telnet
    from homeport.testing.text import Finger, Text, Whois
    from homeport.testing.tftp import Tftp

LEVELS = ("advice", "should", "must")
"""Levels of findings, the most severe last."""
FILTERS = ("conn", "peer", "text", "listener", "epoch")
"""The API's filters of events, besides type and service."""
Kind = TypeVar("Kind", bound=Service)
Fields = dict[str, Any]
"""An object of JSON; `dict` is a service in the class below."""


class World:
    """A world of a running farm.

    Services are attributes by their names: `world.smtp`; `world.service(name)` returns those of other packages. Methods
    return the state at the time of the call; they raise FarmGone if the farm does not answer, and Refused.
    """

    def __init__(self, api: Api, ready: Fields, authority: "Authority") -> None:
        self._attach(api, ready, authority)

    def _attach(self, api: Api, ready: Fields, authority: "Authority") -> None:
        self._connected: tuple[Api, Fields, Authority] | None = (api, ready, authority)
        self._services: dict[str, Service] = {}
        self.ended_faults: list[Fault] = []
        """Faults that were context managers, and did not act within them."""

    def _connection(self) -> "tuple[Api, Fields, Authority]":
        if self._connected is None:
            raise FarmError("the farm is not running: call start(), or write `with Farm() as farm:`")
        return self._connected

    @property
    def api(self) -> Api:
        """The control API, for operations without a method here: `world.api.get("/metrics")`."""
        return self._connection()[0]

    @property
    def ready(self) -> Fields:
        """The ready object: addresses and ports, as the API returns it."""
        return self._connection()[1]

    @property
    def name(self) -> str:
        """The world's name."""
        return str(self.ready["world"])

    @property
    def path(self) -> str:
        """The world's path in the API."""
        return f"{WORLDS}/{segment(self.name)}"

    @property
    def control(self) -> str:
        """The URL of the control API, for programs in other languages."""
        return str(self.ready["control"])

    @property
    def services(self) -> list[str]:
        """The names of the world's services."""
        return list(self.ready["services"])

    def service(self, name: str) -> Service:
        """Return a service by its name.

        Raises: FarmError if the world has none of that name.
        """
        listeners = self.ready["services"].get(name)
        if name not in self._services:
            if listeners is None:
                there = ", ".join(self.services) or "none"
                raise FarmError(f"world {self.name!r} has no service {name!r}; its services are: {there}")
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
    def imap(self) -> "Imap":
        """Mailboxes over IMAP: `imap.address`, `imap.mailbox("alice").add(message)`."""
        from homeport.testing.mailbox import Imap

        return self._typed(Imap, "imap")

    @property
    def pop3(self) -> "Pop3":
        """Mailboxes over POP3: `pop3.address`, `pop3.mailbox("alice").add(message)`."""
        from homeport.testing.mailbox import Pop3

        return self._typed(Pop3, "pop3")

    @property
    def dns(self) -> "Dns":
        """Names: `dns.address`, `dns.set("www.shop.test", "A", "127.0.0.1")`, `dns.wait_for_query("www.shop.test")`."""
        from homeport.testing.dns import Dns

        return self._typed(Dns, "dns")

    @property
    def telnet(self) -> "Telnet":
        """Terminals and devices: `telnet.address`, `telnet.wait_for_login("alice")`, `telnet.lines()`."""
        from homeport.testing.telnet import Telnet

        return self._typed(Telnet, "telnet")

    @property
    def ldap(self) -> "Ldap":
        """The directory: `ldap.url`, `ldap.base`, `ldap.wait_for_login("alice")`, `ldap.searches()`."""
        from homeport.testing.ldap import Ldap

        return self._typed(Ldap, "ldap")

    @property
    def ident(self) -> "Ident":
        """Owners of connections: `ident.wait_for("6193, 23")`."""
        from homeport.testing.ident import Ident

        return self._typed(Ident, "ident")

    @property
    def ntp(self) -> "Ntp":
        """Time: `ntp.address`, `ntp.offset(3600)`, `ntp.wait_for_query()`."""
        from homeport.testing.ntp import Ntp

        return self._typed(Ntp, "ntp")

    @property
    def ftp(self) -> "Ftp":
        """Files: `ftp.address`, `ftp.files["pub/tides.txt"]`, `ftp.wait_for(path)`."""
        from homeport.testing.ftp import Ftp

        return self._typed(Ftp, "ftp")

    @property
    def tftp(self) -> "Tftp":
        """Files over UDP: `tftp.address`, `tftp.files["boot.img"]`, `tftp.wait_for_read("boot.img")`."""
        from homeport.testing.tftp import Tftp

        return self._typed(Tftp, "tftp")

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
    def gopher(self) -> "Gopher":
        """Gopher: `gopher.url`, `gopher.wait_for("/files")`."""
        from homeport.testing.gopher import Gopher

        return self._typed(Gopher, "gopher")

    @property
    def whois(self) -> "Whois":
        """Whois."""
        from homeport.testing.text import Whois

        return self._typed(Whois, "whois")

    @property
    def rdap(self) -> "Rdap":
        """RDAP: `rdap.base_url`, `rdap.bootstrap_url`, `rdap.get("domain/homeport.test")`."""
        from homeport.testing.rdap import Rdap

        return self._typed(Rdap, "rdap")

    @property
    def dict(self) -> "Dict":
        """DICT: `dict.address`, `dict.define("anchor", "A heavy hook.")`, `dict.wait_for("anchor")`."""
        from homeport.testing.dict import Dict

        return self._typed(Dict, "dict")

    @property
    def syslog(self) -> "Syslog":
        """Log messages: `syslog.address`, `syslog.wait_for(severity="err", app="shop")`, `syslog.messages()`."""
        from homeport.testing.syslog import Syslog

        return self._typed(Syslog, "syslog")

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
        """The people who can log in, by login."""
        from homeport.testing.contents import People

        return People(self)

    @cached_property
    def groups(self) -> "Groups":
        """The groups of people, by name."""
        from homeport.testing.contents import Groups

        return Groups(self)

    @cached_property
    def presence(self) -> "Presence":
        """The sessions of people who are logged in, by identifier."""
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

    # Observing.

    def events(
        self,
        type: str | None = None,
        *,
        service: str | None = None,
        since: int = 0,
        **filters: Any,
    ) -> Events:
        """Return events of the journal, oldest first. filters: `conn`, `peer`, `listener`, `text` (contained in the
        event), and fields of the event that must be equal, such as verb="RCPT". since: only events after the one with
        this `seq`; epoch: the epoch of that number.

        The list's `lost` is the number of events after `since` that the journal has dropped; its `reset` is True if
        `since` is from another epoch.

        Raises: FarmError for a field that such events do not have; Refused for an unknown type or service.
        """
        __tracebackhide__ = True
        known, fields = _filters(filters)
        self._check_fields(type, service, fields)
        found = kept_events(self.api, self.path, type=type, service=service, since=since, **known)
        found[:] = [event for event in found if matches(event, fields)]
        return found

    @property
    def seq(self) -> int:
        """The number of the newest event: pass it as `since` to get later ones. (Sends a request.)"""
        return int(self.api.get(f"{self.path}/events", limit=1)["seq"])

    @property
    def epoch(self) -> str:
        """The epoch of `seq`; a reset of the world begins another. (Sends a request.)"""
        return str(self.api.get(f"{self.path}/events", limit=1)["epoch"])

    def _check_fields(self, type: str | None, service: str | None, fields: Fields) -> None:
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
        """Return the first N events that match; wait for them if needed. Earlier events count. accept: a further
        predicate.

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
        """Return the first event that matches the filters of `wait_for_events`.

        Raises: TimedOut.
        """
        __tracebackhide__ = True
        return self.wait_for_events(1, type, **options)[0]

    async def wait_for_event_async(self, type: str | None = None, **options: Any) -> Event:
        """`wait_for_event` for asyncio; it does not block the loop."""
        return await in_thread(self.wait_for_event, type, **options)

    def connections(self, service: str | None = None, **filters: Any) -> list[Record]:
        """Return the connections, oldest first: id, service, listener, peer, opened, closed, reason, received, sent.

        filters: peer, state ("open" or "closed").
        """
        return [Record(one) for one in pages(self.api, f"{self.path}/connections", service=service, **filters)]

    def transcripts(self, service: str | None = None) -> list[Transcript]:
        """Return the transcript of each connection, oldest first."""
        return [self.transcript(one["id"]) for one in self.connections(service)]

    def transcript(self, conn: str) -> Transcript:
        """Return the transcript of a connection: its `pieces`, and `text` for people."""
        path = f"{self.path}/connections/{segment(conn)}/transcript"
        answer = self.api.get(path, format="json")
        text = self.api.fetch(path, format="text").decode()
        return Transcript({**answer["connection"], "pieces": [Event(one) for one in answer["items"]], "text": text})

    def findings(self, level: str = "advice", *, service: str | None = None) -> list[Finding]:
        """Return the findings of that level or a more severe one: `must` is forbidden, `should` unwise, `advice` bad
        manners.

        Raises: FarmError for another level.
        """
        if level not in LEVELS:
            raise FarmError(f"unknown level {level!r}: write one of {', '.join(LEVELS)}")
        wanted = LEVELS[LEVELS.index(level) :]
        items = self.api.get(f"{self.path}/findings", service=service)["items"]
        return [Finding(one) for one in items if one["level"] in wanted]

    def assert_no_findings(
        self, level: str = "advice", *, service: str | None = None, ignore: Sequence[str] = ()
    ) -> None:
        """Fail if clients broke a rule of that level or a more severe one. ignore: identifiers of known findings.

        Raises: AssertionError that names each.
        """
        __tracebackhide__ = True
        found = [one for one in self.findings(level, service=service) if one["id"] not in ignore]
        if found:
            raise AssertionError("\n  ".join([f"clients broke {counted(len(found), 'rule')}:", *map(str, found)]))

    def faults(self) -> list[Fault]:
        """Return the planned faults; `service.fail` plans them."""
        return [Fault(self, one) for one in self.api.get(f"{self.path}/faults")["items"]]

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.api.send("DELETE", f"{self.path}/faults")
        self.ended_faults.clear()

    def unused_faults(self) -> list[Fault]:
        """Return the faults that have not acted, and should have: without those that are optional, act with a
        probability, or were removed."""
        from homeport.testing.unused import unused_faults

        return unused_faults(self)

    def assert_faults_acted(self) -> None:
        """Fail if a planned fault never acted; the pytest fixture `homeport` does this after each test.

        Raises: AssertionError that names each, with its near misses.
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
        """The path of the CA certificate (PEM); it exists as long as the farm."""
        api, ready, authority = self._connection()
        if not authority.near:
            return authority.file(api)
        if not ready["ca_file"]:
            authority.pem(api)  # creates it
            ready["ca_file"] = api.get(self.path)["ca_file"]
        return str(ready["ca_file"])

    @property
    def ca_pem(self) -> str:
        """The CA certificate as text (PEM)."""
        api, _ready, authority = self._connection()
        return authority.pem(api)

    def ssl_context(self) -> "SSLContext":
        """Return an SSL context for clients that trusts only the farm."""
        from ssl import create_default_context

        return create_default_context(cadata=self.ca_pem)

    # Life cycle.

    def reset(self, keep: Sequence[str] = ()) -> None:
        """Reset the world to its initial state; its ports stay. keep: parts to keep, of `people`, `mail`, `clock`,
        `faults`, ..."""
        self.api.send("POST", f"{self.path}/reset", {"keep": list(keep)})
        if "faults" not in keep:
            self.ended_faults.clear()

    def close(self) -> None:
        """Close the world and free its resources. Closing a closed world is not an error."""
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
            return f"<{type(self).__name__} not running>"
        return f"<{type(self).__name__} {self.name!r} at {self.control}: {', '.join(self.services)}>"


GONE = 404
CLASSES = {
    "smtp": "smtp:Smtp",
    "dns": "dns:Dns",
    "ident": "ident:Ident",
    "ntp": "ntp:Ntp",
    "telnet": "telnet:Telnet",
    "ldap": "ldap:Ldap",
    "imap": "mailbox:Imap",
    "pop3": "mailbox:Pop3",
    "ftp": "ftp:Ftp",
    "tftp": "tftp:Tftp",
    "epp": "epp:Epp",
    "finger": "text:Finger",
    "gopher": "gopher:Gopher",
    "whois": "text:Whois",
    "dict": "dict:Dict",
    "rdap": "rdap:Rdap",
    "syslog": "syslog:Syslog",
}
"""Services with a class of their own, and its module; the others are `Text`."""


def service_class(name: str) -> type[Service]:
    """Return the class of a service's object."""
    from importlib import import_module

    module, _colon, kind = CLASSES.get(name, "text:Text").partition(":")
    found: type[Service] = getattr(import_module(f"homeport.testing.{module}"), kind)
    return found


def _filters(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split filters into those that the API knows, and those that are applied here."""
    known = {name: value for name, value in given.items() if name in FILTERS}
    return known, {name: value for name, value in given.items() if name not in FILTERS}
