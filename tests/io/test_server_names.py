"""The server name of a ClientHello (SNI) is a host name, never an address (RFC 6066 3): a finding on every service."""

import socket

import pytest
from OpenSSL import SSL

BEFORE = {
    ("smtp", "tls"): (),
    ("smtp", "starttls"): (b"EHLO client.example\r\n", b"STARTTLS\r\n"),
    ("ftp", "tls"): (),
    ("ftp", "tcp"): (b"AUTH TLS\r\n",),
    ("epp", "tls"): (),
}
BAD = [b"127.0.0.1", b"::1", b"[::1]", b"fe80::1%eth0", b"192.0.2.1.", b"mail.homeport.test.", b"m\xe4il.homeport.test"]


def reply(client):
    """Read one reply of SMTP or FTP, of any number of lines."""
    lines = b""
    while not (lines.endswith(b"\r\n") and lines.splitlines()[-1][3:4] == b" "):
        lines += client.recv(4096)
    return lines


def begin_tls(farm, service, listener, name, version=SSL.TLS1_3_VERSION):
    """Connect, start TLS with a server name, and read the first bytes under TLS if the server speaks first."""
    client = socket.create_connection(("127.0.0.1", farm.port(service, listener)), timeout=10)
    if BEFORE[service, listener]:
        reply(client)
    for command in BEFORE[service, listener]:
        client.sendall(command)
        reply(client)
    client.settimeout(None)
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(version)
    secure = SSL.Connection(context, client)
    if name:
        secure.set_tlsext_host_name(name)
    secure.set_connect_state()
    secure.do_handshake()
    if not BEFORE[service, listener]:
        secure.recv(4096)
    return client, secure


def found(farm):
    """Return how often each finding was reported, without the name of its service."""
    return farm.call(lambda: {str(key).partition(".")[2]: times for key, times in farm.world.findings.counts.items()})


@pytest.mark.parametrize(("service", "listener"), BEFORE)
def test_an_address_as_server_name_is_a_finding_on_every_service_with_tls(start_farm, service, listener):
    farm = start_farm(service)
    client, _secure = begin_tls(farm, service, listener, b"127.0.0.1")
    farm.wait_for(lambda: [event for event in farm.world.journal.events(0) if event["type"] == "finding"])
    client.close()
    assert found(farm)["bad-server-name"] == 1


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
@pytest.mark.parametrize("name", BAD)
def test_a_server_name_that_is_no_host_name_is_a_finding(start_farm, name, version):
    farm = start_farm("smtp")
    client, _secure = begin_tls(farm, "smtp", "tls", name, version)
    client.close()
    assert found(farm)["bad-server-name"] == 1


@pytest.mark.parametrize(
    "name", [b"", b"mail.homeport.test", b"localhost", b"my_mail", b"xn--bcher-kva.example", b"1.example"]
)
def test_a_host_name_or_none_is_no_finding(start_farm, name):
    farm = start_farm("smtp")
    client, _secure = begin_tls(farm, "smtp", "tls", name)
    client.close()
    assert "bad-server-name" not in found(farm)


def test_the_finding_is_reported_although_the_client_refuses_the_certificate(start_farm):
    farm = start_farm("smtp")
    client = socket.create_connection(("127.0.0.1", farm.port("smtp", "tls")), timeout=10)
    client.settimeout(None)
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_PEER, lambda *_: False)
    secure = SSL.Connection(context, client)
    secure.set_tlsext_host_name(b"127.0.0.1")
    secure.set_connect_state()
    with pytest.raises(SSL.Error):
        secure.do_handshake()
    client.close()
    farm.wait_for(lambda: [event for event in farm.world.journal.events(0) if event["type"] == "closed"])
    assert found(farm)["bad-server-name"] == 1
