"""The lines of commands: how long they may be, their parts, what is a secret in them, and how they group."""

import re
from functools import lru_cache

from homeport.protocol.commands import Spoken

LINE_LIMIT = 512
"""Octets of a command with its end that every server takes (RFC 5321 4.5.3.1.4)."""
LONG_LINE_LIMIT = 2048
"""The same for MAIL and RCPT, whose parameters add to it: SIZE, BODY, AUTH, DSN and the others at most 1.3 KiB."""
AUTH_LINE_LIMIT = 12288
"""The same for AUTH and its responses (RFC 4954 4)."""
LONGER = {b"MAIL": LONG_LINE_LIMIT, b"RCPT": LONG_LINE_LIMIT, b"AUTH": AUTH_LINE_LIMIT}
TOO_LONG = "the line is too long: a command has at most 512 octets, 2048 with parameters (RFC 5321 4.5.3.1.4)"
MASKED = "***"
AUTH = re.compile(rb"[ \t]*AUTH[ \t]+[^ \t]+[ \t]+([^ \t].*)", re.IGNORECASE | re.DOTALL)
"""AUTH with an initial response, which is a secret; also where blanks stand wrongly."""
BASE64 = re.compile(rb"[A-Za-z0-9+/]{2,}={0,2}")
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
    "QUIT": "",  # what follows is `data-after-quit`
}
"""Commands that must be the last of their group (RFC 2920 3.1, RFC 3207 4), with what it is if they are not."""


@lru_cache(1024)
def split_command(line: bytes) -> Spoken | None:
    """Return a command taken apart; None if it must be looked at more closely.

    Clients say the same again and again, so the latest are remembered: never ask it of AUTH, which has secrets.
    """
    if len(line) > LINE_LIMIT - 2 or not line.isascii() or line.endswith((b" ", b"\t")):
        return None
    verb, _, argument = line.partition(b" ")
    text = argument.decode()
    verb = verb.upper()
    return Spoken(verb, argument, verb.decode(), text, text) if text.isprintable() else None


def without_secret(line: bytes) -> bytes:
    """Return a command as anybody may see it."""
    match = AUTH.match(line)
    return line[: match.start(1)] + MASKED.encode() if match else line
