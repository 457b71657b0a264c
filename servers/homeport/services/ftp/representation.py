"""How a file is on a data connection: TYPE, STRU and MODE together (RFC 959 3), as converters for the driver.

A tree holds octets; those of a text are lines that end in LF.

TYPE A: every LF goes out as CR LF and every CR LF comes in as LF (RFC 959 3.1.1.1). All else stays, a lone CR too, and
a CR before an LF of a file, which so goes out as CR CR LF. Thus whatever a tree holds comes back as it was, also a file
with the line ends of another system in it. A bare LF that comes in is kept, and counted for a finding.
TYPE E: EBCDIC, lines end in NL (ebcdic.py). TYPE I and L 8: octets as they are.
STRU R: lines are records (records.py), and CR LF means nothing. MODE B: block.py. MODE C: compressed.py. MODE Z:
deflate.py.

Left out: TYPE A C and E C (carriage control; RFC 1123 leaves it open), TYPE L of other sizes and STRU P; the session
refuses them. TYPE A T is TYPE A N (RFC 1123 4.1.2.2).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from homeport.protocol.effects import Convert
from homeport.services.ftp.block import MOST_MARKERS, BlockReader, BlockWriter, Marker
from homeport.services.ftp.compressed import CompressedReader, CompressedWriter
from homeport.services.ftp.deflate import Deflater, Inflater
from homeport.services.ftp.ebcdic import NL, from_ebcdic, to_ebcdic
from homeport.services.ftp.records import RecordEnds, RecordReader, RecordWriter

Type = Literal["A", "E", "I", "L"]
Structure = Literal["F", "R"]
Mode = Literal["S", "B", "C", "Z"]

LINE_ENDS: dict[Type, bytes] = {"A": b"\n", "E": NL, "I": b"", "L": b""}
"""The octet that ends a line, as the records of a type have it."""
FILLERS: dict[Type, bytes] = {"A": b" ", "E": b"\x40", "I": b"\0", "L": b"\0"}
"""The filler of MODE C (RFC 959 3.4.3)."""
MARKED: tuple[Mode, ...] = ("B", "C")
"""Modes that have restart markers (RFC 959 3.5)."""


def to_network_ascii(data: bytes) -> bytes:
    """Lines as NVT-ASCII has them."""
    return data.replace(b"\n", b"\r\n")


class FromNetworkAscii:
    """Lines as a tree has them. after_cr: the octet before the first was a CR, which is not in the file yet."""

    ended = False

    def __init__(self, *, after_cr: bool = False) -> None:
        self._held = b"\r" if after_cr else b""
        self.bare_line_feeds = 0
        """LF that came without CR (RFC 959 3.1.1.1 knows none)."""

    def feed(self, data: bytes) -> bytes:
        """Octets in any cut."""
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        if self._held:
            data = data[:-1]
        lines = data.replace(b"\r\n", b"\n")
        self.bare_line_feeds += lines.count(b"\n") - (len(data) - len(lines))
        return lines

    def finish(self) -> bytes:
        """A CR that was the last octet."""
        held, self._held = self._held, b""
        return held


class Translated:
    """Octets by a function that needs to know nothing of those before."""

    ended = False

    def __init__(self, function: Callable[[bytes], bytes]) -> None:
        self.feed = function

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class Sending:
    """Converters one after another."""

    def __init__(self, steps: Sequence[Convert]) -> None:
        self._steps = steps

    def feed(self, data: bytes) -> bytes:
        """What goes out for octets of the file."""
        for step in self._steps:
            data = step.feed(data)
        return data

    def finish(self) -> bytes:
        """What goes out at the end."""
        data = b""
        for step in self._steps:
            data = step.feed(data) + step.finish()
        return data


class SkippingFirst:
    """Leaves out the first octet."""

    def __init__(self) -> None:
        self._skipped = False

    def feed(self, data: bytes) -> bytes:
        """The octets without it."""
        if self._skipped or not data:
            return data
        self._skipped = True
        return data[1:]

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class SendingWithMarkers:
    """Blocks, or strings of MODE C, with a restart marker after every so many octets of the file."""

    def __init__(
        self, text: Sequence[Convert], blocks: BlockWriter | CompressedWriter, every: int, offset: int
    ) -> None:
        self._text = Sending(text)
        self._blocks = blocks
        self._every = every
        self._offset = offset  # in the file

    def feed(self, data: bytes) -> bytes:
        """What goes out for octets of the file."""
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
        """What goes out at the end."""
        return self._blocks.feed(self._text.finish()) + self._blocks.finish()


class Receiving:
    """Converters one after another, for what comes in.

    blocks: the reader of blocks, or of strings of MODE C, which comes before them.
    offset: octets of the file that are there already.
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
        self._marked = 0
        self._markers: list[Marker] = []

    @property
    def ended(self) -> bool:
        """Whether the end of the file was marked, so that the data connection need not be closed to end it."""
        return (self._blocks or self._steps[0]).ended

    @property
    def marked(self) -> bool:
        """Whether restart markers have come that nobody has taken."""
        return bool(self._markers)

    def take_markers(self) -> list[Marker]:
        """The restart markers that have come since they were last taken."""
        markers, self._markers = self._markers, []
        return markers

    @property
    def bare_line_feeds(self) -> int:
        """LF that came without CR in TYPE A."""
        return sum(step.bare_line_feeds for step in self._steps if isinstance(step, FromNetworkAscii))

    def feed(self, data: bytes) -> bytes:
        """Octets of the file. Raises: ValueError in words."""
        if self._blocks is None:
            return self._through(data)
        parts = []
        for piece in self._blocks.feed(data):
            if isinstance(piece, Marker):
                if self._marked == MOST_MARKERS:
                    raise ValueError(f"more than {MOST_MARKERS} restart markers came")
                self._marked += 1
                self._markers.append(Marker(piece.text, self._offset))
            else:
                parts.append(self._through(piece))
        return b"".join(parts)

    def finish(self) -> bytes:
        """The last octets of the file. Raises: ValueError in words: it is not whole."""
        data = self._blocks.finish() if self._blocks is not None else b""
        for step in self._steps:
            data = step.feed(data) + step.finish()
        return data

    def _through(self, data: bytes) -> bytes:
        for step in self._steps:
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
) -> Convert | None:
    """The converter of a file that is sent; None: its octets go as they are.

    level: of MODE Z, 0 to 9. marker_every: octets of the file between restart markers in MODE B and C; 0: none.
    offset: where in the file it begins. inside_line_end: it begins between the CR and the LF that are there in TYPE A.
    """
    steps: list[Convert] = []
    if type_ == "E":
        steps.append(Translated(to_ebcdic))
    elif type_ == "A" and structure == "F":
        steps.append(Translated(to_network_ascii))
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
    """The converter of a file that is received; None: its octets come as they are.

    offset, inside_line_end: as of `sending`, where it goes on.
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
    """The converter of a listing, whose lines end in CR LF: text whatever the type (RFC 1123 4.1.2.7)."""
    text: Type = "E" if type_ == "E" else "A"
    if (text, structure, mode) == ("A", "F", "S"):
        return None
    convert = sending(text, structure, mode, level=level)
    return Sending([FromNetworkAscii(), *([convert] if convert else [])])


class AsciiPosition(NamedTuple):
    """Where in a file an octet of its transfer in TYPE A is."""

    offset: int
    inside_line_end: bool
    """It is the LF of the CR LF that the file's octet at `offset` becomes."""


