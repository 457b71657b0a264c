"""Messages in datagrams (RFC 5426): one in each, and never an answer."""

import pytest
from conftest import LOCAL, PEER, make_world
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.syslog.parsing import parse

ONE = b"<13>1 2003-10-11T22:14:15Z host app - - - one"


def test_a_count_is_found_and_does_not_belong_to_the_message(udp):
    received = udp(b"45 " + ONE)
    assert (received.raw, received.findings) == ([ONE], ["octet-count-in-udp"])


def test_several_messages_in_a_datagram_are_one(udp):
    """RFC 5426 3.1: each datagram has one message; what is in it stays together."""
    received = udp(ONE + b"\n" + ONE)
    assert received.raw == [ONE + b"\n" + ONE]
    assert received.findings == ["several-in-datagram", "newline-in-message"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\0"])
def test_an_empty_datagram_is_no_message(udp, data):
    received = udp(data)
    assert (received.messages, received.findings) == ([], ["message-empty"])


@pytest.mark.parametrize(
    ("size", "peer", "findings"),
    [
        (480, "127.0.0.1", []),
        (481, "127.0.0.1", ["over-minimum"]),
        (1180, "::1", []),
        (1181, "::1", ["over-minimum"]),
        (2048, "127.0.0.1", ["over-minimum"]),
        (2049, "127.0.0.1", ["too-long-for-udp"]),
        (2049, "::1", ["too-long-for-udp"]),
    ],
)
def test_long_datagrams_are_found(udp, size, peer, findings):
    assert udp(ONE + b"x" * (size - len(ONE)), peer).findings == findings


def test_a_datagram_is_cut_to_the_maximum(udp):
    received = udp(ONE + b"x" * 4000, max_message=480)
    assert (len(received.one.raw), received.one.size) == (480, 4000 + len(ONE))
    assert received.findings == ["too-long-for-udp", "message-cut"]


def test_a_message_can_be_lost_by_its_name(udp):
    lost = b"<13>1 2003-10-11T22:14:15Z drop.fault.test app - - - one"
    assert udp(lost, by_client=True).messages == []
    assert udp(lost).texts == ["one"]
    assert udp(lost.replace(b"drop", b"reset"), by_client=True).texts == ["one"]  # a datagram has no connection


@given(
    st.lists(
        st.sampled_from(
            [
                *(b"<13>", b"1 ", b"2003-10-11T22:14:15Z ", b"Oct 11 22:14:15 ", b"- ", b"host ", b"[a@1 ", b'b="c"'),
                *(
                    b"]",
                    b"\\",
                    b'"',
                    b"%SYS-5-X: ",
                    b"app[1]: ",
                    b"\xef\xbb\xbf",
                    b"\xff",
                    b"\n",
                    b"\0",
                    b"45: ",
                    b"x" * 60,
                ),
            ]
        ),
        max_size=20,
    ).map(b"".join)
    | st.binary(max_size=200)
)
@examples(400)
def test_any_bytes_are_a_message_and_break_only_declared_rules(data):
    fields, broken = parse(data)
    assert set(broken) <= {rule.id for rule in find_service("syslog").rules}
    assert fields.pri is None or 0 <= fields.pri <= 191
    fields.text.encode()  # no lone surrogates


@pytest.mark.parametrize(
    "hostile",
    [
        b"<13>1 2003-10-11T22:14:15Z h a p m [" + b"a" * 60000,
        b"<13>1 2003-10-11T22:14:15Z h a p m [a@1 " + b'b="' + b"\\" * 60000,
        b"<13>1 2003-10-11T22:14:15Z h a p m [a@1 " + b'b="' + b"]" * 60000,
        b"<13>1 2003-10-11T22:14:15Z h a p m " + b'[a@1 b="]" ' * 5000,
        b"<13>1 2003-10-11T22:14:15Z h a p m [a@1" + b' b="c"' * 9000,
        b"<13>1 " + b" " * 60000,
        b"<13>Oct 11 22:14:15 " + b"a" * 60000,
        b"<13>" + b"a." * 30000 + b"%",
        b"<13>" + b"%SYS-" * 12000,
        b"<13>text" + b"\r\n" * 30000,
        b"<13>text" + b"\0" * 60000 + b"x",
        b"\n<13>" * 12000,
        "ü".encode() * 30000,
        b"\xff" * 60000,
    ],
)
def test_hostile_messages_cost_bounded_work(hostile, bounded):
    service = find_service("syslog")
    context = Context(make_world(), service.options(), "udp", PEER, LOCAL)
    service.datagram(context, ONE)  # the modules are loaded
    bounded(lambda: service.datagram(context, hostile))
