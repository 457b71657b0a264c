"""Distinguished names (RFC 4514): parsed, serialized, and folded for comparison.

A folded name is a tuple of folded RDNs, the last component of the text first: `startswith`-like tests are slices. What
is folded is compared by the equality rule of each attribute type; the schema passes the function that does so.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

MAX_LENGTH = 4_096
MAX_RDNS = 64
MAX_ASSERTIONS = 16
"""Characters of a name, its components, and the values of one component."""
MAX_CACHED = 256
"""Characters of a name that is cached."""
SPECIAL = frozenset('"+,;<>\\')
HEX = frozenset("0123456789abcdefABCDEF")
BLANK = " "
PLAIN = re.compile(r"([A-Za-z][A-Za-z0-9-]*)=([A-Za-z0-9][A-Za-z0-9._@-]*),(?!\Z)")
"""The first of several components, without blanks and escapes."""
Folded = tuple[tuple[tuple[str, bytes], ...], ...]
"""A name for comparison: its RDNs, the one next to the root first, each as pairs of type and folded value."""
Fold = Callable[[str, bytes], tuple[str, bytes]]
"""Returns the name by which an attribute type is compared, and the value as its equality rule compares it."""


class NameProblem(ValueError):
    """Raised for a text that is no distinguished name."""


class Assertion(msgspec.Struct, frozen=True, gc=False):
    """An attribute type and a value: one part of an RDN."""

    type: str
    value: bytes


Rdn = tuple[Assertion, ...]
Dn = tuple[Rdn, ...]
"""RDNs in the order of the text: the entry's own first."""


def parse_dn(text: str) -> Dn:
    """Parse a distinguished name; the empty one has no RDN.

    Raises: NameProblem.
    """
    if len(text) > MAX_CACHED:
        if len(text) > MAX_LENGTH:
            raise NameProblem(f"a name has at most {MAX_LENGTH:,} characters")
        return _parse_dn(text)
    return _parse_short_dn(text)


@lru_cache(8192)
def _parse_short_dn(text: str) -> Dn:
    return _parse_dn(text)


def _parse_dn(text: str) -> Dn:
    if not text:
        return ()
    if (plain := PLAIN.match(text)) is not None and text.count(",") < MAX_RDNS:
        above = parse_dn(text[plain.end() :])  # of which there are few, so that they are cached
        return ((Assertion(plain[1], plain[2].encode()),), *above)
    reader = _Reader(text)
    rdns: list[Rdn] = []
    while True:
        rdns.append(reader.rdn())
        if len(rdns) > MAX_RDNS:
            raise NameProblem(f"a name has at most {MAX_RDNS} components")
        if reader.over:
            return tuple(rdns)
        reader.separator()


def parse_rdn(text: str) -> Rdn:
    """Parse a relative distinguished name. Raises: NameProblem."""
    dn = parse_dn(text)
    if len(dn) != 1:
        raise NameProblem("a relative name has one component" if dn else "a relative name is not empty")
    return dn[0]


