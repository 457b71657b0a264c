"""Listeners taken down and up again: the kernel refuses clients, and the port stays reserved."""

import errno
import socket

import pytest
from tests.conftest import read_all

from homeport.io.net import refusing as down
from homeport.io.net.sockets import Wanted, bind_all

ADDRESSES = [
    ("127.0.0.1", "127.0.0.1"),
    ("0.0.0.0", "127.0.0.1"),
    ("0.0.0.0", "127.0.0.2"),
    ("::1", "::1"),
    ("::", "::1"),
]
"""Socket type, and request of a client."""


def listeners(farm, service="echo"):
    return {one.source.listener: one for one in farm.farm.hosts["default"].listeners if one.service.name == service}


@pytest.fixture(
    params=[
        pytest.param(one, id=f"{one[0]} {one[1]}", marks=pytest.mark.loopback_network if "127.0.0.2" in one else ())
        for one in ADDRESSES
    ]
)
def farm_at(request, start_farm):
    """Return a farm with Echo on one address, and that address."""
    bound, asked = request.param
    return start_farm("echo", "daytime", hosts=[bound], control={"open": True}), asked


def refused(kind, address):
    """Return True if the kernel refuses the connection or the datagram."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, kind) as client:
        client.settimeout(5)
        try:
            client.connect(address)
            client.send(b"x")
            client.recv(1)
        except ConnectionRefusedError:
            return True
        return False


def test_a_listener_that_is_down_refuses_and_comes_back_on_its_port(farm_at):
    farm, host = farm_at
    ready = farm.farm.describe("default")
    tcp, udp = listeners(farm)["tcp"], listeners(farm)["udp"]
    address = (host, farm.port("echo"))
    for _ in range(3):
        farm.call(tcp.take_down)
        farm.call(udp.take_down)
        assert refused(socket.SOCK_STREAM, address)
        assert refused(socket.SOCK_DGRAM, address)
        assert (tcp.up, udp.up) == (False, False)
        assert farm.farm.describe("default") == ready
        assert not refused(socket.SOCK_STREAM, (host, farm.port("daytime")))
        farm.call(tcp.bring_up)
        farm.call(udp.bring_up)
        assert (tcp.up, udp.up) == (True, True)
        assert farm.exchange("echo", b"back", host=host) == b"back"
        # `udp` also looks at the address that the answer leaves from.
        assert farm.udp("echo", b"back", host=host) == b"back"


def test_connections_go_on_while_their_listener_is_down(farm):
    with farm.connect("echo") as client:
        client.sendall(b"1")
        assert client.recv(1) == b"1"
        farm.call(listeners(farm)["tcp"].take_down)
        client.sendall(b"2")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b"2"


def test_what_waits_when_a_listener_goes_down_is_not_answered_later(farm):
    udp = listeners(farm)["udp"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)

        def knock_and_take_down():
            client.sendto(b"too late", ("127.0.0.1", farm.port("echo")))
            udp.take_down()

        farm.call(knock_and_take_down)
        farm.call(udp.bring_up)
        client.sendto(b"in time", ("127.0.0.1", farm.port("echo")))
        assert client.recv(100) == b"in time"


def test_a_listener_is_up_when_nobody_wants_it_down(farm):
    tcp = listeners(farm)["tcp"]
    farm.call(tcp.take_down)
    farm.call(tcp.take_down, "f1")
    farm.call(tcp.take_down, "f1")
    farm.call(tcp.bring_up)
    assert refused(socket.SOCK_STREAM, ("127.0.0.1", farm.port("echo")))
    farm.call(tcp.bring_up, "f1")
    farm.call(tcp.bring_up, "f1")
    assert tcp.up
    assert farm.exchange("echo", b"x") == b"x"


def test_a_farm_closes_with_a_listener_down(farm):
    farm.call(listeners(farm)["tcp"].take_down)
    farm.call(listeners(farm)["udp"].take_down)
    farm.stop()
    assert farm.farm.hosts == {}


@pytest.mark.parametrize("reuse", [0, 1])
@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_nobody_can_take_the_port_meanwhile(kind, reuse):
    wanted = Wanted(service="echo", listener=kind, transport=kind, port=0)
    (bound,), _ = bind_all([wanted], ["127.0.0.1"])
    down.take_down(bound.sockets[0])
    with socket.socket(socket.AF_INET, bound.sockets[0].type) as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        with pytest.raises(OSError, match=r"in use") as caught:
            thief.bind(bound.names[0])
            if kind == "tcp":
                thief.listen()
        assert caught.value.errno == errno.EADDRINUSE
    bound.close()


@pytest.mark.parametrize("port", ["chosen by the kernel", "named"])
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_sockets_from_elsewhere_keep_their_port_too(kind, port):
    """As systemd passes them: bound by another process, without the farm's options."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    with socket.socket(socket.AF_INET, kind) as passed:
        passed.bind(("127.0.0.1", number if port == "named" else 0))
        if kind == socket.SOCK_STREAM:
            passed.listen()
        passed.setblocking(False)
        address = passed.getsockname()
        for _ in range(2):
            down.take_down(passed)
            assert refused(kind, address)
            down.bring_up(passed, address)
            assert passed.getsockname() == address


def test_processes_that_share_a_port_do_so_again(start_farm):
    wanted = Wanted(service="echo", listener="tcp", transport="tcp", port=0)
    (first,), _ = bind_all([wanted], ["127.0.0.1"], reuse_port=True)
    again = Wanted(service="echo", listener="tcp", transport="tcp", port=first.port)
    (second,), _ = bind_all([again], ["127.0.0.1"], reuse_port=True)
    down.take_down(first.sockets[0])
    # The other process gets the clients now.
    for _ in range(20):
        socket.create_connection(first.names[0]).close()
    down.bring_up(first.sockets[0], first.names[0])
    assert first.port == second.port
    first.close()
    second.close()
