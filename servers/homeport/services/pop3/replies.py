"""POP3 replies (RFC 1939 3): a status, and a text that addresses the author of the client."""

from collections.abc import Iterable

from homeport.protocol import dialogue
from homeport.protocol.dialogue import Reply
from homeport.protocol.faults import FaultError
from homeport.protocol.faults import Reply as PlannedReply
from homeport.protocol.plaintext import safe

MAX_TEXT_BYTES = 480
"""Bytes of a text: with status and response code, the line stays under 512 (RFC 1939 3)."""
DONE = "+OK"
REFUSED = "-ERR"


def ok(text: str, *, closes: bool = False) -> Reply:
    """Return a positive reply of one line."""
    return Reply(DONE, line(DONE, text), closes)


def listing(text: str, lines: Iterable[str]) -> Reply:
    """Return a positive reply of several lines, none of which begins with a dot."""
    body = "".join([f"{one}\r\n" for one in lines])
    return Reply(DONE, b"%s%s.\r\n" % (line(DONE, text), body.encode()))


def error(text: str, code: str = "", *, closes: bool = False) -> Reply:
    """Return a negative reply. code: its response code without brackets (RFC 2449 8); empty for none."""
    return Reply(REFUSED, line(REFUSED, text, code), closes)


def line(status: str, text: str, code: str = "") -> bytes:
    """Serialize the line of a status."""
    shown = safe(text.replace("\n", " ")).encode()[:MAX_TEXT_BYTES].decode("utf-8", "ignore")
    return f"{status} {f'[{code}] ' if code else ''}{shown}\r\n".encode()


class Refused(dialogue.Refused):
    """The refusal of a command; `finding` is the rule that the client broke, if any."""

    def __init__(self, text: str, finding: str = "", *, code: str = "", closes: bool = False) -> None:
        super().__init__(error(text, code, closes=closes), finding)


def made_reply(planned: PlannedReply) -> Reply:
    """Return a planned reply as POP3's own."""
    code = planned.response_code if isinstance(planned.response_code, str) else ""
    status = planned.status if isinstance(planned.status, str) else REFUSED
    return Reply(status, line(status, planned.text or "as planned by a fault", code))


def validate_reply(reply: PlannedReply, _verb: str | None = None) -> None:
    """Validate a reply that a fault puts in the place of ours.

    Raises: FaultError for a status that POP3 does not have, or a reply code of other protocols.
    """
    reply.refuse_others(("status", "response_code"))
    if reply.status not in (DONE, REFUSED):
        near = REFUSED if reply.status in ("NO", "BAD", "BYE") else DONE
        raise FaultError("do.reply.status", f"POP3 has no status {reply.status}; did you mean {near!r}?", near)
    if reply.status == DONE and isinstance(reply.response_code, str):
        raise FaultError("do.reply.response_code", "response codes are for -ERR (RFC 2449 8): leave it out")
