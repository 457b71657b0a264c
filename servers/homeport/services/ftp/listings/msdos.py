"""LIST in the MS-DOS format, the default of IIS: date, twelve-hour time, `<DIR>` or size, name.

The format cannot mark links; a link is shown as a file. Years have two digits.
"""

from collections.abc import Iterable, Iterator

from homeport.services.ftp.listings.names import shown
from homeport.world.clock import to_moment
from homeport.world.files import Entry


def msdos_lines(entries: Iterable[Entry], now: float) -> Iterator[bytes]:  # noqa: ARG001 - every format takes the time
    """Yield a line for each entry."""
    for entry in entries:
        moment = to_moment(entry.modified)
        half = "AM" if moment.hour < 12 else "PM"
        date = (
            f"{moment.month:02}-{moment.day:02}-{moment.year % 100:02}  {moment.hour % 12 or 12:02}:{moment.minute:02}"
        )
        what = "      <DIR>         " if entry.kind == "directory" else f"{entry.size:20}"
        yield f"{date}{half} {what} ".encode() + shown(entry.name) + b"\r\n"
