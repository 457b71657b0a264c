"""Frames of EPP over TCP (RFC 5734 4): four octets of length, which count themselves, then one XML instance.

What is no frame is diagnosed, since "the server hangs up" or "the server never answers" is all that clients see of it
elsewhere: `Misframed` names the finding and says in words what to change. Behind such octets nothing can be trusted.
"""

from collections.abc import Iterator

from homeport.protocol.foreign import HELLO_SIZE, is_hello
from homeport.protocol.rules import UNEXPECTED_TLS

HEADER = 4
SHORTEST = HEADER + 1
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
BLANK = b" \t\r\n"
SHOWN = 16
LONGEST = 1 << 20
"""No frame is longer, whatever is configured."""


class Misframed(Exception):
    """Octets that begin no frame. finding: which rule is broken. data: the first of them."""

    def __init__(self, finding: str, reason: str, data: bytes) -> None:
        super().__init__(reason)
        self.finding = finding
        self.reason = reason
        self.data = bytes(data[:SHOWN])


class Framer:
    """Cuts what comes into frames, however it comes."""

    __slots__ = ("_held", "_size", "_wanted", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Octets of a frame with its header."""
        self._held: list[bytes] = []
        self._size = 0
        self._wanted = HEADER  # octets that must be there before it is worth another look

    def __len__(self) -> int:
        """Octets of a frame that has begun and is not whole."""
        return self._size

    @property
    def held(self) -> bytes:
        """The octets of a frame that has begun."""
        return b"".join(self._held)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """The XML of each frame that is whole now, and how many octets have come behind it.

        Raises: Misframed, after the frames before; nothing may be fed then.
        """
        self._size += len(data)
        if self._held:
            self._held.append(data)
            if self._size < self._wanted:
                return
            data = b"".join(self._held)
        at, size = 0, self._size
        limit = self.limit
        while size - at >= HEADER:
            length = int.from_bytes(data[at : at + HEADER])
            if not SHORTEST <= length <= limit:
                self._keep(data, at, HEADER)
                raise diagnose(data[at:], limit)
            end = at + length
            if end > size:
                self._keep(data, at, length)
                return
            xml = data[at + HEADER : end]
            at = end
            yield xml, size - at
        self._keep(data, at, HEADER)

    def _keep(self, data: bytes, at: int, wanted: int) -> None:
        self._size = len(data) - at
        self._held = [data[at:]] if self._size else []
        self._wanted = wanted


def diagnose(data: bytes, limit: int) -> Misframed:
    """What is wrong with octets that should begin with a length. data: four octets at least."""
    length = int.from_bytes(data[:HEADER])
    turned = int.from_bytes(data[:HEADER], "little")
    if is_hello(data):
        return Misframed(
            UNEXPECTED_TLS.id,
            "a TLS ClientHello stands where a length should: connect to the listener epp.tls, where "
            "connections begin with it (RFC 5734 9)",
            data[:HELLO_SIZE],
        )
    if data.startswith(UTF8_MARK):
        return Misframed(
            "mark-before-length",
            "a byte order mark stands before the length: it belongs, if anywhere, behind it, where the XML begins "
            "(RFC 5734 4)",
            data,
        )
    if is_xml(data):
        return Misframed(
            "no-length",
            "XML stands where a length should: send four octets before it, the length of all with these four, most "
            "significant first (RFC 5734 4)",
            data,
        )
    if length < SHORTEST:
        return Misframed(
            "length-too-small",
            f"a frame of {length} octets cannot be: its length counts its own four octets too (RFC 5734 4)",
            data,
        )
    if data[0] in BLANK:
        return Misframed(
            "octets-between-frames",
            "a line end or a blank stands where a length should: nothing comes between two frames, so count what "
            "follows the XML into its length, or leave it out (RFC 5734 4)",
            data,
        )
    if all(0x20 <= octet < 0x7F or octet in BLANK for octet in data[:HEADER]):
        return Misframed(
            "text-before-frame",
            "text stands where a length should: EPP begins with four octets of length, most significant first "
            "(RFC 5734 4)",
            data,
        )
    if SHORTEST <= turned <= limit:
        return Misframed(
            "little-endian",
            f"the length is {length} as it stands, and {turned} from its other end: send its most significant octet "
            "first (RFC 5734 4)",
            data,
        )
    return Misframed(
        "frame-too-long", f"a frame of {length} octets is more than the {limit} that are taken here (RFC 5734 4)", data
    )


def is_xml(data: bytes) -> bool:
    """Whether octets look like the beginning of XML, in UTF-8 or UTF-16."""
    return data.startswith(UTF16_MARKS) or data[:2] in (b"<\0", b"\0<") or (data[:1] == b"<" and data[1:2] > b" ")


def lacks_its_end(xml: bytes) -> bool:
    """Whether an XML instance looks as if its last four octets lay behind the frame.

    That is what becomes of frames whose length leaves out its own four octets: `</epp>` has lost `epp>`.
    """
    tail = xml.rstrip(BLANK)[-12:]
    return bool(tail) and not tail.endswith(b">") and b"</" in tail


def frame(xml: bytes) -> bytes:
    """An XML instance as it is sent."""
    return (len(xml) + HEADER).to_bytes(HEADER) + xml


def transcribe(octets: bytes) -> tuple[list[str], bytes]:
    """Return the frames at the beginning of what one side said, as text; and the octets behind them."""
    from homeport.services.epp.grammar import pretty

    frames, at, size = [], 0, len(octets)
    while size - at >= SHORTEST:
        length = int.from_bytes(octets[at : at + HEADER])
        if not SHORTEST <= length <= min(size - at, LONGEST):
            break
        frames.append(pretty(octets[at + HEADER : at + length]))
        at += length
    return frames, octets[at:]
