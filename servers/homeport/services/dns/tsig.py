"""Signatures of requests and answers by shared secrets (TSIG, RFC 8945), over octets: no record is parsed twice.

A request is checked by `check`, which returns how its answer is signed. `Signature.sign` signs the messages of the
answer, in their order: each covers the one before (5.3.1).
"""

import hashlib
import hmac
import struct
from base64 import b64decode
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

import msgspec

from homeport.services.dns.message import HEADER, HEADER_BYTES, Record
from homeport.world.zones.name import BadName, Name, name_wire, parse_name, read_name
from homeport.world.zones.rrset import TSIG

ALGORITHMS: Final = {
    parse_name(name): (digest, size)
    for name, digest, size in (
        ("hmac-md5.sig-alg.reg.int", hashlib.md5, 16),
        ("hmac-sha1", hashlib.sha1, 20),
        ("hmac-sha224", hashlib.sha224, 28),
        ("hmac-sha256", hashlib.sha256, 32),
        ("hmac-sha256-128", hashlib.sha256, 16),
        ("hmac-sha384", hashlib.sha384, 48),
        ("hmac-sha384-192", hashlib.sha384, 24),
        ("hmac-sha512", hashlib.sha512, 64),
        ("hmac-sha512-256", hashlib.sha512, 32),
    )
}
"""The algorithms of RFC 8945 6: hash, and size of the MAC in bytes."""
SHORT_NAMES = {"hmac-md5": "hmac-md5.sig-alg.reg.int"}
DEFAULT_ALGORITHM = "hmac-sha256"
BADSIG, BADKEY, BADTIME, BADTRUNC = 16, 17, 18, 22
ERRORS = {BADSIG: "BADSIG", BADKEY: "BADKEY", BADTIME: "BADTIME", BADTRUNC: "BADTRUNC"}
FUDGE_S = 300
"""Difference between clocks, in seconds, that is allowed (RFC 8945 10)."""
ANY_CLASS = 255
RECORD = struct.Struct("!HHIH")
TIMERS = struct.Struct("!HIH")
"""Time signed, 48 bits, and fudge."""
AFTER_MAC = struct.Struct("!HHH")
SIZE = struct.Struct("!H")
MIN_MAC_BYTES = 10


class Key(msgspec.Struct, frozen=True, gc=False):
    """A shared secret."""

    name: Name
    algorithm: Name
    secret: bytes


class BadKey(ValueError):
    """Raised for text that is no key; the message says how one is written."""


def parse_key(text: str) -> Key:
    """Parse a key as `dig -y` takes it: `hmac-sha256:name:secret in Base64`, the algorithm optional.

    Raises: BadKey.
    """
    *algorithms, name, secret = text.rsplit(":", 2) if text.count(":") > 1 else ("", *text.split(":"))
    algorithm = "".join(algorithms).lower() or DEFAULT_ALGORITHM
    try:
        key = Key(parse_name(name), parse_name(SHORT_NAMES.get(algorithm, algorithm)), b64decode(secret, validate=True))
    except (BadName, ValueError) as error:
        raise BadKey(f"no key: {error}; write ALGORITHM:NAME:SECRET with the secret in Base64") from None
    if key.algorithm not in ALGORITHMS:
        raise BadKey(f"there is no algorithm {algorithm!r:.40}: write hmac-sha256, or another of RFC 8945 6")
    if not key.name or not key.secret:
        raise BadKey("a key has a name and a secret: write ALGORITHM:NAME:SECRET with the secret in Base64")
    return key


@lru_cache(64)
def known_keys(texts: tuple[str, ...]) -> tuple[Key, ...]:
    """Return the keys of the option `keys`, which has been validated."""
    return tuple(map(parse_key, texts))


class MalformedTsig(Exception):
    """Raised for a TSIG record that cannot be read, or breaks RFC 8945 4.2; the message says why."""


class Fields(msgspec.Struct, frozen=True, gc=False):
    """The data of a TSIG record (RFC 8945 4.2)."""

    algorithm: Name
    time: int
    """In seconds since 1970."""
    fudge: int
    mac: bytes
    original_id: int
    error: int
    other: bytes


def read_fields(record: Record) -> Fields:
    """Read the data of a TSIG record.

    Raises: MalformedTsig.
    """
    data = record.data
    if record.class_ != ANY_CLASS:
        raise MalformedTsig("its class is not ANY")
    try:
        algorithm, at = read_name(data)
        high, low, fudge = TIMERS.unpack_from(data, at)
        at += TIMERS.size
        (size,) = SIZE.unpack_from(data, at)
        at += SIZE.size
        mac = data[at : at + size]
        at += size
        original_id, error, rest = AFTER_MAC.unpack_from(data, at)
    except (BadName, struct.error):
        raise MalformedTsig("its data end within a field") from None
    other = data[at + AFTER_MAC.size :]
    if len(other) != rest:
        raise MalformedTsig("the size of its other data is wrong")
    return Fields(algorithm, high << 32 | low, fudge, mac, original_id, error, other)


