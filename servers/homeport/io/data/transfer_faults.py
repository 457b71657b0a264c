"""Transfers under faults: their octets pass the same stages as on any connection (`io/net/fault_stages.py`).

A bandwidth that is configured is paced by the same stage, for which it is a fault that the journal does not tell.

Faults of a command that transfers act on its data connection alone, whichever way the file goes; `direction` is of no
meaning there. One that ends the connection early makes the transfer end with the problem `fault`. The octets move on
the reactor, where the timers of the stages are; a file that may stall is read and written on a thread, a piece at a
time, and meanwhile nothing moves.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from homeport.io.data.pumps import CutByFaultError, Moved, NetworkError, Receive, Send
from homeport.io.net.fault_host import Blocked
from homeport.io.net.fault_stages import BULK, STAGES, Item, Reset
from homeport.io.net.faults import Chain
from homeport.io.net.reactor import DelayedCall
from homeport.io.net.turns import Turns, turns_of
from homeport.protocol.effects import Close, ReceiveFile, SendFile
from homeport.protocol.events import Eof
from homeport.protocol.faults import Bandwidth, Do, Plan
from homeport.world.faults import Fault

if TYPE_CHECKING:
    from homeport.io.data.transfer import Transfer

THROUGH_MAX = 64
"""Pieces that have come through and wait for the network, or for the file, before no more come through."""
CONFIGURED = "bandwidth"
"""The identifier of what is no fault."""


class FaultyLine:
    """The stages of one transfer, and their host (`StageHost`).

    end: what tells that the file is at its end; it keeps its place among the octets.
    """

    def __init__(self, transfer: "Transfer", faults: Sequence[Fault], end: Item, *, inward: bool) -> None:
        self._transfer = transfer
        self._end = end
        self.through: deque[bytes] = deque()
        """Octets that have come through."""
        self.ended = False
        """Whether the end has."""
        self.cut: CutByFaultError | None = None
        self.turns: Turns = turns_of(transfer.reactor)
        self.blocked: list[Blocked] = []
        """Stages that wait for room in `through`."""
        stages = [
            STAGES[fault.plan.do.kind](self, fault, inward=inward) for fault in faults if fault.plan.do.kind in STAGES
        ]
        self._chain = Chain(self.say, stages)
        self.piece = min((stage.piece for stage in stages), default=BULK)
        """Octets to put in at a time."""
        self._told = ""
        for stage in stages:
            stage.begin()

    @property
    def waits(self) -> bool:
        """Whether nothing more should go in."""
        self._chain.refresh()
        return self._chain.hangs or self._chain.full or len(self.through) > THROUGH_MAX

    def put(self, data: bytes) -> None:
        """Octets go in."""
        self._chain.put(data)

    def take(self) -> bytes:
        """Return the next octets that have come through."""
        data = self.through.popleft()
        if not self.through and self.blocked:
            blocked, self.blocked = self.blocked, []
            for stage in blocked:
                self.turns.wait(stage.resume)
        return data

    def finish(self) -> None:
        """The end goes in."""
        self._chain.put(self._end)

    def drop(self) -> None:
        """The connection is gone."""
        self._chain.drop()

    # What stages ask.

    @property
    def gone(self) -> bool:
        """Whether the connection is."""
        return self._transfer.fd < 0

    def blocks(self, *, inward: bool) -> bool:  # noqa: ARG002 - there is one direction
        """Return whether a piece has to wait, until `take` has made room."""
        return len(self.through) >= THROUGH_MAX

    def say(self, item: Item) -> None:
        """Something has come through, or a stage ends the connection."""
        if type(item) is bytes:
            self.through.append(item)
            self._transfer.stir()
        elif item is self._end:
            self.ended = True
        elif self.cut is None:
            self.cut = CutByFaultError(self._told or "a fault ended it", reset=type(item) is Reset)

    def moved(self) -> None:
        """Something may have come through later."""
        self._transfer.go_on()

    def record(self, fault: Fault, words: str) -> None:
        """Write into the journal what a fault did."""
        if fault.id == CONFIGURED:
            return
        self._told = words
        self._transfer.listener.fault_acted(self._transfer.connection, fault, f"{words} (data connection)")

    def seconds(self) -> float:
        """The reactor's time."""
        return self._transfer.reactor.seconds()

    def call_later(self, seconds: float, function: Callable[[], None]) -> DelayedCall:
        """A timer of real time."""
        return self._transfer.reactor.callLater(seconds, function)


