"""A client by what its options tell, and the subnegotiations that ask for it and answer."""

from collections.abc import Callable

from homeport.protocol.dialogue import Dialogue
from homeport.protocol.telnet import (
    CHARSET,
    DO,
    DONT,
    EXTENDED,
    FLOW_CONTROL,
    LINEMODE,
    NAWS,
    NEW_ENVIRON,
    OLD_ENVIRON,
    SEND_LOCATION,
    STATUS,
    TERMINAL_SPEED,
    TERMINAL_TYPE,
    WILL,
    WONT,
    X_DISPLAY,
    option_name,
    subnegotiation,
)
from homeport.services.telnet.charsets import Charsets
from homeport.services.telnet.environment import parse_environment
from homeport.services.telnet.linemode import Linemode
from homeport.services.telnet.negotiating import Negotiator, Side
from homeport.services.telnet.output import Output
from homeport.services.telnet.terminal_types import is_official

IS, SEND = 0, 1
REQUEST, TABLE_REJECTED = 1, 5
"""Commands of CHARSET (RFC 2066)."""
FLOW_ON, RESTART_ANY = 1, 2
"""Commands of LFLOW (RFC 1372)."""
ASKED_BY_SEND = (TERMINAL_TYPE, TERMINAL_SPEED, X_DISPLAY, NEW_ENVIRON, OLD_ENVIRON)
"""Options whose value the server asks for with SEND."""
MAX_TYPES = 16
"""Terminal types that are asked for before the list is taken for endless."""
MAX_VALUE = 256
"""Characters of a value that are kept."""


