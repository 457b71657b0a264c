"""Connections: TLS, ends, strictness, and clients that speak another protocol."""

import pytest
from conftest import LOCAL, PEER, Talk, make_world

from homeport.protocol.events import Closed, Data, LimitReached, Opened, Stopping, Tls
from homeport.protocol.session import Context
from homeport.services import find_service

ONE = b"<13>1 2003-10-11T22:14:15Z host app - - - one"
TWO = b"<13>1 2003-10-11T22:14:15Z host app - - - two"
TLS13 = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
TLS12 = Tls(version="TLSv1.2", cipher="ECDHE-RSA-AES128-GCM-SHA256")


def test_counted_messages_over_tls_are_right(stream):
    received = stream(b"45 " + ONE, tls=TLS13, eof=True)
    assert (received.findings, received.one.listener) == ([], "tls")


def test_a_line_over_tls_is_kept_though_it_has_no_count(stream):
    received = stream(ONE + b"\n" + TWO + b"\n", tls=TLS13)
    assert (received.raw, received.findings) == ([ONE, TWO], ["count-missing-on-tls"] * 2)
    assert stream(ONE + b"\n", tls=TLS13, framing="octet-counting").findings == ["count-missing-on-tls"]


def test_tls_1_2_is_old(stream):
    assert stream(b"45 " + ONE, tls=TLS12).findings == ["tls-old"]


def test_a_connection_that_ends_without_close_notify_is_found(stream):
    received = stream(b"45 " + ONE, tls=TLS13, eof=True, truncated=True)
    assert received.findings == ["close-notify-missing"]


def test_a_web_page_logs_nothing(stream):
    form = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n"
    received = stream(form + ONE + b"\n")
    assert (received.raw, received.closed, received.findings) == ([], True, ["http-request"])


def test_a_strict_server_closes_after_a_message_that_breaks_a_must(stream):
    received = stream(b"<013>1 2003-10-11T22:14:15Z host app - - - zero\n" + TWO + b"\n", syntax="strict")
    assert (received.texts, received.closed, received.findings) == (["zero"], True, ["pri-leading-zero"])


@pytest.mark.parametrize("syntax", ["rfc", "lenient"])
def test_any_other_server_reads_on(stream, syntax):
    received = stream(b"<013>1 2003-10-11T22:14:15Z host app - - - zero\n" + TWO + b"\n", syntax=syntax)
    assert (received.texts, received.closed) == (["zero", "two"], False)


def test_a_strict_server_lets_advice_pass(stream):
    assert not stream(b"<13>Oct 11 22:14:15 host app: one\n", syntax="strict").closed


def test_a_client_hello_on_the_port_without_tls_is_found_and_ends_the_connection(stream):
    received = stream(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40))
    assert (received.messages, received.findings, received.closed) == ([], ["unexpected-tls"], True)


def test_other_control_characters_are_a_message(stream):
    received = stream(b"\x16\x04\x01 text\n")
    assert received.findings == ["pri-missing", "control-characters"]
    assert stream(b"\x16", eof=True).raw == [b"\x16"]


def test_a_long_message_is_advice(stream):
    long = ONE + b"x" * 2048
    assert stream(b"%d %s" % (len(long), long)).findings == ["too-long"]


@pytest.mark.parametrize(
    ("end", "finding"),
    [
        (Closed("broken: Connection reset by peer"), ["line-unfinished", "early-close"]),
        (LimitReached("received"), ["line-unfinished"]),
        (Stopping(), ["line-unfinished"]),
    ],
)
def test_what_has_arrived_is_kept_however_the_connection_ends(end, finding):
    service, world = find_service("syslog"), make_world()
    session = service.session(Context(world, service.options(), "tcp", PEER, LOCAL, "c1", "syslog"))
    talk = Talk(service)
    for event in (Opened(), Data(ONE), end):
        talk.do(session.handle(event))
    assert [one.raw for one in world.logs.messages()] == [ONE]
    assert talk.findings == finding
