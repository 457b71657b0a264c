"""Octets that are no DNS message: FORMERR, with bounded work, whatever they are."""

import dns.message
import dns.opcode
import pytest
from conftest import make_world
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns.answering import respond
from homeport.services.dns.message import HEADER, MAX_STEPS, Malformed, parse

HEAD = bytes.fromhex("0007 0000 0001 0000 0000 0000")
NAME = b"\3www\7example\4test\0"


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        (b"\xc0\x0c", "bad-pointer"),  # to itself
        (b"\3www\xc0\x0c", "bad-pointer"),  # to its own beginning
        (b"\3www\xc0\x20", "bad-pointer"),  # forward
        (b"\xc0\x00", "bad-pointer"),  # to the header
        (b"\x40x\0", "reserved-label"),
        (b"\x80x\0", "reserved-label"),
        (b"\xbfx\0", "reserved-label"),
        (b"\x3f" + b"x" * 20, "cut-message"),
        (b"\3www", "cut-message"),
        (b"\xc0", "cut-message"),
        ((b"\x3f" + b"x" * 63) * 4 + b"\0", "name-too-long"),
    ],
)
def test_a_name_that_is_none_is_a_format_error(client, name, finding):
    reply = client().send(HEAD + name + b"\0\1\0\1" * (finding != "cut-message"))
    assert (reply.rcode, reply.findings) == ("FORMERR", [finding])
    assert reply.wire[:2] == HEAD[:2]
    assert len(reply.wire) == 12


def test_a_name_of_255_octets_is_a_name(client):
    longest = (b"\x3f" + b"x" * 63) * 3 + b"\x3d" + b"x" * 61 + b"\0"
    assert client().send(HEAD + longest + b"\0\1\0\1").rcode == "REFUSED"


@pytest.mark.parametrize("size", range(12))
def test_less_than_a_header_has_no_answer(client, size):
    reply = client().send(HEAD[:size])
    assert (reply.wire, reply.findings) == (None, ["short-message"])


def test_every_prefix_of_a_query_is_a_format_error(client):
    query = dns.message.make_query("www.example.test", "A", use_edns=0, flags=0).to_wire()
    for size in range(12, len(query)):
        assert client().send(query[:size]).rcode == "FORMERR"


def test_octets_after_the_message_are_a_finding_and_no_more(client):
    reply = client().send(HEAD + NAME + b"\0\1\0\1" + b"junk")
    assert (reply.rcode, reply.findings) == ("NOERROR", ["trailing-octets"])


def test_records_in_a_query_are_read_past(client):
    record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4"
    query = bytes.fromhex("0007 0000 0001 0001 0001 0001") + NAME + b"\0\1\0\1" + record * 3
    assert client().send(query).rcode == "NOERROR"


def test_names_in_data_are_expanded_and_in_lower_case():
    mx = b"\xc0\x0c\0\x0f\0\1\0\0\0\0\0\x09\0\x0a\4MAIL\xc0\x10"
    message = parse(bytes.fromhex("0007 2800 0001 0000 0001 0000") + NAME + b"\0\1\0\1" + mx)
    assert message.authority[0].data == b"\0\x0a\4mail\7example\4test\0"


def test_data_that_end_within_a_name_are_a_format_error():
    mx = b"\xc0\x0c\0\x0f\0\1\0\0\0\0\0\3\0\x0a\4MAIL\0"
    with pytest.raises(Malformed, match="within one of its fields"):
        parse(bytes.fromhex("0007 2800 0001 0000 0001 0000") + NAME + b"\0\1\0\1" + mx)


def test_the_work_for_the_names_of_one_message_is_bounded():
    """Each record's name is a pointer to one of 120 labels."""
    zone = b"\1a" * 120 + b"\0" + b"\0\6\0\1"
    records = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\0" * 100
    with pytest.raises(Malformed, match=str(MAX_STEPS)):
        parse(bytes.fromhex("0007 2800 0001 0000 0064 0000") + zone + records)


@pytest.mark.parametrize(
    ("flags", "count", "taken"), [(0, 32, True), (0, 33, False), (0x2800, 1000, True), (0x2800, 1001, False)]
)
def test_a_request_with_more_records_than_any_needs_is_refused_before_they_are_read(flags, count, taken):
    head = HEADER.pack(7, flags, 1, 0, count, 0)
    message = head + NAME + b"\0\6\0\1" + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\0" * (count if taken else 0)
    if taken:
        assert len(parse(message).authority) == count
    else:
        with pytest.raises(Malformed, match=f"{count} records: at most {count - 1}"):
            parse(message)


QUERIES = [
    dns.message.make_query("www.example.test", "A", use_edns=0, payload=4096, want_dnssec=True).to_wire(),
    dns.message.make_query("example.test", "ANY").to_wire(),
    dns.message.make_query("a.wild.example.test", "TXT").to_wire(),
]


@given(st.binary(max_size=600), st.sampled_from(["udp", "tcp", "tls"]))
@examples(300)
def test_no_octets_raise(data, transport):
    assert_answerable(data, transport)


@given(st.sampled_from(QUERIES), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4))
@examples(300)
def test_no_changed_query_raises(query, changes):
    mutated = bytearray(query)
    for at, octet in changes:
        mutated[at % len(mutated)] = octet
    assert_answerable(bytes(mutated), "udp")


WORLD = make_world()
SERVICE = find_service("dns")
CONTEXT = Context(WORLD, SERVICE.options(), "udp", ("127.0.0.1", 40000), ("127.0.0.1", 53), service="dns")


def assert_answerable(data, transport):
    """Assert that an answer, if there is one, is a message that dnspython can read, and has the id."""
    answered = respond(CONTEXT, transport, data)
    if answered.wire is not None:
        assert answered.wire[:2] == data[:2]
        wire = bytearray(answered.wire)
        if wire[2] & 0x78 == dns.opcode.UPDATE << 3:
            wire[2] ^= 0x28  # dnspython reads no UPDATE about a type that a zone section cannot have
        dns.message.from_wire(bytes(wire))
