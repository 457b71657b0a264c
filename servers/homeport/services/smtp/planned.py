"""Which faults of commands SMTP can have: the verbs that they match, and the replies that can be planned."""

from homeport.faults import FaultError
from homeport.faults import Reply as PlannedReply
from homeport.services.smtp.session import Smtp

VERBS = {row.verb: row.argument for row in Smtp.table} | {"CONNECT": "none", ".": "required"}
"""The commands, the greeting (CONNECT), and the end of a message, whose argument is its addresses."""
INTERMEDIATE = ("DATA", "AUTH")
"""Commands that 3yz answers (RFC 5321 4.2.1)."""


def check_reply(reply: PlannedReply, verb: str | None) -> None:
    """Check a planned reply.

    Raises: FaultError for a code that SMTP does not have, or an enhanced status code of another class.
    """
    first, second, *_ = f"{reply.code:03}"
    if reply.code > 559 or first not in "2345" or second not in "012345":
        words = f"SMTP has no reply {reply.code}: write 200 to 559, such as 451 or 550 (RFC 5321 4.2)"
        raise FaultError("do.reply.code", words)
    if first == "3" and verb is not None and verb.upper() not in INTERMEDIATE:
        words = f"{reply.code} asks for more, which only {' and '.join(INTERMEDIATE)} do: write 2yz, 4yz or 5yz for {verb}"
        raise FaultError("do.reply.code", f"{words} (RFC 5321 4.2.1)")
    if reply.enhanced and reply.enhanced[0] != first:
        if first == "3":
            raise FaultError("do.reply.enhanced", f"{reply.code} has no enhanced status code (RFC 2034 3): leave it out")
        meant = first + reply.enhanced[1:]
        words = f"{reply.enhanced} is of another class than {reply.code}; did you mean {meant!r}? (RFC 2034 4)"
        raise FaultError("do.reply.enhanced", words, meant)
