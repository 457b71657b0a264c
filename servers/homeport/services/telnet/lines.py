"""The terminal lines of a world, `pts/0`, `pts/1`, ..., and the messages that users write to each other's.

A message waits in the queue of the line it is for, and a notice of the world wakes the session there: what floods a
user is bounded by that queue, and costs other users nothing.
"""

import heapq
from collections import deque
from typing import NamedTuple

from homeport.visible import visible_line
from homeport.world.world import World

MAX_MESSAGES = 20
"""Messages that wait for one terminal; more are refused."""
MAX_TEXT = 400
"""Characters of one message; the rest is cut off."""


class Message(NamedTuple):
    """A line of text for a terminal. head: who writes, for the first one; empty for those that follow it."""

    head: str
    text: str


class TerminalLine:
    """A terminal line with a user. name: `pts/1`."""

    __slots__ = ("accepts", "login", "messages", "name", "number")

    def __init__(self, number: int, login: str) -> None:
        self.number = number
        self.name = f"pts/{number}"
        self.login = login
        self.accepts = True
        """False if others may not write to it (`mesg n`)."""
        self.messages: deque[Message] = deque()

    @property
    def topic(self) -> str:
        """Published in the world's notices when a message has come."""
        return f"telnet/{self.name}"

    def take_messages(self) -> str:
        """Return the messages that have come, as text for the terminal: no control character acts on it."""
        shown = []
        while self.messages:
            message = self.messages.popleft()
            if message.head:
                shown.append(f"\a{visible_line(message.head)}\n")
            shown.append(f"{visible_line(message.text)}\n")
        return "".join(shown)


class TerminalLines:
    """All lines of a world that are in use."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lines: dict[int, TerminalLine] = {}
        self._free: list[int] = []  # numbers below `_next` that are not in use, as a heap
        self._next = 0

    @classmethod
    def of(cls, world: World) -> "TerminalLines":
        """Return those of a world."""
        return world.of_service("telnet lines", lambda: cls(world))

    def __len__(self) -> int:
        return len(self._lines)

    def open(self, login: str) -> TerminalLine:
        """Give a user the line with the lowest number that neither a session nor a configured presence has."""
        if self._free:
            number = heapq.heappop(self._free)
        else:
            if not self._next:
                # Configured presences, such as `pts/0`, keep their numbers.
                names = {one.terminal for one in self._world.presence}
                taken = [number for number in range(len(names) + 1) if f"pts/{number}" in names]
                self._next = len(names) + 1
                self._free = sorted({*range(self._next)} - {*taken})
            number = heapq.heappop(self._free) if self._free else self._next
            self._next += number == self._next
        line = self._lines[number] = TerminalLine(number, login)
        return line

    def close(self, line: TerminalLine) -> None:
        """Free a line; messages that wait there are lost."""
        if self._lines.get(line.number) is line:
            del self._lines[line.number]
            heapq.heappush(self._free, line.number)

    def used_by(self, login: str) -> list[TerminalLine]:
        """Return the lines of a user, ignoring case."""
        return [line for line in self._lines.values() if line.login.lower() == login.lower()]

    def send(self, line: TerminalLine, message: Message) -> bool:
        """Send a message to a line; return False if too many wait there already."""
        if len(line.messages) >= MAX_MESSAGES:
            return False
        line.messages.append(Message(message.head, message.text[:MAX_TEXT]))
        self._world.notices.publish(line.topic)
        return True
