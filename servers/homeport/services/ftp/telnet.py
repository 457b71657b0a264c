"""The Telnet layer of a control connection (RFC 854; RFC 959 5.2; RFC 1123 4.1.2.10 and 4.1.2.12).

A byte 0xFF (IAC) begins a Telnet command wherever it stands, so a filter removes the commands from the input, however
the reads are cut, and refuses every option. A Synch is an IAC DM in the stream: sockets deliver urgent data in line
(SO_OOBINLINE). FTP commands are executed as they arrive, so no input is discarded up to the DM.

CR NUL (a CR that does not end a line) is passed through: converted here, a name that contains CR NUL LF would end its
line. `pathnames.py` converts it after lines are split.
"""

from typing import NamedTuple

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
NAMES = {
    SE: "SE", 241: "NOP", 242: "DM", 243: "BRK", 244: "IP", 245: "AO", 246: "AYT", 247: "EC", 248: "EL", 249: "GA",
    SB: "SB", WILL: "WILL", WONT: "WONT", DO: "DO", DONT: "DONT",
}  # fmt: skip
REFUSALS = {WILL: DONT, DO: WONT}
"""Answers to offers and demands. WONT and DONT get none: they confirm the current state (RFC 854: avoids loops)."""
MAX_SUBNEGOTIATION_BYTES = 512
"""Maximum size of a subnegotiation; it ends there. None is legitimate, as every option is refused."""


class TelnetCommand(NamedTuple):
    """A Telnet command found in the input."""

    name: str
    """`IP`, `DM`, `AYT`, ...; `WILL`, `WONT`, `DO`, `DONT`, `SB` with an option; `IAC` before an unknown command."""
    option: int | None = None

    @property
    def negotiates(self) -> bool:
        """True if it negotiates an option, which RFC 1123 4.1.2.12 forbids here."""
        return self.name in {"WILL", "WONT", "DO", "DONT", "SB"}


class Filtered(NamedTuple):
    """Result of filtering."""

    data: bytes
    """Input without Telnet commands."""
    answers: bytes
    """Bytes to send back at once."""
    commands: tuple[TelnetCommand, ...]


class TelnetFilter:
    """Removes Telnet commands from a stream; buffers at most three bytes."""

    __slots__ = ("_began", "_skipped")

    def __init__(self) -> None:
        self._began = b""  # an incomplete command
        self._skipped = -1  # bytes of the subnegotiation being skipped; -1: none

    def passes(self, data: bytes) -> bool:
        """True if `feed` would return the data unchanged."""
        return IAC not in data and not self._began and self._skipped < 0

    def feed(self, data: bytes) -> Filtered:
        """Filter input, cut anywhere."""
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
            elif code not in NAMES:  # a DM lost with the urgent data, or an IAC that was not doubled
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
        """Return the offset at which the subnegotiation or the data end."""
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
            if self._skipped >= MAX_SUBNEGOTIATION_BYTES:
                self._skipped = -1
                break
        return at
