"""Incoming message content: end of data, dot-stuffing, limits, and checks.

Only CR LF, dot, CR LF ends a message (RFC 5321 4.1.1.4). Everything that other servers also accept as an end is content
here, and a finding, so that no second message can be smuggled through this server. Bytes are stored as received, except
for the dots that dot-stuffing adds (4.5.2). Nothing loops over lines in Python: whole reads are searched, and examined
closely only on a hit.
"""

import re
from collections.abc import Collection
from typing import Protocol

from homeport.protocol.waiting import Input
from homeport.services.smtp.header import MAX_RECEIVED, Header, inspect_header
from homeport.world.mail.mime.structure import HEADER_LIMIT

END = b"\r\n.\r\n"
LINE_LIMIT = 1000
"""Bytes of a line, including its end (RFC 5321 4.5.3.1.6)."""
FALSE_END = re.compile(rb"\r\n\.(?:\n|\r(?!\n))|(?:(?<!\r)\n|\r)\.[\r\n]")
"""A dot between line ends that are not both CR LF; each of these forms ends a message for some server."""
BARE_LF = re.compile(rb"(?<!\r)\n")
BARE_CR = re.compile(rb"\r(?!\n)")
EMPTY_LINE = re.compile(rb"\n\r?\n")
EIGHT_BIT = re.compile(rb"[\x80-\xff]")
NUL = re.compile(rb"\0")
NOT_STUFFED = re.compile(rb"\r\n\.(?!\.)")
SHOWN = 64
FEW_DOTS = 64
"""Number of dots of one piece that are examined one by one."""


class Store(Protocol):
    """The destination of the content: `world.mail.begin()` returns one."""

    def write(self, data: bytes, /) -> object:
        """Append bytes. Raises: OSError if there is no room."""

    def drop(self) -> None:
        """Discard the bytes written."""


