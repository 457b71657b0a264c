"""SMTP replies (RFC 5321 4.2), with enhanced status codes (RFC 3463, 5248) if they are offered (RFC 2034).

The text of a refusal addresses the author of the client: the error, the remedy, and the section that applies.
"""

from homeport.protocol import dialogue
from homeport.protocol.plaintext import safe

MAX_TEXT_BYTES = 400
"""Bytes of one line of text: with code and status it stays under the 512 of RFC 5321 4.5.3.1.5."""


class Reply:
    """A reply. It is immutable, so its serialized form is cached.

    code: RFC 5321 4.2. enhanced: `2.1.0`, or empty where RFC 2034 3 has none (greeting, EHLO, HELO, intermediate
    replies). text: one line, or several separated by LF. closes: True if the server closes the connection after it.
    """

    __slots__ = ("closes", "code", "digits", "enhanced", "plain", "text", "with_status")

    def __init__(self, code: int, enhanced: str, text: str, *, closes: bool = False) -> None:
        self.code = code
        self.digits = str(code)
        self.enhanced = enhanced
        self.text = text
        self.closes = closes
        self.plain = self.with_status = b""
        """The serialized form without and with enhanced status; empty until it is needed."""

    def __repr__(self) -> str:
        return f"<{self.code} {self.enhanced} {self.text}>"

    def wire(self, *, enhanced: bool) -> bytes:
        """Return the serialized reply. enhanced: True if ENHANCEDSTATUSCODES is offered."""
        if enhanced:
            self.with_status = self.with_status or self._serialize(f"{self.enhanced} " if self.enhanced else "")
            return self.with_status
        self.plain = self.plain or self._serialize("")
        return self.plain

    def _serialize(self, status: str) -> bytes:
        text, code = self.text, self.digits
        if text.isascii() and text.isprintable() and len(text) <= MAX_TEXT_BYTES:  # the common case
            return f"{code} {status}{text}\r\n".encode()
        lines = [safe(line).encode()[:MAX_TEXT_BYTES].decode("utf-8", "ignore") for line in text.split("\n")]
        shown = [f"{code}-{status}{line}\r\n" for line in lines[:-1]]
        shown.append(f"{code} {status}{lines[-1]}\r\n")
        return "".join(shown).encode()


OK = Reply(250, "2.0.0", "OK")


class Refused(dialogue.Refused):
    """The refusal of a command; `finding` is the rule that the client broke, if any."""

    def __init__(self, code: int, enhanced: str, text: str, finding: str = "", *, closes: bool = False) -> None:
        super().__init__(Reply(code, enhanced, text, closes=closes), finding)
