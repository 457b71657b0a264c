"""MIME parsing: every byte string is a message, and none takes long."""

import binascii
import json
import re
import time
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.world.mail.mime.content import TEXT_LIMIT, parse_headers, parse_message
from homeport.world.mail.mime.structure import HEADER_LIMIT, MAX_PARTS, WINDOW
from homeport.world.mail.mime.transfer import decode_base64, decode_quoted_printable

MIXED = (
    b"From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\n"
    b"Subject: folded\r\n =?iso-8859-1?Q?caf=E9?= and =?utf-8?b?8J+Zgg==?=\r\n"
    b'Content-Type: multipart/mixed; boundary="outer"\r\n\r\n'
    b"for old programs\r\n"
    b"--outer\r\n"
    b"Content-Type: multipart/alternative; boundary=inner\r\n\r\n"
    b"--inner\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nh\xe9llo\r\n--outer is no delimiter here\r\n"
    b"--inner  \r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<b>h=C3=A9</b>=\r\n\r\n"
    b"--inner--\r\n\r\n"
    b"--outer\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename*=utf-8''%e2%82%ac.png\r\n"
    b"Content-ID: <logo@x>\r\nContent-Transfer-Encoding: BASE64\r\n\r\niVBO\r\nRw0K\r\n"
    b"--outer--\r\nafterwards"
)


def multipart(*parts, boundary=b"b"):
    head = b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n" % boundary
    return head + b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts) + b"--%b--\r\n" % boundary


def bodies(raw):
    return [part.body for part in parse_message(raw).parts]


def test_headers_are_decoded():
    content = parse_message(MIXED)
    assert content.headers[:2] == [("From", "Jörg <j@example.org>"), ("Subject", "folded café and 🙂")]
    assert content.header("SUBJECT") == "folded café and 🙂"
    assert parse_headers(MIXED[:300])[:2] == content.headers[:2]


def test_text_html_and_attachments_are_distinguished():
    content = parse_message(MIXED)
    assert content.readable("text/plain") == "héllo\r\n--outer is no delimiter here"
    assert content.readable("text/html") == "<b>hé</b>"
    plain, html, image = content.parts
    assert [part.index for part in content.parts] == [1, 2, 3]
    assert (plain.attachment, html.attachment, image.attachment) == (False, False, True)
    assert (image.content_type, image.filename, image.content_id) == ("image/png", "€.png", "logo@x")
    assert image.content() == b"\x89PNG\r\n"


def test_a_message_without_mime_is_text():
    content = parse_message(b"Subject: x\n\nhello\n")
    assert content.readable("text/plain") == "hello\n"
    assert content.parts[0].content_type == "text/plain"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"\r\nonly a body", "only a body"),
        (b"\nonly a body", "only a body"),
        (b"no header at all", "no header at all"),
        (b"Content-Type: text/plain; charset=no-such\r\n\r\n\xc3\xa9", "é"),
        (b"Content-Type: text/plain; charset=base64\r\n\r\nx", "x"),
        (b"Content-Type: text/plain; charset=undefined\r\n\r\nx", "x"),
        (b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-", "?"),
        (b"Content-Type: text/plain\r\n\r\n\xff", "\ufffd"),
        (b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8", "hel"),
        (b"Content-Transfer-Encoding: base64\r\n\r\n====", ""),
        (b"Content-Transfer-Encoding: x-unknown\r\n\r\nas it is", "as it is"),
        (b"Content-Type: text; charset\r\n\r\nx", "x"),
        (b"Content-Type: multipart/mixed\r\n\r\nno boundary", "no boundary"),
        (b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno delimiter", "no delimiter"),
    ],
)
def test_malformed_messages_are_parsed_as_far_as_possible(raw, text):
    assert parse_message(raw).readable("text/plain") == text


def test_parts_end_before_the_line_end_of_the_delimiter():
    assert bodies(multipart(b"\r\none", b"\r\n", b"X: y\r\n\r\ntwo\r\n", b"")) == [b"one", b"", b"two\r\n", b""]
    assert bodies(multipart(b"\none\nmore").replace(b"\r", b"")) == [b"one\nmore"]


def test_a_truncated_multipart_has_its_complete_parts():
    assert bodies(multipart(b"\r\none", b"\r\ntwo").removesuffix(b"\r\n--b--\r\n")) == [b"one", b"two"]
    assert bodies(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none") == [b"one"]
    assert bodies(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b") == [b"one", b""]


def test_a_boundary_that_is_a_prefix_of_another_does_not_match():
    inner = multipart(b"\r\nx", boundary=b"bb")
    assert bodies(multipart(inner)) == [b"x"]


def test_a_digest_holds_messages():
    raw = multipart(b"\r\nSubject: x\r\n\r\ny").replace(b"mixed", b"digest")
    assert [part.content_type for part in parse_message(raw).parts] == ["message/rfc822"]


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_message(raw):
    content = parse_message(raw)
    json.dumps([content.headers, content.readable("text/plain")]).encode()
    assert [part.content() is None for part in content.parts] == [False] * len(content.parts)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                b"Content-Type: ", b"multipart/mixed", b"text/plain", b"; boundary=b", b'; boundary="', b"; charset=",
                b"utf-8", b"utf-16", b"; filename*0*=", b"''%ff", b"Content-Disposition: attachment", b"\r\n", b"\n",
                b"\r\n\r\n", b"--b", b"--b--", b"=?utf-8?b?", b"=?x?q?=FF?=", b"Subject: ", b"From: ", b'"', b"(", b";",
                b"<", b"@", b":", b" ", b"\t", b"\x00", b"\xff", b"Content-Transfer-Encoding: base64", b"=", b"a",
            ]
        ),
        max_size=60,
    ).map(b"".join)
)  # fmt: skip
def test_any_pieces_of_mime_are_a_message(raw):
    content = parse_message(raw)
    for part in content.parts:
        part.content()
        "".join((part.text(), part.filename, part.content_type, part.charset, part.disposition)).encode()
    "".join(name + value for name, value in content.headers).encode()


