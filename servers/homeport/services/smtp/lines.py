"""Command lines: their limits, how they are parsed, the secrets in them, and pipelining."""

import re
from functools import lru_cache

from homeport.protocol.commands import ParsedCommand

LINE_LIMIT = 512
"""Bytes of a command, with its end, that every server must accept (RFC 5321 4.5.3.1.4)."""
LONG_LINE_LIMIT = 2048
"""Bytes of MAIL or RCPT, whose parameters add to it: SIZE, BODY, AUTH, DSN and others add at most 1.3 KiB. Also the
bytes of any other command that are accepted, unless `syntax` is `strict`."""
AUTH_LINE_LIMIT = 12288
"""Bytes of AUTH, and of each response (RFC 4954 4)."""
LONGER = {b"MAIL": LONG_LINE_LIMIT, b"RCPT": LONG_LINE_LIMIT, b"AUTH": AUTH_LINE_LIMIT}
TOO_LONG = "the line is too long: at most {} bytes here (RFC 5321 4.5.3.1.4)"
MASKED = "***"
CONTROL = re.compile("[\x00-\x1f\x7f]")
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
    "QUIT": "",  # data after it is another finding, `data-after-quit`
}
"""Commands that must be the last of their group (RFC 2920 3.1, RFC 3207 4), with the finding if they are not."""


TIDY = re.compile(rb"[^ \t]+(?: [^ \t].*)?", re.DOTALL)
"""A line with one space after the verb, and no blanks before it."""


def is_tidy(line: bytes) -> bool:
    """Return True if the words of a command are separated by one space, and nothing is before them."""
    return b"\t" not in line and TIDY.fullmatch(line) is not None


def tidy(line: bytes) -> bytes:
    """Return a command without the blanks before it, with one space after its verb, and spaces in place of tabs."""
    verb, _, argument = line.replace(b"\t", b" ").strip(b" ").partition(b" ")
    return b" ".join((verb, argument.lstrip(b" "))) if argument else verb


@lru_cache(1024)
def parse_command(line: bytes) -> ParsedCommand | None:
    """Parse a command; None if it needs a closer look.

    The results are cached, because clients repeat themselves: never call this for AUTH, which has secrets.
    """
    if len(line) > LINE_LIMIT - 2 or not line.isascii() or line.endswith((b" ", b"\t")):
        return None
    verb, _, argument = line.partition(b" ")
    text = argument.decode()
    verb = verb.upper()
    return ParsedCommand(verb, argument, verb.decode(), text, text) if text.isprintable() else None
