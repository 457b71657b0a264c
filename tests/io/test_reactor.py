"""The reactor: Twisted's private names that it uses, its fallback, and cleanup."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from homeport.io.net import reactor as module
from homeport.io.net.reactor import PRIVATE, close_reactor, make_reactor


@pytest.fixture
def reactor():
    made = make_reactor()
    yield made
    close_reactor(made)


@pytest.mark.linux
@pytest.mark.parametrize("name", PRIVATE)
def test_twisted_still_has_the_private_name(name):
    from twisted.internet.epollreactor import EPollReactor

    stock = EPollReactor()
    try:
        assert hasattr(stock, name)
    finally:
        close_reactor(stock)


def test_twisted_still_keeps_its_internal_readers_where_close_reactor_looks(reactor):
    assert reactor._internalReaders


@pytest.mark.linux
def test_the_fast_reactor_is_used(reactor):
    assert hasattr(reactor, "forget")


def test_where_a_private_name_is_missing_the_stock_reactor_serves_just_as_well(monkeypatch, start_farm):
    monkeypatch.setattr(module, "PRIVATE", (*PRIVATE, "_no_such_name"))
    farm = start_farm("echo", "daytime", "chargen")
    assert not hasattr(farm.reactor, "forget")
    assert farm.exchange("echo", b"stock") == b"stock"
    assert farm.udp("echo", b"stock") == b"stock"
    assert farm.exchange("daytime").endswith(b"\r\n")
    with farm.connect("chargen") as client:
        assert client.makefile("rb").readline() == bytes(range(32, 104)) + b"\r\n"


def test_it_serves_on_a_reactor_of_another_kind(monkeypatch, start_farm):
    from twisted.internet.selectreactor import SelectReactor

    monkeypatch.setattr(module, "make_reactor", lambda: SelectReactor())
    farm = start_farm("echo")
    assert farm.exchange("echo", b"select" * 100_000) == b"select" * 100_000


def test_a_stopped_reactor_leaves_no_descriptor():
    def count():
        return len(list(Path("/dev/fd").iterdir()))

    close_reactor(make_reactor())
    before = count()
    for _ in range(20):
        made = make_reactor()
        made.callWhenRunning(made.stop)
        thread = threading.Thread(target=made.run, kwargs={"installSignalHandlers": False})
        thread.start()
        thread.join(10)
        close_reactor(made)
    assert count() == before


def test_starting_a_farm_installs_no_global_reactor():
    script = """
import sys
from tests.conftest import RunningFarm, farm_config
farm = RunningFarm(farm_config())
assert farm.exchange("echo", b"x") == b"x"
farm.stop()
print("twisted.internet.reactor" in sys.modules)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": ":".join(["servers", ".", *sys.path])},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert ran.stdout == "False\n"


def test_without_tls_openssl_is_not_imported_and_stays_importable():
    script = """
import sys
from homeport.io.net.reactor import make_reactor
make_reactor(without_tls=True)
assert "OpenSSL" not in sys.modules
import OpenSSL.SSL
"""
    subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": ":".join(["servers", *sys.path])}, timeout=30, check=True
    )


def test_a_descriptor_that_raises_stops_only_itself(reactor):
    from twisted.python import log

    class Broken:
        def __init__(self, end):
            self.end = end
            self.lost = False

        def fileno(self):
            return self.end.fileno()

        def logPrefix(self):
            return "broken"

        def doRead(self):
            raise ZeroDivisionError

        def connectionLost(self, reason):
            self.lost = True
            reactor.callLater(0, reactor.stop)

    observed = []
    log.addObserver(observed.append)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        broken = Broken(ours)
        reactor.addReader(broken)
        theirs.send(b"x")
        reactor.run(installSignalHandlers=False)
    log.removeObserver(observed.append)
    assert broken.lost
    assert any(event.get("isError") for event in observed)


@pytest.mark.linux
def test_a_hang_up_does_not_reach_the_new_owner_of_the_descriptor_in_the_same_turn(reactor):
    class End:
        lost = False

        def __init__(self, fd, read=lambda: None):
            self.fd, self.doRead = fd, read

        def fileno(self):
            return self.fd

        def logPrefix(self):
            return "end"

        def connectionLost(self, _reason):
            self.lost = True

    first, first_writer = os.pipe()
    second, second_writer = os.pipe()
    third, third_writer = os.pipe()

    def replace():
        os.read(first, 1)
        reactor.forget(second)
        os.dup2(third, second)
        reactor.addReader(newcomer)
        reactor.callLater(0, end)

    def end():
        seen.append(newcomer.lost)
        reactor.stop()

    seen = []
    newcomer = End(second)
    reactor.addReader(End(first, replace))
    reactor.addReader(End(second))
    os.write(first_writer, b"x")
    os.close(second_writer)  # a hang-up and nothing to read
    reactor.run(installSignalHandlers=False)
    assert seen == [False]
    for fd in (first, first_writer, second, third, third_writer):
        os.close(fd)
