"""Which faults of commands FTP can have: the verbs that they match, and the replies that can be planned."""

from homeport.faults import FaultError
from homeport.faults import Reply as PlannedReply
from homeport.services.ftp.session import Ftp

VERBS = {row.verb: row.argument for row in Ftp.table} | {"CONNECT": "none"}
"""The commands, those of SITE among them (`SITE CHMOD`), and the greeting (CONNECT)."""


def check_reply(reply: PlannedReply, _verb: str | None) -> None:
    """Check a planned reply.

    Raises: FaultError for a code that FTP does not have, or an enhanced status code.
    """
    first, second, *_ = f"{reply.code:03}"
    if reply.code > 559 or first not in "12345" or second not in "012345":
        words = f"FTP has no reply {reply.code}: write 100 to 559, such as 450 or 550 (RFC 959 4.2)"
        raise FaultError("do.reply.code", words)
    if reply.enhanced:
        raise FaultError("do.reply.enhanced", "only SMTP has enhanced status codes (RFC 3463): leave it out")
