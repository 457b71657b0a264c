"""The two replies of a transfer are two segments: clients that take one reply from one read get both."""

import ftplib
import socket
import struct

import pytest

DATA_SEGMENTS_IN = 152
"""Offset of `tcpi_data_segs_in` in Linux's `struct tcp_info`."""


@pytest.fixture
def client(start_farm):
    farm = start_farm("ftp", ftp={"passive_ports": "0"})
    farm.call(lambda: setattr(farm.world.faults, "by_client", True))
    client = ftplib.FTP()
    client.connect("127.0.0.1", farm.port("ftp"), timeout=10)
    client.login("alice", "alice-pass")
    client.voidcmd("TYPE I")
    yield client
    client.close()


def segments(client):
    """Return the number of segments with data that the control connection has received."""
    info = client.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=I", info, DATA_SEGMENTS_IN)[0]


def transfer(client, command):
    """Run a command whose data connection is open before it; return its replies and in how many segments they came."""
    with socket.create_connection(client.makepasv(), timeout=10) as data:
        before = segments(client)
        client.putcmd(command)
        if command[:4] in {"STOR", "APPE"}:
            data.sendall(b"new")
            data.close()
        replies = [client.getresp()[:3], client.getresp()[:3]]
    return replies, segments(client) - before


@pytest.mark.linux  # whose kernel counts segments
@pytest.mark.parametrize(
    "command", ["LIST", "NLST", "MLSD", "RETR note.txt", "RETR /pub/chanty.txt", "STOR new.txt", "APPE new.txt"]
)
def test_the_first_reply_leaves_before_the_data_and_the_last_one_after_them(client, command):
    for _ in range(5):
        replies, number = transfer(client, command)
        assert replies == ["150", "226"]
        assert number >= 2  # more if one is retransmitted


@pytest.mark.linux
@pytest.mark.parametrize("command", ["LIST", "RETR note.txt"])
def test_the_fault_coalesce_sends_both_replies_in_one_segment(client, command):
    client.voidcmd("PASV")
    assert client.sendcmd("SITE FAULT coalesce").startswith("200")
    with socket.create_connection(client.makepasv(), timeout=10):
        client.sendcmd("SITE FAULT coalesce")
        before = segments(client)
        client.putcmd(command)
        assert [client.getresp()[:3], client.getresp()[:3]] == ["150", "226"]
        assert segments(client) - before == 1
