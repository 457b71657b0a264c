"""Frames of EPP over TCP (RFC 5734 4): four octets of length, which count themselves, then one XML instance.

Bytes that are no frame are diagnosed, because elsewhere all that a client's author sees is "the server hangs up" or
"the server never answers": `Misframed` names the finding and says what to change. Nothing after such bytes is parsed.
"""

from collections.abc import Iterator

from homeport.protocol.foreign import HELLO_SIZE, HTTP_WORDS, is_hello
from homeport.protocol.rules import HTTP_REQUEST, UNEXPECTED_TLS

HEADER = 4
MIN_FRAME_BYTES = HEADER + 1
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
BLANK = b" \t\r\n"
SHOWN = 16
MAX_FRAME_BYTES = 1 << 20
"""Largest frame size in bytes that can be configured."""


class Misframed(Exception):
    """Raised for bytes that do not begin a frame. finding: id of the broken rule. data: the first of those bytes."""

    def __init__(self, finding: str, reason: str, data: bytes) -> None:
        super().__init__(reason)
        self.finding = finding
        self.reason = reason
        self.data = bytes(data[:SHOWN])


class Framer:
    """Splits the received byte stream into frames."""

    __slots__ = ("_held", "_size", "_wanted", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Maximum size of a frame with its header, in bytes."""
        self._held: list[bytes] = []
        self._size = 0
        self._wanted = HEADER  # bytes needed before parsing again

    def __len__(self) -> int:
        """Number of buffered bytes of an incomplete frame."""
        return self._size

    @property
    def held(self) -> bytes:
        """Return the buffered bytes of an incomplete frame."""
        return b"".join(self._held)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """Yield the XML of each complete frame and the number of bytes received after it.

        Raises: Misframed, after the frames before; do not feed any more afterwards.
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
            if not MIN_FRAME_BYTES <= length <= limit:
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
    """Return the diagnosis of bytes that do not begin with a valid length. data: at least four bytes."""
    length = int.from_bytes(data[:HEADER])
    turned = int.from_bytes(data[:HEADER], "little")
    if is_hello(data):
        return Misframed(
            UNEXPECTED_TLS.id,
            "a TLS ClientHello stands where a length should: connect to the listener epp.tls, where "
            "connections begin with it (RFC 5734 9)",
            data[:HELLO_SIZE],
        )
    if data[:HEADER].upper() in HTTP_WORDS:
        return Misframed(
            HTTP_REQUEST.id,
            "this is an HTTP request, and no HTTP port: EPP begins with four octets of length (RFC 5734 4)",
            data[:HEADER],
        )
    if data.startswith(UTF8_MARK):
        return Misframed(
            "mark-before-length",
            "a byte order mark stands before the length: it may only come after it, where the XML begins (RFC 5734 4)",
            data,
        )
    if is_xml(data):
        return Misframed(
            "no-length",
            "XML stands where a length should: send four octets before it, the length of all with these four, most "
            "significant first (RFC 5734 4)",
            data,
        )
    if length < MIN_FRAME_BYTES:
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
    if all(0x20 <= byte < 0x7F or byte in BLANK for byte in data[:HEADER]):
        return Misframed(
            "text-before-frame",
            "text stands where a length should: EPP begins with four octets of length, most significant first "
            "(RFC 5734 4)",
            data,
        )
    if MIN_FRAME_BYTES <= turned <= limit:
        return Misframed(
            "little-endian",
            f"the length is {length}, but {turned} with its bytes reversed: send its most significant octet "
            "first (RFC 5734 4)",
            data,
        )
    return Misframed(
        "frame-too-long", f"a frame of {length} octets is larger than the limit of {limit} (RFC 5734 4)", data
    )


def is_xml(data: bytes) -> bool:
    """True if bytes look like the beginning of XML, in UTF-8 or UTF-16."""
    return data.startswith(UTF16_MARKS) or data[:2] in (b"<\0", b"\0<") or (data[:1] == b"<" and data[1:2] > b" ")


def frame(xml: bytes) -> bytes:
    """Return an XML document as a frame, with its length header."""
    return (len(xml) + HEADER).to_bytes(HEADER) + xml


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return the frames at the beginning of one side's bytes as text, and the remaining bytes."""
    from homeport.services.epp.grammar import pretty

    frames, at, size = [], 0, len(payload)
    while size - at >= MIN_FRAME_BYTES:
        length = int.from_bytes(payload[at : at + HEADER])
        if not MIN_FRAME_BYTES <= length <= min(size - at, MAX_FRAME_BYTES):
            break
        frames.append(pretty(payload[at + HEADER : at + length]))
        at += length
    return frames, payload[at:]
