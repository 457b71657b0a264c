r"""Netascii (RFC 1350 1, RFC 764): lines end in CR LF, a CR that is no part of a line end is CR NUL.

A tree stores bytes; lines of text end in LF. Every file survives a round trip. Conversion goes across the borders of
blocks.
"""


class ToNetascii:
    """Converts the bytes of a file."""

    @staticmethod
    def feed(content: bytes) -> bytes:
        """Convert bytes, cut anywhere."""
        return content.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


class FromNetascii:
    """Converts received bytes; a CR at the end waits for the next ones."""

    def __init__(self) -> None:
        self._held = b""
        self.bare_lf = False
        """True if a LF came without a CR before it."""
        self.bare_cr = False
        """True if a CR came with neither LF nor NUL after it."""

    def feed(self, content: bytes) -> bytes:
        """Convert bytes, cut anywhere."""
        content = self._held + content
        self._held = b"\r" if content.endswith(b"\r") else b""
        if self._held:
            content = content[:-1]
        # CR NUL and CR LF are disjoint, so each can be counted and replaced by itself.
        ends, returns = content.count(b"\r\n"), content.count(b"\r\0")
        self.bare_lf = self.bare_lf or content.count(b"\n") > ends
        self.bare_cr = self.bare_cr or content.count(b"\r") > ends + returns
        return content.replace(b"\r\n", b"\n").replace(b"\r\0", b"\r")

    def finish(self) -> bytes:
        """Return a CR that was the last byte."""
        held, self._held = self._held, b""
        self.bare_cr = self.bare_cr or bool(held)
        return held
