"""Faults that a client asks for by its user name, `alice+NAME`, if `[faults] by_client` is set.

NAME is a name of `protocol.fault_names.parse_fault_name`, `err` or `err-IN-USE` (with any response code), which
refuse the login, or a defect of `spoiling.FRAMES`, which all answers of the session have that can.
"""

import re

import msgspec

from homeport.protocol.dialogue import Reply as Answer
from homeport.protocol.fault_names import nearest_fault_name, parse_fault_name
from homeport.protocol.faults import Do, Reply
from homeport.services.pop3.dialogue import Pop3Dialogue
from homeport.services.pop3.replies import REFUSED, Refused
from homeport.services.pop3.spoiling import FRAMES

REFUSAL = re.compile(r"err(?:-([A-Z][A-Z0-9/-]{0,40}))?", re.ASCII | re.IGNORECASE)
OWN_NAMES = ("err-IN-USE", "err-SYS/TEMP", *FRAMES)


def parse_name(name: str) -> Do | None:
    """Parse the name of a fault; None if it is unknown."""
    if match := REFUSAL.fullmatch(name):
        code = match[1].upper() if match[1] else msgspec.UNSET
        return Do(reply=Reply(status=REFUSED, response_code=code))  # type: ignore[arg-type]  # of the pattern
    if name.lower() in FRAMES:
        name = f"frame-{name}"
    do = parse_fault_name(name)
    known = do is not None and do.reply is msgspec.UNSET and (do.frame is msgspec.UNSET or do.frame in FRAMES)
    return do if known else None


def asked_by_user(dialogue: Pop3Dialogue, name: str) -> Answer | None:
    """Collect the fault that a user name asked for; return the reply that replaces that of the login, or None.

    Raises: Refused for a name that no fault has.
    """
    do = parse_name(name)
    if do is None:
        raise Refused(f"there is no fault {name[:60]!r}; {nearest_fault_name(name, OWN_NAMES)}")
    if do.frame is not msgspec.UNSET:
        dialogue.asked = do
        return None
    answer: Answer | None = dialogue.ask_for_fault(do)
    return answer
