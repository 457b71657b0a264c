"""Parsing of command lines, and masking of secrets in them."""

from functools import lru_cache

from homeport.protocol.commands import ParsedCommand
from homeport.protocol.dialogue import SHOWN
from homeport.protocol.plaintext import safe
from homeport.protocol.secrets import LOGIN_WORD, mask_secrets
from homeport.world.journal import printable

MAX_CACHED_LINES = 512
"""Number of parsed lines in the cache; lines with secrets are never cached."""
MAX_CACHED_LINE_BYTES = 100
"""Maximum size of a cached line."""


class Line(ParsedCommand, frozen=True, gc=False):
    """A parsed command line. controls: True if it contains NUL, or CR within the line."""

    controls: bool


def parse_line(line: bytes) -> Line:
    """Parse a command line."""
    verb, _, argument = line.partition(b" ")
    upper, shown = verb.upper(), argument
    if LOGIN_WORD.match(line):
        masked, _, shown = mask_secrets(line).partition(b" ")
        upper = masked.upper()
    plain = line.replace(b"\r\0", b"")  # a CR in a pathname (RFC 2640 3.1)
    controls = b"\0" in plain or b"\r" in plain
    text = argument.decode("utf-8", "surrogateescape")
    return Line(upper, argument, printable(upper)[:SHOWN], text, safe(printable(shown)), controls)


parse_line_cached = lru_cache(MAX_CACHED_LINES)(parse_line)
"""`parse_line` with a cache: clients repeat a few commands."""
