"""Formats of listings: each is a function from entries to lines that end in CR LF.

A name must not end its line early: `LIST` shows control characters as `?`; `NLST` and `MLSD`, whose names must be
usable unchanged (RFC 1123 4.1.2.7, RFC 3659 2.2), omit names that contain CR or LF.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from homeport.services.ftp.listings.eplf import eplf_lines
from homeport.services.ftp.listings.msdos import msdos_lines
from homeport.services.ftp.listings.unix import unix_lines
from homeport.world.files import Entry

Lines = Callable[[Iterable[Entry], float], Iterator[bytes]]


class ListFormat(NamedTuple):
    """A format of LIST."""

    lines: Lines
    """Formats entries; the second argument is the world's time."""
    system: str
    """Reply to SYST that makes clients expect the format."""


FORMATS: Mapping[str, ListFormat] = {
    "unix": ListFormat(unix_lines, "UNIX Type: L8"),
    "msdos": ListFormat(msdos_lines, "Windows_NT"),
    "eplf": ListFormat(eplf_lines, "UNIX Type: L8"),
}
"""Formats by their names in the configuration."""
