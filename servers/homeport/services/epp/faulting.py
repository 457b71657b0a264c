"""What is planned to go wrong with a command (`W/faults`), or is asked for by a name that the client uses.

A fault of a command acts on its answer, after the command is carried out: `close` then leaves the client not knowing
what became of it. With `direction: in` it acts before: the command is lost. `reply` is a result code in the place of
what the command asks for; `frame` spoils the answer.

Names that ask for faults (`[faults] by_client`): any object, or the clTRID, `result-2400.fault.test`,
`close.fault.test`, `frame-half.fault.test`, ...; `lost-close.fault.test` and the like are those with `direction: in`.

`VERBS` is written out, because the grammar is imported with the first session; a test compares them.
"""

import re
from typing import NamedTuple

from homeport.config.values import closest
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.effects import Close, Effect, Send, under_faults
from homeport.protocol.faults import Direction, Do, FaultError, FrameFault, Reply, explain_fault_name, find_fault_name
from homeport.services.epp.flow import EppError
from homeport.services.epp.framing import HEADER
from homeport.services.epp.framing import frame as framed
from homeport.services.epp.results import RESULTS, Code
from homeport.world.faults import Fault

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


LOST = "lost-"
"""What stands before a name whose fault acts before the command does."""


class Planned(NamedTuple):
    """What goes wrong with one command."""

    refused: EppError | None = None
    """The refusal that takes the place of its result."""
    frame: FrameFault | None = None
    lost: bool = False
    """Whether the command is neither carried out nor answered."""
    faults: tuple[Fault, ...] = ()
    """Those that act on what is said."""


NOTHING_PLANNED = Planned()


def asked_for(words: list[str]) -> tuple[Do | None, Direction]:
    """Return the fault that one of a command's words asks for, and whether it acts before the command."""
    if (do := find_fault_name(words)) is not None:
        return do, "out"
    return find_fault_name([word[len(LOST) :] for word in words if word.lower().startswith(LOST)]), "in"


def misnamed(words: list[str]) -> str:
    """Return what is wrong with a word that seems to ask for a fault; empty for nothing."""
    return explain_fault_name([re.sub(f"^{LOST}", "", word, flags=re.IGNORECASE) for word in words])


def result_of(code: int, text: str) -> tuple[Code, str]:
    """Return a planned code and its reason; one that EPP does not have cannot be said."""
    if code in RESULTS:
        return Code(code), text or "as planned by a fault"
    return Code.COMMAND_FAILED, f"a fault was planned with the result code {code}, which EPP does not have (RFC 5730 3)"


def spoil_ids(planned: Planned, cl_trid: str | None) -> str | None:
    """The clTRID that is echoed."""
    if planned.frame == "no-cltrid":
        return None
    if planned.frame == "wrong-cltrid":
        return f"not-{cl_trid or 'yours'}"[:64]
    return cl_trid


def spoken(planned: Planned, xml: bytes) -> tuple[Effect, ...]:
    """How an answer is said."""
    effects: tuple[Effect, ...] = ()
    if not planned.lost:
        octets, closes = spoil(planned.frame, xml)
        effects = (Send(octets), Close()) if closes else (Send(octets),)
    return tuple(under_faults(planned.faults, effects))


def spoil(fault: FrameFault | None, xml: bytes) -> tuple[bytes, bool]:
    """The octets of a frame, and whether the connection ends behind them."""
    whole = framed(xml)
    size = len(whole)
    match fault:
        case "half":
            return whole[: size // 2], True
        case "length-without-header":
            return (size - HEADER).to_bytes(HEADER) + xml, False
        case "length-too-long":
            return (size + HEADER).to_bytes(HEADER) + xml, False
        case "little-endian":
            return size.to_bytes(HEADER, "little") + xml, False
        case "not-well-formed":
            return framed(xml[:-3]), False
        case _:
            return whole, False
