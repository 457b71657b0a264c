"""The end of a data connection: what the peer received or sent decides, not how it closes."""

import ftplib
import io
import socket
import ssl
import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from OpenSSL import SSL
from tls_clients import NAME, trusting

from homeport.io.data import pumps

RST = struct.pack("ii", 1, 0)
ALERT, APPLICATION_DATA = 21, 23
USER_CANCELED, CLOSE_NOTIFY = b"\x01\x5a", b"\x01\x00"
"""Alerts of level warning (RFC 8446 6)."""


@pytest.fixture
def farm(start_farm):
    return start_farm("ftp", ftp={"passive_ports": "0"})


@pytest.fixture
def client(farm):
    """A session of alice under TLS, with protected data connections."""
    client = ftplib.FTP_TLS(context=trusting(farm))
    client.connect("127.0.0.1", farm.port("ftp"), timeout=10)
    client.host = NAME
    client.login("alice", "alice-pass")
    client.prot_p()
    client.voidcmd("TYPE I")
    yield client
    client.close()


def download(client, command, size, *, reset):
    """Fetch `size` bytes, and close at once without waiting for the end: without close_notify, or even with a reset."""
    data = client.transfercmd(command)
    got = b""
    while len(got) < size:
        piece = data.recv(size - len(got))
        assert piece
        got += piece
    plain = data.detach()
    with socket.socket(fileno=plain) as connection:
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    return client.voidresp()


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
@pytest.mark.parametrize("size", [1, 4096, 100_000])
def test_a_download_is_complete_when_the_client_has_received_it_and_closes_first(client, farm, size, reset):
    client.storbinary("STOR file", io.BytesIO(bytes(size)))
    for _ in range(10):
        assert download(client, "RETR file", size, reset=reset).startswith("226")


def test_a_download_is_incomplete_when_the_client_closes_in_the_middle(client):
    client.storbinary("STOR file", io.BytesIO(bytes(50_000_000)))
    with pytest.raises(ftplib.error_temp, match="426"):
        download(client, "RETR file", 1000, reset=True)


def test_an_upload_whose_end_arrives_with_its_last_data_ends_at_the_limit_of_a_turn_too(client, farm, monkeypatch):
    monkeypatch.setattr(pumps, "MAX_TURN_BYTES", 1000)
    data = client.transfercmd("STOR file")

    def send_at_once():  # on the reactor's thread, so that one read brings both
        data.sendall(bytes(2000))
        data.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):
            data.unwrap()

    farm.call(send_at_once)
    data.settimeout(10)
    data.unwrap().close()  # the client waits for our close_notify, and does not close before
    assert client.voidresp().startswith("226")


class ByHand:
    """A TLS 1.3 client whose last records are made here, as no library sends them on request."""

    def __init__(self, farm, connection):
        self.connection = connection
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_tls13_ciphersuites(b"TLS_AES_128_GCM_SHA256")
        context.set_keylog_callback(self.note)
        self.secret = b""
        self.sent = 0
        self.engine = SSL.Connection(context, None)
        self.engine.set_connect_state()
        while True:
            try:
                self.engine.do_handshake()
                break
            except SSL.WantReadError:
                self.flush()
                self.engine.bio_write(connection.recv(65_536))
        self.flush()

    def note(self, _connection, line):
        label, _, secret = line.split()
        if label == b"CLIENT_TRAFFIC_SECRET_0":
            self.secret = bytes.fromhex(secret.decode())

    def flush(self):
        while True:
            try:
                self.connection.sendall(self.engine.bio_read(65_536))
            except SSL.WantReadError:
                return

    def expand(self, label, length):
        """RFC 8446 7.1: HKDF-Expand-Label with an empty context."""
        name = b"tls13 " + label
        info = struct.pack(">HB", length, len(name)) + name + b"\0"
        return HKDFExpand(SHA256(), length, info).derive(self.secret)

    def send(self, kind, content):
        """Send one record (RFC 8446 5.2)."""
        key, iv = self.expand(b"key", 16), int.from_bytes(self.expand(b"iv", 12), "big")
        inner = content + bytes((kind,))
        header = struct.pack(">BHH", APPLICATION_DATA, 0x0303, len(inner) + 16)
        self.connection.sendall(header + AESGCM(key).encrypt((iv ^ self.sent).to_bytes(12, "big"), inner, header))
        self.sent += 1


@pytest.mark.parametrize(
    ("alerts", "finding"),
    [((CLOSE_NOTIFY,), []), ((USER_CANCELED, CLOSE_NOTIFY), []), ((USER_CANCELED,), ["no-close-notify"])],
    ids=["close_notify", "user_canceled and close_notify", "user_canceled"],
)
def test_an_upload_has_ended_in_order_if_its_close_notify_was_received(client, farm, alerts, finding):
    client.voidcmd("TYPE I")
    host, port = client.makepasv()
    with socket.create_connection((host, port), timeout=10) as connection:
        client.putcmd("STOR by-hand")
        tls = ByHand(farm, connection)
        tls.send(APPLICATION_DATA, b"whole")
        for alert in alerts:
            tls.send(ALERT, alert)
    assert client.getresp().startswith("150")
    assert client.voidresp().startswith("226")
    reported = [event["id"].removeprefix("ftp.") for event in farm.events("finding")]
    assert reported == finding


def test_a_broken_tls_record_is_no_end_of_a_file(client, farm):
    host, port = client.makepasv()
    with socket.create_connection((host, port), timeout=10) as connection:
        client.putcmd("STOR by-hand")
        tls = ByHand(farm, connection)
        tls.send(APPLICATION_DATA, b"half")
        connection.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        assert client.getresp().startswith("150")
        with pytest.raises(ftplib.error_temp, match="426"):
            client.voidresp()
    with pytest.raises(ftplib.error_perm):
        client.size("by-hand")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_an_upload_that_the_client_shuts_down_in_order_needs_no_answer(farm, client, version):
    context = trusting(farm, maximum_version=getattr(ssl.TLSVersion, version))
    host, port = client.makepasv()
    client.putcmd("STOR file")
    with socket.create_connection((host, port), timeout=10) as plain:
        data = context.wrap_socket(plain, server_hostname=NAME, suppress_ragged_eofs=False)
        data.sendall(b"whole")
        data.unwrap().close()
    assert client.getresp().startswith("150")
    assert client.voidresp().startswith("226")
