"""Planned faults of commands (`W/faults`), and faults that clients ask for by a name.

By default a fault acts on the answer, after the command was carried out: with `close` the client cannot know whether
it was. With `direction: in` it acts before: the command is dropped. `reply` is a result code that is answered without
carrying the command out; `frame` corrupts the answer.

Names that ask for faults (`[faults] by_client`): any object, or the clTRID, such as `result-2400.fault.test`,
`close.fault.test`, `frame-half.fault.test`. `lost-close.fault.test` and the like add `direction: in`.

`VERBS` is written out because the grammar is imported by the first session only; a test compares the two.
"""

import re
from typing import Any, NamedTuple
from xml.sax.saxutils import unescape

from homeport.config.values import closest
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.effects import Close, Effect, Send, under_faults
from homeport.protocol.fault_names import explain_fault_name, find_fault_name
from homeport.protocol.faults import Direction, Do, FaultError, FrameFault, Reply
from homeport.services.epp.flow import EppError
from homeport.services.epp.framing import HEADER
from homeport.services.epp.framing import frame as framed
from homeport.services.epp.results import RESULTS, Code
from homeport.world.faults import Fault

OBJECTS = {
    "domain": ("check", "create", "delete", "info", "renew", "transfer", "update"),
    "host": ("check", "create", "delete", "info", "update"),
    "contact": ("check", "create", "delete", "info", "transfer", "update"),
    "org": ("check", "create", "delete", "info", "update"),
}
"""Commands by kind of object (RFC 5731, 5732, 5733, 8543)."""
VERBS: dict[str, ArgumentRule] = {
    "greeting": "none",
    "login": "required",
    "logout": "none",
    "poll": "required",
    "balance:info": "none",
    "maintenance:info": "optional",
    **{f"{kind}:{command}": "required" for kind, commands in OBJECTS.items() for command in commands},
    **{f"foreign:{command}": "optional" for command in OBJECTS["domain"]},
}
"""Verbs that a fault can name, as `naming.called` returns them; `greeting` answers a connection and `hello`."""


REPLY_SCHEMA: dict[str, Any] = {
    "code": {
        "oneOf": [{"const": int(code), "description": texts[0]} for code, texts in RESULTS.items()],
        "examples": [int(Code.COMMAND_FAILED)],
    },
    "enhanced": None,
    **dict.fromkeys(("status", "response_code", "rcode", "ede")),
}
"""The planned replies that `validate_reply` accepts, as a JSON schema."""


FRAMES: dict[str, frozenset[str]] = dict.fromkeys(
    (
        "half",
        "length-without-header",
        "length-too-long",
        "little-endian",
        "not-well-formed",
        "wrong-cltrid",
        "no-cltrid",
    ),
    frozenset(),
)
"""The defects of frames that a plan can name."""
WITHOUT_RESULT = ("greeting", "hello", "")
"""What is answered without a result code; the last is a frame that is no command."""


def validate_reply(reply: Reply, _verb: str | None) -> None:
    """Validate a planned result code.

    Raises: FaultError for a code that RFC 5730 does not define, or an enhanced status code.
    """
    reply.refuse_others(("code",))
    if reply.number not in RESULTS:
        codes = [str(code) for code in RESULTS]
        near = closest(str(reply.number), codes)
        hint = f"did you mean {near}?" if near else f"known codes are {', '.join(codes)}"
        raise FaultError("do.reply.code", f"EPP has no result code {reply.number} (RFC 5730 3); {hint}", near)


RESULT = re.compile(rb'<result code="(\d+)"[^>]*>\s*<msg[^>]*>([^<]*)')
LOST = "lost-"
"""Prefix of names whose fault acts before the command does."""


class Planned(NamedTuple):
    """The faults planned for one command."""

    refused: EppError | None = None
    """The refusal that replaces the command's result."""
    frame: FrameFault | None = None
    spoiling: Fault | None = None
    """The fault that alters the frame."""
    lost: bool = False
    """True if the command is neither carried out nor answered."""
    faults: tuple[Fault, ...] = ()
    """Faults that alter the answer."""


NOTHING_PLANNED = Planned()


def asked_for(words: list[str]) -> tuple[Do | None, Direction]:
    """Return the fault that one of a command's words asks for, and its direction (`in`: before the command)."""
    if (do := find_fault_name(words)) is not None:
        return do, "out"
    return find_fault_name([word[len(LOST) :] for word in words if word.lower().startswith(LOST)]), "in"


def unknown_fault_name(words: list[str]) -> str:
    """Return the reason why a word that seems to ask for a fault does not; empty if none does."""
    return explain_fault_name([re.sub(f"^{LOST}", "", word, flags=re.IGNORECASE) for word in words])


def result_of(code: int, text: str) -> tuple[Code, str]:
    """Return a planned result code with its reason; 2400 if EPP has no such code."""
    if code in RESULTS:
        return Code(code), text or "planned by a fault"
    return Code.COMMAND_FAILED, f"a fault was planned with the result code {code}, which EPP does not have (RFC 5730 3)"


def shown_result(xml: bytes) -> str:
    """Return what an answer says, without its syntax: code and message, or else its kind."""
    if found := RESULT.search(xml):
        return f"{found[1].decode()} {unescape(found[2].decode())}"
    return "the greeting" if b"<greeting>" in xml else "the answer"


def spoil_ids(planned: Planned, cl_trid: str | None) -> str | None:
    """Return the clTRID to echo: the client's, or another one where a fault asks for it."""
    if planned.frame == "no-cltrid":
        return None
    if planned.frame == "wrong-cltrid":
        return f"not-{cl_trid or 'yours'}"[:64]
    return cl_trid


def altered_frame(planned: Planned, xml: bytes) -> tuple[Effect, ...]:
    """Return the effects that send an answer, altered as planned."""
    effects: tuple[Effect, ...] = ()
    if not planned.lost:
        data, closes = spoil(planned.frame, xml)
        effects = (Send(data), Close()) if closes else (Send(data),)
    return tuple(under_faults(planned.faults, effects))


def spoil(fault: FrameFault | None, xml: bytes) -> tuple[bytes, bool]:
    """Return the bytes of a frame as altered, and True if the connection ends after them."""
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
