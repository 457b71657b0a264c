"""What is left of Telnet on a control connection (RFC 854; RFC 959 5.2; RFC 1123 4.1.2.10 and 4.1.2.12).

Octets of 0xFF (IAC) begin a command of Telnet wherever they stand, so a filter takes the commands out of what arrives,
however it is cut. It refuses every option. A Synch is an IAC DM among the octets: sockets keep urgent ones in line
(SO_OOBINLINE). Commands of FTP are obeyed in the turn they arrive, so nothing is thrown away up to the DM.

CR NUL, which is a CR that ends no line, is left as it is: were it a CR here, a name with CR NUL LF in it would end its
line. `pathnames.py` resolves it, when lines are lines.
"""

from typing import NamedTuple

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
NAMES = {
    SE: "SE", 241: "NOP", 242: "DM", 243: "BRK", 244: "IP", 245: "AO", 246: "AYT", 247: "EC", 248: "EL", 249: "GA",
    SB: "SB", WILL: "WILL", WONT: "WONT", DO: "DO", DONT: "DONT",
}  # fmt: skip
REFUSALS = {WILL: DONT, DO: WONT}
"""WONT and DONT say what holds anyway, and get no answer (RFC 854: or two ends might never stop)."""
SUBNEGOTIATION_LIMIT = 512
"""Octets after which a subnegotiation without an end is over. We agree to no option, so there is none to be had."""


class TelnetCommand(NamedTuple):
    """A command that was among the octets."""

    name: str
    """`IP`, `DM`, `AYT`, ...; `WILL`, `WONT`, `DO`, `DONT`, `SB` with an option; `IAC` before what is no command."""
    option: int | None = None

    @property
    def negotiates(self) -> bool:
        """Whether it is about an option, which RFC 1123 4.1.2.12 forbids here."""
        return self.name in {"WILL", "WONT", "DO", "DONT", "SB"}


class Filtered(NamedTuple):
    """What became of some octets."""

    data: bytes
    """Them without the commands."""
    answers: bytes
    """What is to be sent back at once."""
    commands: tuple[TelnetCommand, ...]


class TelnetFilter:
    """Takes Telnet out of a stream; holds three octets at most."""

    __slots__ = ("_began", "_skipped")

    def __init__(self) -> None:
        self._began = b""  # a command that has not arrived whole
        self._skipped = -1  # octets of the subnegotiation that is being skipped; -1: none is

    def passes(self, data: bytes) -> bool:
        """Whether nothing becomes of octets that come now: they need not be fed."""
        return IAC not in data and not self._began and self._skipped < 0

    def feed(self, data: bytes) -> Filtered:
        """The octets that came, in any cut."""
        if self.passes(data):
            return Filtered(data, b"", ())
        data, self._began = self._began + data, b""
        kept, answers, commands = bytearray(), bytearray(), []
        at = 0
        while at < len(data):
            if self._skipped >= 0:
                at = self._skip(data, at)
                continue
            found = data.find(IAC, at)
            kept += data[at : found if found >= 0 else len(data)]
            if found < 0:
                break
            code = data[found + 1] if found + 1 < len(data) else -1
            size = 3 if code >= SB else 2
            if code == IAC:
                kept.append(IAC)
            elif code < 0 or found + size > len(data):
                self._began = data[found:]
                break
            elif code not in NAMES:  # a DM that was lost as urgent data, or an IAC that was not doubled
                commands.append(TelnetCommand("IAC"))
                size = 1
            else:
                commands.append(TelnetCommand(NAMES[code], data[found + 2] if size == 3 else None))
                if code in REFUSALS:
                    answers += bytes((IAC, REFUSALS[code], data[found + 2]))
                elif code == SB:
                    self._skipped = 0
            at = found + (2 if code == IAC else size)
        return Filtered(bytes(kept), bytes(answers), tuple(commands))

    def _skip(self, data: bytes, at: int) -> int:
        """Where the subnegotiation ends, or the data."""
        while at < len(data):
            if data[at] == IAC:
                if at + 1 == len(data):
                    self._began = data[at:]
                    return len(data)
                if data[at + 1] == SE:
                    self._skipped = -1
                    return at + 2
                at += 1
            at += 1
            self._skipped += 1
            if self._skipped >= SUBNEGOTIATION_LIMIT:
                self._skipped = -1
                break
        return at
