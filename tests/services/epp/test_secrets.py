"""Passwords in a client's bytes are found in any context and any chunks, so that the journal masks them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.epp.secrets import Scanner

TEXTS = [
    (b"<pw>secret</pw>", [b"secret"]),
    (b"<pw>one</pw><newPW>two</newPW>", [b"one", b"two"]),
    (b'<domain:pw roid="X-1">open sesame</domain:pw>', [b"open sesame"]),
    (b"<pw><![CDATA[a<b]]></pw>", [b"<![CDATA[a<b]]>"]),
    (b"<pw/><name>shown</name>", []),
    (b"<pw></pw><name>shown</name>", []),
    (b"<power>shown</power>", []),
    (b"<pw>never closed", [b"never closed"]),
    (b"no frame at all <pw>secret</pw> and on", [b"secret"]),
    (b"<epp><pw>x</pw><name>shown</name></epp>", [b"x"]),
]


def found(pieces):
    """Return the secrets, and how often each byte was reported as part of one."""
    scanner, come, marks = Scanner(), b"", []
    for piece in pieces:
        come += piece
        for size, after in scanner.feed(piece):
            end = len(come) - after
            marks += range(end - size, end)
    assert len(marks) == len(set(marks))
    runs, last = [], -2
    for mark in sorted(marks):
        if mark == last + 1:
            runs[-1] += come[mark : mark + 1]
        else:
            runs.append(come[mark : mark + 1])
        last = mark
    return runs


@pytest.mark.parametrize(("text", "secrets"), TEXTS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_the_text_of_a_password_is_a_secret(text, secrets, size):
    assert found([text[at : at + size] for at in range(0, len(text), size)]) == secrets


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_in_utf_16_too(encoding):
    text = "<epp><pw>secret</pw><a>shown</a></epp>".encode(encoding)
    assert b"".join(found([text])).replace(b"\0", b"").startswith(b"secret")
    assert b"shown" not in b"".join(found([text])).replace(b"\0", b"")


@given(
    st.lists(
        st.sampled_from([b"<", b"/", b"p", b"w", b">", b"<pw>", b"</pw>", b"newPW", b"a:", b"\0", b"x"]), max_size=40
    )
)
def test_each_byte_is_part_of_at_most_one_secret(pieces):
    assert len(b"".join(found(pieces))) <= len(b"".join(pieces))
