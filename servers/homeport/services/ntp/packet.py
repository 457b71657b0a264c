"""NTP packets (RFC 5905 7.3): a header of 48 octets, then extension fields (RFC 7822), then a MAC."""

import struct

import msgspec

from homeport.protocol.effects import LogFault

HEADER_BYTES = 48
MIN_VERSION, MAX_VERSION = 1, 4
VERSION_OF_FIELDS = 4
"""The version with extension fields."""
MIN_FIELD_BYTES = 16
"""RFC 7822 7.5.1.1."""
MAX_MAC_BYTES = 24
"""A key id and a SHA-1 digest: more octets than these begin with an extension field (RFC 7822 7.5.1.4)."""
MIN_MAC_BYTES = 20
"""A key id and a digest of MD5 or AES-CMAC."""
KEY_ID_BYTES = 4
MAX_FIELDS = 64

SYMMETRIC_ACTIVE, SYMMETRIC_PASSIVE, CLIENT, SERVER, BROADCAST, CONTROL, PRIVATE = range(1, 8)
"""Modes (RFC 5905 figure 10)."""
UNSYNCHRONISED = 3
"""Leap indicator of a server that does not know the time."""
MAX_STRATUM = 16
"""Stratum of a server that does not know the time (RFC 5905 figure 11)."""
KISS = 0
"""Stratum of a kiss-o'-death, whose code is in the reference id (RFC 5905 7.4)."""

NTS_UNIQUE, NTS_COOKIE, NTS_PLACEHOLDER, NTS_AUTHENTICATOR = 0x0104, 0x0204, 0x0304, 0x0404
NTS_FIELDS = frozenset((NTS_UNIQUE, NTS_COOKIE, NTS_PLACEHOLDER, NTS_AUTHENTICATOR))
"""Types of the extension fields of NTS (RFC 8915 5.2)."""

UNIX_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970."""
MASK = (1 << 64) - 1
ERA_SECONDS = 1 << 32

_WIRE = struct.Struct("!BBbbII4sQQQQ")
_FIELD = struct.Struct("!HH")


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The header. Timestamps are 64-bit numbers: seconds since 1900 modulo 2**32, and 2**-32 seconds."""

    leap: int = 0
    version: int = VERSION_OF_FIELDS
    mode: int = CLIENT
    stratum: int = 0
    poll: int = 0
    """Logarithm to the base of 2 of seconds, signed; so is precision."""
    precision: int = 0
    root_delay: int = 0
    """In 2**-16 seconds; so is root_dispersion."""
    root_dispersion: int = 0
    reference_id: bytes = bytes(4)
    reference: int = 0
    origin: int = 0
    receive: int = 0
    transmit: int = 0

    def serialize(self) -> bytes:
        """Return the 48 octets."""
        return _WIRE.pack(
            self.leap << 6 | self.version << 3 | self.mode,
            self.stratum,
            self.poll,
            self.precision,
            self.root_delay,
            self.root_dispersion,
            self.reference_id,
            self.reference,
            self.origin,
            self.receive,
            self.transmit,
        )


def parse_header(data: bytes) -> Header:
    """Parse the first 48 octets, of which there must be as many."""
    first, stratum, poll, precision, delay, dispersion, identifier, *stamps = _WIRE.unpack_from(data)
    return Header(
        leap=first >> 6,
        version=first >> 3 & 7,
        mode=first & 7,
        stratum=stratum,
        poll=poll,
        precision=precision,
        root_delay=delay,
        root_dispersion=dispersion,
        reference_id=identifier,
        reference=stamps[0],
        origin=stamps[1],
        receive=stamps[2],
        transmit=stamps[3],
    )


class ExtensionField(msgspec.Struct, frozen=True):
    """An extension field (RFC 7822 7.5)."""

    type: int
    body: bytes
    """The octets after type and length, with padding."""
    offset: int
    """Offset of the field's type in the packet."""

    def serialize(self) -> bytes:
        """Return its octets; the body must have a multiple of four."""
        return _FIELD.pack(self.type, _FIELD.size + len(self.body)) + self.body


class Request(msgspec.Struct, frozen=True):
    """A received packet."""

    header: Header
    fields: tuple[ExtensionField, ...]
    mac: bytes
    """Key id and digest; empty for none."""
    raw: bytes
    """The whole packet."""
    rest: bytes = b""
    """Octets that are neither extension fields nor a MAC."""
    found: list[str] = []
    """Identifiers of findings; what answers the request adds to them."""
    acted: list[LogFault] = []
    """Records of faults that have acted on its answer; likewise."""

    @property
    def signed(self) -> bytes:
        """The octets before the MAC."""
        return self.raw[: len(self.raw) - len(self.mac)]

    @property
    def key_id(self) -> int:
        """Id of the key of its MAC; 0 for none."""
        return int.from_bytes(self.mac[:KEY_ID_BYTES])

    @property
    def has_nts(self) -> bool:
        """True if it has an extension field of NTS."""
        return any(one.type in NTS_FIELDS for one in self.fields)


class Malformed(ValueError):
    """Fewer octets than a header has."""


def parse_request(data: bytes) -> Request:
    """Parse a packet. Raises: Malformed."""
    if len(data) < HEADER_BYTES:
        raise Malformed
    header = parse_header(data)
    fields: tuple[ExtensionField, ...] = ()
    at = HEADER_BYTES
    if header.version >= VERSION_OF_FIELDS:  # RFC 1305 has a MAC and no extension fields
        fields, at = _parse_fields(data)
    left = len(data) - at
    is_mac = MIN_MAC_BYTES <= left <= MAX_MAC_BYTES and left % 4 == 0
    return Request(header, fields, data[at:] if is_mac else b"", data, b"" if is_mac else data[at:])


def _parse_fields(data: bytes) -> tuple[tuple[ExtensionField, ...], int]:
    """Return the extension fields, and the offset of what follows them.

    More octets than the longest MAC begin with a field (RFC 7822 7.5.1.4). The authenticator of NTS is the last field,
    and no MAC follows it (RFC 8915 5.6), so after fields of NTS shorter ones are fields, too.
    """
    fields: list[ExtensionField] = []
    at = HEADER_BYTES
    while len(data) - at > MAX_MAC_BYTES and len(fields) < MAX_FIELDS:
        kind, length = _FIELD.unpack_from(data, at)
        if length < MIN_FIELD_BYTES or length % 4 or length > len(data) - at:
            break
        fields.append(ExtensionField(kind, data[at + _FIELD.size : at + length], at))
        at += length
    return tuple(fields), at


def timestamp(now: float) -> int:
    """Return Unix time as an NTP timestamp of its era."""
    return (int(now * ERA_SECONDS) + UNIX_EPOCH * ERA_SECONDS) & MASK


def unix_time(stamp: int, near: float) -> float:
    """Return the Unix time of a timestamp, in the era that is nearest to `near` (RFC 5905 6)."""
    seconds = stamp / ERA_SECONDS - UNIX_EPOCH
    return seconds + round((near - seconds) / ERA_SECONDS) * ERA_SECONDS
