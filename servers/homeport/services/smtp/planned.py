"""The replies that a fault can put in the place of SMTP's."""

from homeport.protocol.faults import FaultError
from homeport.protocol.faults import Reply as PlannedReply

INTERMEDIATE = ("DATA", "AUTH")
"""Commands that 3yz answers (RFC 5321 4.2.1)."""


def check_reply(reply: PlannedReply, verb: str | None = None) -> None:
    """Check a planned reply.

    Raises: FaultError for a code that SMTP does not have, or an enhanced status code of another class.
    """
    code = f"{reply.code:03}"
    if reply.code > 559 or code[0] not in "2345" or code[1] not in "012345":
        words = f"SMTP has no reply {code}: write 200 to 559, such as 451 or 550 (RFC 5321 4.2)"
        raise FaultError("do.reply.code", words)
    if code[0] == "3" and verb is not None and verb.upper() not in INTERMEDIATE:
        words = f"{code} asks for more, which only {' and '.join(INTERMEDIATE)} do (RFC 5321 4.2.1)"
        raise FaultError("do.reply.code", f"{words}: write 2yz, 4yz or 5yz for {verb}")
    if reply.enhanced and code[0] == "3":
        words = f"{code} has no enhanced status code (RFC 2034 3): leave it out"
        raise FaultError("do.reply.enhanced", words)
    if reply.enhanced and reply.enhanced[0] != code[0]:
        meant = code[0] + reply.enhanced[1:]
        words = f"{reply.enhanced} is of another class than {code}; did you mean {meant!r}? (RFC 2034 4)"
        raise FaultError("do.reply.enhanced", words, meant)
