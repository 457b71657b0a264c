"""Conversion of texts."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from nightly import examples

from homeport.services.gopher.form import TextLines


def convert(pieces: list[bytes], *, stuffed: bool = True) -> bytes:
    text = TextLines(stuffed=stuffed)
    return b"".join([*(text.feed(piece) for piece in pieces), text.finish()])


def unstuff(sent: bytes) -> bytes:
    """Return what a client makes of it (RFC 1436 Appendix)."""
    return b"\r\n".join(line.removeprefix(b".") for line in sent.split(b"\r\n"))


ALPHABET = st.lists(st.sampled_from([b".", b"\r", b"\n", b"a", b"\r\n", b"\xff"]), max_size=30).map(b"".join)


@examples(300)
@given(ALPHABET, st.lists(st.integers(0, 30), max_size=4))
def test_a_text_is_the_same_however_it_is_cut(data, at):
    offsets = [0, *sorted(min(one, len(data)) for one in at), len(data)]
    pieces = [data[a:b] for a, b in pairwise(offsets)]
    whole = convert([data])
    assert convert(pieces) == whole
    assert b"\r\n.\r\n" not in b"\r\n" + whole
    assert not whole or whole.endswith(b"\r\n")
    lines = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert unstuff(whole) == (lines if not lines or lines.endswith(b"\r\n") else lines + b"\r\n")
    assert convert(pieces, stuffed=False) == unstuff(whole)
