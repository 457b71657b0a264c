"""LIST in the format of `ls -l`, which every client parses: mode, links, owner, group, size, date, name; dates in UTC.

A date within the last six months shows its time, any other its year (POSIX, ls), future dates included: clients
interpret a date without a year as the latest past one.
"""

from collections.abc import Iterable, Iterator

from homeport.services.ftp.listings.names import shown
from homeport.world.clock import to_moment
from homeport.world.files import Entry

MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HALF_A_YEAR = 31_556_952 / 2
KINDS = {"file": "-", "directory": "d", "link": "l"}
RIGHTS = [
    "".join(letter if mode >> bit & 1 else "-" for bit, letter in zip(range(8, -1, -1), "rwxrwxrwx", strict=True))
    for mode in range(0o1000)
]


def unix_date(seconds: float, now: float) -> str:
    """Return `Nov 20 17:00`, or `Nov 20  2025` if not within the last six months."""
    moment = to_moment(seconds)
    if 0 <= now - seconds < HALF_A_YEAR:
        return f"{MONTHS[moment.month]} {moment.day:2} {moment.hour:02}:{moment.minute:02}"
    return f"{MONTHS[moment.month]} {moment.day:2} {moment.year:5}"


def unix_lines(entries: Iterable[Entry], now: float, *, owner: str = "ftp", group: str = "ftp") -> Iterator[bytes]:
    """Yield a line for each entry, without a `total` line, which some clients take for a file."""
    whose = f"{owner:8} {group:8}"
    for entry in entries:
        name = shown(entry.name)
        if entry.kind == "link":
            name += b" -> " + shown(entry.target)
        date = unix_date(entry.modified, now)
        mode = f"{KINDS[entry.kind]}{RIGHTS[entry.mode & 0o777]}"
        yield f"{mode} {entry.links:4} {whose} {entry.size:12} {date} ".encode() + name + b"\r\n"
