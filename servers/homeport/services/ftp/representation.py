"""Representation of a file on a data connection: TYPE, STRU and MODE (RFC 959 3), as converters for the driver.

A tree stores bytes; lines of text end in LF.

TYPE A: every LF is sent as CR LF and every CR LF is stored as LF (RFC 959 3.1.1.1). A lone CR is unchanged. Lines of a
file that end in CR LF already are sent as they are, as by ProFTPD, vsftpd and pyftpdlib, or as CR CR LF (`double_cr`),
so that every file survives a round trip. A bare LF received is kept, and counted for a finding.
TYPE E: EBCDIC, lines end in NL (ebcdic.py). TYPE I and L 8: bytes unchanged.
STRU R: lines are records (records.py), and CR LF has no meaning. MODE B: block.py. MODE C: compressed.py. MODE Z:
deflate.py.

Not implemented, and refused by the session: TYPE A C and E C (carriage control; optional in RFC 1123), TYPE L of other
sizes and STRU P. TYPE A T is TYPE A N (RFC 1123 4.1.2.2).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from homeport.protocol.effects import Convert
from homeport.services.ftp.block import MAX_INPUT_BYTES, MAX_MARKERS, BlockReader, BlockWriter, Marker
from homeport.services.ftp.compressed import CompressedReader, CompressedWriter
from homeport.services.ftp.deflate import Deflater, Inflater
from homeport.services.ftp.ebcdic import NL, from_ebcdic, to_ebcdic
from homeport.services.ftp.records import RecordEnds, RecordReader, RecordWriter

Type = Literal["A", "E", "I", "L"]
Structure = Literal["F", "R"]
Mode = Literal["S", "B", "C", "Z"]

LINE_ENDS: dict[Type, bytes] = {"A": b"\n", "E": NL, "I": b"", "L": b""}
"""Byte that ends a line, and so a record, by type."""
FILLERS: dict[Type, bytes] = {"A": b" ", "E": b"\x40", "I": b"\0", "L": b"\0"}
"""Filler of MODE C (RFC 959 3.4.3), by type."""
MAX_PIECES, MAX_MARKERS_AT_ONCE = 500, 50
"""Maximum number of pieces of blocks or strings, and of restart markers, in one `feed`: 1 ms."""
MARKED: tuple[Mode, ...] = ("B", "C")
"""Modes with restart markers (RFC 959 3.5)."""


def to_network_ascii(data: bytes) -> bytes:
    """Convert LF to CR LF, also after a CR."""
    return data.replace(b"\n", b"\r\n")


class ToNetworkAscii:
    """Converts LF to CR LF; CR LF stays."""

    def __init__(self) -> None:
        self._after_cr = False

    def feed(self, data: bytes) -> bytes:
        """Convert bytes, cut anywhere."""
        if not data:
            return b""
        continued = self._after_cr and data.startswith(b"\n")
        self._after_cr = data.endswith(b"\r")
        lines = data[continued:]
        if b"\r" in lines:
            lines = lines.replace(b"\r\n", b"\n")
        return b"\n" * continued + to_network_ascii(lines)

    def finish(self) -> bytes:
        """Return nothing."""
        return b""


class FromNetworkAscii:
    """Converts CR LF to LF. after_cr: the preceding byte was a CR, which is not in the file yet."""

    ended = pending = False

    def __init__(self, *, after_cr: bool = False) -> None:
        self._held = b"\r" if after_cr else b""
        self.bare_line_feeds = 0
        """Number of LF received without CR, which RFC 959 3.1.1.1 does not allow."""

    def feed(self, data: bytes) -> bytes:
        """Convert bytes, cut anywhere."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        if self._held:
            data = data[:-1]
        lines = data.replace(b"\r\n", b"\n")
        self.bare_line_feeds += lines.count(b"\n") - (len(data) - len(lines))
        return lines

    def finish(self) -> bytes:
        """Return a CR that was the last byte."""
        held, self._held = self._held, b""
        return held


class Translated:
    """Converts bytes by a stateless function."""

    ended = pending = False

    def __init__(self, function: Callable[[bytes], bytes]) -> None:
        self.feed = function

    def finish(self) -> bytes:
        """Return nothing."""
        return b""


class Sending:
    """A chain of converters for data that are sent."""

    def __init__(self, steps: Sequence[Convert]) -> None:
        self._steps = steps
        self.slow = any(getattr(step, "slow", False) for step in steps)
        self.max_input = min((getattr(step, "max_input", MAX_INPUT_BYTES) for step in steps), default=MAX_INPUT_BYTES)

    def feed(self, data: bytes) -> bytes:
        """Return the bytes to send for bytes of the file."""
        for step in self._steps:
            data = step.feed(data)
        return data

    def finish(self) -> bytes:
        """Return the last bytes to send."""
        data = b""
        for step in self._steps:
            data = step.feed(data) + step.finish()
        return data


