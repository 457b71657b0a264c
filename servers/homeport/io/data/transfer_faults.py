"""Transfers under planned faults: data pass the same stages as on any connection (`io/net/fault_stages.py`).

The configured rate limit (`bandwidth`) uses the same stage, as a fault that is not logged.

Faults of a transfer command act on its data connection only, in the direction of the file; their `direction` is
ignored. A fault that closes the connection early ends the transfer with the problem `fault`. The pump runs on the
reactor, because the timers of the stages do; a file that may block is read and written on a thread, one piece at a
time.
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

MAX_THROUGH = 64
"""Maximum number of pieces that wait for the socket or the file after the stages."""
CONFIGURED = "bandwidth"
"""Identifier of the configured rate limit, which is not a planned fault."""


class FaultyLine:
    """The stages of one transfer, and their host (`StageHost`).

    end: item that marks the end of the file, in order with its data.
    """

    def __init__(self, transfer: "Transfer", faults: Sequence[Fault], end: Item, *, inward: bool) -> None:
        self._transfer = transfer
        self._end = end
        self.through: deque[bytes] = deque()
        """Data that have passed the stages."""
        self.ended = False
        """True after the end has passed the stages."""
        self.cut: CutByFaultError | None = None
        self.turns: Turns = turns_of(transfer.reactor)
        self.blocked: list[Blocked] = []
        """Stages that wait for space in `through`."""
        stages = [
            STAGES[fault.plan.do.kind](self, fault, inward=inward) for fault in faults if fault.plan.do.kind in STAGES
        ]
        self._chain = Chain(self.say, stages)
        self.piece = min((stage.piece for stage in stages), default=BULK)
        """Bytes to put in at a time."""
        self._told = ""
        for stage in stages:
            stage.begin()

    @property
    def waits(self) -> bool:
        """True if no more data should be put in."""
        self._chain.refresh()
        return self._chain.hangs or self._chain.full or len(self.through) > MAX_THROUGH

    def put(self, data: bytes) -> None:
        """Put data into the stages."""
        self._chain.put(data)

    def take(self) -> bytes:
        """Return the next data that have passed the stages."""
        data = self.through.popleft()
        if not self.through and self.blocked:
            blocked, self.blocked = self.blocked, []
            for stage in blocked:
                self.turns.wait(stage.resume)
        return data

    def finish(self) -> None:
        """Put the end of the file into the stages."""
        self._chain.put(self._end)

    def drop(self) -> None:
        """Discard all data: the connection is closed."""
        self._chain.drop()

    # Interface for the stages.

    @property
    def gone(self) -> bool:
        """True if the connection is closed."""
        return self._transfer.fd < 0

    def blocks(self, *, inward: bool) -> bool:  # noqa: ARG002 - only one direction
        """Return True if a piece has to wait until `take` has made space."""
        return len(self.through) >= MAX_THROUGH

    def say(self, item: Item) -> None:
        """Take an item that has passed the stages, or a stage's end of the connection."""
        if type(item) is bytes:
            self.through.append(item)
            self._transfer.note_progress()
        elif item is self._end:
            self.ended = True
        elif self.cut is None:
            self.cut = CutByFaultError(self._told or "a fault ended it", reset=type(item) is Reset)

    def moved(self) -> None:
        """Resume the pump: data may have passed the stages."""
        self._transfer.go_on()

    def record(self, fault: Fault, words: str, original: bytes) -> None:  # noqa: ARG002 - no reply is changed
        """Log what a fault did."""
        if fault.id == CONFIGURED:
            return
        self._told = words
        self._transfer.listener.fault_acted(self._transfer.connection, fault, f"{words} (data connection)")

    def seconds(self) -> float:
        """Return the reactor's time."""
        return self._transfer.reactor.seconds()

    def call_later(self, seconds: float, function: Callable[[], None]) -> DelayedCall:
        """Start a timer."""
        return self._transfer.reactor.callLater(seconds, function)


class FaultySend(Send):
    """Sends a file through the stages."""

    def __init__(self, transfer: "Transfer", faults: Sequence[Fault], effect: SendFile) -> None:
        super().__init__(transfer.socket, effect.source, effect.convert, transfer.progress)
        self._line = FaultyLine(transfer, faults, Close(), inward=False)
        off = effect.source.blocks or getattr(effect.convert, "slow", False)
        self._run_off_reactor = transfer.run_off_reactor if off else None
        self._busy = False  # on a thread
        self.drop = self._line.drop

    def step(self) -> Moved:
        """Send."""
        line = self._line
        while not self._piece:
            if self._busy:
                return Moved.PAUSE
            if line.through:
                self._piece = memoryview(line.take())
            elif line.cut is not None:
                raise line.cut
            elif line.ended:
                return self._send_close_notify()
            elif self._read_all or line.waits:
                return Moved.PAUSE
            elif self._run_off_reactor is not None:
                self._busy = True
                self._run_off_reactor(lambda: self.fetch(line.piece), self._fetched)
            else:
                self._fetched(self.fetch(line.piece))
                if not line.through:
                    return Moved.MORE  # other connections get their turn
        return self._send()

    def _fetched(self, data: bytes) -> None:
        self._busy = False
        self._line.put(data)
        if self._read_all:
            self._line.finish()


class FaultyReceive(Receive):
    """Receives a file through the stages."""

    def __init__(self, transfer: "Transfer", faults: Sequence[Fault], effect: ReceiveFile) -> None:
        super().__init__(transfer.socket, effect.sink, effect.convert, transfer.progress)
        self._line = FaultyLine(transfer, faults, Eof(), inward=True)
        self._read_all = False
        self._run_off_reactor = transfer.run_off_reactor if effect.sink.blocks else None
        self._busy = False  # on a thread
        self.drop = self._line.drop

    def step(self) -> Moved:
        """Receive."""
        line = self._line
        if self._busy or (line.through and self._write_off(line.through)):
            return Moved.PAUSE
        if self.has_input:
            self.convert_some()
        elif line.through:
            self.take_in(line.take())
        if (come := self.converted()) is not None:
            return come
        if self.unconverted:
            return Moved.MORE
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

    @property
    def unconverted(self) -> bool:
        """True if received data wait for the converter, or for the file."""
        return bool(self._line.through) or self.has_input

    def _write_off(self, through: deque[bytes]) -> bool:
        """Write the data on a thread if the file may block; True if it does so."""
        if self._run_off_reactor is None:
            return False
        data = b"".join([self._line.take() for _ in range(len(through))])
        self._busy = True
        self._run_off_reactor(lambda: self._write_all(data), self._written)
        return True

    def _write_all(self, data: bytes) -> None:
        """Convert and write on a thread."""
        self.take_in(data)
        while self.has_input:
            self.convert_some()

    def _written(self, _nothing: None) -> None:
        self._busy = False


def rate_limit(octets: int) -> Fault:
    """Return a rate limit in bytes per second, in the form of a fault."""
    return Fault(CONFIGURED, Plan(service="", do=Do(bandwidth=Bandwidth(bytes_per_s=octets))), "")


def make_faulty_pump(
    transfer: "Transfer", faults: Sequence[Fault], effect: SendFile | ReceiveFile
) -> FaultySend | FaultyReceive:
    """Return the pump of a transfer under faults."""
    if isinstance(effect, SendFile):
        return FaultySend(transfer, faults, effect)
    return FaultyReceive(transfer, faults, effect)
