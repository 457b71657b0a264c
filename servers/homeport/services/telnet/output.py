"""The output to a client: text and commands in their order, in pieces that the user can abort.

A short answer leaves at once. Longer output is queued here, not in the driver: the next piece is given when the last
one has left (`Pull`), and input is read meanwhile. So AO and IP reach the session, and what they abort is not sent.
"""

from collections import deque

from homeport.protocol.dialogue import Dialogue
from homeport.protocol.effects import Pull, SendUrgent, StopPull
from homeport.protocol.telnet import DM, IAC

PIECE = 4096
"""Bytes that are sent at once."""
MAX_QUEUED = 256 << 10
"""Bytes that may wait. A program writes at most 16 KiB before it waits, so only answers to a flood exceed it."""
SYNCH = bytes((IAC, DM))
NOTHING: deque[tuple[bytes, bool]] = deque()
"""The queue of connections where nothing waits, which are nearly all: each would take 600 bytes. Never changed."""


class Output:
    """The output of one connection."""

    __slots__ = ("_dialogue", "_held", "_pulls", "_queue", "_queued", "_turn", "awaited", "wrote")

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._queue = NOTHING  # each with True if it is a command, which is never dropped
        self._queued = 0
        self._turn = 0  # bytes sent in this turn
        self._pulls = False
        self._held = False
        self.awaited = False
        """True if the program waits for the end of the output."""
        self.wrote = False
        """True if text was written since this was last set to False."""

    @property
    def empty(self) -> bool:
        """True if nothing is queued."""
        return not self._queue

    def text(self, data: bytes) -> None:
        """Send text, encoded, with IACs doubled."""
        if data:
            self.wrote = True
            self._put(data, command=False)

    def command(self, data: bytes) -> None:
        """Send a command, in its place among the text."""
        self._put(data, command=True)

    def synch(self) -> None:
        """Send a Synch: IAC DM, the DM as urgent data (RFC 854); before text that waits."""
        self._dialogue.effect(SendUrgent(SYNCH))

    def abort(self) -> None:
        """Drop the text that waits; commands keep their order."""
        self._queue = deque(one for one in self._queue if one[1])
        self._queued = sum(len(data) for data, _command in self._queue)

    def hold(self) -> None:
        """Send nothing more until `release`: the user has typed ^S, or a fault delays it."""
        self._held = True

    def release(self) -> None:
        """End `hold`."""
        self._held = False

    @property
    def held(self) -> bool:
        """True between `hold` and `release`."""
        return self._held

    def end_turn(self) -> None:
        """Send what the turn allows of what waits, and have the driver ask for the rest."""
        if self._queue and not self._held and not self._pulls:
            self._send_piece()
        self._turn = 0
        if not self._queue:
            self._queue = NOTHING
        wanted = not self._held and (bool(self._queue) or self.awaited)
        if wanted != self._pulls:
            self._pulls = wanted
            self._dialogue.effect(Pull() if wanted else StopPull())

    def writable(self) -> bool:
        """Send the next piece: everything sent before has left. Return True if the program's wait is over."""
        if self._held:
            return False
        self._turn = 0
        self._send_piece()
        if self._queue or not self.awaited or self._turn:
            return False
        self.awaited = False
        return True

    def _put(self, data: bytes, *, command: bool) -> None:
        if not self._queue and not self._held and not self._pulls and self._turn + len(data) <= PIECE:
            self._turn += len(data)
            self._dialogue.say(data)
            return
        if self._queue is NOTHING:
            self._queue = deque()
        self._queue.append((data, command))
        self._queued += len(data)
        if self._queued > MAX_QUEUED:
            self._dialogue.over = True
            self._queue = NOTHING
            self._queued = 0

    def _send_piece(self) -> None:
        queue = self._queue
        while queue and self._turn < PIECE:
            data, command = queue.popleft()
            room = PIECE - self._turn
            if len(data) > room and not command:
                cut = whole_end(data, room)
                queue.appendleft((data[cut:], False))
                data = data[:cut]
            self._turn += len(data)
            self._queued -= len(data)
            self._dialogue.say(data)


def whole_end(data: bytes, end: int) -> int:
    """Return an offset of at most `end` that cuts neither IAC IAC nor CR LF: AO may drop what is behind it."""
    iacs = end - len(data[:end].rstrip(b"\xff"))
    return end - (iacs % 2 or data[end - 1] == 13)
