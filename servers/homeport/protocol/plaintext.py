"""Text for people, sanitized: the output of services that answer in lines.

Every line ends in CR LF, has a maximum length, and contains no control character but TAB, whether its content comes
from a plan, a configured text or a client's query. Control characters are escaped, because a terminal would act on
them (RFC 1288 3.3 asks clients to filter them, which few do).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

Encoding = Literal["utf-8", "latin-1", "ascii"]

MAX_LINE = 900
"""Characters of one line; longer ones are wrapped."""
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
"""C0 but TAB, DEL and C1: in Latin-1 the last are bytes that terminals act on, too."""


def wire(lines: Iterable[str], encoding: Encoding = "ascii") -> bytes:
    """Serialize lines for the wire; a character that the encoding lacks becomes a question mark."""
    shown = list(lines)
    if not shown:
        return b""
    # Nearly always no line needs a change: test that first, which is quick.
    if not all(map(str.isprintable, shown)) or max(map(len, shown)) > MAX_LINE:
        shown = list(_bounded(shown))
    shown.append("")
    return "\r\n".join(shown).encode(encoding, "replace")


def safe(line: str) -> str:
    """Return a line with its control characters escaped."""
    return line if line.isprintable() else CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", line)


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        shown = safe(line)
        if len(shown) <= MAX_LINE:
            yield shown
        else:
            yield from (shown[at : at + MAX_LINE] for at in range(0, len(shown), MAX_LINE))
