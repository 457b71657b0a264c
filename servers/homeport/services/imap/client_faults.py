"""Faults that a client asks for, if `[faults] by_client` is set: by a mailbox `fault/NAME` or a user `alice+NAME`.

NAME is a name of `homeport.protocol.fault_names.parse_fault_name`, or one of IMAP's own: `no-INUSE`, `no`, `bad`, `bye`
(with any response code), and for users `bye-after-3`, which ends the connection after three commands; or a defect of
answers: a word of `planned.FRAMES`, `flood-1000`, `unsolicited-OK_moved`, `capability-IMAP4rev1_IDLE` (`_` is a space).

A defect acts on the command that names the mailbox, and on all those while it is selected; that of a user on all
commands of the session.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.protocol.fault_names import nearest_fault_name, parse_fault_name
from homeport.protocol.faults import OF_ANSWERS, Do, Reply
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.planned import FRAMES, can_have
from homeport.services.imap.replies import Reply as Answer
from homeport.services.imap.replies import no

if TYPE_CHECKING:
    from homeport.services.imap.selection import Selection

STATUS = re.compile(r"(no|bad|bye)(?:-([A-Z][A-Z0-9-]{0,40}))?", re.ASCII | re.IGNORECASE)
BYE_AFTER = re.compile(r"bye-after-(\d{1,6})", re.ASCII | re.IGNORECASE)
FLOOD = re.compile(r"flood-(\d{1,6})", re.ASCII | re.IGNORECASE)
TEXTS = re.compile(r"(unsolicited|capability)-(.{1,200})", re.IGNORECASE)
IN_ARGUMENT = re.compile(rb'(?:^|[ ("])fault/([A-Za-z0-9._=+-]{1,60})', re.IGNORECASE)
OWN_NAMES = (
    *("no-INUSE", "bad", "bye", "bye-after-3", "flood-1000", "unsolicited-OK_moved", "capability-IMAP4rev1_IDLE"),
    *FRAMES,
)


def parse_name(name: str) -> Do | None:
    """Parse the name of a fault; None if it is unknown."""
    if name.lower() in FRAMES:  # `no-idle-push` is not NO
        return msgspec.convert({"frame": name.lower()}, Do)
    if match := STATUS.fullmatch(name):
        code = match[2].upper() if match[2] else msgspec.UNSET
        return Do(reply=Reply(status=match[1].upper(), response_code=code))  # type: ignore[arg-type]  # of the pattern
    made: dict[str, Any] = {}
    if match := FLOOD.fullmatch(name):
        made = {"flood": {"count": int(match[1])}}
    elif match := TEXTS.fullmatch(name):
        made = {match[1].lower(): {"text": match[2].replace("_", " ")}}
    if made:
        try:
            return msgspec.convert(made, Do)
        except msgspec.ValidationError:
            return None
    do = parse_fault_name(name)
    known = do is not None and do.reply is msgspec.UNSET and (do.frame is msgspec.UNSET or do.frame in FRAMES)
    return do if known else None


def asked_by_mailbox(dialogue: ImapDialogue, argument: bytes, literals: Iterable[object]) -> Answer | None:
    """Collect the fault that a mailbox in a command names; return the reply that replaces it, or None.

    Raises: Refused for a name that no fault has.
    """
    match = IN_ARGUMENT.search(argument)
    if match is None:
        texts = (bytes(one) for one in literals if isinstance(one, bytes | bytearray))
        match = next((found for text in texts if (found := IN_ARGUMENT.match(text))), None)
    if match is None:
        return None
    name = match[1].decode("ascii")
    do = parse_name(name)
    if do is None:
        raise no(f"there is no fault {name!r}; {nearest_fault_name(name, OWN_NAMES)}", "CANNOT")
    answer: Answer | None = dialogue.ask_for_fault(do)
    return answer


def ask_again(dialogue: ImapDialogue, selection: "Selection | None") -> None:
    """Collect the defects that the user name, or the name of the selected mailbox, asked for."""
    wanted = [dialogue.asked]
    if selection is not None and (match := IN_ARGUMENT.match(selection.mailbox.name.encode())):
        wanted.append(parse_name(match[1].decode("ascii")))
    for do in wanted:
        if do is not None and do.kind in OF_ANSWERS and can_have(do, dialogue.verb):
            dialogue.ask_for_fault(do)


def asked_by_user(dialogue: ImapDialogue, name: str) -> Answer | None:
    """Collect the fault that a user name asked for; return the reply that replaces that of the login, or None.

    A defect acts on the commands after the login; other capabilities are announced by its reply already.

    Raises: Refused for a name that no fault has.
    """
    if match := BYE_AFTER.fullmatch(name):
        dialogue.commands_left = int(match[1])
        return None
    do = parse_name(name)
    if do is None:
        raise no(f"there is no fault {name[:60]!r}; {nearest_fault_name(name, OWN_NAMES)}", "CANNOT")
    if do.kind in OF_ANSWERS:
        dialogue.asked = do
        if do.capability is msgspec.UNSET:
            return None
    answer: Answer | None = dialogue.ask_for_fault(do)
    return answer
