"""Key exchanges and requests without sockets."""

from hashlib import sha256
from typing import Any

import pytest
from conftest import LOCAL, PEER, Talk, cuts, make_world
from nts_client import COOKIE, SIV, Association, bodies, context_of

from homeport.protocol.effects import LogFault, Misbehave, ReportFinding, Send
from homeport.protocol.events import Data, Eof, Opened, Tls
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.world.endpoints import Endpoint
from homeport.world.world import World

LABEL = b"EXPORTER-network-time-security"


def export(label: bytes, size: int, context: bytes) -> bytes:
    """Stand in for the exporter of a TLS connection."""
    return sha256(label + context).digest()[:size]


def tls(protocol: str = "ntske/1", name: str = "") -> Tls:
    """Return the parameters of a handshake."""
    return Tls(version="TLSv1.3", cipher="x", protocol=protocol, server_name=name, export=export)


class Ntp:
    """The NTP service of a world, whose real time is `now`."""

    def __init__(self, **options: Any) -> None:
        self.now = 1_792_000_000.0
        self.world = World("default", make_world().contents, make_world().journal.options, lambda: self.now)
        self.service = find_service("ntp")
        self.options = self.service.options(**options)
        self.world.set_endpoints([Endpoint("ntp", "udp", "udp", 10123, ("127.0.0.1", "::1"))])
        self.findings: list[str] = []
        self.acted: list[str] = []

    def context(self, listener: str, local: tuple[str, int] = LOCAL) -> Context:
        return Context(self.world, self.options, listener, PEER, local, conn="c1", service="ntp")

    def exchange(
        self, *pieces: bytes, eof: bool = False, agreed: Tls | None = None, local: tuple[str, int] = LOCAL
    ) -> Talk:
        """Feed a key exchange these pieces."""
        assert self.service.session is not None
        session = self.service.session(self.context("nts", local))
        talk = Talk(self.service)
        for event in (Opened(agreed or tls()), *map(Data, pieces), *([Eof()] if eof else [])):
            effects = session.handle(event)
            self.acted += [one.did for one in effects if isinstance(one, LogFault)]
            talk.do(effects)
        return talk

    def every_way(self, data: bytes, *, eof: bool = False, agreed: Tls | None = None) -> Talk:
        """Feed the input in every segmentation, and demand the same outcome but for the cookies, which differ."""
        first: Talk | None = None
        for way in cuts(data):
            talk = self.exchange(*way, eof=eof, agreed=agreed)
            if first is None:
                first = talk
            assert shape(talk) == shape(first), f"cut as {way} it went otherwise"
        assert first is not None
        return first

    def association(self, response: bytes, algorithm: int = SIV) -> Association:
        """Return a client with the keys and the cookies of a response."""
        size = {15: 32, 30: 16}[algorithm]
        keys = [export(LABEL, size, context_of(side, algorithm)) for side in (0, 1)]
        return Association(*keys, bodies(response, COOKIE), algorithm)

    def ask(self, data: bytes) -> bytes | None:
        """Send a packet; return the answer, and note findings and faults."""
        self.findings, self.acted = [], []
        answers = []
        assert self.service.datagram is not None
        effects = list(self.service.datagram(self.context("udp"), data))
        while effects:
            effect = effects.pop(0)
            if isinstance(effect, Send):
                answers.append(bytes(effect.data))
            elif isinstance(effect, ReportFinding):
                self.service.find_rule(effect.id)
                if effect.id.startswith("nts-"):  # others are NTP's: these requests follow each other fast
                    self.findings.append(effect.id)
            elif isinstance(effect, LogFault):
                self.acted.append(effect.did)
            elif isinstance(effect, Misbehave):
                effects = [*effect.effects, *effects]
        assert len(answers) <= 1
        assert all(len(one) <= len(data) for one in answers)
        return answers[0] if answers else None


def shape(talk: Talk) -> tuple[Any, ...]:
    """Return what is the same of two conversations: cookies are random."""
    from nts_client import parse

    records = [(kind, critical, len(body) if kind == COOKIE else body) for kind, critical, body in parse(talk.sent)]
    return records, talk.closed, talk.findings, talk.logs


@pytest.fixture
def ntp() -> Ntp:
    return Ntp()


@pytest.fixture
def make_ntp() -> type[Ntp]:
    return Ntp
