"""Notices over sockets: in the turn after they are published, one for many, and at nobody else's cost."""

import gc
import sys
import threading
import weakref
from types import ModuleType
from typing import ClassVar

import msgspec
import pytest
from tls_clients import trusting

from homeport.io.net.wakeups import Wakeups
from homeport.protocol.effects import AwaitFlush, Call, Close, Send, StartTls, Unwatch, Watch
from homeport.protocol.events import Called, Data, Eof, Flushed, LimitReached, Noticed, Opened, Stopping, TlsStarted
from homeport.protocol.faults import Plan
from homeport.protocol.service import Listener, Port, Service, TlsOptions
from homeport.protocol.session import Session
from homeport.services import MODULES, find_service
from homeport.world.notices import MAX_TOPICS

BIG = bytes(range(256)) * 40_000
"""Ten megabytes: more than any socket buffers."""


class WatcherOptions(TlsOptions, frozen=True, kw_only=True):
    port: Port = 0


class Watcher(Session):
    """Watches, and says what it noticed."""

    __slots__ = ("__weakref__", "depth", "flushes")

    gate = threading.Event()
    made: ClassVar[list] = []
    depths: ClassVar[list] = []

    def __init__(self, context):
        super().__init__(context)
        self.depth = 0
        self.flushes = 0
        self.made.append(weakref.ref(self))

    def handle(self, event):
        self.depth += 1
        self.depths.append(self.depth)
        try:
            return self.answer(event)
        finally:
            self.depth -= 1

    def answer(self, event):
        match event:
            case Opened():
                return (Send(b"hello\r\n"),)
            case Data(data):
                return [effect for line in data.splitlines() for effect in self.order(line)]
            case Noticed(topics):
                return (Send(b"noticed " + " ".join(sorted(topics)).encode() + b"\r\n"),)
            case Flushed():
                self.flushes += 1
                return (Send(b"flushed\r\n"),)
            case Called():
                return (Send(b"called\r\n"),)
            case TlsStarted():
                return (Send(b"secure\r\n"),)
            case Eof() | LimitReached() | Stopping():
                return (Close(),)
        return ()

    def order(self, line):
        match line.decode().split():
            case ["watch", *topics]:
                return [*map(Watch, topics), Send(b"ok\r\n")]
            case ["unwatch", topic]:
                return [Unwatch(topic), Send(b"ok\r\n")]
            case ["publish", *topics]:
                for topic in topics:
                    self.context.world.notices.publish(topic)
                return [Send(b"ok\r\n")]
            case ["many", count]:
                return [*(Watch(f"t{number}") for number in range(int(count))), Send(b"ok\r\n")]
            case ["call"]:
                return [Send(b"calling\r\n"), Call(lambda: self.gate.wait(10))]
            case ["big"]:
                return [Send(BIG)]
            case ["flush"]:
                return [Send(b"ok\r\n"), AwaitFlush()]
            case ["bigflush"]:
                return [Send(BIG), AwaitFlush()]
            case ["starttls"]:
                return [Send(b"ready\r\n"), StartTls()]
            case ["bye"]:
                return [Send(b"bye\r\n"), Close()]
        return []


@pytest.fixture
def watchers(start_farm, monkeypatch):
    """Return a farm whose only service is Watcher."""
    module = ModuleType("homeport_watcher")
    module.SERVICE = Service(
        name="watcher",
        title="Watcher",
        rfcs=(),
        listeners=(Listener("tcp", "tcp", 1),),
        options=WatcherOptions,
        session=Watcher,
    )
    monkeypatch.setitem(sys.modules, "homeport_watcher", module)
    monkeypatch.setitem(MODULES, "watcher", "homeport_watcher")
    find_service.cache_clear()
    Watcher.gate.clear()
    Watcher.made.clear()
    Watcher.depths.clear()
    yield start_farm("watcher")
    Watcher.gate.set()
    find_service.cache_clear()


class Client:
    """One connection to it."""

    def __init__(self, farm):
        self.socket = farm.connect("watcher")
        self.reader = self.socket.makefile("rb")
        assert self.line() == b"hello"

    def line(self):
        return self.reader.readline().rstrip(b"\r\n")

    def tell(self, *lines):
        self.socket.sendall(b"".join(line + b"\r\n" for line in lines))

    def ask(self, line):
        self.tell(line)
        return self.line()

    def close(self):
        self.reader.close()
        self.socket.close()


@pytest.fixture
def connect(watchers):
    """Return a function that connects."""
    clients = []

    def make():
        clients.append(Client(watchers))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_who_watches_a_topic_notices_it(connect):
    one, other, third = connect(), connect(), connect()
    assert one.ask(b"watch news") == b"ok"
    assert other.ask(b"watch sport") == b"ok"
    assert third.ask(b"publish news") == b"ok"
    assert one.line() == b"noticed news"
    assert other.ask(b"publish nothing") == b"ok"


def test_what_is_published_in_one_turn_is_one_notice(connect, watchers):
    one = connect()
    assert one.ask(b"watch a b c") == b"ok"

    def publish():
        for _ in range(1000):
            watchers.world.notices.publish("a")
            watchers.world.notices.publish("b")

    watchers.call(publish)
    assert one.line() == b"noticed a b"
    assert one.ask(b"unwatch a") == b"ok"


def test_a_notice_never_comes_inside_another_event(connect):
    one = connect()
    assert one.ask(b"watch mine") == b"ok"
    one.tell(b"publish mine", b"publish mine")  # its own event publishes what it watches
    assert [one.line() for _ in range(3)] == [b"ok", b"ok", b"noticed mine"]
    assert set(Watcher.depths) == {1}


