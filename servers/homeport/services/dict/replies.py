"""DICT replies (RFC 2229 2.4): a status line, and texts that are dot-stuffed and end in a line with a dot alone."""

import re
from collections.abc import Iterable

from homeport.protocol import dialogue
from homeport.protocol.dialogue import Reply
from homeport.protocol.faults import FaultError
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.plaintext import safe

MAX_TEXT = 900
"""Characters of a status line's text."""
MAX_TEXT_LINE = 1024 - 2 - 1
"""Characters of a line of text before it is stuffed (RFC 2229 2.4.3); longer ones are broken."""
LINE_END = re.compile(r"\r\n|\r|\n")
END = b".\r\n"
OK = b"250 ok\r\n"
MIME_HEADER = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
"""Header of texts after OPTION MIME (RFC 2229 3.10.1)."""
CODES = {
    420: "server temporarily unavailable",
    421: "server shutting down at operator request",
    500: "syntax error, command not recognized",
    501: "syntax error, illegal parameters",
    502: "command not implemented",
    503: "command parameter not implemented",
    530: "access denied",
    531: 'access denied, use "SHOW INFO" for server information',
    532: "access denied, unknown mechanism",
    550: 'invalid database, use "SHOW DB" for list of databases',
    551: 'invalid strategy, use "SHOW STRAT" for a list of strategies',
    552: "no match",
    554: "no databases present",
    555: "no strategies available",
}
"""The negative replies (RFC 2229 7)."""


def status(code: int, text: str) -> bytes:
    """Serialize a status line."""
    return f"{code} {safe(text.replace(chr(10), ' '))[:MAX_TEXT]}\r\n".encode("utf-8", "replace")


def reply(code: int, text: str, *, closes: bool = False) -> Reply:
    """Return a reply of one line."""
    return Reply(str(code), status(code, text), closes)


def text_lines(text: str) -> Iterable[str]:
    """Yield the lines of a text as they are sent: broken where they are too long, without control characters."""
    for line in LINE_END.split(text.rstrip("\r\n")) if text else ():
        shown = safe(line)
        for at in range(0, len(shown) or 1, MAX_TEXT_LINE):
            yield shown[at : at + MAX_TEXT_LINE]


def serialize_text(lines: Iterable[str], *, mime: bool = False) -> bytes:
    """Serialize a text with its final dot. mime: with a header."""
    body = "".join([f"{'.' if line.startswith('.') else ''}{line}\r\n" for line in lines])
    return (MIME_HEADER if mime else b"") + body.encode("utf-8", "replace") + END


def listing(code: int, text: str, lines: Iterable[str], *, mime: bool = False) -> Reply:
    """Return a reply with a text, and the status that ends it."""
    return Reply(str(code), status(code, text) + serialize_text(lines, mime=mime) + OK)


class Refused(dialogue.Refused):
    """The refusal of a command; `finding` is the rule that the client broke, if any."""

    def __init__(self, code: int, text: str = "", finding: str = "", *, closes: bool = False) -> None:
        super().__init__(reply(code, text or CODES[code], closes=closes), finding)


def made_reply(planned: PlannedReply) -> Reply:
    """Return a planned reply as DICT's own."""
    code = planned.number
    return reply(code, planned.text or CODES.get(code, "as planned by a fault"), closes=code in (420, 421))


def validate_reply(planned: PlannedReply, _verb: str | None = None) -> None:
    """Validate a reply that a fault puts in the place of ours.

    Raises: FaultError for a code that DICT does not have in a reply of one line, or codes of other protocols.
    """
    planned.refuse_others(("code",))
    if planned.number not in CODES and planned.number != 250:
        listed = ", ".join(map(str, CODES))
        near = str(min(CODES, key=lambda code: abs(code - planned.number)))
        raise FaultError("do.reply.code", f"DICT refuses with one of {listed} (RFC 2229 7); did you mean {near}?", near)
