"""A service for testing the driver: it executes the orders of its client."""

import contextlib
import sys
from types import ModuleType

import pytest
from tls_clients import NAME, raw, trusting

from homeport.protocol.effects import (
    CLOSE,
    CancelTimer,
    Close,
    Conceal,
    Log,
    Pull,
    ReportFinding,
    Send,
    SetTimer,
    StartCompression,
    StartTls,
    StopTls,
)
from homeport.protocol.events import (
    Closed,
    Data,
    Eof,
    InflateFailed,
    LimitReached,
    Opened,
    Stopping,
    TimerFired,
    TlsStarted,
    Writable,
)
from homeport.protocol.lines import LineBuffer
from homeport.protocol.proxy_protocol import ProxyProtocol
from homeport.protocol.rules import Rule
from homeport.protocol.service import Listener, Port, Service, TlsOptions
from homeport.protocol.session import Session
from homeport.services import MODULES, find_service

BIG_ANSWER = bytes(range(256)) * 40_000
"""Ten megabytes: more than any socket buffers."""


class ObedientOptions(TlsOptions, frozen=True, kw_only=True):
    port: Port = 0
    tls_port: Port = 0
    proxy_protocol: ProxyProtocol = False


class Obedient(Session):
    """Executes one order per line."""

    __slots__ = ("echoing", "endless", "lines", "mute", "tls")

    def __init__(self, context):
        super().__init__(context)
        self.lines = LineBuffer(1000)
        self.endless = False
        self.echoing = False
        self.mute = False
        self.tls = None

    def handle(self, event):
        match event:
            case Opened(tls) | TlsStarted(tls):
                self.tls = tls
                if self.mute:
                    return ()
                return (Send(b"hello\r\n" if type(event) is Opened else b"secure\r\n"),)
            case Data(data) if self.endless or self.echoing:
                return (Send(data),) if self.echoing else ()
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
            case LimitReached(reason) | InflateFailed(reason):
                return (Send(b"limit " + reason.encode() + b"\r\n"), Close())
            case Stopping():
                return (Send(b"stopping\r\n"), Close())
            case Eof(truncated):
                return (Log("truncated", {}), Send(b"truncated\r\n"), Close()) if truncated else CLOSE
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
                return [ReportFinding("ordered", line)]
            case [b"password", secret]:
                after = len(self.lines) + len(b"\r\n")
                return [Conceal(len(secret), after), Send(b"thanks\r\n")]
            case [b"big"]:
                return [Send(BIG_ANSWER), Close(), Send(b"after the close")]
            case [b"pull"]:
                self.endless = True
                return [Pull()]
            case [b"echo"]:
                self.echoing = True
                return []
            case [b"deflate"]:
                return [Send(b"deflated\r\n"), StartCompression()]
            case [b"bye"]:
                return [Send(b"bye\r\n"), Close()]
        return self.tls_order(line)

    def tls_order(self, line):
        match line.split():
            case [b"starttls"]:
                self.lines = LineBuffer(1000)
                return [Send(b"ready\r\n"), StartTls()]
            case [b"mutetls"]:
                self.mute = True
                return [Send(b"ready\r\n"), StartTls()]
            case [b"bigtls"]:
                return [Send(BIG_ANSWER), StartTls()]
            case [b"stoptls"]:
                self.tls = None
                return [Send(b"clear\r\n"), StopTls()]
            case [b"restarttls"]:
                self.lines = LineBuffer(1000)
                return [Send(b"clear\r\n"), StopTls(), StartTls()]
            case [b"bigstop"]:
                return [Send(BIG_ANSWER), StopTls()]
            case [b"tls"] if self.tls is None:
                return [Send(b"no tls\r\n")]
            case [b"tls"]:
                agreed = (self.tls.version, self.tls.server_name, self.tls.verified, self.tls.resumed)
                return [Send(repr(agreed).encode() + b"\r\n")]
            case [b"binding", name]:
                return [Send(self.tls.bindings.get(name.decode(), b"").hex().encode() + b"\r\n")]
        return [Send(b"late\r\n")]


def datagram(context, data):
    if data == b"raise":
        raise ZeroDivisionError
    if data == b"find":
        return (ReportFinding("ordered", data),)
    return tuple(Send(part) for part in data.split(b","))


SERVICE = Service(
    name="obedient",
    title="Obedient",
    rfcs=(),
    listeners=(
        Listener("tcp", "tcp", 1),
        Listener("udp", "udp", 1),
        Listener("tls", "tcp", 2, option="tls_port", tls=True),
    ),
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
    """Return a farm that has only the obedient service."""

    def start(**options):
        return start_farm("obedient", **options)

    return start


@pytest.fixture
def greet():
    """Connect and read the greeting; return a file to read lines from, and the socket."""
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


@pytest.fixture
def secure(farm):
    """Connect over TLS: `with secure() as client`; context's attributes by name."""

    @contextlib.contextmanager
    def connect(context=None, name=NAME, session=None, listener="tls", **flags):
        context = context or trusting(farm, **flags)
        with raw(farm, listener) as plain, context.wrap_socket(plain, server_hostname=name, session=session) as client:
            yield client

    return connect
