"""Transcripts: the talk in its order, and how much of it is missing where the journal has only a part."""

import pytest

from homeport.control.transcript_text import text_of
from homeport.protocol.rules import Rule
from homeport.world.findings import Findings
from homeport.world.journal import ENTRY_COST, OCTETS_COST, Journal, JournalOptions, Source
from homeport.world.transcript import Fact, Missing, Octets, kept_connections, transcript_of

PEER = ("192.0.2.7", 4711)
LOCAL = ("2001:db8::1", 10007)
ECHO = Source("echo", "tcp")


class Book:
    """A journal with one connection, whose clock ticks a millisecond for everything that happens."""

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
            self.journal.octets_moved(self.connection, direction, data)

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
        (kept,) = kept_connections(self.journal, [self.connection])
        return kept


def test_a_talk_is_lines_of_both_sides_and_what_happened_between():
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
def test_lines_are_whole_however_they_were_cut(size):
    book = Book()
    data = b"one\r\ntwo\xff \\ \x1b[2J\r\nrest"
    for at in range(0, len(data), size):
        book.say("in", data[at : at + size])
    assert book.lines[1:] == ["C: one", "C: two\\xff \\\\ \\x1b[2J", "C: rest\\"]


def test_a_line_has_the_time_of_its_first_octet():
    book = Book()
    for octet in b"a\r\nb\r\n":
        book.say("in", bytes([octet]))
    assert [line[:15] for line in text_of(book.transcript).splitlines()[2:]] == ["17:46:40.002000", "17:46:40.005000"]


def test_what_is_no_text_is_a_hex_dump_whose_offsets_go_on():
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


def test_what_is_over_the_connections_share_is_missing_where_it_was_said():
    book = Book(kept_per_connection=OCTETS_COST + 10)
    book.say("in", b"0123456789abcdef")
    book.say("out", b"0123456789abcdef")
    book.journal.close(book.connection, "closed")
    assert book.lines == [
        "[opened]",
        "C: 0123456789\\",
        "[6 octets of the client are missing here: the journal has only a part]",
        "[16 octets of the server are missing here: the journal has only a part]",
        "[closed: closed]",
    ]
    assert not book.kept.whole


def test_a_share_that_is_filled_to_the_last_octet_loses_none_in_silence():
    book = Book(kept_per_connection=OCTETS_COST + 4)
    book.say("in", b"0123")
    assert book.kept.whole
    book.say("out", b"01")
    assert book.lines[1:] == ["C: 0123\\", "[2 octets of the server are missing here: the journal has only a part]"]


def test_what_the_ring_has_lost_is_missing_at_the_beginning():
    book = Book(size=3 * (ENTRY_COST + 3))
    for number in range(5):
        book.say("in", b"%d\r\n" % number)
        book.say("out", b"%d\r\n" % number)
    first, second, *rest = book.transcript.parts
    assert isinstance(first, Missing)
    assert isinstance(second, Missing)
    assert (first.direction, first.size, second.direction, second.size) == ("in", 12, "out", 9)
    assert [(part.direction, part.data) for part in rest] == [("out", b"3\r\n"), ("in", b"4\r\n"), ("out", b"4\r\n")]
    assert not book.kept.whole


def test_a_connection_that_is_not_recorded_is_missing_altogether():
    book = Book(enabled=False)
    book.say("in", b"abc")
    assert [(part.direction, part.size) for part in book.transcript.parts] == [("in", 3)]


def test_nothing_is_missing_from_what_is_whole_and_events_stand_in_their_order():
    book = Book()
    book.say("in", b"a")
    book.say("out", b"b")
    assert [type(part) for part in book.transcript.parts] == [Fact, Octets, Octets]
    assert transcript_of(book.journal, "c2", [], secrets=False) is None
