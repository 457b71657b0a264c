"""Faults that can be planned on requests: errors in the place of an answer, and OACKs that are missing or lie.

Faults match packets by their opcode as verb. The argument of requests is the file's path, that of DATA and ACK
`block=3 of /pub/tides.txt`.
"""

from collections.abc import Mapping

import msgspec

from homeport.protocol.commands import ArgumentRule
from homeport.protocol.effects import Effect, LogFault
from homeport.protocol.faults import WORDS, FaultError, Reply
from homeport.protocol.session import Context
from homeport.services.tftp.link import EVERY
from homeport.services.tftp.packets import MAX_ERROR_TEXT
from homeport.services.tftp.request import Request
from homeport.services.tftp.terms import Terms

REQUESTS = frozenset({"RRQ", "WRQ"})
VERBS: Mapping[str, ArgumentRule] = {
    "RRQ": "required",
    "WRQ": "required",
    "DATA": "required",
    "ACK": "required",
    "OACK": "required",
    "ERROR": "required",
}
FRAMES: dict[str, frozenset[str]] = {
    "no-oack": REQUESTS,
    "oack-lie": REQUESTS,
    "ends-early": frozenset({"DATA"}),
    "wrong-source": frozenset({"DATA", "ACK", "OACK"}),
}
REPLY_SCHEMA: dict[str, dict[str, object] | None] = {
    **dict.fromkeys(("code", "enhanced", "status", "response_code", "rcode", "ede")),
    "error": {"examples": [2]},
    "text": {"maxLength": MAX_ERROR_TEXT},
}
ON_REQUESTS = ("reply", "frame", "drop", "hang")
"""Kinds that act on a request; others act on the packets that follow."""
LIE = 1024
"""Bytes by which `oack-lie` makes blocks larger than asked for."""


class PlannedTerms(msgspec.Struct):
    """Changes of the answer to a request by faults."""

    word: str = ""
    """`no-oack`, `oack-lie`, or empty."""
    code: int | None = None
    """Code of an ERROR in the place of the answer."""
    text: str = ""
    lost: bool = False
    """True if the request was lost: the server stays silent."""
    effects: list[Effect] = []

    def alter(self, terms: Terms) -> Terms:
        """Return the terms as the faults have them."""
        if self.word == "no-oack":
            return Terms(tsize=terms.tsize)
        if self.word == "oack-lie":
            options = dict(terms.acknowledged)
            options["blksize"] = terms.blksize + LIE
            return msgspec.structs.replace(terms, acknowledged=(*options.items(), ("unasked", 1)))
        return terms


def terms_under_faults(context: Context, request: Request, path: str, word: str) -> PlannedTerms:
    """Return what faults do to a request. word: of `frame`, that the client asked for."""
    planned = PlannedTerms(word=word)
    if not context.world.faults.planned:
        return planned
    for fault in context.world.faults.at_command(context, request.verb, path, later=EVERY):
        do = fault.plan.do
        if do.kind not in ON_REQUESTS or (fault.plan.match.verb is None and do.kind in ("drop", "hang")):
            continue
        if do.frame is not msgspec.UNSET and do.frame not in ("no-oack", "oack-lie"):
            continue
        if not fault.take():
            continue
        if do.reply is not msgspec.UNSET:
            planned.code, planned.text = code_of(do.reply), do.reply.text
            planned.effects.append(LogFault(fault, f"sent ERROR {planned.code}", f"the answer to {request.verb}"))
        elif do.frame is not msgspec.UNSET:
            planned.word = do.frame
            planned.effects.append(LogFault(fault, f"sent {WORDS[do.frame]}", f"the answer to {request.verb}"))
        else:
            planned.lost = True
            planned.effects.append(LogFault(fault, "sent no answer", f"the answer to {request.verb}"))
    return planned


def code_of(reply: Reply) -> int:
    """Return the code of a planned ERROR."""
    return 0 if reply.error is msgspec.UNSET else reply.error


def validate_reply(reply: Reply, _verb: str | None = None) -> None:
    """Validate a planned ERROR. Raises: FaultError."""
    reply.refuse_others(("error",))
    if len(reply.text.encode()) > MAX_ERROR_TEXT:
        raise FaultError("do.reply.text", f"the text of an ERROR has at most {MAX_ERROR_TEXT} bytes here")
    if not reply.text.isascii():
        raise FaultError("do.reply.text", "the text of an ERROR is netascii (RFC 1350 5)")