class FaultySend(Send):
    """A file on its way out through the stages."""

    def __init__(self, transfer: "Transfer", faults: Sequence[Fault], effect: SendFile) -> None:
        super().__init__(transfer.socket, effect.source, effect.convert, transfer.progress)
        self._line = FaultyLine(transfer, faults, Close(), inward=False)
        self._off = transfer.off if effect.source.blocks else None
        self._busy = False  # on a thread
        self.drop = self._line.drop

    def step(self) -> Moved:
        """Move on."""
        line = self._line
        while not self._piece:
            if self._busy:
                return Moved.PAUSE
            if line.through:
                self._piece = memoryview(line.take())
            elif line.cut is not None:
                raise line.cut
            elif line.ended:
                return self._take_leave()
            elif self._read_all or line.waits:
                return Moved.PAUSE
            elif self._off is not None:
                self._busy = True
                self._off(lambda: self.fetch(line.piece), self._fetched)
            else:
                self._fetched(self.fetch(line.piece))
                if not line.through:
                    return Moved.MORE  # others get their turn, however much may be under way
        return self._send()

    def _fetched(self, data: bytes) -> None:
        self._busy = False
        self._line.put(data)
        if self._read_all:
            self._line.finish()


class FaultyReceive(Receive):
    """A file on its way in through the stages."""

    def __init__(self, transfer: "Transfer", faults: Sequence[Fault], effect: ReceiveFile) -> None:
        super().__init__(transfer.socket, effect.sink, effect.convert, transfer.progress)
        self._line = FaultyLine(transfer, faults, Eof(), inward=True)
        self._read_all = False
        self._off = transfer.off if effect.sink.blocks else None
        self._busy = False  # on a thread
        self.drop = self._line.drop

    def step(self) -> Moved:
        """Move on."""
        line = self._line
        if self._busy or (line.through and self._write_off(line.through)):
            return Moved.PAUSE
        while line.through:
            self.write(line.take())
        if (come := self.converted()) is not None:
            return come
        if line.cut is not None:
            raise line.cut
        if line.ended:
            return self.finish()
        if self._read_all or line.waits:
            return Moved.PAUSE
        try:
            data = self._socket.recv(line.piece)
        except BlockingIOError:
            return Moved.WAIT
        except OSError as error:
            raise NetworkError(error.strerror or str(error)) from None
        self._progress.octets += len(data)
        if data:
            line.put(data)
        else:
            self._read_all = True
            line.finish()
        return Moved.MORE

    def _write_off(self, through: deque[bytes]) -> bool:
        """Write what has come through on a thread, if the file may stall: whether it does."""
        if self._off is None:
            return False
        data = b"".join([self._line.take() for _ in range(len(through))])
        self._busy = True
        self._off(lambda: self.write(data), self._written)
        return True

    def _written(self, _nothing: None) -> None:
        self._busy = False


def pace(octets: int) -> Fault:
    """So many octets a second at most, in the form of a fault."""
    return Fault(CONFIGURED, Plan(service="", do=Do(bandwidth=Bandwidth(bytes_per_s=octets))), "")


def faulty(transfer: "Transfer", faults: Sequence[Fault], effect: SendFile | ReceiveFile) -> FaultySend | FaultyReceive:
    """What moves a file under faults."""
    if isinstance(effect, SendFile):
        return FaultySend(transfer, faults, effect)
    return FaultyReceive(transfer, faults, effect)
