"""Serialization of an answer: lines of menus, attributes of Gopher+, texts, and how each begins and ends.

A menu and a text end with a line that has only a dot; other files end with the connection (RFC 1436 2, 3.8). An answer
to a request of Gopher+ begins with a line that has its length in bytes, -1 for a dot, or -2 for the close (Gopher+
2.3). Planned faults put their defects in here.
"""

from collections.abc import Iterable
from textwrap import wrap
from typing import Literal

from homeport.protocol.faults import FrameFault
from homeport.protocol.plaintext import safe
from homeport.services.gopher.items import NO_HOST, Item, media_of
from homeport.services.gopher.options import GopherOptions
from homeport.services.gopher.request import Request
from homeport.world.clock import to_moment

Kind = Literal["menu", "text", "file"]
"""The end of an answer: menus and texts end with a dot, files with the connection."""
DOT = b".\r\n"
MAX_DISPLAY = 70
"""Characters that a line of a menu should have at most (RFC 1436 3.9); names of files are not cut."""
NOT_AVAILABLE, TRY_LATER = 1, 2  # Gopher+ 2.3
PLUS_MENU = "application/gopher+-menu"
PLAIN_MENU = "application/gopher-menu"
EXCESS = 7
WRONG_TYPES = {"0": "9", "1": "0", "7": "1", "i": "i"}
"""Item types by the defect `wrong-type`; all others become text."""
UNREACHABLE = "unreachable.invalid"  # RFC 6761 6.4: never resolved

FRAMES: dict[FrameFault, frozenset[Kind]] = {
    "no-final-dot": frozenset({"menu", "text"}),
    "early-dot": frozenset({"menu", "text"}),
    "wrong-type": frozenset({"menu"}),
    "no-tabs": frozenset({"menu"}),
    "unreachable-host": frozenset({"menu"}),
    "wrong-size": frozenset({"file"}),
}
"""The defects, each with the answers that can have it; `wrong-size` acts on answers of Gopher+ only."""


class Form:
    """The form of one answer. host, port: of this server, as menus name it."""

    def __init__(
        self, options: GopherOptions, host: str, port: int, request: Request, defects: Iterable[FrameFault] = ()
    ) -> None:
        self._options = options
        self._host = host
        self._port = port
        self._plus = bool(request.mark)
        self._wanted = tuple(request.wanted.split("+")[1:]) if request.mark in ("!", "$") else ()
        self._as_blocks = request.mark in ("!", "$") or request.wanted.partition(" ")[0] == PLUS_MENU
        self.defects = frozenset(defects)
        self._dotted = False  # the dot of `early-dot` was sent

    def begin(self, kind: Kind, size: int = -1) -> bytes:
        """Return the line before an answer of Gopher+; nothing for others. size: of a file, in bytes."""
        if not self._plus:
            return b""
        if kind == "file":
            return b"+%d\r\n" % (size + EXCESS if "wrong-size" in self.defects else size)
        return b"+-1\r\n" if self._ends_with_dot(kind) else b"+-2\r\n"

    def item(self, item: Item) -> bytes:
        """Return an item: its line in a menu, or its attributes where these were asked for."""
        if not self._as_blocks:
            return self._early(self._line(item))
        return b"" if item.type == "i" else self._early(self._blocks(item))

    def info(self, text: str) -> bytes:
        """Return lines of information in a menu, which are no items."""
        lines = wrap(text, MAX_DISPLAY) or [""]
        return b"".join([self.item(Item("i", line, "fake", *NO_HOST)) for line in lines])

    def text(self) -> "TextLines":
        """Return the conversion of a text."""
        return TextLines(stuffed=self._ends_with_dot("text"), early="early-dot" in self.defects)

    def encode(self, lines: Iterable[str]) -> bytes:
        """Return generated lines in the server's character encoding, for `text`."""
        return "".join([f"{safe(line)}\n" for line in lines]).encode(self._options.encoding, "replace")

    def end(self, kind: Kind) -> bytes:
        """Return the end of an answer."""
        return DOT if self._ends_with_dot(kind) and "no-final-dot" not in self.defects else b""

    def error(self, text: str, code: int = NOT_AVAILABLE) -> bytes:
        """Return a whole answer: an item of type 3 (RFC 1436 3.8), or the error of Gopher+."""
        if self._plus:
            words = f"{code} {safe(self._options.admin)}\n{safe(text)}\n"
            return b"--1\r\n" + words.replace("\n", "\r\n").encode(self._options.encoding, "replace") + DOT
        return error(text, self._options.encoding) + self.end("menu")

    def _ends_with_dot(self, kind: Kind) -> bool:
        return kind == "menu" or (kind == "text" and self._options.text_end == "dot")

    def _early(self, line: bytes) -> bytes:
        if "early-dot" not in self.defects or self._dotted:
            return line
        self._dotted = True
        return line + DOT

    def _line(self, item: Item) -> bytes:
        """Return an item's line: type, display string, selector, host and port (RFC 1436 2)."""
        options, defects = self._options, self.defects
        offered = item.plus and not item.host and options.gopher_plus
        host, port = (item.host, item.port) if item.host else (self._host, self._port)
        if "unreachable-host" in defects and item.type != "i":
            host = UNREACHABLE
        kind = WRONG_TYPES.get(item.type, "0") if "wrong-type" in defects else item.type
        display = shown(item.display).encode(options.encoding, "replace")
        selector = item.selector.encode("utf-8", "surrogateescape")
        plus = b"\t+" if offered else b""
        line = b"%s%s\t%s\t%s\t%d%s\r\n" % (
            kind.encode(),
            display,
            selector,
            host.encode("ascii", "replace"),
            port,
            plus,
        )
        return line.replace(b"\t", b" ") if "no-tabs" in defects else line

    def _blocks(self, item: Item) -> bytes:
        """Return an item's attributes (Gopher+ 2.4 to 2.8): +INFO, and those that were asked for."""
        blocks = {"ADMIN": [f"Admin: {self._options.admin}"], "VIEWS": list(views(item)), "ABSTRACT": []}
        if item.modified >= 0:
            moment = to_moment(item.modified)
            blocks["ADMIN"].append(f"Mod-Date: {moment:%a %b %d %H:%M:%S %Y} <{moment:%Y%m%d%H%M%S}>")
        if item.abstract:
            blocks["ABSTRACT"] = [item.abstract]
        lines = [
            line
            for name, content in blocks.items()
            if content and (not self._wanted or name in self._wanted)
            for line in (f"+{name}:", *(f" {shown(one)}" for one in content))
        ]
        text = "".join([f"{line}\r\n" for line in lines]).encode(self._options.encoding, "replace")
        return b"+INFO: " + self._line(item) + text


