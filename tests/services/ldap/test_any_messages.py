"""Any bytes, and messages with any change: never an internal error, a bounded buffer, and bounded work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples, split_offsets
from services.ldap.asker import (
    ALICE,
    BASE,
    Asker,
    abandon,
    add,
    bind,
    compare,
    control,
    delete,
    equals,
    extended,
    message,
    modify,
    octets,
    rename,
    search,
)

from homeport.protocol.ber import BerError, children, encode, encode_sequence
from homeport.protocol.events import Data, Eof

UNIT = f"ou=things,{BASE}"
SUBSTRINGS = encode_sequence(octets("cn"), encode_sequence(encode(0x80, b"a"), encode(0x82, b"l")), tag=0xA4)
EXTENSIBLE = encode_sequence(encode(0x81, b"2.5.13.2"), encode(0x82, b"cn"), encode(0x83, b"alice"), tag=0xA9)
NESTED = encode_sequence(equals("uid", "alice"), encode_sequence(SUBSTRINGS, EXTENSIBLE, tag=0xA1), tag=0xA0)
PAGE = control("1.2.840.113556.1.4.319", encode_sequence(encode(2, b"\2"), octets(b"")), critical=True)
SORT = control("1.2.840.113556.1.4.473", encode_sequence(encode_sequence(octets("cn"))))
NEW_PASSWORD = encode_sequence(encode(0x80, ALICE.encode()), encode(0x82, b"new"))
MESSAGES = [
    message(1, bind(ALICE, "alice-pass")),
    message(1, encode_sequence(encode(2, b"\3"), octets(""), encode_sequence(octets("PLAIN"), tag=0xA3), tag=0x60)),
    message(2, search(BASE, 2, NESTED, ("*", "+")), PAGE, SORT),
    message(2, search("", 0)),
    message(3, add(UNIT, objectClass="organizationalUnit", ou="things")),
    message(4, modify(ALICE, (0, "mail", ("a@b",)), (1, "cn", ()), (2, "sn", ("x",)), (3, "uidNumber", ("1",)))),
    message(5, rename(UNIT, "ou=other", superior=BASE)),
    message(6, compare(ALICE, "uid", "alice")),
    message(7, delete(UNIT)),
    message(
        8, extended("1.3.6.1.4.1.4203.1.11.1", encode_sequence(encode(0x80, ALICE.encode()), encode(0x82, b"new")))
    ),
    message(9, extended("1.3.6.1.4.1.4203.1.11.3")),
    message(10, abandon(2)),
]
"""One of each kind."""
HOSTILE = [b"", b"\0", b"\xff" * 9, b"\x80", b"\x84\xff\xff\xff\xff", b"a" * 5000, b"=", b"cn=\\", b"\xc3", b"-1", b"*"]


def feed(data: bytes, *, admin: bool = False) -> Asker:
    """Send bytes on a new connection, which then ends; return it. Exceptions pass through."""
    one = Asker()
    if admin:
        one.login()
    for begin in range(0, len(data), 4096):
        one.hear(Data(data[begin : begin + 4096]))
    one.hear(Eof())
    return one


def values_in(data: bytes, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Return tag and place of each value, inner ones included."""
    found = []
    try:
        for tag, start, stop in children(data, begin, end):
            found.append((tag, start, stop))
            if tag & 0x20:
                found += values_in(data, start, stop)
    except BerError:
        pass
    return found


def rewritten(data: bytes, begin: int, end: int, place: tuple[int, int], new: bytes) -> bytes:
    """Return data in which a value has other contents, and all around it the right lengths."""
    parts = []
    for tag, start, stop in children(data, begin, end):
        if (start, stop) == place:
            parts.append(encode(tag, new))
        elif tag & 0x20 and start <= place[0] and place[1] <= stop:
            parts.append(encode(tag, rewritten(data, start, stop, place, new)))
        else:
            parts.append(encode(tag, data[start:stop]))
    return b"".join(parts)


@examples(300)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_notice_or_are_waited_for(data):
    feed(data)


@examples(600)
@given(st.data())
def test_a_message_with_some_other_bytes_is_refused_or_answered(data):
    whole = bytearray(b"".join(data.draw(st.lists(st.sampled_from(MESSAGES), min_size=1, max_size=3))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        kind = data.draw(st.integers(0, 2))
        if kind == 0:
            whole[at] = data.draw(st.integers(0, 255))
        elif kind == 1:
            del whole[at : at + data.draw(st.integers(1, 5))]
        else:
            whole[at:at] = data.draw(st.binary(min_size=1, max_size=5))
        if not whole:
            return
    feed(bytes(whole), admin=data.draw(st.booleans()))


@examples(600)
@given(st.data())
def test_a_value_of_any_content_in_a_message_with_right_lengths_is_answered(data):
    one = data.draw(st.sampled_from(MESSAGES))
    places = [(start, stop) for _tag, start, stop in values_in(one, 0, len(one))]
    place = data.draw(st.sampled_from(places))
    new = data.draw(st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=40), st.text(max_size=20).map(str.encode)))
    feed(rewritten(one, 0, len(one), place, new), admin=data.draw(st.booleans()))


@pytest.mark.parametrize("one", MESSAGES)
def test_a_message_that_is_cut_anywhere_does_nothing(one):
    for at in split_offsets(one):
        talk = feed(one[:at]).talk
        assert "truncated-message" in talk.findings


@pytest.mark.parametrize(
    "nested",
    [
        encode_sequence(tag=0xA0),
        b"\xa2\x80" * 2000,
        b"\xa0\x84\x7f\xff\xff\xff" * 200,
    ],
)
def test_deep_filters_are_refused_without_recursion(nested):
    deep = nested
    for _ in range(3000 if len(nested) < 9 else 1):
        deep = encode(0xA2, deep)
    feed(message(1, search(BASE, 2, deep)))


def test_what_is_kept_of_a_message_that_never_ends_is_bounded():
    one = Asker(max_message=10_000)
    one.hear(Data(b"\x30\x82\x27\x00" + b"\x02\x01\x01"))
    for _ in range(8):
        one.hear(Data(b"x" * 1000))
    assert len(one.session._buffer) <= 10_000
    other = Asker(max_message=10_000)
    other.hear(Data(b"\x30\x84\x7f\xff\xff\xff"))
    assert other.talk.findings == ["message-too-long"]
