"""A world with a few zones, and a client that asks its DNS without sockets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rdatatype
import pytest
from conftest import LOCAL, PEER, Talk, make_world
from dns_zone import APEX, put_example_zone

from homeport.protocol.effects import Effect, Send
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns.answering import respond
from homeport.world.world import World


@dataclass
class Reply:
    """The answer to one request, and what was recorded about it."""

    wire: bytes | None
    findings: list[str] = field(default_factory=list)
    logs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def message(self) -> dns.message.Message:
        """The answer, parsed by dnspython."""
        assert self.wire is not None
        return dns.message.from_wire(self.wire)

    def texts(self, section: str = "answer") -> list[str]:
        """Return the records of a section as text."""
        return [line for one in getattr(self.message, section) for line in one.to_text().splitlines()]

    @property
    def flags(self) -> set[str]:
        return set(dns.flags.to_text(self.message.flags).split())

    @property
    def rcode(self) -> str:
        return dns.rcode.to_text(self.message.rcode())

    def option(self, code: int) -> Any:
        """Return an EDNS option of the answer, or None."""
        return next((one for one in self.message.options if one.otype == code), None)


class Client:
    """Asks over one transport."""

    def __init__(self, world: World, **options: Any) -> None:
        self.world = world
        self.options = find_service("dns").options(**options)
        self.peer = PEER

    def context(self, listener: str) -> Context:
        return Context(self.world, self.options, listener, self.peer, LOCAL, service="dns")

    def send(self, data: bytes, transport: str = "udp") -> Reply:
        """Send octets."""
        answered = respond(self.context(transport), transport, data)
        talk = Talk(find_service("dns"))
        talk.do(answered.effects)
        return Reply(answered.wire, talk.findings, talk.logs)

    def ask(self, name: str, kind: str = "A", transport: str = "udp", rdclass: str = "IN", **query: Any) -> Reply:
        """Ask a question: `ask("www", "A")`. query: arguments of dnspython's `make_query`."""
        query.setdefault("flags", 0)
        whole = name if name.endswith(".") else f"{name}.{APEX}" if name else APEX
        return self.send(dns.message.make_query(whole, kind, rdclass, **query).to_wire(), transport)

    def over_tcp(self, *pieces: bytes) -> Talk:
        """Feed a session."""
        from homeport.protocol.events import Data, Opened

        service = find_service("dns")
        assert service.session is not None
        session = service.session(self.context("tcp"))
        talk = Talk(service)
        for event in (Opened(), *(Data(piece) for piece in pieces)):
            talk.do(session.handle(event))
        return talk


def answers(effects: list[Effect]) -> list[bytes]:
    return [bytes(one.data) for one in effects if isinstance(one, Send)]


@pytest.fixture
def world() -> World:
    """Return a world with the zone example.test."""
    made = make_world()
    put_example_zone(made)
    return made


@pytest.fixture
def client(world: World) -> Callable[..., Client]:
    """Return a function that makes a client; options are those of [dns]."""
    return lambda **options: Client(world, **options)
