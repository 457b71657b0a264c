"""NLST: names and nothing else, each as RETR takes it (RFC 1123 4.1.2.7)."""

from collections.abc import Iterable, Iterator

from homeport.services.ftp.listings.names import usable
from homeport.services.ftp.pathnames import to_octets
from homeport.world.files import Entry


def nlst_lines(entries: Iterable[Entry], directory: str = "") -> Iterator[bytes]:
    """A line for each entry. directory: the pathname that was asked for, which the names are seen from."""
    prefix = to_octets(directory + "/" if directory and not directory.endswith("/") else directory)
    for entry in entries:
        if (name := usable(entry.name)) is not None:
            yield prefix + name + b"\r\n"
