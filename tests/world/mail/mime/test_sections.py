"""Sections, structures and decoded parts of messages, and agreement with Python's email package."""

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.structures import serialize_body, serialize_envelope
from homeport.world.mail.mime.parsed import HEAD_BYTES, ParsedMessage, is_enough
from homeport.world.mail.mime.sections import Section, UnknownEncoding
from homeport.world.mail.mime.structure import MAX_DEPTH

INNER = (
    b"From: sub@domain.example\r\nSubject: inner\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n"
    b"--in\r\nContent-Type: text/html\r\n\r\n<p>Hello\r\n--in\r\n\r\nHello too\r\n--in--\r\n"
)
MESSAGE = (
    b"From: user@domain.example\r\nSubject: outer\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n"
    b"prologue\r\n--out\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none\r\n"
    b"--out\r\nContent-Type: message/rfc822\r\n\r\n" + INNER + b"\r\n--out--\r\nepilogue\r\n"
)


def section(raw, part="", text="", *fields, partial=None):
    numbers = tuple(map(int, part.split("."))) if part else ()
    return ParsedMessage(raw).section(Section(numbers, text, fields), partial)


def structure(raw, **options):
    return serialize_body(ParsedMessage(raw).body, **options)


def test_sections_of_a_nested_message():
    assert section(MESSAGE) == MESSAGE
    assert section(MESSAGE, "", "HEADER") + section(MESSAGE, "", "TEXT") == MESSAGE
    assert section(MESSAGE, "1") == b"one"
    assert section(MESSAGE, "1", "MIME") == b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    assert section(MESSAGE, "2") == INNER
    assert section(MESSAGE, "2", "MIME") == b"Content-Type: message/rfc822\r\n\r\n"
    assert section(MESSAGE, "2", "HEADER") + section(MESSAGE, "2", "TEXT") == INNER
    assert section(MESSAGE, "2", "HEADER.FIELDS", b"subject", b"X-None") == b"Subject: inner\r\n\r\n"
    assert section(MESSAGE, "2.1") == b"<p>Hello"
    assert section(MESSAGE, "2.2") == b"Hello too"
    assert section(MESSAGE, "2.1", "MIME") == b"Content-Type: text/html\r\n\r\n"
    assert section(MESSAGE, "2.2", "MIME") == b"\r\n"


@pytest.mark.parametrize("part", ["3", "1.1", "2.3", "2.1.1", "9.9.9"])
def test_a_part_that_does_not_exist_is_nothing(part):
    assert section(MESSAGE, part) is None
    assert section(MESSAGE, part, "MIME") is None
    assert section(MESSAGE, part, "HEADER") is None


def test_header_and_text_of_a_part_that_is_no_message_are_empty():
    assert section(MESSAGE, "1", "HEADER") == b""
    assert section(MESSAGE, "1", "TEXT") == b""
    assert section(MESSAGE, "1", "HEADER.FIELDS", b"From") == b""


def test_the_body_of_a_message_without_parts_is_part_1():
    raw = b"Subject: x\r\n\r\nbody\r\n"
    assert section(raw, "1") == b"body\r\n"
    assert section(raw, "1", "MIME") == b"Subject: x\r\n\r\n"
    assert section(raw, "2") is None
    assert section(raw, "1.1") is None


def test_part_1_of_an_enclosed_message_without_parts_is_its_body():
    raw = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhello"
    assert section(raw, "1") == b"Subject: in\r\n\r\nhello"
    assert section(raw, "1", "HEADER") == b"Subject: in\r\n\r\n"
    assert section(raw, "1", "TEXT") == b"hello"
    assert section(raw, "1.1") == b"hello"
    assert section(raw, "1.2") is None


def test_fields_are_those_of_the_message_in_their_order_with_an_empty_line():
    raw = b"To: a\r\nSubject: x\r\n y\r\nTO: b\r\n\r\nbody"
    assert section(raw, "", "HEADER.FIELDS", b"subject", b"to") == b"To: a\r\nSubject: x\r\n y\r\nTO: b\r\n\r\n"
    assert section(raw, "", "HEADER.FIELDS.NOT", b"to") == b"Subject: x\r\n y\r\n\r\n"
    assert section(raw, "", "HEADER.FIELDS", b"cc") == b"\r\n"


