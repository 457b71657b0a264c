"""Dates, and the arguments of APPEND, REPLACE and STORE."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.append_arguments import Piece, parse_append
from homeport.services.imap.grammar.dates import parse_date, parse_date_time, serialize_date_time
from homeport.services.imap.grammar.sequence_set import SAVED
from homeport.services.imap.grammar.store_arguments import parse_store
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

NOON = datetime.datetime(2026, 2, 1, 12, 34, 56, tzinfo=datetime.UTC).timestamp()
BODY = object()


def read(parse, text, *literals, **options):
    cursor = Cursor(text, literals)
    value = parse(cursor, **options)
    cursor.end()
    return value


def refused(parse, text, *literals, **options):
    with pytest.raises(SyntaxProblem) as problem:
        read(parse, text, *literals, **options)
    return problem.value


@pytest.mark.parametrize("text", [b"1-Feb-2026", b"01-FEB-2026", b'"1-feb-2026"', b'"01-Feb-2026"', b'" 1-Feb-2026"'])
def test_dates_of_a_search(text):
    assert read(parse_date, text) == datetime.date(2026, 2, 1)


@pytest.mark.parametrize(
    "text", [b"30-Feb-2026", b"0-Feb-2026", b"1-Foo-2026", b"1-Feb-26", b"1-Feb-0000", b" 1-Feb-2026", b'"1-Feb-2026',
             b"1 Feb 2026", b"", b"32-Jan-2026", b"1-Feb-20261"]
)  # fmt: skip
def test_malformed_dates_are_refused(text):
    assert refused(parse_date, text).reference.startswith("RFC 9051 9")


@pytest.mark.parametrize(
    ("text", "time", "zone"),
    [
        (b'" 1-Feb-2026 12:34:56 +0000"', NOON, 0),
        (b'"01-feb-2026 13:34:56 +0100"', NOON, 60),
        (b'" 1-Feb-2026 12:04:56 -0030"', NOON, -30),
        (b'"1-Feb-2026 12:34:56 +0000"', NOON, 0),
        (b'" 1-Jan-1960 00:00:00 +0000"', -315619200, 0),
        (b'"31-Dec-2016 23:59:60 +0000"', 1483228799, 0),
        (b'"01-Jan-0001 00:00:00 +1400"', -62135596800 - 14 * 3600, 840),
    ],
)
def test_dates_with_a_leading_blank_and_a_zone(text, time, zone):
    assert read(parse_date_time, text) == (time, zone)


@pytest.mark.parametrize(
    "text",
    [b" 1-Feb-2026 12:34:56 +0000", b'" 1-Feb-2026 12:34:56"', b'"30-Feb-2026 12:34:56 +0000"',
     b'" 1-Feb-2026 24:00:00 +0000"', b'" 1-Feb-2026 12:34:56 +1500"', b'" 1-Feb-2026 12:34:56 +0060"',
     b'" 1-Feb-2026 12:34:56 GMT"', b'" 1-Feb-0000 12:34:56 +0000"', b'"  1-Feb-2026 12:34:56 +0000"', b'""',
     b'" 1-Feb-2026 12:60:00 +0000"', b'" 1-Feb-2026 12:34:61 +0000"'],
)  # fmt: skip
def test_malformed_date_times_are_refused(text):
    assert refused(parse_date_time, text).reference == "RFC 9051 9 (date-time)"


def test_a_date_is_written_with_a_leading_blank():
    assert serialize_date_time(NOON + 0.9) == b'" 1-Feb-2026 12:34:56 +0000"'
    assert serialize_date_time(-1) == b'"31-Dec-1969 23:59:59 +0000"'


def test_a_date_is_written_in_its_zone():
    assert serialize_date_time(NOON, 330) == b'" 1-Feb-2026 18:04:56 +0530"'
    assert serialize_date_time(NOON, -30) == b'" 1-Feb-2026 12:04:56 -0030"'
    assert serialize_date_time(-62135596800 - 14 * 3600, 840) == b'" 1-Jan-0001 00:00:00 +1400"'
    assert serialize_date_time(-62135596801) == b'" 1-Jan-0001 00:00:00 +0000"'


@given(st.integers(-62135596800 + 14 * 3600, 253402300799 - 14 * 3600), st.integers(-840, 840))
def test_written_dates_are_read_again(time, zone):
    assert read(parse_date_time, serialize_date_time(time, zone)) == (time, zone)


def test_append():
    name, (message,) = read(parse_append, b'Sent (\\Seen $x) " 1-Feb-2026 12:34:56 +0000" {9}\r\n', BODY)
    assert name == "Sent"
    assert (message.body, message.flags, message.internal, message.utf8) == (BODY, ("\\Seen", "$x"), NOON, False)
    name, (message,) = read(parse_append, b"{5}\r\n {9+}\r\n", b"inbox", BODY)
    assert (name, message.body, message.flags, message.internal) == ("INBOX", BODY, (), None)
    assert read(parse_append, b"a () {0}\r\n", b"")[1][0].body == b""


def test_append_of_several_messages():
    cursor = Cursor(b"a {1}\r\n (\\Seen) {1}\r\n ~{1}\r\n", [b"x", b"y", b"z"])
    _name, messages = parse_append(cursor)
    assert [one.body for one in messages] == [b"x", b"y", b"z"]
    assert set(cursor.needs) == {"MULTIAPPEND", "BINARY"}
    assert refused(parse_append, b"a {1}\r\n {1}\r\n", b"x", b"y", single=True).reference == "RFC 8508 5"


def test_append_of_a_message_with_utf8_headers():
    cursor = Cursor(b"a UTF8 (~{1}\r\n)", [b"x"])
    (message,) = parse_append(cursor)[1]
    assert (message.utf8, message.body) == (True, b"x")
    assert set(cursor.needs) == {"UTF8=ACCEPT"}
    assert refused(parse_append, b"a UTF8 ({1}\r\n)", b"x").reference == "RFC 9755 4"


def test_append_of_parts():
    cursor = Cursor(b'a (\\Seen) CATENATE (URL "/a;UIDVALIDITY=1/;UID=2" TEXT {3}\r\n URL x)', [b"abc"])
    (message,) = parse_append(cursor)[1]
    assert message.body is None
    assert message.pieces == (Piece(url=b"/a;UIDVALIDITY=1/;UID=2"), Piece(b"abc"), Piece(url=b"x"))
    assert set(cursor.needs) == {"CATENATE"}


@pytest.mark.parametrize(
    "text",
    [b"a", b"a ", b'a "text"', b"a NIL", b"a (\\Seen)", b"a (\\Recent) {1}\r\n", b"a {1}\r\n ", b"a {1}\r\nx",
     b'a "x" {1}\r\n', b"a UTF8 {1}\r\n", b"a UTF8 (~{1}\r\n", b"a CATENATE ()", b"a CATENATE (TEXT x)",
     b"a CATENATE (FOO x)", b"a CATENATE", b'a " 1-Feb-2026 12:34:56 +0000" (\\Seen) {1}\r\n', b"a {1}"],
)  # fmt: skip
def test_malformed_appends_are_refused(text):
    refused(parse_append, text, b"x")


def test_store():
    request = read(parse_store, b"1:3 +FLAGS.SILENT (\\deleted $x)")
    assert (request.how, request.flags, request.silent) == ("add", ("\\Deleted", "$x"), True)
    request = read(parse_store, b"$ -flags \\Seen")
    assert (request.numbers, request.how, request.flags, request.silent) == (SAVED, "remove", ("\\Seen",), False)
    request = read(parse_store, b"1 FLAGS ()")
    assert (request.how, request.flags) == ("replace", ())
    assert read(parse_store, b"1 FLAGS a b a").flags == ("a", "b")


def test_store_unless_changed():
    cursor = Cursor(b"1 (UNCHANGEDSINCE 0) FLAGS (a)")
    assert parse_store(cursor).unchanged_since == 0
    assert set(cursor.needs) == {"CONDSTORE"}


def test_labels():
    cursor = Cursor(b'1 +X-GM-LABELS (\\Inbox "a b" Entw&APw-rfe)')
    request = parse_store(cursor)
    assert (request.labels, request.flags) == (True, ("\\Inbox", "a b", "Entwürfe"))
    assert set(cursor.needs) == {"X-GM-EXT-1"}


@pytest.mark.parametrize(
    "text",
    [b"1", b"1 FLAGS", b"1 FLAGS ", b"1 FLAG (a)", b"1 ++FLAGS (a)", b"1 +FLAGS.LOUD (a)", b"1 FLAGS (\\Recent)",
     b"1 FLAGS (a) b", b"1 (UNCHANGEDSINCE) FLAGS (a)", b"1 (UNCHANGEDSINCE x) FLAGS (a)", b"1 () FLAGS (a)",
     b"1 (X 1) FLAGS (a)", b"1 (UNCHANGEDSINCE 1) FLAGS", b"1 FLAGS \\*", b"1 FLAGS (a  b)", b"0 FLAGS (a)",
     b"1 FLAGS.SILENT", b'1 FLAGS "a"'],
)  # fmt: skip
def test_malformed_stores_are_refused(text):
    refused(parse_store, text)


PIECES = st.lists(
    st.sampled_from([b"1", b" ", b"FLAGS", b"+", b"-", b".SILENT", b"(", b")", b"\\Seen", b"a", b"{1}\r\n", b"~{1}\r\n",
                     b"UTF8", b"CATENATE", b"URL", b"TEXT", b'"', b" 1-Feb-2026 12:34:56 +0000", b"UNCHANGEDSINCE",
                     b"\xff", b"X-GM-LABELS", b"&"]),
    max_size=20,
).map(b"".join)  # fmt: skip


@given(PIECES | st.binary(max_size=30), st.sampled_from([parse_append, parse_store, parse_date, parse_date_time]))
def test_any_arguments_are_read_or_are_a_syntax_problem(text, parse):
    for line in (text, b"a " + text, b"1 FLAGS " + text, b"a CATENATE (" + text):
        try:
            parse(Cursor(line, [b"x", BODY, b"y"]))
        except SyntaxProblem:
            continue
