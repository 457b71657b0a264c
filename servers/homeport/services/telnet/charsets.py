"""Encodings of text on a connection: NVT, BINARY (RFC 856), CHARSET (RFC 2066), Net-Unicode (RFC 5198)."""

import codecs

from homeport.protocol.telnet import BINARY
from homeport.services.telnet.negotiating import Negotiator

CHARSETS = {"UTF-8": "utf-8", "ISO-8859-1": "latin-1", "US-ASCII": "ascii"}
"""Character sets that can be agreed, in our order of preference, with Python's names."""
OTHER_NAMES = {"UTF8": "UTF-8", "LATIN1": "ISO-8859-1", "ISO_8859-1": "ISO-8859-1", "ASCII": "US-ASCII"}


def find_charset(name: str) -> str:
    """Return the charset of a name, in any case; empty if it is not supported."""
    upper = name.strip().upper()
    return upper if upper in CHARSETS else OTHER_NAMES.get(upper, "")


class Charsets:
    """The encodings in force, by direction."""

    __slots__ = ("_agreed", "_decoder", "_options", "_requested")

    def __init__(self, options: Negotiator) -> None:
        self._options = options
        self._agreed = ""
        self._requested = False
        self._decoder: codecs.IncrementalDecoder | None = None

    @property
    def out(self) -> str:
        """The charset of output: the agreed one; UTF-8 under BINARY; else US-ASCII (RFC 1123 3.2.5)."""
        return self._agreed or ("UTF-8" if self._options.on("us", BINARY) else "US-ASCII")

    def encode(self, text: str) -> bytes:
        """Return text in the charset of output; characters that it lacks become `?`."""
        return text.encode(CHARSETS[self.out], "replace")

    def decode(self, data: bytes) -> str:
        """Return input as text; a character may be cut between two calls.

        UTF-8 is read even without BINARY (RFC 5198); what is not UTF-8 becomes U+FFFD.
        """
        if self._decoder is None:
            if data.isascii():
                return data.decode("ascii")
            name = CHARSETS[self._agreed] if self._agreed else "utf-8"
            self._decoder = codecs.getincrementaldecoder(name)("replace")
        return self._decoder.decode(data)

    # CHARSET.

    @property
    def offered(self) -> bytes:
        """The list of our request."""
        return b"".join(b";" + name.encode() for name in CHARSETS)

    def begin_request(self) -> bool:
        """Return True if a request of ours is due: none is open, and nothing was agreed."""
        due = not self._requested and not self._agreed
        self._requested = self._requested or due
        return due

    def answer(self, rest: bytes) -> bytes:
        """Return the answer to a client's REQUEST. rest: what follows that command.

        RFC 2066: where both have asked at once, the server refuses the client's request.
        """
        if rest[:8] == b"[TTABLE]":
            rest = rest[9:]  # and a version
        names = rest[1:].decode("ascii", "replace").split(rest[:1].decode("ascii", "replace") or ";")
        if not self._requested:
            for name in names:
                if found := find_charset(name):
                    self._agree(found)
                    return b"\x02" + name.encode("ascii", "replace")
        return b"\x03"

    def accepted(self, name: str) -> bool:
        """Take the client's ACCEPTED; return False if we have not asked for that charset."""
        requested, self._requested = self._requested, False
        found = find_charset(name)
        if not requested or not found:
            return False
        self._agree(found)
        return True

    def rejected(self) -> bool:
        """Take the client's REJECTED; return False if we have not asked."""
        requested, self._requested = self._requested, False
        return requested

    def _agree(self, name: str) -> None:
        self._agreed = name
        self._decoder = None

    @property
    def eight_bit_in(self) -> bool:
        """True if the client may send bytes over 127: BINARY or a charset is agreed."""
        return bool(self._agreed) or self._options.on("him", BINARY)
