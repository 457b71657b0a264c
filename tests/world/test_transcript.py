"""Transcripts: bytes and events in order, and the size of gaps where the journal has only a part."""

import pytest

from homeport.control.transcript_text import text_of
from homeport.protocol.rules import Rule
from homeport.world.findings import Findings
from homeport.world.journal import CHUNK_COST, ENTRY_COST, Journal, JournalOptions, Source
from homeport.world.transcript import Chunk, Fact, Gap, KeptConnections, transcript_of

PEER = ("192.0.2.7", 4711)
LOCAL = ("2001:db8::1", 10007)
ECHO = Source("echo", "tcp")


class Book:
    """A journal with one connection, whose clock advances a millisecond at each event."""

    def __init__(self, **options):
        self.now = 1_792_000_000.0
        self.journal = Journal("default", self.tick, JournalOptions(**options))
        self.connection = self.journal.open(ECHO, PEER, LOCAL)

    def tick(self):
        self.now += 0.001
        return self.now

    def say(self, direction, data):
        """As the driver tells of it."""
        if direction == "in":
            self.connection.received += len(data)
        else:
            self.connection.sent += len(data)
        if self.connection.room:
            self.journal.record_bytes(self.connection, direction, data)

    @property
    def transcript(self):
        return transcript_of(self.journal, "c1", [self.connection], secrets=False)

    @property
    def lines(self):
        """The text without its head, each line without its time."""
        head, *lines = text_of(self.transcript).splitlines()
        assert head.startswith("# c1, echo.tcp: C is 192.0.2.7:4711, S is [2001:db8::1]:10007; opened 2026-10-14T")
        return [line[16:] for line in lines]

    @property
    def kept(self):
        known = KeptConnections([self.connection])
        known.add(self.journal.entries())
        (kept,) = known
        return kept


def test_a_transcript_has_the_lines_of_both_sides_and_other_events():
    book = Book()
    book.say("in", b"EHLO a\r\nNOOP\n")
    rule = Rule("bare-lf", "must", "RFC 5321 2.3.8", "ended a line in LF")
    Findings(book.journal).add(rule, book.connection, b"NOOP\n")
    book.journal.log(book.connection, "command", {"verb": "EHLO"})
    book.say("out", b"250 a\r\n")
    book.journal.log(book.connection, "tls", {"version": "TLSv1.3", "cipher": "X", "server_name": ""})
    book.journal.close(book.connection, "closed")
    assert book.lines == [
        "[opened]",
        "C: EHLO a",
        "C: NOOP\\n",
        "[finding echo.bare-lf (must, RFC 5321 2.3.8): ended a line in LF: NOOP\\n]",
        "S: 250 a",
        "[tls version=TLSv1.3 cipher=X]",
        "[closed: closed]",
    ]
    assert book.kept.whole
    assert book.connection.findings == 1


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_lines_are_whole_in_whatever_pieces_they_arrived(size):
    book = Book()
    data = b"one\r\ntwo\xff \\ \x1b[2J\r\nrest"
    for at in range(0, len(data), size):
        book.say("in", data[at : at + size])
    assert book.lines[1:] == ["C: one", "C: two\\xff \\\\ \\x1b[2J", "C: rest\\"]


def test_a_line_has_the_time_of_its_first_byte():
    book = Book()
    for byte in b"a\r\nb\r\n":
        book.say("in", bytes([byte]))
    assert [line[:15] for line in text_of(book.transcript).splitlines()[2:]] == ["17:46:40.002000", "17:46:40.005000"]


def test_binary_data_is_a_hex_dump_with_continuous_offsets():
    book = Book()
    book.say("out", bytes(range(200, 220)))
    book.say("in", b"x")
    book.say("out", b"\0\1\2\3")
    assert book.lines[1:] == [
        "S: 00000000  c8 c9 ca cb cc cd ce cf d0 d1 d2 d3 d4 d5 d6 d7  |................|",
        "S: 00000010  d8 d9 da db                                      |....|",
        "C: x\\",
        "S: 00000014  00 01 02 03                                      |....|",
    ]


def test_bytes_beyond_the_connections_share_are_missing_at_their_place():
    book = Book(kept_per_connection=CHUNK_COST + 10)
    book.say("in", b"0123456789abcdef")
    book.say("out", b"0123456789abcdef")
    book.journal.close(book.connection, "closed")
    assert book.lines == [
        "[opened]",
        "C: 0123456789\\",
        "[6 bytes of the client are missing here: the journal kept only a part]",
        "[16 bytes of the server are missing here: the journal kept only a part]",
        "[closed: closed]",
    ]
    assert not book.kept.whole


def test_a_share_that_is_filled_exactly_has_no_unreported_gap():
    book = Book(kept_per_connection=CHUNK_COST + 4)
    book.say("in", b"0123")
    assert book.kept.whole
    book.say("out", b"01")
    assert book.lines[1:] == ["C: 0123\\", "[2 bytes of the server are missing here: the journal kept only a part]"]


def test_bytes_that_the_ring_dropped_are_missing_at_the_start():
    book = Book(size=3 * (ENTRY_COST + 3))
    for number in range(5):
        book.say("in", b"%d\r\n" % number)
        book.say("out", b"%d\r\n" % number)
    first, second, *rest = book.transcript.parts()
    assert isinstance(first, Gap)
    assert isinstance(second, Gap)
    assert (first.direction, first.size, second.direction, second.size) == ("in", 12, "out", 9)
    assert [(part.direction, part.data) for part in rest] == [("out", b"3\r\n"), ("in", b"4\r\n"), ("out", b"4\r\n")]
    assert not book.kept.whole


def test_an_unrecorded_connection_is_one_gap():
    book = Book(enabled=False)
    book.say("in", b"abc")
    assert [(part.direction, part.size) for part in book.transcript.parts()] == [("in", 3)]


def test_a_complete_transcript_has_no_gap_and_events_in_order():
    book = Book()
    book.say("in", b"a")
    book.say("out", b"b")
    assert [type(part) for part in book.transcript.parts()] == [Fact, Chunk, Chunk]
    assert transcript_of(book.journal, "c2", [], secrets=False) is None
