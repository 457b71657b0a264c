"""Arguments of LIST and NLST: patterns, and options of `ls`.

RFC 959 defines a pathname as the only argument. Clients also send what early servers passed to `ls`: options before the
pathname, and `*`, `?` and `[...]` in it (`lookup.py`).
"""

import fnmatch
import re
from collections.abc import Callable
from typing import NamedTuple

WILDCARD = re.compile(r"[*?\[]")
OPTIONS = re.compile(r"-([1aACdFgGhilLnoqrRsStux]+)(?: +|\Z)")
"""Option letters of `ls` that FTP servers accept; `-report` is a name."""


class ListingArgument(NamedTuple):
    """Parsed argument of LIST or NLST."""

    options: str
    """Letters of all options, without `-`."""
    name: str
    """Pathname or pattern; empty: the working directory."""

    @property
    def hidden(self) -> bool:
        """True if names that begin with a dot are listed."""
        return "a" in self.options or "A" in self.options


def parse_listing_argument(text: str) -> ListingArgument:
    """Split options from the pathname: `-la *.txt`. Write `./-x` for a name that begins with `-`."""
    options, at = "", 0
    while found := OPTIONS.match(text, at):
        options += found[1]
        at = found.end()
    return ListingArgument(options, text[at:])


def matcher(pattern: str, *, hidden: bool = False) -> Callable[[str], bool]:
    """Return a function that matches names. A leading dot matches only a dot, unless `hidden`.

    Time is at most the product of both lengths, as fnmatch translates `*` without backtracking.
    """
    match = re.compile(fnmatch.translate(pattern)).match
    if hidden or pattern.startswith("."):
        return lambda name: match(name) is not None
    return lambda name: not name.startswith(".") and match(name) is not None