def test_a_partial_header_has_its_empty_line():
    raw = b"Subject: x\r\n\r\nbody"
    assert section(raw, "", "HEADER", partial=(0, 512)) == b"Subject: x\r\n\r\n"
    assert section(raw, "", "HEADER.FIELDS", b"Subject", partial=(0, 512)) == b"Subject: x\r\n\r\n"
    assert section(raw, "", "HEADER.FIELDS", b"Subject", partial=(10, 512)) == b"\r\n\r\n"


@pytest.mark.parametrize(
    ("part", "text"), [("", ""), ("1", ""), ("2.1", ""), ("", "HEADER"), ("", "TEXT"), ("2", "TEXT")]
)
def test_a_partial_range_past_the_end_is_empty(part, text):
    whole = section(MESSAGE, part, text)
    assert section(MESSAGE, part, text, partial=(len(whole), 10)) == b""
    assert section(MESSAGE, part, text, partial=(1 << 62, 1 << 62)) == b""
    assert section(MESSAGE, part, text, partial=(2, 3)) == whole[2:5]
    assert section(MESSAGE, part, text, partial=(0, 1 << 62)) == whole


def test_bare_line_feeds_of_a_stored_message_stay():
    raw = b"Subject: x\nTo: y\n\na\nb\n"
    assert section(raw, "", "HEADER") == b"Subject: x\nTo: y\n\n"
    assert section(raw, "1") == b"a\nb\n"
    assert section(raw, "", "HEADER.FIELDS", b"To") == b"To: y\n\r\n"
    assert structure(raw).endswith(b'"7bit" 4 2 NIL NIL NIL NIL)')


def test_a_header_without_body_and_empty_line_gets_none():
    raw = b"Subject: x\r\nTo: y"
    assert section(raw, "", "HEADER") == raw
    assert section(raw, "", "HEADER.FIELDS", b"Subject") == b"Subject: x\r\n"
    assert section(raw, "", "TEXT") == b""


@pytest.mark.parametrize(
    ("body", "size", "lines"),
    [(b"", 0, 0), (b"a", 1, 0), (b"a\r\n", 3, 1), (b"a\r\nb", 4, 1), (b"a\r\nb\r\n", 6, 2), (b"\r\n\r\n", 4, 2)],
)
def test_line_counts_with_and_without_a_last_line_end(body, size, lines):
    expected = b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" %d %d NIL NIL NIL NIL)' % (size, lines)
    assert structure(b"Subject: x\r\n\r\n" + body) == expected


def test_the_structure_of_an_enclosed_message():
    assert structure(MESSAGE, extended=False) == (
        b'(("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 3 0)'
        b'("message" "rfc822" NIL NIL NIL "7bit" %d (NIL "inner" ((NIL NIL "sub" "domain.example")) '
        b'((NIL NIL "sub" "domain.example")) ((NIL NIL "sub" "domain.example")) NIL NIL NIL NIL NIL) '
        b'(("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 8 0)("text" "plain" ("charset" "us-ascii") NIL NIL '
        b'"7bit" 9 0) "alternative") 12) "mixed")'
    ) % len(INNER)


def test_the_extension_data_of_a_structure():
    raw = (
        b'Content-Type: Image/PNG; NAME="a\\"b.png"; x*0=1; x*1=2\r\nContent-ID: <i@d>\r\n'
        b"Content-Description: foo\r\n bar\r\nContent-MD5: abc\r\n"
        b"Content-Disposition: Attachment; filename*=utf-8''a; size=3\r\n"
        b"Content-Language: en, de\r\nContent-Location: http://x/\r\nContent-Transfer-Encoding: BASE64\r\n\r\nAAAA"
    )
    assert structure(raw) == (
        b'("image" "png" ("name" "a\\"b.png" "x*0" "1" "x*1" "2") "<i@d>" "foo bar" "base64" 4 "abc" '
        b'("attachment" ("filename*" "utf-8\'\'a" "size" "3")) ("en" "de") "http://x/")'
    )


@pytest.mark.parametrize(
    ("body", "size", "lines"),
    [(b"", 0, 0), (b"no parts\r\n", 10, 1), (b"--y\r\n\r\n--y--\r\n", 14, 3)],
)
def test_a_multipart_without_parts_has_one_text_with_its_body(body, size, lines):
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + body
    assert structure(raw) == (
        b'(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" %d %d NIL NIL NIL NIL) '
        b'"mixed" ("boundary" "x") NIL NIL NIL)' % (size, lines)
    )
    assert section(raw, "1") == body
    assert section(raw, "1", "MIME") == b""
    assert section(raw, "2") is None


