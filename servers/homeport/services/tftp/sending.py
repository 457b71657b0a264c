"""RRQ: the side that sends DATA (RFC 1350 2), in windows (RFC 7440).

A block is sent again when its timer expires, never because an ACK comes twice (RFC 1123 4.2.3.1): only in a window of
several blocks does such an ACK say that one was lost, and then the window is sent again once. A client that
acknowledges every block of a window though none was lost would double the traffic with each: once it is known, its ACKs
only move the window.
"""

from collections import deque
from typing import Protocol

from homeport.protocol.effects import Call, CancelTimer, Close, Effect, ReportFinding, SetTimer
from homeport.services.tftp.link import Link
from homeport.services.tftp.netascii import ToNetascii
from homeport.services.tftp.packets import ACK, HEADER_BYTES, block_of, data, oack, opcode_of
from homeport.services.tftp.terms import Terms
from homeport.services.tftp.timing import Retransmission
from homeport.world.files import FileProblem, FileSource

TIMER = "retransmit"
MIN_READ, MAX_READ = 4 << 10, 128 << 10
"""Bytes that are read from the file at once: twice those of the time before, so that only those who take them cost
memory."""
BLOCKS = 1 << 16
MANY = 3
"""Times in a row after which duplicates are no chance of the network."""


class Host(Protocol):
    """The session, as its parts see it."""

    def unexpected(self, packet: bytes) -> list[Effect]: ...
    def finish(self, reason: str) -> list[Effect]: ...
    def completed(self) -> list[Effect]: ...
    def give_up(self, finding: str, reason: str) -> list[Effect]: ...
    def refuse_file(self, problem: FileProblem) -> list[Effect]: ...