class TextLines:
    """Conversion of a text to lines that end in CR LF.

    stuffed: give lines that begin with a dot another one (RFC 1436 Appendix). early: put a dot after the first line.
    """

    def __init__(self, *, stuffed: bool, early: bool = False) -> None:
        self._stuffed = stuffed
        self._early = early
        self._held = b""  # a CR, until the next byte tells whether it ends a line
        self._begins = True  # the next byte begins a line

    def feed(self, data: bytes) -> bytes:
        """Return the next bytes, converted."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        if self._held:
            data = data[:-1]
        if not data:
            return b""
        data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        starts_line, self._begins = self._begins, data.endswith(b"\n")
        if self._stuffed:
            data = data.replace(b"\r\n.", b"\r\n..")
            if starts_line and data.startswith(b"."):
                data = b"." + data
        if self._early and b"\n" in data:
            self._early = False
            first, end, rest = data.partition(b"\n")
            data = first + end + DOT + rest
        return data

    def finish(self) -> bytes:
        """Return what was held back, and the end of the last line if it has none."""
        rest, self._held = self._held, b""
        return rest if self._begins and not rest else rest + b"\r\n"


def shown(text: str) -> str:
    """Return text without control characters and TAB, for a line of a menu."""
    return safe(text.replace("\t", " "))


def error(text: str, encoding: str = "utf-8") -> bytes:
    """Return an item of type 3, which is an error (RFC 1436 3.8)."""
    return b"3%s\t\t%s\t%d\r\n" % (shown(text).encode(encoding, "replace"), NO_HOST[0].encode(), NO_HOST[1])


def views(item: Item) -> Iterable[str]:
    """Yield the views of an item (Gopher+ 2.6): media types, each with its size in kilobytes."""
    if item.type == "1":
        yield f"{PLAIN_MENU}: <0k>"
        yield f"{PLUS_MENU}: <0k>"
    else:
        yield f"{media_of(item)}: <{-(-max(item.size, 0) // 1024)}k>"


def has_view(item: Item, wanted: str) -> bool:
    """Return True if an item has the view that a request names, or if it names none. wanted: may have a language."""
    media = wanted.partition(" ")[0]
    return media in ("", media_of(item)) or (item.type == "1" and media in (PLAIN_MENU, PLUS_MENU))