class SkippingFirst:
    """Drops the first byte."""

    def __init__(self) -> None:
        self._skipped = False

    def feed(self, data: bytes) -> bytes:
        """Return the bytes without it."""
        if self._skipped or not data:
            return data
        self._skipped = True
        return data[1:]

    def finish(self) -> bytes:
        """Return nothing."""
        return b""


class SendingWithMarkers:
    """Blocks, or strings of MODE C, with a restart marker after every `every` bytes of the file."""

    def __init__(
        self, text: Sequence[Convert], blocks: BlockWriter | CompressedWriter, every: int, offset: int
    ) -> None:
        self._text = Sending(text)
        self._blocks = blocks
        self.max_input = blocks.max_input
        self._every = every
        self._offset = offset  # in the file

    def feed(self, data: bytes) -> bytes:
        """Return the bytes to send for bytes of the file."""
        parts = []
        while data:
            step = self._every - self._offset % self._every
            piece, data = data[:step], data[step:]
            self._offset += len(piece)
            parts.append(self._blocks.feed(self._text.feed(piece)))
            if self._offset % self._every == 0:
                parts.append(self._blocks.marker(str(self._offset)))
        return b"".join(parts)

    def finish(self) -> bytes:
        """Return the last bytes to send."""
        return self._blocks.feed(self._text.finish()) + self._blocks.finish()


class Receiving:
    """A chain of converters for data that are received.

    blocks: parser of blocks, or of strings of MODE C, which runs before them.
    offset: size of the existing part of the file, in bytes.

    The work of one `feed` is bounded by what comes out and by the number of blocks, strings and records, not by its
    input: a few bytes of MODE C, B or Z can stand for many of either. What is left is `pending`.
    """

    def __init__(
        self,
        steps: Sequence[FromNetworkAscii | Translated | RecordReader | Inflater],
        blocks: BlockReader | CompressedReader | None = None,
        offset: int = 0,
    ) -> None:
        self._steps = steps
        self._blocks = blocks
        self._offset = offset
        self._parsing: Iterator[bytes | Marker] | None = None  # suspended within an input of `blocks`
        self._marked = 0
        self._markers: list[Marker] = []

    @property
    def ended(self) -> bool:
        """True after an end-of-file mark: the client need not close the data connection to end the file."""
        return (self._blocks or self._steps[0]).ended

    @property
    def pending(self) -> bool:
        """True if `feed` must be called again, without data, for the rest of the input."""
        return self._parsing is not None or any(step.pending for step in self._steps)

    @property
    def marked(self) -> bool:
        """True if restart markers wait for `take_markers`."""
        return bool(self._markers)

    def take_markers(self) -> list[Marker]:
        """Return the restart markers received since the last call."""
        markers, self._markers = self._markers, []
        return markers

    @property
    def bare_line_feeds(self) -> int:
        """Number of LF received without CR in TYPE A."""
        return sum(step.bare_line_feeds for step in self._steps if isinstance(step, FromNetworkAscii))

    def feed(self, data: bytes) -> bytes:
        """Return bytes of the file. Raises: ValueError with a text for the client."""
        before = self._drain() if data else b""  # nothing is left if the caller has regarded `pending`
        return before + self._advance(data)

    def finish(self) -> bytes:
        """Return the last bytes of the file. Raises: ValueError if it is incomplete."""
        before = self._drain()
        data = self._blocks.finish() if self._blocks is not None else b""
        for step in self._steps:
            data = step.feed(data) + step.finish()
        return before + data

    def _drain(self) -> bytes:
        parts = []
        while self.pending:
            parts.append(self._advance(b""))
        return b"".join(parts)

    def _advance(self, data: bytes) -> bytes:
        """Convert new data, or the rest of the data before if there is none."""
        if self._blocks is None:
            return self._through(data)
        parsing = self._parsing or self._blocks.feed(data)
        self._parsing = None
        parts = []
        markers = 0
        for number, piece in enumerate(parsing, 1):
            if isinstance(piece, Marker):
                if self._marked == MAX_MARKERS:
                    raise ValueError(f"more than {MAX_MARKERS} restart markers")
                self._marked += 1
                self._markers.append(Marker(piece.text, self._offset))
                markers += 1
            elif piece:
                parts.append(self._through(piece))
            if number == MAX_PIECES or markers == MAX_MARKERS_AT_ONCE:
                self._parsing = parsing
                break
        return b"".join(parts)

    def _through(self, data: bytes) -> bytes:
        steps = self._steps
        if not data:  # the rest of a later step goes before that of an earlier one
            last = next((at for at in range(len(steps) - 1, -1, -1) if steps[at].pending), 0)
            steps = steps[last:]
        for step in steps:
            data = step.feed(data)
        self._offset += len(data)
        return data


