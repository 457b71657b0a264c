"""The Telnet session: it parses the input, negotiates, obeys commands, and gives text to the terminal.

input ─► Parser ─┬─ text ─────────────► TelnetTerminal ─► Program
                 ├─ negotiations ─────► Negotiator ─┐         │
                 ├─ subnegotiations ──► Client ─────┼► Output ┴► effects
                 └─ IP, AO, AYT, ...
"""

from collections.abc import Callable, Sequence

from homeport.protocol.effects import Conceal, Effect, Log
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
    UrgentPending,
    Writable,
)
from homeport.protocol.foreign import HELLO_SIZE, is_hello
from homeport.protocol.session import Context, Session
from homeport.protocol.telnet import (
    ABORT,
    AO,
    AYT,
    BINARY,
    BRK,
    COMMANDS,
    DM,
    DO,
    DONT,
    EC,
    ECHO,
    EL,
    END_OF_RECORD,
    EOF,
    EOR,
    GA,
    IP,
    LINEMODE,
    LOGOUT,
    NEW_ENVIRON,
    OLD_ENVIRON,
    SGA,
    SUSP,
    TIMING_MARK,
    WILL,
    WONT,
    negotiation,
    option_name,
)
from homeport.services.telnet.client import Client
from homeport.services.telnet.dialogue import TelnetDialogue
from homeport.services.telnet.front import first_program
from homeport.services.telnet.negotiating import Negotiator, Outcome, Side
from homeport.services.telnet.options import NUMBERS, OURS, THEIRS
from homeport.services.telnet.output import Output
from homeport.services.telnet.parsing import Command, Negotiation, Parser, Subnegotiation, Text, Token, Wrong
from homeport.services.telnet.program import Program, Terminal
from homeport.services.telnet.spoiling import DUMB_ANSWERS
from homeport.services.telnet.terminal import TelnetTerminal

ANSWER_TO_AYT = b"\r\n[Yes]\r\n"
TURN_BYTES = 1024
"""Input per turn of the reactor: each line may be a command of the shell."""
MAX_DIALOGUES = 8
"""Dialogues in each other of a program; one that goes on after that many ends of its input is closed."""
LOOP = 16
"""Requests for a state in force after which the client is in a loop."""
TLS_RECORD = 0x16
SIDES = {"us": "server", "him": "client"}
GOODBYES = {
    "limit": b"\r\nThis connection has reached its limit.\r\n",
    "stopping": b"\r\nThe server is shutting down.\r\n",
}


