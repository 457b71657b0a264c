"""Replies in their form (RFC 5321 4.2), with enhanced status codes (RFC 3463, 5248) where they are offered (RFC 2034).

A refusal's text is for the author of the client: what was wrong, what would be right, and the section that says so.
"""

from homeport.protocol import dialogue
from homeport.protocol.plaintext import safe

LONGEST_TEXT = 400
"""Octets of one line of text: with code and status it stays under the 512 octets of RFC 5321 4.5.3.1.5."""


class Reply:
    """A reply: what is said, and whether it is the last word. Never changed once it is made.

    code: as RFC 5321 4.2 has it. enhanced: `2.1.0`, or empty where RFC 2034 3 wants none (greeting, EHLO, HELO,
    intermediate replies). text: one line, or several between LFs. closes: whether the server closes behind it.
    """

    __slots__ = ("closes", "code", "digits", "enhanced", "plain", "text", "with_status")

    def __init__(self, code: int, enhanced: str, text: str, *, closes: bool = False) -> None:
        self.code = code
        self.digits = str(code)
        self.enhanced = enhanced
        self.text = text
        self.closes = closes
        self.plain = self.with_status = b""
        """As it is sent without and with enhanced status; empty until it was."""

    def __repr__(self) -> str:
        return f"<{self.code} {self.enhanced} {self.text}>"

    def wire(self, *, enhanced: bool) -> bytes:
        """The reply as it is sent. enhanced: whether ENHANCEDSTATUSCODES is offered."""
        if enhanced:
            self.with_status = self.with_status or self._speak(f"{self.enhanced} " if self.enhanced else "")
            return self.with_status
        self.plain = self.plain or self._speak("")
        return self.plain

    def _speak(self, status: str) -> bytes:
        text, code = self.text, self.digits
        if text.isascii() and text.isprintable() and len(text) <= LONGEST_TEXT:  # nearly all are
            return f"{code} {status}{text}\r\n".encode()
        lines = [safe(line).encode()[:LONGEST_TEXT].decode("utf-8", "ignore") for line in text.split("\n")]
        shown = [f"{code}-{status}{line}\r\n" for line in lines[:-1]]
        shown.append(f"{code} {status}{lines[-1]}\r\n")
        return "".join(shown).encode()


OK = Reply(250, "2.0.0", "OK")


class Refused(dialogue.Refused):
    """A command is refused; `finding` is what the client did wrong by it."""

    def __init__(self, code: int, enhanced: str, text: str, finding: str = "") -> None:
        super().__init__(Reply(code, enhanced, text), finding)
