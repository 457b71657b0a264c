"""The engine of protocols of commands: events to lines, lines to commands, commands to replies, and the end.

How a protocol is built on it is told in the docstring of the package, `homeport.protocol`.
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from types import GeneratorType
from typing import Any, ClassVar, Literal

from homeport.protocol.addresses import address_text
from homeport.protocol.commands import CommandRefused, CommandTable, Spoken
from homeport.protocol.dialogue import SHOWN, Dialogue, Refused
from homeport.protocol.effects import Call, Conceal, Effect, Misbehave, SetTimer
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    Eof,
    Event,
    LimitReached,
    Opened,
    Stopping,
    TimerFired,
    Tls,
    TlsStarted,
)
from homeport.protocol.foreign import HELLO_SIZE, is_hello
from homeport.protocol.plaintext import safe
from homeport.protocol.rules import UNEXPECTED_TLS
from homeport.protocol.session import Context, Session, is_broken
from homeport.protocol.waiting import ANSWERS, Input, Mode, Steps, Task
from homeport.world.journal import printable

Ending = Literal["silence", "limit", "stopping", "crowded", "tls"]
"""Why the server has the last word unasked; `tls`: the client begins TLS where a command belongs."""
TLS_RECORD = 0x16
"""The first octet of a ClientHello (RFC 8446 5.1); no command begins with it."""
TICKS = 4
"""A time-out is counted in quarters, so that no timer is touched for each command; it is late by one at most."""
MOST_HELD = 1 << 16
"""Octets that may wait for the command under way."""
MOST_WAITING = 256
"""Lines that may wait for it, with `reads_beside`."""


class CommandSession(Session):
    """One connection of a protocol of commands."""

    __slots__ = ("_ended", "_held", "_quiet", "_task", "dialogue", "late", "mode", "rest", "waiting")

    table: ClassVar[CommandTable]
    line_limit: int = 512
    """Octets of a line without its end, at most; a slot of its own where it is an option."""
    reads_beside: ClassVar[bool] = False
    """Whether lines are taken while a command waits for an event."""
    injection: ClassVar[str] = ""
    """The finding that it is when the client goes on behind a command that begins TLS; empty for none."""
    expected: ClassVar[tuple[type[Exception], ...]] = (Refused, CommandRefused)
    """What a command may raise: `Refused`, and troubles, of which `refusal` makes one."""

    def __init__(self, context: Context, dialogue: Dialogue) -> None:
        super().__init__(context)
        self.dialogue = dialogue
        self.mode: Mode = "command"
        self.rest = 0
        """Octets that came in one with the line in hand, behind it; -1: the line came before, and has waited."""
        self.late = ""
        """The finding that it is when the client goes on behind the last word; told once."""
        self.waiting: deque[tuple[bytes, bool]] | None = None
        """Lines that wait for the command under way, each with whether it ended in LF alone."""
        self._held = b""
        self._quiet = 0  # quarters of the time-out in which nothing came
        self._ended = False  # the client has shut its side
        self._task: Task | None = None

    def __repr__(self) -> str:
        more = self.details()
        state = "over" if self.dialogue.over else self.dialogue.state
        peer = address_text(self.context.peer)
        return f"<{type(self).__name__} {state} {peer}{' ' if more else ''}{more}>"

    # What a protocol gives.

    @abstractmethod
    def greet(self) -> None:
        """Say the first word."""

    @abstractmethod
    def refusal(self, trouble: Any) -> Refused:
        """Return what is said to a trouble: a command that the table refuses, or that has failed."""

    @abstractmethod
    def last_word(self, ending: Ending, limit: str) -> Any:
        """Return the reply that closes. limit: the one that was reached, for `limit`."""

    def parse(self, line: bytes, *, bare: bool) -> Spoken | None:  # noqa: ARG002 - for those who override it
        """Take a line apart; None if it has been dealt with. bare: whether it ended in LF alone. Raises: Refused."""
        if len(line) > self.line_limit:
            self.overlong(line)
            return None
        verb, _, argument = line.partition(b" ")
        text = safe(printable(argument))
        return Spoken(verb.upper(), argument, printable(verb.upper())[:SHOWN], text, text)

    def timeout(self) -> float:
        """Return the seconds that the client may be silent for now; 0: for ever."""
        return 0

    def overlong(self, begun: bytes) -> None:
        """Refuse a line that is over `line_limit`, as soon as that is seen. begun: its octets so far."""
        self.dialogue.refuse(begun[:SHOWN], self.refusal(CommandRefused("")))

    def overlong_ended(self, *, bare: bool) -> None:
        """The end of that line has come."""

    def instead(self, _spoken: Spoken, planned: Any) -> Any:
        """Return what takes the place of a command: the reply that a fault has planned, or steps that end in it."""
        return planned

    def plan(self, spoken: Spoken) -> tuple[Any, Spoken]:
        """Return the planned reply to a command, or None, and the command, from which a wish may have been taken."""
        return self.dialogue.plan(spoken.name, spoken.text), spoken

    def beside(self, _line: bytes, *, bare: bool) -> bool:  # noqa: ARG002 - for those who override it
        """Act on a line that comes while a command is under way; True if it is dealt with, and need not wait."""
        return False

    def secured(self, tls: Tls) -> None:
        """TLS has begun."""

    def other_event(self, event: Event) -> None:
        """An event came that the engine does not know, and no command waits for."""

    def unfinished(self, *, ended: bool) -> str:  # noqa: ARG002 - for those who override it
        """Return the finding that silence (or, if `ended`, the end of the input) is here and now; empty for none."""
        return ""

    def find_unfinished(self) -> None:
        """Raise what the end of the input, or a broken connection, is here and now."""
        if finding := self.unfinished(ended=True):
            self.dialogue.find(finding)

    def too_late(self, data: bytes, at: int) -> None:
        """More has come behind the last word, at that offset."""
        if self.late:
            self.dialogue.find(self.late, data[at:])
            self.late = ""

    def leave(self) -> None:
        """The connection is gone: give everything back."""

    def blocks(self) -> bool:
        """Return whether work that is yielded as a function may stall, and is done off the reactor."""
        return False

    def failed(self, error: Exception) -> Exception:
        """Return what `yield` raises when work off the reactor has raised `error`."""
        return error

    def discard(self, made: Any) -> None:
        """Give back what such work has made for a connection that is gone by now."""

    def details(self) -> str:
        """Return what `repr` shows besides state and peer."""
        return ""

    # Events.

    def handle(self, event: Event) -> Sequence[Effect]:
        if type(event) is not Data:
            return self._other(event)
        data = event.data
        if self._held:
            data = self._held + data
            self._held = b""
        dialogue = self.dialogue
        at, size = 0, len(data)
        while at < size:
            if dialogue.over:
                self.too_late(data, at)
                break
            end = self.read_command(data, at) if self.mode == "command" else READERS[self.mode](self, data, at)
            if end < 0:
                self._held = data[at:] if at else data
                break
            at = end
        return dialogue.take()

    def _other(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        task = self._task
        if task is not None and kind is task.awaits and not (kind is TimerFired and event.name == "quiet"):  # type: ignore[attr-defined]
            return self._answered(event)
        match event:
            case Opened(tls):
                if tls is not None:
                    self.secured(tls)
                self._wind_timer()
                self.greet()
            case TimerFired("quiet"):
                self._tick()
            case Eof():
                self._ended = True
                self.end_input()
            case Closed():
                self._gone(event)
            case LimitReached(limit):
                self.hang_up("limit", limit)
            case Stopping():
                self.hang_up("stopping")
            case _:
                self.other_event(event)
        return self.dialogue.take()

    def _answered(self, event: Event) -> Sequence[Effect]:
        """What the command under way waits for has come."""
        if type(event) is Called:
            self._advance(event.result, event.error and self.failed(event.error))
        else:
            if type(event) is TlsStarted:
                self.secured(event.tls)
            self._advance(event)
        return self.go_on()

    def go_on(self) -> Sequence[Effect]:
        """Carry out what has waited, up to a command that must wait itself."""
        while self._task is None and self.waiting and not self.dialogue.over:
            line, bare = self.waiting.popleft()
            self.rest = -1
            self.take_line(line, bare=bare)
        if held := self._held:
            self._held = b""
            effects = CommandSession.handle(self, Data(held))  # whatever a protocol does to what comes has been done
        else:
            effects = self.dialogue.take()
        if self._ended and not self.dialogue.over:
            self.end_input()
            return [*effects, *self.dialogue.take()]
        return effects

    # Input.

    def read_command(self, data: bytes, at: int) -> int:
        """Read one command from `at`. Returns the offset behind it, or -1 if more must come."""
        if data[at] == TLS_RECORD and is_hello(data[at : at + HELLO_SIZE]):
            return self._refuse_tls(data)
        end = data.find(b"\n", at)
        if end < 0:
            if self._may_go_on(data, at):
                return -1
            self.mode = "skip"
            self.dialogue.faults = ()
            self.overlong(data[at:])
            return len(data)
        self.rest = len(data) - end - 1
        self._quiet = 0
        if end > at and data[end - 1] == 13:
            self.take_line(data[at : end - 1], bare=False)
        else:
            self.take_line(data[at:end], bare=True)
        return end + 1

    def _refuse_tls(self, data: bytes) -> int:
        self.dialogue.find(UNEXPECTED_TLS.id)
        self.hang_up("tls")
        return len(data)

    def _may_go_on(self, data: bytes, at: int) -> bool:
        """Whether the line from `at` on, whose end has not come, may still be short enough."""
        return len(data) - at <= self.line_limit + data.endswith(b"\r")  # which may be the first half of its end

    def _skip_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        if end < 0:
            return len(data)
        self.mode = "command" if self._task is None else self._task.mode
        self.rest = len(data) - end - 1
        self.overlong_ended(bare=data[end - 1 : end] != b"\r")
        return end + 1

    def _read_input(self, data: bytes, at: int) -> int:
        """Read what the command under way waits for."""
        task = self._task
        if task is None or (awaited := task.input) is None:
            return -1
        end = awaited.read(data, at, self.line_limit)
        if end >= 0:
            self._quiet = 0
        if awaited.over:
            if awaited.conceals is not None:
                self.dialogue.effect(Conceal(*awaited.conceals))
            if awaited.cut:
                self.mode = "skip"
            self._advance(awaited.value)
        return end

    def _read_beside(self, data: bytes, at: int) -> int:
        """Hold what comes while a command waits for an event, or take its lines."""
        if not self.reads_beside:
            if len(data) - at > MOST_HELD:
                self.hang_up("crowded")
                return len(data)
            return -1
        if data[at] == TLS_RECORD and is_hello(data[at : at + HELLO_SIZE]):
            return self._refuse_tls(data)
        end = data.find(b"\n", at)
        if end < 0:
            if self._may_go_on(data, at):
                return -1
            self.mode = "skip"
            self.overlong(data[at:])
            return len(data)
        self.rest = len(data) - end - 1
        bare = not (end > at and data[end - 1] == 13)
        self.take_beside(data[at : end if bare else end - 1], bare=bare)
        return end + 1

    def take_beside(self, line: bytes, *, bare: bool) -> None:
        """Act on a line that comes while a command is under way, or let it wait."""
        if not self.beside(line, bare=bare):
            self.wait(line, bare=bare)

    def wait(self, line: bytes, *, bare: bool, first: bool = False) -> None:
        """Let a line wait for the command under way. first: before those that wait already."""
        if self.waiting is None:
            self.waiting = deque()
        if len(self.waiting) >= MOST_WAITING:
            self.hang_up("crowded")
        elif first:
            self.waiting.appendleft((line, bare))
        else:
            self.waiting.append((line, bare))

    def _drop_input(self, data: bytes, _at: int) -> int:
        return len(data)

    # A command.

    def take_line(self, line: bytes, *, bare: bool) -> None:
        """Carry out the command of a line, or begin to."""
        dialogue = self.dialogue
        dialogue.faults = ()
        try:
            spoken = self.parse(line, bare=bare)
            answer = None if spoken is None else self.carry_out(spoken)
        except self.expected as raised:
            dialogue.refuse(line, raised if isinstance(raised, Refused) else self.refusal(raised))
        else:
            if spoken is None or answer is None:
                return
            if type(answer) is GeneratorType:
                self._task = Task(answer, spoken, line)  # `begin`, without a call
                self._advance()
            else:
                dialogue.reply(spoken.name, spoken.shown, answer)

    def carry_out(self, spoken: Spoken) -> Any:
        """Return what a command is answered with: a reply, steps, or None. Raises: those of `expected`."""
        faults = self.context.world.faults
        if faults.planned or faults.by_client:
            planned, spoken = self.plan(spoken)
            if planned is not None:
                return self.instead(spoken, planned)
        dialogue = self.dialogue
        row = self.table.find(spoken.verb, spoken.argument, dialogue.state, dialogue.has)
        return row.function(getattr(self, row.part) if row.part else self, spoken.text)

    def carry_out_beside(self, line: bytes, *, bare: bool) -> None:
        """Carry out a command that need not wait, while another is under way."""
        task, mode, faults = self._task, self.mode, self.dialogue.faults
        self._task = None
        self.take_line(line, bare=bare)
        self.drop_task()
        self._task, self.mode, self.dialogue.faults = task, mode, faults

    def begin(self, steps: Steps, spoken: Spoken, line: bytes = b"") -> None:
        """Carry out steps, up to the first that must wait."""
        self._task = Task(steps, spoken, line)
        self._advance()

    def _advance(self, value: Any = None, error: Exception | None = None) -> None:
        """Go on with the command under way, which is given what it waited for."""
        task, dialogue = self._task, self.dialogue
        if task is None:
            return
        task.awaits = task.input = None
        while True:
            try:
                asked = task.steps.throw(error) if error is not None else task.steps.send(value)
            except StopIteration as end:
                self._finish()
                if end.value is not None:
                    dialogue.reply(task.spoken.name, task.spoken.shown, end.value)
                return
            except self.expected as raised:
                self._finish()
                dialogue.refuse(task.line, raised if isinstance(raised, Refused) else self.refusal(raised))
                return
            finally:
                value = error = None  # an error knows this frame: a circle, which only the collector would find
            if dialogue.over:
                self.drop_task()
                return
            if not isinstance(asked, Input):
                if callable(asked) and not self.blocks():
                    value, error = attempt(asked)
                    continue
                self._ask(task, asked if isinstance(asked, Effect) else self._off_reactor(asked))
            elif asked.over:
                continue  # nothing has to come
            else:
                task.input = asked
                task.mode = "input"
            if self.mode != "skip":
                self.mode = task.mode
            return

    def _ask(self, task: Task, asked: Effect) -> None:
        self.dialogue.effect(asked)
        while isinstance(asked, Misbehave):
            asked = asked.effects[0]
        task.awaits = ANSWERS[type(asked)]
        task.mode = "busy"
        if task.awaits is TlsStarted:
            task.mode = "tls"
            if self.injection and (self.rest > 0 or self._held or self.waiting):
                self.dialogue.find(self.injection, task.spoken.verb)
            self._held = b""
            self.waiting = None

    def _off_reactor(self, work: Callable[[], Any]) -> Call:
        made: list[Any] = []

        def keep() -> Any:
            made.append(work())
            return made[0]

        def then() -> None:
            if self.dialogue.over:
                self.discard(made[0])

        return Call(keep, then)

    def _finish(self) -> None:
        self._task = None
        if self.mode != "skip":
            self.mode = "command"

    def drop_task(self) -> None:
        """Leave the command under way where it is."""
        task, self._task = self._task, None
        if task is not None:
            task.steps.close()
            self.dialogue.faults = ()
            self.mode = "command"

    # Time and ends.

    def _wind_timer(self) -> None:
        if seconds := self.timeout():
            self.dialogue.effects.append(SetTimer("quiet", seconds / TICKS))

    def _tick(self) -> None:
        if self.dialogue.over:
            return
        self._quiet += self.mode != "busy"  # a client that must wait may be silent
        if self._quiet < TICKS:
            self._wind_timer()
            return
        if finding := self.unfinished(ended=False):
            self.dialogue.find(finding)
        self.hang_up("silence")

    def hang_up(self, ending: Ending, limit: str = "") -> None:
        """Say the last word, whatever is under way."""
        dialogue = self.dialogue
        if dialogue.over:
            return
        reply = self.last_word(ending, limit)
        if self._task is not None and self._task.awaits is not Called:
            self.drop_task()
        dialogue.faults = ()
        dialogue.reply("", "", reply)

    def end_input(self) -> None:
        """The client has shut its side: what is under way is done, and answered."""
        awaits = None if self._task is None else self._task.awaits
        if awaits not in (None, TlsStarted) or self.waiting or self.dialogue.over:
            return
        self.find_unfinished()
        self.drop_task()
        self.dialogue.over = True

    def _gone(self, event: Event) -> None:
        if is_broken(event) and not self.dialogue.over:
            self.find_unfinished()
        self.dialogue.end()
        self.drop_task()
        self.waiting = None
        self._held = b""
        self.leave()


def attempt(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Return what work has returned, and what it has raised."""
    try:
        return work(), None
    except Exception as error:
        return None, error


READERS: dict[Mode, Callable[[CommandSession, bytes, int], int]] = {
    "skip": CommandSession._skip_line,  # noqa: SLF001
    "input": CommandSession._read_input,  # noqa: SLF001
    "busy": CommandSession._read_beside,  # noqa: SLF001
    "tls": CommandSession._drop_input,  # noqa: SLF001
}
