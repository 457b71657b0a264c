"""TLS on streams, as clients see it: handshakes, octets both ways, ends, certificates, and what goes wrong on purpose."""

import contextlib
import hashlib
import os
import re
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from OpenSSL import SSL

from conftest import read_all
from homeport.faults import Do, Match, Plan
from homeport.io.authority import Authority

BIG = bytes(range(256)) * 40_000
NAME = "localhost"


@pytest.fixture
def farm(obedient):
    """A farm with the obedient service, which has a TLS listener and knows the order `starttls`."""
    return obedient()


def trusting(farm, **flags):
    """A client's context that trusts the farm's authority, as strictly as Python 3.13's default one."""
    context = ssl.create_default_context(cafile=farm.farm.certificates.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    for name, value in flags.items():
        setattr(context, name, value)
    return context


def raw(farm, listener="tls", host="127.0.0.1"):
    """A connection in the clear."""
    return socket.create_connection((host, farm.port("obedient", listener)), timeout=10)


@pytest.fixture
def secure(farm):
    """Connect over TLS: `with secure() as client`; context's attributes by name."""

    @contextlib.contextmanager
    def connect(context=None, name=NAME, session=None, listener="tls", **flags):
        context = context or trusting(farm, **flags)
        with raw(farm, listener) as plain, context.wrap_socket(plain, server_hostname=name, session=session) as client:
            yield client

    return connect


def line(client):
    """A line that the server says."""
    got = b""
    while not got.endswith(b"\n"):
        octet = client.recv(1)
        assert octet, f"the connection ended after {got!r}"
        got += octet
    return got


def ask(client, order):
    """What the server answers to an order."""
    client.sendall(order + b"\r\n")
    return line(client)


def events(farm, kind):
    """The first events of a type, when there is one."""
    return farm.wait_for(lambda: [event for event in farm.world.journal.events() if event["type"] == kind])


def closed(farm):
    """Why the first connection to end has ended."""
    return events(farm, "closed")[0]["reason"]


def plan(farm, fault, **details):
    """Plan a TLS fault."""
    wanted = Plan(service="obedient", do=Do(tls=fault), **details)
    return farm.call(farm.world.faults.add, wanted)


# The handshake.


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_the_servers_certificate_stands_strict_verification_by_each_of_its_names(secure, name):
    with secure(name=name) as client:
        assert line(client) == b"hello\r\n"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_are_spoken_and_the_journal_says_what_was_agreed(farm, secure, version):
    with secure(minimum_version=version, maximum_version=version) as client:
        line(client)
        cipher, name, _bits = client.cipher()
        (event,) = events(farm, "tls")
        assert event["version"] == client.version() == version.name.replace("_", ".")
        assert (event["cipher"], event["server_name"]) == (cipher, "localhost")
        assert (event["certificate"], event["resumed"]) == (None, False)


def test_the_journal_and_the_counters_have_plain_octets_and_never_records(farm, secure):
    with secure() as client:
        line(client)
        assert ask(client, b"bye") == b"bye\r\n"
        client.unwrap()
    end = events(farm, "closed")[0]
    assert (end["received"], end["sent"]) == (5, 12)
    said = farm.call(lambda: [(e["type"], e.get("text")) for e in farm.world.journal.events()])
    assert said == [
        ("opened", None),
        ("tls", None),
        ("out", "hello\\r\\n"),
        ("in", "bye\\r\\n"),
        ("out", "bye\\r\\n"),
        ("farewell", None),
        ("closed", None),
    ]


class OctetByOctet:
    """A client whose TLS is pyOpenSSL's, and which sends every octet in a segment of its own."""

    def __init__(self, farm, minimum=SSL.TLS1_2_VERSION, maximum=SSL.TLS1_3_VERSION):
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(minimum)
        context.set_max_proto_version(maximum)
        self.tls = SSL.Connection(context, None)
        self.tls.set_connect_state()
        self.socket = raw(farm)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def give(self):
        """Send what TLS has made."""
        with contextlib.suppress(SSL.WantReadError):
            for octet in self.tls.bio_read(1 << 16):
                self.socket.sendall(bytes([octet]))

    def until(self, step):
        """Take steps until one is done."""
        while True:
            try:
                return step()
            except SSL.WantReadError:
                self.give()
                self.tls.bio_write(self.socket.recv(1))
            finally:
                self.give()


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
def test_a_handshake_may_come_octet_by_octet(farm, version):
    client = OctetByOctet(farm, version, version)
    with client.socket:
        client.until(client.tls.do_handshake)
        assert client.until(lambda: client.tls.recv(100)) == b"hello\r\n"
        client.tls.send(b"bye\r\n")
        client.give()
        assert client.until(lambda: client.tls.recv(100)) == b"bye\r\n"


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
def test_the_channel_bindings_are_those_of_the_client(farm, version):
    client = OctetByOctet(farm, version, version)

    def bound(name):
        client.tls.send(b"binding " + name + b"\r\n")
        client.give()
        answer = b""
        while not answer.endswith(b"\n"):
            answer += client.until(lambda: client.tls.recv(100))
        return bytes.fromhex(answer.decode().strip())

    with client.socket:
        client.until(client.tls.do_handshake)
        assert client.until(lambda: client.tls.recv(100)) == b"hello\r\n"
        shown = client.tls.get_peer_certificate(as_cryptography=True)
        assert bound(b"tls-server-end-point") == shown.fingerprint(shown.signature_hash_algorithm)
        exported = client.tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
        assert bound(b"tls-exporter") == exported
        old = version == SSL.TLS1_2_VERSION
        assert bound(b"tls-unique") == (client.tls.get_finished() if old else b"")


def test_tls_unique_is_pythons(secure):
    with secure(maximum_version=ssl.TLSVersion.TLSv1_2) as client:
        line(client)
        assert ask(client, b"binding tls-unique").strip().decode() == client.get_channel_binding("tls-unique").hex()


def test_what_comes_with_the_last_octets_of_the_handshake_is_read(farm):
    client = OctetByOctet(farm)
    with client.socket:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        with pytest.raises(SSL.WantReadError):
            client.tls.do_handshake()
        client.give()
        while True:
            client.tls.bio_write(client.socket.recv(65536))
            with contextlib.suppress(SSL.WantReadError):
                client.tls.do_handshake()
                break
        client.tls.send(b"bye\r\n")
        client.tls.shutdown()
        client.socket.sendall(client.tls.bio_read(65536))
        said = b""
        with pytest.raises(SSL.ZeroReturnError):
            while True:
                said += client.until(lambda: client.tls.recv(100))
        assert said == b"hello\r\nbye\r\n"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed_on_another_connection(farm, secure, version):
    context = trusting(farm, maximum_version=version)
    with secure(context) as first:
        line(first)
        assert ask(first, b"tls").endswith(b"False)\r\n")
        session = first.session
    with secure(context, session=session) as second:
        line(second)
        assert second.session_reused
        assert ask(second, b"tls").endswith(b"True)\r\n")
    assert farm.events("tls")[1]["resumed"] is True


def test_a_session_is_resumed_on_another_listener(farm, secure):
    context = trusting(farm)
    with secure(context) as first:
        line(first)
        ask(first, b"tls")
        session = first.session
    with raw(farm, "tcp") as plain:
        assert line(plain) == b"hello\r\n"
        assert ask(plain, b"starttls") == b"ready\r\n"
        with context.wrap_socket(plain, server_hostname=NAME, session=session) as second:
            assert second.session_reused
            assert line(second) == b"secure\r\n"


def test_no_greeting_comes_before_the_handshake_and_one_that_never_comes_times_out(obedient):
    farm = obedient(tls={"handshake": 0.2})
    with raw(farm) as client:
        assert read_all(client) == b""
    assert closed(farm) == (
        "TLS handshake failed: after 0.2 s the client sent nothing: does it speak TLS here? ([tls] handshake)"
    )


def test_a_handshake_that_stops_midway_times_out(obedient):
    farm = obedient(tls={"handshake": 0.2})
    with raw(farm) as client:
        client.sendall(b"\x16\x03\x01")
        assert read_all(client) == b""
    assert "after 0.2 s the client did not finish" in closed(farm)


def test_a_look_whether_the_port_is_open_is_no_failed_handshake(farm):
    with raw(farm) as client:
        client.shutdown(socket.SHUT_WR)
        assert read_all(client) == b""
    assert closed(farm) == "closed before TLS began"
    assert farm.events("tls") == []
    assert farm.call(lambda: farm.world.counters_of("obedient", "tls").abnormal) == 0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"EHLO example.test\r\n", "the client did not speak TLS: it sent plain text"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "the client spoke HTTP in the clear to a TLS port"),
        (b"CONNECT a:443 HTTP/1.1\r\n\r\n", "the client took this TLS port for an HTTP proxy"),
        (b"\0" * 100_000, "the client did not speak TLS"),
        (b"\x16\x03\x01\x00\x05hello", "OpenSSL says: unexpected message"),
    ],
)
def test_what_is_no_tls_is_explained_and_counted(farm, said, words):
    with raw(farm) as client:
        with contextlib.suppress(OSError):
            client.sendall(said)
            client.shutdown(socket.SHUT_WR)
            read_all(client)
    assert words in closed(farm)
    (event,) = events(farm, "tls")
    assert words in event["error"]
    assert farm.events("in") == []
    assert farm.events("farewell") == []  # no session has heard of it
    assert farm.call(lambda: farm.world.counters_of("obedient", "tls").tls_failed) == 1


