"""Clients that do not trust the certificate are reported, once, and no other client is."""

import contextlib
import socket
import ssl
import struct

import pytest
from conftest import read_all
from OpenSSL import SSL
from tls_clients import NAME, OctetByOctet, ask, closed, line, raw, trusting

from homeport.protocol.faults import Do, Plan

REFUSING = {
    "unknown_ca": 48,
    "bad_certificate": 42,
    "unsupported_certificate": 43,
    "certificate_revoked": 44,
    "certificate_expired": 45,
    "certificate_unknown": 46,
}
RESET = struct.pack("ii", 1, 0)
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture
def farm(obedient):
    return obedient()


def findings(farm):
    """Return identifier, level and text of the findings, once the first connection has ended."""
    closed(farm)
    found = farm.call(lambda: list(farm.world.findings))
    return [(one.id.partition(".")[2], one.level, one.text) for one in found]


def ids(farm):
    return [found[0] for found in findings(farm)]


def plan(farm, fault):
    """Plan a fault for the next handshake."""
    farm.call(farm.world.faults.add, Plan(service="obedient", do=Do(tls=fault)))


def starttls(farm):
    """Return a connection in the clear that is about to start TLS."""
    plain = raw(farm, "tcp")
    assert line(plain) == b"hello\r\n"
    assert ask(plain, b"starttls") == b"ready\r\n"
    return plain


@pytest.mark.parametrize("begun", [raw, starttls], ids=["implicit", "starttls"])
@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_authority_is_one_finding_that_says_what_to_do(farm, begun, version):
    context = ssl.create_default_context()
    context.maximum_version = version
    with begun(farm) as plain, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(plain, server_hostname=NAME)
    ((name, level, text),) = findings(farm)
    assert (name, level) == ("certificate-refused", "advice")
    assert f"have the client trust {farm.farm.certificates.ca_file}, which `homeport ca` prints" in text
    assert "or use obedient.tcp without TLS" in text


@pytest.mark.parametrize("name", REFUSING)
def test_every_alert_about_the_certificate_is_known_in_the_handshake(farm, name):
    client = OctetByOctet(farm, maximum=SSL.TLS1_2_VERSION)  # where alerts are in the clear until the end
    with pytest.raises(SSL.WantReadError):
        client.tls.do_handshake()
    client.give()
    with client.socket:
        client.socket.recv(1)
        client.socket.sendall(b"\x15\x03\x03\x00\x02\x02" + bytes([REFUSING[name]]))
        assert ids(farm) == ["certificate-refused"]
    (found,) = farm.call(lambda: list(farm.world.findings))
    assert found.shown == name


@pytest.mark.parametrize("alert", [40, 70, 80, 90])
def test_other_alerts_are_no_refusal_of_the_certificate(farm, alert):
    client = OctetByOctet(farm, maximum=SSL.TLS1_2_VERSION)
    with pytest.raises(SSL.WantReadError):
        client.tls.do_handshake()
    client.give()
    with client.socket:
        client.socket.recv(1)
        client.socket.sendall(b"\x15\x03\x03\x00\x02\x02" + bytes([alert]))
        assert ids(farm) == []


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_who_leaves_the_handshake_after_the_certificate_is_suspected(farm, how):
    client = OctetByOctet(farm)
    with contextlib.suppress(SSL.WantReadError):
        client.tls.do_handshake()
    client.give()
    with client.socket:
        assert client.socket.recv(1) == b"\x16"
        if how == "reset":
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.socket.close()
        else:
            client.socket.shutdown(socket.SHUT_WR)
        assert ids(farm) == ["certificate-doubted"]


def test_who_leaves_before_the_certificate_is_not(farm):
    with raw(farm) as client:
        client.sendall(b"\x16\x03\x01")
        client.shutdown(socket.SHUT_WR)
        assert ids(farm) == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("begun", [raw, starttls], ids=["implicit", "starttls"])
def test_who_resets_after_the_handshake_without_an_byte_is_suspected(farm, begun, version):
    context = trusting(farm, maximum_version=version)
    client = context.wrap_socket(begun(farm), server_hostname=NAME)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()
    assert ids(farm) == ["certificate-doubted"]


def test_who_ends_starttls_without_a_word_and_without_close_notify_is_suspected(farm):
    client = OctetByOctet(farm, maximum=SSL.TLS1_2_VERSION)
    client.socket.close()
    client.socket = raw(farm, "tcp")
    assert line(client.socket) == b"hello\r\n"
    assert ask(client.socket, b"mutetls") == b"ready\r\n"
    client.until(client.tls.do_handshake)
    client.socket.close()
    assert ids(farm) == ["certificate-doubted"]


@pytest.mark.parametrize("notified", [True, False])
def test_who_has_read_the_greeting_and_closes_is_not_suspected(farm, notified):
    with raw(farm) as plain:
        client = trusting(farm).wrap_socket(plain, server_hostname=NAME)
        assert line(client) == b"hello\r\n"
        if notified:
            client.unwrap().close()
        client.close()
    assert ids(farm) == []


