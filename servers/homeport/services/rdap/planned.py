"""Planned replies of RDAP: an HTTP status in place of an answer, such as 429 for a rate limit (RFC 7480 5.5)."""

from http import HTTPStatus

from homeport.protocol.commands import ArgumentRule
from homeport.protocol.faults import FaultError, Reply

QUERIES = ("domain", "nameserver", "entity", "ip", "autnum", "domains", "nameservers", "entities", "help", "registrar")
VERBS: dict[str, ArgumentRule] = dict.fromkeys((*QUERIES, "other"), "optional")
"""Verbs that faults can match: the first segment of a query's path; `other` for all else. The argument is the path
below the base, with the parameters."""
REPLY_SCHEMA: dict[str, dict[str, object] | None] = {
    "code": {"minimum": 400, "maximum": 599, "examples": [429]},
    **dict.fromkeys(("enhanced", "status", "response_code", "rcode", "ede")),
}
"""A planned reply has a code and a text."""


def validate_reply(reply: Reply, _verb: str | None) -> None:
    """Validate a planned reply. Raises: FaultError unless its code is an error status of HTTP."""
    codes = {status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST}
    if reply.code not in codes:
        raise FaultError("reply.code", "RDAP's replies are error statuses of HTTP, such as 429, 500 or 503")
