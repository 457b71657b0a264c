"""TLS on streams, as clients see it: handshakes, data in both directions, closing, and errors."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from pathlib import Path

import pytest
from conftest import read_all
from OpenSSL import SSL
from tls_clients import NAME, OctetByOctet, ask, closed, events, line, raw, trusting

BIG = bytes(range(256)) * 40_000


@pytest.fixture
def farm(obedient):
    """Return a farm with the obedient service, which has a TLS listener and the order `starttls`."""
    return obedient()


# The handshake.


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_the_servers_certificate_stands_strict_verification_by_each_of_its_names(secure, name):
    with secure(name=name) as client:
        assert line(client) == b"hello\r\n"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_are_spoken_and_the_journal_says_what_was_agreed(farm, secure, version):
    with secure(minimum_version=version, maximum_version=version) as client:
        line(client)
        cipher, _protocol, _bits = client.cipher()
        (event,) = events(farm, "tls")
        assert event["version"] == client.version() == version.name.replace("_", ".")
        assert (event["cipher"], event["server_name"]) == (cipher, "localhost")
        assert (event["certificate"], event["resumed"]) == (None, False)


def test_the_journal_and_the_counters_have_plain_bytes_and_never_records(farm, secure):
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


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
def test_a_handshake_may_come_byte_by_byte(farm, version):
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


def test_what_comes_with_the_last_bytes_of_the_handshake_is_read(farm):
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
        "TLS handshake failed: after 0.2 s the client sent nothing: is TLS enabled in it? ([tls] handshake)"
    )


def test_a_handshake_that_stops_midway_times_out(obedient):
    farm = obedient(tls={"handshake": 0.2})
    with raw(farm) as client:
        client.sendall(b"\x16\x03\x01")
        assert read_all(client) == b""
    assert "after 0.2 s the client had not finished" in closed(farm)


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
def test_a_client_without_tls_is_explained_and_counted(farm, said, words):
    with raw(farm) as client, contextlib.suppress(OSError):
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        read_all(client)
    assert words in closed(farm)
    (event,) = events(farm, "tls")
    assert words in event["error"]
    assert farm.events("in") == []
    assert farm.events("farewell") == []  # no session has heard of it
    assert farm.call(lambda: farm.world.counters_of("obedient", "tls").tls_failed) == 1


def test_a_client_that_does_not_trust_us_is_reported_what_to_do(farm, secure):
    no_trust = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"), secure(no_trust):
        pass
    assert (
        "does not trust the farm's authority (alert unknown_ca): give it the certificate that `homeport ca`"
        in closed(farm)
    )


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_client_that_leaves_without_a_word_may_not_trust_us(farm, how):
    client = OctetByOctet(farm)
    with contextlib.suppress(SSL.WantReadError):
        client.tls.do_handshake()
    client.give()
    with client.socket:
        assert client.socket.recv(1) == b"\x16"
        if how == "closed":
            client.socket.shutdown(socket.SHUT_WR)
        else:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.socket.close()
        assert f"the client {how} the connection without an alert; if it does not trust" in closed(farm)


def test_an_alert_arrives_although_more_was_sent_than_is_read(farm):
    with raw(farm) as client:
        client.sendall(b"\x16\x03\x01\x00\x05hello" + bytes(200_000))
        assert client.recv(7) == b"\x15\x03\x03\x00\x02\x02\x0a"


def test_a_client_with_outdated_versions_gets_the_reason(obedient):
    strict = obedient(tls={"minimum": "1.3"})
    context = trusting(strict, maximum_version=ssl.TLSVersion.TLSv1_2)
    with raw(strict) as plain, pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        context.wrap_socket(plain, server_hostname=NAME)
    assert "no TLS version that is enabled: see [tls] minimum" in closed(strict)


def test_the_farm_stops_in_the_midst_of_a_handshake(farm):
    with raw(farm) as client:
        client.sendall(b"\x16\x03\x01")
        farm.wait_for(lambda: farm.world.counters_of("obedient", "tls").active)
        began = time.monotonic()
        farm.stop()
        assert time.monotonic() - began < 1
        assert client.recv(1) == b""


# Bytes, both ways.


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
    """Return the open streams of the TLS listener."""
    return [
        s for one in farm.farm.hosts["default"].streams if one.source.listener == "tls" for s in one.streams.values()
    ]


def test_a_source_without_end_is_read_from_however_much_waits_to_be_sent(secure):
    with secure() as client:
        line(client)
        client.sendall(b"pull\r\n")
        for _ in range(256):  # 16 MiB: more than sockets hold
            client.sendall(bytes(65536))


# Ends.


def test_our_close_is_a_close_notify(farm, secure):
    with secure() as client:
        line(client)
        client.sendall(b"bye\r\n")
        assert line(client) == b"bye\r\n"
        # Without one Python raises SSLEOFError here.
        client.suppress_ragged_eofs = False
        assert client.recv(1) == b""


def test_an_end_without_close_notify_is_reported_and_answered(farm):
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


@pytest.mark.parametrize("notified", [True, False])
def test_a_client_that_closes_all_at_once_has_broken_nothing(farm, notified):
    client = OctetByOctet(farm)
    client.until(client.tls.do_handshake)
    assert client.until(lambda: client.tls.recv(100)) == b"hello\r\n"
    if notified:
        client.tls.shutdown()
        client.give()
    client.socket.close()
    assert closed(farm) == "closed"


def test_records_that_were_damaged_break_the_connection_in_words(farm):
    client = OctetByOctet(farm)
    with client.socket:
        client.until(client.tls.do_handshake)
        client.until(lambda: client.tls.recv(100))
        client.socket.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        with contextlib.suppress(OSError):
            while client.socket.recv(100):
                pass
    assert closed(farm).startswith("broken: a record could not be decrypted")


def test_nothing_is_left_of_many_connections(farm, secure):
    def late_calls():
        """Return the timers due in more than five seconds, without the world clock's."""
        return [call for call in farm.reactor.getDelayedCalls() if call.getTime() - farm.reactor.seconds() > 5]

    context = trusting(farm)
    with secure(context) as client:
        line(client)
    before = len(list(Path("/dev/fd").iterdir()))
    of_the_farm = len(farm.call(late_calls))
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
    assert len(list(Path("/dev/fd").iterdir())) <= before
    assert len(farm.call(late_calls)) == of_the_farm


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


def test_a_client_hello_right_after_the_order_is_lost_with_the_rest(obedient):
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
        assert (
            read_all(plain)
            == b"refused: this port requires TLS, and the client sent no ClientHello: enable TLS in the client\r\n"
        )
    assert "did not speak TLS" in closed(farm)


def test_what_a_timer_says_in_the_handshake_comes_after_it_under_tls(farm):
    with raw(farm, "tcp") as plain:
        line(plain)
        plain.sendall(b"timer a 0.05\r\nstarttls\r\n")
        assert line(plain) == b"ready\r\n"
        time.sleep(0.2)
        with trusting(farm).wrap_socket(plain, server_hostname=NAME) as client:
            assert {line(client), line(client)} == {b"timer a\r\n", b"secure\r\n"}


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
    assert lib.BIO_get_mem_data
    assert SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)._into_ssl
