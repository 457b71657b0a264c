"""A transcript for people: `C:` what the client said, `S:` what the server said, each line with its time.

A line's end, CR LF, is not shown; every other octet that is no printable ASCII is escaped, a backslash too. A line that
ends in a single backslash has no line end: it goes on after something else, or the connection ended there. What is not
text is shown as a hex dump. In brackets stands what happened besides.
"""

from collections.abc import Callable, Iterator
from itertools import groupby

from homeport.control.transcript_frames import Message, messages_of
from homeport.protocol.addresses import address_text
from homeport.services import find_service
from homeport.world.journal import printable, timestamp
from homeport.world.transcript import Fact, Missing, Octets, Part, Transcript

SIDES = {"in": "C", "out": "S"}
WHOSE = {"in": "the client", "out": "the server"}
UNSAID = {"command"}
"""Facts that only repeat what the octets say."""
TEXT = frozenset(b"\t\n\r" + bytes(range(0x20, 0x7F)))
DUMP_WIDTH = 16


def text_of(transcript: Transcript) -> str:
    """The whole transcript, ended by a line end."""
    connection = transcript.connection
    lines = [
        f"# {connection.id}, {connection.service}.{connection.listener}: C is {address_text(connection.peer)}, "
        f"S is {address_text(connection.local)}; opened {timestamp(connection.opened)}"
    ]
    offsets = {"in": 0, "out": 0}
    transcribe = find_service(connection.service).transcribe
    told = transcript.parts if transcribe is None else messages_of(transcript.parts, transcribe)
    # Octets of one side after another are one text, however they were cut.
    for side, run in groupby(told, side_of):
        parts = list(run)
        if side is not None:
            lines += octets_lines(side, parts, offsets[side])
        offsets_after(parts, offsets)
        for part in parts:
            if isinstance(part, Message):
                lines += message_lines(part)
            elif words := fact_text(part):
                lines.append(f"{clock(part.time)} [{words}]")
    return "".join(f"{line}\n" for line in lines)


def side_of(part: Part | Message) -> str | None:
    """Which side said octets; None for everything else."""
    return part.direction if isinstance(part, Octets) else None


def offsets_after(parts: list[Part | Message], offsets: dict[str, int]) -> None:
    """Count on what each side has said."""
    for part in parts:
        if isinstance(part, Octets):
            offsets[part.direction] += len(part.data)
        elif isinstance(part, Missing):
            offsets[part.direction] += part.size


def message_lines(message: Message) -> Iterator[str]:
    """A message, and behind it what the server found."""
    begin = f"{clock(message.time)} {SIDES[message.direction]}: "
    for line in message.text.splitlines():
        yield begin + line
    if message.judged:
        yield f"{clock(message.time)} [{message.judged}]"


def fact_text(part: Part) -> str:
    """What happened, in words; empty if it is not worth any."""
    if isinstance(part, Missing):
        return f"{part.size} octets of {WHOSE[part.direction]} are missing here: the journal has only a part"
    if isinstance(part, Octets) or part.type in UNSAID:
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
    """The fields of an event that only its type has."""
    common = ("seq", "time", "world", "service", "listener", "conn", "peer", "type")
    return [f"{name}={value}" for name, value in part.event.items() if name not in common and value not in ("", None)]


def octets_lines(side: str, parts: list[Part | Message], offset: int) -> Iterator[str]:
    """The lines of what one side said at one go. offset: how many octets it had said before."""
    pieces = [part for part in parts if isinstance(part, Octets)]
    said = b"".join(piece.data for piece in pieces)
    begin = SIDES[side]
    if is_binary(said):
        for at in range(0, len(said), DUMP_WIDTH):
            yield f"{clock(pieces[0].time)} {begin}: {dump_line(said[at : at + DUMP_WIDTH], offset + at)}"
        return
    time_at = when(pieces)
    at = 0
    for line in split_lines(said):
        yield f"{clock(time_at(at))} {begin}: {line_text(line)}"
        at += len(line)


def when(pieces: list[Octets]) -> Callable[[int], float]:
    """When the octet at a place came; to be asked in ascending order."""
    number, ends = 0, len(pieces[0].data)

    def time_at(place: int) -> float:
        nonlocal number, ends
        while place >= ends:
            number += 1
            ends += len(pieces[number].data)
        return pieces[number].time

    return time_at


def split_lines(said: bytes) -> Iterator[bytes]:
    """Lines with their ends; the last may have none."""
    begin = 0
    while begin < len(said):
        end = said.find(b"\n", begin) + 1 or len(said)
        yield said[begin:end]
        begin = end


def line_text(line: bytes) -> str:
    """A line for people."""
    if line.endswith(b"\r\n"):
        return escaped(line[:-2])
    return escaped(line) if line.endswith(b"\n") else escaped(line) + "\\"


def escaped(line: bytes) -> str:
    """Octets as printable ASCII."""
    return printable(line.replace(b"\\", b"\\\\"))


def is_binary(said: bytes) -> bool:
    """Whether octets are better shown in hex: over a quarter of them is no text, and they are no UTF-8 either."""
    odd = sum(octet not in TEXT for octet in said)
    if odd * 4 <= len(said):
        return False
    try:
        return not said.decode().replace("\n", "").replace("\r", "").isprintable()
    except UnicodeDecodeError:
        return True


def dump_line(octets: bytes, offset: int) -> str:
    """A line of a hex dump."""
    shown = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in octets)
    return f"{offset:08x}  {octets.hex(' '):<{DUMP_WIDTH * 3 - 1}}  |{shown}|"


def clock(time: float) -> str:
    """The time of day, with microseconds."""
    return timestamp(time)[11:26]
