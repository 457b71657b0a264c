"""A client that asks a world's NTP without sockets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from conftest import LOCAL, Talk, make_world

from homeport.protocol.effects import LogFault, Misbehave, Send
from homeport.protocol.faults import Plan
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.ntp.packet import CLIENT, Header, parse_header
from homeport.world.world import World

ALICE = ("192.0.2.10", 40_001)
TRANSMIT = 0x0123_4567_89AB_CDEF
"""The transmit timestamp of requests: random octets, as it should be."""


@dataclass
class Reply:
    """What one datagram led to."""

    wires: list[bytes] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    """What planned faults did."""
    network: list[str] = field(default_factory=list)
    """Kinds of faults that the driver applies to the answer."""

    @property
    def wire(self) -> bytes:
        (only,) = self.wires
        return only

    @property
    def header(self) -> Header:
        return parse_header(self.wire)


class NtpClient:
    """A client at one address; each request has another transmit timestamp."""

    def __init__(self, world: World, options: Any, peer: tuple[str, int]) -> None:
        self.world = world
        self.context = Context(world, options, "udp", peer, LOCAL, service="ntp")
        self._asked = 0

    def send(self, data: bytes) -> Reply:
        """Send a datagram."""
        service = find_service("ntp")
        reply, talk = Reply(), Talk(service)
        self._collect(service.datagram(self.context, data), reply, talk)
        reply.findings = talk.findings
        return reply

    def ask(self, **fields: Any) -> Reply:
        """Send a request of 48 octets. fields: those of its header."""
        self._asked += 1
        return self.send(request(**{"transmit": TRANSMIT + self._asked - 1, **fields}))

    def _collect(self, effects: Any, reply: Reply, talk: Talk) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                reply.wires.append(bytes(effect.data))
            elif isinstance(effect, Misbehave):
                reply.network.append(effect.fault.plan.do.kind)
                self._collect(effect.effects, reply, talk)
            elif isinstance(effect, LogFault):
                reply.logs.append(effect.did)
            else:
                talk.do((effect,))


def request(**fields: Any) -> bytes:
    """Return a client's header."""
    return Header(**{"mode": CLIENT, "transmit": TRANSMIT, **fields}).serialize()


class RealTime:
    """Real time, moved by hand."""

    def __init__(self, world: World) -> None:
        self.now = world.journal.real()
        world.journal.real = lambda: self.now  # type: ignore[method-assign]

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def real(world: World) -> RealTime:
    """The real time of the world, by which habits are judged."""
    return RealTime(world)


@pytest.fixture
def client(world: World) -> Callable[..., NtpClient]:
    """Make clients: `client().ask()`. peer: its address. options: fields of [ntp]."""
    service = find_service("ntp")
    made: dict[str, Any] = {}

    def make(peer: tuple[str, int] = ALICE, **options: Any) -> NtpClient:
        shared = made.setdefault(repr(options), service.options(**options))
        return NtpClient(world, shared, peer)

    return make


@pytest.fixture
def plan(world: World) -> Callable[..., Any]:
    """Plan a fault of NTP: `plan(frame="kiss-rate")`."""

    def add(*, argument: str | None = None, times: int = 1, after: int = 0, **do: Any) -> Any:
        match = {} if argument is None else {"argument": argument}
        plain = {"service": "ntp", "do": do, "match": match, "times": times, "after": after}
        return world.faults.add(msgspec.convert(plain, Plan))

    return add


__all__ = ["make_world"]
