"""Where in a client's octets its passwords stand, however they come: the journal shows stars in their place.

What is looked for is the text of `pw` and `newPW` in whatever namespace, well-formed or not, in UTF-8 and UTF-16,
whether it lies in a frame or where no frame is.
"""

import re
from collections.abc import Iterator


def wide(text: bytes) -> bytes:
    """A pattern for letters that may have a NUL beside each."""
    return b"".join(rb"%c\0?" % letter for letter in text)


OPEN = re.compile(rb"<\0?(?:(?:[\w.-]\0?)+:\0?)?(?:%s|%s)(?:\s[^<>]*)?(?<!/)>" % (wide(b"pw"), wide(b"newPW")))
"""The start tag of a password."""
END = re.compile(rb"<\0?/")
HINTS = (b"pw", b"PW", b"p\0w", b"P\0W")
LONGEST_TAG = 512
"""Octets of a start tag that is looked at as a whole when it comes in pieces."""


class Scanner:
    """Follows what one client says."""

    __slots__ = ("_inside", "_tail")

    def __init__(self) -> None:
        self._inside = False  # the last octets were in a secret
        self._tail = b""  # the beginning of a tag that has not ended yet

    def feed(self, data: bytes) -> Iterator[tuple[int, int]]:
        """The size of each secret or part of one that is known now, and how many octets have come behind it."""
        text = self._tail + data if self._tail else data
        self._tail = b""
        at, size = 0, len(text)
        if not self._inside and not any(hint in text for hint in HINTS):
            self._keep_tail(text, 0)
            return
        while True:
            if not self._inside:
                opened = OPEN.search(text, at)
                if opened is None:
                    self._keep_tail(text, at)
                    return
                at, self._inside = opened.end(), True
            ended = END.search(text, at)
            if ended is None:
                # What may begin an end tag is no secret before more has come.
                held = 2 if text.endswith(b"<\0") else 1 if text.endswith(b"<") else 0
                self._tail = text[size - held :] if held and size - held >= at else b""
                if size - len(self._tail) > at:
                    yield size - len(self._tail) - at, len(self._tail)
                return
            self._inside = False
            if ended.start() > at:
                yield ended.start() - at, size - ended.start()
            at = ended.start()

    def _keep_tail(self, text: bytes, at: int) -> None:
        begin = text.rfind(b"<", at)
        if begin >= 0 and len(text) - begin <= LONGEST_TAG and text.find(b">", begin) < 0:
            self._tail = text[begin:]