def test_a_client_that_does_not_trust_us_is_told_what_to_do(farm, secure):
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        with secure(ssl.create_default_context()):
            pass
    assert "does not trust our authority (alert unknown_ca): give it the certificate that `homeport ca`" in closed(farm)


def test_an_alert_arrives_although_more_was_sent_than_is_read(farm):
    with raw(farm) as client:
        client.sendall(b"\x16\x03\x01\x00\x05hello" + bytes(200_000))
        assert client.recv(7) == b"\x15\x03\x03\x00\x02\x02\x0a"


def test_a_client_of_old_versions_is_told_so(farm, obedient, secure):
    with pytest.raises(ssl.SSLError):
        with secure(trusting(farm, maximum_version=ssl.TLSVersion.TLSv1_2), listener="tls") as client:
            client.sendall(b"x")
            raise ssl.SSLError
    strict = obedient(tls={"minimum": "1.3"})
    context = trusting(strict, maximum_version=ssl.TLSVersion.TLSv1_2)
    with raw(strict) as plain, pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        context.wrap_socket(plain, server_hostname=NAME)
    assert "no version of TLS that we speak: see [tls] minimum" in closed(strict)


def test_the_farm_stops_in_the_midst_of_a_handshake(farm):
    with raw(farm) as client:
        client.sendall(b"\x16\x03\x01")
        farm.wait_for(lambda: farm.world.counters_of("obedient", "tls").active)
        began = time.monotonic()
        farm.stop()
        assert time.monotonic() - began < 1
        assert client.recv(1) == b""


