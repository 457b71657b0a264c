"""A world that takes log messages, by datagram or stream, without sockets."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from conftest import LOCAL, PEER, Talk, cuts, make_world

from homeport.protocol.events import Data, Eof, Opened, Tls
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.world.logs import LogMessage
from homeport.world.world import World

SERVICE = find_service("syslog")
TLS13 = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")


class Received:
    """What a world has after some input: its messages, what was found wrong, and whether the server closed."""

    def __init__(self, world: World, talk: Talk) -> None:
        self.messages: list[LogMessage] = world.logs.messages()
        self.findings = talk.findings
        self.shown = talk.shown
        self.closed = talk.closed
        self.events = [fields for _kind, fields in talk.logs]
        self.sent = talk.sent

    @property
    def one(self) -> LogMessage:
        """The only message."""
        (message,) = self.messages
        return message

    @property
    def texts(self) -> list[str]:
        """The texts of all messages."""
        return [one.fields.text for one in self.messages]

    @property
    def raw(self) -> list[bytes]:
        """All messages as received."""
        return [one.raw for one in self.messages]


@pytest.fixture
def udp() -> Callable[..., Received]:
    """Send one datagram: `udp(b"<13>...")`. options: of [syslog]."""

    def send(data: bytes, peer: str = "127.0.0.1", by_client: bool = False, **options: Any) -> Received:
        world = make_world()
        world.faults.by_client = by_client
        context = Context(world, SERVICE.options(**options), "udp", (peer, 40000), LOCAL, service="syslog")
        talk = Talk(SERVICE)
        assert SERVICE.datagram is not None
        talk.do(SERVICE.datagram(context, data))
        return Received(world, talk)

    return send


@pytest.fixture
def stream() -> Callable[..., Received]:
    """Send a stream, whole, byte by byte and cut in two at many points, with the same outcome: `stream(b"<13>...\\n")`.

    eof: the client closes after it. tls: over TLS, with these parameters. options: of [syslog].
    """

    def send(
        data: bytes, *, eof: bool = False, truncated: bool = False, tls: Tls | None = None, **options: Any
    ) -> Received:
        first: tuple[Any, ...] | None = None
        for way in cuts(data):
            world = make_world()
            listener = "tcp" if tls is None else "tls"
            made = SERVICE.options(**options)
            assert SERVICE.session is not None
            session = SERVICE.session(Context(world, made, listener, PEER, LOCAL, "c1", "syslog"))
            talk = Talk(SERVICE)
            for event in (Opened(tls), *map(Data, way), *([Eof(truncated)] if eof else [])):
                talk.do(session.handle(event))
            received = Received(world, talk)
            outcome = (received.raw, [one.fields for one in received.messages], talk)
            first = first or outcome
            assert outcome == first, f"cut as {way} it went otherwise"
        return received

    return send


@pytest.fixture
def bounded() -> Callable[[Callable[[], Any]], None]:
    """Fail unless a call takes less than a quarter of a second of processor time: twenty times what it needs."""

    def run(call: Callable[[], Any]) -> None:
        begun = process_time()
        call()
        assert process_time() - begun < 0.25

    return run
