"""NLST: names only, each usable by RETR (RFC 1123 4.1.2.7)."""

from collections.abc import Iterable, Iterator

from homeport.services.ftp.listings.names import usable
from homeport.services.ftp.pathnames import to_bytes
from homeport.world.files import Entry


def nlst_lines(entries: Iterable[Entry], directory: str = "") -> Iterator[bytes]:
    """Yield a line for each entry. directory: pathname of the argument, prefixed to the names."""
    prefix = to_bytes(directory + "/" if directory and not directory.endswith("/") else directory)
    for entry in entries:
        if (name := usable(entry.name)) is not None:
            yield prefix + name + b"\r\n"