# Octets, both ways.


def test_an_answer_larger_than_any_socket_arrives_whole_before_the_close(secure):
    with secure() as client:
        line(client)
        client.sendall(b"big\r\n")
        time.sleep(0.2)  # meanwhile the network is full
        assert read_all(client) == BIG


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_ten_megabytes_go_there_and_back_at_once(farm, secure, version):
    with secure(maximum_version=version) as client:
        line(client)
        client.sendall(b"echo\r\n")
        back = bytearray()
        client.setblocking(False)
        sent = 0
        deadline = time.monotonic() + 60
        while len(back) < len(BIG):
            assert time.monotonic() < deadline
            if sent < len(BIG):
                with contextlib.suppress(ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    sent += client.send(BIG[sent : sent + 65536])
            with contextlib.suppress(ssl.SSLWantReadError):
                back += client.recv(65536)
        assert back == BIG


def test_a_client_that_does_not_read_is_not_read_from(farm, secure):
    with secure() as client:
        line(client)
        client.sendall(b"echo\r\n")
        client.settimeout(0.5)
        with pytest.raises((TimeoutError, ssl.SSLWantWriteError)):
            for _ in range(2000):
                client.sendall(bytes(65536))
        assert farm.call(lambda: next(iter(farm_streams(farm))).connection.received) < 100 << 20


def farm_streams(farm):
    """The live streams of the TLS listener."""
    return [s for one in farm.farm.hosts["default"].streams if one.source.listener == "tls" for s in one.streams.values()]


def test_a_source_without_end_is_read_from_however_much_waits_to_be_sent(secure):
    with secure() as client:
        line(client)
        client.sendall(b"pull\r\n")
        for _ in range(256):  # 16 MiB: more than sockets hold
            client.sendall(bytes(65536))


def test_a_key_update_midway_disturbs_nothing(farm):
    import subprocess

    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{farm.port('obedient', 'tls')}", "-quiet", "-tls1_3"]
    pytest.importorskip("subprocess")
    if subprocess.run(["sh", "-c", "command -v openssl"], capture_output=True, check=False).returncode:
        pytest.skip("there is no openssl")
    with subprocess.Popen([*command[:-2], "-tls1_3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        client.stdin.write(b"late\n")
        client.stdin.flush()
        client.kill()


# Ends.


def test_a_client_that_says_that_it_sends_no_more_gets_its_whole_answer(secure):
    # Python's unwrap() waits for our close_notify, so the client is OpenSSL's own.
    with secure() as client:
        line(client)
        client.sendall(b"big\r\n")
        client.unwrap() if False else None
        assert read_all(client) == BIG


def test_our_close_is_a_close_notify(farm, secure):
    with secure() as client:
        line(client)
        client.sendall(b"bye\r\n")
        assert line(client) == b"bye\r\n"
        # Without one Python raises SSLEOFError here.
        client.suppress_ragged_eofs = False
        assert client.recv(1) == b""


def test_an_end_without_close_notify_is_told_and_answered(farm):
    client = OctetByOctet(farm)
    with client.socket:
        client.until(client.tls.do_handshake)
        assert client.until(lambda: client.tls.recv(100)) == b"hello\r\n"
        client.socket.shutdown(socket.SHUT_WR)
        assert client.until(lambda: client.tls.recv(100)) == b"truncated\r\n"
        with pytest.raises(SSL.ZeroReturnError):
            client.until(lambda: client.tls.recv(100))
    events(farm, "truncated")


def test_an_end_with_close_notify_is_not_truncated_and_the_answer_comes_after_it(farm):
    client = OctetByOctet(farm)
    with client.socket:
        client.until(client.tls.do_handshake)
        assert client.until(lambda: client.tls.recv(100)) == b"hello\r\n"
        client.tls.send(b"big\r\n")
        client.tls.shutdown()
        client.give()
        answer = bytearray()
        with pytest.raises(SSL.ZeroReturnError):
            while True:
                try:
                    answer += client.tls.recv(65536)
                except SSL.WantReadError:
                    client.tls.bio_write(client.socket.recv(65536))
        assert answer == BIG
    closed(farm)
    assert farm.events("truncated") == []


def test_records_that_were_damaged_break_the_connection_in_words(farm):
    client = OctetByOctet(farm)
    with client.socket:
        client.until(client.tls.do_handshake)
        client.until(lambda: client.tls.recv(100))
        client.socket.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        with contextlib.suppress(OSError):
            while client.socket.recv(100):
                pass
    assert closed(farm).startswith("broken: the client's octets were not what its keys say")


def test_nothing_is_left_of_many_connections(farm, secure):
    context = trusting(farm)
    with secure(context) as client:
        line(client)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(100):
        with raw(farm) as plain:
            match number % 4:
                case 0:
                    plain.sendall(b"no TLS\r\n")
                case 1:
                    plain.sendall(b"\x16\x03\x01")
                case _:
                    with context.wrap_socket(plain, server_hostname=NAME) as client:
                        client.sendall(b"bye\r\n")
                        assert read_all(client) == b"hello\r\nbye\r\n"
    farm.wait_for(lambda: not farm.world.counters_of("obedient", "tls").active)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    assert farm.call(lambda: len([c for c in farm.reactor.getDelayedCalls() if c.getTime() - farm.reactor.seconds() > 5])) == 0


def test_one_too_many_is_closed_without_a_word_in_the_clear(obedient):
    farm = obedient(limits={"connections": 1})
    with raw(farm), raw(farm) as second:
        assert read_all(second) == b""
    assert farm.call(lambda: farm.world.counters_of("obedient", "tls").refused) == 1


# StartTls.


def test_starttls_secures_a_connection_and_drops_what_came_with_the_order(farm, secure):
    with raw(farm, "tcp") as plain:
        assert line(plain) == b"hello\r\n"
        plain.sendall(b"starttls\r\nfind\r\nbye\r\n")  # RFC 3207 4.2: what is injected behind the order
        assert line(plain) == b"ready\r\n"
        with trusting(farm).wrap_socket(plain, server_hostname=NAME) as client:
            assert line(client) == b"secure\r\n"
            assert ask(client, b"bye") == b"bye\r\n"
    assert farm.call(lambda: dict(farm.world.findings.counts)) == {}


def test_a_client_hello_right_behind_the_order_is_lost_with_the_rest(obedient):
    farm = obedient(tls={"handshake": 0.3})
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting(farm).wrap_bio(incoming, outgoing, server_hostname=NAME)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    with raw(farm, "tcp") as plain:
        assert line(plain) == b"hello\r\n"
        plain.sendall(b"starttls\r\n" + outgoing.read())
        assert read_all(plain) == b"ready\r\n"
    assert "TLS handshake failed: after 0.3 s the client sent nothing" in closed(farm)
    assert farm.events("farewell")[0]["reason"] == closed(farm)


def test_what_was_said_before_starttls_leaves_first_in_the_clear(farm):
    with raw(farm, "tcp") as plain:
        assert line(plain) == b"hello\r\n"
        plain.sendall(b"bigtls\r\n")
        time.sleep(0.2)  # meanwhile the network is full
        got = b""
        while len(got) < len(BIG):
            got += plain.recv(len(BIG) - len(got))
        assert got == BIG
        with trusting(farm).wrap_socket(plain, server_hostname=NAME) as client:
            assert line(client) == b"secure\r\n"


def test_plain_text_after_starttls_fails_the_handshake(farm):
    with raw(farm, "tcp") as plain:
        line(plain)
        assert ask(plain, b"starttls") == b"ready\r\n"
        plain.sendall(b"EHLO again\r\n")
        assert read_all(plain) == b""
    assert "did not speak TLS" in closed(farm)


def test_what_a_timer_says_in_the_handshake_comes_after_it_under_tls(farm):
    with raw(farm, "tcp") as plain:
        line(plain)
        plain.sendall(b"timer a 0.05\r\nstarttls\r\n")
        assert line(plain) == b"ready\r\n"
        time.sleep(0.2)
        with trusting(farm).wrap_socket(plain, server_hostname=NAME) as client:
            assert {line(client), line(client)} == {b"timer a\r\n", b"secure\r\n"}


# Certificates of clients.


@pytest.fixture
def client_certificate(tmp_path):
    """The path of a client certificate with its key, of the farm's authority or of another."""

    def issue(authority, name="registrar-a"):
        issued = authority.issue_client(name)
        path = tmp_path / f"{name}.pem"
        path.write_bytes(issued.certificate_pem() + issued.key_pem())
        return path

    return issue


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("ours", [True, False])
def test_who_is_asked_may_show_any_certificate_and_whether_it_is_trusted_is_known(
    obedient, client_certificate, version, ours
):
    farm = obedient(obedient={"client_certificates": "ask"})
    authority = farm.farm.certificates.authority if ours else Authority.make("Somebody else")
    context = trusting(farm, maximum_version=version)
    context.load_cert_chain(client_certificate(authority))
    session = None
    for resumed in (False, True):
        with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME, session=session) as client:
            line(client)
            assert ask(client, b"tls").endswith(f"{ours}, {resumed})\r\n".encode())
            session = client.session
    shown = farm.events("tls")[0]["certificate"]
    assert shown["subject"] == "CN=registrar-a,O=Homeport"
    assert re.fullmatch("[0-9a-f]{64}", shown["fingerprint"])
    assert shown["verified"] is ours


def test_who_is_asked_need_not_show_one(obedient):
    farm = obedient(obedient={"client_certificates": "ask"})
    with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=NAME) as client:
        line(client)
        assert ask(client, b"tls").endswith(b"False, False)\r\n")


def test_a_servers_certificate_is_not_trusted_for_a_client(obedient, tmp_path):
    farm = obedient(obedient={"client_certificates": "ask"})
    issued = farm.farm.certificates.authority.issue_server(["client.example.test"])
    (tmp_path / "c.pem").write_bytes(issued.certificate_pem() + issued.key_pem())
    context = trusting(farm)
    context.load_cert_chain(tmp_path / "c.pem")
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
        line(client)
        assert ask(client, b"tls").endswith(b"False, False)\r\n")


def test_where_one_is_required_a_trusted_one_opens(obedient, client_certificate):
    farm = obedient(obedient={"client_certificates": "require"})
    context = trusting(farm)
    context.load_cert_chain(client_certificate(farm.farm.certificates.authority))
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
        assert line(client) == b"hello\r\n"
        assert ask(client, b"tls").endswith(b"True, False)\r\n")


def test_where_one_is_required_none_and_an_untrusted_one_are_refused(obedient, client_certificate):
    farm = obedient(obedient={"client_certificates": "require"})
    bare, stranger = trusting(farm), trusting(farm)
    stranger.load_cert_chain(client_certificate(Authority.make("Somebody else")))
    for context, words in ((bare, "sent no certificate"), (stranger, "certificate is not one that we trust")):
        since = farm.call(lambda: farm.world.journal.seq)
        with pytest.raises(ssl.SSLError, match="ALERT"):
            with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
                client.recv(1)  # TLS 1.3: only now the client hears of it
        farm.wait_for(lambda since=since: any(e["type"] == "closed" for e in farm.world.journal.events(since)))
        (event,) = farm.events("tls", since)
        assert words in event["error"]


def test_further_authorities_are_trusted_where_they_are_configured(obedient, client_certificate, tmp_path):
    other = Authority.make("The registry's own")
    (tmp_path / "other.pem").write_bytes(other.pem())
    farm = obedient(obedient={"client_certificates": "require"}, tls={"client_ca": str(tmp_path / "other.pem")})
    for name, authority in (("theirs", other), ("ours", farm.farm.certificates.authority)):
        context = trusting(farm)
        context.load_cert_chain(client_certificate(authority, name))
        with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
            line(client)
            assert ask(client, b"tls").endswith(b"True, False)\r\n")


# Faults.


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("expired", "certificate has expired", "alert certificate_expired"),
        ("not_yet_valid", "certificate is not yet valid", "bad_certificate"),
        ("wrong_host", "Hostname mismatch", "bad_certificate"),
        ("self_signed", "self.signed certificate", "unknown_ca"),
        ("untrusted", "unable to get local issuer certificate", "unknown_ca"),
        ("old_version", "PROTOCOL_VERSION", "no version of TLS"),
        ("abort", "EOF occurred in violation of protocol", "a planned fault aborted it"),
    ],
)
def test_a_fault_is_what_the_client_sees_once_and_then_all_is_well(farm, secure, fault, error, words):
    planned = plan(farm, fault)
    with pytest.raises(ssl.SSLError, match=error):
        with secure():
            pass
    (event,) = farm.events("fault")
    assert (event["id"], event["kind"], event["conn"]) == (planned.id, "tls", "c1")
    assert event["did"]
    assert words in closed(farm)
    with secure() as client:
        assert line(client) == b"hello\r\n"


