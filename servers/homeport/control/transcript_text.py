"""A transcript for people: each line with its time, `C:` for the client and `S:` for the server.

The line end CR LF is not shown. Every other byte that is not printable ASCII is escaped, and so is a backslash. A line
that ends in a single backslash has no line end: it continues after another event, or the connection ended there. Binary
data is shown as a hex dump. Other events are in brackets.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

from homeport.control.transcript_frames import Message, messages_of
from homeport.protocol.addresses import address_text
from homeport.services import find_service
from homeport.visible import visible_line
from homeport.world.journal import printable, timestamp
from homeport.world.transcript import Chunk, Direction, Fact, Gap, Part, Transcript

SIDES = {"in": "C", "out": "S"}
WHOSE = {"in": "the client", "out": "the server"}
OMITTED = {"command"}
"""Types of events that only repeat the bytes."""
TEXT = b"\t\n\r" + bytes(range(0x20, 0x7F))
DUMP_WIDTH = 16
MAX_RUN_BYTES = 16 << 10
"""Bytes of a run that are formatted together; a longer line is cut."""


def text_of(transcript: Transcript) -> str:
    """Return the whole transcript; its last line ends with a line end."""
    return "".join(f"{line}\n" for line in text_lines(transcript) if line is not None)


def text_lines(transcript: Transcript) -> Iterator[str | None]:
    """Yield the lines of a transcript, without line ends; None after each part, which may have no lines."""
    connection = transcript.connection
    if connection is None:
        return
    yield (
        f"# {connection.id}, {connection.service}.{connection.listener}: C is {address_text(connection.peer)}, "
        f"S is {address_text(connection.local)}; opened {timestamp(connection.opened)}"
    )
    transcribe = find_service(connection.service).transcribe
    parts: Iterator[Part | Message] = transcript.parts()
    shown = parts if transcribe is None else messages_of(transcript.parts(), transcribe)
    run = Run()
    for part in shown:
        if isinstance(part, Chunk):
            yield from run.add(part)
            yield None
            continue
        yield from run.end()
        if isinstance(part, Message):
            yield from message_lines(part)
            continue
        if isinstance(part, Gap):
            run.offsets[part.direction] += part.size
        if text := fact_text(part):
            yield f"{clock(part.time)} [{visible_line(text)}]"
        yield None
    yield from run.end()


class Run:
    """The adjacent bytes of one side, which are one text, independent of the reads that they arrived in.

    Lines are shown as soon as they are complete; of a longer run, its first bytes decide whether it is binary.
    """

    def __init__(self) -> None:
        self.offsets = {"in": 0, "out": 0}
        """Bytes that each side has sent and that are shown, or missing."""
        self._side: Direction = "in"
        self._chunks: list[Chunk] = []
        self._size = 0
        self._binary: bool | None = None

    def add(self, chunk: Chunk) -> Iterator[str]:
        """Take more bytes, and yield the lines that are complete."""
        if self._chunks and chunk.direction != self._side:
            yield from self.end()
        if not self._chunks:
            self._binary = None if chunk.direction != self._side else self._binary
            self._side = chunk.direction
        for at in range(0, len(chunk.data), MAX_RUN_BYTES):
            piece = chunk.data[at : at + MAX_RUN_BYTES]
            self._chunks.append(Chunk(chunk.seq, chunk.time, chunk.direction, piece))
            self._size += len(piece)
            if self._size >= MAX_RUN_BYTES:
                yield from self._show(last=False)

    def end(self) -> Iterator[str]:
        """Yield the rest: the run ends here."""
        if self._chunks:
            yield from self._show(last=True)
        self._binary = None

    def _show(self, *, last: bool) -> Iterator[str]:
        chunks, offset = self._chunks, self.offsets[self._side]
        data = b"".join(chunk.data for chunk in chunks)
        if self._binary is None:
            self._binary = is_binary(data)
        # What could be the begin of a longer line waits for the rest, unless it is longer than a run may be.
        end = len(data)
        if not last:
            whole = end - end % DUMP_WIDTH if self._binary else data.rfind(b"\n") + 1
            end = whole or end
        yield from chunk_lines(chunks, data[:end], offset, binary=self._binary)
        self.offsets[self._side] += end
        rest = data[end:]
        self._chunks = [Chunk(chunks[-1].seq, chunks[-1].time, self._side, rest)] if rest else []
        self._size = len(rest)


def message_lines(message: Message) -> Iterator[str]:
    """Yield the lines of a message, then its verdict."""
    begin = f"{clock(message.time)} {SIDES[message.direction]}: "
    for line in message.text.splitlines():
        yield begin + line
    if message.judged:
        yield f"{clock(message.time)} [{message.judged}]"


def fact_text(part: Part) -> str:
    """Return an event as text; empty if it is not shown."""
    if isinstance(part, Gap):
        return f"{part.size} bytes of {WHOSE[part.direction]} are missing here: the journal kept only a part"
    if isinstance(part, Chunk) or part.type in OMITTED:
        return ""
    event = part.event
    match part.type:
        case "closed":
            return f"closed: {event['reason']}"
        case "finding":
            shown = f": {event['shown']}" if event["shown"] else ""
            return f"finding {event['id']} ({event['level']}, {event['reference']}): {event['text']}{shown}"
        case _:
            return " ".join([part.type, *particulars(part)])


def particulars(part: Fact) -> list[str]:
    """Return the fields of an event that are particular to its type, as NAME=VALUE."""
    common = ("seq", "time", "world", "service", "listener", "conn", "peer", "type")
    return [f"{name}={value}" for name, value in part.event.items() if name not in common and value not in ("", None)]


def chunk_lines(chunks: list[Chunk], data: bytes, offset: int, *, binary: bool) -> Iterator[str]:
    """Yield the lines of adjacent bytes of one side. offset: number of bytes that it had sent before."""
    side = SIDES[chunks[0].direction]
    time_at = times_of(chunks)
    if binary:
        for at in range(0, len(data), DUMP_WIDTH):
            yield f"{clock(chunks[0].time)} {side}: {dump_line(data[at : at + DUMP_WIDTH], offset + at)}"
        return
    at = 0
    for line in split_lines(data):
        yield f"{clock(time_at(at))} {side}: {line_text(line)}"
        at += len(line)


def times_of(pieces: list[Chunk]) -> Callable[[int], float]:
    """Return a function from an offset to the time of its byte; call it with ascending offsets."""
    number, ends = 0, len(pieces[0].data)

    def time_at(place: int) -> float:
        nonlocal number, ends
        while place >= ends:
            number += 1
            ends += len(pieces[number].data)
        return pieces[number].time

    return time_at


def split_lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines with their line ends; the last one may have none."""
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin) + 1 or len(data)
        yield data[begin:end]
        begin = end


def line_text(line: bytes) -> str:
    """Return a line for people."""
    if line.endswith(b"\r\n"):
        return escaped(line[:-2])
    return escaped(line) if line.endswith(b"\n") else escaped(line) + "\\"


def escaped(line: bytes) -> str:
    """Return bytes as printable ASCII, with backslashes escaped."""
    return printable(line.replace(b"\\", b"\\\\"))


def is_binary(data: bytes) -> bool:
    """Return True if bytes are better shown as hex: more than a quarter is not ASCII text, and they are not UTF-8."""
    odd = len(data.translate(None, TEXT))
    if odd * 4 <= len(data):
        return False
    try:
        return not data.decode().replace("\n", "").replace("\r", "").isprintable()
    except UnicodeDecodeError:
        return True


def dump_line(data: bytes, offset: int) -> str:
    """Return a line of a hex dump."""
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)
    return f"{offset:08x}  {data.hex(' '):<{DUMP_WIDTH * 3 - 1}}  |{shown}|"


@lru_cache(maxsize=16)
def clock(time: float) -> str:
    """Return the time of day in UTC, with microseconds."""
    return timestamp(time)[11:26]
