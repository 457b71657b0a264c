"""Messages of the server, read back by dnspython and by our own parser."""

import dns.message
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.services.dns.message import parse
from homeport.services.dns.writer import Writer, opt_record
from homeport.world.zones.name import Name, name_wire
from homeport.world.zones.rrset import RRset

LABELS = st.sampled_from([b"a", b"b", b"www", b"xn--x", b"A b", b"\0", b".", b"l" * 63])
NAMES: st.SearchStrategy[Name] = st.lists(LABELS.map(bytes.lower), max_size=3).map(tuple)
DATA = st.one_of(
    st.tuples(st.just(1), st.binary(min_size=4, max_size=4)),
    st.tuples(st.sampled_from([2, 5, 12, 39]), NAMES.map(name_wire)),
    st.tuples(st.just(15), NAMES.map(lambda name: b"\0\1" + name_wire(name))),
    st.tuples(st.just(33), NAMES.map(lambda name: bytes(6) + name_wire(name))),
    st.tuples(st.just(6), st.tuples(NAMES, NAMES).map(lambda two: b"".join(map(name_wire, two)) + bytes(20))),
    st.tuples(st.just(65280), st.binary(max_size=300)),
)
RECORDS = st.lists(st.tuples(NAMES, DATA), max_size=12)


def written(question, records, limit, reserved=0):
    """Return a message with these records as its answer, and whether all fitted."""
    writer = Writer(name_wire(question) + b"\0\1\0\1", question, limit, reserved)
    fits = [writer.add(1, owner, RRset(kind, 60, (data,))) for owner, (kind, data) in records]
    return writer.finish(7, 0x8000), all(fits)


@given(NAMES, RECORDS)
@examples(200)
def test_what_is_written_is_read_back(question, records):
    wire, fitted = written(question, records, 0xFFFF)
    assert fitted
    message = parse(wire)
    assert message.question is not None
    assert message.question.name == question
    assert [(one.name, one.type, one.data) for one in message.answers] == [
        (owner, kind, data) for owner, (kind, data) in records
    ]
    assert message.trailing == 0


@given(NAMES, RECORDS)
@examples(100)
def test_dnspython_reads_the_same(question, records):
    wire, _fitted = written(question, records, 0xFFFF)
    theirs = dns.message.from_wire(wire, one_rr_per_rrset=True)
    assert [one.name for one in theirs.answer] == [dns.name.Name((*owner, b"")) for owner, _data in records]
    assert [one[0].to_wire() for one in theirs.answer] == [data for _owner, (_kind, data) in records]


@given(NAMES, RECORDS, st.integers(200, 700))
@examples(200)
def test_a_message_is_never_longer_than_it_may_be_and_always_whole(question, records, limit):
    """A record set that does not fit leaves nothing behind: no octets, and no name that a pointer could lead to."""
    wire, fitted = written(question, records, limit)
    assert len(wire) <= max(limit, 12 + len(name_wire(question)) + 4)
    message = parse(wire)
    assert (len(message.answers) == len(records)) is fitted
    whole = [(owner, kind, data) for owner, (kind, data) in records]
    assert all((one.name, one.type, one.data) in whole for one in message.answers)


def test_names_beyond_the_reach_of_pointers_are_written_in_full():
    owner = (b"far", b"test")
    writer = Writer(b"", (), 0xFFFF)
    for number in range(70):
        assert writer.add(1, (b"n%d" % number, b"test"), RRset(65280, 60, (bytes(250),)))
    for _ in range(2):
        assert writer.add(1, owner, RRset(1, 60, (bytes(4),)))
    message = parse(writer.finish(7, 0x8000))
    assert [one.name for one in message.answers[-2:]] == [owner, owner]


@pytest.mark.parametrize("rcode", [0, 3, 16, 23])
def test_opt_carries_the_upper_bits_of_the_response_code(rcode):
    writer = Writer(b"", (), 512)
    theirs = dns.message.from_wire(writer.finish(7, 0x8000 | rcode & 0xF, opt_record(1232, rcode, 0x8000, [(3, b"x")])))
    assert theirs.rcode() == rcode
    assert (theirs.payload, theirs.ednsflags & 0xFFFF) == (1232, 0x8000)
    assert theirs.options[0].to_wire() == b"x"
