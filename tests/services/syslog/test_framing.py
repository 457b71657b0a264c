"""Messages in a stream (RFC 6587), with counts, line ends, or what clients take for them."""

import pytest
from conftest import PEER
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.services.syslog.framing import SLACK, Framer

ONE = b"<13>1 2003-10-11T22:14:15Z host app - - - one"
TWO = b"<13>1 2003-10-11T22:14:15Z host app - - - two"


def counted(*messages: bytes) -> bytes:
    return b"".join(b"%d %s" % (len(one), one) for one in messages)


def test_counted_messages_follow_one_another(stream):
    received = stream(counted(ONE, TWO))
    assert (received.raw, received.findings) == ([ONE, TWO], [])
    assert [one.framing for one in received.messages] == ["octet-counting", "octet-counting"]
    assert not received.closed
    assert received.sent == b""


def test_lines_end_with_lf(stream):
    received = stream(ONE + b"\n" + TWO + b"\n")
    assert (received.raw, received.findings) == ([ONE, TWO], [])
    assert [one.framing for one in received.messages] == ["line", "line"]


def test_a_counted_message_may_have_line_ends(stream):
    message = ONE + b"\nmore"
    received = stream(counted(message, TWO))
    assert (received.raw, received.findings) == ([message, TWO], ["newline-in-message"])


def test_the_framing_is_decided_for_each_message(stream):
    received = stream(counted(ONE) + TWO + b"\n" + counted(ONE))
    assert received.raw == [ONE, TWO, ONE]
    assert received.findings == ["framing-changed", "framing-changed"]


@pytest.mark.parametrize(
    ("data", "raw", "findings"),
    [
        # The count is too small; too large by a part of the next count, by all of it, and by more.
        (b"44 " + ONE + counted(TWO), [ONE[:44], b"e", TWO], ["count-wrong"]),
        (
            b"46 " + ONE + counted(TWO, TWO),
            [ONE + b"4", b"<13>1", TWO[5:], TWO],
            ["bsd-format", "bsd-timestamp-missing", "count-wrong"],
        ),
        (b"48 " + ONE + counted(TWO, TWO), [ONE + b"45 ", TWO, TWO], ["count-wrong"]),
        (b"59 " + ONE + counted(TWO, TWO), [ONE + b"45 " + TWO[:11], TWO[11:], TWO], ["count-wrong"]),
        # A line end that is not counted, once and always.
        (b"45 " + ONE + b"\n" + b"45 " + TWO + b"\n", [ONE, TWO], ["count-and-newline", "count-and-newline"]),
        # A line end that is counted.
        (b"46 " + ONE + b"\n" + counted(TWO), [ONE + b"\n", TWO], ["newline-ends"]),
        # NUL ends messages, with LF or alone.
        (ONE + b"\0" + TWO + b"\0", [ONE, TWO], ["nul-ends", "nul-ends"]),
        (ONE + b"\0\n" + TWO + b"\0\n", [ONE, TWO], ["nul-ends", "nul-ends"]),
        (ONE + b"\r\n" + TWO + b"\n", [ONE, TWO], ["crlf"]),
        # Numbers are no counts where no PRI follows.
        (b"404 not found\n" + ONE + b"\n", [b"404 not found", ONE], ["pri-missing"]),
        (b"2024-10-11 late\n", [b"2024-10-11 late"], ["pri-missing"]),
        (b"1234567890 <13>x\n", [b"1234567890 <13>x"], ["pri-missing"]),
        (b"010 <13>x\n", [b"010 <13>x"], ["pri-missing"]),
        (b"\n\n" + ONE + b"\n", [ONE], ["message-empty", "message-empty"]),
    ],
)
def test_what_is_wrong_with_the_framing_is_found_and_nothing_is_lost(stream, data, raw, findings):
    received = stream(data)
    assert (received.raw, received.findings) == (raw, findings)


@pytest.mark.parametrize(
    ("data", "raw", "findings"),
    [
        (b"45 " + ONE[:20], [ONE[:20]], "message-unfinished"),
        (ONE, [ONE], "line-unfinished"),
        (counted(TWO) + ONE, [TWO, ONE], "line-unfinished"),
        (b"", [], None),
        (ONE + b"\n\n"[:1], [ONE], None),
    ],
)
def test_the_end_of_the_connection_ends_a_message(stream, data, raw, findings):
    received = stream(data, eof=True)
    assert received.raw == raw
    assert received.closed
    assert findings in received.findings if findings else received.findings == []


def test_a_counted_message_that_is_too_long_is_cut_and_the_next_one_found(stream):
    long = ONE + b"x" * 2000
    received = stream(counted(long, TWO), max_message=480)
    assert received.raw == [long[:480], TWO]
    assert received.messages[0].size == len(long)
    assert received.findings == ["message-cut"]


@pytest.mark.parametrize("length", [480, 481, 480 + SLACK, 481 + SLACK, 3000])
def test_a_line_that_is_too_long_is_cut_and_the_next_one_found(stream, length):
    long = ONE + b"x" * (length - len(ONE))
    received = stream(long + b"\n" + TWO + b"\n", max_message=480)
    assert received.raw == [long[:480], TWO]
    assert received.findings == (["message-cut"] if length > 480 else [])


def test_counts_can_be_expected(stream):
    received = stream(ONE + b"\n", framing="octet-counting")
    assert (received.raw, received.findings) == ([ONE], ["count-missing"])
    assert stream(b"5 hello", framing="octet-counting").findings == ["pri-missing"]


def test_line_ends_can_be_expected(stream):
    received = stream(b"45 " + ONE + b"\n", framing="non-transparent")
    assert received.raw == [b"45 " + ONE]
    assert received.findings == ["count-unexpected", "pri-missing"]


@given(st.lists(st.binary(min_size=1, max_size=60).map(lambda one: b"<13>" + one), max_size=5), st.data())
@examples(200)
def test_counted_messages_arrive_however_they_are_cut(messages, data):
    wire = counted(*messages)
    framer, found = Framer(65536), []
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        found += [frame.content for frame in framer.feed(wire[:size])]
        wire = wire[size:]
    assert found == messages
    assert framer.finish() is None


@given(
    st.lists(
        st.sampled_from([b"<13>a", b"7 ", b"5 <13>x", b"\n", b"\0", b"\r", b"<", b"99 <", b"xyz" * 9]), max_size=30
    )
)
@examples(300)
def test_any_stream_gives_the_same_messages_however_it_is_cut(parts):
    wire = b"".join(parts)

    def split(pieces):
        framer = Framer(480)
        framer._max = 8  # so that small examples are cut
        found = [frame for piece in pieces for frame in framer.feed(piece)]
        assert len(framer) <= max(len(wire), 64)
        end = framer.finish()
        return [*found, *([end] if end else [])]

    whole = split([wire])
    assert split([wire[at : at + 1] for at in range(len(wire))]) == whole
    assert split([wire[at : at + 7] for at in range(0, len(wire), 7)]) == whole


def test_what_is_kept_of_an_endless_line_is_bounded():
    framer = Framer(480)
    for _ in range(1000):
        list(framer.feed(b"x" * 1000))
        assert len(framer) <= 480 + SLACK + 1000


def test_every_message_knows_where_it_came_from(stream):
    message = stream(ONE + b"\n").one
    assert (message.listener, message.conn, message.peer, message.id) == ("tcp", "c1", PEER, "l1")
