"""The engine of command protocols: splits input into lines, dispatches commands, sends replies, times out, closes.

The docstring of the package, `homeport.protocol`, describes how to build a protocol on it. The loop in `handle` and
`_advance` is one function each on purpose: a call per command costs more than the command's own work.
"""

import re
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from types import GeneratorType
from typing import Any, ClassVar, Literal

from homeport.protocol.addresses import address_text
from homeport.protocol.commands import CommandRefused, CommandTable, ParsedCommand
from homeport.protocol.dialogue import SHOWN, Dialogue, Refused
from homeport.protocol.effects import Call, CancelTimer, Conceal, Effect, Misbehave, SetTimer
from homeport.protocol.events import (
    Called,
    Closed,
    Data,
    Eof,
    Event,
    LimitReached,
    Opened,
    Stopping,
    TalkedEarly,
    TimerFired,
    Tls,
    TlsStarted,
)
from homeport.protocol.foreign import HELLO_SIZE, find_http, is_hello
from homeport.protocol.place import OPEN_END
from homeport.protocol.plaintext import safe
from homeport.protocol.rules import ENGINE_RULES, HTTP_REQUEST, UNEXPECTED_TLS
from homeport.protocol.secrets import LOGIN_WORD, MASKED, SecretLines, secret_start
from homeport.protocol.session import Context, Session, is_broken
from homeport.protocol.waiting import ANSWERS, ENDING_BYTES, Input, Mode, NextLine, Steps, Task
from homeport.world.journal import printable

Ending = Literal["silence", "line", "limit", "stopping", "crowded", "tls", "http"]
"""Reason for a closing reply that no command asked for; `tls`, `http`: a ClientHello, or a line of HTTP, came where a
command is expected; `line`: the end of a line did not come in time."""
TLS_RECORD = 0x16
"""First byte of a ClientHello (RFC 8446 5.1); no command begins with it."""
IAC = 0xFF
"""First byte of a Telnet command (RFC 854)."""
TIMERS = ("quiet", "line")
"""Timers of the engine; those of other names belong to commands."""
TICKS = 4
"""Ticks per timeout.

Counting ticks avoids resetting a timer for each command; a timeout is late by one tick at most.
"""
TURN_BYTES = 512
"""Input of commands per turn: some eighty of the shortest ones, a millisecond or two of work."""
MAX_HELD_BYTES = 1 << 16
"""Limit of input buffered while a command runs."""
MAX_WAITING = 256
"""Limit of lines queued while a command runs, with `reads_while_waiting`."""


