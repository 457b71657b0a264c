"""How a receiver-SMTP listens: lines, groups of commands, time-outs, the end.

Input is read in one of several modes; what a mode cannot use yet is held, and is bounded. Replies to a group of
commands leave together (RFC 2920 3.2), in their order. What commands mean is in the classes that build on this one:

    Speaker < Dialogue < Identity (EHLO, AUTH) < Mailing (MAIL, RCPT) < Receiving (DATA, BDAT) < Smtp (the rest)
"""

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import ClassVar

from homeport.commands import CommandRefused, CommandTable
from homeport.effects import Conceal, Effect, SetTimer
from homeport.events import Closed, Data, Eof, Event, LimitReached, Opened, Stopping, TimerFired, TlsStarted
from homeport.foreign import HELLO_SIZE, is_hello
from homeport.service import UNEXPECTED_TLS
from homeport.services.smtp.replies import Refused, Reply
from homeport.services.smtp.rules import BY_ID
from homeport.services.smtp.speaking import AUTH, SHOWN, Mode, Speaker
from homeport.session import Context, is_broken

LINE_LIMIT = 512
"""Octets of a command with its end that every server takes (RFC 5321 4.5.3.1.4)."""
LONG_LINE_LIMIT = 2048
"""The same for MAIL and RCPT, whose parameters add to it: SIZE, BODY, AUTH, DSN and the others at most 1.3 KiB."""
AUTH_LINE_LIMIT = 12288
"""The same for AUTH and its responses (RFC 4954 4)."""
LONGER = {b"MAIL": LONG_LINE_LIMIT, b"RCPT": LONG_LINE_LIMIT, b"AUTH": AUTH_LINE_LIMIT}
TICKS = 4
"""A time-out is counted in quarters, so that no timer is touched for each command; it is late by one at most."""
BASE64 = re.compile(rb"[A-Za-z0-9+/]{2,}={0,2}")
CONTROL = re.compile("[\x00-\x1f\x7f]")


