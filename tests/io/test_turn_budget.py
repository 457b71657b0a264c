"""The work of one turn of the reactor is bounded for each client, whatever it sends: bytes, commands, records.

A driver that counts stands for the reactor: the tests bound work and never time.
"""

import contextlib
import socket
import ssl
import sys
from collections import Counter
from types import ModuleType
from typing import ClassVar

import pytest
from tls_clients import trusting

from homeport.io.tls.socket import MAX_RECORDS
from homeport.protocol.command_session import TURN_BYTES, CommandSession
from homeport.protocol.effects import CLOSE, Call, Send, StartTls
from homeport.protocol.events import Called, Closed, Data, Eof, Opened, TlsStarted
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import Session
from homeport.services import MODULES, find_service

LIMIT = 100


class CountedOptions(Options, frozen=True, kw_only=True):
    port: Port = 0
    tls_port: Port = 0


class Counted(Session):
    """Counts its input per turn, and obeys a few orders in it."""

    __slots__ = ("content", "heard", "sizes")
    made: ClassVar = []

    def __init__(self, context):
        super().__init__(context)
        self.content = False
        self.heard = b""
        self.sizes = Counter()
        self.made.append(self)

    @property
    def turn_bytes(self):
        return 0 if self.content else LIMIT

    def handle(self, event):
        match event:
            case Opened() | TlsStarted():
                return (Send(b"ready\n"),)
            case Data(data):
                self.heard += data
                self.sizes[Turns.now] += len(data)
                self.content = self.heard.endswith(b"c" * LIMIT)
                return ORDERS.get(data[-1:], ())
            case Called():
                return (Send(b"called\n"),)
            case Eof():
                return (Send(b"%d\n" % len(self.heard)), *CLOSE)
            case Closed():
                return ()
        return CLOSE


ORDERS = {b"w": (Call(lambda: None),), b"t": (Send(b"go\n"), StartTls()), b"?": (Send(b"heard\n"),)}
"""Effects by the last byte of the input."""


class Turns:
    """Counts the turns of a reactor."""

    now = 0

    def __init__(self, reactor):
        self.reactor = reactor
        self.next()

    def next(self):
        Turns.now += 1
        self.reactor.callLater(0, self.next)


SERVICE = Service(
    name="counted",
    title="Counted",
    rfcs=(),
    listeners=(
        Listener("tcp", "tcp", 1),
        Listener("tls", "tcp", 2, option="tls_port", tls=True),
    ),
    options=CountedOptions,
    session=Counted,
)


@pytest.fixture
def farm(start_farm, monkeypatch):
    """Return a farm with the counted service, and Echo beside it."""
    module = ModuleType("homeport_counted")
    module.SERVICE = SERVICE
    monkeypatch.setitem(sys.modules, "homeport_counted", module)
    monkeypatch.setitem(MODULES, "counted", "homeport_counted")
    Counted.made.clear()
    farm = start_farm("counted", "echo")
    farm.call(Turns, farm.reactor)
    yield farm
    find_service.cache_clear()


def read_to(client, end):
    said = b""
    while not said.endswith(end):
        said += client.recv(1000)
    return said


def finish(client):
    """Half-close, and read to the end."""
    client.shutdown(socket.SHUT_WR)
    said = b""
    while piece := client.recv(1000):
        said += piece
    return said


def test_input_beyond_the_limit_of_a_turn_is_delivered_in_later_ones_in_order(farm):
    data = bytes(range(256)).replace(b"w", b"").replace(b"t", b"").replace(b"?", b"") * 40
    with farm.connect("counted") as client:
        read_to(client, b"ready\n")
        client.sendall(data)
        assert finish(client) == b"%d\n" % len(data)
    (session,) = Counted.made
    assert session.heard == data
    assert max(session.sizes.values()) <= LIMIT


def test_other_connections_are_served_in_between(farm):
    with farm.connect("counted") as busy, farm.connect("counted") as other:
        read_to(busy, b"ready\n")
        read_to(other, b"ready\n")
        # On the reactor, so that it reads neither before both are sent.
        farm.call(lambda: (busy.sendall(b"x" * 20_000), other.sendall(b"y" * 20_000)))
        assert finish(busy) == finish(other) == b"20000\n"
    first, second = Counted.made
    shared = first.sizes.keys() & second.sizes.keys()
    assert len(shared) > 20, "their turns are the same, and neither waits for the other's end"


