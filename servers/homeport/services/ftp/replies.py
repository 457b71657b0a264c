"""Replies in their form (RFC 959 4.2), and what the file tree's troubles are in it (RFC 959 5.4, RFC 1123 4.1.2.11).

A refusal's text is for the author of the client: what was wrong, what would be right, and the section that says so.
"""

from functools import lru_cache

import msgspec

from homeport.protocol import dialogue
from homeport.protocol.faults import FaultError
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.plaintext import safe
from homeport.world.files import FileProblem, Trouble

LONGEST_TEXT = 8192
"""Characters of one line of text: a pathname with all its quotes doubled, and words."""


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A reply: what is said, and whether it is the last word."""

    code: int
    text: str
    """One line or several, between LFs; only the first and the last get the code."""
    closes: bool = False
    """Whether the server closes behind it."""


UNSAID = Reply(0, "")
"""The command is over, and the client is told nothing: the fault `no-226`."""


class Refused(dialogue.Refused):
    """A command is refused. finding: what the client did wrong by it; empty for nothing.

    of_argument: whether the text is about the argument, which is then said before it.
    """

    def __init__(
        self, code: int, text: str, finding: str = "", *, closes: bool = False, of_argument: bool = False
    ) -> None:
        super().__init__(Reply(code, text, closes), finding)
        self.of_argument = of_argument


@lru_cache(256)
def wire(reply: Reply) -> bytes:
    """The reply as it is sent: names in the octets that they have, IAC doubled (RFC 854)."""
    lines = [safe(line)[:LONGEST_TEXT] for line in reply.text.split("\n")]
    if len(lines) == 1:
        shown = f"{reply.code} {lines[0]}\r\n"
    else:
        # RFC 959 4.2: a line between that begins with digits is moved in, lest it look like the last.
        inner = (f" {line}" if line[:1].isdigit() else line for line in lines[1:-1])
        shown = "\r\n".join((f"{reply.code}-{lines[0]}", *inner, f"{reply.code} {lines[-1]}", ""))
    return shown.encode("utf-8", "surrogateescape").replace(b"\xff", b"\xff\xff")


CODES: dict[Trouble, int] = {
    "missing": 550,
    "denied": 550,
    "exists": 550,
    "not empty": 550,
    "is a directory": 550,
    "no directory": 550,
    "bad name": 553,
    "bad offset": 554,  # RFC 1123 4.1.3.4
    "no space": 452,  # there may be room in a few hours (RFC 1123 4.1.2.11)
    "too large": 552,
    "busy": 450,
    "failed": 451,
}
TEXTS: dict[Trouble, str] = {
    "missing": "there is no such file or directory",
    "denied": "that is not permitted",
    "exists": "there is one of that name already",
    "not empty": "the directory is not empty",
    "is a directory": "that is a directory, and no plain file",
    "no directory": "that is no directory",
    "bad name": "no file can have that name",
    "bad offset": "invalid REST parameter: the file is shorter than that (RFC 3659 5.3)",
    "no space": "there is no room for it now",
    "too large": "it is too large",
    "busy": "the file is busy; try again",
    "failed": "the file system failed",
}


def problem_refused(problem: FileProblem) -> Refused:
    """Return what is said of a trouble with a file."""
    text = TEXTS[problem.trouble]
    if problem.trouble in ("no space", "too large", "failed", "busy") and problem.text:
        text = f"{text} ({problem.text})"
    return Refused(CODES[problem.trouble], text, of_argument=True)


def check_reply(reply: PlannedReply, _verb: str | None = None) -> None:
    """Check a reply that a fault can put in the place of ours.

    Raises: FaultError for a code that FTP does not have, or an enhanced status code.
    """
    code = f"{reply.code:03}"
    if reply.code > 559 or code[0] not in "12345" or code[1] not in "012345":
        words = f"FTP has no reply {reply.code}: write 100 to 559, such as 450 or 550 (RFC 959 4.2)"
        raise FaultError("do.reply.code", words)
    if reply.enhanced:
        raise FaultError("do.reply.enhanced", "only SMTP has enhanced status codes (RFC 3463): leave it out")
