"""How directories are shown: a function for each format, from entries to lines that end in CR LF.

No line has more ends than its own: `LIST` shows control characters as `?`; `NLST` and `MLSD`, whose names must be
usable as they stand (RFC 1123 4.1.2.7, RFC 3659 2.2), leave out a name that has CR or LF in it.
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
    """From entries and the world's time."""
    system: str
    """What SYST must say for clients to expect it."""


FORMATS: Mapping[str, ListFormat] = {
    "unix": ListFormat(unix_lines, "UNIX Type: L8"),
    "msdos": ListFormat(msdos_lines, "Windows_NT"),
    "eplf": ListFormat(eplf_lines, "UNIX Type: L8"),
}
"""The formats by the names that the configuration has for them."""
