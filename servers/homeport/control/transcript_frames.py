"""Transcripts of protocols with framed messages instead of lines: bytes assembled to messages, each with its verdict.

The service splits bytes into messages (`Service.transcribe`). The verdict of a client's message is the event that the
service logged with its answer; messages and verdicts have the same order.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from homeport.world.transcript import Chunk, Direction, Fact, Gap, Part

Transcribe = Callable[[bytes], tuple[list[str], bytes]]


class Message(msgspec.Struct):
    """A complete message."""

    seq: int
    time: float
    direction: Direction
    text: str
    verdict: dict[str, Any] | None = None
    """The event of the answer to it, rendered for the API; None for messages of the server, and if it is not kept."""

    @property
    def judged(self) -> str:
        """The verdict as text; empty for none."""
        if self.verdict is None:
            return ""
        return " ".join(
            str(self.verdict[key]) for key in ("code", "command", "object", "reason") if self.verdict.get(key)
        )


def messages_of(parts: Iterable[Part], transcribe: Transcribe) -> Iterator[Part | Message]:
    """Yield the parts of a transcript with messages in place of bytes. Bytes that form no message stay.

    A client's message is held back until its verdict is known, and with it what follows, so that the order stays.
    """
    assembly = _Assembly(transcribe)
    for part in parts:
        assembly.add(part)
        yield from assembly.take()
    assembly.finish()
    yield from assembly.take()


class _Assembly:
    def __init__(self, transcribe: Transcribe) -> None:
        self._transcribe = transcribe
        self._found: deque[Part | Message] = deque()
        self._held: dict[Direction, Chunk | None] = {"in": None, "out": None}
        self._unjudged: deque[Message] = deque()

    def add(self, part: Part) -> None:
        match part:
            case Chunk():
                self._add_chunk(part)
            case Fact(type="epp") if self._unjudged:
                self._unjudged.popleft().verdict = part.event
            case Fact(type=("query" | "update" | "notify" | "transfer")) if self._unjudged:
                self._unjudged.popleft()  # the event follows the message, and is its verdict
                self._found.append(part)
            case _:
                if isinstance(part, Gap):
                    self._flush(part.direction)
                    self._unjudged.clear()
                self._found.append(part)

    def finish(self) -> None:
        self._flush("in")
        self._flush("out")
        self._unjudged.clear()

    def take(self) -> Iterator[Part | Message]:
        """Yield the parts before the first message whose verdict is not known yet."""
        while self._found and not (self._unjudged and self._found[0] is self._unjudged[0]):
            yield self._found.popleft()

    def _add_chunk(self, part: Chunk) -> None:
        held = self._held[part.direction]
        texts, rest = self._transcribe(part.data if held is None else held.data + part.data)
        for text in texts:
            message = Message(part.seq, part.time, part.direction, text)
            self._found.append(message)
            if part.direction == "in":
                self._unjudged.append(message)
        self._held[part.direction] = Chunk(part.seq, part.time, part.direction, rest) if rest else None

    def _flush(self, direction: Direction) -> None:
        """Add the bytes held back: an incomplete message, or none at all."""
        if (held := self._held[direction]) is not None:
            self._found.append(held)
            self._held[direction] = None
