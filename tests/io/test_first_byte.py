"""Clients with and without TLS on one port: the first byte tells which (`Listener.tls_option`)."""

import socket
import ssl

import pytest
from conftest import read_all
from tls_clients import trusting

from homeport.protocol.faults import Do, Limit, Plain, Plan

ROOT = b"iHomeport\t"


@pytest.fixture
def farm(start_farm):
    return start_farm("gopher", gopher={"tls": True}, tls={"handshake": 3600.0})


def secure(farm, client: socket.socket) -> ssl.SSLSocket:
    return trusting(farm).wrap_socket(client, server_hostname="localhost")


def test_a_client_with_tls_and_one_without_are_served_on_the_same_port(farm):
    assert farm.exchange("gopher", b"\r\n").startswith(ROOT)
    with farm.connect("gopher") as client, secure(farm, client) as under_tls:
        under_tls.sendall(b"\r\n")
        assert read_all(under_tls).startswith(ROOT)
    assert farm.events("finding") == []
    assert len(farm.events("tls")) == 1


def test_the_first_byte_may_come_alone(farm):
    with farm.connect("gopher") as client:
        client.sendall(b"/")
        client.sendall(b"\r\n")
        assert read_all(client).startswith(ROOT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = trusting(farm).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with farm.connect("gopher") as client:
        with pytest.raises(ssl.SSLWantReadError):
            engine.do_handshake()
        hello = outgoing.read()
        for at in range(0, len(hello), 100):
            client.sendall(hello[at : at + 100])
        assert client.recv(1) == b"\x16"


def test_an_end_without_a_byte_is_an_end_in_the_clear(farm):
    assert farm.exchange("gopher", b"") == b""
    farm.wait_for(lambda: [one for one in farm.world.journal.events(0) if one["type"] == "closed"])
    assert farm.events("finding") == []


def test_a_client_that_sends_nothing_is_one_in_the_clear_after_the_timeout_of_a_handshake(start_farm):
    farm = start_farm("gopher", gopher={"tls": True}, tls={"handshake": 0.01}, limits={"idle": 0.2})
    with farm.connect("gopher") as client:
        assert read_all(client).startswith(b"3the limit of this connection is reached (idle)")


def test_what_begins_like_tls_and_is_none_fails_as_a_handshake(farm):
    with farm.connect("gopher") as client:
        client.sendall(b"\x16 no hello\r\n")
        client.shutdown(socket.SHUT_WR)
        read_all(client)
    (event,) = farm.events("tls")
    assert "error" in event


def test_a_reset_before_the_first_byte_ends_the_connection(farm):
    client = farm.connect("gopher")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    farm.wait_for(lambda: [one for one in farm.world.journal.events(0) if one["type"] == "closed"])
    assert farm.exchange("gopher", b"\r\n").startswith(ROOT)


def test_the_farm_stops_while_a_client_has_sent_nothing(farm):
    with farm.connect("gopher") as client:
        farm.wait_for(lambda: [one for one in farm.world.journal.events(0) if one["type"] == "opened"])
        farm.stop()
        assert read_all(client) == b""


def test_where_it_is_off_a_hello_is_refused_in_the_clear(start_farm):
    farm = start_farm("gopher")
    with farm.connect("gopher") as client, pytest.raises(ssl.SSLError):
        secure(farm, client)
    assert [one["id"] for one in farm.events("finding")] == ["gopher.unexpected-tls"]


def test_faults_of_tls_and_of_the_network_act_on_both(farm):
    farm.call(farm.world.faults.add, Plan(service="gopher", do=Do(tls="expired"), times=0))
    assert farm.exchange("gopher", b"\r\n").startswith(ROOT)
    with farm.connect("gopher") as client, pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        secure(farm, client)
    farm.call(farm.world.faults.clear)
    farm.call(farm.world.faults.add, Plan(service="gopher", do=Do(reset=Plain())))
    with pytest.raises(ConnectionResetError), farm.connect("gopher") as client:
        client.sendall(b"\r\n")
        read_all(client)


def test_a_limit_acts_on_a_client_in_the_clear_as_elsewhere(farm):
    fields = {"do": Do(limit=Limit(10)), "times": 0}
    farm.call(farm.world.faults.add, Plan(service="gopher", **fields))
    with farm.connect("gopher") as client:
        client.sendall(b"/who\r\n")
        assert len(read_all(client)) == 10
    with farm.connect("gopher") as client, secure(farm, client) as under_tls:
        under_tls.sendall(b"/who\r\n")
        assert len(read_all(under_tls)) == 10
