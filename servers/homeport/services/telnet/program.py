"""The interface between the Telnet engine and what runs behind it: a login, a shell, the persona of a device.

A `Program` is sans-IO: the engine calls its methods, it calls those of its `Terminal`. Nothing of Telnet reaches it:
options, commands, line ends, the encoding, and the erasing of characters are the engine's.

A program that waits for something other than a line (the end of a `Call`, a timer, its own output) sets
`terminal.busy`: lines that are typed meanwhile are kept, as terminals do, and delivered when it is False again.
`interrupt` and `abort_output` are called at once even then. While a `Call` runs a terminal is busy by itself.

A terminal outlives its program: a login starts a shell by `terminal.run(Shell(terminal))`, and the shell's end returns
by `terminal.run(...)` to the next, or by `terminal.close()` to nothing.
"""

from collections.abc import Mapping
from typing import Protocol

from homeport.protocol.effects import Effect
from homeport.protocol.events import Event
from homeport.protocol.session import Context


class Terminal(Protocol):
    """The user's terminal, as a program sees it; the engine's session implements it."""

    context: Context
    raw: bool
    """True if the program takes keys (`take_key`) rather than lines (`take_line`), for paging and line editing. The
    engine then neither echoes nor erases."""
    transparent: bool
    """True if the program takes bytes (`take_bytes`) as they come, without line ends, line discipline, or encoding."""
    echo: bool
    """False while a secret is typed: nothing of it is echoed, and the journal masks all of it. Set it before the prompt
    is written."""
    echoes_anyway: bool
    """True to echo even to a client that refuses ECHO (RFC 857), as network devices do: libraries that automate them
    refuse every option, and wait for the echo all the same."""
    busy: bool
    """True while the program waits for something other than input; lines are kept meanwhile."""

    @property
    def width(self) -> int:
        """Columns of the window; 80 if the client has not told, or told 0 (RFC 1073)."""

    @property
    def height(self) -> int:
        """Lines of the window; 24 if the client has not told, or told 0."""

    @property
    def terminal_type(self) -> str:
        """The terminal's type in lower case, such as `xterm`; empty if the client has not told (RFC 1091)."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that the client has sent (RFC 1572, RFC 1408): at most 64, printable."""

    @property
    def speed(self) -> str:
        """Speeds as the client has told them: `38400,38400` (RFC 1079); empty if it has not."""

    @property
    def location(self) -> str:
        """The user's place, as the client has told (RFC 779), or the X display (RFC 1096); empty if it has not."""

    @property
    def charset(self) -> str:
        """The encoding in force: `US-ASCII`, `UTF-8`, `ISO-8859-1`. Other characters are written as `?`."""

    @property
    def options(self) -> Mapping[str, str]:
        """Options in force, for `stty`: by name, `server`, `client` or `both`."""

    def write(self, text: str) -> None:
        """Write text, in which `\\n` ends a line. Output that the user aborts (AO, IP) is dropped.

        Long output (more than a screen or two) belongs into pieces of at most 16 KiB with `await_output` between them.
        """

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are; only IAC is doubled."""

    def await_output(self) -> None:
        """Have the engine call `output_sent` once everything written has been taken by the network.

        Input is still read, so that `interrupt` reaches the program. Set `busy` meanwhile.
        """

    def perform(self, effect: Effect) -> None:
        """Have the driver execute an effect: `Call`, `SetTimer`, `CancelTimer`, `Watch`, `Unwatch`, `Log`,
        `ReportFinding`, `LogFault`; not `Send` or `Close`. Names of timers must not begin with `telnet-`.
        """

    def conceal(self) -> None:
        """Have the journal mask the line that is being delivered: it is, or may be, a secret. Only in `take_line`."""

    def run(self, program: "Program") -> None:
        """Replace the running program with another and start it; `raw`, `echo` and `busy` get their defaults."""

    def refresh(self) -> None:
        """Write again what the user has typed of the current line: after text that came between, such as a message."""

    def logged_in(self) -> None:
        """Tell the engine that no secret is expected any more: what is typed ahead from now on is not masked."""

    def ask_for_fault(self, name: str) -> str:
        """Let the client have the fault that it asks for by name, where `[faults] by_client` is set (`world.faults`).

        It acts on the next output, or until the connection ends. Return an error message, or nothing.
        """

    def take_fault(self, word: str) -> bool:
        """Return True if a planned fault with that word (`devices/spoiling.py`) acts on the latest line.

        It is counted then: ask once, and only where the fault can act.
        """

    def close(self) -> None:
        """End the connection once the output is sent."""


class Program:
    """A login, a shell, a device: it knows its terminal and nothing else. It defines the methods that it needs."""

    __slots__ = ("terminal",)

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def start(self) -> None:
        """Begin: write the first prompt."""

    def take_line(self, line: str) -> None:
        """Handle a line, without its end, as the user has edited it: at most `[telnet] max_line` characters."""

    def take_key(self, key: str) -> None:
        """Handle a character, where `terminal.raw` is set: the end of a line is `\\n`, erase is `\\x7f` or `\\b`."""

    def take_bytes(self, data: bytes) -> None:
        """Handle bytes, where `terminal.transparent` is set."""

    def interrupt(self) -> None:
        """Handle IP, BRK and ^C: abandon the running command, and prompt again. The line typed so far is dropped."""

    def abort_output(self) -> None:
        """Handle AO and ^O: what was written and not sent yet is gone; write no more of it, and go on."""

    def end_of_input(self) -> None:
        """Handle ^D on an empty line, EOF (RFC 1184), and the client's half-close. The default closes."""
        self.terminal.close()

    def output_sent(self) -> None:
        """Handle the end of `await_output`."""

    def handle(self, event: Event) -> None:
        """Handle an event that follows an effect of the program: `Called`, `TimerFired`, `Noticed`."""

    def window_changed(self) -> None:
        """Handle a new size of the window."""

    def environment_changed(self) -> None:
        """Handle variables that the client has sent (`terminal.environment`)."""

    def typed(self) -> None:
        """Notice that the user has typed something: idle time begins again. Called once per input."""

    def closed(self) -> None:
        """Release what the program holds: the connection is closed. Called once; nothing can be written any more."""


class Parrot(Program):
    """The simplest program: it repeats each line."""

    def start(self) -> None:
        self.terminal.logged_in()
        self.terminal.write("> ")

    def take_line(self, line: str) -> None:
        self.terminal.write(f"{line}\n> ")

    def interrupt(self) -> None:
        self.terminal.write("\n> ")