class Client:
    """The values that the client has told, and the options' parameters on both sides."""

    __slots__ = (
        "_dialogue",
        "_options",
        "_output",
        "_types",
        "charsets",
        "display",
        "environment",
        "height",
        "kept",
        "linemode",
        "location",
        "resized",
        "speed",
        "width",
    )

    def __init__(self, dialogue: Dialogue, output: Output, options: Negotiator) -> None:
        self._dialogue = dialogue
        self._output = output
        self._options = options
        self._types: tuple[str, ...] = ()
        self.charsets = Charsets(options)
        self.linemode: Linemode | None = None
        self.width = self.height = 0
        self.speed = self.location = self.display = ""
        self.environment: dict[str, str] = {}
        self.resized = False
        """True if the window's size has changed since this was last set to False."""
        self.kept: set[int] = set()
        """Options of the client that it has used: it keeps what it has agreed to."""

    @property
    def terminal_type(self) -> str:
        """The client's first terminal type, in lower case; empty if it has told none."""
        return self._types[0] if self._types else ""

    # Options that come into force.

    def switched_on(self, side: Side, option: int) -> None:
        """Ask for the parameters of an option that is in force now."""
        if side == "us":
            if option == CHARSET and self.charsets.begin_request():
                self._send(option, bytes((REQUEST,)) + self.charsets.offered)
            return
        if option in ASKED_BY_SEND:
            self._send(option, bytes((SEND,)))
        elif option == FLOW_CONTROL:
            self._send(option, bytes((FLOW_ON,)))
            self._send(option, bytes((RESTART_ANY,)))
        elif option == LINEMODE:
            self.linemode = Linemode()
            self._send(option, self.linemode.mode)

    def unkept(self) -> list[str]:
        """Return the names of the options that the client has agreed to, and never used."""
        asked = (NAWS, *ASKED_BY_SEND)
        return [option_name(one) for one in asked if self._options.on("him", one) and one not in self.kept]

    # Subnegotiations of the client.

    def take(self, option: int, parameters: bytes) -> None:
        """Handle a subnegotiation."""
        handler = HANDLERS.get(option)
        if handler is None or not self._in_force(option):
            self._dialogue.report("sb-unasked", option_name(option).encode())
            return  # RFC 855: what was not agreed means nothing
        self.kept.add(option)
        if not handler(self, parameters):
            self._dialogue.report("sb-malformed", option_name(option).encode() + b" " + parameters)

    def _in_force(self, option: int) -> bool:
        options = self._options
        if option in (STATUS, CHARSET, EXTENDED):
            return options.on("us", option) or (option != STATUS and options.on("him", option))
        return options.on("him", option)

    def _send(self, option: int, parameters: bytes) -> None:
        self._output.command(subnegotiation(option, parameters))

    def _naws(self, parameters: bytes) -> bool:
        """RFC 1073: 16 bits each; 0 means that the client does not say."""
        if len(parameters) != 4:
            return False
        size = int.from_bytes(parameters[:2]), int.from_bytes(parameters[2:])
        self.resized = self.resized or size != (self.width, self.height)
        self.width, self.height = size
        return True

    def _terminal_type(self, parameters: bytes) -> bool:
        """RFC 1091: each SEND gets the next name of the client's list; its end is a name twice in a row."""
        name = value_of(parameters)
        if name is None:
            return False
        known = self._types
        self._types = (*known, name)[: MAX_TYPES + 1]
        if not known:
            if name and not is_official(name):
                self._dialogue.report("ttype-unofficial", parameters[1:])
            elif parameters[1:] != parameters[1:].upper():
                self._dialogue.report("ttype-lower-case", parameters[1:])
        if len(known) >= MAX_TYPES:
            return True
        if known and name == known[-1]:
            # The next SEND returns to the first name, which is the one that is used.
            self._types = (*known,) + ("",) * (MAX_TYPES - len(known))
            if known[0] != name:
                self._send(TERMINAL_TYPE, bytes((SEND,)))
            return True
        self._send(TERMINAL_TYPE, bytes((SEND,)))
        return True

    def _terminal_speed(self, parameters: bytes) -> bool:
        value = value_of(parameters)
        sent, _, received = (value or "").partition(",")
        if not (sent.isdecimal() and received.isdecimal()):
            return False  # RFC 1079: transmit speed, comma, receive speed
        self.speed = value or ""
        return True

    def _display(self, parameters: bytes) -> bool:
        value = value_of(parameters, fold=False)
        self.display = value or ""
        return value is not None

    def _location(self, parameters: bytes) -> bool:
        """RFC 779: text, and nothing before it."""
        self.location = printable(parameters)
        return bool(parameters)

    def _environment(self, parameters: bytes) -> bool:
        told = parse_environment(parameters)
        if told is None:
            return False
        for name, value in told.items():
            if value is None:
                self.environment.pop(name, None)
            elif name in self.environment or len(self.environment) < 64:
                self.environment[name] = value
        return True

    def _status(self, parameters: bytes) -> bool:
        """RFC 859: SEND is answered by IS with the options in force; a 240 or 255 among them is doubled."""
        if parameters != bytes((SEND,)):
            return False
        shown = bytearray((IS,))
        for (side, option), state in sorted(self._options.states.items()):
            if state == 1:
                shown += bytes((WILL if side == "us" else DO, option)) + (b"\xf0" if option == 0xF0 else b"")
        self._send(STATUS, bytes(shown))
        return True

    def _charset(self, parameters: bytes) -> bool:
        """RFC 2066."""
        command, rest = parameters[:1], parameters[1:]
        match command:
            case b"\x01":
                answer = self.charsets.answer(rest)
                self._send(CHARSET, answer)
                return len(rest) > 1
            case b"\x02":
                return self.charsets.accepted(rest.decode("ascii", "replace"))
            case b"\x03":
                return self.charsets.rejected()
            case b"\x04":
                self._send(CHARSET, bytes((TABLE_REJECTED,)))
                return True
            case _:
                return False

    def _extended_option(self, parameters: bytes) -> bool:
        """RFC 861: 256 more options, none of which is supported."""
        if len(parameters) < 2 or parameters[0] not in (WILL, WONT, DO, DONT):
            return False
        verb, option = parameters[0], parameters[1]
        if verb in (WILL, DO):
            self._send(EXTENDED, bytes((DONT if verb == WILL else WONT, option)))
        return True

    def _linemode(self, parameters: bytes) -> bool:
        if self.linemode is None:
            return False
        answers = self.linemode.take(parameters)
        for answer in answers or ():
            self._output.command(answer)
        return answers is not None


HANDLERS: dict[int, Callable[[Client, bytes], bool]] = {
    NAWS: Client._naws,  # noqa: SLF001
    TERMINAL_TYPE: Client._terminal_type,  # noqa: SLF001
    TERMINAL_SPEED: Client._terminal_speed,  # noqa: SLF001
    X_DISPLAY: Client._display,  # noqa: SLF001
    SEND_LOCATION: Client._location,  # noqa: SLF001
    NEW_ENVIRON: Client._environment,  # noqa: SLF001
    OLD_ENVIRON: Client._environment,  # noqa: SLF001
    STATUS: Client._status,  # noqa: SLF001
    CHARSET: Client._charset,  # noqa: SLF001
    EXTENDED: Client._extended_option,  # noqa: SLF001
    LINEMODE: Client._linemode,  # noqa: SLF001
}
"""Handlers of subnegotiations; each returns False if the parameters are malformed."""


def value_of(parameters: bytes, *, fold: bool = True) -> str | None:
    """Return the text after IS, in lower case if `fold`; None if IS is missing."""
    if parameters[:1] != b"\0":
        return None
    text = printable(parameters[1:])
    return text.lower() if fold else text


def printable(data: bytes) -> str:
    """Return the printable characters of data, at most MAX_VALUE."""
    return "".join(char for char in data.decode("utf-8", "replace") if char.isprintable())[:MAX_VALUE]
