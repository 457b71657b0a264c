"""Secrets: bytes that a session marks as secret are masked in the journal, in whatever pieces they arrived."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.world.journal import ENTRY_COST, Journal, JournalOptions, Source
from homeport.world.transcript import Chunk, transcript_of

PEER = ("192.0.2.7", 4711)
LOCAL = ("192.0.2.1", 10025)
SMTP = Source("smtp", "tcp")


def journal(**options):
    return Journal("default", lambda: 1_792_000_000.5, JournalOptions(**options))


def hear(book, connection, data):
    """Receive bytes, as the driver does."""
    connection.received += len(data)
    if connection.room:
        book.record_bytes(connection, "in", data)


def said(book):
    """Return all received bytes as the journal shows them."""
    return b"".join(base64.b64decode(event["bytes"]) for event in book.events() if event["type"] == "in")


def test_a_secret_is_masked_and_its_surroundings_are_not():
    book = journal()
    connection = book.open(SMTP, PEER, LOCAL)
    hear(book, connection, b"AUTH PLAIN c2VjcmV0\r\nNOOP\r\n")
    book.conceal(connection, 8, after=8)
    assert said(book) == b"AUTH PLAIN ********\r\nNOOP\r\n"


@pytest.mark.parametrize("share", [64, 65, 70, 75, 90, 200, 1000])
def test_a_secret_across_the_end_of_the_connections_share_is_masked(share):
    for size in range(1, 12):
        book = journal(kept_per_connection=share)
        connection = book.open(SMTP, PEER, LOCAL)
        for piece in cut(b"PASS SECRET\r\n", size):
            hear(book, connection, piece)
        book.conceal(connection, 6, after=2)
        assert said(book) == b"PASS ******\r\n"[: len(said(book))]


def test_other_connections_data_is_not_masked():
    book = journal()
    one, other = book.open(SMTP, PEER, LOCAL), book.open(SMTP, PEER, LOCAL)
    for byte in b"SECRET":
        hear(book, one, bytes([byte]))
        hear(book, other, bytes([byte]))
    book.conceal(one, 6, 0)
    texts = {
        conn: "".join(e["text"] for e in book.events() if e["conn"] == conn and e["type"] == "in")
        for conn in ("c1", "c2")
    }
    assert texts == {"c1": "******", "c2": "SECRET"}


def test_masking_a_dropped_or_unrecorded_secret_has_no_effect():
    book = journal(size=2 * ENTRY_COST)
    connection = book.open(SMTP, PEER, LOCAL)
    hear(book, connection, b"SECRET")
    for _ in range(9):
        book.log(SMTP, "command", {})
    book.conceal(connection, 6, 0)
    unrecorded = journal(enabled=False)
    unrecorded.conceal(unrecorded.open(SMTP, PEER, LOCAL), 6, 0)
    assert said(book) == b""


def cut(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


pieces = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=12)


@given(pieces=pieces, data=st.data(), share=st.integers(1, 1500))
def test_however_the_input_is_cut_exactly_the_secret_is_masked(pieces, data, share):
    whole = b"".join(pieces)
    begin = data.draw(st.integers(0, len(whole)), "begin")
    size = data.draw(st.integers(0, len(whole) - begin), "size")
    book = journal(kept_per_connection=share)
    connection, other = (book.open(SMTP, PEER, LOCAL) for _ in range(2))
    for piece in pieces:
        hear(book, connection, piece)
        hear(book, other, piece)
    before, size = book.seq, book.size_bytes
    book.conceal(connection, size, after=len(whole) - begin - size)
    assert (book.seq, book.size_bytes) == (before, size)
    shown = [event for event in book.events() if event["type"] == "in"]
    mine = b"".join(base64.b64decode(event["bytes"]) for event in shown if event["conn"] == "c1")
    expected = whole[:begin] + b"*" * size + whole[begin + size :]
    assert mine == expected[: len(mine)]
    others = b"".join(base64.b64decode(event["bytes"]) for event in shown if event["conn"] == "c2")
    assert others == whole[: len(others)]


@given(pieces=pieces, data=st.data())
def test_kept_secrets_are_shown_only_in_transcripts_that_ask_for_them(pieces, data):
    whole = b"".join(pieces)
    begin = data.draw(st.integers(0, len(whole)), "begin")
    size = data.draw(st.integers(0, len(whole) - begin), "size")
    book = journal(secrets=True)
    connection = book.open(SMTP, PEER, LOCAL)
    for piece in pieces:
        hear(book, connection, piece)
    book.conceal(connection, size, after=len(whole) - begin - size)
    assert said(book) == whole

    def transcript(*, secrets):
        parts = transcript_of(book, "c1", [], secrets=secrets).parts()
        return b"".join(part.data for part in parts if isinstance(part, Chunk))

    assert transcript(secrets=True) == whole
    assert transcript(secrets=False) == whole[:begin] + b"*" * size + whole[begin + size :]