class Sender:
    """Sends one file. limit: bytes of the file after which it ends; None: its end."""

    def __init__(
        self,
        host: Host,
        link: Link,
        source: FileSource,
        terms: Terms,
        timing: Retransmission,
        *,
        netascii: bool,
        rollover: int,
        limit: int | None = None,
    ) -> None:
        self._host = host
        self._link = link
        self._source = source
        self._terms = terms
        self._timing = timing
        self._netascii = netascii
        self._rollover = rollover
        self._left = limit
        self._chunk, self._at = b"", 0  # converted content that is not in blocks yet
        self._read_size = MIN_READ
        self._ended = False  # the file was read to its end
        self._first = 1  # number of the first block that is not acknowledged, from 1 and without end
        self._sent: deque[bytes] = deque()  # packets from there on
        self._last = 0  # number of the last block; 0 while it is unknown
        self._awaits_oack = False
        self._rewound = False  # the window was sent again since an ACK of all of it
        self._rewound_at = 0.0
        self._early = 0  # ACKs in a row that cannot be an answer to that
        self._slides = False  # the client acknowledges blocks before the end of the window
        self._twice = 0
        self._reported: set[str] = set()
        self.octets = 0
        """Octets of content that were acknowledged."""

    def start(self) -> list[Effect]:
        """Send the OACK, or the first window."""
        if self._terms.acknowledged:
            self._awaits_oack = True
            return self._transmit([oack(self._terms.acknowledged)])
        return self._pump()

    def packet(self, packet: bytes) -> list[Effect]:
        """Handle a packet of the client."""
        if opcode_of(packet) != ACK:
            return self._host.unexpected(packet)
        effects = self._once("trailing-octets", packet) if len(packet) > HEADER_BYTES else []
        block = block_of(packet)
        if self._awaits_oack:
            if block:
                return [*effects, *self._once("ack-beyond", packet)]
            self._awaits_oack = False
            self._timing.answered(self._link.now())
            return [*effects, *self._pump()]
        distance = self._distance(block)
        if distance is None:
            known = self._first == 1 and not block
            return effects if known or self._is_old(block) else [*effects, *self._once("ack-beyond", packet)]
        if not distance:
            return [*effects, *self._again(packet)]
        return [*effects, *self._progress(distance, packet)]

    def timeout(self) -> list[Effect]:
        """Send again what was not acknowledged, or give up."""
        if self._timing.exhausted:
            if self._last and self._first + len(self._sent) > self._last:
                return self._host.give_up("no-final-ack", "the last block was not acknowledged")
            return self._host.give_up("no-ack", "the client went silent")
        self._timing.repeated()
        self._rewound = False
        packets = [oack(self._terms.acknowledged)] if self._awaits_oack else list(self._sent)
        return [*self._link.send(packets), SetTimer(TIMER, self._timing.seconds)]

    def called(self, content: bytes, error: Exception | None) -> list[Effect]:
        """Continue with what was read from the disk."""
        if isinstance(error, FileProblem):
            return self._host.refuse_file(error)
        if error is not None:
            raise error
        self._take(content)
        return self._pump()

    def _again(self, packet: bytes) -> list[Effect]:
        """Handle an ACK of what was acknowledged before."""
        if self._terms.windowsize > 1 and self._sent:
            if self._rewound:
                return []
            self._rewound = True
            return self._resend()
        if self._link.doubled or self._timing.tries or self._first == 1:
            return []
        self._twice += 1
        return self._once("sorcerer", packet) if self._twice >= MANY else []

    def _progress(self, distance: int, packet: bytes) -> list[Effect]:
        """Handle an ACK of new blocks. distance: their number."""
        for _ in range(distance):
            self.octets += len(self._sent.popleft()) - HEADER_BYTES
        self._first += distance
        early = self._acks_early(packet) if self._rewound and self._sent else []
        if self._last and self._first > self._last:
            return [*early, CancelTimer(TIMER), *self._host.completed(), Close()]
        self._timing.answered(self._link.now())
        if self._sent and not self._slides:
            self._rewound, self._rewound_at = True, self._link.now()
            return [*early, *self._resend()]
        self._rewound = False
        return [*early, *self._pump()]

    def _acks_early(self, packet: bytes) -> list[Effect]:
        """Notice an ACK that comes too soon to be an answer to a window sent again: nothing had been lost."""
        soon = self._link.now() - self._rewound_at < self._timing.round_trip / 2
        self._early = self._early + 1 if soon else 0
        if self._early < MANY:
            return []
        self._slides = True
        return self._once("acks-window-early", packet)

    def _resend(self) -> list[Effect]:
        """Send what was not acknowledged, and the rest of the window."""
        self._timing.repeated()
        self._timing.tries = 0
        return [*self._link.send(list(self._sent)), *self._pump(again=True)]

    # Blocks.

    def _pump(self, *, again: bool = False) -> list[Effect]:
        """Fill the window. again: the timer must be set though nothing new is sent."""
        packets: list[bytes] = []
        effects: list[Effect] = []
        size = self._terms.blksize
        while len(self._sent) < self._terms.windowsize and not self._last:
            if len(self._chunk) - self._at < size and not self._ended:
                if self._source.blocks:
                    if packets:
                        effects += self._transmit(packets)
                    return [*effects, CancelTimer(TIMER), Call(self._read)]
                try:
                    self._take(self._read())
                except FileProblem as problem:
                    return [*effects, *self._host.refuse_file(problem)]
                continue
            content = self._chunk[self._at : self._at + size]
            self._at += len(content)
            number = self._first + len(self._sent)
            if len(content) < size:
                self._last = number
            packet = data(self.wire(number), content)
            self._sent.append(packet)
            packets.append(packet)
        if packets:
            return [*effects, *self._transmit(packets)]
        return [*effects, SetTimer(TIMER, self._timing.seconds)] if again else effects

    def _transmit(self, packets: list[bytes]) -> list[Effect]:
        """Send packets for the first time."""
        self._timing.sent(self._link.now())
        effects = self._link.send(packets)
        if self._link.ended:
            return [*effects, *self._host.finish(self._link.ended)]
        if self._link.cut_at is not None and not self._last:
            self._cut(self._link.cut_at)
        return [*effects, SetTimer(TIMER, self._timing.seconds)]

    def _cut(self, block: int) -> None:
        """Take a block for the last one, because a fault has cut it."""
        for at in range(len(self._sent)):
            if self.wire(self._first + at) == block:
                self._last = self._first + at
                while len(self._sent) > at + 1:
                    self._sent.pop()
                return

    def _read(self) -> bytes:
        """Read from the file. Raises: FileProblem."""
        wanted = min(max(self._terms.blksize * self._terms.windowsize, self._read_size), MAX_READ)
        self._read_size = min(2 * self._read_size, MAX_READ)
        if self._left is not None:
            wanted = min(wanted, self._left)
            self._left -= wanted
        return self._source.read(wanted) if wanted else b""

    def _take(self, content: bytes) -> None:
        if not content:
            self._ended = True
            return
        rest = self._chunk[self._at :]
        self._chunk, self._at = rest + (ToNetascii.feed(content) if self._netascii else content), 0

    # Numbers.

    def wire(self, number: int) -> int:
        """Return a block's number on the wire: 65535 is followed by 0, or by 1."""
        if number < BLOCKS:
            return number
        return number % BLOCKS if self._rollover == 0 else (number - 1) % (BLOCKS - 1) + 1

    def _distance(self, block: int) -> int | None:
        """Return how many blocks an ACK acknowledges, 0 for none that is new; None for another number."""
        before = self._first - 1
        step = (block - self.wire(before)) % BLOCKS
        for distance in (step, step - 1):  # one less, where 0 was left out
            if 0 <= distance <= len(self._sent) and self.wire(before + distance) == block:
                return distance
        return None

    def _is_old(self, block: int) -> bool:
        """Return True if a block was acknowledged before, so that an ACK of it is late."""
        return (self.wire(self._first) - block) % BLOCKS <= min(self._first, BLOCKS // 2)

    def _once(self, finding: str, packet: bytes) -> list[Effect]:
        if finding in self._reported:
            return []
        self._reported.add(finding)
        return [ReportFinding(finding, packet[:16])]

    def close(self) -> None:
        """Close the file."""
        self._source.close()
