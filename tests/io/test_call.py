"""Work in the thread pool: in order, one call at a time per connection, and never lost with its connection."""

import threading
from typing import ClassVar

import msgspec
import pytest

from homeport.protocol.effects import Call, Close, Compute, GroupCommit, Log, Send
from homeport.protocol.events import Called, Closed, Data, Opened
from homeport.protocol.faults import Plan
from homeport.protocol.service import Listener, Options, Port, Service
from homeport.protocol.session import Session


class CallingOptions(Options, frozen=True, kw_only=True):
    port: Port = 0


class Calling(Session):
    """Returns a `Call` for each piece of input, as that says."""

    gate = threading.Event()
    done: ClassVar[list[str]] = []
    writers: ClassVar[list[str]] = []
    full: ClassVar[bool] = False

    def handle(self, event):
        match event:
            case Opened():
                return (Send(b"hello\r\n"),)
            case Data(data):
                word = data.split()[0]
                if word == b"together":
                    return (Log("calling", {}), GroupCommit(self.write, self.then))
                if word == b"compute":
                    return (Log("calling", {}), Compute(self.wait, self.then))
                work = {b"wait": self.wait, b"fail": self.fail, b"quick": self.thread}[word]
                return (Log("calling", {}), Call(work, self.then))
            case Called(result, error):
                return (Send(f"{result} {error}\r\n".encode()),)
            case Closed():
                return (Log("farewell", {}),)
        return (Send(b"421\r\n"), Close())

    def wait(self):
        self.gate.wait(10)
        return "waited"

    def write(self):
        self.writers.append(threading.current_thread().name)
        self.gate.wait(10)
        if self.full:
            raise OSError(28, "full")
        return "written"

    def fail(self):
        raise OSError(28, "full")

    def thread(self):
        return threading.current_thread() is not threading.main_thread()

    def then(self):
        self.done.append(threading.current_thread().name)


@pytest.fixture
def calling(start_farm, monkeypatch):
    import sys
    from types import ModuleType

    from homeport.services import MODULES, find_service

    module = ModuleType("calling_service")
    module.SERVICE = Service(
        name="calling",
        title="Calling",
        rfcs=(),
        listeners=(Listener("tcp", "tcp", 0),),
        options=CallingOptions,
        session=Calling,
    )
    monkeypatch.setitem(sys.modules, "calling_service", module)
    monkeypatch.setitem(MODULES, "calling", "calling_service")
    find_service.cache_clear()
    Calling.gate.clear()
    Calling.done.clear()
    Calling.writers.clear()
    farm = start_farm("calling")
    yield farm
    Calling.gate.set()
    find_service.cache_clear()


def open_client(farm):
    client = farm.connect("calling")
    reader = client.makefile("rb")
    assert reader.readline() == b"hello\r\n"
    return client, reader


def test_the_result_comes_back_and_then_runs_on_the_reactor(calling):
    client, reader = open_client(calling)
    with client:
        client.sendall(b"quick\r\n")
        assert reader.readline() == b"True None\r\n"
        assert Calling.done == [calling._thread.name]


def test_what_the_work_raises_is_reported_and_then_does_not_run(calling):
    client, reader = open_client(calling)
    with client:
        client.sendall(b"fail\r\n")
        assert reader.readline() == b"None [Errno 28] full\r\n"
        assert Calling.done == []


def test_nothing_is_read_meanwhile_and_nobody_else_waits(calling):
    client, reader = open_client(calling)
    other, other_reader = open_client(calling)
    with client, other:
        client.sendall(b"wait\r\n")
        calling.wait_for(lambda: [event for event in calling.world.journal.events() if event["type"] == "calling"])
        client.sendall(b"quick\r\n")
        other.sendall(b"fail\r\n")
        assert other_reader.readline() == b"None [Errno 28] full\r\n"
        Calling.gate.set()
        assert reader.readline() == b"waited None\r\n"
        assert reader.readline() == b"True None\r\n"


