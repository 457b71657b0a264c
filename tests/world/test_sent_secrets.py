"""Secrets in what is sent are masked in the journal, however the bytes are cut."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nightly import examples

from homeport.world.sent_secrets import MAX_SECRETS, SentSecrets

ANSWER = b"<pw>2fooBAR</pw><pw>boat-auth</pw>."
MASKED = b"<pw>*******</pw><pw>*********</pw>."


def masked(pieces, *secrets):
    """Return pieces as the journal shows them."""
    waiting = SentSecrets()
    for secret in secrets:
        waiting.add(secret, b"pw>")
    return b"".join(bytes(waiting.mask(piece)) for piece in pieces)


def test_each_secret_is_masked_where_it_comes_next_after_its_text_and_once():
    assert masked([ANSWER], b"2fooBAR", b"boat-auth") == MASKED
    assert masked([b"boat", b"boat <pw>boat</pw> <pw>boat"], b"boat") == b"boatboat <pw>****</pw> <pw>boat"
    assert masked([b"<pw>boat</pw> <pw>boat"], b"boat", b"boat") == b"<pw>****</pw> <pw>****"


@pytest.mark.parametrize("at", range(len(ANSWER) + 1))
def test_a_cut_anywhere_shows_no_byte_of_them(at):
    assert masked([ANSWER[:at], ANSWER[at:]], b"2fooBAR", b"boat-auth") == MASKED


def test_byte_by_byte_no_secret_is_shown():
    shown = masked([bytes((byte,)) for byte in ANSWER], b"2fooBAR", b"boat-auth")
    assert (len(shown), b"fooBAR" in shown, b"auth" in shown) == (len(ANSWER), False, False)


def test_what_a_fault_keeps_from_being_sent_is_forgotten_in_the_end():
    waiting = SentSecrets()
    for number in range(2 * MAX_SECRETS):
        waiting.add(b"secret-%d" % number)
    assert bytes(waiting.mask(b"secret-0 ")) == b"secret-0 "
    assert bytes(waiting.mask(b"secret-100 ")) == b"********** "


@examples(200)
@given(
    st.binary(min_size=1, max_size=6).filter(lambda secret: b"*" not in secret),
    st.binary(max_size=8),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_in_any_cut_the_secret_is_not_shown(secret, before, cuts):
    data = before + b"pw>" + secret
    assume(data.find(b"pw>" + secret) == len(before))
    places = sorted({0, len(data), *(cut for cut in cuts if cut <= len(data))})
    shown = masked([data[begin:end] for begin, end in pairwise(places)], secret)
    assert len(shown) == len(data)
    assert shown.endswith(b"*" * len(secret))
