"""The way of packets between a transfer and its client: with the faults that act on single packets."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from homeport.protocol.effects import Effect, LogFault, Misbehave, Send
from homeport.protocol.session import Context
from homeport.services.tftp.packets import ACK, DATA, HEADER_BYTES, OACK, OPCODES, block_of, error, opcode_of
from homeport.world.faults import Fault


class Asked(NamedTuple):
    """A fault that the client asked for by the file's name."""

    fault: Fault
    block: int | None = None
    """The packet that it acts on, once; None: on all."""


class Every:
    """Contains every kind of fault: their matches are counted here, by direction."""

    def __contains__(self, _kind: object) -> bool:
        return True

    def __iter__(self) -> "Every":
        return self

    def __next__(self) -> str:
        raise StopIteration

    def __len__(self) -> int:
        return 1


EVERY = Every()


class Link:
    """Sends packets, under faults. path: of the file, for matches."""

    def __init__(self, context: Context, path: str, now: Callable[[], float]) -> None:
        self._context = context
        self._faults = context.world.faults
        self.path = path
        self.now = now
        self.asked: list[Asked] = []
        self.stalled = False
        """True if a fault has silenced this side."""
        self.ended = ""
        """The reason why a fault has ended the transfer; empty if none has."""
        self.cut_at: int | None = None
        """Number, on the wire, of the block that a fault has made the last one."""
        self.doubled = False
        """True if a fault doubled a packet, so that the client's own packets may be double."""

    def send(self, packets: Sequence[bytes]) -> list[Effect]:
        """Return the effects that send packets."""
        if not (self._faults.planned or self.asked or self.stalled):
            return [Send(packet) for packet in packets]
        return [effect for packet in packets for effect in self._send(packet)]

    def loses(self, packet: bytes) -> list[Effect] | None:
        """Return effects if a fault loses a received packet; None if it comes through."""
        if not (self._faults.planned or self.asked):
            return None
        for fault in self._acting(packet, ("in", "both")):
            if fault.plan.do.kind in ("drop", "hang"):
                verb = OPCODES.get(opcode_of(packet), "packet")
                return [LogFault(fault, f"lost {verb} {max(block_of(packet), 0)} on the way in")]
        return None

    def _send(self, packet: bytes) -> list[Effect]:
        logs: list[Effect] = []
        network: list[Fault] = []
        for fault in self._acting(packet, ("out", "both")):
            do = fault.plan.do
            if do.reply is not msgspec.UNSET:
                code = 0 if do.reply.error is msgspec.UNSET else do.reply.error
                logs.append(LogFault(fault, f"sent ERROR {code}", shown(packet)))
                self.ended = f"fault: error {code}"
                packet = error(code, do.reply.text)
            elif do.kind == "hang":
                self.stalled = True
                logs.append(LogFault(fault, "sent nothing any more", shown(packet)))
            elif do.frame is not msgspec.UNSET and do.frame == "ends-early":
                packet = self._cut(packet)
                logs.append(LogFault(fault, f"ended the file with block {block_of(packet)}"))
            elif do.frame is msgspec.UNSET or do.frame == "wrong-source":
                self.doubled = self.doubled or do.kind == "duplicate"
                network.append(fault)
        if self.stalled:
            return logs
        effects: tuple[Effect, ...] = (Send(packet),)
        for fault in network:
            effects = (Misbehave(fault, effects),)
        return [*logs, *effects]

    def _cut(self, packet: bytes) -> bytes:
        self.cut_at = block_of(packet)
        return packet[: HEADER_BYTES + (len(packet) - HEADER_BYTES) // 2]

    def _acting(self, packet: bytes, directions: tuple[str, ...]) -> list[Fault]:
        """Count a match of each fault on this packet, and return those that act."""
        opcode, number = opcode_of(packet), block_of(packet)
        verb = OPCODES.get(opcode, "")
        block = f"block={number} of " if opcode in (DATA, ACK) else ""
        found = [
            fault
            for fault in self._faults.at_command(self._context, verb, f"{block}{self.path}", later=EVERY)
            if fault.plan.direction in directions and _applies(fault, opcode) and fault.take()
        ]
        for asked in list(self.asked):
            if asked.fault.plan.direction not in directions:
                continue
            if asked.block is None:
                found.append(asked.fault)
            elif opcode in (DATA, ACK) and number == asked.block:
                self.asked.remove(asked)
                found.append(asked.fault)
        return found


def _applies(fault: Fault, opcode: int) -> bool:
    """Return True if a fault can act on a packet: `no-oack` and `oack-lie` act on requests."""
    word = fault.plan.do.frame
    if word is msgspec.UNSET:
        return True
    return opcode in {"ends-early": (DATA,), "wrong-source": (DATA, ACK, OACK)}.get(word, ())


def shown(packet: bytes) -> str:
    """Return a packet for people: `DATA 3`."""
    opcode = opcode_of(packet)
    number = f" {block_of(packet)}" if opcode in (DATA, ACK) else ""
    return f"{OPCODES.get(opcode, 'a packet')}{number}"
