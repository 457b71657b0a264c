"""The journal: everything numbered, bounded, selective."""

import base64

import pytest

from homeport.world.journal import Connection, Journal, JournalOptions, Source, printable

PEER = ("192.0.2.7", 4711)
LOCAL = ("192.0.2.1", 10007)
ECHO = Source("echo", "tcp")


def journal(**options) -> Journal:
    return Journal("default", lambda: 1_792_000_000.5, JournalOptions(**options))


def say(journal: Journal, connection: Connection, direction: str, data: bytes) -> None:
    """Record bytes as the driver does."""
    if direction == "in":
        connection.received += len(data)
    else:
        connection.sent += len(data)
    if connection.room:
        journal.record_bytes(connection, direction, data)


def test_a_connection_is_logged_from_open_to_close():
    book = journal()
    connection = book.open(ECHO, PEER, LOCAL)
    say(book, connection, "in", b"hi\r\n")
    say(book, connection, "out", b"\xff\x00")
    book.close(connection, "closed")
    opened, came, went, closed = book.events()
    assert opened == {
        "seq": 1,
        "time": "2026-10-14T17:46:40.500000Z",
        "world": "default",
        "service": "echo",
        "listener": "tcp",
        "conn": "c1",
        "peer": "192.0.2.7:4711",
        "type": "opened",
    }
    assert (came["type"], came["text"], came["size"]) == ("in", "hi\\r\\n", 4)
    assert (went["type"], base64.b64decode(went["bytes"])) == ("out", b"\xff\x00")
    assert (closed["type"], closed["reason"], closed["received"], closed["sent"]) == ("closed", "closed", 4, 2)


def test_an_ipv6_peer_stands_in_brackets():
    book = journal()
    book.open(ECHO, ("2001:db8::7", 4711), LOCAL)
    assert next(book.events())["peer"] == "[2001:db8::7]:4711"


@pytest.mark.requirement("GEN-1.2.3-4")
def test_the_ring_is_bounded_by_bytes_keeps_the_newest_and_counts_the_dropped():
    book = journal(size=10_000)
    for number in range(1000):
        book.log(ECHO, "command", {"verb": f"V{number}"})
    events = list(book.events())
    assert book.size_bytes <= 10_000
    assert events[-1]["verb"] == "V999"
    assert events[-1]["seq"] == 1000
    assert book.dropped == 1000 - len(events)
    assert [event["seq"] for event in events] == list(range(events[0]["seq"], 1001))


def test_bytes_are_counted_in_full_and_kept_up_to_the_connections_share():
    book = journal(kept_per_connection=1000)
    connection = book.open(ECHO, PEER, LOCAL)
    for _ in range(100):
        say(book, connection, "in", b"x" * 100)
    book.close(connection, "closed")
    events = list(book.events())
    assert events[-1]["received"] == 10_000
    kept = [base64.b64decode(event["bytes"]) for event in events if event["type"] == "in"]
    assert sum(map(len, kept)) <= 1000
    assert len(kept[-1]) < 100
    assert events[len(kept)]["size"] == 100


def test_a_source_can_have_a_share_of_its_own_for_its_connections():
    book = journal(kept_per_connection=100)
    connection = book.open(Source("epp", "tls", 1000), PEER, LOCAL)
    say(book, connection, "in", bytes(500))
    assert list(book.entries())[-1][1].data == (bytes(500), 500)


def test_a_disabled_journal_ignores_a_sources_own_share():
    book = journal(enabled=False)
    assert not book.open(Source("epp", "tls", 1000), PEER, LOCAL).room


def test_a_thousand_reads_of_one_byte_do_not_fill_the_ring():
    book = journal(kept_per_connection=1000)
    connection = book.open(ECHO, PEER, LOCAL)
    for _ in range(1000):
        say(book, connection, "in", b"x")
    assert book.seq < 30


@pytest.mark.requirement("GEN-1.2.3-7")
def test_recording_can_be_limited_to_one_host():
    book = journal(record=["192.0.2.7", "2001:db8::/32"])
    for host in ("192.0.2.7", "192.0.2.8", "2001:db8::1", "fe80::1%eth0"):
        book.close(book.open(ECHO, (host, 1), LOCAL), "closed")
    assert {event["peer"] for event in book.events()} == {"192.0.2.7:1", "[2001:db8::1]:1"}


def test_a_disabled_journal_records_nothing():
    book = journal(enabled=False)
    connection = book.open(ECHO, PEER, LOCAL)
    say(book, connection, "in", b"x")
    book.log(connection, "command", {})
    book.close(connection, "closed")
    assert (book.seq, connection.received) == (0, 1)


def test_reading_begins_after_since():
    book = journal()
    for number in range(10):
        book.log(ECHO, "command", {"n": number})
    assert [event["seq"] for event in book.events(since=7)] == [8, 9, 10]
    assert list(book.events(since=10)) == []


def test_numbers_go_on_after_clearing():
    book = journal()
    book.log(ECHO, "command", {})
    book.clear()
    assert book.log(ECHO, "command", {}) == 2
    assert [event["seq"] for event in book.events()] == [2]


def test_watchers_are_called_after_every_event():
    book = journal()
    told = []
    book.watchers.append(lambda: told.append(book.seq))
    connection = book.open(ECHO, PEER, LOCAL)
    say(book, connection, "in", b"x")
    book.datagrams(ECHO, [(PEER, b"x", 1, (b"x",), None, 1)])
    book.close(connection, "closed")
    assert told == [1, 2, 3, 4]


def test_a_datagram_is_recorded_with_its_answers_and_cut_when_large():
    book = journal()
    book.datagrams(ECHO, [(PEER, b"q" * 4096, 9000, (b"one", b""), None, 3), (PEER, b"", 0, (), "rate", 0)])
    answered, dropped = book.events()
    assert (answered["peer"], answered["size"], len(answered["text"])) == ("192.0.2.7:4711", 9000, 4096)
    assert [answer["text"] for answer in answered["answers"]] == ["one", ""]
    assert (dropped["dropped"], dropped["answers"]) == ("rate", [])


def test_printable_bytes_have_no_control_characters():
    assert printable(b"a\tb\r\n\x1b[31m\xff\x7f") == "a\\tb\\r\\n\\x1b[31m\\xff\\x7f"
