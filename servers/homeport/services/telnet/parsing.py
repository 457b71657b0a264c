"""The parser of what a client sends: text, commands, negotiations, subnegotiations (RFC 854, RFC 855).

It yields tokens, independent of how reads were cut; text comes as it arrives, a command when it is whole. At most
`MAX_SUBNEGOTIATION` bytes are buffered.
"""

from collections.abc import Generator, Iterator
from typing import NamedTuple

from homeport.protocol.telnet import COMMANDS, IAC, NEGOTIATING, SB, SE

MAX_SUBNEGOTIATION = 4096
"""Limit of a subnegotiation in bytes; what follows is dropped up to its end."""
MAX_DROPPED = 64 << 10
"""Bytes of a subnegotiation that are dropped without its end, before what follows is taken for text again."""


class Text(NamedTuple):
    """Text, with IACs that were doubled."""

    data: bytes
    size: int
    """Bytes that it had, with each IAC doubled."""
    after: int
    """Bytes of the input after it."""


class Command(NamedTuple):
    """A command without parameters, such as IP."""

    code: int
    after: int


class Negotiation(NamedTuple):
    """WILL, WONT, DO or DONT of an option."""

    verb: int
    option: int
    after: int


class Subnegotiation(NamedTuple):
    """The parameters of an option."""

    option: int
    parameters: bytes
    after: int


class Wrong(NamedTuple):
    """Input that is not Telnet. rule: the finding. data: what shows it."""

    rule: str
    data: bytes
    after: int


Token = Text | Command | Negotiation | Subnegotiation | Wrong


class Parser:
    """Cuts the input of one connection into tokens."""

    __slots__ = ("_begun", "_dropped", "_parameters")

    def __init__(self) -> None:
        self._begun = b""  # an incomplete command: IAC, perhaps with a verb
        self._parameters: bytearray | None = None  # option and parameters of an open subnegotiation
        self._dropped = 0  # bytes of it beyond the limit

    @property
    def inside(self) -> bool:
        """True if a command or subnegotiation has begun and not ended."""
        return bool(self._begun) or self._parameters is not None

    def feed(self, data: bytes) -> Iterator[Token]:
        """Yield the tokens that the input completes."""
        data, self._begun = self._begun + data, b""
        at, size = 0, len(data)
        while at < size:
            if self._parameters is not None:
                at = yield from self._read_parameters(data, at)
                continue
            if data[at] != IAC or data[at + 1 : at + 2] == b"\xff":
                end = self._text_end(data, at)
                yield Text(data[at:end].replace(b"\xff\xff", b"\xff"), end - at, size - end)
                at = end
                continue
            if at + 1 == size:
                self._begun = data[at:]
                return
            code = data[at + 1]
            if code in NEGOTIATING or code == SB:
                if at + 2 == size:
                    self._begun = data[at:]
                    return
                at += 3
                if code == SB:
                    self._parameters = bytearray((data[at - 1],))
                    self._dropped = 0
                else:
                    yield Negotiation(code, data[at - 1], size - at)
            elif code in COMMANDS:
                at += 2
                yield Command(code, size - at)
            else:
                # No command has that code: an IAC that was data, and was not doubled (RFC 854).
                at += 1
                yield Wrong("iac-not-doubled", data[at - 1 : at + 1], size - at)

    @staticmethod
    def _text_end(data: bytes, at: int) -> int:
        """Return the offset at which text ends: before a command, or an IAC at the end of the input."""
        while (found := data.find(IAC, at)) >= 0:
            if data[found + 1 : found + 2] != b"\xff":
                return found
            at = found + 2
        return len(data)

    def _read_parameters(self, data: bytes, at: int) -> Generator[Token, None, int]:
        """Read parameters up to IAC SE; yield the subnegotiation, or what is wrong with it. Return the offset."""
        parameters = self._parameters
        assert parameters is not None  # noqa: S101 - the caller has looked
        size = len(data)
        while at < size:
            found = data.find(IAC, at)
            stop = size if found < 0 else found
            self._keep(parameters, data[at:stop])
            at = stop
            if found < 0 or at + 1 == size:
                self._begun = data[at:]
                at = size
                break
            code = data[at + 1]
            if code == IAC:
                self._keep(parameters, b"\xff")
                at += 2
                continue
            self._parameters = None
            if code == SE:
                at += 2
                if self._dropped:
                    yield Wrong("sb-too-long", bytes(parameters[:16]), size - at)
                else:
                    yield Subnegotiation(parameters[0], bytes(parameters[1:]), size - at)
            else:
                # Another command: the end was forgotten, and what was sent so far is dropped.
                yield Wrong("sb-without-se", bytes(parameters[:16]), size - at)
            return at
        if self._dropped > MAX_DROPPED:
            self._parameters = None
            yield Wrong("sb-too-long", bytes(parameters[:16]), size - at)
        return at

    def _keep(self, parameters: bytearray, data: bytes) -> None:
        room = MAX_SUBNEGOTIATION + 1 - len(parameters)
        parameters += data[:room]
        self._dropped += max(len(data) - room, 0)
