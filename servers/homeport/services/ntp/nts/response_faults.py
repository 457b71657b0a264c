"""Responses of key exchanges with planned defects."""

from collections.abc import Callable

from homeport.protocol.faults import FrameFault
from homeport.services.ntp.nts.records import (
    ALGORITHM,
    BAD_REQUEST,
    COOKIE,
    ERROR,
    INTERNAL_ERROR,
    NEXT_PROTOCOL,
    SERVER,
    UNRECOGNIZED,
    WARNING,
    Record,
    numbers_of,
)

Alter = Callable[[list[Record]], list[Record]]
UNKNOWN = 0x3FFF
"""A type that is not assigned."""
UNKNOWN_WARNING = 0xFFFF
"""A code for private use (RFC 8915 7.9)."""
OTHER_PROTOCOL = 0x8000
"""A protocol for private use (RFC 8915 7.7)."""
OTHER_ALGORITHM = 17
"""AES-SIV-CMAC-512, which the server does not have."""
NOWHERE = b"192.0.2.1"
"""An address for documentation (RFC 5737), without a server."""


def corrupt(cookie: bytes) -> bytes:
    """Return a cookie of the same length that cannot be opened."""
    return cookie[:-1] + bytes((cookie[-1] ^ 1,))


def _each(kind: int, body: Callable[[bytes], bytes]) -> Alter:
    """Return a function that changes the bodies of the records of a type."""

    def alter(records: list[Record]) -> list[Record]:
        return [Record(one.type, body(one.body), one.critical) if one.type == kind else one for one in records]

    return alter


def _error(code: int) -> Alter:
    return lambda _records: [Record(ERROR, numbers_of((code,)))]


def _with(record: Record) -> Alter:
    """Return a function that adds a record; one of the same type is left out."""
    return lambda records: [*(one for one in records if one.type != record.type), record]


ALTER: dict[FrameFault, Alter] = {
    "no-cookies": lambda records: [one for one in records if one.type != COOKIE],
    "corrupt-cookies": _each(COOKIE, corrupt),
    "wrong-server": _with(Record(SERVER, NOWHERE)),
    "unrecognized-record": _error(UNRECOGNIZED),
    "bad-request": _error(BAD_REQUEST),
    "internal-error": _error(INTERNAL_ERROR),
    "critical-record": _with(Record(UNKNOWN)),
    "unknown-record": _with(Record(UNKNOWN, b"ignore me", critical=False)),
    "warning": _with(Record(WARNING, numbers_of((UNKNOWN_WARNING,)))),
    "other-protocol": _each(NEXT_PROTOCOL, lambda _body: numbers_of((OTHER_PROTOCOL,))),
    "other-algorithm": _each(ALGORITHM, lambda _body: numbers_of((OTHER_ALGORITHM,))),
}
"""The defects but `no-end`, which leaves the record End of Message out."""
