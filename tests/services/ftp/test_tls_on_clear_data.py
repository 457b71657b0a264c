"""A client that begins TLS on a data connection in the clear: the transfer fails, and says what to send."""

import contextlib
import ftplib
import socket
import ssl

import pytest
from tls_clients import trusting

from homeport.protocol.foreign import CLIENT_HELLO_SIZE, is_client_hello

TEXT = "the client began TLS on a data connection in the clear: send PBSZ 0 and PROT P first"


@pytest.fixture
def farm(start_farm):
    return start_farm("ftp", ftp={"passive_ports": "0"})


def logged_in(farm, *, tls=False):
    client = ftplib.FTP_TLS(context=trusting(farm)) if tls else ftplib.FTP()
    client.connect("127.0.0.1", farm.port("ftp"), timeout=20)
    client.login("alice", "alice-pass")
    client.voidcmd("TYPE I")
    return client


def hello():
    """Return a ClientHello of OpenSSL."""
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="ftp.homeport.test").do_handshake()
    return out.read()


def findings(farm):
    return {event["id"] for event in farm.world.journal.events() if event["type"] == "finding"}


@pytest.mark.parametrize("tls", [False, True], ids=["without TLS", "under PROT C"])
@pytest.mark.parametrize("passive", [True, False], ids=["PASV", "PORT"])
@pytest.mark.parametrize("command", ["RETR note.txt", "LIST", "STOR new", "APPE note.txt", "STOU"])
def test_a_transfer_on_which_the_client_begins_tls_is_522_and_a_finding(farm, command, passive, tls):
    client = logged_in(farm, tls=tls)
    client.set_pasv(passive)
    before = client.size("note.txt")
    data = client.transfercmd(command)
    with pytest.raises((ssl.SSLError, OSError)):
        trusting(farm).wrap_socket(data, server_hostname="ftp.homeport.test")
    with pytest.raises(ftplib.error_perm, match=f"522 {TEXT}"):
        client.voidresp()
    data.close()
    assert client.size("note.txt") == before
    assert client.nlst() == ["note.txt"]
    assert "ftp.tls-on-clear-data" in findings(farm)
    client.close()


FILES = {
    "a ServerHello": b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(118),
    "the first bytes of a ClientHello": hello()[: CLIENT_HELLO_SIZE - 1],
    "one byte": b"\x16",
    "a record too short for its message": b"\x16\x03\x01\x00\x04\x01\x00\x00\x00\x03\x03",
    "a record longer than its message": b"\x16\x03\x01\x01\x00\x01\x00\x00\x20\x03\x03" + bytes(300),
    "text": b"\x16\x03ahoy, and more than eleven bytes",
    "nothing": b"",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("pieces", ["whole", "byte by byte"])
def test_a_file_that_is_no_client_hello_is_stored(farm, name, pieces):
    content, client = FILES[name], logged_in(farm)
    data = client.transfercmd("STOR x")
    data.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in [content] if pieces == "whole" else [content[at : at + 1] for at in range(len(content))]:
        data.sendall(piece)
    data.close()
    assert client.voidresp().startswith("226")
    got = []
    client.retrbinary("RETR x", got.append)
    assert b"".join(got) == content
    assert "ftp.tls-on-clear-data" not in findings(farm)
    client.close()


def test_a_client_hello_is_told_by_its_first_bytes_wherever_they_are_cut():
    real = hello()
    for size in range(len(real)):
        assert is_client_hello(real[:size]) is (None if size < CLIENT_HELLO_SIZE else True)
    for content in FILES.values():
        verdicts = [is_client_hello(content[:size]) for size in range(len(content) + 1)]
        assert True not in verdicts
        decided = [verdict for verdict in verdicts if verdict is not None]
        assert verdicts[len(verdicts) - len(decided) :] == decided
