"""Arguments of LIST and NLST: patterns, and the options of a command that is called `ls`.

RFC 959 gives both commands a pathname, nothing more. Clients send what their servers once handed to `ls`: options
before it, and `*`, `?` and `[...]` in it. Here a pattern is for the last name only, so no directory but one is read.
A file whose name looks like a pattern is found by it if it is asked for first, and so it should be.
"""

import fnmatch
import re
from collections.abc import Callable
from typing import NamedTuple

from homeport.services.ftp.pathnames import MAX_NAME, BadPathname

MAGIC = re.compile(r"[*?\[]")
OPTIONS = re.compile(r"-([1aACdFgGhilLnoqrRsStux]+)(?: +|\Z)")
"""Letters that an `ls` of FTP servers takes; `-report` is a name."""


class ListingArgument(NamedTuple):
    """What was asked for."""

    options: str
    """The letters of all options, without their `-`; empty: there were none."""
    name: str
    """The rest: a pathname or pattern; empty: the working directory."""

    @property
    def hidden(self) -> bool:
        """Whether names that begin with a dot are wanted."""
        return "a" in self.options or "A" in self.options


def listing_argument(text: str) -> ListingArgument:
    """Tell options from the pathname: `-la *.txt`. A name may begin with `-` after another (`./-x`)."""
    options, at = "", 0
    while found := OPTIONS.match(text, at):
        options += found[1]
        at = found.end()
    return ListingArgument(options, text[at:])


def split_pattern(name: str) -> tuple[str, str]:
    """The pathname of a directory and the pattern for what is in it; no pattern (""): the name is one.

    Raises: BadPathname: patterns are for the last name only, and no longer than a name.
    """
    if not MAGIC.search(name):
        return name, ""
    directory, slash, pattern = name.rpartition("/")
    if MAGIC.search(directory) or not pattern:
        raise BadPathname("patterns are for the last name of a pathname only")
    if len(pattern) > MAX_NAME:
        raise BadPathname(f"a pattern has at most {MAX_NAME} characters")
    return directory + slash, pattern


def matcher(pattern: str, *, hidden: bool = False) -> Callable[[str], bool]:
    """Whether a name matches; one that begins with a dot does so by a dot only, unless hidden ones are wanted.

    The time is bounded by the product of their lengths: what a `*` has taken is not given back.
    """
    match = re.compile(fnmatch.translate(pattern)).match
    if hidden or pattern.startswith("."):
        return lambda name: match(name) is not None
    return lambda name: not name.startswith(".") and match(name) is not None