def test_an_empty_part_of_a_multipart():
    raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n"
    assert b'"7bit" 0 0' in structure(raw)
    assert section(raw, "1") == b""


def test_a_digest_has_messages():
    raw = b"Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\nSubject: in\r\n\r\nyy\r\n--x--"
    assert structure(raw).startswith(b'(("message" "rfc822" NIL NIL NIL "7bit" 17 (NIL "in" NIL')
    assert section(raw, "1.1") == b"yy"


def test_an_enclosed_message_that_is_encoded_has_an_empty_envelope():
    raw = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogaGkNCg0KeA==\r\n"
    assert structure(raw, extended=False) == (
        b'("message" "rfc822" NIL NIL NIL "base64" 26 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) '
        b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) 1)'
    )


def test_an_internationalized_message_is_a_message():
    raw = b"Content-Type: message/global\r\n\r\nSubject: x\r\n\r\nb"
    assert structure(raw, extended=False).startswith(b'("message" "global" NIL NIL NIL "7bit" 15 (NIL "x" NIL')
    assert section(raw, "1.1") == b"b"


@pytest.mark.parametrize("kind", ["multipart", "message"])
def test_a_hundred_levels_are_bounded(kind):
    raw = b"Subject: innermost\r\n\r\nx\r\n"
    for level in range(100):
        if kind == "multipart":
            raw = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--\r\n" % (
                level,
                level,
                raw,
                level,
            )
        else:
            raw = b"Content-Type: message/rfc822\r\n\r\n" + raw
    shown = structure(raw)
    assert shown.count(b"(") == shown.count(b")")
    assert shown.count(b'"mixed"' if kind == "multipart" else b'"rfc822"') == MAX_DEPTH + 1
    assert section(raw, ".".join(["1"] * 15)) is not None
    assert section(raw, ".".join(["1"] * 100)) is None


def test_8_bit_headers_are_literals_until_utf8_is_enabled():
    raw = "Subject: café\r\nFrom: é <a@b>\r\nContent-Type: text/plain; name=é\r\n\r\n".encode()
    written = serialize_envelope(ParsedMessage(raw).envelope)
    assert written.startswith(b"(NIL {5}\r\ncaf\xc3\xa9 (({2}\r\n\xc3\xa9 NIL ")
    assert b'"name" {2}\r\n\xc3\xa9 "charset"' in structure(raw)
    assert '"café"'.encode() in serialize_envelope(ParsedMessage(raw).envelope, utf8=True)
    assert '"name" "é"'.encode() in structure(raw, utf8=True)
    broken = ParsedMessage(b"Subject: caf\xe9\r\n\r\n").envelope
    assert b"{4}\r\ncaf\xe9" in serialize_envelope(broken, utf8=True)


def test_nil_and_an_empty_string_differ_in_an_envelope():
    assert (
        serialize_envelope(ParsedMessage(b"Subject:\r\n\r\n").envelope) == b'(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)'
    )
    assert serialize_envelope(ParsedMessage(b"").envelope) == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def test_decoded_parts():
    raw = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\naGkA\r\n"
        b"--x\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\na=3Db\r\n--x\r\n\r\nplain\r\n"
        b"--x\r\nContent-Transfer-Encoding: x-own\r\n\r\n?\r\n--x--\r\n"
    )
    message = ParsedMessage(raw)
    assert [message.decoded((number,)) for number in (1, 2, 3)] == [b"hi\0", b"a=b", b"plain"]
    assert [message.decoded_size((number,)) for number in (1, 2, 3)] == [3, 3, 5]
    assert message.decoded((1,), (1, 1)) == b"i"
    assert message.decoded((1,), (5, 1)) == b""
    assert message.decoded((5,)) is None
    assert message.decoded_size((5,)) is None
    assert message.decoded(()) == raw
    assert message.decoded_size(()) == len(raw)
    with pytest.raises(UnknownEncoding):
        message.decoded((4,))
    with pytest.raises(UnknownEncoding):
        message.decoded_size((4,))


def test_a_preview_is_the_beginning_of_the_text_on_one_line():
    assert ParsedMessage(b"\r\nHello,\r\n\r\n  world\r\n").preview() == "Hello, world"
    html = b"Content-Type: text/html\r\n\r\n<style>x</style><p>Hello &amp; bye</p>"
    assert ParsedMessage(html).preview() == "Hello & bye"
    assert ParsedMessage(b"\r\n" + b"word " * 100).preview() == ("word " * 40).rstrip()
    assert ParsedMessage(b"Content-Type: image/png\r\n\r\nx").preview() == ""


