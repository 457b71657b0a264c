"""The content of a message on its way in: the end of data, transparency, limits, and what is wrong with it.

Only CR LF, dot, CR LF ends a message (RFC 5321 4.1.1.4): whatever else some servers take for an end is content here,
and a finding, so that nobody smuggles a second message through us. Octets are kept as they come, but for the dot that
transparency has added (4.5.2). Nothing loops over lines: whole reads are searched, and looked at closely only if the
search says that there is something to see.
"""

import re
from typing import Protocol

from homeport.protocol.waiting import Input
from homeport.services.smtp.header import HEADER_LIMIT, Header, inspect_header

END = b"\r\n.\r\n"
LINE_LIMIT = 1000
"""Octets of a line with its end (RFC 5321 4.5.3.1.6)."""
FALSE_END = re.compile(rb"\r\n\.(?:\n|\r(?!\n))|(?:(?<!\r)\n|\r)\.[\r\n]")
"""A dot between line ends that are not both CR LF: each of these ends a message for some server or other."""
BARE_LF = re.compile(rb"(?<!\r)\n")
BARE_CR = re.compile(rb"\r(?!\n)")
EIGHT_BIT = re.compile(rb"[\x80-\xff]")
NUL = re.compile(rb"\0")
NOT_STUFFED = re.compile(rb"\r\n\.(?!\.)")
SHOWN = 64
FEW_DOTS = 64
"""Dots of one piece that are looked at one by one."""


class Store(Protocol):
    """Where the octets go: `world.mail.begin()` gives it."""

    def write(self, data: bytes, /) -> object:
        """Add octets. Raises: OSError if there is no room."""

    def drop(self) -> None:
        """Forget them."""


class Content:
    """One message, however it arrives.

    max_size, max_line: octets; what is over is read to its end, and not kept. binary: whether the message is one of
    BINARYMIME, in which CR, LF and NUL are octets like any other.
    """

    __slots__ = (
        "_after",
        "_boundary",
        "_carry",
        "_head",
        "_last",
        "_line",
        "_store",
        "_suspicious",
        "binary",
        "failed",
        "findings",
        "header",
        "line_over",
        "max_line",
        "max_size",
        "octets_8bit",
        "size",
        "size_over",
    )

    def __init__(self, store: Store, max_size: int, max_line: int, *, binary: bool = False) -> None:
        self._store = store
        self.max_size = max_size
        self.max_line = max_line
        self.binary = binary
        self.size = 0
        self.size_over = False
        self.line_over = False
        self.failed = ""
        """Why the octets could not be stored; empty if they could."""
        self.findings: dict[str, bytes] = {}
        """What is wrong with it: identifiers, with the octets that show it."""
        self.header = Header()
        self.octets_8bit = b""
        """The first octets of the body over 127, with what is around them; empty if there are none."""
        self._head: bytes | None = b""  # the header as far as it has come; None when it is whole
        self._line = 0  # octets of the line that has no end yet
        self._last = b""  # the last octets before the next part
        self._suspicious = False  # CR or LF stand alone somewhere
        self._boundary = b""  # the delimiter that has not been seen yet
        self._carry = b""

    def add(self, raw: bytes, plain: bytes) -> None:
        """Take octets. raw: as they came; plain: without transparency. CR LF is never cut between two calls."""
        if not self.binary:
            self._check_octets(raw)
            self._check_lines(plain)
        if self._head is not None:
            self._take_header(plain)
        elif self._boundary:
            self._look_for_boundary(plain)
        self.size += len(plain)
        if self.size > self.max_size and not self.size_over:
            self.size_over = True
            self._store.drop()
        if not self.size_over and not self.failed:
            try:
                self._store.write(plain)
            except OSError as error:
                self.failed = error.strerror or str(error)
                self._store.drop()

    def finish(self) -> None:
        """The message is over: what can be said of all of it."""
        if self._head is not None:
            self._end_header(self._head, len(self._head))
        if self._boundary:
            self.find("boundary-unused", self._boundary)
        for finding, shown in self.header.findings.items():
            self.find(finding, shown)

    def drop(self) -> None:
        """Forget it."""
        self._store.drop()

    def find(self, finding: str, shown: bytes) -> None:
        """There is something wrong; each is said once of a message."""
        if finding not in self.findings:
            self.findings[finding] = shown[:SHOWN]

    def note_8bit(self, octets: bytes) -> None:
        """The body, not the header, has octets over 127; whether it may is for the envelope to say."""
        if not self.octets_8bit and (match := EIGHT_BIT.search(octets)):
            self.octets_8bit = octets[max(match.start() - 24, 0) :][:SHOWN]

    @property
    def ends_line(self) -> bool:
        """Whether the last line has its end."""
        return not self.size or self._last.endswith(b"\r\n")

    def _check_octets(self, raw: bytes) -> None:
        if has_lone_line_end(raw):
            self._suspicious = True
            self._find_around("bare-lf-in-message", raw, BARE_LF)
            self._find_around("bare-cr-in-message", raw, BARE_CR)
        if self._suspicious:
            seam = self._last + raw
            if match := FALSE_END.search(seam):
                self.find("false-end", seam[max(match.start() - 16, 0) :])
        self._last = raw[-3:] if len(raw) > 2 else (self._last + raw)[-3:]
        if self._head is None and not raw.isascii():
            self.note_8bit(raw)
        if b"\0" in raw:
            self._find_around("nul-in-message", raw, NUL)

    def _find_around(self, finding: str, raw: bytes, pattern: re.Pattern[bytes]) -> None:
        if finding not in self.findings and (match := pattern.search(raw)):
            self.find(finding, raw[max(match.start() - 24, 0) :])

    def _check_lines(self, plain: bytes) -> None:
        """Whether a line is too long. A line's beginning is known, so one search a thousand octets finds out."""
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
        self.find("line-too-long", plain[begin:])
        lines = plain.split(b"\n")
        longest = max(self._line + len(lines[0]), *map(len, lines)) + 1
        self.line_over = self.line_over or longest > self.max_line

    def _take_header(self, plain: bytes) -> None:
        head = self._head + plain if self._head else plain
        end = 0 if head.startswith(b"\r\n") else head.find(b"\r\n\r\n", 0, HEADER_LIMIT)
        if end >= 0:
            end += 2 if end else 0
            self._end_header(head, end)
        elif len(head) > HEADER_LIMIT:
            self.find("header-too-long", head)
            self._end_header(head, head.rfind(b"\r\n", 0, HEADER_LIMIT) + 2)
        else:
            self._head = head

    def _end_header(self, begun: bytes, end: int) -> None:
        self._head = None
        self.header = inspect_header(begun[:end])
        if not begun.isascii():
            self.note_8bit(begun[end:])
        if self.header.boundary:
            self._boundary = b"\r\n--" + self.header.boundary
            self._look_for_boundary(begun[end:])

    def _look_for_boundary(self, plain: bytes) -> None:
        seam = self._carry + plain
        if self._boundary in seam:
            self._boundary = self._carry = b""
        else:
            self._carry = seam[-len(self._boundary) :]


