"""`data_resume`: a data connection resumes a TLS session of its own control connection, and no other."""

import contextlib
import ftplib
import io
import socket
import ssl

import pytest
from tls_clients import NAME, trusting

VERSIONS = ["TLSv1_2", "TLSv1_3"]


class Client(ftplib.FTP_TLS):
    """A client that resumes a session on its data connections: `resumed`; None: it begins a new one."""

    resumed: ssl.SSLSession | None = None
    data_session: ssl.SSLSession | None = None

    def ntransfercmd(self, cmd, rest=None):
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        try:
            secured = self.context.wrap_socket(connection, server_hostname=NAME, session=self.resumed)
        except OSError:
            connection.close()
            raise
        return Closing(secured, self), size


class Closing:
    """A data connection whose session is noted before it is closed."""

    def __init__(self, secured, client):
        self.secured, self.client = secured, client

    def __getattr__(self, name):
        return getattr(self.secured, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.data_session = self.secured.session
        self.secured.close()


@pytest.fixture
def log_in(start_farm):
    """Log in under TLS of a version: `log_in("alice", "TLSv1_3")`. The clients share their TLS context."""
    farm = start_farm("ftp", ftp={"passive_ports": "0", "data_resume": True})
    contexts, clients = {}, []

    def connect(login, version, *, post_handshake=False):
        if version not in contexts:
            contexts[version] = trusting(farm, maximum_version=getattr(ssl.TLSVersion, version))
            contexts[version].post_handshake_auth = post_handshake  # curl allows it
        client = Client(context=contexts[version])
        clients.append(client)
        client.connect("127.0.0.1", farm.port("ftp"), timeout=10)
        client.host = NAME  # which the certificate has
        client.login(login, f"{login}-pass")
        client.prot_p()
        client.voidcmd("TYPE I")
        return client

    yield connect
    for client in clients:
        client.close()


def fetch(client, session):
    """Fetch a file while resuming a session."""
    client.resumed, got = session, io.BytesIO()
    client.retrbinary("RETR note.txt", got.write)
    return got.getvalue()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_control_connections_session_is_resumed_again_and_again(log_in, version):
    alice = log_in("alice", version)
    assert len({fetch(alice, alice.sock.session) for _ in range(3)}) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_of_an_own_data_connection_descends_from_the_control_connection(log_in, version):
    alice = log_in("alice", version)
    fetch(alice, alice.sock.session)
    fetch(alice, alice.data_session)
    fetch(alice, alice.data_session)


def store(client, session):
    """Store a file while resuming a session, and close without reading from the data connection, as curl does."""
    client.resumed = session
    with client.ntransfercmd("STOR stored.txt")[0].secured as data:
        data.sendall(b"x" * 100)
        resumed = data.session_reused
    assert resumed
    client.voidresp()


def test_each_upload_is_followed_by_a_new_ticket_on_the_control_connection(log_in):
    alice, used = log_in("alice", "TLSv1_3", post_handshake=True), []
    for _ in range(4):
        used.append(alice.sock.session)
        store(alice, used[-1])
        assert alice.voidcmd("NOOP").startswith("200")
    assert len({session.id for session in used}) == 4


def test_the_new_tickets_of_another_control_connection_are_refused(log_in):
    alice, bob = log_in("alice", "TLSv1_3", post_handshake=True), log_in("bob", "TLSv1_3", post_handshake=True)
    store(alice, alice.sock.session)
    alice.voidcmd("NOOP")
    refused(bob, alice.sock.session)
    assert fetch(bob, bob.sock.session)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_allows_no_authentication_after_the_handshake_is_not_asked(log_in, version):
    alice = log_in("alice", version)
    first = alice.sock.session.id
    for _ in range(3):
        store(alice, alice.sock.session)
        alice.voidcmd("NOOP")
    assert alice.sock.session.id == first


def refused(client, session):
    """Assert that a download that resumes a session is refused with 522."""
    client.resumed = session
    with contextlib.suppress(OSError, EOFError), client.ntransfercmd("RETR note.txt")[0] as data:
        assert data.recv(100) == b""
    with pytest.raises(ftplib.error_perm, match=r"^522 the data connection must resume"):
        client.voidresp()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_of_another_control_connection_is_refused(log_in, version):
    alice, bob = log_in("alice", version), log_in("bob", version)
    refused(bob, alice.sock.session)
    assert fetch(bob, bob.sock.session)
    refused(alice, bob.data_session)
    again = log_in("alice", version)
    refused(again, alice.sock.session)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_new_session_is_refused(log_in, version):
    refused(log_in("alice", version), None)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_control_connection_that_resumes_another_ones_session_begins_its_own(log_in, version):
    alice = log_in("alice", version)
    raw = socket.create_connection(("127.0.0.1", alice.port), timeout=10)
    with raw.makefile("rb") as replies:
        assert replies.readline().startswith(b"220")
        raw.sendall(b"AUTH TLS\r\n")
        assert replies.readline().startswith(b"234")
    with alice.context.wrap_socket(raw, server_hostname=NAME, session=alice.sock.session) as control:
        assert not control.session_reused