def test_the_beginning_of_a_message_is_enough_if_it_has_the_header():
    raw = b"Subject: x\r\n\r\n" + b"body" * 10_000
    assert is_enough(raw[:HEAD_BYTES], len(raw))
    assert ParsedMessage(raw[:HEAD_BYTES]).envelope == ParsedMessage(raw).envelope
    assert not is_enough(raw[:8], len(raw))
    assert not is_enough(raw[:12], len(raw))
    assert is_enough(b"Subject: x", 10)
    long = b"X: y\r\n" * 5000 + raw
    assert not is_enough(long[:HEAD_BYTES], len(long))


@st.composite
def messages(draw, depth=0):
    """Draw a MIME entity with a valid structure."""
    kinds = ["text"] if depth > 2 else ["text", "multipart", "message"]
    kind = draw(st.sampled_from(kinds))
    headers = [b"X-Level: %d" % depth]
    if kind == "text":
        headers.append(draw(st.sampled_from([b"Content-Type: text/plain; charset=utf-8", b"Content-Type: image/gif"])))
        lines = draw(st.lists(st.sampled_from([b"hello", b"", b"- dash", b"a: b", b"From x"]), max_size=4))
        body = b"\r\n".join(lines)
    elif kind == "multipart":
        mark = b"b%d" % draw(st.integers(0, 9999)) + b"-%d" % depth
        headers.append(b'Content-Type: multipart/mixed; boundary="%s"' % mark)
        parts = draw(st.lists(messages(depth + 1), min_size=1, max_size=3))
        body = b"".join(b"--%s\r\n%s\r\n" % (mark, one) for one in parts) + b"--%s--\r\n" % mark
    else:
        headers.append(b"Content-Type: message/rfc822")
        body = draw(messages(depth + 1))
    return b"\r\n".join(headers) + b"\r\n\r\n" + body


def walk(message, path, *, in_message):
    """Yield path and payload of each leaf, as the email package and RFC 9051 6.4.5.1 number them."""
    if message.get_content_maintype() == "multipart":
        for number, part in enumerate(message.get_payload(), 1):
            yield from walk(part, (*path, number), in_message=False)
    elif message.get_content_type() == "message/rfc822":
        own = (*path, 1) if in_message else path
        yield from walk(message.get_payload(0), own, in_message=True)
    else:
        yield ((*path, 1) if in_message else path), message.get_payload(decode=True)


@given(messages())
def test_parts_agree_with_the_email_package(raw):
    parsed = ParsedMessage(raw)
    leaves = list(walk(email.message_from_bytes(raw, policy=email.policy.compat32), (), in_message=True))
    assert leaves
    for path, payload in leaves:
        assert parsed.section(Section(path, "", ())) == payload
        beyond = parsed.section(Section((*path, 1), "", ()))
        assert beyond is None
    shown = serialize_body(parsed.body)
    assert shown.count(b"(") == shown.count(b")")


PIECES = st.lists(
    st.sampled_from([b"Content-Type: ", b"multipart/mixed", b"message/rfc822", b"text/plain", b"; boundary=b",
                     b"\r\n",
                     b"\n", b"\r\n\r\n", b"--b", b"--b--", b"Subject: ", b"From: ", b"<a@b>", b"\xff", b"\0", b'"',
                     b"x",
                     b"Content-Transfer-Encoding: ", b"base64", b"; name*0*=", b"Content-Disposition: ", b"(", b")"]),
    max_size=40,
).map(b"".join)  # fmt: skip


@given(
    PIECES, st.lists(st.integers(1, 3), max_size=3), st.sampled_from(["", "HEADER", "TEXT", "MIME", "HEADER.FIELDS"])
)
def test_any_bytes_have_sections_an_envelope_and_a_structure(raw, path, text):
    parsed = ParsedMessage(raw)
    part = tuple(path)
    if text != "MIME" or part:
        found = parsed.section(Section(part, text, (b"From",)))
        assert found is None or isinstance(found, bytes)
    assert serialize_envelope(parsed.envelope).startswith(b"(")
    assert serialize_body(parsed.body).startswith(b"(")
    assert parsed.section(Section((), "HEADER", ())) + parsed.section(Section((), "TEXT", ())) == raw
    parsed.preview()
    try:
        decoded = parsed.decoded(part)
        assert (None if decoded is None else len(decoded)) == parsed.decoded_size(part)
    except UnknownEncoding:
        pass
