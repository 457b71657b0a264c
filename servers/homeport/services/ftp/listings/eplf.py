"""LIST in the Easily Parsed LIST Format of D. J. Bernstein (publicfile): facts, a tab, the name.

`/`: CWD may work; `r`: RETR may work; both for a link, whose target is not looked up. `s`: size in bytes. `m`: Unix
time. `i`: identifier of the file. `up`: permission bits.
"""

from collections.abc import Iterable, Iterator

from homeport.services.ftp.listings.names import shown
from homeport.world.files import Entry


def eplf_lines(entries: Iterable[Entry], now: float) -> Iterator[bytes]:  # noqa: ARG001 - every format takes the time
    """Yield a line for each entry."""
    for entry in entries:
        facts = f"+i{entry.unique},m{int(entry.modified)},up{entry.mode & 0o777:o},"
        if entry.kind != "file":
            facts += "/,"
        if entry.kind != "directory":
            facts += f"r,s{entry.size},"
        yield facts.encode() + b"\t" + shown(entry.name) + b"\r\n"