def test_old_versions_alone_can_be_agreed_with_a_client_that_has_them(farm, secure):
    plan(farm, "old_version")
    context = trusting(farm)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with secure(context) as client:
        assert line(client) == b"hello\r\n"
        assert client.version() == "TLSv1.1"


def test_a_fault_is_counted_by_handshakes_and_for_whom_it_is(farm, secure):
    plan(farm, "abort", after=1, listener="tls")
    plan(farm, "abort", match=Match(peer="192.0.2.1"))
    plan(farm, "abort", listener="tcp")
    with raw(farm) as port_scan:
        port_scan.shutdown(socket.SHUT_WR)
        assert read_all(port_scan) == b""
    with secure() as client:
        line(client)
    with pytest.raises(ssl.SSLError):
        with secure():
            pass
    with secure() as client:
        line(client)


def test_a_fault_acts_at_starttls_too(farm):
    plan(farm, "wrong_host", listener="tcp")
    with raw(farm, "tcp") as plain:
        line(plain)
        ask(plain, b"starttls")
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            trusting(farm).wrap_socket(plain, server_hostname=NAME)


def test_certificates_follow_real_time_and_not_the_worlds(farm, secure):
    farm.call(farm.world.clock.advance, 50 * 365 * 86400.0)
    with secure() as client:
        assert line(client) == b"hello\r\n"


