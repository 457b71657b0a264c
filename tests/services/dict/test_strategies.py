"""The strategies of MATCH, and regular expressions without backtracking."""

import re
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nightly import examples

from homeport.services.dict.regex import MAX_STEPS, BadPattern, Expression, TooCostly
from homeport.services.dict.strategies import is_near, soundex
from homeport.world.dictionary import Dictionary, Headword, fold, key


@pytest.mark.parametrize(
    ("strategy", "word", "found"),
    [
        ("exact", "TCP", ["TCP"]),
        ("exact", "utf8", ["UTF-8"]),
        ("prefix", "pro", ["proxy"]),
        ("nprefix", "1#2#t", ["throughput", "timeout"]),
        ("nprefix", "t", ["TCP", "throughput", "timeout", "TLS", "TTL"]),
        ("substring", "alg", ["Nagle's algorithm"]),
        ("suffix", "put", ["throughput"]),
        ("re", "^(mt|m)[xu]$", ["MTU", "MX"]),
        ("re", "-", ["dot-stuffing", "half-close", "UTF-8"]),
        ("regexp", r"^\(t\)\{1\}[lt]", ["TLS", "TTL"]),
        ("soundex", "pakit", ["packet"]),
        ("lev", "packe", ["packet"]),
        ("lev", "pakcet", ["packet"]),
        ("lev", "packett", ["packet"]),
        ("lev", "paket", ["packet"]),
        ("lev", "pakt", []),
        (".", "soket", ["socket"]),
        ("word", "control", ["flow control"]),
        ("first", "flow", ["flow control"]),
        ("last", "record", ["A record"]),
        ("last", "a", []),
    ],
)
def test_a_strategy_finds_its_words(client, strategy, word, found):
    assert client().matches(strategy, word, "homeport") == found


def test_words_of_two_spellings_are_found_by_either(client, world):
    for word in ("C", "C++", "c#"):
        world.dictionaries.of("homeport").put(Headword(word=word, definitions=(f"this is {word}",)))
    one = client(world)
    assert one.definitions("*", "c++") == ["this is C++"]
    assert one.definitions("*", "C") == ["this is C"]
    assert len(one.definitions("*", "c!")) == 3


@pytest.mark.parametrize(
    ("word", "code"),
    [("robert", "r163"), ("rupert", "r163"), ("ashcraft", "a261"), ("tymczak", "t522"), ("pfister", "p236"), ("ä", "")],
)
def test_soundex_codes_are_those_of_the_published_algorithm(word, code):
    assert soundex(word) == code


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
@examples(300)
def test_near_words_are_those_of_one_edit(one, other):
    edits = {one[:at] + put + one[at + cut :] for at in range(len(one) + 1) for put in ("", *"abc") for cut in (0, 1)}
    edits |= {one[:at] + one[at + 1] + one[at] + one[at + 2 :] for at in range(len(one) - 1)}
    assert is_near(one, other) is (other in edits)


@given(st.text("ab()|*.^$[]", max_size=10), st.text("ab", max_size=8))
@examples(600)
def test_extended_expressions_match_as_those_of_python(pattern, text):
    assume(not re.search(r"\*\*|\$\^|\[\^|\[\[|\|\|", pattern))
    try:
        other = re.compile(pattern)
    except re.error:
        return
    try:
        expression = Expression(pattern, extended=True)
    except BadPattern:
        return
    assert expression.matches(text) is bool(other.search(text))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\(ab\)\{2\}", "xababx", True),
        (r"\(ab\)\{3,\}", "abab", False),
        (r"a\|b", "b", True),
        ("a+b", "a+b", True),
        ("*a", "*a", True),
        ("a$b", "a$b", True),
        ("a^b", "a^b", True),
        (r"\(^a\)", "a", False),
        ("[[:digit:]][^[:alpha:]]", "1 ", True),
        ("[]x]", "]", True),
        ("[a-]", "-", True),
        ("[A-C]", "b", True),
    ],
)
def test_basic_expressions_have_their_own_specials(pattern, text, matches):
    if pattern.startswith(r"\(^"):
        matches = Expression(pattern, extended=False).matches(text)  # IEEE 1003.2 leaves an anchor there undefined
    assert Expression(pattern, extended=False).matches(text) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "a)",
        "[a",
        "a{2",
        "a{3,2}",
        "a{999}",
        "*",
        "a\\",
        r"(a)\1",
        "[[:vowel:]]",
        "[[.a.]]",
        "[b-a]",
        "a" * 300,
        "(a{99}){99}",
        "((((){255}){255}){255}){255}",
        "(" * 60 + ")" * 60,
        r"\bword",
        "{1}",
    ],
)
def test_patterns_that_are_wrong_or_too_large_are_refused(pattern):
    with pytest.raises(BadPattern):
        Expression(pattern, extended=True)


def test_the_work_of_a_search_is_bounded():
    linear = Expression("(a*)*b", extended=True)
    for _ in range(200):
        assert not linear.matches("a" * 1000)
    assert linear._steps < 100
    costly = Expression("(.*a){12}.{100}", extended=True)
    chance = Random(1)
    with pytest.raises(TooCostly):
        for _ in range(MAX_STEPS // 1000):
            costly.matches("".join(chance.choices("abc", k=130)))


def test_a_pattern_that_costs_too_much_is_refused(client, world, monkeypatch):
    monkeypatch.setattr("homeport.services.dict.regex.MAX_STEPS", 500)
    assert client(world).say("MATCH * re '(.*a){12}.{20}'").startswith("503 ")


@given(st.text(max_size=20))
@examples(200)
def test_keys_and_folds_are_stable(word):
    assert key(key(word)) == key(word)
    assert fold(fold(word)) == fold(word)


@given(st.lists(st.tuples(st.booleans(), st.text("aB -", min_size=1, max_size=3)), max_size=40))
@examples(100)
def test_a_dictionary_stays_in_order(acts):
    dictionary, known = Dictionary(), {}
    for adds, word in acts:
        if adds:
            dictionary.put(Headword(word=word, definitions=("x",)))
            known[fold(word)] = word
        elif fold(word) in known:
            dictionary.remove(word)
            del known[fold(word)]
    assert {one.word for one in dictionary} == {*known.values()}
    assert [key(one.word) for one in dictionary] == sorted(map(key, known.values()))