class Telnet(Session):
    """One connection."""

    __slots__ = (
        "_again",
        "_ended",
        "_first",
        "_half_closed",
        "_interrupted",
        "_mark_ahead",
        "_mark_asked",
        "_options",
        "_output",
        "_parser",
        "_saw_mark",
        "_synching",
        "_urgent",
        "dialogue",
        "terminal",
    )

    heeds_urgent = True
    first: Callable[[Terminal], Program] = staticmethod(first_program)
    """Makes the program that a connection begins with."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.dialogue = TelnetDialogue(context)
        self._output = Output(self.dialogue)
        self._options = Negotiator(self._output.command, supporter(self.dialogue))
        self._parser = Parser()
        self.terminal = TelnetTerminal(
            self.dialogue, self._output, self._options, Client(self.dialogue, self._output, self._options)
        )
        self._first: bytes | None = b""  # the first bytes, until they are known to be no ClientHello
        self._again = 0  # requests for a state in force
        self._ended = False  # the end of the input is to be told to the program
        self._half_closed = False  # the client has half-closed
        self._interrupted = False  # IP was the last thing that came
        self._mark_asked = False  # our DO TIMING-MARK is not answered
        self._synching = False  # text is discarded up to DM (RFC 854)
        self._urgent = False  # urgent data was pending at this input
        self._mark_ahead = False  # this input ends before its mark
        self._saw_mark = False  # a DM came before it

    @property
    def turn_bytes(self) -> int:
        return TURN_BYTES

    def handle(self, event: Event) -> Sequence[Effect]:
        match event:
            case Data(data):
                self._read(data)
            case Writable():
                if self._output.writable() and self.terminal.program is not None:
                    self.terminal.program.output_sent()
            case UrgentPending(at_mark):
                self._synching = self._urgent = True
                self._mark_ahead = not at_mark
            case Opened():
                self._open()
            case Eof():
                self._ended = self._half_closed = True
            case TimerFired(name) if name.startswith("telnet-"):
                self.terminal.timer(name)
            case LimitReached() | Stopping():
                self._output.abort()
                self.dialogue.say(GOODBYES["stopping" if isinstance(event, Stopping) else "limit"])
                self.dialogue.over = True
            case Closed():
                self._close()
                return self.dialogue.take()
            case _:
                if isinstance(event, Called):
                    self.terminal.called()
                if self.terminal.program is not None:
                    self.terminal.program.handle(event)
        return self._end_turn()

    def _open(self) -> None:
        """Negotiate, and start the program at once: no round trip passes before its prompt (RFC 1123 3.3.4)."""
        lasting = self.dialogue.at_command("CONNECT")
        for fault in lasting:
            self.terminal.misbehave(fault)
        if "refuse-all" not in self.dialogue.misbehaves:
            self._negotiate_first()
        self.terminal.run(self.first(self.terminal))

    def _negotiate_first(self) -> None:
        options, settings = self._options, self.dialogue.options
        options.ask("us", SGA)  # RFC 1123 3.2.2
        if settings.mode == "character" and "ECHO" not in settings.without:
            options.ask("us", ECHO)
        if settings.eight_bit:
            options.ask("us", BINARY)
            options.ask("him", BINARY)
        for name in settings.ask:
            if name in settings.without:
                continue
            if name == "TM":
                self._mark_asked = True
                self._output.command(negotiation(DO, TIMING_MARK))
            else:
                options.ask("him", NUMBERS[name])

    def _end_turn(self) -> Sequence[Effect]:
        dialogue, terminal = self.dialogue, self.terminal
        terminal.go_on()
        self._tell_end()
        if terminal.client.resized:
            terminal.client.resized = False
            if terminal.program is not None:
                terminal.program.window_changed()
        call = terminal.end_turn()
        self._output.end_turn()
        if terminal.closing and self._output.empty:
            dialogue.over = True
        effects = dialogue.take()
        if call is not None:
            effects.append(call)
        return effects

    def _tell_end(self) -> None:
        """Tell the program that its input has ended, once it has all that was typed.

        After a half-close each dialogue of it is told, the inner ones first: no more input can come for any.
        """
        terminal = self.terminal
        told = 0
        while self._ended and terminal.waits_for_nothing and not self._output.awaited:
            self._ended = self._half_closed and not terminal.closing
            told += 1
            if told > MAX_DIALOGUES:
                terminal.close()
            else:
                terminal.end_of_input()

    def _close(self) -> None:
        program, self.terminal.program = self.terminal.program, None  # ends the cycle of references
        if self.terminal.took_line:
            for name in self.terminal.client.unkept():
                self.dialogue.report("option-not-kept", name.encode())
            if self._mark_asked:
                self.dialogue.report("no-timing-mark")
        if program is not None:
            program.closed()
        self.dialogue.end()

    # Input.

    def _read(self, data: bytes) -> None:
        dialogue = self.dialogue
        dialogue.received += len(data)
        if self._first is not None:
            data = self._first + data
            if len(data) < HELLO_SIZE and data[0] == TLS_RECORD:
                self._first = data
                return
            self._first = None
            if is_hello(data):
                dialogue.report("unexpected-tls", data[:HELLO_SIZE])
                self.terminal.close()
        if not self._urgent:
            self._mark_ahead = False
        self._urgent = False
        for token in self._parser.feed(data):
            if dialogue.over or self.terminal.closing:
                if not self.terminal.echo or not self.terminal.took_line:
                    dialogue.effect(Conceal(len(data), 0))
                break
            self._take(token)

    def _take(self, token: Token) -> None:
        if self._interrupted and isinstance(token, Text):
            # RFC 1123 3.2.4: IP, then DM; AO, or DO TIMING-MARK, may stand between.
            self._interrupted = False
            self.dialogue.report("ip-without-synch")
        match token:
            case Text(data, size, after):
                self._take_text(data, size, after)
            case Command(code):
                self._obey(code)
            case Negotiation(verb, option):
                self._negotiate(verb, option)
            case Subnegotiation(option, parameters):
                self.terminal.client.take(option, parameters)
                self._log_client(option)
                if option in (NEW_ENVIRON, OLD_ENVIRON) and self.terminal.program is not None:
                    self.terminal.program.environment_changed()
            case Wrong(rule, data):
                self.dialogue.report(rule, data)

    def _take_text(self, data: bytes, size: int, after: int) -> None:
        if self._synching:
            if self._saw_mark and not self._mark_ahead:
                self._synching = self._saw_mark = False  # the mark was not at a DM, but behind one
            else:
                if not self.terminal.echo:
                    self.dialogue.effect(Conceal(size, after))
                return
        self.terminal.type(data, size, after)

    # Commands.

    def _obey(self, code: int) -> None:
        """Obey a command, or ignore it (RFC 1123 3.2.3)."""
        terminal = self.terminal
        if code == DM:
            self._mark()
            return
        if code in HELD_TO_OPTIONS and not self._options.on("him", HELD_TO_OPTIONS[code]):
            self.dialogue.report("unknown-command", COMMANDS[code].encode())
            return
        if code == GA:
            if self._options.on("him", SGA):
                self.dialogue.report("go-ahead")
            return
        if code in LOGGED:
            self.dialogue.effects.append(Log("command", {"verb": COMMANDS[code], "argument": "", "code": ""}))
            for fault in self.dialogue.at_command(COMMANDS[code]):
                terminal.misbehave(fault)
        if code == IP:
            self._interrupted = True
        if code == EOF:
            self._ended = True
        elif code == AYT:
            self._are_you_there()
        elif (act := ACTS.get(code)) is not None:
            act(terminal)

    def _are_you_there(self) -> None:
        if "ayt-unanswered" not in self.dialogue.misbehaves:
            self._output.text(ANSWER_TO_AYT)
            self.terminal.refresh()

    def _mark(self) -> None:
        """Handle DM: the end of a Synch if its mark is not ahead; else it does nothing (RFC 854)."""
        self._interrupted = False
        if self._synching:
            if self._mark_ahead:
                self._saw_mark = True
            else:
                self._synching = self._saw_mark = False

    # Options.

    def _negotiate(self, verb: int, option: int) -> None:
        if option == TIMING_MARK:
            self._take_timing_mark(verb)
            return
        side, outcome = self._options.receive(verb, option)
        if "option-loop" in self.dialogue.misbehaves and outcome in ("again", "on", "off", "refused"):
            self._output.command(negotiation(DUMB_ANSWERS[verb], option))
        match outcome:
            case "again":
                self._count_again(verb, option)
            case "answers-refusal":
                self.dialogue.report("dont-answered-dont", bytes((0xFF, verb, option)))
            case "on" | "off" | "refused":
                self._switched(side, option, outcome)

    def _switched(self, side: Side, option: int, outcome: Outcome) -> None:
        """Handle a change of an option, or its refusal."""
        fields = {"option": option_name(option), "side": SIDES[side], "state": outcome}
        self.dialogue.effects.append(Log("option", fields))
        if outcome != "on":
            if option == SGA:
                self.dialogue.report("refused-sga")
            if option == LINEMODE and side == "him":
                self.terminal.client.linemode = None
            return
        self.terminal.client.switched_on(side, option)
        if side == "us" and option == LOGOUT:
            self.terminal.close()  # RFC 727
        elif side == "him" and option == LINEMODE and self.terminal.echo:
            self._options.end("us", ECHO)  # RFC 1184: the client echoes

    def _count_again(self, verb: int, option: int) -> None:
        self.dialogue.report("answers-own-state", bytes((0xFF, verb, option)))
        self._again += 1
        if self._again == LOOP:
            self.dialogue.report("negotiation-loop", bytes((0xFF, verb, option)))

    def _take_timing_mark(self, verb: int) -> None:
        """Handle TIMING-MARK, which is no state: each DO is answered (RFC 860)."""
        if verb == DO:
            if "TM" in self.dialogue.options.without:
                self._output.command(negotiation(WONT, TIMING_MARK))
            elif "no-timing-mark" not in self.dialogue.misbehaves:
                self.terminal.timing_mark()
        elif verb in (WILL, WONT):
            if verb == WILL and not self._mark_asked:
                self._output.command(negotiation(DONT, TIMING_MARK))
            self._mark_asked = False

    def _log_client(self, option: int) -> None:
        """Journal what the client has told, for tests that wait for it."""
        told = self.terminal
        values = {
            "TTYPE": told.terminal_type, "NAWS": f"{told.client.width}x{told.client.height}", "TSPEED": told.speed,
            "XDISPLOC": told.client.display, "SNDLOC": told.client.location,
            "CHARSET": told.charset,
        }  # fmt: skip
        name = option_name(option)
        if value := values.get(name, ""):
            self.dialogue.effects.append(Log("option", {"option": name, "side": "client", "state": value}))


LOGGED = frozenset((IP, AO, AYT, BRK, EC, EL, ABORT, SUSP, EOF, GA))
"""Commands that the journal has, so that tests can wait for them."""
ACTS: dict[int, Callable[[TelnetTerminal], None]] = {
    IP: TelnetTerminal.interrupt,
    BRK: TelnetTerminal.interrupt,
    ABORT: TelnetTerminal.interrupt,
    SUSP: TelnetTerminal.interrupt,
    AO: TelnetTerminal.abort_output,
    EC: TelnetTerminal.erase,
    EL: TelnetTerminal.kill,
}
"""Effects of commands on the terminal."""
HELD_TO_OPTIONS = {EOF: LINEMODE, SUSP: LINEMODE, ABORT: LINEMODE, EOR: END_OF_RECORD}
"""Commands that belong to an option."""


def supporter(dialogue: TelnetDialogue) -> Callable[[Side, int], bool]:
    """Return the function that says whether the client may switch on an option."""
    without = frozenset(NUMBERS[name] for name in dialogue.options.without)

    def supports(side: Side, option: int) -> bool:
        if "refuse-all" in dialogue.misbehaves:
            return False
        return option in (OURS if side == "us" else THEIRS) and option not in without

    return supports
