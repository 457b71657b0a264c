"""Urgent data both ways with real sockets: the Synch of Telnet (RFC 854; RFC 1123 3.2.4)."""

import select
import socket

import pytest

from homeport.io.platform import is_at_mark


def read_until(client, end):
    """Read up to some bytes."""
    got = b""
    while end not in got:
        got += client.recv(4096)
    return got


@pytest.fixture
def client(start_farm):
    farm = start_farm("telnet")
    with farm.connect("telnet") as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        read_until(client, b"login: ")
        client.sendall(b"\xff\xfd\x01\xff\xfd\x03alice\r\n")
        read_until(client, b"Password: ")
        client.sendall(b"alice-pass\r\n")
        read_until(client, b"$ ")
        yield client


def test_text_before_an_urgent_dm_is_discarded_and_ayt_is_obeyed(client):
    client.sendall(b"junkjunk\r\n\xff\xf6\xff")
    client.send(b"\xf2", socket.MSG_OOB)
    client.sendall(b"echo it is fine\r\n")
    seen = read_until(client, b"it is fine\r\n")
    assert b"[Yes]" in seen
    # What was read before the notification of urgent data is text (RFC 854), so junk may have been a line before it.
    assert seen.count(b"[Yes]") == 1


def test_ao_is_answered_by_dm_as_urgent_data(client):
    client.sendall(b"\xff\xf5")
    watch = select.poll()
    watch.register(client, select.POLLPRI)
    assert watch.poll(10_000)
    got = b""
    while not is_at_mark(client):
        got += client.recv(1)
    assert got.endswith(b"\xff")
    assert client.recv(1) == b"\xf2"


def test_output_is_aborted_though_the_client_does_not_read(client):
    client.sendall(b"stress 100000\r\n")
    read_until(client, b"\r\n" * 1)
    client.sendall(b"\xff\xf4\xff")
    client.send(b"\xf2", socket.MSG_OOB)
    client.sendall(b"echo the end of it\r\n")
    seen = read_until(client, b"the end of it\r\n")
    assert len(seen) < 8 << 20