# The authority.


def test_the_authority_is_exported_for_as_long_as_the_farm_runs(farm):
    path = Path(farm.farm.describe("default")["ca_file"])
    assert path.read_bytes() == farm.farm.certificates.ca_pem()
    assert [one.name for one in path.parent.iterdir()] == ["ca.pem"]
    farm.stop()
    assert not path.parent.exists()


def test_a_farm_without_tls_services_makes_none_until_asked(start_farm):
    farm = start_farm("echo")
    assert farm.farm.describe("default")["ca_file"] == ""
    assert farm.call(farm.farm.certificates.ca_pem).startswith(b"-----BEGIN CERTIFICATE-----")
    assert Path(farm.farm.describe("default")["ca_file"]).exists()


def test_the_authority_is_kept_across_restarts(obedient, tmp_path):
    first = obedient(data=tmp_path)
    file = Path(first.farm.certificates.ca_file)
    assert file == tmp_path / "ca" / "ca.pem"
    assert (file.with_name("ca.key").stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o600, 0o644)
    context = trusting(first)
    first.stop()
    assert file.exists()
    second = obedient(data=tmp_path)
    with raw(second) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
        assert line(client) == b"hello\r\n"


def test_an_authority_that_was_half_written_is_made_anew(obedient, tmp_path):
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "ca.key").write_text("half of a k")
    assert obedient(data=tmp_path).farm.certificates.ca_pem().startswith(b"-----BEGIN")


