"""Planned replies of LDAP: a result in place of an operation."""

import msgspec

from homeport.config.values import closest
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.faults import FaultError, Reply
from homeport.services.ldap.messages import VERBS as OPERATIONS
from homeport.services.ldap.messages import Result
from homeport.world.directory.results import Code

VERBS: dict[str, ArgumentRule] = dict.fromkeys(OPERATIONS.values(), "optional")
"""Verbs that faults can match. The argument is the DN that the request names; of a search, the filter too."""
CODES = {code.text: code for code in Code}
"""Codes by name."""
BY_LOWER_CASE = {name.lower(): int(code) for name, code in CODES.items()}


def code_of(word: str | int) -> int | None:
    """Return the result code of a name in any case, or of a number; None if there is none."""
    text = str(word)
    if text.isascii() and text.isdigit():
        return int(text)
    return BY_LOWER_CASE.get(text.lower())


def name_of(code: int) -> str:
    """Return the name of a result code; its number if it has none."""
    try:
        return Code(code).text
    except ValueError:
        return str(code)


ELSEWHERE = ("ldap://elsewhere.homeport.test/",)
"""The referral of a planned result that names none: it is not empty (RFC 4511 4.1.10)."""
REPLY_SCHEMA: dict[str, dict[str, object] | None] = {
    "result": {"examples": ["busy"]},
    "matched_dn": {},
    "referrals": {},
    **dict.fromkeys(("code", "enhanced", "status", "response_code")),
}
"""A planned reply has a result code, a text, a matched DN and referrals."""


def planned_result(made: Reply) -> Result:
    """Return a planned reply as a result."""
    code = code_of(made.result) if made.result is not msgspec.UNSET else None
    return Result(
        int(Code.OTHER) if code is None else code,
        "" if made.matched_dn is msgspec.UNSET else made.matched_dn,
        made.text or "as planned by a fault",
        (ELSEWHERE if code == Code.REFERRAL else ()) if made.referrals is msgspec.UNSET else made.referrals,
    )


def validate_reply(reply: Reply, _verb: str | None) -> None:
    """Validate a planned reply. Raises: FaultError for an unknown result, or parameters of other protocols."""
    reply.refuse_others(("result", "matched_dn", "referrals"))
    if code_of(reply.result) is None:  # type: ignore[arg-type]  # required above
        near = closest(str(reply.result), CODES)
        hint = f"; did you mean {near!r}?" if near else ": write a name of RFC 4511, or a number"
        raise FaultError("do.reply.result", f"LDAP has no result {reply.result!r}{hint}", near)