class Content:
    """The content of one message, from DATA or BDAT.

    max_size, max_line: limits in bytes. binary: True for BINARYMIME, where CR, LF and NUL are ordinary bytes. fatal:
    findings for which the message is refused. A message that is going to be refused is read to its end, but nothing of
    it is stored any more.
    """

    __slots__ = (
        "_after",
        "_head",
        "_last",
        "_line",
        "_store",
        "_suspicious",
        "binary",
        "doomed",
        "failed",
        "fatal",
        "findings",
        "header",
        "line_over",
        "max_line",
        "max_size",
        "sample_8bit",
        "size",
        "size_over",
    )

    def __init__(
        self,
        store: Store,
        max_size: int,
        max_line: int,
        *,
        binary: bool = False,
        fatal: Collection[str] = (),
    ) -> None:
        self._store = store
        self.fatal = fatal
        self.doomed = False
        """True once the message is going to be refused."""
        self.max_size = max_size
        self.max_line = max_line
        self.binary = binary
        self.size = 0
        self.size_over = False
        self.line_over = False
        self.failed = ""
        """The reason why the content could not be stored; empty if it could."""
        self.findings: dict[str, bytes] = {}
        """Broken rules: ids of findings, with the bytes that show it."""
        self.header = Header()
        self.sample_8bit = b""
        """The first bytes over 127 in the body, with their context; empty if there are none."""
        self._head: bytes | None = b""  # the header received so far; None once it is complete
        self._line = 0  # bytes of the unfinished line
        self._last = b""  # the last bytes before the next piece
        self._suspicious = False  # True once a bare CR or LF was seen

    def add(self, raw: bytes, plain: bytes) -> None:
        """Add a piece of content. raw: as received; plain: without dot-stuffing. Callers never split a CR LF."""
        if not self.binary:
            self._check_bytes(raw)
            self._check_lines(plain)
        if self._head is not None:
            self._take_header(plain)
        self.size += len(plain)
        if self.size > self.max_size and not self.size_over:
            self.size_over = True
            self._doom()
        if not self.doomed:
            try:
                self._store.write(plain)
            except OSError as error:
                self.failed = error.strerror or str(error)
                self._doom()

    def _doom(self) -> None:
        self.doomed = True
        self._store.drop()

    def finish(self) -> None:
        """Report what was found in the header."""
        if self._head is not None:
            self._end_header(self._head, len(self._head))
        for finding, shown in self.header.findings.items():
            self.report(finding, shown)
        if self.sample_8bit and self.header.seven_bit:
            self.report("8bit-in-7bit", self.sample_8bit)

    def drop(self) -> None:
        """Discard the content."""
        self._store.drop()

    def report(self, finding: str, shown: bytes) -> None:
        """Report a finding, once per message."""
        if finding not in self.findings:
            self.findings[finding] = shown[:SHOWN]
            if finding in self.fatal:
                self._doom()

    def note_8bit(self, data: bytes) -> None:
        """Note bytes over 127 in the body; the envelope decides if they are allowed."""
        if not self.sample_8bit and (match := EIGHT_BIT.search(data)):
            self.sample_8bit = data[max(match.start() - 24, 0) :][:SHOWN]

    @property
    def ends_line(self) -> bool:
        """True if the last line is complete."""
        return not self.size or self._last.endswith(b"\r\n")

    def _check_bytes(self, raw: bytes) -> None:
        if has_lone_line_end(raw):
            self._suspicious = True
            self._find_around("bare-lf-in-message", raw, BARE_LF)
            self._find_around("bare-cr-in-message", raw, BARE_CR)
        if self._suspicious:
            seam = self._last + raw
            if match := FALSE_END.search(seam):
                self.report("false-end", seam[max(match.start() - 16, 0) :])
        self._last = raw[-3:] if len(raw) > 2 else (self._last + raw)[-3:]
        if self._head is None and not raw.isascii():
            self.note_8bit(raw)
        if b"\0" in raw:
            self._find_around("nul-in-message", raw, NUL)

    def _find_around(self, finding: str, raw: bytes, pattern: re.Pattern[bytes]) -> None:
        if finding not in self.findings and (match := pattern.search(raw)):
            self.report(finding, raw[max(match.start() - 24, 0) :])

    def _check_lines(self, plain: bytes) -> None:
        """Report an overlong line. The start of a line is known, so one search per thousand bytes suffices."""
        size = len(plain)
        begin = -self._line
        while size - begin > LINE_LIMIT:
            stop = begin + LINE_LIMIT
            end = plain.rfind(b"\n", max(begin, 0), stop) if stop > 0 else -1
            if end < 0:
                self._measure(plain, max(begin, 0))
                break
            begin = end + 1
        last = plain.rfind(b"\n")
        self._line = self._line + size if last < 0 else size - last - 1

    def _measure(self, plain: bytes, begin: int) -> None:
        self.report("line-too-long", plain[begin:])
        lines = plain.split(b"\n")
        longest = max(self._line + len(lines[0]), *map(len, lines)) + 1
        if longest > self.max_line and not self.line_over:
            self.line_over = True
            self._doom()

    def _take_header(self, plain: bytes) -> None:
        head = self._head + plain if self._head else plain
        end = -1
        if head.startswith(b"\r\n") or (self._suspicious and head.startswith(b"\n")):
            end = 0
        elif self._suspicious:  # a message with bare LF may have no other empty line
            empty = EMPTY_LINE.search(head, 0, HEADER_LIMIT)
            end = empty.start() + 1 if empty else -1
        elif (at := head.find(b"\r\n\r\n", 0, HEADER_LIMIT)) >= 0:
            end = at + 2
        if end >= 0:
            self._end_header(head, end)
        elif len(head) > HEADER_LIMIT:
            self.report("header-too-long", head)
            self._end_header(head, head.rfind(b"\n", 0, HEADER_LIMIT) + 1, whole=False)
        else:
            self._head = head

    def _end_header(self, begun: bytes, end: int, *, whole: bool = True) -> None:
        self._head = None
        self.header = inspect_header(begun[:end], whole=whole)
        if self.header.received > MAX_RECEIVED:
            self._doom()
        if not begun.isascii():
            self.note_8bit(begun[end:])


