"""The arguments of SEARCH: keys, charsets, result options, bounds."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.fetch_items import PartialRange
from homeport.services.imap.grammar.search_keys import (
    MAX_DEPTH,
    MAX_KEYS,
    All,
    AllOf,
    AnyOf,
    BadCharset,
    Flag,
    Identifier,
    InHeader,
    InText,
    Label,
    Modseq,
    Not,
    Numbers,
    OnDay,
    Query,
    Recent,
    Size,
    Within,
    parse_search,
)
from homeport.services.imap.grammar.sequence_set import SAVED, SequenceSet
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem

DAY = datetime.date(2026, 2, 1)
SEEN = Flag("\\Seen")


def parse(text, *literals, utf8=False):
    return parse_search(Cursor(text, literals, utf8=utf8))


def key(text, *literals):
    return parse(text, *literals).key


def refused(text, *literals, utf8=False):
    with pytest.raises(SyntaxProblem) as problem:
        parse(text, *literals, utf8=utf8)
    return problem.value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"ALL", All()),
        (b"seen", SEEN),
        (b"UNSEEN", Not(SEEN)),
        (b"NEW", AllOf((Recent(), Not(SEEN)))),
        (b"OLD", Not(Recent())),
        (b"KEYWORD $Forwarded", Flag("$Forwarded")),
        (b"UNKEYWORD \\seen", Not(SEEN)),
        (b"FROM Smith", InHeader("from", "Smith")),
        (b'SUBJECT ""', InHeader("subject", "")),
        (b'HEADER "Message-ID" <a@b>', InHeader("message-id", "<a@b>")),
        (b"HEADER {4}\r\n {0}\r\n", InHeader("date", "")),
        (b"BODY x", InText("body", "x")),
        (b'TEXT "a b"', InText("text", "a b")),
        (b"LARGER 10", Size(larger=True, size=10)),
        (b"SMALLER 9223372036854775807", Size(larger=False, size=(1 << 63) - 1)),
        (b"BEFORE 1-Feb-2026", OnDay("internal", "before", DAY)),
        (b'ON " 1-Feb-2026"', OnDay("internal", "on", DAY)),
        (b"SENTSINCE 1-Feb-2026", OnDay("sent", "since", DAY)),
        (b"SAVEDON 1-Feb-2026", OnDay("saved", "on", DAY)),
        (b"SAVEDATESUPPORTED", All()),
        (b"YOUNGER 60", Within(younger=True, seconds=60)),
        (b"OLDER 60", Within(younger=False, seconds=60)),
        (b"1:2,4", Numbers(SequenceSet(((1, 2), (4, 4))), uid=False)),
        (b"UID 4:1", Numbers(SequenceSet(((1, 4),)), uid=True)),
        (b"$", Numbers(SAVED, uid=False)),
        (b"UID $", Numbers(SAVED, uid=True)),
        (b"MODSEQ 620162338", Modseq(620162338)),
        (b'MODSEQ "/flags/\\\\draft" all 620162338', Modseq(620162338)),
        (b"EMAILID M1", Identifier("EMAILID", "M1")),
        (b"THREADID T1", Identifier("THREADID", "T1")),
        (b"X-GM-LABELS \\Inbox", Label("\\Inbox")),
        (b'X-GM-RAW "in:x"', Query("in:x")),
        (b"SEEN DELETED", AllOf((SEEN, Flag("\\Deleted")))),
        (b"(SEEN DELETED)", AllOf((SEEN, Flag("\\Deleted")))),
        (b"(SEEN)", SEEN),
        (b"NOT SEEN", Not(SEEN)),
        (b"NOT (SEEN DELETED)", Not(AllOf((SEEN, Flag("\\Deleted"))))),
        (b"OR SEEN DELETED", AnyOf((SEEN, Flag("\\Deleted")))),
        (b"OR SEEN OR DELETED DRAFT", AnyOf((SEEN, Flag("\\Deleted"), Flag("\\Draft")))),
        (b"OR OR SEEN DELETED DRAFT", AnyOf((AnyOf((SEEN, Flag("\\Deleted"))), Flag("\\Draft")))),
        (b"OR NOT SEEN (DELETED DRAFT) ALL",
         AllOf((AnyOf((Not(SEEN), AllOf((Flag("\\Deleted"), Flag("\\Draft"))))), All()))),
    ],
)  # fmt: skip
def test_keys(text, found):
    assert key(text, b"Date", b"") == found


def test_the_charset_of_a_search():
    assert key(b"CHARSET UTF-8 SUBJECT {5}\r\n", "café".encode()) == InHeader("subject", "café")
    assert key(b"CHARSET iso-8859-1 SUBJECT {4}\r\n", b"caf\xe9") == InHeader("subject", "café")
    assert key(b'CHARSET "US-ASCII" TEXT x') == InText("text", "x")
    assert key(b"CHARSET utf-16le TEXT {2}\r\n", b"x\0".replace(b"\0", b"y")) != InText("text", "x")
    assert parse(b"CHARSET UTF-8 ALL").charset == "UTF-8"
    assert key(b"SUBJECT {5}\r\n", "café".encode()) == InHeader("subject", "café")
    assert refused(b"CHARSET UTF-8 SUBJECT {4}\r\n", b"caf\xe9").text.startswith("a text is not valid")


def test_an_unknown_charset_is_a_problem_of_its_own():
    problem = refused(b"CHARSET x-unknown ALL")
    assert isinstance(problem, BadCharset)
    assert "US-ASCII, UTF-8" in problem.text
    assert not isinstance(refused(b"CHARSET"), BadCharset)
    assert isinstance(refused(b"CHARSET ISO-8859-1 ALL", utf8=True), BadCharset)


def test_result_options():
    assert parse(b"ALL").returned is None
    assert parse(b"RETURN () ALL").returned == {"ALL"}
    assert parse(b"RETURN (MIN MAX COUNT) CHARSET UTF-8 ALL").returned == {"MIN", "MAX", "COUNT"}
    assert parse(b"RETURN (SAVE) ALL").returned == {"SAVE"}
    request = parse(b"RETURN (PARTIAL -1:-100 COUNT) ALL")
    assert (request.returned, request.partial) == ({"COUNT"}, PartialRange(-1, -100))
    assert parse(b"RETURN (UPDATE) ALL").returned == {"UPDATE"}


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        (b"ALL", set()),
        (b"RETURN (MIN) ALL", {"ESEARCH"}),
        (b"RETURN (SAVE) ALL", {"ESEARCH", "SEARCHRES"}),
        (b"RETURN (PARTIAL 1:2) ALL", {"ESEARCH", "PARTIAL"}),
        (b"RETURN (UPDATE) ALL", {"ESEARCH", "CONTEXT=SEARCH"}),
        (b"YOUNGER 1", {"WITHIN"}),
        (b"SAVEDSINCE 1-Feb-2026", {"SAVEDATE"}),
        (b"EMAILID M1", {"OBJECTID"}),
        (b"MODSEQ 1", {"CONDSTORE"}),
        (b"$", {"SEARCHRES"}),
        (b"X-GM-RAW x", {"X-GM-EXT-1"}),
    ],
)
def test_the_extensions_that_are_used_are_noted(text, capabilities):
    cursor = Cursor(text)
    parse_search(cursor)
    assert set(cursor.needs) == capabilities


def test_the_use_of_modseq_is_known():
    assert parse(b"OR MODSEQ 1 SEEN").uses_modseq
    assert not parse(b"SEEN").uses_modseq


@pytest.mark.parametrize(
    "text",
    [b"", b"X", b"ALL ", b" ALL", b"ALL  SEEN", b"()", b"(ALL", b"(ALL )", b"NOT", b"NOT ", b"OR SEEN", b"OR", b"FROM",
     b"HEADER x", b"LARGER x", b"LARGER -1", b"ON x", b"ON", b"KEYWORD", b"KEYWORD (a)", b"YOUNGER 0", b"UID", b"UID x",
     b"0", b"MODSEQ", b'MODSEQ "x" 1', b'MODSEQ "x" foo 1', b"RETURN ALL", b"RETURN (X) ALL", b"RETURN (MIN)",
     b"RETURN (PARTIAL) ALL", b"RETURN (PARTIAL 1:2 ALL) ALL", b"RETURN (PARTIAL 1:2 PARTIAL 1:2) ALL", b"UNRECENT",
     b"SUBJECT caf\xc3\xa9", b"SENT 1-Feb-2026", b"UN", b"1:", b"EMAILID", b"ALL)"],
)  # fmt: skip
def test_malformed_searches_are_refused(text):
    assert refused(text).reference.startswith("RFC ")


def test_depth_and_number_of_keys_are_bounded():
    key(b"(" * MAX_DEPTH + b"ALL" + b")" * MAX_DEPTH)
    for text in (b"(" * 5000 + b"ALL" + b")" * 5000, b"NOT " * 5000 + b"ALL", b"OR " * 5000 + b"ALL " * 5001):
        assert "at most" in refused(text.strip()).text
    refused(b" ".join([b"ALL"] * (MAX_KEYS + 1)))


def test_a_long_chain_of_alternatives_is_flat():
    chain = b"".join(b"OR HEADER Message-ID %d " % number for number in range(900)) + b"ALL"
    assert len(key(chain).keys) == 901


PIECES = st.lists(
    st.sampled_from([b"ALL", b"SEEN", b"NOT", b"OR", b"(", b")", b" ", b"FROM", b"HEADER", b"x", b'"a b"', b"1:*",
                     b"UID",
                     b"RETURN", b"MIN", b"CHARSET", b"UTF-8", b"iso-2022-jp", b"{1}\r\n", b"LARGER", b"5", b"ON",
                     b"1-Feb-2026", b"MODSEQ", b"\xff", b"$", b"TEXT", b"KEYWORD", b"PARTIAL"]),
    max_size=25,
).map(b"".join)  # fmt: skip


@given(PIECES | st.lists(PIECES, max_size=8).map(b" ".join) | st.binary(max_size=30), st.booleans())
def test_any_arguments_are_read_or_are_a_syntax_problem(text, utf8):
    try:
        parse(text, b"\xff", b"x", utf8=utf8)
    except SyntaxProblem:
        return
