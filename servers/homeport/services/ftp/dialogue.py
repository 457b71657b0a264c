"""How a server-FTP listens: lines, what waits and what does not, time-outs, the end.

While a command is under way others wait in their order (RFC 959 5.4 has clients wait for replies); only ABOR and STAT
are obeyed while data moves (RFC 1123 4.1.3.3). What the commands mean is in the classes that build on this one:

    Speaker < Carrier < Dialogue < Access, Securing, Directories
                                   Directories < Attributes < Digests
                                   Directories < Channels < Transferring < Listing < Information
"""

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence

from homeport.protocol.effects import Close, CloseData, Conceal, Effect, Log, Send, SetTimer, StartTls, StopTls
from homeport.protocol.events import (
    Closed,
    Data,
    DataOpened,
    DataSafe,
    Eof,
    Event,
    LimitReached,
    Opened,
    Stopping,
    TimerFired,
    TlsStarted,
)
from homeport.protocol.foreign import find_hello
from homeport.protocol.lines import Line, LineBuffer
from homeport.protocol.rules import UNEXPECTED_TLS
from homeport.protocol.session import Context, is_broken
from homeport.services.ftp.carrying import Carrier
from homeport.services.ftp.replies import Reply
from homeport.services.ftp.telnet import TelnetFilter

MOST_WAITING = 256
"""Commands that may wait for the one under way."""
TICKS = 4
"""The time-out is counted in quarters, so that no timer is touched for each command; it is late by one at most."""
SYNCH = {"IP", "DM", "IAC"}
"""What RFC 1123 4.1.2.12 lets clients send: Interrupt Process and the Synch, whose DM may have been lost as urgent."""


