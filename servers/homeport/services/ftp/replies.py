"""Serialization of replies (RFC 959 4.2), and replies to problems of the file tree (RFC 959 5.4, RFC 1123 4.1.2.11).

The text of a refusal is for the author of the client: what was wrong, what to send instead, and the section of the RFC.
"""

from functools import lru_cache

import msgspec

from homeport.protocol import dialogue
from homeport.protocol.faults import FaultError
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.plaintext import safe
from homeport.world.files import FileProblem, FileProblemKind

MAX_TEXT_CHARS = 8192
"""Maximum length of one line of text, in characters: a pathname with all its quotes doubled, and words."""


class Reply(msgspec.Struct, frozen=True, gc=False):
    """A reply: code, text, and whether the connection is closed after it."""

    code: int
    text: str
    """One line, or several separated by LF; only the first and the last get the code."""
    closes: bool = False
    """True if the server closes the connection after the reply."""


NO_REPLY = Reply(0, "")
"""Ends the command without a reply: the fault `no-226`."""


class Refused(dialogue.Refused):
    """A command is refused. finding: rule that the client broke; empty for none.

    of_argument: True if the text is about the argument, which is then put before it.
    """

    def __init__(
        self, code: int, text: str, finding: str = "", *, closes: bool = False, of_argument: bool = False
    ) -> None:
        super().__init__(Reply(code, text, closes), finding)
        self.of_argument = of_argument


@lru_cache(256)
def serialize_reply(reply: Reply) -> bytes:
    """Serialize a reply: names in their original bytes, IAC doubled (RFC 854)."""
    lines = [safe(line)[:MAX_TEXT_CHARS] for line in reply.text.split("\n")]
    if len(lines) == 1:
        shown = f"{reply.code} {lines[0]}\r\n"
    else:
        # RFC 959 4.2: indent inner lines that begin with a digit, so that they cannot look like the last line.
        inner = (f" {line}" if line[:1].isdigit() else line for line in lines[1:-1])
        shown = "\r\n".join((f"{reply.code}-{lines[0]}", *inner, f"{reply.code} {lines[-1]}", ""))
    return shown.encode("utf-8", "surrogateescape").replace(b"\xff", b"\xff\xff")


CODES: dict[FileProblemKind, int] = {
    "missing": 550,
    "denied": 550,
    "exists": 550,
    "not empty": 550,
    "is a directory": 550,
    "no directory": 550,
    "bad name": 553,
    "bad offset": 554,  # RFC 1123 4.1.3.4
    "no space": 452,  # may succeed later (RFC 1123 4.1.2.11)
    "too large": 552,
    "busy": 450,
    "failed": 451,
    "other device": 553,  # permanent, and the new name is to blame
    "unsupported": 550,
}
TEXTS: dict[FileProblemKind, str] = {
    "missing": "no such file or directory",
    "denied": "permission denied",
    "exists": "the name exists already",
    "not empty": "the directory is not empty",
    "is a directory": "is a directory, not a plain file",
    "no directory": "not a directory",
    "bad name": "invalid file name",
    "bad offset": "invalid REST parameter: the file is shorter than that (RFC 3659 5.3)",
    "no space": "not enough space",
    "too large": "the file is too large",
    "busy": "the file is busy; try again later",
    "failed": "file system error",
    "other device": "the new name is on another file system: copy the file by RETR and STOR",
    "unsupported": "the file system does not support this",
}


def refuse_file_problem(problem: FileProblem) -> Refused:
    """Return the refusal for a problem with a file."""
    text = TEXTS[problem.kind]
    explained = ("denied", "no space", "too large", "failed", "busy", "unsupported")
    if problem.kind in explained and problem.text and problem.text.lower() != text:
        text = f"{text} ({problem.text})"
    return Refused(CODES[problem.kind], text, of_argument=True)


def validate_reply(reply: PlannedReply, _verb: str | None = None) -> None:
    """Validate a reply that a fault puts in the place of ours.

    Raises: FaultError for a code that FTP does not have, or an enhanced status code.
    """
    reply.refuse_others(("code",))
    code = f"{reply.number:03}"
    if reply.number > 559 or code[0] not in "12345" or code[1] not in "012345":
        words = f"FTP has no reply {reply.number}: write 100 to 559, such as 450 or 550 (RFC 959 4.2)"
        raise FaultError("do.reply.code", words)
