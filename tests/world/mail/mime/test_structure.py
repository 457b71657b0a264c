"""The structure of messages: offsets reproduce the bytes, no bytes raise, and the work is bounded."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.world.mail.mime.checks import check_header, check_parts
from homeport.world.mail.mime.content import parse_message, parse_senders
from homeport.world.mail.mime.structure import (
    MAX_DELIMITERS,
    MAX_DEPTH,
    MAX_PARTS,
    parse_header,
    parse_structure,
)

NESTED = (
    b"Subject: one\r\n  two\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
    b"preamble\r\n"
    b"--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\n\r\nplain\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<b>\r\n--b--\r\n"
    b"--a  \r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: inner\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n"
    b"--a--\r\nepilogue"
)
PIECES = st.lists(
    st.sampled_from([
        b"Content-Type: ", b"multipart/mixed", b"message/rfc822", b"text/plain", b"; boundary=b", b'; boundary="a b"',
        b"; charset=", b"utf-8", b"iso-2022-jp", b"; filename*0*=", b"; filename*1=", b"utf-8''%ff", b"\r\n", b"\n",
        b"\r\n\r\n", b"--b", b"--b--", b"--a b\r\n", b"=?utf-8?b?", b"=?x?q?=FF?=", b"Subject: ", b"From: ", b'"',
        b"(", b")", b";", b"<", b">", b"@", b":", b" ", b"\t", b"\x00", b"\xff", b"\xc3\xa9", b"\\", b"[", b"]", b",",
        b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable", b"=", b"a", b".",
        b"Content-Disposition: attachment", b"Date: ", b"32 Oct 2026 25:61 GMT", b"Message-ID: ", b"References: ",
        b"To: ", b"Bcc: ", b"MIME-Version: ", b"1.0", b"\x1b$B", b"From x\r\n",
    ]),
    max_size=60,
).map(b"".join)  # fmt: skip


def part(raw, *path):
    """Return header and body of an entity, by the indexes of its ancestors and itself."""
    entity = parse_structure(raw).root
    for index in path:
        entity = entity.children[index]
    return raw[entity.begin : entity.body], raw[entity.body : entity.end]


def test_every_entity_has_the_offsets_of_its_header_and_body():
    assert part(NESTED, 0, 0) == (b"\r\n", b"plain")
    assert part(NESTED, 0, 1) == (b"Content-Type: text/html\r\n\r\n", b"<b>")
    assert part(NESTED, 0)[1] == b"--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>\r\n--b--"
    assert part(NESTED, 1, 0)[0].startswith(b"Subject: inner\r\n")
    assert part(NESTED, 1, 0, 0) == (b"\r\n", b"x")
    root = parse_structure(NESTED).root
    assert NESTED[slice(*root.preamble)] == b"preamble"
    assert NESTED[slice(*root.epilogue)] == b"epilogue"
    assert [one.media_type for one in root.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "message/rfc822", "multipart/mixed",
        "text/plain",
    ]  # fmt: skip
    assert [one.depth for one in root.walk()] == [0, 1, 2, 2, 1, 2, 3]


def test_every_field_has_its_offsets():
    fields = parse_header(NESTED).fields
    assert [NESTED[one.begin : one.end] for one in fields] == [
        b"Subject: one\r\n  two\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n",
    ]
    assert NESTED[fields[0].value : fields[0].end] == b" one\r\n  two\r\n"


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"Subject: x\r\n\r\nbody", b"body"),
        (b"Subject: x\n\nbody", b"body"),
        (b"\r\nbody", b"body"),
        (b"Subject: x\r\nHello Bob,\r\nhow are you?\r\n", b"Hello Bob,\r\nhow are you?\r\n"),
        (b"Hello Bob,\r\n\r\nhow are you?\r\n", b"Hello Bob,\r\n\r\nhow are you?\r\n"),
        (b"From bob@example.org Wed Oct 14 17:46:40 2026\r\nSubject: x\r\n\r\nbody", b"body"),
        (b"Subject: x", b""),
        (b"", b""),
        (b"x" * 100_000, b"x" * 100_000),
        (b"Subject: " + b"x" * 100_000 + b"\r\n\r\nbody", b"body"),
        (b"X: y\r\n" * 20_000 + b"\r\nbody", b"body"),
    ],
)
def test_a_header_ends_at_an_empty_line_or_at_a_line_that_is_no_field(raw, body):
    assert raw[parse_header(raw).body :] == body


def check_tree(raw):
    """Check all that holds for every tree."""
    tree = parse_structure(raw)
    entities = [*tree.root.walk()]
    assert (tree.root.begin, tree.root.end) == (0, len(raw))
    assert len(entities) <= MAX_PARTS
    assert max(one.depth for one in entities) <= MAX_DEPTH
    assert tree.examined <= (MAX_DEPTH + 2) * (len(raw) + 100)
    for one in entities:
        assert 0 <= one.begin <= one.body <= one.end <= len(raw)
        at = one.body
        for child in one.children:
            assert at <= child.begin
            assert child.end <= one.end
            at = child.end
        place = one.begin
        for field in one.header.fields:
            assert place <= field.begin < field.value <= field.end <= one.body
            assert raw[field.begin : field.value].rstrip(b": \t").lower() == field.name.encode()
            place = field.end
    return tree


def check_everything(raw):
    """Read and check a message in every way."""
    root = check_tree(raw).root
    for finding, at in [*check_header(root), *check_parts(root, utf8=False), *check_parts(root, whole=False)]:
        assert finding
        assert -1 <= at <= len(raw)
    content = parse_message(raw)
    texts = [[part.text(), part.filename, part.charset, part.disposition, part.content_id] for part in content.parts]
    json.dumps([content.headers, texts, parse_senders(raw)]).encode()
    "".join(value for _name, value in content.headers).encode()
    "".join("".join(one) for one in texts).encode()
    assert all(part.size() == len(part.content()) for part in content.parts)


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_and_checked(raw):
    check_everything(raw)


@settings(max_examples=500, deadline=None)
@given(PIECES)
def test_any_pieces_of_mime_are_read_and_checked(raw):
    check_everything(raw)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_correct_message_that_is_damaged_anywhere_is_read_and_checked(data):
    raw = bytearray(NESTED)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    check_everything(bytes(raw))


@given(st.recursive(st.sampled_from([b"", b"x", b"a\r\nb", b"--", b"\r\n"]), lambda inner: st.lists(inner, max_size=4)))
def test_what_was_composed_is_read_back(content):
    number = 0

    def compose(one):
        nonlocal number
        if isinstance(one, bytes):
            return b"\r\n" + one
        number += 1
        mark = b"boundary%d" % number
        each = b"".join(b"--%s\r\n%s\r\n" % (mark, compose(child)) for child in one)
        return b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n%s--%s--" % (mark, each, mark)

    def read(entity):
        if not entity.boundary:
            return entity.raw[entity.body : entity.end]
        return [read(child) for child in entity.children]

    assert read(parse_structure(compose(content)).root) == content


HARD = {
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5000)),
    "nested messages": b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * 50_000,
    "false delimiters": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bX\n" * 200_000,
    "headers of parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n" + b"a:\n" * 9000) * 20,
    "bad headers of parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n" + b"a\n" * 9000) * 20,
    "open comments": b"From: " + b"(" * 60_000 + b"\r\n\r\n",
    "open quotes": b'To: "' + b'\\"' * 30_000 + b"\r\n\r\n",
    "open brackets": b"To: " + b"<@a," * 15_000 + b"\r\n\r\n",
    "open literals": b"To: a@" + b"[" * 60_000 + b"\r\n\r\n",
    "commas": b"To: " + b"," * 60_000 + b"\r\n\r\n",
    "groups": b"To: " + b"a:;" * 20_000 + b"\r\n\r\n",
    "atoms": b"From: " + b"a " * 30_000 + b"\r\n\r\n",
    "dots": b"From: " + b"a." * 30_000 + b"\r\n\r\n",
    "references": b"References: " + b"<" * 60_000 + b"\r\n\r\n",
    "dates": b"Date: " + b"( ) " * 15_000 + b"\r\n\r\n",
    "words": b"Subject: " + b"=?utf-8?q?=C3?= " * 4000 + b"\r\n\r\n",
    "half words": b"From: " + b"=?a?q?" * 10_000 + b"\r\n\r\n",
    "parameters": b"Content-Type: a/b" + b";a*0*=x" * 9000 + b"\r\n\r\n",
    "base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 2_000_000,
    "equals signs": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * 300_000,
    "spaces": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b" " * 1_000_000,
    "escapes of jis": b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + b"\x1b$B\x1b(B" * 100_000,
}


@pytest.mark.timeout(60)  # what takes quadratic time takes hours
@pytest.mark.parametrize("name", HARD)
def test_hard_messages_are_read_and_checked_within_the_limits(name):
    check_everything(HARD[name])


def test_what_is_over_a_limit_stays_in_its_entity_and_is_noted():
    for name in ("nested", "nested messages", "parts", "false delimiters"):
        assert not parse_structure(HARD[name]).complete
    assert parse_structure(NESTED).complete
    assert len([*parse_structure(HARD["nested messages"]).root.walk()]) == MAX_DEPTH + 1
    assert MAX_DELIMITERS > MAX_PARTS