@pytest.mark.parametrize("begun", [raw, starttls], ids=["implicit", "starttls"])
def test_who_ends_by_close_notify_is_not_suspected_though_it_has_read_nothing(farm, begun):
    plain = begun(farm)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting(farm).wrap_bio(incoming, outgoing, server_hostname=NAME)
    while True:
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
            break
        plain.sendall(outgoing.read())
        incoming.write(plain.recv(65536))
    with contextlib.suppress(ssl.SSLWantReadError):
        client.unwrap()
    plain.sendall(outgoing.read())
    plain.close()
    assert ids(farm) == []


def test_who_resets_after_it_has_spoken_is_not_suspected(farm, secure):
    with secure() as client:
        line(client)
        assert ask(client, b"tls")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    assert ids(farm) == []


def test_a_look_whether_the_port_is_open_is_not_suspected(farm):
    raw(farm).close()
    assert ids(farm) == []


@pytest.mark.parametrize("kind", ["expired", "not_yet_valid", "wrong_host", "self_signed", "untrusted"])
@pytest.mark.parametrize("begun", [raw, starttls], ids=["implicit", "starttls"])
def test_a_refusal_that_a_planned_fault_has_earned_is_right(farm, begun, kind):
    plan(farm, kind)
    with begun(farm) as plain, pytest.raises(ssl.SSLCertVerificationError):
        trusting(farm).wrap_socket(plain, server_hostname=NAME)
    assert ids(farm) == []


def test_a_reset_that_a_planned_fault_has_earned_is_right(farm):
    plan(farm, "self_signed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = context.wrap_socket(raw(farm), server_hostname=NAME)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.close()
    assert ids(farm) == []


def test_the_log_says_it_once_for_a_farm(farm, caplog):
    for _ in range(3):
        with raw(farm) as plain, contextlib.suppress(ssl.SSLError):
            ssl.create_default_context().wrap_socket(plain, server_hostname=NAME)
    farm.wait_for(lambda: farm.world.findings.total == 3)
    (record,) = [one for one in caplog.records if "certificate" in one.getMessage()]
    assert record.levelname == "WARNING"
    assert f"obedient.tls: a client refused the server's certificate: have the client trust {ca_file(farm)}" in (
        record.getMessage()
    )


def ca_file(farm):
    return farm.farm.certificates.ca_file


def test_with_a_certificate_of_ones_own_its_authority_is_named(obedient, tmp_path):
    import trustme

    issued = trustme.CA().issue_cert(NAME)
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    own = str(tmp_path / "own.pem")
    farm = obedient(tls={"certificate": own, "key": own})
    with raw(farm) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=NAME)
    assert f"have the client trust the authority that issued {own}" in findings(farm)[0][2]


# What is no TLS.


PLAIN = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def answer(farm, pieces, listener="tls"):
    """Send these pieces in the clear; return the answer."""
    with raw(farm, listener) as client, contextlib.suppress(OSError):
        for piece in pieces:
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        return read_all(client)


def octets(data):
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("cut", [lambda data: [data], octets], ids=["whole", "byte by byte"])
@pytest.mark.parametrize(
    ("said", "begins"),
    [
        (PLAIN, b"HTTP/1.1 400 Bad Request\r\n"),
        (b"CONNECT a:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n"),
        (b"EHLO client.example\r\nQUIT\r\n", b"refused: this port requires TLS"),
        (b"no line end", b"refused: this port requires TLS"),
        (b"\x00\x00\x00\x10<?xml", b"refused: this port requires TLS"),
    ],
)
def test_plain_text_on_a_tls_port_is_answered_and_is_one_finding(farm, said, begins, cut):
    assert answer(farm, cut(said)).startswith(begins)
    assert ids(farm) == ["not-tls"]
    (found,) = farm.call(lambda: list(farm.world.findings))
    assert said.startswith(found.shown.encode().decode("unicode_escape").encode("latin-1"))


def test_the_answer_names_the_listener_without_tls(farm):
    assert b"or connect to obedient.tcp" in answer(farm, [PLAIN])


def test_plain_text_behind_starttls_is_one_finding_too(farm):
    with starttls(farm) as plain:
        plain.sendall(b"EHLO again\r\n")
        assert (
            read_all(plain)
            == b"refused: this port requires TLS, and the client sent no ClientHello: enable TLS in the client\r\n"
        )
    assert ids(farm) == ["not-tls"]


def test_who_waits_for_a_greeting_where_tls_begins_is_reported_when_its_time_is_over(obedient):
    farm = obedient(tls={"handshake": 0.2})
    with raw(farm) as client:
        assert read_all(client) == b""
    assert ids(farm) == ["no-client-hello"]


def test_who_stops_in_the_midst_of_a_line_is_answered_when_its_time_is_over(obedient):
    farm = obedient(tls={"handshake": 0.2})
    with raw(farm) as client:
        client.sendall(b"EHLO client")
        assert read_all(client).startswith(b"refused: this port requires TLS")
    assert ids(farm) == ["not-tls"]


def test_a_planned_fault_of_handshakes_waits_for_one(farm):
    plan(farm, "expired")
    answer(farm, [PLAIN])
    with raw(farm) as plain, pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        trusting(farm).wrap_socket(plain, server_hostname=NAME)
