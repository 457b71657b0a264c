"""FTP over sockets, by Python's ftplib: active, passive, over IPv6, under TLS."""

import ftplib
import io
import socket
import struct
from contextlib import contextmanager

import pytest
from tls_clients import trusting

CONTENT = bytes(range(256)) * 1000


@contextmanager
def session(farm, host="127.0.0.1", *, login="alice", tls=False):
    """Log in as a person by ftplib."""
    client = ftplib.FTP_TLS(context=trusting(farm)) if tls else ftplib.FTP()
    client.connect(host, farm.port("ftp"), timeout=10)
    try:
        client.login(login, f"{login}-pass")
        if tls:
            client.prot_p()
        yield client
        assert client.quit().startswith("221")
    finally:
        client.close()


@pytest.fixture
def farm(start_farm):
    """Start a farm with FTP and free passive ports."""
    return start_farm("ftp", "users", ftp={"passive_ports": "0"})


def exercise(client):
    """Run the common operations of a client."""
    assert client.pwd() == "/home/alice"
    assert client.nlst() == ["note.txt"]
    client.storbinary("STOR x.bin", io.BytesIO(CONTENT))
    got = io.BytesIO()
    client.retrbinary("RETR x.bin", got.write)
    assert got.getvalue() == CONTENT
    got = io.BytesIO()
    client.retrbinary("RETR x.bin", got.write, rest=1000)
    assert got.getvalue() == CONTENT[1000:]
    assert client.size("x.bin") == len(CONTENT)
    client.storlines("STOR t.txt", io.BytesIO(b"one\ntwo\n"))
    lines = []
    client.retrlines("RETR t.txt", lines.append)
    assert lines == ["one", "two"]
    assert {name for name, _facts in client.mlsd()} == {".", "..", "note.txt", "t.txt", "x.bin"}
    client.rename("t.txt", "u.txt")
    client.delete("u.txt")
    client.delete("x.bin")
    assert client.cwd(client.mkd("d")).startswith("250")
    client.cwd("..")
    client.rmd("d")
    with pytest.raises(ftplib.error_perm, match="550 nope"):
        client.retrbinary("RETR nope", got.write)


@pytest.mark.requirement("FTP-4.1.2.6-1", "FTP-4.1.2.1-1")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
def test_ftplib_works(farm, host, passive):
    with session(farm, host) as client:
        client.set_pasv(passive)
        exercise(client)
    assert farm.world.findings.counts.keys() <= {"ftp.clear-password", "ftp.type-missing", "ftp.rest-abandoned"}


def test_ftplib_works_under_tls(farm):
    with session(farm, tls=True) as client:
        exercise(client)


def test_a_logged_in_user_is_an_active_user(farm):
    assert b"carol" not in farm.exchange("users")
    with session(farm, login="carol"):
        assert b"carol" in farm.exchange("users")
    farm.wait_for(lambda: not farm.world.presence.of("carol"))


@pytest.mark.requirement("FTP-4.1.2.6-2", "FTP-RFC944-3")
def test_a_passive_port_serves_exactly_one_transfer(farm):
    with session(farm) as client:
        for _ in range(3):
            _host, port = client.makepasv()
            with socket.create_connection(("127.0.0.1", port), timeout=10) as data:
                assert client.sendcmd("RETR note.txt").startswith("150")
                assert data.makefile("rb").read().startswith(b"Alice's berth")
                assert client.getresp().startswith("226")
            with socket.socket() as late, pytest.raises((ConnectionRefusedError, ConnectionResetError)):
                late.settimeout(10)
                late.connect(("127.0.0.1", port))
                late.recv(1)


@pytest.mark.requirement("FTP-4.1.2.6-2")
@pytest.mark.parametrize("command", ["PASV", "EPSV"])
def test_each_passive_command_gets_another_port_and_only_the_newest_is_served(farm, command):
    def ask(client):
        answer = client.sendcmd(command)
        return ftplib.parse227(answer)[1] if command == "PASV" else ftplib.parse229(answer, ("127.0.0.1", 0))[1]

    with session(farm) as client:
        old, new = ask(client), ask(client)
        assert old != new
        # The reset can come while the client still connects.
        with pytest.raises(ConnectionResetError), socket.create_connection(("127.0.0.1", old), timeout=10) as late:
            late.recv(1)
        with socket.create_connection(("127.0.0.1", new), timeout=10) as data:
            assert client.sendcmd("RETR note.txt").startswith("150")
            assert data.makefile("rb").read().startswith(b"Alice's berth")
            assert client.getresp().startswith("226")
        assert ask(client) != new


def test_an_exceeded_quota_is_452(start_farm):
    farm = start_farm("ftp", ftp={"passive_ports": "0", "quota": 100_000})
    with session(farm) as client:
        with pytest.raises((ftplib.error_temp, OSError)) as refused:
            client.storbinary("STOR x.bin", io.BytesIO(CONTENT))
        if not isinstance(refused.value, ftplib.error_temp):
            with pytest.raises(ftplib.error_temp, match="452"):
                client.getresp()
        assert client.nlst() == ["note.txt"]


def test_ftplib_ends_tls_and_begins_it_again(farm):
    with session(farm, tls=True) as client:
        assert client.ccc().startswith("200")
        client.sock = socket.socket(fileno=client.sock.detach())
        client.sock.settimeout(10)
        client.file = client.sock.makefile("r", encoding="utf-8")
        assert client.pwd() == "/home/alice"
        got = io.BytesIO()
        client.retrbinary("RETR note.txt", got.write)  # still under PROT P
        assert got.getvalue().startswith(b"Alice's berth")
        client.auth()
        client.login("bob", "bob-pass")
        assert client.pwd() == "/home/bob"
    assert len(farm.events("tls")) == 3


def test_rein_under_tls_leaves_a_connection_in_the_clear(farm):
    with session(farm, tls=True) as client:
        assert client.sendcmd("REIN").startswith("220")
        client.sock = client.sock.unwrap()
        client.file = client.sock.makefile(mode="r", encoding="utf-8")
        assert client.sendcmd("USER alice").startswith("331")
        assert client.sendcmd("PASS alice-pass").startswith("230")
        with pytest.raises(ftplib.error_perm, match="503"):
            client.sendcmd("PROT P")


@pytest.mark.requirement("FTP-4.1.3.4-1", "FTP-4.1.3.4-2")
def test_restart_markers_are_acknowledged_during_a_store_and_kept_when_it_breaks(start_farm, tmp_path):
    farm = start_farm("ftp", data=str(tmp_path), ftp={"passive_ports": "0"})
    with session(farm) as client:
        client.voidcmd("TYPE I")
        client.voidcmd("MODE B")
        with client.transfercmd("STOR x") as data:
            data.sendall(b"\0\0\2ab\x10\0\1m")
            assert client.getline() == "110 MARK m = 2"
            data.sendall(b"\0\0\1c\x10\0\1n")
            assert client.getline() == "110 MARK n = 3"
            data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with pytest.raises(ftplib.error_temp, match=r"426 .*the data received are kept"):
            client.getresp()
        client.voidcmd("MODE S")
        client.storbinary("STOR x", io.BytesIO(b"def"), rest=3)
        got = io.BytesIO()
        client.retrbinary("RETR x", got.write)
        assert got.getvalue() == b"abcdef"