def test_computations_wait_for_each_other_without_a_thread(calling):
    """A pool has ten threads; whoever needs one for the disk must find it."""
    computing = [open_client(calling) for _ in range(30)]
    other, other_reader = open_client(calling)
    with other:
        for client, _reader in computing:
            client.sendall(b"compute\r\n")
        begun = calling.world.journal.events
        calling.wait_for(lambda: [event["type"] for event in begun()].count("calling") == len(computing))
        other.sendall(b"quick\r\n")
        assert other_reader.readline() == b"True None\r\n"
        Calling.gate.set()
        assert [reader.readline() for _client, reader in computing] == [b"waited None\r\n"] * len(computing)
    for client, _reader in computing:
        client.close()


def test_what_a_fault_has_cut_on_the_way_in_waits_too(calling):
    plan = msgspec.convert({"service": "calling", "direction": "in", "do": {"slice": {"size": 6}}}, Plan)
    calling.call(calling.world.faults.add, plan)
    client, reader = open_client(calling)
    with client:
        client.sendall(b"wait\r\nfail\r\n")
        calling.wait_for(lambda: [event for event in calling.world.journal.events() if event["type"] == "calling"])
        assert len(calling.events("calling")) == 1
        Calling.gate.set()
        assert reader.readline() == b"waited None\r\n"
        assert reader.readline() == b"None [Errno 28] full\r\n"


def test_what_was_done_counts_though_the_connection_is_gone(calling):
    client, _reader = open_client(calling)
    client.sendall(b"wait\r\n")
    calling.wait_for(lambda: [event for event in calling.world.journal.events() if event["type"] == "calling"])
    connection = next(iter(calling.call(lambda: list(calling.farm.hosts["default"].streams[0].streams.values()))))
    calling.call(connection.gone, "broken")
    client.close()
    Calling.gate.set()
    other, reader = open_client(calling)
    with other:
        other.sendall(b"fail\r\n")
        assert reader.readline() == b"None [Errno 28] full\r\n"
        while len(Calling.done) < 1:
            other.sendall(b"fail\r\n")
            reader.readline()
    assert Calling.done == [calling._thread.name]


def test_a_world_that_stops_does_not_wait_for_the_work(calling):
    client, reader = open_client(calling)
    with client:
        client.sendall(b"wait\r\n")
        calling.wait_for(lambda: [event for event in calling.world.journal.events() if event["type"] == "calling"])
        stream = calling.call(lambda: next(iter(calling.farm.hosts["default"].streams[0].streams.values())))
        calling.call(stream.stop)
        assert reader.readline() == b"421\r\n"
        Calling.gate.set()


def test_no_thread_is_made_before_the_first_call(calling):
    assert calling.call(lambda: calling.reactor.threadpool) is None
    client, reader = open_client(calling)
    with client:
        client.sendall(b"quick\r\n")
        reader.readline()
    assert calling.call(lambda: calling.reactor.threadpool) is not None


def ask_together(farm, clients):
    """Block the first one's work at the gate while all others ask."""
    for number, (client, _reader) in enumerate(clients, 1):
        client.sendall(b"together\r\n")
        farm.wait_for(
            lambda number=number: [one["type"] for one in farm.world.journal.events()].count("calling") == number
        )
        if number == 1:
            while not Calling.writers:
                farm.call(lambda: None)


def test_calls_that_wait_together_take_one_thread_and_each_gets_its_result(calling):
    clients = [open_client(calling) for _ in range(5)]
    ask_together(calling, clients)
    Calling.gate.set()
    for client, reader in clients:
        assert reader.readline() == b"written None\r\n"
        client.close()
    reactor = calling._thread.name
    assert len(Calling.done) == 5
    # Off the reactor once for the first, and once for the four others; on it for what each of them gets.
    assert [name == reactor for name in Calling.writers].count(False) == 2
    assert Calling.writers.count(reactor) == 5


def test_what_work_raises_that_was_done_together_is_reported_to_each(calling, monkeypatch):
    monkeypatch.setattr(Calling, "full", True)
    clients = [open_client(calling) for _ in range(3)]
    ask_together(calling, clients)
    Calling.gate.set()
    for client, reader in clients:
        assert reader.readline() == b"None [Errno 28] full\r\n"
        client.close()
    assert Calling.done == []