class Signature:
    """The signature of the answer to a request with TSIG: by its key, or none, with an error for the client."""

    def __init__(self, name: Name, request: Fields, key: Key | None, now: Callable[[], float], error: int = 0) -> None:
        self.name = name
        self.error = error
        """The error of TSIG, for an answer NOTAUTH; 0 if the request is authentic."""
        self._request = request
        self._key = key  # None: the answer is not signed
        self._now = now
        self._chain = SIZE.pack(len(request.mac)) + request.mac
        self._first = True

    @property
    def key_name(self) -> Name | None:
        """The name of the key if the request is authentic, else None."""
        return self.name if not self.error else None

    @property
    def size(self) -> int:
        """Size of the TSIG record that `sign` appends, in bytes."""
        mac = ALGORITHMS[self._key.algorithm][1] if self._key is not None else 0
        fixed = RECORD.size + TIMERS.size + SIZE.size + AFTER_MAC.size
        other = TIMERS.size - 2 if self.error == BADTIME else 0
        return len(name_wire(self.name)) + fixed + len(name_wire(self._request.algorithm)) + mac + other

    def sign(self, message: bytes) -> bytes:
        """Return the next message of the answer with TSIG."""
        now = int(self._now())
        other = b""
        if self.error == BADTIME:  # the client's time, and the server's beside it (RFC 8945 5.2.3)
            other = struct.pack("!HI", now >> 32 & 0xFFFF, now & 0xFFFF_FFFF)
            now = self._request.time
        timers = pack_timers(now)
        mac = b""
        if self._key is not None:
            variables = timers
            if self._first:
                variables = _variables(self.name, self._request.algorithm, timers, self.error, other)
            mac = compute_mac(self._key, self._chain, message, variables)
        self._chain = SIZE.pack(len(mac)) + mac
        self._first = False
        number, *_ = HEADER.unpack_from(message)
        data = b"".join(
            (
                name_wire(self._request.algorithm),
                timers,
                SIZE.pack(len(mac)),
                mac,
                AFTER_MAC.pack(number, self.error, len(other)),
                other,
            )
        )
        return _with_record(message, self.name, data)


def pack_timers(now: int, fudge_s: int = FUDGE_S) -> bytes:
    """Return time signed and fudge. now: in seconds; a world's clock may be before 1970."""
    return TIMERS.pack(now >> 32 & 0xFFFF, now & 0xFFFF_FFFF, fudge_s)


def compute_mac(key: Key, before: bytes, message: bytes, variables: bytes) -> bytes:
    """Return the MAC of a message (RFC 8945 4.3). before: the MAC that it continues, with its size; or empty."""
    digest, size = ALGORITHMS[key.algorithm]
    return hmac.new(key.secret, before + message + variables, digest).digest()[:size]


def sign_request(key: Key, message: bytes, now: float) -> bytes:
    """Return a request with TSIG."""
    number, *_ = HEADER.unpack_from(message)
    timers = pack_timers(int(now))
    mac = compute_mac(key, b"", message, _variables(key.name, key.algorithm, timers, 0, b""))
    data = b"".join((name_wire(key.algorithm), timers, SIZE.pack(len(mac)), mac, AFTER_MAC.pack(number, 0, 0)))
    return _with_record(message, key.name, data)


def _with_record(message: bytes, name: Name, data: bytes) -> bytes:
    """Return a message with a TSIG record of these data at its end."""
    *fields, additional = HEADER.unpack_from(message)
    record = name_wire(name) + RECORD.pack(TSIG, ANY_CLASS, 0, len(data)) + data
    return HEADER.pack(*fields, additional + 1) + message[HEADER_BYTES:] + record


def _variables(name: Name, algorithm: Name, timers: bytes, error: int, other: bytes) -> bytes:
    """Return the variables of TSIG that a MAC covers (RFC 8945 4.3.3)."""
    return b"".join(
        (
            name_wire(name),
            struct.pack("!HI", ANY_CLASS, 0),
            name_wire(algorithm),
            timers,
            struct.pack("!HH", error, len(other)),
            other,
        )
    )


def check(data: bytes, record: Record, at: int, keys: Iterable[Key], now: Callable[[], float]) -> Signature:
    """Check the TSIG of a request: key, MAC, time, truncation, in this order (RFC 8945 5.2).

    data: the request. record: its TSIG record, and the offset of that. now: returns the time in seconds.
    Raises: MalformedTsig for a request that is answered FORMERR.
    """
    fields = read_fields(record)
    key = next((one for one in keys if one.name == record.name and one.algorithm == fields.algorithm), None)
    if key is None:
        return Signature(record.name, fields, None, now, BADKEY)
    size = ALGORITHMS[key.algorithm][1]
    if fields.mac and not max(MIN_MAC_BYTES, size // 2) <= len(fields.mac) <= size:
        raise MalformedTsig(f"its MAC has {len(fields.mac)} octets: RFC 8945 5.2.2.1")
    timers = pack_timers(fields.time, fields.fudge)
    variables = _variables(key.name, key.algorithm, timers, fields.error, fields.other)
    mac = compute_mac(key, b"", _unsigned(data, at, fields.original_id), variables)
    if not fields.mac or not hmac.compare_digest(mac[: len(fields.mac)], fields.mac):
        return Signature(record.name, fields, None, now, BADSIG)
    if abs(int(now()) - fields.time) > fields.fudge:
        return Signature(record.name, fields, key, now, BADTIME)
    if len(fields.mac) < size:
        return Signature(record.name, fields, key, now, BADTRUNC)
    return Signature(record.name, fields, key, now)


def _unsigned(data: bytes, at: int, original_id: int) -> bytes:
    """Return a message as it was before its TSIG record was added."""
    _number, *fields, additional = HEADER.unpack_from(data)
    return HEADER.pack(original_id, *fields, additional - 1) + data[HEADER_BYTES:at]
