"""Checksums of files: HASH (draft-bryan-ftpext-hash) and the X-commands that servers had before it.

XCRC, XMD5, XSHA1, XSHA256 and XSHA512 take a pathname, plain or in quotes, and a range: the offset of the first octet,
and that behind the last (as Serv-U, ProFTPD and others have it). Reading the file is the session's business.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from homeport.world.files import FileSource

PIECE = 262_144
"""Octets that are read at a time."""
DEFAULT = "SHA-256"
"""What HASH does until OPTS HASH says otherwise."""


class Digest(Protocol):
    """What hashlib's have, and CRC-32 here."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class Crc32:
    """CRC-32 of ISO 3309, as zlib has it."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        """Go on with these octets."""
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        """Eight digits."""
        return f"{self._value:08x}"


ALGORITHMS: Mapping[str, Callable[[], Digest]] = {
    "SHA-256": hashlib.sha256,
    "SHA-512": hashlib.sha512,
    "SHA-1": lambda: hashlib.sha1(usedforsecurity=False),
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "CRC32": Crc32,
}
"""By the names of IANA's registry of hash functions, as HASH has them, and CRC32 as servers call it."""

COMMANDS: Mapping[str, str] = {
    "XCRC": "CRC32",
    "XMD5": "MD5",
    "XSHA": "SHA-1",
    "XSHA1": "SHA-1",
    "XSHA256": "SHA-256",
    "XSHA512": "SHA-512",
}
"""The algorithms of the X-commands."""


class ChecksumArgument(NamedTuple):
    """What an X-command asks for."""

    name: str
    start: int = 0
    end: int | None = None
    """The offset behind the last octet; None: the end of the file."""


QUOTED = re.compile(r'"((?:[^"]|"")*)"(.*)', re.DOTALL)
RANGE = re.compile(r" +(\d{1,18})(?: +(\d{1,18}))?\Z", re.ASCII)
TWO_NUMBERS = re.compile(r"(.+) (\d{1,18} \d{1,18})", re.ASCII | re.DOTALL)


def checksum_argument(text: str) -> ChecksumArgument:
    """The argument of an X-command. Raises: ValueError in words.

    Behind a plain name only two numbers are a range: one may be a part of the name (`report 2026`).
    """
    if quoted := QUOTED.fullmatch(text):
        name, rest = quoted[1].replace('""', '"'), quoted[2]
    elif plain := TWO_NUMBERS.fullmatch(text):
        name, rest = plain[1], " " + plain[2]
    else:
        name, rest = text, ""
    if not name:
        raise ValueError('the argument is a pathname, or "a pathname" with a first and a last offset behind it')
    if not rest:
        return ChecksumArgument(name)
    if not (numbers := RANGE.fullmatch(rest)):
        raise ValueError("behind the pathname belong two offsets: of the first octet, and behind the last")
    start, end = int(numbers[1]), int(numbers[2]) if numbers[2] else None
    if end is not None and end < start:
        raise ValueError("the range ends before it begins")
    return ChecksumArgument(name, start, end)


def algorithm(name: str) -> str | None:
    """The algorithm that a client means, as we spell it; None: we have none of that name."""
    plain = name.strip().upper()
    return next((known for known in ALGORITHMS if known == plain), None)


def feature(chosen: str = DEFAULT) -> str:
    """The line of FEAT: all algorithms, a star behind the one that HASH does now."""
    return "HASH " + ";".join(f"{name}{'*' if name == chosen else ''}" for name in ALGORITHMS)


def digest(algorithm: str, pieces: Iterable[bytes]) -> str:
    """The checksum of octets in hexadecimal digits, small letters."""
    state = ALGORITHMS[algorithm]()
    for piece in pieces:
        state.update(piece)
    return state.hexdigest()


def pieces_of(source: FileSource, octets: int | None = None) -> Iterator[bytes]:
    """What a source has, at most so many octets; the caller closes it. Raises: FileProblem."""
    left = source.size if octets is None else octets
    while left > 0 and (piece := source.read(min(PIECE, left))):
        left -= len(piece)
        yield piece