class CommandSession(Session):
    """One connection of a command protocol."""

    __slots__ = (
        "_ended",
        "_held",
        "_line_ended",
        "_line_open",
        "_quiet",
        "_task",
        "_unparsed",
        "dialogue",
        "late",
        "mode",
        "rest",
        "skipped",
        "waiting",
    )

    engine_rules = ENGINE_RULES
    table: ClassVar[CommandTable]
    line_limit: int = 512
    """Limit of a line in bytes, without its end. A session class whose limit is an option makes it a slot."""
    command_turn_bytes: ClassVar[int] = TURN_BYTES
    """Limit of the input that is processed per turn where commands are read."""
    reads_while_waiting: ClassVar[bool] = False
    """True if lines are read while a command waits for an event."""
    login_word: ClassVar[re.Pattern[bytes]] = LOGIN_WORD
    """The beginning of a line that may have a secret."""
    injection: ClassVar[str] = ""
    """Finding for input that was pipelined after a command that starts TLS; empty for none."""
    expected: ClassVar[tuple[type[Exception], ...]] = (Refused, CommandRefused)
    """Exceptions that a command may raise: `Refused`, and others that `refusal` converts into one."""

    def __init__(self, context: Context, dialogue: Dialogue) -> None:
        super().__init__(context)
        self.dialogue = dialogue
        self.mode: Mode = "command"
        self.rest = 0
        """Bytes that arrived in the same read after the current line; -1: the line was queued earlier."""
        self.late = ""
        """Finding for input after the closing reply, reported once; empty for none."""
        self.skipped = b""
        """The last bytes of the latest overlong line."""
        self.waiting: deque[tuple[bytes, bool, int, int]] | None = None
        """Lines queued while a command runs, each with True if it ended in LF alone, its end and its size."""
        self._held = b""
        self._quiet = 0  # ticks without input
        self._ended = False  # the client has half-closed
        self._task: Task | None = None
        self._line_open = False  # a line has begun, and its timer runs
        self._line_ended = False  # a line has ended since then
        self._unparsed: SecretLines | None = None

    def __repr__(self) -> str:
        more = self.details()
        state = "over" if self.dialogue.over else self.dialogue.state
        peer = address_text(self.context.peer)
        return f"<{type(self).__name__} {state} {peer}{' ' if more else ''}{more}>"

    # Hooks that a protocol overrides.

    @abstractmethod
    def greet(self) -> None:
        """Send the greeting."""

    @abstractmethod
    def refusal(self, error: Any) -> Refused:
        """Convert an exception of `expected` into the reply and finding that refuse the command."""

    @abstractmethod
    def closing_reply(self, ending: Ending, limit: str) -> Any:
        """Return the closing reply, or None. limit: name of the limit that was reached, if `ending` is `limit`."""

    def parse(self, line: bytes, *, bare: bool) -> ParsedCommand | None:  # noqa: ARG002 - for those who override it
        """Parse a line; return None if it was handled here. bare: True if it ended in LF alone. Raises: Refused."""
        if len(line) > self.line_limit:
            self.overlong(line)
            return None
        verb, _, argument = line.partition(b" ")
        text = shown = safe(printable(argument))
        name = verb.upper()
        if LOGIN_WORD.match(line):
            masked, _, rest = self.dialogue.mask(line).partition(b" ")
            name, shown = masked.upper(), safe(printable(rest))
        return ParsedCommand(name, argument, printable(name)[:SHOWN], text, shown)

    def timeout(self) -> float:
        """Return the idle timeout in seconds in the current state; 0 for none."""
        return 0

    def refuse(self, line: bytes, refused: Refused) -> None:
        """Refuse a line that could not be parsed or dispatched."""
        self.dialogue.refuse(line, refused)

    def overlong(self, begun: bytes) -> None:
        """Refuse a line longer than `line_limit`, as soon as that is known. begun: the bytes received so far."""
        self.dialogue.refuse(begun[:SHOWN], self.refusal(CommandRefused("")))

    def overlong_ended(self, *, bare: bool) -> None:
        """Handle the end of a line that `overlong` refused."""

    def instead(self, _command: ParsedCommand, planned: Any) -> Any:
        """Return the planned reply that replaces a command, or steps that end in it."""
        return planned

    def plan(self, command: ParsedCommand) -> tuple[Any, ParsedCommand]:
        """Return the planned reply to a command, or None, and the command without a fault that its client asked for."""
        return self.dialogue.plan(command.name, command.text), command

    def handle_while_waiting(self, _line: bytes, *, bare: bool) -> bool:  # noqa: ARG002 - for those who override it
        """Handle a line that arrives while a command runs; return False to queue it."""
        return False

    def secured(self, tls: Tls) -> None:
        """Handle the end of a TLS handshake."""

    def handle_other_event(self, event: Event) -> None:
        """Handle an event that neither the engine nor a waiting command consumes."""

    def unfinished(self, *, ended: bool) -> str:  # noqa: ARG002 - for those who override it
        """Return the finding for a timeout (if `ended`: for the end of input) in the current state; empty for none."""
        return ""

    def report_unfinished(self) -> None:
        """Report the finding for the end of the input, or for a broken connection, in the current state."""
        if finding := self.unfinished(ended=True):
            self.dialogue.report(finding)

    def report_early(self, data: bytes) -> None:
        """Report input before the greeting. data: its beginning."""
        self.dialogue.report(self.early, data.partition(b"\n")[0].rstrip(b"\r"))

    def input_after_close(self, data: bytes, at: int) -> None:
        """Handle input after the closing reply. at: its offset in `data`."""
        if self.late:
            self.dialogue.report(self.late, data[at:])
            self.late = ""

    def log_out(self) -> None:
        """End the login: the closing reply is sent, or the connection is closed. Called once or more.

        The connection may stay open until the client closes its side.
        """

    def leave(self) -> None:
        """Release resources: the connection is closed."""

    def blocks(self) -> bool:
        """Return True if functions that commands yield may block, so that they run in a thread."""
        return False

    def failed(self, error: Exception) -> Exception:
        """Return the exception that `yield` raises for an error of work that ran in a thread."""
        return error

    def discard(self, made: Any) -> None:
        """Release the result of work that finished after the connection had closed."""

    def details(self) -> str:
        """Return the text that `repr` adds to state and peer."""
        return ""

    # Events.

    @property
    def turn_bytes(self) -> int:
        task = self._task
        content = self.mode == "input" and task is not None and not isinstance(task.input, NextLine)
        return 0 if content else self.command_turn_bytes

    @property
    def awaits_rest(self) -> bool:
        return self.mode == "input" or bool(self._held)

    def content_size(self, data: bytes) -> int:
        awaited = self._task.input if self._task is not None else None
        return len(data) if awaited is None else awaited.size_in(data)

    def handle(self, event: Event) -> Sequence[Effect]:
        if type(event) is not Data:
            return self._other(event)
        data = event.data
        dialogue = self.dialogue
        dialogue.received += len(data)
        if self._held:
            data = self._held + data
            self._held = b""
        at, size = 0, len(data)
        while at < size:
            if dialogue.over:
                if dialogue.login_open:
                    self.conceal(size - at, 0)
                    self.input_after_close(MASKED, 0)
                else:
                    self._conceal_unparsed(data, at)
                    self.input_after_close(data, at)
                break
            mode = self.mode
            if mode == "command" or mode == "busy":
                if dialogue.wary or self.login_word.match(data, at):
                    self._conceal_line(data, at)
            elif mode != "input":
                self._conceal_unparsed(data, at, line_only=mode == "skip")
            end = self.read_command(data, at) if mode == "command" else READERS[mode](self, data, at)
            if end < 0:
                self._held = data[at:] if at else data
                if mode == "input" and self._awaits_secret():
                    self.conceal(len(self._held), 0)
                break
            if self.mode == "skip" and mode != "skip":
                secret = mode == "input" or self.secret_start(data[at:]) >= 0
                self._unparsed = SecretLines(data[at:], inside=secret, find=self.find_secret)
            at = end
        self._time_line()
        return self._end_turn()

    # Secrets.

    @staticmethod
    def find_secret(line: bytes) -> int:
        """Return the offset of the secret in a line as `secret_start`, whatever the state of the session is."""
        return secret_start(line)

    def secret_start(self, line: bytes) -> int:
        """Return the offset of the secret in a line, which may be unfinished; -1 if there is none."""
        return self.find_secret(line)

    def conceal(self, size: int, after: int) -> None:
        """Have the journal mask `size` bytes of the input; `after` more have been received after them."""
        self.dialogue.effect(Conceal(size, after))

    def _conceal_line(self, data: bytes, at: int) -> None:
        """Conceal the secret of the line from `at` on before it is parsed, so that no error can expose it."""
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end - (end > at and data[end - 1] == 13)
        start = self.secret_start(data[at:stop])
        if start >= 0:
            self.conceal(stop - at - start, len(data) - stop)

    def _conceal_unparsed(self, data: bytes, at: int, *, line_only: bool = False) -> None:
        """Conceal the secrets of input that no command will be parsed from."""
        if self._unparsed is None:
            self._unparsed = SecretLines(find=self.find_secret)
        end = data.find(b"\n", at) + 1 if line_only else 0
        stop = end or len(data)
        for size, after in self._unparsed.feed(data[at:stop]):
            self.conceal(size, after + len(data) - stop)

    def _conceal_held(self) -> None:
        """Conceal the secrets of buffered input, which will not be parsed any more."""
        if self._held and self.mode != "input":
            if self.dialogue.wary:
                self.conceal(len(self._held), 0)
            else:
                self._conceal_unparsed(self._held, 0)

    def _awaits_secret(self) -> bool:
        return self._task is not None and isinstance(self._task.input, NextLine) and self._task.input.secret

    def _other(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        task = self._task
        if task is not None and kind is task.awaits and not (kind is TimerFired and event.name in TIMERS):  # type: ignore[attr-defined]
            return self._answered(event)
        self.dialogue.line_size *= task is not None  # otherwise the event is about no line
        match event:
            case Opened(tls):
                if tls is not None:
                    self.secured(tls)
                self._wind_timer()
                self.greet()
            case TimerFired("quiet"):
                self._tick()
            case TimerFired("line"):
                if self._line_open:
                    self.hang_up("line")
            case Eof():
                self._ended = True
                self.end_input()
            case Closed():
                self._gone(event)
            case TalkedEarly(data):
                self._report_early(data)
            case LimitReached(limit):
                self.hang_up("limit", limit)
            case Stopping():
                self.hang_up("stopping")
            case _:
                self.handle_other_event(event)
        return self._end_turn()

    def _end_turn(self) -> Sequence[Effect]:
        effects = self.dialogue.take()
        if self.dialogue.over and self._task is None:
            self.log_out()
        return effects

    def _report_early(self, data: bytes) -> None:
        """Report a client that did not wait for the greeting; not one that gave up waiting, or speaks another protocol.

        A ClientHello and HTTP have findings of their own; Telnet options are no commands.
        """
        line, end, _rest = data.partition(b"\n")
        line = line.rstrip(b"\r")
        limit = self.line_limit if end else len(line) - 1  # without its end it is the beginning of a longer line
        if data[0] not in (TLS_RECORD, IAC) and line.upper() != b"QUIT" and not find_http(line, limit):
            self.report_early(data)

    def _answered(self, event: Event) -> Sequence[Effect]:
        """Resume the current command with the event that it waits for."""
        if type(event) is Called:
            self._advance(event.result, event.error and self.failed(event.error))
        else:
            if type(event) is TlsStarted:
                self.secured(event.tls)
            self._advance(event)
        return self.go_on()

    def go_on(self) -> Sequence[Effect]:
        """Dispatch queued lines and buffered input, up to a command that must wait."""
        while self._task is None and self.waiting and not self.dialogue.over:
            line, bare, self.dialogue.line_end, self.dialogue.line_size = self.waiting.popleft()
            self.rest = -1
            self.dispatch_line(line, bare=bare)
        if held := self._held:
            self._held = b""
            self.dialogue.received -= len(held)
            # not `self.handle`: an override has processed these bytes
            effects = CommandSession.handle(self, Data(held))
        else:
            effects = self._end_turn()
        if self._ended and not self.dialogue.over:
            self.end_input()
            return [*effects, *self._end_turn()]
        return effects

    # Input.

    def read_command(self, data: bytes, at: int) -> int:
        """Read one command from `at`. Return the offset after it, or -1 if it is incomplete."""
        if data[at] == TLS_RECORD and is_hello(data[at : at + HELLO_SIZE]):
            return self._refuse_tls(data, at)
        end = data.find(b"\n", at)
        if end < 0:
            if self._may_go_on(data, at):
                return -1
            if http := find_http(data[at:], self.line_limit):
                return self._refuse_http(http, len(data))
            self.mode = "skip"
            self.skipped = data[at:][-ENDING_BYTES:]
            self.dialogue.faults = ()
            self._mark(data, at, len(data))
            self.overlong(data[at:])
            return len(data)
        bare = not (end > at and data[end - 1] == 13)
        line = data[at : end if bare else end - 1]
        if http := find_http(line, self.line_limit):
            self._mark(data, at, end + 1)
            return self._refuse_http(http, end + 1)
        self.rest = rest = len(data) - end - 1
        dialogue = self.dialogue
        dialogue.line_end = dialogue.received - rest
        dialogue.line_size = end + 1 - at
        self._quiet = 0
        self._line_ended = True
        self.dispatch_line(line, bare=bare)
        return end + 1

    def _mark(self, data: bytes, at: int, end: int) -> None:
        """Make the bytes from `at` to `end` the current line, which findings and records are about."""
        dialogue = self.dialogue
        dialogue.line_end = dialogue.received - len(data) + end
        dialogue.line_size = end - at

    def _refuse_tls(self, data: bytes, at: int) -> int:
        self._mark(data, at, len(data))
        self.dialogue.report(UNEXPECTED_TLS.id)
        self.hang_up("tls")
        return len(data)

    def _refuse_http(self, shown: bytes, after: int) -> int:
        """End the session at a line of HTTP: a browser's request body would follow, and must not be obeyed.

        Return `after`, the offset after that line: the rest is discarded as input after the close, secrets concealed.
        """
        self.dialogue.report(HTTP_REQUEST.id, shown)
        self.hang_up("http")
        return after

    def _may_go_on(self, data: bytes, at: int) -> bool:
        """Return True if the incomplete line from `at` on may still fit into `line_limit`."""
        return len(data) - at <= self.line_limit + data.endswith(b"\r")  # a final CR may belong to the line end

    def _skip_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        self.skipped = (self.skipped + data[at : end if end >= 0 else len(data)])[-ENDING_BYTES:]
        if end < 0:
            return len(data)
        self.mode = "command" if self._task is None else self._task.mode
        self._line_ended = True
        self.rest = len(data) - end - 1
        self.overlong_ended(bare=data[end - 1 : end] != b"\r")
        return end + 1

    def _read_input(self, data: bytes, at: int) -> int:
        """Feed the input that the current command waits for."""
        task = self._task
        if task is None or (awaited := task.input) is None:
            return -1
        end = awaited.read(data, at, self.line_limit)
        if end >= 0:
            self._quiet = 0
        if isinstance(awaited, NextLine) and awaited.over and (http := find_http(awaited.value, self.line_limit)):
            return self._refuse_http(http, end)
        if awaited.over:
            self._line_ended = True
            if task.line_end == OPEN_END:
                task.line_end = self.dialogue.received - len(data) + end
                task.line_size -= OPEN_END - task.line_end
            if awaited.conceals is not None:
                self.dialogue.effect(Conceal(*awaited.conceals))
            if awaited.cut:
                self.mode = "skip"
                self.skipped = data[at:][-ENDING_BYTES:]
            self._advance(awaited.value)
        return end

    def _read_beside(self, data: bytes, at: int) -> int:
        """Buffer input while a command waits for an event; with `reads_while_waiting`, dispatch its lines."""
        if not self.reads_while_waiting:
            if len(data) - at > MAX_HELD_BYTES:
                self._conceal_unparsed(data, at)
                self.hang_up("crowded")
                return len(data)
            return -1
        if data[at] == TLS_RECORD and is_hello(data[at : at + HELLO_SIZE]):
            return self._refuse_tls(data, at)
        end = data.find(b"\n", at)
        if end < 0:
            if self._may_go_on(data, at):
                return -1
            if http := find_http(data[at:], self.line_limit):
                return self._refuse_http(http, len(data))
            self.mode = "skip"
            self._mark(data, at, len(data))
            self.overlong(data[at:])
            return len(data)
        bare = not (end > at and data[end - 1] == 13)
        line = data[at : end if bare else end - 1]
        self._mark(data, at, end + 1)
        if http := find_http(line, self.line_limit):
            return self._refuse_http(http, end + 1)
        self.rest = len(data) - end - 1
        self._line_ended = True
        self.dispatch_while_waiting(line, bare=bare)
        return end + 1

    def dispatch_while_waiting(self, line: bytes, *, bare: bool) -> None:
        """Handle a line that arrives while a command runs, or queue it."""
        if not self.handle_while_waiting(line, bare=bare):
            self.wait(line, bare=bare)

    def wait(self, line: bytes, *, bare: bool, first: bool = False) -> None:
        """Queue a line until the current command ends. first: put it at the front of the queue."""
        if self.waiting is None:
            self.waiting = deque()
        if len(self.waiting) >= MAX_WAITING:
            self.hang_up("crowded")
        elif first:
            self.waiting.appendleft((line, bare, self.dialogue.line_end, self.dialogue.line_size))
        else:
            self.waiting.append((line, bare, self.dialogue.line_end, self.dialogue.line_size))

    def _drop_input(self, data: bytes, _at: int) -> int:
        return len(data)

    # A command.

    def dispatch_line(self, line: bytes, *, bare: bool) -> None:
        """Parse a line and dispatch its command."""
        dialogue = self.dialogue
        dialogue.faults = ()
        try:
            command = self.parse(line, bare=bare)
            answer = None if command is None else self.dispatch_command(command)
        except self.expected as raised:
            self.refuse(line, raised if isinstance(raised, Refused) else self.refusal(raised))
        else:
            if command is None or answer is None:
                return
            if type(answer) is GeneratorType:
                self._task = Task(answer, command, line, dialogue.line_end, dialogue.line_size)
                self._advance()
            else:
                dialogue.reply(command.name, command.shown, answer)

    def dispatch_command(self, command: ParsedCommand) -> Any:
        """Dispatch a command. Return its reply, its steps, or None. Raises: those of `expected`."""
        faults = self.context.world.faults
        if faults.planned or faults.by_client:
            planned, command = self.plan(command)
            if planned is not None:
                return self.instead(command, planned)
        dialogue = self.dialogue
        row = self.table.find(command.verb, command.argument, dialogue.state, dialogue.has)
        return row.function(getattr(self, row.part) if row.part else self, command.text)

    def dispatch_concurrently(self, line: bytes, *, bare: bool) -> None:
        """Dispatch a command at once, while another is suspended."""
        task, mode, faults = self._task, self.mode, self.dialogue.faults
        self._task = None
        self.dispatch_line(line, bare=bare)
        self.drop_task()
        self._task, self.mode, self.dialogue.faults = task, mode, faults

    def begin(self, steps: Steps, command: ParsedCommand, line: bytes = b"") -> None:
        """Run steps as the current command, up to the first that must wait."""
        self._task = Task(steps, command, line, self.dialogue.line_end, self.dialogue.line_size)
        self._advance()

    def _advance(self, value: Any = None, error: Exception | None = None) -> None:
        """Resume the current command with a value, or with an exception."""
        task, dialogue = self._task, self.dialogue
        if task is None:
            return
        task.awaits = task.input = None
        dialogue.line_end, dialogue.line_size = task.line_end, task.line_size
        while True:
            try:
                asked = task.steps.throw(error) if error is not None else task.steps.send(value)
            except StopIteration as end:
                self._finish()
                if end.value is not None:
                    dialogue.reply(task.command.name, task.command.shown, end.value)
                return
            except self.expected as raised:
                self._finish()
                dialogue.refuse(task.line, raised if isinstance(raised, Refused) else self.refusal(raised))
                return
            finally:
                value = error = None  # an exception refers to this frame: avoid a reference cycle
            if dialogue.over:
                self.drop_task()
                return
            if not isinstance(asked, Input):
                if callable(asked) and not self.blocks():
                    value, error = attempt(asked)
                    continue
                self._ask(task, asked if isinstance(asked, Effect) else self._off_reactor(asked))
            elif asked.over:
                continue  # an empty input is complete
            else:
                task.input = asked
                task.mode = "input"
                if not isinstance(asked, NextLine):
                    # What follows the line, such as a message, is what findings are about now.
                    task.line_end, task.line_size = OPEN_END, OPEN_END - task.line_end
                    dialogue.line_end, dialogue.line_size = task.line_end, task.line_size
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
                self.dialogue.report(self.injection, task.command.verb)
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
        """Abandon the current command."""
        task, self._task = self._task, None
        if task is not None:
            task.steps.close()
            self.dialogue.faults = ()
            self.mode = "command"

    # Time and ends.

    def _time_line(self) -> None:
        """Start the timer of a line that has begun in this turn and not ended; cancel that of one that has ended.

        A client that sends a byte now and then is never idle, so idle timeouts do not end it.
        """
        if not self._held and self.mode != "skip" and not self._line_open:
            return  # nearly always: lines come whole
        dialogue = self.dialogue
        begun = not dialogue.over and (self.mode == "skip" or (bool(self._held) and self._reads_lines()))
        if begun and (self._line_ended or not self._line_open):
            if self.context.line_timeout_s:
                dialogue.effects.append(SetTimer("line", self.context.line_timeout_s))
        elif self._line_open and not begun:
            dialogue.effects.append(CancelTimer("line"))
        self._line_open, self._line_ended = begun, False

    def _reads_lines(self) -> bool:
        """Return True if held input is the beginning of a line, not content, and waits for the client alone."""
        if self.mode == "busy":
            return self.reads_while_waiting
        return self.mode == "command" or (self._task is not None and isinstance(self._task.input, NextLine))

    def _wind_timer(self) -> None:
        if seconds := self.timeout():
            self.dialogue.effects.append(SetTimer("quiet", seconds / TICKS))

    def _tick(self) -> None:
        if self.dialogue.over:
            return
        self._quiet += self.mode != "busy"  # a client that waits for a reply is not idle
        if self._quiet < TICKS:
            self._wind_timer()
            return
        if finding := self.unfinished(ended=False):
            self.dialogue.report(finding)
        self.hang_up("silence")

    def hang_up(self, ending: Ending, limit: str = "") -> None:
        """Send the closing reply for that reason, and abandon the current command."""
        dialogue = self.dialogue
        if dialogue.over:
            return
        reply = self.closing_reply(ending, limit)
        if self._task is not None and self._task.awaits is not Called:
            self.drop_task()
        dialogue.faults = ()
        dialogue.reply("", "", reply)

    def end_input(self) -> None:
        """Close after the client's half-close, once the current command has been answered."""
        awaits = None if self._task is None else self._task.awaits
        if awaits not in (None, TlsStarted) or self.waiting or self.dialogue.over:
            return
        self._conceal_held()
        self.report_unfinished()
        self.drop_task()
        self.dialogue.over = True

    def _gone(self, event: Event) -> None:
        if is_broken(event) and not self.dialogue.over:
            self.report_unfinished()
        self._conceal_held()
        self.dialogue.end()
        self.drop_task()
        self.waiting = None
        self._held = b""
        self.log_out()
        self.leave()


def attempt(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Call `work`. Return its result and None, or None and its exception."""
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