def test_content_is_delivered_whole(farm):
    with farm.connect("counted") as client:
        read_to(client, b"ready\n")
        client.sendall(b"c" * LIMIT + b"d" * 10_000)
        assert finish(client) == b"10100\n"
    (session,) = Counted.made
    assert len(session.sizes) <= 5


def test_what_waits_for_its_turn_waits_for_a_call_too_and_comes_after_it(farm):
    data = (b"x" * (LIMIT - 1) + b"w") * 3 + b"y" * 250
    with farm.connect("counted") as client:
        read_to(client, b"ready\n")
        client.sendall(data)
        assert read_to(client, b"called\n" * 3) == b"called\n" * 3
        assert finish(client) == b"550\n"
    assert Counted.made[0].heard == data


def test_input_that_waits_for_its_turn_when_tls_begins_is_discarded(farm):
    with farm.connect("counted") as client:
        read_to(client, b"ready\n")
        client.sendall(b"x" * (LIMIT - 1) + b"t" + b"injected" * 100)
        read_to(client, b"go\n")
        with trusting(farm).wrap_socket(client, server_hostname="localhost") as secure:
            read_to(secure, b"ready\n")
            secure.sendall(b"after?")
            read_to(secure, b"heard\n")
    assert Counted.made[0].heard == b"x" * (LIMIT - 1) + b"t" + b"after?"


def test_a_connection_that_breaks_meanwhile_leaves_nothing_behind(farm):
    with farm.connect("counted") as client:
        read_to(client, b"ready\n")
        client.sendall(b"x" * 50_000)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    farm.wait_for(lambda: [event for event in farm.world.journal.events() if event["type"] == "closed"])
    with farm.connect("counted") as client:
        assert read_to(client, b"ready\n")


@pytest.mark.parametrize("service", ["smtp", "ftp"])
def test_pipelined_commands_take_turns(start_farm, service):
    farm = start_farm(service, "echo")
    farm.call(Turns, farm.reactor)
    begun = Turns.now
    commands = 32 * TURN_BYTES // 6
    with farm.connect(service) as client:
        client.sendall(b"NOOP\r\n" * commands + b"QUIT\r\n")
        answers = 0
        while piece := client.recv(1 << 16):
            answers += piece.count(b"\n")
    assert answers >= commands + 2
    assert Turns.now - begun >= 16


LETTER = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@example.org>\r\n"
CONTENTS = {
    "chunks of one byte": (LETTER, b"BDAT 1\r\nx"),
    "small messages": (b"", LETTER + b"DATA\r\nS: x\r\n\r\nx\r\n.\r\n"),
}


@pytest.mark.parametrize(("begin", "repeated"), CONTENTS.values(), ids=CONTENTS)
def test_commands_after_contents_take_turns(start_farm, monkeypatch, begin, repeated):
    """At each size of a first part: the limit of a turn may fall into a content, at its end, and behind it."""
    farm = start_farm("smtp")
    farm.call(Turns, farm.reactor)
    commands, count = Counter(), 16 * TURN_BYTES // len(repeated)
    dispatch = CommandSession.dispatch_line

    def counted(session, line, **how):
        commands[Turns.now] += 1
        return dispatch(session, line, **how)

    monkeypatch.setattr(CommandSession, "dispatch_line", counted)
    for offset in range(len(repeated)):
        commands.clear()
        with farm.connect("smtp") as client:
            data = begin.replace(b"b.test", b"b%s.test" % (b"b" * offset)) + repeated * count
            client.sendall(b"EHLO a\r\n")
            read_to(client, b"HELP\r\n")
            client.sendall(data + b"QUIT\r\n")
            said = finish(client)
        assert said.count(b"\n250") >= count, "all were obeyed"
        assert max(commands.values()) <= 2 * TURN_BYTES // len(b"BDAT 1\r\n"), (
            "one turn of input, or two in a reactor's"
        )


def test_records_of_one_byte_take_turns(farm):
    count = 20 * MAX_RECORDS
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting(farm).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", farm.port("counted", "tls")), timeout=10) as plain:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(1 << 16))
        plain.sendall(outgoing.read())
        for _ in range(count):
            client.write(b"x")
        client.write(b"?")
        plain.sendall(outgoing.read())
        said = b""
        while not said.endswith(b"heard\n"):
            incoming.write(plain.recv(1 << 16))
            with contextlib.suppress(ssl.SSLWantReadError):
                while True:  # several records may come at once
                    said += client.read(1000)
    assert len(Counted.made[0].heard) == count + 1
    # One read is scheduled, and one more may follow from the network.
    assert max(Counted.made[0].sizes.values()) <= 2 * MAX_RECORDS
