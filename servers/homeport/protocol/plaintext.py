"""Text for people, made safe for the wire: what the services send that answer in lines.

Every line ends in CR LF, is bounded, and holds no control character but TAB, wherever its content comes from: a plan,
a configured text, a client's own query. What a terminal would obey is shown as an escape instead (RFC 1288 3.3 asks
this of clients; nobody can rely on it).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

Encoding = Literal["utf-8", "latin-1", "ascii"]

LINE_LIMIT = 900
"""Characters of one line; longer ones go on in the next."""
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
"""C0 but TAB, DEL and C1: in Latin-1 the last are octets that terminals obey, too."""


def wire(lines: Iterable[str], encoding: Encoding = "ascii") -> bytes:
    """The lines as they are sent; a character that the encoding lacks becomes a question mark."""
    shown = list(lines)
    if not shown:
        return b""
    # Nearly always all is well, and that is quickly seen.
    if not all(map(str.isprintable, shown)) or max(map(len, shown)) > LINE_LIMIT:
        shown = list(_bounded(shown))
    shown.append("")
    return "\r\n".join(shown).encode(encoding, "replace")


def safe(line: str) -> str:
    """A line with its control characters escaped."""
    return line if line.isprintable() else CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", line)


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        shown = safe(line)
        if len(shown) <= LINE_LIMIT:
            yield shown
        else:
            yield from (shown[at : at + LINE_LIMIT] for at in range(0, len(shown), LINE_LIMIT))
