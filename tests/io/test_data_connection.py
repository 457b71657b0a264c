"""Data connections: made both ways, under TLS, held to one client and its time; files moved whole or told not to be."""

import contextlib
import importlib.util
import select
import socket
import ssl
import struct
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from tls_clients import NAME, line, trusting

from homeport.config.quantities import Duration
from homeport.disk.file_tree import FolderTree
from homeport.io.data import data_connection
from homeport.io.data.pumps import disable_pacing
from homeport.io.data.transfer import shut_down
from homeport.io.net.turns import ALLOWANCE
from homeport.protocol.faults import Plan
from homeport.services import MODULES, find_service

BIG = bytes(range(251)) * 267_000
"""More than 64 MB, without a period of a power of two."""
OPEN = []
"""Sockets that a test leaves open; closed after its farm has stopped."""


@pytest.fixture(autouse=True)
def _moving_service(monkeypatch):
    spec = importlib.util.spec_from_file_location("homeport_moving", Path(__file__).with_name("moving.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "homeport_moving", module)
    monkeypatch.setitem(MODULES, "moving", "homeport_moving")
    find_service.cache_clear()
    yield
    find_service.cache_clear()
    while OPEN:
        OPEN.pop().close()


@pytest.fixture(params=["on the reactor", "on threads"])
def moving(start_farm, tmp_path, request):
    """Start a farm whose tree blocks, or does not."""
    return serve(start_farm, tmp_path, blocks=request.param == "on threads")


@pytest.fixture
def plain(start_farm, tmp_path):
    return serve(start_farm, tmp_path, blocks=False)


def serve(start_farm, folder, *, blocks=False, limits=None, octets=None):
    farm = start_farm("moving", limits=limits)
    tree = FolderTree(str(folder), blocks=blocks, octets=octets)
    OPEN.append(tree)
    farm.folder = folder
    farm.world.file_store = SimpleNamespace(open=lambda: tree, restore=lambda: None)
    return farm


class Client:
    """A control connection with its data connections."""

    def __init__(self, farm, control=None):
        self.farm = farm
        self.control = control or socket.create_connection(("127.0.0.1", farm.port("moving", "tcp")), timeout=20)
        OPEN.append(self.control)
        self.said()

    def say(self, order):
        self.control.sendall(order.encode() + b"\r\n")

    def said(self):
        return line(self.control).decode().strip()

    def ask(self, order):
        self.say(order)
        return self.said()

    def listen(self, words=""):
        return int(self.ask(f"listen {words}").split()[1])

    def data(self, words="", host="127.0.0.1"):
        """Open a data connection to a passive port."""
        client = socket.socket()
        client.settimeout(20)
        client.bind((host, 0))
        client.connect(("127.0.0.1", self.listen(words)))
        return client

    def fetch(self, path, words=""):
        with self.data() as data:
            self.say(f"send {path} {words}")
            got = read_all(data)
        return got, [self.said(), self.said()]

    def store(self, path, content, words=""):
        with self.data() as data:
            self.say(f"receive {path} {words}")
            data.sendall(content)
        return [self.said(), self.said()]


def read_all(client):
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def descriptors():
    return len(list(Path("/dev/fd").iterdir()))


def test_a_file_is_sent_over_a_connection_that_the_client_makes(moving):
    (moving.folder / "a.txt").write_bytes(b"twelve words")
    assert Client(moving).fetch("a.txt") == (b"twelve words", ["begin", "opened ok 12"])


def test_a_download_that_has_waited_for_the_network_ends_without_an_internal_error(moving):
    (moving.folder / "big").write_bytes(BIG[: 8 << 20])
    client = Client(moving)
    with client.data() as data:
        client.say("send big")
        assert client.said() == "begin"
        assert len(read_all(data)) == 8 << 20
    assert client.said() == f"opened ok {8 << 20}"
    assert moving.call(lambda: next(iter(moving.farm.hosts["default"].streams)).counters.errors) == 0


def test_an_empty_file_is_a_connection_without_octets(moving):
    (moving.folder / "empty").write_bytes(b"")
    assert Client(moving).fetch("empty") == (b"", ["begin", "opened ok 0"])


def test_a_large_file_arrives_whole_and_is_counted(moving):
    (moving.folder / "big").write_bytes(BIG)
    got, said = Client(moving).fetch("big")
    assert got == BIG
    assert said == ["begin", f"opened ok {len(BIG)}"]


@pytest.mark.linux
@pytest.mark.parametrize(("host", "spared"), [("127.0.0.1", True), ("::1", True), ("192.0.2.1", False)])
def test_only_loopback_connections_are_not_paced(host, spared):
    with socket.socket() as one:
        before = congestion_control(one)
        disable_pacing(one, host)
        assert congestion_control(one) == ("reno" if spared else before)


def congestion_control(one):
    return one.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()


def test_sending_begins_at_an_offset(moving):
    (moving.folder / "a.txt").write_bytes(b"0123456789")
    client = Client(moving)
    assert client.fetch("a.txt", "offset=7") == (b"789", ["begin", "opened ok 3"])
    assert client.ask("send a.txt offset=11") == "problem bad offset"


def test_a_large_file_is_received_whole(moving):
    client = Client(moving)
    assert client.store("big", BIG) == ["begin", f"opened ok {len(BIG)} big"]
    assert (moving.folder / "big").read_bytes() == BIG


def test_receiving_continues_after_existing_data(moving):
    (moving.folder / "a.txt").write_bytes(b"0123456789")
    client = Client(moving)
    client.store("a.txt", b"abc", "offset=5")
    assert (moving.folder / "a.txt").read_bytes() == b"01234abc89"
    client.store("a.txt", b"xyz", "append=1")
    assert (moving.folder / "a.txt").read_bytes() == b"01234abc89xyz"


def test_data_are_converted_in_both_directions(moving):
    (moving.folder / "a.txt").write_bytes(b"abc")
    client = Client(moving)
    assert client.fetch("a.txt", "convert=1") == (b"aabbcc", ["begin", "opened ok 6"])
    assert client.store("b.txt", b"xyz", "convert=1") == ["begin", "opened ok 3 b.txt"]
    assert (moving.folder / "b.txt").read_bytes() == b"xxyyzz"


def test_a_file_with_a_marked_end_is_complete_before_the_client_closes(moving):
    client = Client(moving)
    with client.data() as data:
        client.say("receive b.txt convert=1")
        data.sendall(b"xy.")
        assert [client.said(), client.said()] == ["begin", "opened ok 3 b.txt"]
        assert read_all(data) == b""
    assert (moving.folder / "b.txt").read_bytes() == b"xxyy.."


@pytest.mark.parametrize("words", ["", "tls=1", "bandwidth=1000000"], ids=["plain", "TLS", "paced"])
def test_the_session_is_told_during_a_transfer_that_data_are_on_stable_storage(moving, words):
    client = Client(moving)
    with client.data() as plain:
        client.say(f"receive a.txt convert=1 {words}")
        wrapped = trusting(moving).wrap_socket(plain, server_hostname=NAME) if "tls" in words else plain
        with wrapped as data:
            assert client.said() == "begin"
            for _ in range(6):
                data.sendall(b"x#y")
                assert client.said() == "safe"
            [aside] = (moving.folder / ".homeport-aside").iterdir()
            assert aside.read_bytes().startswith(b"xx##" + b"yyxx##" * 4)
            data.sendall(b"x#.")
            assert client.said() == "opened ok 21 a.txt"


def test_a_client_that_leaves_at_that_moment_leaves_nothing_open(moving):
    client = Client(moving)
    with client.data() as data:
        client.say("receive a.txt convert=1")
        assert client.said() == "begin"
        client.control.close()
        with contextlib.suppress(OSError):
            for _ in range(100):
                data.sendall(b"x#")
        # The end of the data connection would end the file; it must not be seen before that of the other.
        moving.wait_for(lambda: not moving.farm.hosts["default"].connections)
    assert not (moving.folder / "a.txt").exists()


def test_content_that_cannot_be_converted_ends_the_transfer_and_leaves_the_old_file(moving):
    (moving.folder / "a.txt").write_bytes(b"old")
    assert Client(moving).store("a.txt", b"new!", "convert=1") == ["begin", "opened content 4"]
    assert (moving.folder / "a.txt").read_bytes() == b"old"


def test_the_driver_connects_repeatedly_from_the_requested_source_port(moving):
    (moving.folder / "a.txt").write_bytes(b"here")
    client = Client(moving)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ours = free.getsockname()[1]
    for _ in range(3):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(10)
            client.say(f"send a.txt to={server.getsockname()[1]} from={ours}")
            data, peer = server.accept()
            with data:
                assert read_all(data) == b"here"
            assert peer == ("127.0.0.1", ours)
            assert [client.said(), client.said()] == ["begin", "opened ok 4"]


def test_an_unavailable_source_port_is_replaced_by_any_port(moving):
    (moving.folder / "a.txt").write_bytes(b"here")
    client = Client(moving)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        client.say(f"send a.txt to={server.getsockname()[1]} from={holder.getsockname()[1]}")
        data, peer = server.accept()
        with data:
            assert read_all(data) == b"here"
        assert peer[1] != holder.getsockname()[1]


def test_a_client_that_refuses_the_connection_gets_no_connection(moving):
    (moving.folder / "a.txt").write_bytes(b"here")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        client = Client(moving)
        client.say(f"send a.txt to={closed.getsockname()[1]}")
        assert [client.said(), client.said()] == ["begin", "no connection 0"]


def test_an_unreachable_address_fails_at_once(moving):
    (moving.folder / "a.txt").write_bytes(b"here")
    client = Client(moving)
    for order in ("send a.txt", "receive b.txt", "send a.txt"):
        client.say(f"{order} host=255.255.255.255 to=9")
        assert [client.said(), client.said()] == ["begin", "no connection 0"]
    assert {event["problem"] for event in moving.events("data")} == {"no connection"}
    assert all(event["detail"] for event in moving.events("data"))
    assert client.fetch("a.txt") == (b"here", ["begin", "opened ok 4"])


@pytest.mark.parametrize("kind", ["passive port", "listener"])
def test_a_port_of_the_farm_is_never_connected_to(moving, kind):
    (moving.folder / "a").write_bytes(b"here")
    other, client = Client(moving), Client(moving)
    port = other.listen() if kind == "passive port" else moving.port("moving")
    client.say(f"send a to={port}")
    assert [client.said(), client.said()] == ["begin", "no connection 0"]
    assert other.control.getsockname()


def test_a_large_file_goes_both_ways_over_a_connection_that_the_driver_makes(moving):
    (moving.folder / "big").write_bytes(BIG[: 8 << 20])
    client = Client(moving)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        client.say(f"send big to={server.getsockname()[1]}")
        data, _peer = server.accept()
        with data:
            assert read_all(data) == BIG[: 8 << 20]
        assert [client.said(), client.said()] == ["begin", f"opened ok {8 << 20}"]
        client.say(f"receive copy to={server.getsockname()[1]}")
        data, _peer = server.accept()
        with data:
            data.sendall(BIG[: 8 << 20])
        assert [client.said(), client.said()] == ["begin", f"opened ok {8 << 20} copy"]
    assert (moving.folder / "copy").read_bytes() == BIG[: 8 << 20]


def test_a_failing_conversion_is_an_internal_error_logged_with_its_traceback(moving, caplog):
    (moving.folder / "a.txt").write_bytes(b"old")
    assert Client(moving).store("a.txt", b"new?", "convert=1") == ["begin", "opened file 4"]
    assert (moving.folder / "a.txt").read_bytes() == b"old"
    (record,) = (one for one in caplog.records if "please report this" in one.message)
    assert record.exc_info[0] is ZeroDivisionError


def test_a_closed_connection_is_shut_down_without_an_error():
    with socket.socket() as never_connected:
        shut_down(never_connected.fileno())
        assert never_connected.fileno() >= 0


def test_a_transfer_without_any_port_has_no_connection(plain):
    (plain.folder / "a.txt").write_bytes(b"here")
    client = Client(plain)
    assert [client.ask("send a.txt"), client.said()] == ["begin", "no connection 0"]


def test_a_client_that_never_connects_times_out(plain):
    (plain.folder / "a.txt").write_bytes(b"here")
    client = Client(plain)
    client.listen()
    client.say("send a.txt seconds=0.2")
    assert [client.said(), client.said()] == ["begin", "no connection 0"]


def test_a_client_that_stops_reading_times_out(moving):
    (moving.folder / "big").write_bytes(BIG)
    client = Client(moving)
    with client.data():
        client.say("send big seconds=0.3")
        assert client.said() == "begin"
        word, problem, octets = client.said().split()
        assert (word, problem) == ("opened", "timeout")
        assert 0 < int(octets) < len(BIG)


@pytest.mark.linux
@pytest.mark.parametrize("tls", ["", " tls=1"])
def test_a_client_that_reads_slowly_does_not_time_out(plain, tls):
    (plain.folder / "a").write_bytes(BIG[: 32 << 20])
    client = Client(plain)
    with client.data() as raw:
        client.say(f"send a seconds=0.8{tls}")
        data = trusting(plain).wrap_socket(raw, server_hostname=NAME) if tls else raw
        with data:
            stream = next(iter(plain.farm.hosts["default"].streams[0].streams.values()))
            octets = set()
            for _ in range(16):  # 2.4 s, in which the farm can write nothing more
                threading.Event().wait(0.15)
                assert len(data.recv(16 << 10) + data.recv(16 << 10))
                octets.add(plain.call(lambda: stream.requests.data.transfer.progress.octets))
            assert len(octets) <= 3


def test_a_client_that_stops_sending_times_out_and_the_old_file_stays(moving):
    (moving.folder / "a.txt").write_bytes(b"old")
    client = Client(moving)
    with client.data() as data:
        client.say("receive a.txt seconds=0.3")
        data.sendall(b"new")
        assert [client.said(), client.said()] == ["begin", "opened timeout 3"]
    assert (moving.folder / "a.txt").read_bytes() == b"old"


@pytest.mark.loopback_network
@pytest.mark.parametrize("order", ["before the transfer", "after it began", "both at once"])
def test_a_connection_from_another_host_is_refused_and_the_clients_own_still_works(plain, order):
    (plain.folder / "a.txt").write_bytes(b"secret")
    client = Client(plain)
    port = client.listen()
    if order == "after it began":
        client.say("send a.txt")
        assert client.said() == "begin"
    with connect_from_another_host(port) as other, socket.create_connection(("127.0.0.1", port), timeout=20) as data:
        if order != "after it began":
            client.say("send a.txt")
            assert client.said() == "begin"
        assert client.said() == "opened ok 6"
        assert read_all(data) == b"secret"
        with contextlib.suppress(OSError):
            assert read_all(other) == b""
    refused, moved = [event for event in plain.world.journal.events() if event["type"] == "data"]
    assert (refused["problem"], refused["data_peer"][:10], refused["octets"]) == ("foreign peer", "127.0.0.2:", 0)
    assert (moved["octets"], moved["data_peer"][:10]) == (6, "127.0.0.1:")


@pytest.mark.loopback_network
def test_a_client_that_never_connects_while_another_host_does_is_reported(plain):
    (plain.folder / "a.txt").write_bytes(b"secret")
    client = Client(plain)
    port = client.listen()
    with connect_from_another_host(port):
        client.say("send a.txt seconds=0.3")
        assert [client.said(), client.said()] == ["begin", "foreign peer 0"]


def connect_from_another_host(port):
    """Connect to a port of ours as another host."""
    other = socket.socket()
    other.settimeout(20)
    other.bind(("127.0.0.2", 0))
    with contextlib.suppress(ConnectionResetError):  # it may be refused before `connect` returns
        other.connect(("127.0.0.1", port))
    return other


@pytest.mark.loopback_network
def test_a_connection_from_another_host_is_accepted_if_allowed(plain):
    (plain.folder / "a.txt").write_bytes(b"shared")
    client = Client(plain)
    with client.data("anybody", host="127.0.0.2") as data:
        client.say("send a.txt")
        assert read_all(data) == b"shared"


def test_a_transfer_is_aborted_at_once_and_the_old_file_stays(moving):
    (moving.folder / "a.txt").write_bytes(b"old")
    client = Client(moving)
    with client.data() as data:
        client.say("receive a.txt")
        data.sendall(b"new")
        assert client.said() == "begin"
        client.say("close")
        assert {client.said().rpartition(" ")[0], client.said().rpartition(" ")[0]} == {"", "opened aborted"}
        with contextlib.suppress(ConnectionResetError):  # if the farm had not read the octets yet
            assert read_all(data) == b""
    assert (moving.folder / "a.txt").read_bytes() == b"old"


def test_sending_is_aborted_while_the_client_does_not_read(moving):
    (moving.folder / "big").write_bytes(BIG)
    client = Client(moving)
    with client.data():
        client.say("send big")
        assert client.said() == "begin"
        client.say("close")
        said = {client.said().rpartition(" ")[0], client.said().rpartition(" ")[0]}
        assert said == {"", "opened aborted"}


def test_the_next_transfer_may_begin_while_an_aborted_one_still_ends(moving):
    (moving.folder / "big").write_bytes(BIG)
    (moving.folder / "a.txt").write_bytes(b"next")
    client = Client(moving)
    with client.data():
        client.say("send big")
        assert client.said() == "begin"
        client.say("close")
        client.say("listen")
        said = [client.said() for _ in range(3)]
        port = next(int(words.split()[1]) for words in said if words.startswith("port"))
        with socket.create_connection(("127.0.0.1", port), timeout=20) as data:
            client.say("send a.txt")
            assert read_all(data) == b"next"
        assert {client.said(), client.said()} == {"begin", "opened ok 4"}


def test_progress_can_be_asked_for_while_a_file_moves(moving):
    client = Client(moving)
    with client.data() as data:
        client.say("receive a.txt")
        assert client.said() == "begin"
        data.sendall(b"x" * 5000)
        while client.ask("progress") != "5000":
            pass
    assert client.said() == "opened ok 5000 a.txt"


def test_a_broken_connection_is_not_the_end_of_a_file(moving):
    (moving.folder / "a.txt").write_bytes(b"old")
    client = Client(moving)
    data = client.data()
    client.say("receive a.txt")
    data.sendall(b"new")
    assert client.said() == "begin"
    while client.ask("progress") != "3":
        pass
    data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    data.close()
    assert client.said() == "opened broken 3"
    assert (moving.folder / "a.txt").read_bytes() == b"old"


def test_a_client_that_closes_early_breaks_the_transfer(moving):
    (moving.folder / "big").write_bytes(BIG)
    client = Client(moving)
    with client.data() as data:
        client.say("send big")
        data.recv(1000)
    assert client.said() == "begin"
    assert client.said().startswith("opened broken ")


def test_a_client_that_half_closes_gets_the_file(moving):
    (moving.folder / "big").write_bytes(BIG)
    client = Client(moving)
    with client.data() as data:
        data.shutdown(socket.SHUT_WR)
        client.say("send big")
        assert read_all(data) == BIG


def test_ports_are_in_the_range_and_none_is_leased_when_all_are_in_use(plain, monkeypatch):
    monkeypatch.setattr(data_connection, "PORT_WAIT_S", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        low = taken.getsockname()[1]
        clients = [Client(plain), Client(plain), Client(plain)]
        ports = [client.listen(f"low={low} high={low + 2}") for client in clients]
    assert set(ports) <= {0, low + 1, low + 2}
    assert ports[2] == 0


def test_a_client_gets_a_new_port_each_time_and_the_same_only_if_no_other_is_free(plain):
    client, low = Client(plain), free_ports(3)
    ports = [client.listen(f"low={low} high={low + 2}") for _ in range(20)]
    assert set(ports) <= {low, low + 1, low + 2}
    assert all(one != next_one for one, next_one in pairwise(ports))
    only = free_ports(1)
    assert [client.listen(f"low={only} high={only}") for _ in range(3)] == [only] * 3


def release_by_connecting(client, port):
    OPEN.append(socket.create_connection(("127.0.0.1", port), timeout=20))


def release_by_closing(client, _port):
    assert client.ask("close") == "closed"


def release_by_leaving(client, _port):
    client.control.close()


def release_by_listening(client, _port):
    other = free_ports(1)
    assert client.listen(f"low={other} high={other}") == other


@pytest.mark.parametrize(
    "release", [release_by_connecting, release_by_closing, release_by_leaving, release_by_listening]
)
def test_a_session_waits_for_a_port_of_the_range_and_gets_it_as_soon_as_it_is_free(plain, monkeypatch, release):
    monkeypatch.setattr(data_connection, "PORT_WAIT_S", 600)
    only = free_ports(1)
    first, second, third = Client(plain), Client(plain), Client(plain)
    assert first.listen(f"low={only} high={only}") == only
    for waiting in (second, third):
        waiting.say(f"listen low={only} high={only}")
    release(first, only)
    # The farm reads from the two in any order.
    (ready, *_more), _, _ = select.select([second.control, third.control], [], [], 20)
    served, waiting = (second, third) if ready is second.control else (third, second)
    assert served.said() == f"port {only}"
    served.control.close()
    assert waiting.said() == f"port {only}"


def test_a_session_that_ends_while_it_waits_for_a_port_leaves_it_to_the_next(plain, monkeypatch):
    monkeypatch.setattr(data_connection, "PORT_WAIT_S", 600)
    only = free_ports(1)
    first, second, third = Client(plain), Client(plain), Client(plain)
    assert first.listen(f"low={only} high={only}") == only
    for waiting in (second, third):
        waiting.say(f"listen low={only} high={only}")
    second.control.close()
    first.control.close()
    assert third.said() == f"port {only}"


def test_a_port_that_an_earlier_range_has_open_serves_a_new_range_with_it(plain):
    low = free_ports(3)
    client = Client(plain)
    assert low <= client.listen(f"low={low} high={low + 2}") <= low + 2
    for _ in range(3):
        port = client.listen(f"low={low} high={low + 2}")
    assert client.listen(f"low={port} high={port}") == port


def test_many_sessions_share_a_small_range(plain, monkeypatch):
    monkeypatch.setattr(data_connection, "PORT_WAIT_S", 600)
    (plain.folder / "a.txt").write_bytes(b"twelve words")
    low = free_ports(3)
    clients = [Client(plain) for _ in range(40)]
    for client in clients:
        client.say(f"listen low={low} high={low + 2}")
    left = {client.control: client for client in clients}
    while left:
        for control in select.select(list(left), [], [], 20)[0]:
            client = left.pop(control)
            port = int(client.said().split()[1])
            assert low <= port <= low + 2
            with socket.create_connection(("127.0.0.1", port), timeout=20) as data:
                client.say("send a.txt")
                assert read_all(data) == b"twelve words"


def free_ports(size):
    """Return the first of N consecutive free ports."""
    for low in range(20_000, 30_000, size):
        with contextlib.suppress(OSError), contextlib.ExitStack() as taken:
            for port in range(low, low + size):
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
            return low
    raise AssertionError("no ports are free")


def test_a_port_is_leased_again_and_refuses_a_second_connection(plain):
    (plain.folder / "a.txt").write_bytes(b"here")
    client, other = Client(plain), Client(plain)
    port = client.listen()
    with (
        socket.create_connection(("127.0.0.1", port)) as first,
        socket.create_connection(("127.0.0.1", port)) as second,
    ):
        second.settimeout(10)
        with pytest.raises(ConnectionResetError):
            second.recv(1)
        assert other.listen() == port
        client.say("send a.txt")
        assert read_all(first) == b"here"


def test_nothing_stays_open_after_the_control_connections(moving):
    (moving.folder / "big").write_bytes(BIG)
    first = Client(moving)
    first.fetch("big")
    first.store("small", b"")
    first.control.close()
    moving.wait_for(lambda: not moving.farm.hosts["default"].connections)
    before = descriptors()
    clients = [Client(moving) for _ in range(5)]
    data = [client.data() for client in clients]
    clients[0].say("send big")
    clients[1].say("receive a.txt")
    clients[2].say("send big")
    assert [client.said() for client in clients[:3]] == ["begin"] * 3
    for client in clients:
        client.control.close()
    for one in data:
        with contextlib.suppress(ConnectionResetError):
            read_all(one)
        one.close()
    moving.wait_for(lambda: not moving.farm.hosts["default"].connections)
    deadline = time.monotonic() + 10
    while descriptors() > before and time.monotonic() < deadline:
        pass
    assert descriptors() <= before
    assert not list((moving.folder / ".homeport-aside").iterdir())


def test_transfers_are_counted_and_logged_without_their_data(plain):
    (plain.folder / "a.txt").write_bytes(b"secret")
    client = Client(plain)
    began = time.monotonic()
    client.fetch("a.txt")
    client.store("b.txt", b"abc")
    sent, received = plain.events("data")
    assert 0 < sent["seconds"] + received["seconds"] <= time.monotonic() - began
    assert (sent["direction"], sent["octets"], received["direction"], received["octets"]) == ("out", 6, "in", 3)
    assert not [event for event in plain.events("out") if "secret" in event["text"]]


def test_a_control_connection_is_not_idle_during_its_transfer(start_farm, tmp_path):
    client = Client(serve(start_farm, tmp_path, limits={"idle": Duration(0.2)}))
    with client.data() as data:
        client.say("receive a.txt")
        for _ in range(8):
            data.sendall(b"x")
            threading.Event().wait(0.1)
    assert [client.said(), client.said()] == ["begin", "opened ok 8 a.txt"]


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ({"limit": {"bytes": 1000}}, "opened fault 1000"),
        ({"limit": {"bytes": 1000, "reset": True}}, "opened fault 1000"),
        ({"close": {}}, "opened fault 0"),
        ({"reset": {}}, "opened fault 0"),
        ({"slice": {"size": 100}}, "opened ok 5000"),
        ({"bandwidth": {"bytes_per_s": 100_000}}, "opened ok 5000"),
        ({"latency": {"ms": 20}}, "opened ok 5000"),
        ({"corrupt": {"rate": 0.5}}, "opened ok 5000"),
        ({"hang": {}}, "opened timeout 0"),
    ],
)
def test_faults_of_a_command_act_on_its_data_connection(moving, do, said):
    (moving.folder / "a").write_bytes(b"o" * 5000)
    moving.call(
        moving.world.faults.add, msgspec.convert({"service": "moving", "match": {"verb": "send"}, "do": do}, Plan)
    )
    client = Client(moving)
    with client.data() as data:
        client.say(f"send a seconds={0.5 if 'hang' in do else 10}")
        try:
            got = read_all(data)
        except ConnectionResetError:
            got = b""
    assert [client.said(), client.said()] == ["begin", said]
    assert len(got) <= int(said.split()[2])
    if "ok" in said:
        assert (got == b"o" * 5000) == ("corrupt" not in do)
    assert client.fetch("a") == (b"o" * 5000, ["begin", "opened ok 5000"])


@pytest.mark.parametrize("do", [{"limit": {"bytes": 1000}}, {"reset": {}}, {"bandwidth": {"bytes_per_s": 50_000}}])
def test_faults_act_on_what_is_received(moving, do):
    plan = {"service": "moving", "match": {"verb": "receive"}, "do": do}
    moving.call(moving.world.faults.add, msgspec.convert(plan, Plan))
    client = Client(moving)
    said = client.store("a", b"o" * 5000)
    if "bandwidth" in do:
        assert said == ["begin", "opened ok 5000 a"]
    else:
        assert said[1].startswith("opened fault")
        assert not (moving.folder / "a").exists()


@pytest.mark.parametrize("do", [{"latency": {"ms": 30}}, {"slice": {"size": 4000}}, {"corrupt": {"rate": 1.0}}])
@pytest.mark.parametrize("direction", ["send", "receive"])
def test_a_large_file_passes_a_fault_completely(moving, direction, do):
    plan = {"service": "moving", "match": {"verb": direction}, "do": do}
    moving.call(moving.world.faults.add, msgspec.convert(plan, Plan))
    content = BIG[: 1 << 20]
    if direction == "send":
        (moving.folder / "a").write_bytes(content)
        came, said = Client(moving).fetch("a")
        assert said == ["begin", f"opened ok {len(content)}"]
    else:
        assert Client(moving).store("a", content) == ["begin", f"opened ok {len(content)} a"]
        came = (moving.folder / "a").read_bytes()
    assert (came == content) == ("corrupt" not in do)
    assert len(came) == len(content)


@pytest.mark.parametrize("do", [{"slice": {"size": 1}}, {"corrupt": {"rate": 0.5}}])
def test_a_fault_on_a_transfer_leaves_others_their_turns(moving, do):
    (moving.folder / "a").write_bytes(BIG[: 4 << 20])
    moving.call(
        moving.world.faults.add, msgspec.convert({"service": "moving", "match": {"verb": "send"}, "do": do}, Plan)
    )
    client = Client(moving)
    with client.data() as data:
        client.say("send a")
        assert data.recv(1)
        stream = next(iter(moving.farm.hosts["default"].streams[0].streams.values()))
        transfer = moving.call(lambda: stream.requests.data.transfer)
        moved: list[int] = []
        over = threading.Event()

        def look() -> None:
            """Count turns of the reactor, as another client would get them."""
            moved.append(transfer.progress.octets)
            if len(moved) < 100:
                moving.farm.reactor.callLater(0, look)
            else:
                over.set()

        moving.call(look)
        assert over.wait(60)
    assert max(later - sooner for sooner, later in pairwise(moved)) <= 3 * ALLOWANCE


def test_the_rate_limit_paces_sending_and_is_not_a_fault(moving):
    (moving.folder / "a").write_bytes(BIG[:5000])
    begin = time.monotonic()
    assert Client(moving).fetch("a", "bandwidth=20000 seconds=0.2") == (BIG[:5000], ["begin", "opened ok 5000"])
    assert time.monotonic() - begin >= 0.25
    assert not moving.events("fault")


def test_the_rate_limit_paces_receiving_without_a_timeout(moving):
    begin = time.monotonic()
    assert Client(moving).store("a", BIG[:5000], "bandwidth=10000 seconds=0.4") == ["begin", "opened ok 5000 a"]
    assert time.monotonic() - begin >= 0.5
    assert (moving.folder / "a").read_bytes() == BIG[:5000]


def test_a_high_rate_limit_is_reached(plain):
    content = BIG[: 8 << 20]
    (plain.folder / "a").write_bytes(content)
    begin = time.monotonic()
    assert Client(plain).fetch("a", f"bandwidth={32 << 20}")[0] == content
    assert time.monotonic() - begin >= 0.25


class Noting(FolderTree):
    """A blocking tree that records which threads read and write its files."""

    def open(self, path, offset=0):
        source = super().open(path, offset)
        return self.note(source, "read")

    def create(self, path, **options):
        return self.note(super().create(path, **options), "write")

    def note(self, file, name):
        act = getattr(file, name)
        noted = SimpleNamespace(**{one: getattr(file, one) for one in dir(file) if not one.startswith("_")})

        def noting(argument):
            self.threads.add(threading.current_thread())
            return act(argument)

        setattr(noted, name, noting)
        return noted


@pytest.mark.parametrize("verb", ["send", "receive"])
def test_a_blocking_file_is_moved_on_threads_under_a_rate_limit_too(start_farm, tmp_path, verb):
    farm = start_farm("moving")
    tree = Noting(str(tmp_path), blocks=True)
    tree.threads = set()
    OPEN.append(tree)
    farm.world.file_store = SimpleNamespace(open=lambda: tree, restore=lambda: None)
    content = BIG[:300_000]
    if verb == "send":
        (tmp_path / "a").write_bytes(content)
        assert Client(farm).fetch("a", "bandwidth=3000000")[0] == content
    else:
        assert Client(farm).store("a", content, "bandwidth=3000000")[1] == "opened ok 300000 a"
        assert (tmp_path / "a").read_bytes() == content
    assert tree.threads
    assert farm.call(threading.current_thread) not in tree.threads


def secure(client, context, session=None):
    data = client.data()
    client.say("send a.txt tls=1" + (" resume=1" if session else ""))
    return context.wrap_socket(data, server_hostname=NAME, session=session, suppress_ragged_eofs=False)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_files_move_under_tls_that_continues_the_control_connections_session(moving, version):
    (moving.folder / "a.txt").write_bytes(BIG[:3_000_000])
    context = trusting(moving, maximum_version=getattr(ssl.TLSVersion, version))
    raw = socket.create_connection(("127.0.0.1", moving.port("moving", "tls")), timeout=20)
    client = Client(moving, context.wrap_socket(raw, server_hostname=NAME))
    with secure(client, context, client.control.session) as data:
        assert read_all(data) == BIG[:3_000_000]
    assert [client.said(), client.said()] == ["begin", "resumed ok 3000000"]
    with client.data() as plain_data:
        client.say("receive b.txt tls=1")
        with context.wrap_socket(plain_data, server_hostname=NAME, session=client.control.session) as data:
            data.sendall(BIG[:3_000_000])
            data.unwrap()
    assert [client.said(), client.said().split()[1:]] == ["begin", ["ok", "3000000", "b.txt"]]
    assert (moving.folder / "b.txt").read_bytes() == BIG[:3_000_000]


def test_a_new_tls_session_is_refused_where_resumption_is_required(plain):
    (plain.folder / "a.txt").write_bytes(b"here")
    client, context = Client(plain), trusting(plain)
    with client.data() as data:
        client.say("send a.txt tls=1 resume=1")
        got = b""
        with (
            contextlib.suppress(
                OSError
            ),  # no close_notify comes, which not every OpenSSL tells, or the handshake does not even end
            context.wrap_socket(data, server_hostname=NAME, suppress_ragged_eofs=False) as secured,
        ):
            got = read_all(secured)
        assert got == b""
    assert [client.said(), client.said()] == ["begin", "not resumed 0"]


def test_an_upload_that_ends_without_close_notify_is_truncated(moving):
    client, context = Client(moving), trusting(moving)
    with client.data() as plain_data:
        client.say("receive a.txt tls=1")
        with context.wrap_socket(plain_data, server_hostname=NAME) as data:
            data.sendall(b"half")
            data.shutdown(socket.SHUT_WR)
            assert [client.said(), client.said()] == ["begin", "opened ok 4 truncated a.txt"]


def test_a_client_that_closes_without_reading_session_tickets_loses_nothing(moving):
    client, context = Client(moving), trusting(moving)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    with client.data() as data:
        client.say("receive a.txt tls=1")
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        data.sendall(outgoing.read())
        while tls.cipher() is None:
            incoming.write(data.recv(65536))
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
        tls.write(BIG[:3_000_000])
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.unwrap()
        data.sendall(outgoing.read())
    assert [client.said(), client.said()] == ["begin", "opened ok 3000000 a.txt"]
    assert (moving.folder / "a.txt").read_bytes() == BIG[:3_000_000]


def test_a_client_that_speaks_no_tls_on_the_data_connection_fails_the_handshake(plain):
    (plain.folder / "a.txt").write_bytes(b"here")
    client = Client(plain)
    with client.data() as data:
        client.say("send a.txt tls=1 seconds=1")
        data.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.said() == "begin"
        assert client.said() == "handshake 0"


def test_an_exceeded_quota_is_a_file_problem(start_farm, tmp_path):
    farm = serve(start_farm, tmp_path, octets=1000)
    client = Client(farm)
    with client.data() as data:
        client.say("receive a.txt")
        with contextlib.suppress(ConnectionError):
            data.sendall(b"x" * 5000)
        assert client.said() == "begin"
        assert client.said().startswith("opened no space")
    assert farm.world.files.used() == (0, 0)
