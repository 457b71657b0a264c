"""The terminal between the network and a program: line ends, line discipline, type-ahead, echo, encoding, secrets."""

import re
from collections import deque
from collections.abc import Mapping

import msgspec

from homeport.protocol.dialogue import SHOWN
from homeport.protocol.effects import Call, Conceal, ConcealSent, Effect, Log, SetTimer
from homeport.protocol.fault_names import nearest_fault_name, parse_fault_name
from homeport.protocol.faults import Do
from homeport.protocol.foreign import find_http
from homeport.protocol.plaintext import safe
from homeport.protocol.telnet import (
    BINARY,
    ECHO,
    END_OF_RECORD,
    EOR,
    GA,
    IAC,
    SGA,
    TIMING_MARK,
    WILL,
    doubled,
    negotiation,
    option_name,
)
from homeport.services.telnet import spoiling
from homeport.services.telnet.client import Client
from homeport.services.telnet.dialogue import TelnetDialogue
from homeport.services.telnet.discipline import ACTS, BELL, Act, Discipline
from homeport.services.telnet.negotiating import NO, Negotiator
from homeport.services.telnet.output import Output
from homeport.services.telnet.program import Program
from homeport.world.faults import Fault

LINE_ENDS = re.compile(rb"[\r\n\0]")
GO_AHEAD, RECORD_END = bytes((IAC, GA)), bytes((IAC, EOR))
TIMING_MARKED = negotiation(WILL, TIMING_MARK)
DEFAULT_WIDTH, DEFAULT_HEIGHT = 80, 24
MAX_AHEAD = 8192
"""Characters that are typed ahead; more are dropped, with a bell."""
OFF_SIDES = {"us": "server", "him": "client"}


