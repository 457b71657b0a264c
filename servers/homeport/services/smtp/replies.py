"""Replies in their form (RFC 5321 4.2), with enhanced status codes (RFC 3463, 5248) where they are offered (RFC 2034).

A refusal's text is for the author of the client: what was wrong, what would be right, and the section that says so.
"""

from functools import lru_cache

import msgspec

from homeport.plaintext import safe

LONGEST_TEXT = 400
"""Characters of one line of text: with code and status it stays under the 512 octets of RFC 5321 4.5.3.1.5."""


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A reply: what is said, and whether it is the last word."""

    code: int
    enhanced: str
    """`2.1.0`, or empty where RFC 2034 3 wants none (greeting, EHLO, HELO, intermediate replies)."""
    text: str
    """One line or several, between LFs."""
    closes: bool = False
    """Whether the server closes behind it."""

    @property
    def positive(self) -> bool:
        """Whether it grants what was asked, or the first half of it."""
        return self.code < 400


OK = Reply(250, "2.0.0", "OK")


class Refused(Exception):
    """A command is refused, whatever of it was already looked at.

    findings: what the client did wrong, with the octets that show it.
    """

    def __init__(self, code: int, enhanced: str, text: str, finding: str = "") -> None:
        super().__init__(text)
        self.reply = Reply(code, enhanced, text)
        self.finding = finding


@lru_cache(256)
def wire(reply: Reply, enhanced: bool) -> bytes:  # noqa: FBT001 - half of the cache's key
    """The reply as it is sent. enhanced: whether ENHANCEDSTATUSCODES is offered."""
    status = f"{reply.enhanced} " if enhanced and reply.enhanced else ""
    lines = [safe(line)[:LONGEST_TEXT] for line in reply.text.split("\n")]
    shown = [f"{reply.code}-{status}{line}\r\n" for line in lines[:-1]]
    shown.append(f"{reply.code} {status}{lines[-1]}\r\n")
    return "".join(shown).encode("utf-8", "replace")
