"""Texts of messages, normalized for a search."""

import pytest

from homeport.world.mail.mime.content import parse_message
from homeport.world.mail.searching import MAX_SEARCHED, WINDOW, normalize, searched_text


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("", ""),
        (" \r\n ", " "),
        ("Two\r\n  Words", "two words"),
        (" a ", " a "),
        ("Straße", "strasse"),
        ("cafe\u0301", "café"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("no\u00a0break", "no break"),
    ],
)
def test_a_text_is_normalized(text, normalized):
    assert normalize(text) == normalized


@pytest.mark.parametrize("length", [WINDOW - 2, WINDOW - 1, WINDOW, WINDOW + 1])
@pytest.mark.parametrize("middle", [" ", " \r\n ", "x", "e\u0301"])
def test_a_long_text_is_normalized_as_a_short_one(length, middle):
    text = "x" * length + middle + "y" * WINDOW
    assert normalize(text) == "x" * length + {" \r\n ": " ", "e\u0301": "é"}.get(middle, middle) + "y" * WINDOW


def test_a_text_of_spaces_is_one_space():
    assert normalize(" " * 3 * WINDOW) == " "


def test_only_the_beginning_of_many_texts_is_searched():
    part = b"--b\r\n\r\n" + b"x" * (1 << 20) + b"\r\n"
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 6 + b"--b\r\n\r\nneedle\r\n--b--\r\n"
    text = searched_text(parse_message(raw))
    assert len(text) <= MAX_SEARCHED + 10
    assert "needle" not in text