class TelnetTerminal:
    """The terminal of one connection (`program.Terminal`)."""

    __slots__ = (
        "_after_cr",
        "_ahead",
        "_call",
        "_calling",
        "_dialogue",
        "_discipline",
        "_echo",
        "_line_begin",
        "_line_end",
        "_options",
        "_output",
        "_prompted",
        "_reported",
        "_secret",
        "_took_line",
        "busy",
        "client",
        "closing",
        "context",
        "echoes_anyway",
        "program",
        "raw",
        "transparent",
    )

    def __init__(self, dialogue: TelnetDialogue, output: Output, options: Negotiator, client: Client) -> None:
        self.context = dialogue.context
        self.client = client
        self.program: Program | None = None
        self.raw = False
        self.transparent = False
        self.echoes_anyway = False
        self.busy = False
        self.closing = False
        """True if the connection ends once the output is sent."""
        self._dialogue = dialogue
        self._output = output
        self._options = options
        self._discipline = Discipline(dialogue.options.max_line)
        self._echo = True
        self._ahead: deque[str] | None = None  # typed while the program was busy; "" is a timing mark
        self._after_cr = False
        self._call: Call | None = None  # to be executed at the end of the turn
        self._calling = False
        self._secret = True  # there was no login yet: what is typed ahead may be a password
        self._took_line = False
        self._reported: tuple[str, ...] = ()  # findings about the current line
        self._prompted = False  # the program has written since the last go-ahead
        self._line_begin = self._line_end = 0  # offsets of the current line in the input of the connection

    # What the client has told.

    @property
    def width(self) -> int:
        return self.client.width or DEFAULT_WIDTH

    @property
    def height(self) -> int:
        return self.client.height or DEFAULT_HEIGHT

    @property
    def terminal_type(self) -> str:
        return self.client.terminal_type

    @property
    def environment(self) -> Mapping[str, str]:
        return self.client.environment

    @property
    def speed(self) -> str:
        return self.client.speed

    @property
    def location(self) -> str:
        return self.client.location or self.client.display

    @property
    def charset(self) -> str:
        return self.client.charsets.out

    @property
    def options(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for (side, option), state in sorted(self._options.states.items()):
            if state == 1:
                name = option_name(option)
                found[name] = "both" if name in found else OFF_SIDES[side]
        return found

    # What a program does.

    @property
    def echo(self) -> bool:
        return self._echo

    @echo.setter
    def echo(self, wanted: bool) -> None:
        if wanted == self._echo:
            return
        self._echo = wanted
        if self.edits_locally:
            (self._options.end if wanted else self._options.ask)("us", ECHO)

    @property
    def edits_locally(self) -> bool:
        """True if the client echoes, so that ECHO is the server's only while a secret is typed."""
        return self._dialogue.options.mode == "line" or self.client.linemode is not None

    def write(self, text: str) -> None:
        if not text:
            return
        misbehaves = self._dialogue.misbehaves
        if "prompt-garbled" in misbehaves:
            text = spoiling.garble(text)
        data = self._encode(text)
        if "eight-bit" in misbehaves:
            data = spoiling.set_high_bits(data)
        self._prompted = True
        self._output.text(data)

    def write_bytes(self, data: bytes) -> None:
        self._prompted = True
        self._output.text(doubled(data))

    def await_output(self) -> None:
        self._output.awaited = True

    def perform(self, effect: Effect) -> None:
        if isinstance(effect, Call):
            assert self._call is None, "a program has one Call at a time"  # noqa: S101
            self._call = effect
            self._calling = True
        else:
            self._dialogue.effect(effect)

    def conceal(self) -> None:
        received = self._dialogue.received
        if self._line_end > self._line_begin:
            self._dialogue.effect(Conceal(self._line_end - self._line_begin, received - self._line_end))

    def run(self, program: Program) -> None:
        self.raw = self.transparent = self.busy = self.echoes_anyway = False
        self.echo = True
        self._output.awaited = False
        self.program = program
        program.start()

    def refresh(self) -> None:
        if self._echo and not self.raw:
            self._output.text(self._encode(self._discipline.shown))

    def logged_in(self) -> None:
        self._secret = False

    def take_fault(self, word: str) -> bool:
        return self._dialogue.take_line_fault(word)

    def close(self) -> None:
        self.closing = True

    def ask_for_fault(self, name: str) -> str:
        faults = self.context.world.faults
        if name in spoiling.WORDS:
            for fault in faults.asked_for(self.context, Do(frame=name)):
                self.misbehave(fault)
            return ""
        do = parse_fault_name(name)
        if do is None or do.frame is not msgspec.UNSET or do.reply is not msgspec.UNSET:
            return f"there is no fault {name[:40]!r}; {nearest_fault_name(name, spoiling.WORDS)}"
        self._dialogue.ask_for_fault(do)
        return ""

    def misbehave(self, fault: Fault) -> None:
        """Let a fault act until the end of the connection, and do at once what it does at once."""
        match self._dialogue.misbehave(fault):
            case "option-storm":
                self._output.command(spoiling.STORM)
            case "half-sb":
                self._output.command(spoiling.HALF_SB)
            case "commands":
                self._output.command(spoiling.ALL_COMMANDS)
            case "synch":
                self._output.synch()
            case "prompt-late":
                self._output.hold()
                self._dialogue.effect(SetTimer("telnet-late", spoiling.PROMPT_DELAY_S))
            case "logout-soon":
                self._dialogue.effect(SetTimer("telnet-logout", spoiling.LOGOUT_S))

    # What the session does.

    @property
    def blocked(self) -> bool:
        """True if lines are kept for later."""
        return self.busy or self._calling or self.closing

    @property
    def waits_for_nothing(self) -> bool:
        """True if all that was typed has been handled, and the program waits for a line."""
        return not self.blocked and not self._ahead

    @property
    def took_line(self) -> bool:
        """True if the client has sent a line: it is no scanner."""
        return self._took_line

    def type(self, data: bytes, size: int, after: int) -> None:
        """Take text, without Telnet's commands. size: bytes that it had; after: bytes of this input behind it."""
        if self.program is None:
            return
        self.program.typed()
        if not self._echo and size != len(data):
            self._dialogue.effect(Conceal(size, after))
        if self.transparent and not self.blocked:
            self.program.take_bytes(data)
            return
        if not (data.isascii() or self.client.charsets.eight_bit_in):
            self._report_once("eight-bit-in-nvt")
            if self._dialogue.options.is_strict:
                data = bytes(byte & 0x7F for byte in data)  # RFC 1123 3.4.1: parity
        at, whole = 0, len(data)
        while at < whole:
            found = LINE_ENDS.search(data, at)
            stop = whole if found is None else found.start()
            if stop > at:
                self._end_cr()
                self._type_piece(data[at:stop], after + whole - stop)
            if found is not None:
                self._type_end(data[stop], after + whole - stop - 1)
            at = stop + 1
            if not self._echo and not self._calling and self._secret and data[at:].strip(b"\n\0") and found is not None:
                self._report_once("password-before-prompt")

    def timing_mark(self) -> None:
        """Answer DO TIMING-MARK once all that was typed before it has been handled (RFC 860)."""
        if self.waits_for_nothing or self.program is None:
            self._output.command(TIMING_MARKED)
        elif self._ahead is None or len(self._ahead) < MAX_AHEAD:
            self._keep("")

    def interrupt(self) -> None:
        """Handle IP, BRK or ^C: what was typed ahead and what was written and not sent is dropped."""
        if self.program is None:
            return
        if self._ahead:
            marks = sum(not one for one in self._ahead)
            self._ahead.clear()
            for _mark in range(marks):
                self._output.command(TIMING_MARKED)
        self._discipline.take()
        self._release()
        if not self._output.empty:
            self._output.abort()
            self._output.synch()  # RFC 1123 3.2.4: a server may
        self.program.interrupt()

    def abort_output(self) -> None:
        """Handle AO or ^O."""
        self._output.abort()
        self._output.synch()  # RFC 1123 3.2.4
        self._release()
        if self.program is not None:
            self.program.abort_output()

    def erase(self) -> None:
        """Handle EC."""
        self._edit("\x7f")

    def kill(self) -> None:
        """Handle EL."""
        self._edit("\x15")

    def end_of_input(self) -> None:
        """Handle the client's half-close, or EOF."""
        if self.program is not None and not self.closing:
            self._deliver_rest()
            self.program.end_of_input()

    def called(self) -> None:
        """Note the end of a `Call`, before the program gets its event."""
        self._calling = False

    def timer(self, name: str) -> None:
        """Handle a timer of the engine's own."""
        if name == "telnet-late":
            self._release()
        elif name == "telnet-logout":
            self._output.text(b"\r\nlogged out\r\n")
            self.close()

    def go_on(self) -> None:
        """Deliver what was typed ahead, while the program takes it."""
        while self._ahead and not self.blocked:
            if char := self._ahead.popleft():
                self._type(char)
            else:
                self._output.command(TIMING_MARKED)
        if self._ahead is not None and not self._ahead:
            self._ahead = None

    def end_turn(self) -> Call | None:
        """Give the turn to the client where the program waits for input; return the call to be executed last."""
        if self._prompted and not self.blocked and not self._ahead:
            self._prompted = False
            if self._options.on("us", END_OF_RECORD):
                self._output.command(RECORD_END)  # RFC 885
            refused = self._dialogue.options.go_ahead and self._options.state("us", SGA) == NO
            if refused or "send-go-ahead" in self._dialogue.misbehaves:
                self._output.command(GO_AHEAD)
        call, self._call = self._call, None
        return call

    # Typed characters.

    def _report_once(self, finding: str) -> None:
        """Report a finding once per line; of input that may be a secret nothing is shown."""
        if finding not in self._reported:
            self._reported = (*self._reported, finding)
            self._dialogue.report(finding)

    def _end_cr(self) -> None:
        if self._after_cr:
            self._after_cr = False
            if not self._options.on("him", BINARY):
                self._dialogue.report("bare-cr", b"\r")

    def _type_end(self, code: int, after: int) -> None:
        """Take CR, LF or NUL. CR LF and CR NUL end a line once, and at the CR (RFC 1123 3.3.1): some send CR alone."""
        if code != 13 and self._after_cr:
            self._after_cr = False
            return
        self._end_cr()
        if code == 0:
            if self.raw and not self.blocked:
                self._type("\0")
            return
        if code == 13:
            self._after_cr = True
        elif not self._options.on("him", BINARY):
            self._dialogue.report("bare-lf", b"\n")
            if self._dialogue.options.is_strict:
                return
        end = self._dialogue.received - after
        self._line_end = end - 1
        self._line_begin = min(self._line_begin, self._line_end)
        self._type("\n")
        self._reported = ()
        self._line_begin = end + 1 if code == 13 else end

    def _type_piece(self, piece: bytes, after: int) -> None:
        self._line_end = self._dialogue.received - after
        self._line_begin = min(self._line_begin, self._line_end - len(piece))
        if not self._echo or (self._secret and self.blocked):
            self._dialogue.effect(Conceal(len(piece), after))
        for char in self.client.charsets.decode(piece):
            self._type(char)

    def _type(self, char: str) -> None:
        """Take a character."""
        act = ACTS.get(char)
        if self.blocked and act is None:
            self._keep(char)
            return
        if self.program is None:
            return
        if self.raw and act is None:
            self.program.take_key(char)
            return
        echoed, act = self._discipline.type(char)
        self._repeat(echoed)
        self._act(act)

    def _act(self, act: Act) -> None:
        match act:
            case "line":
                self._take_line(self._discipline.take())
            case "interrupt":
                self.interrupt()
            case "abort":
                self.abort_output()
            case "end":
                assert self.program is not None  # noqa: S101 - a character was typed
                self.program.end_of_input()
            case "stop":
                self._output.hold()
            case "resume":
                self._release()
            case "full":
                self._dialogue.report("line-too-long")

    def _take_line(self, line: str) -> None:
        assert self.program is not None  # noqa: S101 - a line was typed
        self._took_line = True
        self._release()
        dialogue = self._dialogue
        if self._secret and find_http(line.encode(), dialogue.options.max_line):
            dialogue.report("http-request", line.encode()[:SHOWN])
            self.close()
            return
        if not self._echo:
            if "login-hangs" in dialogue.misbehaves:
                self.busy = True
                return
            lasting = dialogue.at_command("SECRET")
        else:
            lasting = dialogue.at_command("LINE", line)
        assert not lasting  # noqa: S101 - they begin with the connection
        if not self._secret and self._echo:
            dialogue.effects.append(Log("command", {"verb": "LINE", "argument": safe(line)[:1000], "code": ""}))
        self.program.take_line(line)

    def _repeat(self, echoed: str) -> None:
        """Echo, if the client lets us (RFC 857)."""
        if not echoed or not (self.echoes_anyway or self._options.on("us", ECHO)):
            return
        misbehaves = self._dialogue.misbehaves
        if not self._echo and "no-echo-off" in misbehaves and echoed != "\n":
            secret = self._encode(echoed)
            self._dialogue.effect(ConcealSent(secret))
            self._output.text(secret)
        elif self._echo or echoed == "\n":
            data = self._encode(echoed)
            self._output.text(data * 2 if "wrong-echo" in misbehaves and echoed != "\n" else data)

    def _edit(self, char: str) -> None:
        if self.blocked:
            self._keep(char)
        elif self.program is not None and self.raw:
            self.program.take_key(char)
        else:
            self._repeat(self._discipline.type(char)[0])

    def _keep(self, char: str) -> None:
        """Keep a character for later."""
        if self._ahead is None:
            self._ahead = deque()
        if len(self._ahead) < MAX_AHEAD:
            self._ahead.append(char)
        elif self._options.on("us", ECHO):
            self._output.text(BELL.encode())

    def _deliver_rest(self) -> None:
        """Deliver the line that the end of the input has left without its end."""
        if self._discipline.line and not self.blocked and not self.raw:
            self._take_line(self._discipline.take())

    def _release(self) -> None:
        """Resume output that ^S, or a fault, has stopped."""
        if self._output.held:
            self._output.release()

    def _encode(self, text: str) -> bytes:
        """Return text as NVT, or under BINARY: a line ends with CR LF, another CR is followed by NUL (RFC 854)."""
        text = text.replace("\r\n", "\n")
        if "\r" in text and not self._options.on("us", BINARY):
            text = text.replace("\r", "\r\0")
        return doubled(self.client.charsets.encode(text.replace("\n", "\r\n")))
