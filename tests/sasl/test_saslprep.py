"""SASLprep, with the examples of RFC 4013 3."""

import re

import pytest
from hypothesis import given
from hypothesis.strategies import text

from homeport.sasl.saslprep import Prohibited, saslprep


@pytest.mark.parametrize(
    ("given_text", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("", ""),
        ("a\u00a0b", "a b"),
        ("\u0627\u0628", "\u0627\u0628"),
    ],
)
def test_text_is_prepared(given_text, prepared):
    assert saslprep(given_text) == prepared


@pytest.mark.parametrize(
    ("given_text", "reason"),
    [
        ("\u0007", "U+0007 at character 0 is a control character"),
        ("\u0627\u0031", "right-to-left characters, but does not start and end"),
        ("\u0627a\u0628", "mixes"),
        ("a\ue000", "U+E000 at character 1 is for private use"),
        ("\ufffd", "unfit for plain text"),
        ("\ud800", "a surrogate"),
        ("\u200e", "displayed"),
        ("\U000e0020", "a tag"),
    ],
)
def test_prohibited_text_is_refused(given_text, reason):
    with pytest.raises(Prohibited, match=re.escape(reason)):
        saslprep(given_text)


def test_only_stored_text_must_have_no_unassigned_characters():
    assert saslprep("\u0221") == "\u0221"
    with pytest.raises(Prohibited, match=r"U\+0221 at character 0 is not assigned"):
        saslprep("\u0221", stored=True)


@given(text())
def test_preparing_is_idempotent(anything):
    try:
        once = saslprep(anything)
    except Prohibited:
        return
    assert saslprep(once) == once
