"""Validation of the replies that a fault puts in the place of SMTP's."""

import re

from homeport.protocol.faults import FaultError
from homeport.protocol.faults import Reply as PlannedReply
from homeport.services.smtp.replies import Reply

INTERMEDIATE = ("DATA", "AUTH")
"""Commands that 3yz answers (RFC 5321 4.2.1)."""

WITHOUT_STATUS = ("EHLO", "HELO", "LHLO")
"""Commands whose replies have no enhanced status code, as the greeting (RFC 2034 3)."""
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?: |$)", re.ASCII)
"""An enhanced status code at the beginning of a text."""


def made_reply(planned: PlannedReply, *, answers_command: bool) -> Reply:
    """Return a planned reply as SMTP's own.

    It has the enhanced status code of the plan; else one that its text begins with; else, if RFC 2034 asks for one, the
    undefined one of its class (RFC 3463 3.1). answers_command: False for a greeting, or a reply to EHLO.
    """
    text, enhanced = planned.text or "as planned by a fault", planned.enhanced
    if STATUS.match(text):
        enhanced = ""
    elif not enhanced and answers_command and planned.number // 100 != 3:
        enhanced = f"{planned.number // 100}.0.0"
    return Reply(planned.number, enhanced, text, closes=planned.number == 421)


def validate_reply(reply: PlannedReply, verb: str | None = None) -> None:
    """Validate a planned reply.

    Raises: FaultError for a code that SMTP does not have, or an enhanced status code of another class.
    """
    reply.refuse_others(("code", "enhanced"))
    code = f"{reply.number:03}"
    if reply.number > 559 or code[0] not in "2345" or code[1] not in "012345":
        words = f"SMTP has no reply {code}: write 200 to 559, such as 451 or 550 (RFC 5321 4.2)"
        raise FaultError("do.reply.code", words)
    if code[0] == "3" and verb is not None and verb.upper() not in INTERMEDIATE:
        words = f"{code} asks for more input, which only {' and '.join(INTERMEDIATE)} do (RFC 5321 4.2.1)"
        raise FaultError("do.reply.code", f"{words}: write 2yz, 4yz or 5yz for {verb}")
    if reply.enhanced and code[0] == "3":
        words = f"{code} has no enhanced status code (RFC 2034 3): leave it out"
        raise FaultError("do.reply.enhanced", words)
    if reply.enhanced and STATUS.match(reply.text) and reply.text.split()[0] != reply.enhanced:
        words = f"the text begins with another enhanced status code: leave it out, or {reply.enhanced}"
        raise FaultError("do.reply.text", words)
    if reply.enhanced and reply.enhanced[0] != code[0]:
        meant = code[0] + reply.enhanced[1:]
        words = f"{reply.enhanced} is of another class than {code}; did you mean {meant!r}? (RFC 2034 4)"
        raise FaultError("do.reply.enhanced", words, meant)
