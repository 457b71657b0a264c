"""Names as listings show them, quickly: of ten thousand, hardly one has a character that needs care."""

import re

from homeport.services.ftp.pathnames import one_line, to_octets

CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
ENDS_LINE = re.compile(r"[\r\n]")


def shown(name: str) -> bytes:
    """A name for people, in one line."""
    return to_octets(one_line(name) if CONTROLS.search(name) else name)


def usable(name: str) -> bytes | None:
    """A name for programs, in one line; None: it has the end of a line in it."""
    return None if ENDS_LINE.search(name) else to_octets(name)