def ascii_size(pieces: Iterable[bytes]) -> int:
    """Octets that a file has in TYPE A, STRU F, MODE S: what SIZE says (RFC 3659 4). Reads all of it: bound that."""
    return sum(len(piece) + piece.count(b"\n") for piece in pieces)


def ascii_position(pieces: Iterable[bytes], offset: int) -> AsciiPosition:
    """Where in the file the octet stands that REST names in TYPE A, MODE S (RFC 3659 5). Raises: ValueError: behind it.

    pieces: the file from its beginning; no more is taken than it needs.
    """
    passed = 0
    if not offset:
        return AsciiPosition(0, inside_line_end=False)
    for piece in pieces:
        size = len(piece) + piece.count(b"\n")
        if size >= offset:
            found = _place(piece, offset)
            return AsciiPosition(passed + found.offset, found.inside_line_end)
        offset -= size
        passed += len(piece)
    raise ValueError(f"the file ends {offset} octets before there")


def _place(piece: bytes, offset: int) -> AsciiPosition:
    """Where in a piece that reaches so far an octet of its transfer is, by halving."""
    low, high = 0, len(piece)
    while low < high:
        middle = (low + high + 1) // 2
        if middle + piece.count(b"\n", 0, middle) <= offset:
            low = middle
        else:
            high = middle - 1
    return AsciiPosition(low, inside_line_end=low + piece.count(b"\n", 0, low) < offset)
