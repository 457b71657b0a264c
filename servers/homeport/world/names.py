"""Domain names, host names and addresses: canonical forms, and an index of words."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Generic, TypeVar

MAX_NAME_CHARS = 255
"""Maximum length of a name in characters: the number that hosts should handle (RFC 1123 2.1)."""
# RFC 952's labels, which may also start with a digit (RFC 1123 2.1); at most 63 octets (RFC 1035 2.3.4).
LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DEVIATIONS = frozenset("\u00df\u03c2")
"""Sharp s and final sigma: letters of their own in IDNA2008, which Python's codec maps to others (RFC 5894 7.2)."""
NAME = re.compile(rf"(?:{LABEL}\.)*(?![0-9]+$){LABEL}")


@lru_cache(maxsize=1024)
def canonical_name(text: str) -> str | None:
    """Return a name in lower case, with A-labels, without a final dot; None if it is not a name.

    A name's last label is not numeric: `999.1.1.1` is neither an address nor a name (RFC 1123 2.1).
    """
    name = text.strip().removesuffix(".").lower()
    if not name.isascii():
        try:
            name = ".".join(map(_encoded, name.split(".")))
        except UnicodeError:
            return None
    return name if len(name) <= MAX_NAME_CHARS and NAME.fullmatch(name) else None


def readable_name(name: str) -> str:
    """Return a name with U-labels instead of A-labels; unchanged if a label cannot be decoded."""
    if "xn--" not in name:
        return name
    try:
        return ".".join(map(_decoded, name.split(".")))
    except UnicodeError:
        return name


def _encoded(label: str) -> str:
    """Return a label as an A-label, in lower case. Raises: UnicodeError."""
    if DEVIATIONS.isdisjoint(label):
        return label.encode("idna").decode("ascii").lower()
    return f"xn--{unicodedata.normalize('NFC', label).encode('punycode').decode('ascii')}"


def _decoded(label: str) -> str:
    """Return a label with its Unicode characters. Raises: UnicodeError."""
    if not label.startswith("xn--"):
        return label
    text = label[4:].encode("ascii").decode("punycode")
    if not DEVIATIONS.isdisjoint(text) and text.isprintable() and _encoded(text) == label:
        return text
    return label.encode("ascii").decode("idna")


def canonical_address(text: str) -> str | None:
    """Return an address in its shortest form; None if it is not one. Try this before names (RFC 1123 2.1)."""
    address: IPv4Address | IPv6Address
    text = text.strip()
    if ":" not in text and not text[-1:].isdigit():
        return None  # most input is a name, and raising an exception is slow
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return str(address)


Named = TypeVar("Named")


def words_of(names: Iterable[str]) -> set[str]:
    """Return the words of names, in lower case; blanks and dots separate them."""
    return {word for name in names for word in name.lower().replace(".", " ").split()}


class WordIndex(Generic[Named]):
    """An index of objects by the words of their names.

    things: each object with its names, in the order in which `get` returns them.
    """

    def __init__(self, things: Iterable[tuple[Named, Iterable[str]]]) -> None:
        self._things: dict[str, list[Named]] = {}
        for thing, names in things:
            for word in words_of(names):
                self._things.setdefault(word, []).append(thing)

    def get(self, word: str) -> list[Named]:
        """Return the objects with this word in a name, ignoring case."""
        return self._things.get(word.lower(), [])
