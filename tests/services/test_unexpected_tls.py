"""A TLS ClientHello on a plaintext listener: one finding, one refusal in the protocol's form, the close."""

import contextlib
import ssl

import pytest
from conftest import cuts, make_world, talk_once

from homeport.protocol.events import Data, Eof, Opened
from homeport.protocol.foreign import find_hello, opening_of
from homeport.protocol.rules import UNEXPECTED_TLS
from homeport.services import all_services, find_service

SPEAKING = ["finger", "whois", "smtp", "imap", "pop3", "ftp", "epp", "ldap", "telnet", "ident", "gopher", "dict"]
"""Services that read commands."""


def client_hello():
    """Return a ClientHello of Python's client, with the bytes that are hardest to ignore: Telnet, line ends, NUL."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    hello = outgoing.read()
    return hello[:40] + b"\xff\xfb\x01\r\n\x00\n\xff\xf4USER alice\r\n" + hello[40:] + b"\r\n\r\n"


HELLO = client_hello()


@pytest.mark.parametrize("name", SPEAKING)
def test_it_is_one_finding_and_ends_the_connection_for_every_segmentation(talk, name):
    done = talk(name, HELLO, eof=True)
    assert done.findings == ["unexpected-tls"]
    assert done.closed


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("finger", b"finger: this is a TLS ClientHello, and this port has no TLS"),
        ("whois", b"this is a TLS ClientHello, and this port has no TLS"),
        (
            "smtp",
            b"\r\n554 5.7.0 received TLS where a command was expected: connect to smtp.tls, or send STARTTLS first",
        ),
        ("imap", b"* BYE received TLS where a command was expected: connect to imap.tls, or send STARTTLS first"),
        ("pop3", b"\r\n-ERR received TLS where a command was expected: connect to pop3.tls, or send STLS first"),
        ("ftp", b"\r\n421 ftp.homeport.test received TLS where a command was expected: connect to ftp.tls"),
        ("epp", b'<result code="2500">'),
    ],
)
def test_the_answer_is_in_the_protocols_words_and_says_what_to_do(talk, name, words):
    assert words in talk(name, HELLO).sent


def after(name, *said):
    """Feed a session these reads; return its effects."""
    service = find_service(name)
    return talk_once(service, service.options(), make_world(), [Opened(), *(Data(one) for one in said), Eof()])


@pytest.mark.parametrize(("name", "first"), [("smtp", b"EHLO client.example\r\n"), ("ftp", b"SYST\r\n")])
def test_it_is_recognised_wherever_a_command_may_stand(name, first):
    for way in cuts(HELLO):
        done = after(name, first, *way)
        assert done.findings == ["unexpected-tls"]
        assert done.closed


@pytest.mark.parametrize("name", ["finger", "whois", "smtp", "ftp"])
def test_the_same_bytes_within_a_line_are_no_client_hello(talk, name):
    assert "unexpected-tls" not in talk(name, b"x\x16\x03\x01\r\n").findings


def test_the_same_bytes_in_a_message_are_mail():
    begun = [b"EHLO c.example\r\n", b"MAIL FROM:<a@c.example>\r\n", b"RCPT TO:<alice@homeport.test>\r\n", b"DATA\r\n"]
    done = after("smtp", *begun, b"\r\n\x16\x03\x01\r\n.\r\n")
    assert done.sent.count(b"354 ") == 1
    assert "unexpected-tls" not in done.findings


def test_echo_gives_it_back_and_discard_takes_it(talk):
    assert (talk("echo", HELLO).sent, talk("echo", HELLO).findings) == (HELLO, [])
    assert (talk("discard", HELLO).sent, talk("discard", HELLO).findings) == (b"", [])


@pytest.mark.parametrize("name", ["users", "daytime", "qotd", "time"])
def test_services_that_ignore_their_input_answer_as_ever(talk, name):
    assert talk(name, HELLO).sent == talk(name).sent


def test_the_rule_is_declared_by_every_service_that_takes_commands():
    assert [one.name for one in all_services() if UNEXPECTED_TLS in one.rules] == [
        one.name for one in all_services() if one.name in SPEAKING
    ]
    assert all(UNEXPECTED_TLS in find_service(name).rules for name in SPEAKING)


@pytest.mark.parametrize("version", range(5))
def test_every_version_of_the_record_is_known_and_no_other(version):
    record = b"\x16\x03" + bytes([version])
    assert find_hello(b"", record) == 0
    assert find_hello(b"\x16", record[1:]) == find_hello(b"\x16\x03", record[2:]) == 0
    assert find_hello(b"", b"NOOP\r\n" + record) == 6
    assert find_hello(b"NO", b"OP\n" + record) == 3
    assert find_hello(b"x", record) == -1
    assert find_hello(b"", b"\x16\x03\x05") == -1


@pytest.mark.parametrize(
    ("octets", "opening"),
    [
        (b"\x16\x03\x01\x02", "tls"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "http"),
        (b"POST /x HTTP/1.0\n", "http"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "http"),
        (b"CONNECT a:443 HTTP/1.1\r\n", "proxy"),
        (b"EHLO a.example\r\nGET / HTTP/1.1\r\n", "text"),
        (b"GET me out\r\n", "text"),
        (b"x" * 5000, "text"),
        (b"\x00\x00\x01\x00<?xml", "binary"),
    ],
)
def test_what_a_client_speaks_is_the_same_however_its_first_bytes_come(octets, opening):
    sizes = range(1, len(octets) + 1)
    decided = [found for size in sizes if (found := opening_of(octets[:size]))]
    assert set(decided) == {opening}
    assert opening_of(octets, ended=True) == opening
