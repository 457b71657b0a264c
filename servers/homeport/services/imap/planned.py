"""What a fault can plan: replies in the place of IMAP's (`{status: NO, response_code: INUSE, text: ...}`), and defects
of answers, which `spoiling.py` applies.
"""

from typing import get_args

import msgspec

from homeport.protocol.faults import Do, FaultError
from homeport.protocol.faults import Reply as PlannedReply
from homeport.services.imap.replies import Reply, Status

STATUSES: tuple[Status, ...] = get_args(Status)
READING = frozenset({"FETCH", "UID FETCH"})
STORING = frozenset({"APPEND", "COPY", "MOVE", "REPLACE", "UID COPY", "UID MOVE", "UID REPLACE"})
LOOKING = frozenset({"CHECK", "EXPUNGE", "IDLE", "NOOP", "SEARCH", "SORT", "STORE", "THREAD"})
FRAMES: dict[str, frozenset[str]] = {
    "uidvalidity": frozenset({"SELECT", "EXAMINE", "STATUS", "LIST", *STORING}),
    "lose-uid": READING | STORING | {"STORE", "UID STORE"},
    "expunge-under": frozenset(
        {*READING, *STORING, *LOOKING, "UID EXPUNGE", "UID SEARCH", "UID SORT", "UID STORE", "UID THREAD"}
    ),
    "no-idle-push": frozenset({"IDLE"}),
    "drop-in-literal": READING,
    "wrong-literal-size": READING,
}
"""The defects, each with the commands whose answers can have it."""
FAULT_VERBS = {"capability": frozenset({"CONNECT", "CAPABILITY", "LOGIN", "AUTHENTICATE"})}
"""The same for kinds that do not act on every command."""


def can_have(do: Do, verb: str) -> bool:
    """Return True if the answer to a command can have a defect."""
    verbs = FAULT_VERBS.get(do.kind) if do.frame is msgspec.UNSET else FRAMES.get(do.frame, frozenset())
    return verbs is None or verb in verbs


def made_reply(planned: PlannedReply) -> Reply:
    """Return a planned reply as IMAP's own."""
    code = "" if planned.response_code is msgspec.UNSET else planned.response_code
    status: Status = planned.status  # type: ignore[assignment]  # `validate_reply` has checked it
    return Reply(status, planned.text or "as planned by a fault", code, closes=status == "BYE")


def validate_reply(reply: PlannedReply, _verb: str | None = None) -> None:
    """Validate a planned reply. Raises: FaultError."""
    reply.refuse_others(("status", "response_code"))
    if reply.status not in STATUSES:
        raise FaultError("do.reply.status", f"IMAP has {', '.join(STATUSES)} (RFC 9051 7.1)")
    if "\n" in reply.text or "\r" in reply.text:
        raise FaultError("do.reply.text", "a reply of IMAP has one line (RFC 9051 7.1)")
