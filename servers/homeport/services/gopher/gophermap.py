r"""Menus that people write: a file in a folder, as Bucktooth and its successors read it.

Welcome                                      information
1Pictures<TAB>pictures                       an item; a selector without / is relative to the folder
0Elsewhere<TAB>/notes<TAB>example.org<TAB>70 an item of another server
hHomeport<TAB>URL:https://example.org/       a link
# a comment
*                                            the folder's own menu, and the end
.                                            the end
"""

from collections.abc import Iterator
from typing import Literal

from homeport.services.gopher.items import NO_HOST, Item

MAX_MAP_BYTES = 64 << 10
"""Bytes of a map that are read."""
MAX_PORT = 65535


def parse_map(content: bytes, folder: str) -> Iterator[Item | Literal["*"]]:
    """Yield the items of a map, and "*" where the folder's own menu belongs. folder: its selector."""
    for line in content.decode("utf-8", "surrogateescape").splitlines():
        if line.startswith("#"):
            continue
        if line.strip() == ".":
            return
        if line.strip() == "*":
            yield "*"
            return
        yield parse_line(line, folder)


def parse_line(line: str, folder: str) -> Item:
    """Return the item of a line; information if it has no TAB."""
    kind, rest = line[:1], line[1:]
    display, *fields = rest.split("\t")
    if not fields or kind in ("i", ""):
        return Item("i", line if not fields else display, "fake", *NO_HOST)
    selector = fields[0] or display
    host = fields[1].strip() if len(fields) > 1 else ""
    port = fields[2].strip() if len(fields) > 2 else ""
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 and int(port) <= MAX_PORT else 70
    if host:
        return Item(kind, display, selector, host, number, plus=False)
    if not selector.startswith(("/", "URL:")):
        selector = f"{folder}/{selector}"
    return Item(kind, display, selector, plus=kind != "h")