class DotReader(Input):
    """Reads what follows DATA up to its end, and gives it to its content without transparency."""

    __slots__ = ("_content", "_skip", "_tail")

    def __init__(self, content: Content) -> None:
        self.over = False
        self._content = content
        # The command's own line end, which is no content: a dot on the first line ends the message, too.
        self._tail = b"\r\n"
        self._skip = 2

    def read(self, data: bytes, at: int, limit: int) -> int:  # noqa: ARG002 - lines may be of any length
        end = self.take(data[at:] if at else data)
        return len(data) if end < 0 else at + end

    def take(self, data: bytes) -> int:
        """Take octets of a message. Gives where in `data` it has ended, or -1 if it goes on."""
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
        whole = len(window) - beginning_of_end(window)
        self._tail = window[whole:]
        if whole:
            self._add(window[:whole], stuffed=0 <= dot < whole)
        return -1

    def _add(self, raw: bytes, *, stuffed: bool) -> None:
        plain = raw
        if stuffed:
            if raw.count(b"\r\n.") != raw.count(b"\r\n..") and (match := NOT_STUFFED.search(raw)):
                self._content.find("dot-not-stuffed", raw[match.start() + 2 :])
            plain = raw.replace(b"\r\n.", b"\r\n")
        skip, self._skip = self._skip, 0
        self._content.add(raw, plain[skip:] if skip else plain)


def find_dot_line(octets: bytes) -> int:
    """Where CR LF and a dot stand first; -1 if nowhere.

    To look at each dot is quicker than to search for three octets, as long as there are few.
    """
    at = -1
    for _ in range(FEW_DOTS):
        at = octets.find(b".", at + 1)
        if at < 0:
            return -1
        if at >= 2 and octets[at - 1] == 10 and octets[at - 2] == 13:
            return at - 2
    return octets.find(b"\r\n.", at - 1)


def has_lone_line_end(octets: bytes) -> bool:
    """Whether a CR or an LF stands in no CR LF.

    A pair ends a line with two octets, either of them alone with one: so few lines of Python count them the fastest.
    """
    lines = octets.splitlines()
    ended = len(lines) if octets.endswith((b"\n", b"\r")) else len(lines) - 1
    return len(octets) - sum(map(len, lines)) != 2 * max(ended, 0)


def beginning_of_end(window: bytes) -> int:
    """How many octets at its end may be the beginning of the end of data."""
    for size in range(len(END) - 1, 0, -1):
        if window.endswith(END[:size]):
            return size
    return 0


class ChunkReader:
    """Gives the chunks of BDAT (RFC 3030) to a content, wherever they are cut."""

    __slots__ = ("_content", "_held")

    def __init__(self, content: Content) -> None:
        self._content = content
        self._held = b""  # a CR whose LF may be on its way

    def take(self, data: bytes) -> None:
        """Take octets of a chunk."""
        data = self._held + data
        self._held = b""
        if data.endswith(b"\r"):
            data, self._held = data[:-1], b"\r"
        if data:
            self._content.add(data, data)

    def finish(self) -> None:
        """The last chunk is over."""
        if self._held:
            self._content.add(self._held, self._held)
        if not self._content.binary and not self._content.ends_line:
            self._content.find("no-final-crlf", b"")
