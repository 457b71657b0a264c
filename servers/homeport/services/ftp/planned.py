"""The replies that a fault can put in the place of FTP's."""

from homeport.protocol.faults import FaultError
from homeport.protocol.faults import Reply as PlannedReply


def check_reply(reply: PlannedReply, _verb: str | None = None) -> None:
    """Check a planned reply.

    Raises: FaultError for a code that FTP does not have, or an enhanced status code.
    """
    code = f"{reply.code:03}"
    if reply.code > 559 or code[0] not in "12345" or code[1] not in "012345":
        words = f"FTP has no reply {reply.code}: write 100 to 559, such as 450 or 550 (RFC 959 4.2)"
        raise FaultError("do.reply.code", words)
    if reply.enhanced:
        raise FaultError("do.reply.enhanced", "only SMTP has enhanced status codes (RFC 3463): leave it out")