class DotReader(Input):
    """Reads the data after DATA up to its end, and passes it on without dot-stuffing."""

    __slots__ = ("_content", "_more", "_skip", "_tail", "rest")

    def __init__(self, content: Content) -> None:
        self.over = False
        self.rest = 0
        """Bytes that came with the end of the message, after it."""
        self._content = content
        self._more = 0  # bytes that came with the next data, and will be delivered later
        # Starts as the line end of the command, so that a dot on the first line also ends the message.
        self._tail = b"\r\n"
        self._skip = 2

    def read(self, data: bytes, at: int, limit: int) -> int:  # noqa: ARG002 - message lines have no limit here
        end = self.take(data[at:] if at else data)
        if end < 0:
            return len(data)
        self.rest = self._more or len(data) - at - end
        return at + end

    def size_in(self, data: bytes) -> int:
        before = len(self._tail)
        end = (self._tail + data[: len(END)]).find(END)  # it may have begun in earlier data
        if end < 0:
            end = data.find(END)
            before = 0
        size = len(data) if end < 0 else end + len(END) - before
        self._more = len(data) - size
        return size

    def take(self, data: bytes) -> int:
        """Process data. Return the index in `data` after the end of the message, or -1 if the message continues."""
        if self._skip and self._tail == b"\r\n" and not data.startswith(b"."):
            self._tail, self._skip = b"", 0
        tail = self._tail
        window = tail + data if tail else data
        dot = find_dot_line(window)
        end = window.find(END, dot) if dot >= 0 else -1
        if end >= 0:
            self._add(window[: end + 2], stuffed=dot < end)
            self.over = True
            return end + len(END) - len(tail)
        whole = len(window) - partial_end_size(window)
        self._tail = window[whole:]
        if whole:
            self._add(window[:whole], stuffed=0 <= dot < whole)
        return -1

    def _add(self, raw: bytes, *, stuffed: bool) -> None:
        plain = raw
        if stuffed:
            if raw.count(b"\r\n.") != raw.count(b"\r\n..") and (match := NOT_STUFFED.search(raw)):
                self._content.report("dot-not-stuffed", raw[match.start() + 2 :])
            plain = raw.replace(b"\r\n.", b"\r\n")
        skip, self._skip = self._skip, 0
        self._content.add(raw, plain[skip:] if skip else plain)


def find_dot_line(data: bytes) -> int:
    """Return the index of the first CR LF, dot; -1 if missing.

    As long as there are few dots, examining each is faster than searching for three bytes.
    """
    at = -1
    for _ in range(FEW_DOTS):
        at = data.find(b".", at + 1)
        if at < 0:
            return -1
        if at >= 2 and data[at - 1] == 10 and data[at - 2] == 13:
            return at - 2
    return data.find(b"\r\n.", at - 1)


def has_lone_line_end(data: bytes) -> bool:
    """Return True if a CR or LF stands outside a CR LF.

    `splitlines` counts a pair, or either one alone, as one line end, so the lengths add up only if all are pairs. This
    is the fastest count in pure Python.
    """
    lines = data.splitlines()
    ended = len(lines) if data.endswith((b"\n", b"\r")) else len(lines) - 1
    return len(data) - sum(map(len, lines)) != 2 * max(ended, 0)


def partial_end_size(window: bytes) -> int:
    """Return the number of trailing bytes that may be the start of the end of data."""
    for size in range(len(END) - 1, 0, -1):
        if window.endswith(END[:size]):
            return size
    return 0


class ChunkReader:
    """Passes the chunks of BDAT (RFC 3030) on, without splitting a CR LF."""

    __slots__ = ("_content", "_held")

    def __init__(self, content: Content) -> None:
        self._content = content
        self._held = b""  # a CR whose LF may be in the next chunk

    def take(self, data: bytes) -> None:
        """Process data of a chunk."""
        data = self._held + data
        self._held = b""
        if data.endswith(b"\r"):
            data, self._held = data[:-1], b"\r"
        if data:
            self._content.add(data, data)

    def finish(self) -> None:
        """Process the end of the last chunk."""
        if self._held:
            self._content.add(self._held, self._held)
        if not self._content.binary and not self._content.ends_line:
            self._content.report("no-final-crlf", b"")
