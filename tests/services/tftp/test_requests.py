"""Requests, their syntax, and what gets an ERROR (RFC 1350, RFC 2347)."""

import pytest
from conftest import make_world
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from services.tftp.packets_client import Client, rrq, wrq

from homeport.services.tftp.packets import error, opcode_of
from homeport.services.tftp.request import BadRequest, Request, parse


def code(packets: list[bytes]) -> int:
    (packet,) = packets
    assert packet[:2] == b"\0\5"
    assert packet.endswith(b"\0")
    assert packet[4:-1].isascii()
    return packet[3]


@pytest.mark.requirement("TFTP-4.2.2.1-1")
def test_mode_mail_is_refused(client):
    for verb in (rrq, wrq):
        one = client()
        assert code(one.ask(verb("user", "mail"))) == 7
        assert one.findings == ["mail-mode"]


@pytest.mark.parametrize(
    ("packet", "number", "finding"),
    [
        (b"\0\1", 4, "no-name-or-mode"),
        (b"\0\1\0octet\0", 4, "no-name-or-mode"),
        (b"\0\1x\0", 4, "no-name-or-mode"),
        (b"\0\1x\0octet", 4, "no-terminator"),
        (b"\0\1x\0binary\0", 4, "unknown-mode"),
        (b"\0\x09\xff\xff", 4, "unknown-opcode"),
        (b"\0\0", 4, "unknown-opcode"),
        (b"\xff\xff", 4, "unknown-opcode"),
        (b"\0\3\0\1abc", 5, "no-transfer"),
        (b"\0\4\0\1", 5, "no-transfer"),
        (b"\0\6blksize\x008\0", 5, "no-transfer"),
    ],
)
@pytest.mark.requirement("GEN-1.2.2-3")
def test_what_is_no_request_gets_an_error(client, packet, number, finding):
    one = client()
    assert code(one.ask(packet)) == number
    assert one.findings == [finding]
    assert one.session is None


@pytest.mark.parametrize("packet", [b"", b"\0"])
def test_a_packet_without_an_opcode_gets_nothing(client, packet):
    one = client()
    assert one.ask(packet) == []
    assert one.findings == ["short-packet"]


def test_an_error_is_never_answered(client):
    one = client()
    assert one.ask(error(4, "loop")) == []
    assert one.findings == []


def test_a_request_without_its_last_nul_is_taken_if_the_syntax_is_lenient(client, files):
    (files / "x").write_bytes(b"abc")
    one = client(syntax="lenient")
    assert one.ask(b"\0\1x\0octet") == [b"\0\3\0\1abc"]
    assert one.findings == ["no-terminator"]


def test_modes_and_options_are_taken_in_any_case(client, files):
    (files / "x").write_bytes(b"abc")
    one = client()
    assert one.ask(b"\0\1x\0OcTeT\0BLKsize\x00100\0TSIZE\x000\0") == [b"\0\6blksize\x00100\0tsize\x003\0"]
    assert one.findings == []


def test_a_repeated_option_is_a_finding_and_the_first_one_counts(client, files):
    (files / "x").write_bytes(b"abc")
    one = client()
    assert one.ask(rrq("x", "octet", blksize=100) + b"BLKSIZE\x00200\0") == [b"\0\6blksize\x00100\0"]
    assert one.findings == ["options-repeated"]


def test_a_request_of_more_than_512_octets_is_a_finding(client, files):
    one = client()
    assert code(one.ask(rrq("d/" * 120 + "x", "octet", padding="0" * 300))) == 1
    assert one.findings == ["request-too-long"]


def test_an_option_without_a_value_is_a_finding(client, files):
    (files / "x").write_bytes(b"abc")
    one = client()
    assert one.ask(b"\0\1x\0octet\0blksize\0") == [b"\0\3\0\1abc"]
    assert one.findings == ["option-without-value"]


def parsed(packet: bytes, *, lenient: bool = False) -> Request | BadRequest:
    """Return what parsing a request ends with."""
    try:
        return parse(packet, lenient=lenient)
    except BadRequest as bad:
        return bad


@given(packet=st.binary(max_size=700))
@examples(300)
def test_any_datagram_is_answered_by_at_most_one_packet_that_is_not_long(packet):
    if opcode_of(packet) in (1, 2) and isinstance(parsed(packet), Request):
        return  # it begins a transfer
    answers = Client(make_world()).ask(packet)
    assert len(answers) <= 1
    assert all(len(one) <= 128 for one in answers)


@given(packet=st.binary(max_size=600).map(lambda rest: b"\0\1" + rest), lenient=st.booleans())
@examples(300)
def test_any_request_is_parsed_or_refused(packet, lenient):
    result = parsed(packet, lenient=lenient)
    if isinstance(result, BadRequest):
        assert result.code in range(9)
        assert result.text
    else:
        assert result.name
        assert result.mode in ("netascii", "octet")
        assert len(result.options) <= 32
        assert result.argument.isprintable()