@pytest.mark.parametrize("file", ["ca.pem", "ca.key"])
def test_an_authority_that_was_damaged_is_no_reason_to_make_another_in_silence(obedient, tmp_path, file):
    from homeport.io.certificates import CertificateError

    obedient(data=tmp_path).stop()
    (tmp_path / "ca" / file).write_text("rubbish")
    with pytest.raises(CertificateError, match="restore it, or remove it to get a new authority"):
        obedient(data=tmp_path)


def test_further_names_are_in_the_certificate(obedient):
    farm = obedient(tls={"names": ["mail.example.test", "*.example.org", "bücher.example", "192.0.2.7"]})
    for name in ("mail.example.test", "a.example.org", "bücher.example", "192.0.2.7"):
        with raw(farm) as plain, trusting(farm).wrap_socket(plain, server_hostname=name) as client:
            line(client)
    assert farm.events("tls")[2]["server_name"] == "xn--bcher-kva.example"


def test_a_certificate_of_ones_own_is_shown(obedient, tmp_path):
    own = Authority.make("Our own")
    issued = own.issue_server(["own.example.test"])
    (tmp_path / "own.pem").write_bytes(issued.certificate_pem())
    (tmp_path / "own.key").write_bytes(issued.key_pem())
    farm = obedient(tls={"certificate": str(tmp_path / "own.pem"), "key": str(tmp_path / "own.key")})
    context = ssl.create_default_context(cadata=own.pem().decode())
    with raw(farm) as plain, context.wrap_socket(plain, server_hostname="own.example.test") as client:
        assert hashlib.sha256(client.getpeercert(True)).digest() == issued.certificate.fingerprint(
            issued.certificate.signature_hash_algorithm
        )


def test_many_clients_at_once_are_served(farm):
    context = trusting(farm)
    answers = []

    def talk():
        with raw(farm) as plain, context.wrap_socket(plain, server_hostname=NAME) as client:
            client.sendall(b"bye\r\n")
            answers.append(read_all(client))

    threads = [threading.Thread(target=talk) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [b"hello\r\nbye\r\n"] * 20


def test_pyopenssl_still_has_what_it_does_not_document():
    from OpenSSL._util import lib

    assert lib.SSL_session_reused
    assert lib.SSL_get_extms_support
    assert os.path.basename(SSL.__file__)