class Dialogue(Carrier):
    """One control connection."""

    __slots__ = ("_ended", "_lines", "_quiet", "_quitting", "_synch", "_telnet", "_waiting")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._telnet = TelnetFilter()
        self._lines = LineBuffer(self.options.max_line)
        self._waiting: deque[Line] | None = None
        self._quiet = 0  # quarters of the time-out in which nothing came
        self._synch = False  # Telnet's IP or Synch came since the command before
        self._ended = False  # the client has shut its side
        self._quitting = False  # it has said QUIT

    # What the protocol says.

    @abstractmethod
    def greet(self) -> None:
        """Say the first word."""

    @abstractmethod
    def begin_anew(self) -> None:
        """Forget everything but the wrong passwords."""

    @abstractmethod
    def log_out(self) -> None:
        """Whoever is logged in is so no longer."""

    @abstractmethod
    def answer_markers(self) -> None:
        """Answer the restart markers that have come."""

    # Events.

    def handle(self, event: Event) -> Sequence[Effect]:
        self._effects = []
        kind = type(event)
        if kind is Data:
            self._received(event.data)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
        elif self._running is not None and kind is self._running.awaits and not is_other_timer(event):
            self.answered(event)
            self._go_on()
        else:
            self._other(event)
        effects, self._effects = self._effects, []
        if self._mode == "over" and not self._closed:
            self._closed = True
            effects.append(Close())
        return effects

    def _other(self, event: Event) -> None:
        match event:
            case Opened(tls):
                self.tls = tls
                self._wind_timer()
                self.greet()
            case TlsStarted(tls):
                self.tls = tls
                self._mode = "open"
                self._telnet = TelnetFilter()
                self._lines = LineBuffer(self.options.max_line)
            case DataOpened():
                self._quiet = 0
            case DataSafe():
                self.answer_markers()
            case TimerFired("quiet"):
                self._tick()
            case Eof():
                self._ended = True
                self._go_on()
            case Closed():
                self._gone(event)
            case LimitReached(limit):
                self._hang_up(f"the limit of this connection is reached ({limit})")
            case Stopping():
                self._hang_up("service shutting down, closing control connection")

    # Lines.

    def _received(self, data: bytes) -> None:
        self._quiet = 0
        if self._mode != "open":
            if self._quitting:
                self._quitting = False  # said once
                self.find("data-after-quit", data)
            return
        # Before Telnet is taken out: a ClientHello has octets of 0xFF.
        hello = find_hello(self._lines.begun, data)
        if hello < 0:
            self._take_octets(data)
            return
        if hello > 0:
            self._take_octets(data[:hello])
        if self._mode == "open":
            self.find(UNEXPECTED_TLS.id)
            self._hang_up("this is TLS where a command belongs: connect to ftp.tls, or send AUTH TLS first (RFC 4217)")

    def _take_octets(self, data: bytes) -> None:
        skipped = 0
        if self._telnet.passes(data):
            if (only := self._lines.only(data)) is not None:
                self._conceal(only, 0)
                self._arrived(only)
                return
        else:
            size = len(data)
            data = self._hear_telnet(data)
            skipped = size - len(data)
        self._lines.feed(data)
        while self._mode == "open" and (line := self._lines.take()) is not None:
            self._conceal(line, skipped)
            self._arrived(line)

    def _hear_telnet(self, data: bytes) -> bytes:
        """Telnet's commands are taken out, its options refused (RFC 1123 4.1.2.12)."""
        heard = self._telnet.feed(data)
        if heard.answers:
            self._effects.append(Send(heard.answers))
        for command in heard.commands:
            if command.name in SYNCH:
                self._synch = True
            else:
                finding = "telnet-negotiation" if command.negotiates else "telnet-command"
                self.find(finding, command.name.encode())
        return heard.data

    def _conceal(self, line: Line, skipped: int) -> None:
        """A password is a secret, whatever becomes of the command. skipped: octets that were Telnet's."""
        size = len(line.content) - 5
        if size > 0 and line.content[:5].upper() in (b"PASS ", b"ACCT "):
            end = 1 if line.bare_lf else 2
            self._effects.append(Conceal(size + skipped, after=len(self._lines) + end))

    def _arrived(self, line: Line) -> None:
        synch, self._synch = self._synch, False
        if self._running is None:
            self.carry_out(line)
        elif self.transfer is None:
            self._wait(line)
        elif line.content.rstrip(b" ").upper() == b"ABOR":
            if not synch:
                self.find("abort-without-synch", line.content)
            # `DataDone` follows, and with it the transfer's 426; then ABOR gets its own reply (RFC 959 4.1.3).
            self._wait(line, first=True)
            self._effects.append(CloseData())
        elif line.content.upper() == b"STAT":
            self._stat_beside(line)
        else:
            self.find("command-during-transfer", line.content)
            self._wait(line)

    def _stat_beside(self, line: Line) -> None:
        """Carry STAT out while a transfer is under way."""
        running, self._running = self._running, None
        self.carry_out(line)
        self._running = running

    def _wait(self, line: Line, *, first: bool = False) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= MOST_WAITING:
            self._hang_up("too many commands at once: wait for the replies (RFC 959 5.4)")
        elif first:
            self._waiting.appendleft(line)
        else:
            self._waiting.append(line)

    def _go_on(self) -> None:
        """Carry out what waited, up to a command that must wait itself."""
        while self._running is None and self._mode == "open" and self._waiting:
            self.carry_out(self._waiting.popleft())
        if self._ended and self._running is None and self._mode == "open":
            self._find_no_quit()
            self._effects.append(CloseData())
            self._mode = "over"

    def start_tls(self) -> None:
        """Begin TLS: what the client has sent before is forgotten (RFC 4217 4)."""
        self._effects.append(StartTls())
        self._mode = "tls"
        if len(self._lines) or self._waiting:
            self.find("tls-injection", b"AUTH")
        self._waiting = None

    def end_tls(self) -> None:
        """End TLS, and go on in the clear."""
        self._effects.append(StopTls())
        self.tls = None

    def quit_now(self) -> None:
        """The client has said QUIT."""
        self._quitting = True

    # Time and ends.

    def _wind_timer(self) -> None:
        if self.options.timeout:
            self._effects.append(SetTimer("quiet", self.options.timeout / TICKS))

    def _tick(self) -> None:
        if self._mode == "over":
            return
        self._quiet = self._quiet + 1 if self.transfer is None else 0  # RFC 1123 4.1.3.2
        if self._quiet < TICKS:
            self._wind_timer()
        else:
            self._hang_up(f"silent for {self.options.timeout:.0f} seconds; connect again (RFC 1123 4.1.3.2)")

    def _hang_up(self, text: str) -> None:
        """Say 421 and close, whatever is under way (RFC 959 5.4)."""
        if self._mode == "over":
            return
        self.drop_command()
        self._effects.append(Log("command", {"verb": "", "argument": "", "code": "421"}))
        self.say(Reply(421, f"{self.options.host_name} {text}", closes=True))

    def _find_no_quit(self) -> None:
        """The client closes without a word; one that has only looked whether somebody is there breaks no rule."""
        if self.state.login.account is not None:
            self.find("no-quit")

    def _gone(self, event: Event) -> None:
        if is_broken(event) and self._mode != "over":
            self._find_no_quit()
        self._mode = "over"
        self._closed = True
        self._waiting = None
        self.drop_command()
        self.log_out()


def is_other_timer(event: Event) -> bool:
    """Whether a timer has run out that no command waits for."""
    return type(event) is TimerFired and event.name != "login"
