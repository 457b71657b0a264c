"""Arguments of LIST and NLST: options, patterns."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.ftp.globs import matcher, parse_listing_argument

NAMES = ["a.txt", "b.txt", "B.TXT", ".hidden", "ab", "[x]", "-l", "å.txt", "a\nb.txt"]


def matching(pattern, **options):
    return [name for name in NAMES if matcher(pattern, **options)(name)]


@pytest.mark.parametrize(
    ("text", "options", "name"),
    [
        ("", "", ""),
        ("-la", "la", ""),
        ("-l -a", "la", ""),
        ("-la *.txt", "la", "*.txt"),
        ("-a  dir with blanks ", "a", "dir with blanks "),
        ("dir -l", "", "dir -l"),
        ("./-la", "", "./-la"),
        ("-report", "", "-report"),
        ("-", "", "-"),
        ("-la.txt", "", "-la.txt"),
    ],
)
def test_options_are_split_from_names(text, options, name):
    assert parse_listing_argument(text) == (options, name)


def test_option_a_includes_hidden_files():
    assert parse_listing_argument("-la").hidden
    assert parse_listing_argument("-A").hidden
    assert not parse_listing_argument("-l").hidden


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["a.txt", "b.txt", "B.TXT", "ab", "[x]", "-l", "å.txt", "a\nb.txt"]),
        ("*.txt", ["a.txt", "b.txt", "å.txt", "a\nb.txt"]),
        ("?.txt", ["a.txt", "b.txt", "å.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("[!a].txt", ["b.txt", "å.txt"]),
        ("[a-z]?", ["ab"]),
        ("[[]x]", ["[x]"]),
        (".*", [".hidden"]),
        ("[", []),
        ("[z-a]", []),
    ],
)
def test_a_pattern_matches_as_in_a_shell(pattern, names):
    assert matching(pattern) == names


def test_hidden_names_match_on_request():
    assert ".hidden" in matching("*", hidden=True)
    assert ".hidden" not in matching("?hidden")


def test_hostile_patterns_take_little_time():
    name = "a" * 255
    began = time.process_time()
    for pattern in ("*a" * 127 + "b", "*" * 254 + "b", "a*" * 127 + "b", "*[ab]" * 51):
        match = matcher(pattern)
        for _ in range(20):
            match(name)
    assert time.process_time() - began < 1


@given(
    st.text(st.sampled_from("*?[]!-\\^abé&~|{}. "), max_size=30), st.text(st.sampled_from("ab[]!-\\.é"), max_size=10)
)
def test_no_pattern_is_an_error(pattern, name):
    assert matcher(pattern)(name) in {True, False}