class Dialogue(Speaker):
    """One connection to a receiver-SMTP."""

    __slots__ = ("_held", "_quiet", "_rest", "quitting")

    table: ClassVar[CommandTable]

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._held = b""
        self._rest = 0  # octets that came in one with the command in hand, behind it
        self._quiet = 0  # quarters of a time-out in which nothing came
        self.quitting = False  # the client has said QUIT

    # What the protocol says.

    @abstractmethod
    def greet(self) -> None:
        """Say the first word."""

    @abstractmethod
    def may_group(self) -> bool:
        """Whether the client knows that commands may come in groups (PIPELINING)."""

    @abstractmethod
    def refuse_command(self, refused: CommandRefused) -> Refused:
        """What is said to a command that the table does not let through."""

    @abstractmethod
    def take_response(self, line: bytes) -> None:
        """A response of SASL."""

    @abstractmethod
    def take_data(self, data: bytes) -> int:
        """Octets of a message. Gives where it ended, or -1."""

    @abstractmethod
    def take_chunk(self, data: bytes) -> int:
        """Octets of a chunk. Gives how many belong to it."""

    @abstractmethod
    def tls_started(self, event: TlsStarted) -> None:
        """What follows is under TLS."""

    @abstractmethod
    def unfinished(self) -> str:
        """The finding that it is when the connection ends now; empty for none."""

    @abstractmethod
    def saved(self, event: Event) -> None:
        """A message is stored, or could not be."""

    @abstractmethod
    def leave(self) -> None:
        """The connection is gone: give everything back."""

    # Events.

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Data:
            data = event.data  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
            if self._held:
                data = self._held + data
                self._held = b""
            return self._read(data)
        match event:
            case Opened():
                self._opened(event)
            case TlsStarted():
                self.mode = "command"
                self.tls_started(event)
            case TimerFired():
                self._tick()
            case Eof():
                self._input_ended()
            case Closed():
                self._gone(event)
            case LimitReached(limit):
                self.hang_up("4.4.2", f"the limit of this connection is reached ({limit})")
            case Stopping():
                self.hang_up("4.3.2", "service shutting down, closing transmission channel")
            case _:
                self.saved(event)
                if self.mode != "saving":
                    held, self._held = self._held, b""
                    return self._read(held)
        return self.take_effects()

    def _opened(self, event: Opened) -> None:
        if event.tls is not None:
            self.tls_started(TlsStarted(event.tls))
        self._wind_timer()
        self.greet()

    def _read(self, data: bytes) -> Sequence[Effect]:
        at, size = 0, len(data)
        while at < size:
            end = READERS[self.mode](self, data, at)
            if end < 0:
                self._held = data[at:] if at else data
                break
            at = end
        return self.take_effects()

    # Modes.

    def _read_command(self, data: bytes, at: int) -> int:
        if data[at] == 0x16 and is_hello(data[at : at + HELLO_SIZE]):
            self._refuse_tls()
            return len(data)
        end = data.find(b"\n", at)
        if end < 0:
            if len(data) - at <= AUTH_LINE_LIMIT:
                return -1
            self.mode = "skip"
            self._faults = ()
            if data[at : at + 5].upper() == b"AUTH ":
                self.effect(Conceal(len(data) - at - 5))
            self.say_no(data[at : at + SHOWN], Refused(500, "5.5.6", TOO_LONG, "command-too-long"))
            return len(data)
        self._rest = len(data) - end - 1
        self._quiet = 0
        if end > at and data[end - 1] == 13:
            self._command(data[at : end - 1], bare=False)
        else:
            self._command(data[at:end], bare=True)
        return end + 1

    def _skip_line(self, data: bytes, at: int) -> int:
        """The rest of a line that was refused already."""
        end = data.find(b"\n", at)
        if end < 0:
            return len(data)
        self.mode = "command"
        return end + 1

    def _read_response(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        if end < 0:
            if len(data) - at <= AUTH_LINE_LIMIT:
                return -1
            self.effect(Conceal(len(data) - at))
            self.mode = "skip"
            self.take_response(data[at:])
            return len(data)
        self._rest = len(data) - end - 1
        self._quiet = 0
        line = data[at:end].removesuffix(b"\r")
        self.effect(Conceal(len(line), after=len(data) - at - len(line)))
        self.mode = "command"
        self.take_response(line)
        return end + 1

    def _read_data(self, data: bytes, at: int) -> int:
        self._quiet = 0
        end = self.take_data(data[at:] if at else data)
        return len(data) if end < 0 else at + end

    def _read_chunk(self, data: bytes, at: int) -> int:
        self._quiet = 0
        return at + self.take_chunk(data[at:] if at else data)

    def _wait(self, _data: bytes, _at: int) -> int:
        return -1

    def _drop_input(self, data: bytes, _at: int) -> int:
        return len(data)

    def _too_late(self, data: bytes, at: int) -> int:
        if self.quitting:
            self.quitting = False  # said once
            self.find("data-after-quit", data[at:])
        return len(data)

    # A command.

    def _command(self, line: bytes, *, bare: bool) -> None:
        self._faults = ()
        if self._refused == "AUTH" and self._is_response(line):
            self._refuse_response(line, bare=bare)
            return
        secret = line[:4].upper() == b"AUTH" or line[:1].isspace()
        if secret:
            self._conceal_response(line, bare=bare)
        try:
            if bare:
                self._check_bare_lf(line)
            known = None if secret else split_command(line)
            verb, argument, name, text = known or self._split_odd_command(line)
            if self._rest:
                self._check_group(name, line)
            if self.context.world.faults and (planned := self.plan_faults(name, text)):
                self.reply_instead(name, text, planned)
                return
            row = self.table.find(verb, argument, self.state)
            reply = getattr(self, row.method)(text)
        except CommandRefused as refused:
            self.say_no(line, self.refuse_command(refused))
        except Refused as refused:
            self.say_no(line, refused)
        else:
            if reply is not None:
                self.reply(row.verb, text, reply)

    def _refuse_tls(self) -> None:
        """Refuse a client that begins TLS in the place of a command, and close."""
        self.find(UNEXPECTED_TLS.id)
        text = "this is TLS where a command belongs: connect to smtp.tls, or send STARTTLS first (RFC 3207)"
        self.reply("", "", Reply(554, "5.7.0", text, closes=True))

    def reply_instead(self, verb: str, argument: str, planned: Reply) -> None:
        """Say a planned reply in the place of what a command asks for."""
        self.reply(verb, argument, planned)

    def _split_odd_command(self, line: bytes) -> tuple[bytes, bytes, str, str]:
        """A command that is long, secret, or not quite well; as `split_command`."""
        verb, _, argument = line.partition(b" ")
        verb = verb.upper()
        if len(line) > LONGER.get(verb, LINE_LIMIT) - 2:
            raise Refused(500, "5.5.6", TOO_LONG, "command-too-long")
        if line.endswith((b" ", b"\t")):
            self.find("trailing-space", line)
            argument = argument.rstrip(b" \t")
        return verb, argument, verb.decode("ascii", "backslashreplace"), self._decode(argument)

    def _is_response(self, line: bytes) -> bool:
        """Whether a line is a response of SASL rather than a command."""
        return BASE64.fullmatch(line) is not None and line.upper().decode() not in {row.verb for row in self.table}

    def _refuse_response(self, line: bytes, *, bare: bool) -> None:
        """The client goes on with an AUTH that was refused: what it says is a secret all the same."""
        self.effect(Conceal(len(line), after=self._rest + (1 if bare else 2)))
        text = "AUTH was refused, so its responses are no commands (RFC 4954 4)"
        self.say_no(b"AUTH", Refused(500, "5.5.1", text, "unknown-command"))

    def _conceal_response(self, line: bytes, *, bare: bool) -> None:
        """The initial response of AUTH is a secret, whatever becomes of the command."""
        if match := AUTH.match(line):
            self.effect(Conceal(len(match[1]), after=self._rest + (1 if bare else 2)))

    def _check_bare_lf(self, line: bytes) -> None:
        if self.options.bare_lf == "refuse" or self.options.strict:
            text = "the line ended in LF alone: end commands with CR LF (RFC 5321 2.3.8)"
            raise Refused(500, "5.5.2", text, "bare-lf")
        self.find("bare-lf", line)

    def _decode(self, argument: bytes) -> str:
        try:
            text = argument.decode()
        except UnicodeDecodeError:
            raise Refused(501, "5.5.2", "the command is no UTF-8 (RFC 6531 3.3)", "not-utf8") from None
        if not text.isprintable() and CONTROL.search(text):
            raise Refused(501, "5.5.2", "the command has control characters (RFC 5321 4.1.2)", "control-characters")
        return text

    def _check_group(self, verb: str, line: bytes) -> None:
        """Commands came in a group: whether they may (RFC 2920 3.1)."""
        if verb in LAST_OF_GROUP:
            finding = LAST_OF_GROUP[verb]
        elif self.may_group() or verb == "BDAT":
            return
        else:
            finding = "pipelining-not-offered"
        if not finding:
            return
        if self.options.strict:
            rule = BY_ID[finding]
            raise Refused(503, "5.5.1", f"improper command pipelining: {rule.text} ({rule.reference})", finding)
        self.find(finding, line)

    # Time and ends.

    def _wind_timer(self) -> None:
        seconds = self.options.data_timeout if self.mode in ("data", "chunk") else self.options.timeout
        if seconds:
            self._effects.append(SetTimer("quiet", seconds / TICKS))

    def _tick(self) -> None:
        if self.mode == "over":
            return
        self._quiet += self.mode != "saving"
        if self._quiet < TICKS:
            self._wind_timer()
            return
        if self.mode in ("data", "chunk"):
            text = "the message stood still: it ends with CR LF, dot, CR LF (RFC 5321 4.1.1.4, 4.5.3.2)"
        else:
            text = "timed out waiting for a command (RFC 5321 4.5.3.2.7)"
        if finding := self.unfinished():
            self.find(finding)
        self.hang_up("4.4.2", text)

    def _input_ended(self) -> None:
        if self.mode in ("over", "saving"):
            return
        self._find_unfinished()
        self.mode = "over"

    def _find_unfinished(self) -> None:
        """The client ends what it has begun; whoever only looks whether somebody is there has begun nothing."""
        if self.state != "start":
            self.find(self.unfinished() or "no-quit")

    def _gone(self, event: Event) -> None:
        if is_broken(event) and self.mode != "over":
            self._find_unfinished()
        self.mode = "over"
        self._closed = True
        self._held = b""
        self.leave()


@lru_cache(1024)
def split_command(line: bytes) -> tuple[bytes, bytes, str, str] | None:
    """Verb and argument of a command, as octets and as text; None if it must be looked at more closely.

    Clients say the same again and again, so the latest are remembered: never ask it of AUTH, which has secrets.
    """
    if len(line) > LINE_LIMIT - 2 or not line.isascii() or line.endswith((b" ", b"\t")):
        return None
    verb, _, argument = line.partition(b" ")
    text = argument.decode()
    verb = verb.upper()
    return (verb, argument, verb.decode(), text) if text.isprintable() else None


LAST_OF_GROUP = {
    "EHLO": "pipelining-sync",
    "HELO": "pipelining-sync",
    "LHLO": "pipelining-sync",
    "DATA": "pipelining-sync",
    "VRFY": "pipelining-sync",
    "EXPN": "pipelining-sync",
    "HELP": "pipelining-sync",
    "NOOP": "pipelining-sync",
    "AUTH": "pipelining-sync",
    "STARTTLS": "starttls-injection",
    "QUIT": "",  # what follows is `data-after-quit`
}
"""Commands that must be the last of their group (RFC 2920 3.1, RFC 3207 4), with what it is if they are not."""
TOO_LONG = "the line is too long: a command has at most 512 octets, 2048 with parameters (RFC 5321 4.5.3.1.4)"

READERS: dict[Mode, Callable[[Dialogue, bytes, int], int]] = {
    "command": Dialogue._read_command,  # noqa: SLF001
    "auth": Dialogue._read_response,  # noqa: SLF001
    "data": Dialogue._read_data,  # noqa: SLF001
    "chunk": Dialogue._read_chunk,  # noqa: SLF001
    "skip": Dialogue._skip_line,  # noqa: SLF001
    "saving": Dialogue._wait,  # noqa: SLF001
    "tls": Dialogue._drop_input,  # noqa: SLF001
    "over": Dialogue._too_late,  # noqa: SLF001
}
