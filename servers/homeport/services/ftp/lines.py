"""Lines of a control connection: a command, taken apart; secrets among them."""

from functools import lru_cache

from homeport.protocol.commands import Spoken
from homeport.protocol.dialogue import SHOWN
from homeport.protocol.plaintext import safe
from homeport.world.journal import printable

SECRET = (b"PASS", b"ACCT")
"""Commands whose argument nobody may see."""
MASKED = "***"
REMEMBERED = 512
"""Lines that are remembered, taken apart, but for those with secrets."""
REMEMBERED_SIZE = 100
"""Octets of a line that is, at most."""


class Line(Spoken, frozen=True, gc=False):
    """A command, taken apart, and whether there is an octet in it that cannot be."""

    controls: bool


def take_apart(line: bytes) -> Line:
    """Return the command of a line."""
    verb, _, argument = line.partition(b" ")
    upper = verb.upper()
    shown = MASKED if upper in SECRET and argument else safe(printable(argument))
    plain = line.replace(b"\r\0", b"")  # a CR in a pathname (RFC 2640 3.1)
    controls = b"\0" in plain or b"\r" in plain
    text = argument.decode("utf-8", "surrogateescape")
    return Line(upper, argument, printable(upper)[:SHOWN], text, shown, controls)


remembered = lru_cache(REMEMBERED)(take_apart)
"""The same: clients say the same again and again."""
