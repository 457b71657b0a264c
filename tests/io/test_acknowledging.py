"""A part of a message is acknowledged at once: a client with Nagle's algorithm sends the rest only then."""

import socket
import struct

import pytest

pytestmark = pytest.mark.linux  # which has TCP_QUICKACK
UNACKNOWLEDGED = 24
"""Offset of `tcpi_unacked` in TCP_INFO."""


def unacknowledged(client):
    """Return the number of segments that the server has not acknowledged."""
    info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("I", info, UNACKNOWLEDGED)[0]


def dialogue(client, *lines):
    """Send lines, each after the reply to the one before: the kernel expects answers from now on."""
    for line in lines:
        client.sendall(line + b"\r\n")
        client.recv(4096)


def send_part(farm, client, part):
    """Send a part of a message, and wait until the server has read it."""

    def received():
        listeners = farm.farm.hosts["default"].listeners
        streams = [stream for one in listeners for stream in getattr(one, "streams", {}).values()]
        return sum(stream.connection.received for stream in streams)

    size = farm.call(received) + len(part)
    client.sendall(part)
    while farm.call(received) != size:
        pass


def test_the_content_of_a_message(farm):
    with farm.connect("smtp") as client:
        client.recv(4096)
        dialogue(client, b"EHLO client.test", b"MAIL FROM:<>", b"RCPT TO:<alice@homeport.test>", b"DATA")
        send_part(farm, client, b"Subject: hello\r\n")
        assert unacknowledged(client) == 0


def test_the_beginning_of_a_command(farm):
    with farm.connect("smtp") as client:
        client.recv(4096)
        dialogue(client, b"EHLO client.test", b"NOOP", b"NOOP", b"NOOP")
        send_part(farm, client, b"MAIL FROM")
        assert unacknowledged(client) == 0
