"""Which faults of commands EPP can have: the verbs that they match, and the results that can be planned.

Written out, because the grammar is imported with the first session; a test compares them.
"""

from homeport.config.values import closest
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.faults import FaultError, Reply
from homeport.services.epp.results import RESULTS

OBJECTS = {
    "domain": ("check", "create", "delete", "info", "renew", "transfer", "update"),
    "host": ("check", "create", "delete", "info", "update"),
    "contact": ("check", "create", "delete", "info", "transfer", "update"),
}
"""The commands of each kind of object (RFC 5731, 5732, 5733)."""
VERBS: dict[str, ArgumentRule] = {
    "greeting": "none",
    "login": "required",
    "logout": "none",
    "poll": "required",
    **{f"{kind}:{command}": "required" for kind, commands in OBJECTS.items() for command in commands},
}
"""What `naming.called` calls the commands; `greeting` is what answers a connection, and `hello`."""


def check_reply(reply: Reply, _verb: str | None) -> None:
    """Check a planned result.

    Raises: FaultError for a code that RFC 5730 does not have, or an enhanced status code.
    """
    if reply.code not in RESULTS:
        codes = [str(code) for code in RESULTS]
        near = closest(str(reply.code), codes)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(codes)}"
        raise FaultError("do.reply.code", f"EPP has no result code {reply.code} (RFC 5730 3); {hint}", near)
    if reply.enhanced:
        raise FaultError("do.reply.enhanced", "only SMTP has enhanced status codes (RFC 3463): leave it out")
