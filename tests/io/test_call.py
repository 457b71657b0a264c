"""Work off the reactor: in order, one at a time for each connection, and never lost with its connection."""

import threading
from typing import ClassVar

import pytest

from homeport.effects import Call, Close, Log, Send
from homeport.events import Called, Closed, Data, Opened
from homeport.service import Listener, Options, Port, Service
from homeport.session import Session


class CallingOptions(Options, frozen=True, kw_only=True):
    port: Port = 0


class Calling(Session):
    """Calls for each piece of input, as it says."""

    gate = threading.Event()
    done: ClassVar[list[str]] = []

    def handle(self, event):
        match event:
            case Opened():
                return (Send(b"hello\r\n"),)
            case Data(data):
                word = data.split()[0]
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


def test_what_the_work_raises_is_told_and_then_does_not_run(calling):
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
