"""WRQ: the side that receives DATA (RFC 1350 2), in windows (RFC 7440).

A block that comes again is acknowledged again: its ACK may be lost. The last one is acknowledged when the file is in
its place and on stable storage; then this side dallies (RFC 1350 6).
"""

from collections.abc import Callable

from homeport.protocol.effects import Call, CancelTimer, Dally, Effect, ReportFinding, SetTimer
from homeport.services.tftp.link import Link
from homeport.services.tftp.netascii import FromNetascii
from homeport.services.tftp.packets import DATA, HEADER_BYTES, ack, block_of, oack, opcode_of
from homeport.services.tftp.sending import BLOCKS, MANY, TIMER, Host
from homeport.services.tftp.terms import Terms
from homeport.services.tftp.timing import Retransmission
from homeport.world.files import FileProblem, FileSink

MAX_UNWRITTEN = 64 << 10
"""Bytes that are written at once where the disk may block."""


class Receiver:
    """Receives one file."""

    def __init__(
        self,
        host: Host,
        link: Link,
        sink: FileSink,
        terms: Terms,
        timing: Retransmission,
        *,
        netascii: bool,
        rollover: int,
        dally_s: float,
    ) -> None:
        self._host = host
        self._link = link
        self._sink = sink
        self._terms = terms
        self._timing = timing
        self._convert = FromNetascii() if netascii else None
        self._rollover = rollover
        self._dally_s = dally_s
        self._done = 0  # number of the last block received in order, from 1 and without end
        self._acked = 0  # that of the last one acknowledged
        self._unwritten: list[bytes] = []
        self._unwritten_size = 0
        self._gap = False  # an ACK has asked for a block that is missing
        self._ended = False  # the last block has come
        self._committed = False
        self._twice = 0
        self._reported: set[str] = set()
        self.octets = 0
        """Octets of content received in order."""

    def start(self) -> list[Effect]:
        """Send the OACK, or ACK 0."""
        return self._acknowledge()

    def packet(self, packet: bytes) -> list[Effect]:
        """Handle a packet of the client."""
        if opcode_of(packet) != DATA:
            return self._host.unexpected(packet)
        content = packet[HEADER_BYTES:]
        block = block_of(packet)
        if self._done + 1 == BLOCKS and block in (0, 1):
            self._rollover = block  # the client's choice
        if block != self._wire(self._done + 1) or self._ended:
            return self._other(block, packet)
        if len(content) > self._terms.blksize:
            return [ReportFinding("block-too-long", packet[:16]), *self._host.unexpected(packet)]
        return self._accept(content)

    def timeout(self) -> list[Effect]:
        """Acknowledge again what has come, or give up."""
        if self._timing.exhausted:
            return self._host.give_up("no-ack", "the client went silent")
        self._timing.repeated()
        return [*self._link.send([self._answer()]), SetTimer(TIMER, self._timing.seconds)]

    def called(self, _result: object, error: Exception | None) -> list[Effect]:
        """Continue after the disk has taken what has come."""
        if isinstance(error, FileProblem):
            return self._host.refuse_file(error)
        if error is not None:
            raise error
        return self._complete() if self._ended else self._acknowledge()

    def _accept(self, content: bytes) -> list[Effect]:
        """Take the next block."""
        if not self._done and self._terms.acknowledged:
            self._timing.answered(self._link.now())
        self._done += 1
        self._gap = False
        self.octets += len(content)
        self._ended = len(content) < self._terms.blksize
        if self._convert is not None:
            content = self._convert.feed(content) + (self._convert.finish() if self._ended else b"")
        self._unwritten.append(content)
        self._unwritten_size += len(content)
        if self._ended:
            return self._finish_file()
        window_full = self._done - self._acked >= self._terms.windowsize
        if not window_full:
            return [SetTimer(TIMER, self._timing.seconds)]
        if self._sink.blocks and self._unwritten_size < MAX_UNWRITTEN:
            return self._acknowledge()
        return self._write(self._acknowledge)

    def _finish_file(self) -> list[Effect]:
        if self._terms.tsize is not None and self._terms.tsize != self.octets:
            self._reported.add("tsize-wrong")
            return [ReportFinding("tsize-wrong"), CancelTimer(TIMER), *self._store()]
        return [CancelTimer(TIMER), *self._store()]

    def _store(self) -> list[Effect]:
        if self._sink.blocks or self._sink.replaces_much:
            return [Call(self._write_and_commit)]
        try:
            self._write_and_commit()
        except FileProblem as problem:
            return self._host.refuse_file(problem)
        return self._complete()

    def _write(self, then: Callable[[], list[Effect]]) -> list[Effect]:
        """Write what has come, then acknowledge it."""
        if self._sink.blocks:
            return [Call(self._write_all)]
        try:
            self._write_all()
        except FileProblem as problem:
            return self._host.refuse_file(problem)
        return then()

    def _write_all(self) -> None:
        content = b"".join(self._unwritten)
        self._unwritten.clear()
        self._unwritten_size = 0
        if content:
            self._sink.write(content)

    def _write_and_commit(self) -> None:
        self._write_all()
        self._sink.commit()
        self._committed = True

    def _complete(self) -> list[Effect]:
        """Acknowledge the last block."""
        effects: list[Effect] = []
        if self._convert is not None:
            effects += [ReportFinding("bare-lf")] if self._convert.bare_lf else []
            effects += [ReportFinding("bare-cr")] if self._convert.bare_cr else []
        self._acked = self._done
        effects += self._link.send([self._answer()])
        return [*effects, *self._host.completed(), Dally(self._dally_s)]

    def _other(self, block: int, packet: bytes) -> list[Effect]:
        """Handle a block out of order: one that came before, or one after a gap."""
        if (self._wire(self._done) - block) % BLOCKS < BLOCKS // 2 and self._done:
            return self._repeated(block, packet)
        if self._terms.windowsize > 1 and not self._gap and not self._ended:
            self._gap = True
            return self._acknowledge()
        return []

    def _repeated(self, block: int, packet: bytes) -> list[Effect]:
        """Acknowledge again a block that came before."""
        effects: list[Effect] = []
        if self._link.doubled:
            self._twice += 1
            if self._twice >= MANY:
                effects += self._once("sorcerer", packet)
        elif self._terms.timeout_s and block == self._wire(self._done) and self._timing.early(self._link.now()):
            effects += self._once("timeout-ignored", packet)
        if self._terms.windowsize > 1 and not self._ended and self._gap:
            return effects
        self._gap = True
        return [*effects, *self._link.send([self._answer()])] if not self._ended or self._committed else effects

    def _acknowledge(self) -> list[Effect]:
        """Acknowledge all that has come in order."""
        self._acked = self._done
        self._timing.sent(self._link.now())
        effects = self._link.send([self._answer()])
        if self._link.ended:
            return [*effects, *self._host.finish(self._link.ended)]
        return [*effects, SetTimer(TIMER, self._timing.seconds)]

    def _answer(self) -> bytes:
        """Return the packet that acknowledges what has come."""
        if not self._done and self._terms.acknowledged:
            return oack(self._terms.acknowledged)
        return ack(self._wire(self._done))

    def _wire(self, number: int) -> int:
        """Return a block's number on the wire, which the client chooses: 65535 is followed by 0, or by 1."""
        if number < BLOCKS:
            return number
        return number % BLOCKS if self._rollover == 0 else (number - 1) % (BLOCKS - 1) + 1

    def _once(self, finding: str, packet: bytes) -> list[Effect]:
        if finding in self._reported:
            return []
        self._reported.add(finding)
        return [ReportFinding(finding, packet[:16])]

    def close(self) -> None:
        """Discard the file, unless it is in its place."""
        if not self._committed:
            self._sink.drop()
