"""Listeners behind a proxy: the header is removed, and the session gets the address in it."""

import socket
import struct

import pytest

from homeport.io.net import behind_proxy as proxied
from homeport.protocol.proxy_protocol import V2_SIGNATURE

V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 25\r\n"
V2 = V2_SIGNATURE + struct.pack(
    "!BBH4s4sHH", 0x21, 0x11, 12, bytes([192, 0, 2, 7]), bytes([198, 51, 100, 1]), 40000, 25
)
LOCAL = V2_SIGNATURE + struct.pack("!BBH", 0x20, 0, 0)


@pytest.fixture
def behind(obedient):
    """Return a farm whose only service is behind a proxy."""
    return obedient(obedient={"proxy_protocol": True})


def closed(farm):
    """Wait for the journal's only `closed` event."""
    return farm.wait_for(lambda: [one for one in farm.world.journal.events() if one["type"] == "closed"])[0]


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
@pytest.mark.parametrize("cut", [None, 1, 13])
def test_the_journal_and_the_session_know_who_is_after_the_proxy(behind, header, cut):
    with behind.connect("obedient") as client, client.makefile("rb") as reader:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (header[:cut], header[cut:] if cut else b"", b"bye\r\n"):
            client.sendall(piece)
        assert reader.readline() == b"hello\r\n"
        assert reader.readline() == b"bye\r\n"
        (stream,) = behind.call(lambda: list(behind.farm.hosts["default"].streams[0].streams.values()))
        context = stream.session.context
        assert (context.peer, context.local) == (("192.0.2.7", 40000), ("198.51.100.1", 25))
    opened = behind.events("opened")
    assert [one["peer"] for one in opened] == ["192.0.2.7:40000"]
    assert closed(behind)["received"] == len(b"bye\r\n")


def test_a_command_in_the_headers_segment_is_not_lost(behind):
    with behind.connect("obedient") as client, client.makefile("rb") as reader:
        client.sendall(V2 + b"find\r\n")
        assert reader.readline() == b"hello\r\n"
        (finding,) = behind.wait_for(lambda: [one for one in behind.world.journal.events() if one["type"] == "finding"])
        assert finding["peer"] == "192.0.2.7:40000"


@pytest.mark.parametrize("header", [LOCAL, b"PROXY UNKNOWN\r\n"], ids=["v2", "v1"])
def test_a_header_that_names_nobody_leaves_the_connections_own_addresses(behind, header):
    with behind.connect("obedient") as client, client.makefile("rb") as reader:
        client.sendall(header)
        assert reader.readline() == b"hello\r\n"
        host, port = client.getsockname()
        assert behind.events("opened")[0]["peer"] == f"{host}:{port}"


def test_a_client_without_a_proxy_is_refused_and_counted_and_logged(behind, caplog):
    with behind.connect("obedient") as client:
        client.sendall(b"EHLO client.test\r\n")
        assert client.recv(100) == b""
    reason = closed(behind)["reason"]
    assert reason.startswith("refused: no PROXY header: expected PROXY and a space, or the signature of version 2")
    assert reason.endswith("clients that connect without a proxy need proxy_protocol = false")
    assert behind.events("in")[0]["text"].startswith("EHLO client.test")
    counters = behind.call(behind.world.counters_of, "obedient", "tcp")
    assert (counters.connections, counters.refused, counters.active) == (1, 1, 0)
    assert "obedient.tcp: refused 127.0.0.1:" in caplog.text


def test_a_client_that_leaves_before_its_header_is_refused(behind):
    with behind.connect("obedient") as client:
        client.sendall(V1[:9])
    assert "the connection ended before it" in closed(behind)["reason"]


def test_a_header_that_does_not_come_is_not_waited_for(behind, monkeypatch):
    monkeypatch.setattr(proxied, "HEADER_TIMEOUT_S", 0.05)
    with behind.connect("obedient") as client:
        assert client.recv(100) == b""
    assert "it did not come within 0.05 s" in closed(behind)["reason"]


def test_connections_that_wait_for_their_header_are_counted_by_the_limit(obedient):
    farm = obedient(obedient={"proxy_protocol": True}, limits={"connections": 1})
    with farm.connect("obedient") as client, farm.connect("obedient") as other:
        assert other.recv(100) == b""
        client.sendall(V1)
        assert client.recv(100) == b"hello\r\n"
    assert closed(farm)["reason"] == "refused: too many connections"


def test_a_farm_that_stops_leaves_no_connection_that_waits(behind):
    with behind.connect("obedient") as client:
        listener = behind.call(lambda: behind.farm.hosts["default"].streams[0])
        client.sendall(V1[:5])
        behind.call(listener.close)
        assert client.recv(100) == b""
        assert not listener.proxied
