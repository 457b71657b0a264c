"""Names in listings. One search per name is cheap: hardly any name needs escaping."""

import re

from homeport.services.ftp.pathnames import one_line, to_bytes

CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
ENDS_LINE = re.compile(r"[\r\n]")


def shown(name: str) -> bytes:
    """Return a name for display, on one line."""
    return to_bytes(one_line(name) if CONTROLS.search(name) else name)


def usable(name: str) -> bytes | None:
    """Return a name for programs; None if it contains CR or LF."""
    return None if ENDS_LINE.search(name) else to_bytes(name)
