"""Programs that are written as generators: they yield what they wait for, and read as the dialogue that they hold.

    def greet(script):
        name = yield Line("Name: ")
        script.write(f"Hello {name}\\n")

What a generator yields: a `Line` or a `Key` of the user, `SENT` (its output has left), or an effect that an event
answers (`Call`, `SetTimer`). What the user does to it is raised where it waits: `Interrupted`, `OutputAborted`,
`InputEnded`; and `TimedOut` when its time is over.
"""

from collections.abc import Callable, Generator
from typing import Any

import msgspec

from homeport.protocol.effects import Call, CancelTimer, Effect, SetTimer, Watch
from homeport.protocol.events import Called, Event, Noticed, TimerFired
from homeport.services.telnet.program import Program, Terminal
from homeport.visible import visible_line

Steps = Generator[Any, Any, Any]
"""A suspended dialogue. It yields `Line`, `Key`, `SENT` or an effect."""
PAUSE = "pause"
"""Name of the timer that a dialogue waits for."""
MAX_LINES = 40
"""Lines that a dialogue takes before it waits until its output is sent."""
LIMIT = "limit"
"""Name of the timer that ends a dialogue."""


class Line(msgspec.Struct, frozen=True):
    """The user's next line.

    secret: it is a password, which is not echoed. variable: of the client's environment, whose value is the line if it
    comes before anything is typed.
    """

    prompt: str = ""
    secret: bool = False
    variable: str = ""


class Key(msgspec.Struct, frozen=True):
    """The user's next key, which is not echoed."""

    prompt: str = ""


class Sent(msgspec.Struct, frozen=True):
    """Everything that was written has been taken by the network: for output in pieces, and for turns between users."""


SENT = Sent()


class Interrupted(Exception):
    """The user has interrupted (IP, ^C)."""


class OutputAborted(Exception):
    """The user wants no more of this output (AO, ^O)."""


class InputEnded(Exception):
    """There will be no line: the user has typed ^D, or the client has half-closed."""


class TimedOut(Exception):
    """The time of `set_limit` is over."""


def pause(seconds: float) -> SetTimer:
    """Return the effect to wait for some seconds of real time."""
    return SetTimer(PAUSE, seconds)


