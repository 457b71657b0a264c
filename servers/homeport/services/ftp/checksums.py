"""Checksums of files: HASH (draft-bryan-ftpext-hash) and the X-commands that preceded it.

XCRC, XMD5, XSHA1, XSHA256 and XSHA512 take a pathname, plain or in quotes, and a range: the offset of the first byte
and the offset after the last one (as in Serv-U, ProFTPD and others). The session reads the file.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from homeport.world.files import FileSource

READ_BYTES = 262_144
"""Bytes read at a time."""
DEFAULT = "SHA-256"
"""Algorithm of HASH until OPTS HASH chooses another."""


class Digest(Protocol):
    """Interface of hashlib's objects, and of Crc32."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class Crc32:
    """CRC-32 of ISO 3309, as computed by zlib."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Add bytes."""
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        """Return eight hexadecimal digits."""
        return f"{self._value:08x}"


ALGORITHMS: Mapping[str, Callable[[], Digest]] = {
    "SHA-256": hashlib.sha256,
    "SHA-512": hashlib.sha512,
    "SHA-1": lambda: hashlib.sha1(usedforsecurity=False),
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "CRC32": Crc32,
}
"""Algorithms by their names in IANA's registry of hash functions, which HASH uses, and CRC32."""

COMMANDS: Mapping[str, str] = {
    "XCRC": "CRC32",
    "XMD5": "MD5",
    "XSHA": "SHA-1",
    "XSHA1": "SHA-1",
    "XSHA256": "SHA-256",
    "XSHA512": "SHA-512",
}
"""Algorithm of each X-command."""


class ChecksumArgument(NamedTuple):
    """Argument of an X-command."""

    name: str
    start: int = 0
    end: int | None = None
    """Offset after the last byte; None: the end of the file."""


QUOTED = re.compile(r'"((?:[^"]|"")*)"(.*)', re.DOTALL)
RANGE = re.compile(r" +(\d{1,18})(?: +(\d{1,18}))?\Z", re.ASCII)
TWO_NUMBERS = re.compile(r"(.+) (\d{1,18} \d{1,18})", re.ASCII | re.DOTALL)


def parse_checksum_argument(text: str) -> ChecksumArgument:
    """Parse the argument of an X-command. Raises: ValueError with a text for the client.

    After an unquoted name only two numbers are a range: one may be part of the name (`report 2026`).
    """
    if quoted := QUOTED.fullmatch(text):
        name, rest = quoted[1].replace('""', '"'), quoted[2]
    elif plain := TWO_NUMBERS.fullmatch(text):
        name, rest = plain[1], " " + plain[2]
    else:
        name, rest = text, ""
    if not name:
        raise ValueError('write a pathname, or "a pathname" in quotes and two offsets')
    if not rest:
        return ChecksumArgument(name)
    if not (numbers := RANGE.fullmatch(rest)):
        raise ValueError("two offsets follow the pathname: of the first byte, and after the last byte")
    start, end = int(numbers[1]), int(numbers[2]) if numbers[2] else None
    if end is not None and end < start:
        raise ValueError("the range ends before it begins")
    return ChecksumArgument(name, start, end)


def algorithm(name: str) -> str | None:
    """Return the name of an algorithm in its canonical spelling; None if unknown."""
    plain = name.strip().upper()
    return next((known for known in ALGORITHMS if known == plain), None)


def feature(chosen: str = DEFAULT) -> str:
    """Return the FEAT line: all algorithms, the current one marked by a star."""
    return "HASH " + ";".join(f"{name}{'*' if name == chosen else ''}" for name in ALGORITHMS)


def digest(algorithm: str, pieces: Iterable[bytes]) -> str:
    """Return the checksum of the pieces in lower-case hexadecimal digits."""
    state = ALGORITHMS[algorithm]()
    for piece in pieces:
        state.update(piece)
    return state.hexdigest()


def read_pieces(source: FileSource, octets: int | None = None) -> Iterator[bytes]:
    """Yield the content of a source, at most `octets` bytes; the caller closes it. Raises: FileProblem."""
    left = source.size if octets is None else octets
    while left > 0 and (piece := source.read(min(READ_BYTES, left))):
        left -= len(piece)
        yield piece