class _Reader:
    """Reads a name from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def over(self) -> bool:
        """True at the end of the text."""
        return self._at >= len(self._text)

    @property
    def _next(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def separator(self) -> None:
        """Read what separates two components. RFC 4514 2.1 writes a comma; RFC 2253 4 allowed a semicolon."""
        if self._next not in (",", ";"):
            raise NameProblem(f"a comma is missing at character {self._at + 1}")
        self._at += 1

    def rdn(self) -> Rdn:
        """Read the assertions of one component."""
        assertions = [self._assertion()]
        while self._next == "+":
            if len(assertions) == MAX_ASSERTIONS:
                raise NameProblem(f"a component of a name has at most {MAX_ASSERTIONS} values")
            self._at += 1
            assertions.append(self._assertion())
        return tuple(assertions)

    def _assertion(self) -> Assertion:
        self._blanks()
        begin = self._at
        while self._next and (self._next.isascii() and (self._next.isalnum() or self._next in "-.")):
            self._at += 1
        name = self._text[begin : self._at]
        if not is_descriptor(name):
            raise NameProblem(f"{name or self._next!r} is no attribute type")
        self._blanks()
        if self._next != "=":
            raise NameProblem(f"an equals sign is missing after {name!r}")
        self._at += 1
        self._blanks()
        if self._next == "#":
            return Assertion(name, self._hex())
        return Assertion(name, self._quoted() if self._next == '"' else self._value())

    def _blanks(self) -> None:
        while self._next == BLANK:
            self._at += 1

    def _hex(self) -> bytes:
        """Read a value as the BER of it (RFC 4514 2.4): its content, for a string."""
        from homeport.protocol import ber

        begin = self._at + 1
        self._at = begin
        while self._next in HEX and self._next:
            self._at += 1
        digits = self._text[begin : self._at]
        self._blanks()
        try:
            data = bytes.fromhex(digits)
            _tag, start, stop = ber.read_header(data, 0, len(data))
        except ValueError:
            raise NameProblem("after # there is no BER value in hexadecimal") from None
        return data[start:stop]

    def _value(self) -> bytes:
        value = bytearray()
        kept = 0  # bytes up to the last one that is no trailing blank
        while self._next and self._next not in ",;+":
            char = self._next
            if char == "\\":
                value += self._escape()
                kept = len(value)
                continue
            if char in SPECIAL or char == "\0":
                raise NameProblem(f"{char!r} must be escaped in a value")
            value += char.encode("utf-8", "surrogateescape")
            self._at += 1
            if char != BLANK:
                kept = len(value)
        return bytes(value[:kept])

    def _quoted(self) -> bytes:
        """Read a value in quotes, as RFC 1779 wrote it."""
        self._at += 1
        value = bytearray()
        while self._next != '"':
            if not self._next:
                raise NameProblem("a quote is missing at the end of a value")
            if self._next == "\\":
                value += self._escape()
            else:
                value += self._next.encode("utf-8", "surrogateescape")
                self._at += 1
        self._at += 1
        self._blanks()
        return bytes(value)

    def _escape(self) -> bytes:
        pair = self._text[self._at + 1 : self._at + 3]
        if len(pair) == 2 and HEX.issuperset(pair):
            self._at += 3
            return bytes.fromhex(pair)
        if pair[:1] and (pair[0] in SPECIAL or pair[0] in " #="):
            self._at += 2
            return pair[0].encode()
        raise NameProblem(f"\\{pair} is no escape")


def is_descriptor(name: str) -> bool:
    """Return True for the name of an attribute type, or its OID (RFC 4512 1.4)."""
    if not name.isascii():
        return False
    if name[:1].isalpha():
        return all(char.isalnum() or char == "-" for char in name)
    arcs = name.split(".")
    return len(arcs) > 1 and all(arc.isdigit() and (arc == "0" or arc[0] != "0") for arc in arcs)


def write_dn(dn: Dn) -> str:
    """Serialize a name."""
    return ",".join(map(write_rdn, dn))


def write_rdn(rdn: Rdn) -> str:
    """Serialize a component."""
    return "+".join(f"{one.type}={escape_value(one.value)}" for one in rdn)


def escape_value(value: bytes) -> str:
    """Return a value as text, with escapes (RFC 4514 2.4)."""
    text = value.decode("utf-8", "surrogateescape")
    shown = []
    for index, char in enumerate(text):
        edge = (index == 0 and char in " #") or (index == len(text) - 1 and char == BLANK)
        if char in SPECIAL or edge:
            shown.append(f"\\{char}")
        elif char.isprintable():
            shown.append(char)
        else:
            shown += [f"\\{byte:02x}" for byte in char.encode("utf-8", "surrogateescape")]
    return "".join(shown)


@lru_cache(4096)  # of names, whose length is bounded
def fold_dn(dn: Dn, fold: Fold) -> Folded:
    """Return a name for comparison; the names above it, of which there are few, are folded once."""
    return (*fold_dn(dn[1:], fold), fold_rdn(dn[0], fold)) if dn else ()


def fold_rdn(rdn: Rdn, fold: Fold) -> tuple[tuple[str, bytes], ...]:
    """Return a component for comparison; the order of its assertions does not matter (RFC 4512 2.3.1)."""
    if len(rdn) == 1:
        return (fold(rdn[0].type, rdn[0].value),)
    return tuple(sorted(fold(one.type, one.value) for one in rdn))