class Script(Program):
    """A program that is a generator.

    play: makes it, with the script as its argument. When it returns, the connection is closed.
    """

    __slots__ = ("_awaits", "_lines", "_notice", "_pending", "_play", "_steps", "_typed", "on_closed", "on_typed")

    def __init__(self, terminal: Terminal, play: Callable[["Script"], Steps]) -> None:
        super().__init__(terminal)
        self._play = play
        self._steps: Steps | None = None
        self._awaits: Any = None  # what it waits for; None while it runs, and once it has ended
        self._pending: Exception | None = None  # to be raised once a `Call` is done
        self._lines = 0  # that were taken since its output was sent
        self._typed = False  # since the last prompt
        self._notice: Callable[[], str] | None = None
        self.on_typed: Callable[[], object] | None = None
        """Called when the user has typed something."""
        self.on_closed: list[Callable[[], object]] = []
        """Called at the end of the connection."""

    def write(self, text: str) -> None:
        """Write text; a line ends with LF."""
        self.terminal.write(text)

    def set_limit(self, seconds: float) -> None:
        """Raise `TimedOut` in some seconds of real time; 0: never."""
        self.terminal.perform(SetTimer(LIMIT, seconds) if seconds else CancelTimer(LIMIT))

    def watch(self, topic: str, notice: Callable[[], str]) -> None:
        """Write what `notice` returns whenever that topic of the world is published, between the user's lines."""
        self._notice = notice
        self.terminal.perform(Watch(topic))

    # What the terminal calls.

    def start(self) -> None:
        self._steps = self._play(self)
        self._resume()

    def take_line(self, line: str) -> None:
        if isinstance(self._awaits, Line):
            if self._awaits.secret:
                self.terminal.conceal()
                self.terminal.echo = True
            self._lines += 1
            self._resume(line)
        elif isinstance(self._awaits, Key):  # typed before the keys were wanted
            self._resume(line[:1] or "\n")

    def take_key(self, key: str) -> None:
        if isinstance(self._awaits, Key):
            self.terminal.raw = False
            self._resume(key)

    def interrupt(self) -> None:
        self._raise(Interrupted())

    def abort_output(self) -> None:
        if not isinstance(self._awaits, Line):
            self._raise(OutputAborted())

    def end_of_input(self) -> None:
        if isinstance(self._awaits, Line | Key):
            self._raise(InputEnded())
        else:
            self._pending = self._pending or InputEnded()

    def output_sent(self) -> None:
        self._lines = 0
        if isinstance(self._awaits, Sent):
            self._resume()
        elif isinstance(self._awaits, Line):  # see `_await_line`
            self.terminal.busy = False

    def handle(self, event: Event) -> None:
        match event:
            case Called(result, error) if isinstance(self._awaits, Call):
                pending, self._pending = self._pending, None
                self._resume(result, pending or error)
            case TimerFired(name) if name == LIMIT:
                self._raise(TimedOut())
            case TimerFired(name) if isinstance(self._awaits, SetTimer) and self._awaits.name == name:
                self._resume()
            case Noticed() if self._notice is not None:
                self._interject(self._notice())

    def environment_changed(self) -> None:
        match self._awaits:
            case Line(variable=name) if name and not self._typed and (value := self.terminal.environment.get(name)):
                self.write(f"{visible_line(value)}\n")
                self._resume(value)

    def typed(self) -> None:
        self._typed = True
        if self.on_typed is not None:
            self.on_typed()

    def closed(self) -> None:
        for close in self.on_closed:
            close()
        self.on_closed.clear()
        steps, self._steps, self._awaits = self._steps, None, None
        if steps is not None:
            steps.close()

    # How the generator goes on.

    def _raise(self, error: Exception) -> None:
        """Raise an exception in the dialogue where it waits; after a `Call`, which cannot be ended."""
        awaits = self._awaits
        if awaits is None:
            return
        if isinstance(awaits, Call):
            self._pending = error
            return
        if isinstance(awaits, SetTimer):
            self.terminal.perform(CancelTimer(awaits.name))
        self._resume(None, error)

    def _resume(self, value: Any = None, error: Exception | None = None) -> None:
        """Continue the dialogue until it waits again, or ends."""
        steps, self._awaits = self._steps, None
        if steps is None:
            return
        try:
            wanted = steps.send(value) if error is None else steps.throw(error)
        except (StopIteration, Interrupted, OutputAborted, InputEnded, TimedOut):
            self._steps = None
            self.terminal.close()
            return
        self._wait_for(wanted)

    def _wait_for(self, wanted: Any) -> None:
        terminal = self.terminal
        if isinstance(wanted, Line | Key) and self._pending is not None:
            pending, self._pending = self._pending, None
            self._awaits = wanted
            self._resume(None, pending)
            return
        match wanted:
            case Line(prompt, secret):
                terminal.raw, terminal.echo = False, not secret
                terminal.write(prompt)
                self._typed = False
                self._awaits = wanted
                self._await_line()
            case Key(prompt):
                terminal.raw = True
                terminal.write(prompt)
                self._awaits = wanted
                terminal.busy = False
            case Sent():
                self._awaits = wanted
                terminal.busy = True
                terminal.await_output()
            case Effect():
                self._awaits = wanted
                terminal.busy = True
                terminal.perform(wanted)
            case _:
                raise TypeError(f"a dialogue cannot wait for {wanted!r}")

    def _await_line(self) -> None:
        """Take a line now, or in a later turn after many: a paste of a thousand commands must not keep other
        connections waiting.
        """
        if self._lines >= MAX_LINES:
            self.terminal.busy = True
            self.terminal.await_output()
        else:
            self.terminal.busy = False

    def _interject(self, text: str) -> None:
        """Write a text that comes between, such as a message."""
        if not text:
            return
        match self._awaits:
            case Line(prompt):
                self.write(f"\n{text}{prompt}")
                self.terminal.refresh()
            case Key(prompt):
                self.write(f"\n{text}{prompt}")
            case _:
                self.write(text)
