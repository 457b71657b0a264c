"""Discard (RFC 863)."""

import socket

import pytest

ADDRESSES = ["127.0.0.1", "::1"]


def test_not_an_byte_comes_back(talk):
    outcome = talk("discard", b"anything at all\r\n")
    assert outcome.sent == b""
    assert not outcome.closed
    assert outcome.findings == []


def test_it_closes_when_the_client_does(talk):
    assert talk("discard", b"x", eof=True).closed


@pytest.mark.parametrize("host", ADDRESSES)
def test_a_mebibyte_is_thrown_away_and_the_close_is_answered(farm, host):
    with farm.connect("discard", host) as client:
        client.sendall(bytes(1 << 20))
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    counters = farm.world.counters[("discard", "tcp")]
    assert farm.call(lambda: (counters.received, counters.sent)) == (1 << 20, 0)


@pytest.mark.parametrize("host", ADDRESSES)
def test_a_datagram_gets_no_answer_and_none_is_missed_by_the_next_service(farm, host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.bind((host, 0))
        client.sendto(b"void", (host, farm.port("discard", "udp")))
        farm.wait_for(lambda: farm.world.counters[("discard", "udp")].datagrams_in)
        # Had there been an answer, it would come before this one.
        client.sendto(b"here", (host, farm.port("echo", "udp")))
        assert client.recv(100) == b"here"
    assert farm.call(lambda: farm.world.counters[("discard", "udp")].datagrams_out) == 0


def test_no_datagram_is_answered_or_found_fault_with(ask):
    assert ask("discard", b"") == ([], [])
    assert ask("discard", bytes(65507)) == ([], [])