HARD = {
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(20_000)),
    "nested in one boundary": multipart(*[multipart(b"\r\nx")] * 20_000),
    "many parts": multipart(*[b"\r\n"] * 500_000),
    "false delimiters": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bX\n" * 500_000,
    "many headers": b"a:\n" * 1_000_000,
    "headers of parts": multipart(*[b"a:\n" * 20_000] * 100),
    "quotes in parameters": b"Content-Type: text/plain" + b';"' * 200_000 + b"\r\n\r\nx",
    "continued parameters": b"Content-Type: text/plain" + b';a*0*="' * 200_000 + b"\r\n\r\nx",
    "encoded words": b"Subject: " + b"=?utf-8?b?YQ==?= " * 100_000 + b"\r\n\r\nx",
    "half encoded words": b"Subject: " + b"=?utf-8?q?" * 100_000 + b"\r\n\r\nx",
    "folds": b"Subject: x" + b"\r\n " * 500_000 + b"\r\n\r\nx",
    "a slow charset": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * 500_000,
    "long text": b"\r\n" + b"x" * 5_000_000,
}


@pytest.mark.parametrize("name", HARD)
def test_parsing_is_bounded_in_time_and_size(name):
    begun = time.process_time()
    content = parse_message(HARD[name])
    text = content.readable("text/plain")
    # Without limits most of these take minutes.
    assert time.process_time() - begun < 3
    assert len(content.parts) <= MAX_PARTS
    assert len(text) <= TEXT_LIMIT


BASE64 = st.text("Aa+/=\n -", max_size=40).map(str.encode)


@given(st.lists(BASE64, max_size=4).map(b"".join), st.integers(1, 9))
def test_base64_is_decoded_the_same_in_windows_of_any_size(body, window):
    windows = (body[at : at + window] for at in range(0, len(body), window))
    try:
        expected = binascii.a2b_base64(body)
    except binascii.Error:
        groups = body.translate(None, b"=\n -")
        expected = binascii.a2b_base64(groups[: len(groups) & ~3])
        assert b"".join(decode_base64(windows))[: len(expected) - 3] == expected[: len(expected) - 3]
    else:
        assert b"".join(decode_base64(windows)) == expected


@given(
    st.lists(st.sampled_from([b"a", b"=", b"=3D", b"=\r\n", b"\r\n", b"\n", b" ", b"A"]), max_size=30),
    st.integers(4, 9),
)
def test_quoted_printable_is_decoded_the_same_in_windows_of_any_size(pieces, window):
    body = b"".join(pieces)
    windows = (body[at : at + window] for at in range(0, len(body), window))
    decoded = b"".join(decode_quoted_printable(windows))
    lines = re.sub(rb" +(?=\r?\n|\Z)", b"", body)
    if re.fullmatch(rb"(?:=3D|=\r\n|[^=])*", lines):
        assert decoded == binascii.a2b_qp(lines)


class Counted(bytes):
    """Bytes that count how many of them each search may look at."""

    calls: ClassVar[list[int]] = []

    def find(self, mark, begin=0, stop=None):
        self.calls.append((len(self) if stop is None else min(stop, len(self))) - begin)
        return super().find(mark, begin, stop)


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: x\r\n" * 2_000_000,
        b"X: " + b"y" * 20_000_000,
        b"\r\n" + b"z" * 20_000_000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + b"z" * 20_000_000,
    ],
    ids=["header", "field", "body", "part"],
)
def test_one_search_looks_at_one_window_of_a_large_message(raw):
    Counted.calls.clear()
    content = parse_message(Counted(raw))
    assert max(Counted.calls, default=0) <= WINDOW + 100
    assert sum(len(name) + len(value) for name, value in content.headers) <= HEADER_LIMIT


def test_a_part_of_a_large_message_is_not_copied():
    raw = b"\r\n" + b"z" * 20_000_000
    [part] = parse_message(raw).parts
    assert part.body.obj is raw
    assert part.size() == 20_000_000
    assert len(part.text()) == TEXT_LIMIT


def test_a_multipart_without_its_delimiter_is_text():
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno parts\r\nhere\r\n"
    [part] = parse_message(raw).parts
    assert part.content() == b"no parts\r\nhere\r\n"


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        (b"one  \r\ntwo\t \nthree \t", b"one\r\ntwo\nthree"),
        (b"soft= \r\nbreak=\t\r\n", b"softbreak"),
        (b"kept=20\r\nkept=09 \r\n a b", b"kept \r\nkept\t\r\n a b"),
    ],
)
def test_white_space_at_the_end_of_a_quoted_printable_line_is_removed(encoded, decoded):
    """RFC 2045 6.7, rule 3"""
    for at in range(len(encoded) + 1):
        assert b"".join(decode_quoted_printable(iter([encoded[:at], encoded[at:]]))) == decoded
    assert b"".join(decode_quoted_printable(bytes([byte]) for byte in encoded)) == decoded
