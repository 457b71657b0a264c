"""A control connection that is closed during a transfer ends it, as ABOR does (RFC 959 4.1.1)."""

import ftplib
import socket

import pytest
from tls_clients import events


@pytest.fixture
def farm(start_farm):
    return start_farm("ftp", "users", ftp={"passive_ports": "0"})


@pytest.fixture
def log_in(farm):
    clients = []

    def log_in():
        client = ftplib.FTP()
        clients.append(client)
        client.connect("127.0.0.1", farm.port("ftp"), timeout=10)
        client.login("alice", "alice-pass")
        client.voidcmd("TYPE I")
        return client

    yield log_in
    for client in clients:
        client.close()


def content(farm, name):
    """Return the content of a file of alice."""

    def read():
        source = farm.world.files.open(("home", "alice", name))
        try:
            return source.read(1000)
        finally:
            source.close()

    return farm.call(read)


@pytest.mark.parametrize("first", ["control", "data"])
@pytest.mark.parametrize("command", ["STOR note.txt", "APPE note.txt"])
def test_a_client_that_is_killed_during_an_upload_leaves_the_old_file(farm, log_in, first, command):
    client, old = log_in(), content(farm, "note.txt")
    data = client.transfercmd(command)
    data.sendall(b"half")
    while farm.call(moved, farm) != 4:
        pass

    def kill():  # within one turn of the reactor, as the kernel closes the descriptors of a process
        for connection in (client, data) if first == "control" else (data, client):
            connection.close()

    farm.call(kill)
    (stored,) = events(farm, "file")
    assert (stored["complete"], stored["what"]) == (
        False,
        command[:4].lower().replace("stor", "store").replace("appe", "append"),
    )
    assert content(farm, "note.txt") == old
    assert events(farm, "closed")
    assert not farm.call(lambda: [one for one in farm.world.presence.of("alice") if one.terminal == "ftp"])


def moved(farm):
    """Return the number of bytes that the transfer in progress has moved."""
    for stream in farm.farm.hosts["default"].streams[0].streams.values():
        if stream.requests is not None and stream.requests.data is not None and stream.requests.data.transfer:
            return stream.requests.data.transfer.progress.octets
    return -1


def test_a_client_that_goes_while_its_data_connection_is_awaited_is_logged_out_at_once(farm, log_in):
    client = log_in()
    client.makepasv()
    client.putcmd("RETR note.txt")
    assert client.getresp().startswith("150")
    client.close()
    assert events(farm, "closed")
    assert not farm.call(lambda: [one for one in farm.world.presence.of("alice") if one.terminal == "ftp"])


def test_a_client_that_sends_quit_and_half_closes_keeps_its_upload(farm, log_in):
    client = log_in()
    data = client.transfercmd("STOR new.txt")
    client.putcmd("QUIT")
    client.sock.shutdown(socket.SHUT_WR)
    data.sendall(b"whole")
    data.close()
    assert [client.getresp()[:3], client.getresp()[:3]] == ["226", "221"]
    assert content(farm, "new.txt") == b"whole"


def test_a_client_that_half_closes_during_a_download_gets_the_file(farm, log_in):
    client = log_in()
    data = client.transfercmd("RETR note.txt")
    client.sock.shutdown(socket.SHUT_WR)
    with data:
        assert data.recv(1000)
    assert client.getresp().startswith("226")