def sending(
    type_: Type,
    structure: Structure,
    mode: Mode,
    *,
    level: int = 6,
    marker_every: int = 0,
    offset: int = 0,
    inside_line_end: bool = False,
    double_cr: bool = False,
) -> Convert | None:
    """Return the converter of a file that is sent; None: bytes are sent unchanged.

    level: of MODE Z, 0 to 9. marker_every: bytes of the file between restart markers in MODE B and C; 0: none.
    offset: start in the file. inside_line_end: start between the CR and the LF of a line end of TYPE A.
    double_cr: send CR CR LF for a CR LF of the file in TYPE A.
    """
    steps: list[Convert] = []
    if type_ == "E":
        steps.append(Translated(to_ebcdic))
    elif type_ == "A" and structure == "F":
        steps.append(Translated(to_network_ascii) if double_cr else ToNetworkAscii())
        if inside_line_end:
            steps.append(SkippingFirst())
    line_end = LINE_ENDS[type_] if structure == "R" else b""
    if mode in MARKED:
        blocks = BlockWriter(line_end) if mode == "B" else CompressedWriter(FILLERS[type_], line_end)
        return SendingWithMarkers(steps, blocks, marker_every, offset) if marker_every else Sending([*steps, blocks])
    if structure == "R":
        steps.append(RecordWriter(line_end))
    if mode == "Z":
        steps.append(Deflater(level))
    return Sending(steps) if steps else None


def receiving(
    type_: Type, structure: Structure, mode: Mode, *, offset: int = 0, inside_line_end: bool = False
) -> Receiving | None:
    """Return the converter of a file that is received; None: bytes are stored unchanged.

    offset, inside_line_end: as in `sending`.
    """
    steps: list[FromNetworkAscii | Translated | RecordReader | Inflater] = []
    blocks: BlockReader | CompressedReader | None = None
    if mode in MARKED:
        ends = RecordEnds(LINE_ENDS[type_]) if structure == "R" else None
        blocks = BlockReader(ends) if mode == "B" else CompressedReader(FILLERS[type_], ends)
    elif mode == "Z":
        steps.append(Inflater())
    if structure == "R" and blocks is None:
        steps.append(RecordReader(LINE_ENDS[type_]))
    if type_ == "E":
        steps.append(Translated(from_ebcdic))
    elif type_ == "A" and structure == "F":
        steps.append(FromNetworkAscii(after_cr=inside_line_end))
    return Receiving(steps, blocks, offset) if steps or blocks else None


def sending_listing(type_: Type, structure: Structure, mode: Mode, *, level: int = 6) -> Convert | None:
    """Return the converter of a listing, whose lines end in CR LF: text in every type (RFC 1123 4.1.2.7)."""
    text: Type = "E" if type_ == "E" else "A"
    if (text, structure, mode) == ("A", "F", "S"):
        return None
    convert = sending(text, structure, mode, level=level, double_cr=True)
    return Sending([FromNetworkAscii(), *([convert] if convert else [])])


class AsciiPosition(NamedTuple):
    """Position in a file of a byte of its transfer in TYPE A."""

    offset: int
    inside_line_end: bool
    """True for the LF of the CR LF that the file's line end at `offset` is sent as."""


def ascii_size(pieces: Iterable[bytes], *, double_cr: bool = False) -> int:
    """Return the size of a file in TYPE A, STRU F, MODE S, for SIZE (RFC 3659 4). Reads all pieces."""
    return sum(_network_size(piece, len(piece), double_cr=double_cr) for piece in _with_whole_line_ends(pieces))


def ascii_position(pieces: Iterable[bytes], offset: int, *, double_cr: bool = False) -> AsciiPosition:
    """Convert a REST offset in TYPE A, MODE S (RFC 3659 5) to a position. Raises: ValueError if after the end.

    pieces: the file from its beginning; read as far as needed. double_cr: as in `sending`.
    """
    passed = 0
    if not offset:
        return AsciiPosition(0, inside_line_end=False)
    for piece in _with_whole_line_ends(pieces):
        size = _network_size(piece, len(piece), double_cr=double_cr)
        if size >= offset:
            found = _place(piece, offset, double_cr=double_cr)
            return AsciiPosition(passed + found.offset, found.inside_line_end)
        offset -= size
        passed += len(piece)
    raise ValueError(f"the file ends {offset} bytes earlier")


def _with_whole_line_ends(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces, cut so that none ends between a CR and what follows it."""
    held = b""
    for piece in pieces:
        whole = held + piece
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole[:-1] if held else whole
    yield held


def _network_size(piece: bytes, end: int, *, double_cr: bool) -> int:
    """Return the size in TYPE A of a piece, up to an offset in it."""
    return end + piece.count(b"\n", 0, end) - (0 if double_cr else piece.count(b"\r\n", 0, end))


def _place(piece: bytes, offset: int, *, double_cr: bool) -> AsciiPosition:
    """Find the position of a byte of the transfer in a piece, by binary search."""
    low, high = 0, len(piece)
    while low < high:
        middle = (low + high + 1) // 2
        if _network_size(piece, middle, double_cr=double_cr) <= offset:
            low = middle
        else:
            high = middle - 1
    if not double_cr and piece[low - 1 : low + 1] == b"\r\n":
        return AsciiPosition(low - 1, inside_line_end=True)
    return AsciiPosition(low, inside_line_end=_network_size(piece, low, double_cr=double_cr) < offset)
