"""The arguments of LIST and STATUS, and which names a pattern matches."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.list_patterns import MAX_PATTERNS, MAX_PATTERNS_SIZE, Patterns, parse_list
from homeport.services.imap.grammar.status_items import parse_status_items
from homeport.services.imap.grammar.tokens import Cursor, SyntaxProblem
from homeport.services.imap.name_tree import Walk
from homeport.world.mail.mailbox_names import order


def parse(text, *, utf8=False, lsub=False):
    return parse_list(Cursor(text, utf8=utf8), lsub=lsub)


def refused(text, *, lsub=False):
    with pytest.raises(SyntaxProblem) as problem:
        parse(text, lsub=lsub)
    return problem.value


def test_the_plain_form():
    request = parse(b'"" *')
    assert (request.reference, request.patterns, request.extended) == ("", ("*",), False)
    assert parse(b'"" ""').patterns == ("",)
    assert parse(b'"" "Entw&APw-%"').patterns == ("Entwü%",)
    assert parse('"" "Entwü%"'.encode(), utf8=True).patterns == ("Entwü%",)
    assert parse(b'"" (INBOX)').patterns == ("INBOX",)


def test_the_extended_form():
    request = parse(b'(SUBSCRIBED RECURSIVEMATCH) "" ("%" Foo/*) RETURN (CHILDREN STATUS (MESSAGES UNSEEN) SUBSCRIBED)')
    assert request.selection == {"SUBSCRIBED", "RECURSIVEMATCH"}
    assert request.patterns == ("%", "Foo/*")
    assert request.returned == {"CHILDREN", "STATUS", "SUBSCRIBED"}
    assert request.status == ("MESSAGES", "UNSEEN")
    assert request.extended
    assert parse(b'() "" * RETURN ()').extended


@pytest.mark.parametrize(
    ("text", "capabilities"),
    [
        (b'"" *', set()),
        (b'() "" *', {"LIST-EXTENDED"}),
        (b'"" (*)', {"LIST-EXTENDED"}),
        (b'"" * RETURN (SPECIAL-USE)', {"SPECIAL-USE"}),
        (b'(SPECIAL-USE) "" *', {"SPECIAL-USE"}),
        (b'"" * RETURN (STATUS (SIZE))', {"LIST-STATUS", "STATUS=SIZE"}),
        (b'"" * RETURN (STATUS (MESSAGES))', {"LIST-STATUS"}),
    ],
)
def test_the_extensions_that_are_used_are_noted(text, capabilities):
    cursor = Cursor(text)
    parse_list(cursor)
    assert set(cursor.needs) == capabilities


@pytest.mark.parametrize(
    "text",
    [b"", b'""', b'"" ', b"  ", b'"" * ', b'"" * RETURN', b'"" * RETURN (X)', b'"" * RETURN (STATUS)', b'(X) "" *',
     b'"" ()', b'"" (a', b'(RECURSIVEMATCH) "" *', b'(RECURSIVEMATCH REMOTE) "" *', b'"" * RETURN (STATUS ())',
     b'"" a{b', b'"" R&D', b'"" * X ()', b'"" *"'],
)  # fmt: skip
def test_malformed_arguments_are_refused(text):
    refused(text)


def test_lsub_has_no_options():
    assert parse(b'"" "%"', lsub=True).patterns == ("%",)
    refused(b'(SUBSCRIBED) "" "%"', lsub=True)
    refused(b'"" "%" RETURN ()', lsub=True)


def test_the_number_of_patterns_is_bounded():
    refused(b'"" (%s)' % b" ".join([b"*"] * (MAX_PATTERNS + 1)))
    long = b" ".join([b"a" * (MAX_PATTERNS_SIZE // 8)] * 8)
    assert len(parse(b'"" (%s)' % long).patterns) == 8
    refused(b'"" (%s %%)' % long)


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        ("*", "a/b", True),
        ("%", "a/b", False),
        ("%", "a", True),
        ("%/%", "a/b", True),
        ("%/%", "a/b/c", False),
        ("a/*", "a", False),
        ("a/*", "a/b/c", True),
        ("a*", "a", True),
        ("*c", "a/b/c", True),
        ("%c", "a/b/c", False),
        ("*%c", "a/b/c", True),
        ("%*c", "a/b/c", True),
        ("a%b*c", "axb/y/c", True),
        ("a%b*c", "ax/b/y/c", False),
        ("", "a", False),
        ("inbox", "INBOX", True),
        ("iNb%", "INBOX", True),
        ("inbox/%", "INBOX/a", True),
        ("%box", "INBOX", True),
        ("foo", "FOO", False),
        ("f%", "Foo", False),
    ],
)
def test_patterns(pattern, name, matched):
    assert Patterns([pattern]).matches(name) is matched


def test_a_pattern_follows_its_reference():
    patterns = parse(b"Work/ %").matcher()
    assert patterns.matches("Work/a")
    assert not patterns.matches("a")


@given(st.text("%*a/", max_size=12), st.text("a/b", max_size=12))
def test_patterns_agree_with_regular_expressions(pattern, name):
    expression = "".join({"*": ".*", "%": "[^/]*"}.get(one, re.escape(one)) for one in pattern)
    assert Patterns([pattern]).matches(name) == bool(re.fullmatch(expression, name))


@given(st.lists(st.text("%*a/", max_size=6), max_size=5), st.text("a/b", max_size=12))
def test_several_patterns_match_what_one_of_them_matches(texts, name):
    assert Patterns(texts).matches(name) == any(Patterns([one]).matches(name) for one in texts)


def test_a_pattern_of_many_wildcards_costs_its_length_times_that_of_the_name():
    pattern = Patterns(["*a%" * 300 + "b"])
    assert not pattern.matches("a" * 1000)


NAMES = st.lists(st.text("ab/", min_size=1, max_size=8).filter(lambda one: "" not in one.split("/")), max_size=12)


@given(NAMES, st.lists(st.text("%*ab/", max_size=6), min_size=1, max_size=3))
def test_a_walk_visits_every_name_and_level_that_matches_once_in_order(names, texts):
    names = sorted({*names}, key=order)
    levels = {"/".join(one.split("/")[:end]) for one in names for end in range(1, len(one.split("/")) + 1)}
    patterns = Patterns(texts)
    nodes = [node for piece in Walk(names, patterns) for node in piece]
    matched = [node for node in nodes if node.matched]
    assert [node.name for node in matched] == sorted((one for one in levels if patterns.matches(one)), key=order)
    assert [node.listed for node in matched] == [node.name in names for node in matched]
    for node in matched:
        assert node.has_children == any(one.startswith(node.name + "/") for one in levels)


def test_status_items():
    cursor = Cursor(b"(MESSAGES unseen messages HIGHESTMODSEQ)")
    assert parse_status_items(cursor) == ("MESSAGES", "UNSEEN", "HIGHESTMODSEQ")
    assert set(cursor.needs) == {"CONDSTORE"}
    for text in (b"()", b"(X)", b"MESSAGES", b"(MESSAGES"):
        with pytest.raises(SyntaxProblem):
            parse_status_items(Cursor(text))


PIECES = st.lists(
    st.sampled_from([b'""', b"*", b"%", b"(", b")", b" ", b"RETURN", b"STATUS", b"SUBSCRIBED", b"RECURSIVEMATCH", b"a",
                     b"MESSAGES", b"&", b"-", b"/", b"{3}\r\n", b"CHILDREN", b"\xff", b"SPECIAL-USE"]),
    max_size=20,
).map(b"".join)  # fmt: skip


@given(PIECES | st.binary(max_size=30), st.booleans())
def test_any_arguments_are_read_or_are_a_syntax_problem(text, lsub):
    for line in (text, b'"" ' + text, b'"" * RETURN (' + text + b")"):
        try:
            request = parse_list(Cursor(line, [b"abc", b"x"]), lsub=lsub)
        except SyntaxProblem:
            continue
        request.matcher().matches("INBOX")
