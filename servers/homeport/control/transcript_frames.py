"""Transcripts of protocols whose messages are no lines: octets put together to messages, each with its verdict.

How octets become messages is the service's own business (`Service.transcribe`). The verdict of what a client said is
the event that the service wrote when it answered; both come in the same order.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from homeport.world.transcript import Direction, Fact, Missing, Octets, Part

Transcribe = Callable[[bytes], tuple[list[str], bytes]]


class Message(msgspec.Struct):
    """One whole message."""

    seq: int
    time: float
    direction: Direction
    text: str
    verdict: dict[str, Any] | None = None
    """The event that answers it, as the API shows it; None for the server's own messages, and where it is not kept."""

    @property
    def judged(self) -> str:
        """The verdict in words; empty for none."""
        if self.verdict is None:
            return ""
        return " ".join(
            str(self.verdict[key]) for key in ("code", "command", "object", "reason") if self.verdict.get(key)
        )


def messages_of(parts: list[Part], transcribe: Transcribe) -> list[Part | Message]:
    """The parts of a transcript with messages in the place of octets; octets that are none stay."""
    return _Assembly(transcribe).all_of(parts)


class _Assembly:
    def __init__(self, transcribe: Transcribe) -> None:
        self._transcribe = transcribe
        self._found: list[Part | Message] = []
        self._held: dict[Direction, Octets | None] = {"in": None, "out": None}
        self._unjudged: deque[Message] = deque()

    def all_of(self, parts: list[Part]) -> list[Part | Message]:
        for part in parts:
            match part:
                case Octets():
                    self._octets(part)
                case Fact(type="epp") if self._unjudged:
                    self._unjudged.popleft().verdict = part.event
                case _:
                    if isinstance(part, Missing):
                        self._let_go(part.direction)
                        self._unjudged.clear()
                    self._found.append(part)
        for direction in ("in", "out"):
            self._let_go("in" if direction == "in" else "out")
        return self._found

    def _octets(self, part: Octets) -> None:
        held = self._held[part.direction]
        texts, rest = self._transcribe(part.data if held is None else held.data + part.data)
        for text in texts:
            message = Message(part.seq, part.time, part.direction, text)
            self._found.append(message)
            if part.direction == "in":
                self._unjudged.append(message)
        self._held[part.direction] = Octets(part.seq, part.time, part.direction, rest) if rest else None

    def _let_go(self, direction: Direction) -> None:
        """What is no message, or only a part of one."""
        if (held := self._held[direction]) is not None:
            self._found.append(held)
            self._held[direction] = None
