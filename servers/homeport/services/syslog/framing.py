"""Framing of messages in a stream (RFC 6587): the bytes of a connection to messages.

    octet counting       MSG-LEN SP SYSLOG-MSG        3.4.1; over TLS the only one (RFC 5425 4.3)
    non-transparent      SYSLOG-MSG LF                3.4.2; NUL, which some send instead, ends a message too

Which it is, is decided for each message by its beginning: a count is digits, a blank, and the `<` of PRI. After a
counted message, what begins with neither `<` nor a count is read up to the next beginning or line end, and kept as a
message of its own: the count was wrong.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Framing = Literal["octet-counting", "line"]
Expected = Literal["any", "octet-counting", "non-transparent"]
COUNT = re.compile(rb"([1-9][0-9]{0,8}) (?=<)")
COUNT_ALONE = re.compile(rb"([1-9][0-9]{0,8}) ")
"""A count where nothing else can begin a message: PRI may be missing."""
COUNT_BEGUN = re.compile(rb"[1-9][0-9]{0,8} ?\Z")
"""The beginning of a count, which more bytes may complete."""
END = re.compile(rb"[\n\0]")
BEGINNING = re.compile(rb"\n|(?:[1-9][0-9]{0,8} )?<[0-9]{1,3}>")
"""A place where messages can begin again after a wrong count."""
COUNT_OR_END = re.compile(rb"[\n\0]|[1-9][0-9]{0,8} <[0-9]{1,3}>")
"""The end of a message without a count after one that had one: if it is a count, that of the earlier one was wrong."""
SLACK = 16
"""More bytes than a beginning has: they are kept when the rest of a long line is discarded."""
DIGITS = frozenset(b"123456789")
LINE_ENDS = b"\r\n\0"
PRI_BEGINS = 0x3C


class Frame(NamedTuple):
    """A message, and the rules that its framing broke."""

    content: bytes
    framing: Framing
    size: int
    """Bytes of the whole message, if it was counted; else of `content`."""
    rules: tuple[str, ...] = ()


class Framer:
    """Splits a stream into messages, with at most `max_message` bytes of each.

    expected: as the option `framing`.
    """

    __slots__ = (
        "_after_nul",
        "_begin",
        "_data",
        "_expected",
        "_left",
        "_lost",
        "_max",
        "_scanned",
        "_skipping",
        "_used",
    )

    def __init__(self, max_message: int, expected: Expected = "any") -> None:
        self._max = max_message
        self._expected = expected
        self._data = b""
        self._begin = 0  # of the next message in the data
        self._scanned = 0  # offset up to which there is no end of the current line
        self._used: Framing | None = None  # the framing of the last message
        self._left = 0  # bytes of a counted message that are still to be discarded
        self._skipping = False  # the rest of the current line is discarded
        self._lost = False  # a count was wrong, and the next beginning is searched
        self._after_nul = False  # the last message ended with NUL; LF may follow

    def __len__(self) -> int:
        """Return the number of bytes that belong to no complete message yet."""
        return len(self._data) - self._begin

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take bytes, and yield the messages that are complete. It must be run to its end."""
        if len(self):
            self._data = self._data[self._begin :] + data
            self._scanned = max(self._scanned - self._begin, 0)
        else:
            self._data = data
            self._scanned = 0
        self._begin = 0
        while self._begin < len(self._data):
            before = self._begin
            frame = self._next()
            if frame is not None:
                yield frame
            elif self._begin == before or self._skipping:
                return

    def finish(self) -> Frame | None:
        """Return the message that the end of the stream cut off; None if there is none."""
        rest, self._data = self._data[self._begin :], b""
        self._begin = self._scanned = 0
        if self._skipping or not rest.strip(LINE_ENDS):
            return None
        count = self._count.match(rest) if rest[0] in DIGITS and not self._lost else None
        if count is not None and self._expected != "non-transparent":
            content = rest[count.end() : count.end() + self._max]
            return Frame(content, "octet-counting", int(count[1]), ("message-unfinished",))
        rules = ("count-wrong",) if self._lost or self._is_lost(rest[0]) else self._line_rules(rest)
        return Frame(rest[: self._max], "line", min(len(rest), self._max), (*rules, "line-unfinished"))

    @property
    def _count(self) -> re.Pattern[bytes]:
        return COUNT_ALONE if self._expected == "octet-counting" else COUNT

    def _next(self) -> Frame | None:
        """Return the next message; None if there is none, because more bytes are needed, or only some are discarded."""
        if self._left:
            skipped = min(self._left, len(self))
            self._left -= skipped
            self._begin = self._scanned = self._begin + skipped
            return None
        if self._skipping or self._lost:
            return self._line()
        first = self._data[self._begin]
        if self._after_nul:
            self._after_nul = False
            if first == b"\n"[0]:
                self._begin += 1
                return None
        if first in DIGITS and self._expected != "non-transparent":
            count = self._count.match(self._data, self._begin)
            if count is not None:
                return self._counted(count)
            if COUNT_BEGUN.match(self._data, self._begin):
                return None
        if self._is_lost(first):
            if first in LINE_ENDS:
                return self._needless_line_end()
            self._lost = True
        return self._line()

    def _is_lost(self, first: int) -> bool:
        """Return True if no message can begin with that byte, after a counted one."""
        return self._used == "octet-counting" and first != PRI_BEGINS

    def _counted(self, count: re.Match[bytes]) -> Frame | None:
        """Return a counted message; None if it is not complete."""
        size = int(count[1])
        kept = min(size, self._max)
        end = count.end() + kept
        if len(self._data) < end:
            return None
        rules = ("framing-changed",) if self._used == "line" else ()
        self._used = "octet-counting"
        self._begin = self._scanned = end
        self._left = size - kept
        if self._left:
            rules = (*rules, "message-cut")
        return Frame(self._data[count.end() : end], "octet-counting", size, rules)

    def _needless_line_end(self) -> Frame:
        """Skip the line end after a counted message."""
        self._after_nul = self._data[self._begin] != b"\n"[0]
        self._begin = self._scanned = self._begin + 1
        return Frame(b"", "octet-counting", 0, ("count-and-newline",))

    def _line(self) -> Frame | None:
        """Return a message that ends with its line, or, after a wrong count, where the next one begins."""
        data, begin = self._data, self._begin
        pattern = BEGINNING if self._lost else COUNT_OR_END if self._used == "octet-counting" else END
        match = pattern.search(data, max(begin, self._scanned - SLACK))
        if match is None:
            self._scanned = len(data)
            if not self._skipping and len(data) - begin <= self._max + SLACK:
                return None
            frame = None if self._skipping else self._line_frame(data[begin : begin + self._max], b"", cut=True)
            self._skipping = True
            self._begin = max(begin, len(data) - SLACK)
            return frame
        ends = match[0] in (b"\n", b"\0")
        content = data[begin : match.start()]
        frame = None if self._skipping else self._line_frame(content, match[0], cut=len(content) > self._max + SLACK)
        self._begin = self._scanned = match.end() if ends else match.start()
        self._after_nul = match[0] == b"\0"
        if ends and not self._lost:
            self._used = "line"
        self._lost = self._skipping = False
        return frame

    def _line_frame(self, content: bytes, end: bytes, *, cut: bool) -> Frame:
        """Return a message without a count. end: what ended it. cut: True if not all of it was seen."""
        lost = self._lost or (not cut and end not in (b"\n", b"\0"))
        rules = ("count-wrong",) if lost else self._line_rules(content)
        if not cut and end == b"\0":
            rules = (*rules, "nul-ends")
        elif not cut and content.endswith(b"\r") and end == b"\n":
            rules = (*rules, "crlf")
            content = content[:-1]
        if len(content) > self._max:
            rules = (*rules, "message-cut")
            content = content[: self._max]
        elif cut:
            rules = (*rules, "message-cut")
        return Frame(content, "line", len(content), rules)

    def _line_rules(self, content: bytes) -> tuple[str, ...]:
        """Return the rules that a message breaks by having no count, or by having one."""
        rules = ("framing-changed",) if self._used == "octet-counting" else ()
        if self._expected == "octet-counting":
            return (*rules, "count-missing")
        if self._expected == "non-transparent" and COUNT.match(content):
            return (*rules, "count-unexpected")
        return rules
