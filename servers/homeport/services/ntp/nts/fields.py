"""The extension fields of NTS in requests and answers (RFC 8915 5)."""

import struct
from collections.abc import Iterable, Sequence
from secrets import token_bytes

import msgspec

from homeport.services.ntp.nts.algorithms import Cipher, NotAuthentic
from homeport.services.ntp.packet import (
    NTS_AUTHENTICATOR,
    NTS_COOKIE,
    NTS_PLACEHOLDER,
    NTS_UNIQUE,
    ExtensionField,
    Request,
)

MIN_UNIQUE_BYTES = 32
MAX_COOKIES = 8
"""Cookies of one answer: a client should have no more than seven placeholders (RFC 8915 5.7)."""
MAX_NONCE_BYTES = 16
"""Room that clients leave for the nonce of the answer (RFC 8915 5.6)."""
LENGTHS = struct.Struct("!HH")
FIELD = struct.Struct("!HH")


class Discarded(ValueError):
    """A request that gets no answer. finding: why."""


class Refused(ValueError):
    """A request that gets the kiss code NTSN. finding: why."""


class Question(msgspec.Struct, frozen=True):
    """The fields of NTS in a request. Empty for a field that is not there."""

    unique: bytes
    cookie: bytes
    placeholders: list[bytes]
    authenticator: ExtensionField | None


class Authenticator(msgspec.Struct, frozen=True):
    """An authenticator, taken apart."""

    nonce: bytes
    ciphertext: bytes


def read_fields(request: Request, found: list[str]) -> Question:
    """Return the fields of NTS in a request; append findings.

    Raises: Discarded, for a field that may come once and comes again.
    """
    by_type: dict[int, list[bytes]] = {NTS_UNIQUE: [], NTS_COOKIE: [], NTS_PLACEHOLDER: []}
    authenticator = None
    for number, field in enumerate(request.fields, 1):
        if field.type == NTS_AUTHENTICATOR:
            authenticator = field
            if len(request.fields) > number or request.mac or request.rest:
                found.append("nts-after-authenticator")
            break
        if field.type in by_type:
            by_type[field.type].append(field.body)
    unique, cookies = by_type[NTS_UNIQUE], by_type[NTS_COOKIE]
    if len(unique) > 1 or len(cookies) > 1:
        raise Discarded("nts-field-twice")
    if not unique:
        raise Discarded("nts-no-unique-id")
    if len(unique[0]) < MIN_UNIQUE_BYTES:
        found.append("nts-short-unique-id")
    return Question(unique[0], cookies[0] if cookies else b"", by_type[NTS_PLACEHOLDER], authenticator)


def parse_authenticator(field: ExtensionField) -> Authenticator:
    """Take the body of an authenticator apart. Raises: Refused."""
    body = field.body
    if len(body) < LENGTHS.size:
        raise Refused("nts-malformed-authenticator")
    nonce_bytes, ciphertext_bytes = LENGTHS.unpack_from(body)
    at = LENGTHS.size + _padded(nonce_bytes)
    end = at + _padded(ciphertext_bytes)
    if end > len(body):
        raise Refused("nts-malformed-authenticator")
    return Authenticator(body[LENGTHS.size :][:nonce_bytes], body[at : at + ciphertext_bytes])


def open_fields(cipher: Cipher, authenticator: Authenticator, associated: bytes) -> list[tuple[int, bytes]]:
    """Return the types and bodies of the encrypted fields. Raises: Refused."""
    try:
        plaintext = cipher.open(authenticator.nonce, authenticator.ciphertext, associated)
    except NotAuthentic:
        raise Refused("nts-bad-authenticator") from None
    fields = []
    at = 0
    while at < len(plaintext):
        kind, length = FIELD.unpack_from(plaintext, at) if len(plaintext) - at >= FIELD.size else (0, 0)
        if length < FIELD.size or length % 4 or length > len(plaintext) - at:
            raise Refused("nts-malformed-authenticator")
        fields.append((kind, plaintext[at + FIELD.size : at + length]))
        at += length
    return fields


def count_cookies(question: Question, encrypted: Iterable[tuple[int, bytes]], found: list[str]) -> int:
    """Return how many cookies the answer may have: one, and one for each placeholder (RFC 8915 5.7)."""
    placeholders = [*question.placeholders]
    for kind, body in encrypted:
        if kind == NTS_PLACEHOLDER:
            placeholders.append(body)
        elif kind == NTS_COOKIE and "nts-cookie-encrypted" not in found:
            found.append("nts-cookie-encrypted")
    fitting = [one for one in placeholders if len(one) == len(question.cookie)]
    if len(fitting) < len(placeholders):
        found.append("nts-placeholder-length")
    if any(any(one) for one in fitting):
        found.append("nts-placeholder-content")
    if len(fitting) >= MAX_COOKIES:
        found.append("nts-too-many-placeholders")
    return min(1 + len(fitting), MAX_COOKIES)


def write_fields(fields: Iterable[tuple[int, bytes]]) -> bytes:
    """Return fields as octets. Bodies have a multiple of four."""
    return b"".join(FIELD.pack(kind, FIELD.size + len(body)) + body for kind, body in fields)


def write_authenticator(cipher: Cipher, plaintext: bytes, associated: bytes) -> bytes:
    """Return the field that authenticates what is before it, and encrypts a plaintext."""
    nonce = token_bytes(cipher.nonce_bytes)
    ciphertext = cipher.seal(nonce, plaintext, associated)
    body = LENGTHS.pack(len(nonce), len(ciphertext)) + _pad(nonce) + _pad(ciphertext)
    return write_fields([(NTS_AUTHENTICATOR, body)])


def cookie_fields(cookies: Sequence[bytes]) -> bytes:
    """Return cookies as extension fields."""
    return write_fields((NTS_COOKIE, one) for one in cookies)


def _padded(size: int) -> int:
    """Return a length with its padding to a multiple of four."""
    return size + -size % 4


def _pad(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
