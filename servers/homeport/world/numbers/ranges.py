"""Ranges of IPv4 addresses, IPv6 addresses and AS numbers, and their text forms."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, NamedTuple

Family = Literal["v4", "v6", "as"]
BITS: dict[Family, int] = {"v4": 32, "v6": 128, "as": 32}
MAX_AS_NUMBER = 2**32 - 1
"""Largest AS number (RFC 6793)."""
AS_NUMBER = re.compile(r"as ?([0-9]{1,10})", re.IGNORECASE)
NUMERIC = re.compile(
    r"as ?[0-9][0-9.]* *(-.*)?"  # AS64496, AS64496 - AS64511
    r"|[0-9]+\.[0-9.]+ *([/-].*)?"  # 192.0.2.0/24, 192.0.2.0 - 192.0.2.127
    r"|[0-9a-z.%]*:[0-9a-z.%]*:[0-9a-z.:%]* *([/-].*)?",  # 2001:db8::/32
    re.IGNORECASE,
)


class Range(NamedTuple):
    """The numbers from `first` to `last`, both included."""

    family: Family
    first: int
    last: int

    def covers(self, other: "Range") -> bool:
        """True if the other range lies within this one, or is the same."""
        return self.family == other.family and self.first <= other.first and other.last <= self.last

    def __str__(self) -> str:
        """Return the canonical form: a prefix where the range is one, else `FIRST - LAST`."""
        prefixes = self.prefixes()
        if self.family != "as" and len(prefixes) == 1:
            return prefixes[0]
        return self.one if self.first == self.last else self.span

    @property
    def one(self) -> str:
        """The first number as text."""
        return number_text(self.family, self.first)

    @property
    def span(self) -> str:
        """The range as `FIRST - LAST`."""
        return f"{self.one} - {number_text(self.family, self.last)}"

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Yield the aligned blocks that the range consists of: the length of the prefix, and its bits."""
        bits, first = BITS[self.family], self.first
        while first <= self.last:
            size = min(first & -first or 1 << bits, 1 << ((self.last - first + 1).bit_length() - 1))
            host_bits = size.bit_length() - 1
            yield bits - host_bits, first >> host_bits
            first += size

    def prefixes(self) -> list[str]:
        """Return the prefixes that the range consists of, such as 192.0.2.0/24."""
        bits = BITS[self.family]
        return [f"{number_text(self.family, top << (bits - length))}/{length}" for length, top in self.blocks()]


def number_text(family: Family, number: int) -> str:
    """Return an address or an AS number as text."""
    if family == "as":
        return f"AS{number}"
    return str(IPv4Address(number) if family == "v4" else IPv6Address(number))


def looks_numeric(text: str) -> bool:
    """True if a text is meant as an address, a network or an AS number, valid or not."""
    return NUMERIC.fullmatch(text.strip()) is not None


def parse_range(text: str) -> Range:
    """Parse an address, prefix, range of addresses, AS number or range of AS numbers.

    The host bits of a prefix are ignored, as registries do. Raises: ValueError, which says what is wrong.
    """
    text = text.strip()
    first, dash, last = (part.strip() for part in text.partition("-"))
    if text[:2].lower() == "as":
        begin, end = as_number(first), as_number(last if dash else first)
        return _ordered("as", begin, end, text)
    if dash:
        one, other = _address(first), _address(last)
        if one.version != other.version:
            raise ValueError(f"{text!r} has addresses of both families")
        return _ordered(_family(one), int(one), int(other), text)
    address, slash, length = (part.strip() for part in text.partition("/"))
    one = _address(address)
    bits = one.max_prefixlen
    if not slash:
        return Range(_family(one), int(one), int(one))
    if not re.fullmatch("[0-9]{1,3}", length) or int(length) > bits:
        raise ValueError(f"{text!r}: the length of an IPv{one.version} prefix is 0 to {bits}")
    size = 1 << (bits - int(length))
    begin = int(one) // size * size
    return Range(_family(one), begin, begin + size - 1)


def parse_prefix(text: str) -> Range:
    """Parse a prefix. Raises: ValueError for anything else, including an address without a length."""
    found = parse_range(text)
    if found.family == "as" or "/" not in text:
        raise ValueError(f"{text!r} is not a prefix: write one such as 192.0.2.0/24")
    return found


def as_number(text: str) -> int:
    """Parse an AS number, such as AS64496. Raises: ValueError."""
    match = AS_NUMBER.fullmatch(text.strip())
    if match is None or int(match[1]) > MAX_AS_NUMBER:
        raise ValueError(f"{text!r} is not an AS number: they are AS0 to AS{MAX_AS_NUMBER}")
    return int(match[1])


def _ordered(family: Family, first: int, last: int, text: str) -> Range:
    if first > last:
        raise ValueError(f"{text!r} ends before it begins")
    return Range(family, first, last)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        if "%" not in text:  # an address of a registry has no zone
            return ip_address(text)
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not an IPv4 or IPv6 address")


def _family(address: IPv4Address | IPv6Address) -> Family:
    return "v4" if address.version == 4 else "v6"