def test_who_unwatches_a_topic_gets_no_notice_not_even_one_that_is_due(connect):
    one = connect()
    assert one.ask(b"watch a b") == b"ok"
    one.tell(b"publish a b", b"unwatch a")
    assert [one.line() for _ in range(3)] == [b"ok", b"ok", b"noticed b"]


def test_notices_are_held_while_a_call_runs(connect, watchers):
    one = connect()
    assert one.ask(b"watch a") == b"ok"
    assert one.ask(b"call") == b"calling"
    for _ in range(3):
        watchers.call(watchers.world.notices.publish, "a")
    Watcher.gate.set()
    assert [one.line(), one.line()] == [b"called", b"noticed a"]


def test_notices_are_held_during_a_handshake(connect, watchers):
    one = connect()
    assert one.ask(b"watch a") == b"ok"
    assert one.ask(b"starttls") == b"ready"
    watchers.call(watchers.world.notices.publish, "a")
    with trusting(watchers).wrap_socket(one.socket, server_hostname="localhost") as secure:
        reader = secure.makefile("rb")
        assert [reader.readline(), reader.readline()] == [b"secure\r\n", b"noticed a\r\n"]


def test_a_client_that_does_not_read_gets_one_notice_afterwards(connect, watchers):
    slow, quick = connect(), connect()
    assert slow.ask(b"watch a") == quick.ask(b"watch a") == b"ok"
    slow.tell(b"big")
    until(watchers, lambda: stream_of(watchers, slow).unsent)
    held = watchers.call(lambda: len(stream_of(watchers, slow).unsent))
    for _ in range(50):
        watchers.call(watchers.world.notices.publish, "a")
        assert quick.line() == b"noticed a"
    assert watchers.call(lambda: len(stream_of(watchers, slow).unsent)) == held
    assert slow.reader.read(len(BIG)) == BIG
    assert slow.line() == b"noticed a"
    assert slow.ask(b"unwatch a") == b"ok"


def until(farm, condition):
    """Ask the farm again and again until a condition holds that no event of the journal tells."""
    while not farm.call(condition):
        pass


def stream_of(farm, client):
    """Return the stream of a client."""
    port = client.socket.getsockname()[1]
    host = farm.farm.hosts["default"]
    return next(one for listener in host.streams for one in listener.streams.values() if one.connection.peer[1] == port)


def test_a_fault_that_silences_a_connection_holds_its_notices(connect, watchers):
    plan = msgspec.convert({"service": "watcher", "do": {"hang": {}}, "times": 1}, Plan)
    fault = watchers.call(watchers.world.faults.add, plan)
    silent = watchers.connect("watcher")
    with silent:
        silent.sendall(b"watch a\r\n")
        until(watchers, lambda: watchers.world.notices.count("a"))
        for _ in range(3):
            watchers.call(watchers.world.notices.publish, "a")
        watchers.call(watchers.world.faults.remove, fault.id)
        with silent.makefile("rb") as reader:
            assert reader.readline() == b"noticed a\r\n"  # the fault discarded what was sent before


def test_watching_ends_with_the_connection_and_nothing_of_it_remains(connect, watchers):
    one, other = connect(), connect()
    assert one.ask(b"watch a b") == b"ok"
    assert other.ask(b"watch a") == b"ok"
    assert watchers.call(watchers.world.notices.count, "a") == 2
    assert one.ask(b"bye") == b"bye"
    one.close()
    until(watchers, lambda: watchers.world.notices.count("a") == 1)
    assert watchers.call(lambda: len(watchers.world.notices)) == 1
    watchers.call(gc.collect)
    assert sum(made() is not None for made in Watcher.made) == 1
    watchers.call(watchers.world.notices.publish, "a")
    assert other.line() == b"noticed a"


def test_a_connection_watches_a_bounded_number_of_topics(connect, watchers):
    one = connect()
    assert one.ask(b"many %d" % MAX_TOPICS) == b"ok"
    assert watchers.call(lambda: len(watchers.world.notices)) == MAX_TOPICS
    assert one.ask(b"watch t1 t2") == b"ok"  # these are watched already
    errors = watchers.call(lambda: watchers.world.counters_of("watcher", "tcp").errors)
    assert one.ask(b"watch more") == b"ok"
    assert watchers.call(lambda: len(watchers.world.notices)) == MAX_TOPICS
    assert watchers.call(lambda: watchers.world.counters_of("watcher", "tcp").errors) == errors + 1


def test_a_turn_delivers_a_bounded_number_of_notices(connect, watchers, monkeypatch):
    clients = [connect() for _ in range(60)]
    for client in clients:
        assert client.ask(b"watch a") == b"ok"
    turns = []
    delivered = Wakeups._deliver

    def deliver(wakeups):
        turns.append(1)
        delivered(wakeups)

    monkeypatch.setattr(Wakeups, "_deliver", deliver)

    def publish():
        begun = len(turns)
        watchers.world.notices.publish("a")
        watchers.reactor.callLater(0, lambda: counted.append(len(turns) - begun))

    counted = []
    watchers.call(publish)
    assert [client.line() for client in clients] == [b"noticed a"] * 60
    assert counted[0] <= 16
    assert len(turns) == 60


def test_a_flush_comes_in_a_later_turn(connect):
    one = connect()
    one.tell(b"flush", b"watch a")
    assert [one.line() for _ in range(3)] == [b"ok", b"ok", b"flushed"]


def test_a_flush_waits_for_a_client_that_reads_slowly(connect, watchers):
    one = connect()
    one.tell(b"bigflush")
    until(watchers, lambda: stream_of(watchers, one).unsent)
    assert [made().flushes for made in Watcher.made] == [0]
    assert one.reader.read(len(BIG)) == BIG
    assert one.line() == b"flushed"
