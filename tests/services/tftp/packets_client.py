"""A sans-IO client of TFTP: a session fed with packets, its timers, and what it sends."""

from collections.abc import Sequence
from typing import Any

from conftest import LOCAL, PEER, assert_declared

from homeport.protocol.effects import (
    Call,
    CancelTimer,
    Close,
    Dally,
    Effect,
    Log,
    LogFault,
    Misbehave,
    OpenExchange,
    ReportFinding,
    Send,
    SendTo,
    SetTimer,
)
from homeport.protocol.events import Called, Closed, Data, Event, Opened, Requested, Stopping, Strayed, TimerFired
from homeport.protocol.session import Context, Session
from homeport.services import find_service
from homeport.services.tftp.packets import ack, data
from homeport.world.faults import Fault
from homeport.world.world import World

SERVICE = find_service("tftp")


def request(opcode: int, name: str = "pub/x", mode: str = "octet", /, **options: object) -> bytes:
    """Return a request: `request(1, "pub/x", blksize=1428)`."""
    fields = [name, mode, *(str(one) for pair in options.items() for one in pair)]
    return opcode.to_bytes(2, "big") + b"".join(one.encode() + b"\0" for one in fields)


def rrq(name: str = "pub/x", mode: str = "octet", /, **options: object) -> bytes:
    """Return a request to read."""
    return request(1, name, mode, **options)


def wrq(name: str = "new", mode: str = "octet", /, **options: object) -> bytes:
    """Return a request to write."""
    return request(2, name, mode, **options)


class Client:
    """One client at a server. Each method returns the packets that the server sends for it.

    blocks: the disk blocks, so that work on it is a `Call`.
    """

    def __init__(self, world: World, **options: Any) -> None:
        self.world = world
        self.options = SERVICE.options(**options)
        self.session: Session | None = None
        self.findings: list[str] = []
        self.logs: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[str] = []
        self.acted: list[tuple[Fault, bytes]] = []
        self.timers: dict[str, float] = {}
        self.closed = False
        self.dallying = False
        self.elsewhere: list[tuple[bytes, tuple[str, int]]] = []
        self._sent: list[bytes] = []

    def ask(self, packet: bytes) -> list[bytes]:
        """Send a packet to the port for requests."""
        self._sent = []
        assert SERVICE.datagram is not None
        context = Context(self.world, self.options, "udp", PEER, LOCAL, service="tftp")
        effects = SERVICE.datagram(context, packet)
        if effects and isinstance(effects[-1], OpenExchange):
            if self.session is not None:
                self._handle(Requested(packet))
                if not self.closed:
                    return self._sent
                self.closed = False
            own = Context(self.world, self.options, "udp", PEER, ("127.0.0.1", 20000), "c1", "tftp")
            self.session = effects[-1].session(own)
            self._handle(Opened())
            self._handle(Requested(effects[-1].data))
        else:
            self._do(effects)
        return self._sent

    def send(self, packet: bytes) -> list[bytes]:
        """Send a packet to the port of the transfer."""
        return self.event(Data(packet))

    def ack(self, block: int) -> list[bytes]:
        """Acknowledge a block."""
        return self.send(ack(block))

    def data(self, block: int, content: bytes) -> list[bytes]:
        """Send a block."""
        return self.send(data(block, content))

    def stray(self, packet: bytes, peer: tuple[str, int] = ("127.0.0.1", 40001)) -> list[bytes]:
        """Send a packet to the port of the transfer from elsewhere."""
        return self.event(Strayed(packet, peer))

    def timeout(self) -> list[bytes]:
        """Let the timer expire."""
        del self.timers["retransmit"]
        return self.event(TimerFired("retransmit"))

    def stop(self) -> list[bytes]:
        """Stop the server."""
        return self.event(Stopping())

    def leave(self, reason: str = "closed") -> list[bytes]:
        """End the exchange."""
        return self.event(Closed(reason))

    def event(self, event: Event) -> list[bytes]:
        self._sent = []
        self._handle(event)
        return self._sent

    def read(self, packet: bytes, blksize: int = 512, window: int = 1) -> bytes:
        """Read a whole file, as a client that loses nothing."""
        got, expected = b"", 1
        packets = self.ask(packet)
        if packets[0][1] == 6:
            packets = self.ack(0)
        while True:
            for one in packets:
                assert one[:4] == data(expected % 65536, b""), one[:40]
                got += one[4:]
                expected += 1
            if len(packets[-1]) - 4 < blksize:
                assert self.ack((expected - 1) % 65536) == []
                assert self.closed
                return got
            assert len(packets) <= window
            packets = self.ack((expected - 1) % 65536)

    def write(self, packet: bytes, content: bytes, blksize: int = 512) -> None:
        """Write a whole file, as a client that loses nothing."""
        self.ask(packet)
        for block in range(1, len(content) // blksize + 2):
            assert self.data(block % 65536, content[(block - 1) * blksize : block * blksize]) == [ack(block % 65536)]
        assert self.dallying

    def file(self) -> dict[str, Any]:
        """Return the event of the transfer's end."""
        (fields,) = [fields for kind, fields in self.logs if kind == "file"]
        return fields

    def _handle(self, event: Event) -> None:
        assert self.session is not None
        self._do(self.session.handle(event))

    def _do(self, effects: Sequence[Effect], faults: tuple[Fault, ...] = ()) -> None:  # noqa: C901 - a row for each
        for at, effect in enumerate(effects):
            match effect:
                case Send(packet):
                    self._sent.append(bytes(packet))
                    self.acted += [(one, bytes(packet)) for one in faults]
                case SendTo(packet, address):
                    self.elsewhere.append((packet, address))
                case SetTimer(name, seconds):
                    self.timers[name] = seconds
                case CancelTimer(name):
                    self.timers.pop(name, None)
                case Close():
                    self.closed = True
                case Dally():
                    self.dallying = True
                case ReportFinding(finding):
                    assert_declared(SERVICE, finding)
                    self.findings.append(finding)
                case Log(kind, fields):
                    self.logs.append((kind, fields))
                case LogFault(_fault, did):
                    self.faults.append(did)
                case Misbehave(fault, inner):
                    self._do(inner, (*faults, fault))
                case Call(work):
                    assert at == len(effects) - 1, "a call must be the last effect"
                    result, problem = None, None
                    try:
                        result = work()
                    except Exception as error:
                        problem = error
                    self._handle(Called(result, problem))
                case _:
                    raise AssertionError(f"unknown effect {effect!r}")
