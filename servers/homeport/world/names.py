"""Names of domains and hosts, and addresses, as people and clients write them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Generic, TypeVar

NAME_LIMIT = 255
"""Characters of a name (RFC 1123 2.1 would have hosts handle so many)."""
# RFC 952's labels, but with a digit in front, too (RFC 1123 2.1); at most 63 octets (RFC 1035 2.3.4).
LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?:{LABEL}\.)*(?![0-9]+$){LABEL}")


@lru_cache(maxsize=1024)
def canonical_name(text: str) -> str | None:
    """The name in lower case, its labels as A-labels, without a dot at its end; None if it is not a name.

    A wholly numeric last label makes it none: `999.1.1.1` is no address and no name either (RFC 1123 2.1).
    """
    name = text.strip().removesuffix(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return None
    return name if len(name) <= NAME_LIMIT and NAME.fullmatch(name) else None


def readable_name(name: str) -> str:
    """The name with its A-labels as U-labels; as it is if that cannot be."""
    if "xn--" not in name:
        return name
    try:
        return name.encode("ascii").decode("idna")
    except UnicodeError:
        return name


def canonical_address(text: str) -> str | None:
    """The address in its shortest form; None if it is not an address. Tested before names are (RFC 1123 2.1)."""
    address: IPv4Address | IPv6Address
    text = text.strip()
    if ":" not in text and not text[-1:].isdigit():
        return None  # nearly everything that is asked for, and an exception takes its time
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return str(address)


Named = TypeVar("Named")


def words_of(names: Iterable[str]) -> set[str]:
    """The words of names, in lower case; a dot parts words as a blank does."""
    return {word for name in names for word in name.lower().replace(".", " ").split()}


class WordIndex(Generic[Named]):
    """Things by the words of their names.

    things: each with its names, in the order in which `get` is to give them.
    """

    def __init__(self, things: Iterable[tuple[Named, Iterable[str]]]) -> None:
        self._things: dict[str, list[Named]] = {}
        for thing, names in things:
            for word in words_of(names):
                self._things.setdefault(word, []).append(thing)

    def get(self, word: str) -> list[Named]:
        """Everything with that whole word in a name, without regard to case."""
        return self._things.get(word.lower(), [])
