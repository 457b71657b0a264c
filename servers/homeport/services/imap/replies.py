"""Tagged replies (RFC 9051 7.1), and refusals of commands."""

import re
from typing import Literal

import msgspec

from homeport.protocol.dialogue import Refused as Refusal

Status = Literal["OK", "NO", "BAD", "BYE"]
NOT_TEXT = re.compile(r"[\x00-\x1f\x7f]")


class Reply(msgspec.Struct, frozen=True, gc=False):
    """The reply to a command, without its tag."""

    status: Status
    text: str
    code: str = ""
    """Response code without brackets, such as `TRYCREATE` (RFC 5530); empty for none."""
    closes: bool = False
    """True if the server closes after it."""
    compresses: bool = False
    """True if compression starts after it."""

    def line(self) -> bytes:
        """Return what follows the tag."""
        text = NOT_TEXT.sub("?", self.text) or "done"
        code = f"[{self.code}] " if self.code else ""
        return f"{self.status} {code}{text}\r\n".encode()


class Refused(Refusal):
    """Raised to refuse a command. finding: identifier of the rule that the client broke; empty for none."""

    reply: Reply

    def __init__(self, status: Status, text: str, code: str = "", finding: str = "", *, closes: bool = False) -> None:
        super().__init__(Reply(status, text, code, closes), finding)


def ok(text: str, code: str = "") -> Reply:
    """Return a reply of success."""
    return Reply("OK", text, code)


def no(text: str, code: str = "", finding: str = "") -> Refused:
    """Return the refusal of a command that is right but cannot be done: `raise no(...)`."""
    return Refused("NO", text, code, finding)


def bad(text: str, code: str = "", finding: str = "syntax") -> Refused:
    """Return the refusal of a command that is wrong: `raise bad(...)`."""
    return Refused("BAD", text, code, finding)
