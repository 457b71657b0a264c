"""TLS that ends while the connection continues in the clear (RFC 4217 5), for all ways in which clients end it."""

import contextlib
import socket
import struct
import time

import pytest
from conftest import read_all
from OpenSSL import SSL
from tls_clients import NAME, OctetByOctet, ask, closed, line, raw, trusting

from homeport.protocol.faults import Do, Latency, Plain, Plan

BIG = bytes(range(256)) * 40_000
VERSIONS = [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION]


@pytest.fixture
def farm(obedient):
    """Return a farm with the obedient service, which has the order `stoptls`."""
    return obedient()


class Ending(OctetByOctet):
    """A client whose bytes are known before they are sent."""

    def __init__(self, farm, version=SSL.TLS1_3_VERSION):
        super().__init__(farm, version, version)
        self.until(self.tls.do_handshake)
        assert self.until(lambda: self.tls.recv(100)) == b"hello\r\n"

    def under_tls(self, *orders):
        """Return the TLS records of orders."""
        for order in orders:
            self.tls.send(order + b"\r\n")
        return self.taken()

    def taken(self):
        """Return the output of OpenSSL."""
        with contextlib.suppress(SSL.WantReadError):
            return self.tls.bio_read(1 << 16)
        return b""

    def close_notify(self):
        """Return the records of a close_notify."""
        self.tls.shutdown()
        return self.taken()

    def hear_the_end(self):
        """Read up to the server's close_notify; return the data before it, and the cleartext after it."""
        said = b""
        while True:
            try:
                said += self.tls.recv(1000)
            except SSL.WantReadError:
                self.tls.bio_write(self.socket.recv(1))  # no byte of what is in the clear
            except SSL.ZeroReturnError:
                return said


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("notifies", [True, False], ids=["close_notify", "no close_notify"])
def test_a_connection_goes_on_in_the_clear(farm, version, notifies):
    client = Ending(farm, version)
    with client.socket as plain:
        plain.sendall(client.under_tls(b"stoptls"))
        assert client.hear_the_end() == b"clear\r\n"
        if notifies:
            plain.sendall(client.close_notify())
        assert ask(plain, b"tls") == b"no tls\r\n"
        assert ask(plain, b"bye") == b"bye\r\n"
    assert closed(farm) == "closed"


def test_pythons_ssl_unwraps_it(farm):
    with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=NAME) as secured:
        line(secured)
        assert ask(secured, b"stoptls") == b"clear\r\n"
        with secured.unwrap() as again:
            assert ask(again, b"bye") == b"bye\r\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_comes_at_once_is_reported_apart_wherever_it_is_cut(farm, version):
    def talk(cut):
        client = Ending(farm, version)
        with client.socket as plain:
            octets = client.under_tls(b"stoptls", b"frob") + client.close_notify() + b"tls\r\nbye\r\n"
            at = cut(len(octets))
            for piece in (octets[:at], octets[at:]):
                plain.sendall(piece)
                time.sleep(0.002)  # mostly enough for the server to have read it; it must not matter
            assert client.hear_the_end() == b"clear\r\n"
            assert read_all(plain) == b"late\r\nno tls\r\nbye\r\n"
        return len(octets)

    for at in range(talk(lambda size: size)):
        talk(lambda _size, at=at: at)


def test_bytes_may_come_one_by_one(farm):
    client = Ending(farm)
    with client.socket as plain:
        for octet in client.under_tls(b"stoptls") + client.close_notify() + b"tls\r\nbye\r\n":
            plain.sendall(bytes([octet]))
        assert client.hear_the_end() == b"clear\r\n"
        assert read_all(plain) == b"no tls\r\nbye\r\n"


def test_what_waits_for_the_network_leaves_under_tls(farm):
    with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=NAME) as secured:
        line(secured)
        secured.sendall(b"bigstop\r\n")
        time.sleep(0.2)  # meanwhile the network is full
        got = b""
        while len(got) < len(BIG):
            got += secured.recv(len(BIG) - len(got))
        assert got == BIG
        with secured.unwrap() as again:
            assert ask(again, b"bye") == b"bye\r\n"


def test_tls_may_begin_again(farm):
    context = trusting(farm)
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as first:
        line(first)
        ask(first, b"stoptls")
        again = first.unwrap()
        assert ask(again, b"starttls") == b"ready\r\n"
        with context.wrap_socket(again, server_hostname=NAME) as secured:
            assert line(secured) == b"secure\r\n"
            assert ask(secured, b"tls").startswith(b"('TLSv1.3'")
            assert ask(secured, b"bye") == b"bye\r\n"
    assert len(farm.events("tls")) == 2


def test_tls_may_begin_again_at_once(farm):
    context = trusting(farm)
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as first:
        line(first)
        assert ask(first, b"restarttls") == b"clear\r\n"
        with context.wrap_socket(first.unwrap(), server_hostname=NAME) as secured:
            assert line(secured) == b"secure\r\n"
            assert ask(secured, b"bye") == b"bye\r\n"


def test_a_client_that_leaves_instead_is_not_truncated(farm):
    client = Ending(farm)
    with client.socket as plain:
        plain.sendall(client.under_tls(b"stoptls"))
        assert client.hear_the_end() == b"clear\r\n"
    assert closed(farm) == "closed"
    assert farm.events("truncated") == []


def test_the_order_means_nothing_in_the_clear(farm):
    with raw(farm, "tcp") as plain:
        line(plain)
        assert ask(plain, b"stoptls") == b"clear\r\n"
        assert ask(plain, b"bye") == b"bye\r\n"


def test_ends_of_tls_keep_their_place_under_faults(farm):
    farm.call(farm.world.faults.add, Plan(service="obedient", do=Do(latency=Latency(ms=20)), times=0))
    with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=NAME) as secured:
        line(secured)
        assert ask(secured, b"stoptls") == b"clear\r\n"
        with secured.unwrap() as again:
            assert ask(again, b"tls") == b"no tls\r\n"


def test_a_client_under_tls_that_hangs_and_is_gone_is_noticed(farm):
    farm.call(farm.world.faults.add, Plan(service="obedient", do=Do(hang=Plain()), times=0))
    with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=NAME) as secured:
        secured.shutdown(socket.SHUT_WR)
        secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert closed(farm) == "broken"
