"""The arguments of FETCH: items, sections, partial ranges, modifiers, and the labels of the response."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.fetch_items import PartialRange, parse_fetch
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.world.mail.mime.sections import Section


def parse(text, *literals, uid=True):
    return parse_fetch(Cursor(text, literals), uid=uid)


def items(text, *literals):
    return parse(b"1 " + text, *literals).items


def item(text, *literals):
    (only,) = items(text, *literals)
    return only


def needs(text):
    cursor = Cursor(b"1 " + text)
    parse_fetch(cursor, uid=True)
    return set(cursor.needs)


def refused(text, *literals, uid=True):
    with pytest.raises(SyntaxProblem) as problem:
        parse(b"1 " + text, *literals, uid=uid)
    return problem.value


def test_a_list_of_items():
    request = parse(b"1:* (UID flags Rfc822.Size)")
    assert [one.name for one in request.items] == ["UID", "FLAGS", "RFC822.SIZE"]
    assert [one.label for one in request.items] == [b"UID", b"FLAGS", b"RFC822.SIZE"]
    assert not request.sets_seen


@pytest.mark.parametrize(
    ("macro", "names"),
    [
        (b"FAST", "FLAGS INTERNALDATE RFC822.SIZE"),
        (b"all", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"),
        (b"FULL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"),
    ],
)
def test_macros_stand_alone(macro, names):
    assert [one.name for one in items(macro)] == names.split()
    assert refused(b"(%s)" % macro).reference == "RFC 9051 6.4.5"
    assert refused(b"(UID %s)" % macro).text.endswith("stands alone, without parentheses and other items")


@pytest.mark.parametrize(
    ("text", "section", "label"),
    [
        (b"BODY[]", Section((), "", ()), b"BODY[]"),
        (b"body[text]", Section((), "TEXT", ()), b"BODY[TEXT]"),
        (b"BODY[HEADER]", Section((), "HEADER", ()), b"BODY[HEADER]"),
        (b"BODY[1]", Section((1,), "", ()), b"BODY[1]"),
        (b"BODY[1.2.3]", Section((1, 2, 3), "", ()), b"BODY[1.2.3]"),
        (b"BODY[1.MIME]", Section((1,), "MIME", ()), b"BODY[1.MIME]"),
        (b"BODY[4.2.HEADER]", Section((4, 2), "HEADER", ()), b"BODY[4.2.HEADER]"),
        (
            b"BODY[header.fields (From to)]",
            Section((), "HEADER.FIELDS", (b"From", b"to")),
            b"BODY[HEADER.FIELDS (From to)]",
        ),
        (
            b'BODY[3.HEADER.FIELDS.NOT ("X y")]',
            Section((3,), "HEADER.FIELDS.NOT", (b"X y",)),
            b'BODY[3.HEADER.FIELDS.NOT ("X y")]',
        ),
    ],
)
def test_sections(text, section, label):
    one = item(text)
    assert (one.name, one.section, one.label, one.peek) == ("BODY[]", section, label, False)
    peeked = item(b"BODY.PEEK[" + text.partition(b"[")[2])
    assert (peeked.section, peeked.label, peeked.peek) == (section, label, True)


def test_names_of_fields_may_be_literals():
    one = item(b"BODY[HEADER.FIELDS ({4}\r\n)]", b"Date")
    assert one.label == b"BODY[HEADER.FIELDS (Date)]"


def test_a_partial_range_has_its_offset_in_the_label():
    one = item(b"BODY.PEEK[HEADER]<0.512>")
    assert (one.partial, one.label) == ((0, 512), b"BODY[HEADER]<0>")
    assert item(b"BODY[]<9223372036854775807.1>").partial == (9223372036854775807, 1)


@pytest.mark.parametrize(
    "text",
    [b"BODY[]<0.0>", b"BODY[]<0>", b"BODY[]<1.>", b"BODY[]<.1>", b"BODY[]<-1.5>", b"BODY[]<0.9223372036854775808>",
     b"BODY[]<0.99999999999999999999>", b"BODY[0]", b"BODY[1.0]", b"BODY[MIME]", b"BODY[1.]", b"BODY[.1]", b"BODY[",
     b"BODY[X]", b"BODY[1.X]", b"BODY[HEADER.FIELDS]", b"BODY[HEADER.FIELDS ()]", b"BODY[HEADER.FIELDS From]",
     b"BODY[HEADER.FIELDS (a]", b"BODY.PEEK", b"BODY.PEEKED[]", b"FLAGS[]", b"RFC822[]", b"X", b"", b"()", b"(FLAGS",
     b"(FLAGS )", b"( FLAGS)", b"FLAGS UID", b"FLAGS ", b"(FLAGS)x", b"BODY []", b"BINARY", b"BINARY.SIZE",
     b"BINARY[HEADER]", b"BINARY[1.MIME]", b"BINARY[TEXT]", b"BINARY.PEEK[TEXT]<0.9>", b"BINARY.SIZE[HEADER]",
     b"BINARY.SIZE[1]<0.1>", b"BINARY.SIZE.PEEK[1]", b"((FLAGS))",
     b"BODYSTRUCTURE[]", b"BODY[" + b"1." * 100 + b"1]", b"PREVIEW (EAGER)", b"PREVIEW ()", b"(PREVIEW (LAZY)"],
)  # fmt: skip
def test_malformed_items_are_refused(text):
    assert refused(text).reference.startswith("RFC ")


def test_an_item_that_is_asked_for_twice_is_answered_once():
    assert [one.label for one in items(b"(FLAGS UID FLAGS)")] == [b"FLAGS", b"UID"]
    assert [one.peek for one in items(b"(BODY.PEEK[] BODY[])")] == [False]
    assert [one.peek for one in items(b"(BODY[] BODY.PEEK[])")] == [False]


def test_the_old_names_are_sections_and_are_noted():
    for name, section, peek in (
        (b"RFC822", Section((), "", ()), False),
        (b"RFC822.HEADER", Section((), "HEADER", ()), True),
        (b"RFC822.TEXT", Section((), "TEXT", ()), False),
    ):
        cursor = Cursor(b"1 " + name)
        (one,) = parse_fetch(cursor).items
        assert (one.label, one.section, one.peek) == (name, section, peek)
        assert cursor.notes == {"rfc822-items": 2}


def test_decoded_parts():
    assert refused(b"BINARY[TEXT]").reference == "RFC 9051 9 (section-binary)"
    one = item(b"BINARY[1.2]<10.20>")
    assert (one.name, one.section.part, one.partial, one.label, one.peek) == (
        "BINARY", (1, 2), (10, 20), b"BINARY[1.2]<10>", False,
    )  # fmt: skip
    assert item(b"BINARY.PEEK[]").peek
    size = item(b"BINARY.SIZE[2]")
    assert (size.name, size.label, size.peek) == ("BINARY.SIZE", b"BINARY.SIZE[2]", True)


def test_previews():
    assert not item(b"PREVIEW").lazy
    assert item(b"PREVIEW (LAZY)").lazy
    assert [one.lazy for one in items(b"(UID PREVIEW (LAZY) FLAGS)")] == [False, True, False]
    assert parse(b"1 PREVIEW (CHANGEDSINCE 5)").changed_since == 5


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        (b"FLAGS", set()),
        (b"(UID MODSEQ)", {"CONDSTORE"}),
        (b"(EMAILID THREADID)", {"OBJECTID"}),
        (b"SAVEDATE", {"SAVEDATE"}),
        (b"PREVIEW", {"PREVIEW"}),
        (b"BINARY.SIZE[1]", {"BINARY"}),
        (b"X-GM-LABELS", {"X-GM-EXT-1"}),
        (b"FLAGS (CHANGEDSINCE 1)", {"CONDSTORE"}),
        (b"FLAGS (CHANGEDSINCE 1 VANISHED)", {"CONDSTORE", "QRESYNC"}),
        (b"FLAGS (PARTIAL 1:5)", {"PARTIAL"}),
    ],
)
def test_the_extensions_that_are_used_are_noted_every_time(text, capabilities):
    assert needs(text) == capabilities
    assert needs(text) == capabilities


def test_modifiers():
    request = parse(b"1:* (FLAGS) (CHANGEDSINCE 12345 VANISHED)")
    assert (request.changed_since, request.vanished) == (12345, True)
    request = parse(b"1:* UID (PARTIAL -1:-30 CHANGEDSINCE 98305)")
    assert (request.partial, request.changed_since) == (PartialRange(-1, -30), 98305)


@pytest.mark.parametrize(
    "text",
    [b"FLAGS ()", b"FLAGS (CHANGEDSINCE)", b"FLAGS (CHANGEDSINCE 0)", b"FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 1)",
     b"FLAGS (VANISHED)", b"FLAGS (X)", b"FLAGS (CHANGEDSINCE 9223372036854775808)", b"FLAGS (PARTIAL 1:-1)",
     b"FLAGS (PARTIAL -1:1)", b"FLAGS (PARTIAL 0:1)", b"FLAGS (PARTIAL 1)", b"FLAGS (CHANGEDSINCE 1) x"],
)  # fmt: skip
def test_malformed_modifiers_are_refused(text):
    refused(text)


def test_vanished_and_partial_are_for_uid_fetch():
    assert refused(b"FLAGS (CHANGEDSINCE 1 VANISHED)", uid=False).reference == "RFC 7162 3.2.6"
    assert refused(b"FLAGS (PARTIAL 1:2)", uid=False).reference == "RFC 9394 3.3"


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(1, 2, [0, 1]), (2, 1, [0, 1]), (4, 9, [3, 4]), (6, 9, []), (-1, -2, [3, 4]), (-4, -9, [0, 1]), (-6, -9, []),
     (1, 4294967295, [0, 1, 2, 3, 4])],
)  # fmt: skip
def test_a_partial_range_selects_among_five_results(first, last, found):
    assert list(PartialRange(first, last).slice(5)) == found


PIECES = st.lists(
    st.sampled_from([
        b"FLAGS", b"UID", b"BODY", b"BODY.PEEK", b"BINARY", b"[", b"]", b"HEADER.FIELDS", b"HEADER", b"TEXT", b"MIME",
        b"(", b")", b" ", b"1", b".", b"0", b"<", b">", b"PREVIEW", b"LAZY", b"RFC822", b"FULL", b'"', b"{3}\r\n",
        b"CHANGEDSINCE", b"VANISHED", b"PARTIAL", b"-", b":", b"*", b",", b"$", b"\xff", b"\0",
    ]),
    max_size=25,
).map(b"".join)  # fmt: skip


@given(PIECES | st.binary(max_size=40), st.booleans())
def test_any_arguments_are_read_or_are_a_syntax_problem(text, uid):
    for line in (text, b"1 " + text, b"1:* (" + text + b")"):
        try:
            request = parse(line, b"abc", b"", object(), uid=uid)
        except SyntaxProblem:
            continue
        assert request.items
