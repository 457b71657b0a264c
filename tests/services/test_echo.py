"""Echo (RFC 862)."""

import socket
import struct

import pytest


def test_every_byte_comes_back_in_order(talk):
    octets = bytes(range(256)) * 4
    assert talk("echo", octets).sent == octets


def test_half_close_is_answered_with_everything_and_a_close(farm):
    octets = bytes(range(256)) * 1000
    assert farm.exchange("echo", octets) == octets


def test_nothing_closes_before_the_client_does(talk):
    assert not talk("echo", b"x").closed
    assert talk("echo", b"x", eof=True).closed


def test_an_empty_datagram_is_answered_with_an_empty_one(ask):
    assert ask("echo", b"") == ([b""], [])


def test_a_datagram_of_65507_bytes_comes_back_whole(farm):
    octets = bytes(range(251)) * 261
    octets = octets[:65507]
    assert farm.udp("echo", octets) == octets


def test_ipv6_is_served_alike(farm):
    assert farm.exchange("echo", b"six", host="::1") == b"six"
    assert farm.udp("echo", b"six", host="::1") == b"six"


def test_a_client_that_does_not_read_is_not_read_from(farm):
    with farm.connect("echo") as client:
        client.setblocking(False)
        sent = 0
        block = bytes(65536)
        while sent < 64 << 20:
            try:
                sent += client.send(block)
            except BlockingIOError:
                # The farm may still be moving what the kernel holds: full for a whole second means it has stopped.
                client.settimeout(1)
                try:
                    sent += client.send(block)
                except TimeoutError:
                    break
                client.setblocking(False)
        assert sent < 64 << 20
        client.settimeout(10)
        client.shutdown(socket.SHUT_WR)
        received = 0
        while part := client.recv(1 << 20):
            received += len(part)
        assert received == sent


@pytest.mark.parametrize("service", ["echo", "discard"])
def test_a_reset_is_a_finding_and_a_close_is_none(farm, service):
    counters = farm.world.counters_of(service, "tcp")
    with farm.connect(service) as client:
        client.sendall(b"x")
        client.shutdown(socket.SHUT_WR)
        client.makefile("rb").read()  # a close before everything is read would be a reset
    farm.wait_for(lambda: counters.connections == 1 and not counters.active)
    assert farm.world.findings.counts == {}
    with farm.connect(service) as client:
        client.sendall(b"x")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    farm.wait_for(lambda: counters.connections == 2 and not counters.active)
    assert farm.world.findings.counts == {f"{service}.early-close": 1}
