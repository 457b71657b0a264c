"""A service made for testing the driver: it does what its client tells it."""

import sys
from types import ModuleType

import pytest

from homeport.effects import CLOSE, CancelTimer, Close, Find, Log, Pull, Send, SetTimer
from homeport.events import Closed, Data, Eof, LimitReached, Opened, Stopping, TimerFired, Writable
from homeport.lines import LineBuffer
from homeport.proxy_protocol import ProxyProtocol
from homeport.service import Listener, Options, Port, Rule, Service
from homeport.services import MODULES, find_service
from homeport.session import Session

BIG_ANSWER = bytes(range(256)) * 40_000
"""Ten megabytes: more than any socket holds."""


class ObedientOptions(Options, frozen=True, kw_only=True):
    port: Port = 0
    proxy_protocol: ProxyProtocol = False


class Obedient(Session):
    """Carries out one order a line."""

    __slots__ = ("endless", "lines")

    def __init__(self, context):
        super().__init__(context)
        self.lines = LineBuffer(1000)
        self.endless = False

    def handle(self, event):
        match event:
            case Opened():
                return (Send(b"hello\r\n"),)
            case Data() if self.endless:
                return ()
            case Writable():
                return (Send(BIG_ANSWER),)
            case Data(data):
                self.lines.feed(data)
                effects = []
                while line := self.lines.take():
                    effects += self.order(line.content)
                return effects
            case TimerFired(name):
                return (Send(b"timer " + name.encode() + b"\r\n"),)
            case LimitReached(limit):
                return (Send(b"limit " + limit.encode() + b"\r\n"), Close())
            case Stopping():
                return (Send(b"stopping\r\n"), Close())
            case Eof():
                return CLOSE
            case Closed(reason):
                return (Log("farewell", {"reason": reason}), Send(b"nobody hears this"))
        return ()

    def order(self, line):
        match line.split():
            case [b"raise"]:
                raise ZeroDivisionError
            case [b"timer", name, seconds]:
                return [SetTimer(name.decode(), float(seconds))]
            case [b"cancel", name]:
                return [CancelTimer(name.decode())]
            case [b"find"]:
                return [Find("ordered", line)]
            case [b"big"]:
                return [Send(BIG_ANSWER), Close(), Send(b"after the close")]
            case [b"pull"]:
                self.endless = True
                return [Pull()]
            case [b"bye"]:
                return [Send(b"bye\r\n"), Close()]
        return [Send(b"late\r\n")]


def datagram(context, data):
    if data == b"raise":
        raise ZeroDivisionError
    if data == b"find":
        return (Find("ordered", data),)
    return tuple(Send(part) for part in data.split(b","))


SERVICE = Service(
    name="obedient",
    title="Obedient",
    rfcs=(),
    listeners=(Listener("tcp", "tcp", 1), Listener("udp", "udp", 1)),
    options=ObedientOptions,
    session=Obedient,
    datagram=datagram,
    rules=(Rule("ordered", "advice", "RFC 2119", "ordered a finding"),),
    refusal=lambda reason: f"refused: {reason}\r\n".encode(),
)


@pytest.fixture(autouse=True)
def _obedient_service(monkeypatch):
    module = ModuleType("homeport_obedient")
    module.SERVICE = SERVICE
    monkeypatch.setitem(sys.modules, "homeport_obedient", module)
    monkeypatch.setitem(MODULES, "obedient", "homeport_obedient")
    yield
    find_service.cache_clear()


@pytest.fixture
def obedient(start_farm):
    """A farm that has only the obedient service."""

    def start(**options):
        return start_farm("obedient", **options)

    return start


@pytest.fixture
def greet():
    """A connection whose greeting has been read, as a file to read lines from and the socket."""
    opened = []

    def connect(farm, **options):
        client = farm.connect("obedient", **options)
        reader = client.makefile("rb")
        opened.extend([reader, client])
        assert reader.readline() == b"hello\r\n"
        return client, reader

    yield connect
    for one in opened:
        one.close()
