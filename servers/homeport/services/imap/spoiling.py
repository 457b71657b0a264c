"""Answers with a defect that a fault plans, `{"frame": "wrong-literal-size"}`, and responses that nothing asked for.

Nothing here changes a mailbox: another session sees none of it.

The responses of a command leave in pieces. A match is counted at the first piece that can have the defect, and the
fault then acts on all of them.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.effects import LogFault
from homeport.protocol.faults import OF_ANSWERS, WORDS, Do, FrameFault
from homeport.services.imap.planned import can_have
from homeport.world.faults import Fault

if TYPE_CHECKING:
    from homeport.services.imap.dialogue import ImapDialogue
    from homeport.services.imap.selection import Selection

EXCESS = 7
SHOWN_BYTES = 1 << 14
"""Bytes in which the altered line is looked for."""
LITERAL = re.compile(rb"\{(\d+)\}\r\n")
VALIDITY = re.compile(rb"(\[UIDVALIDITY |[( ]UIDVALIDITY |\[APPENDUID |\[COPYUID )(\d+)")
STORED_UIDS = re.compile(rb"\[(?:APPENDUID|COPYUID) [^\]\r\n]*\] ")
UID = re.compile(rb'("(?:[^"\\]|\\.)*+")|(?<=\()UID \d+ ?| UID \d+(?=[ )])')
"""The item UID of a FETCH response; quoted strings come first, so that none is looked for in them."""
CAPABILITIES = re.compile(rb"(?m)(^\* CAPABILITY |\[CAPABILITY )[^\]\r\n]*")
EXISTS = b"* %d EXISTS\r\n"


class Spoiling:
    """The defects of the answer to one command."""

    __slots__ = ("_acting", "_faults", "_verb", "closes")

    def __init__(self, faults: tuple[Fault, ...], verb: str) -> None:
        self._faults: list[Fault] = []
        self._verb = verb
        self._acting: dict[Fault, bool] = {}
        self.closes = False
        """True if the connection ends where the answer was cut."""
        self.add(faults)

    def add(self, faults: tuple[Fault, ...]) -> None:
        """Add faults that the client asked for after those that were planned."""
        self._faults += [one for one in faults if can_have(one.plan.do, self._verb)]

    def intrude(self, dialogue: "ImapDialogue", selection: "Selection | None") -> None:
        """Send what comes before the answer, and hide the message that `expunge-under` takes away."""
        for fault in self._faults:
            do, count = fault.plan.do, 0 if selection is None else len(selection.view)
            named = fault.plan.match.verb is not None or self._verb != "CONNECT"
            if do.flood is not msgspec.UNSET and (selection is not None or fault.plan.match.verb is not None):
                if self._acts(fault, dialogue, f"sent EXISTS {do.flood.count} times"):
                    dialogue.say(EXISTS % count * do.flood.count)
            elif do.unsolicited is not msgspec.UNSET and named:
                if self._acts(fault, dialogue, "sent an untagged response unasked"):
                    dialogue.say(do.unsolicited.wire)
            elif do.frame == "expunge-under" and selection is not None:
                uid = next((one for one in selection.view.uids if not selection.view.is_gone(one)), 0)
                if uid and self._acts(fault, dialogue, f"answered with {WORDS['expunge-under']}: UID {uid}"):
                    selection.view.expunge([uid])  # the first: what the view has after it is still one run of entries

    def mutes(self, dialogue: "ImapDialogue") -> bool:
        """Return True if nothing is pushed during IDLE."""
        return any(
            fault.plan.do.frame == "no-idle-push" and self._acts(fault, dialogue, "pushes nothing during IDLE")
            for fault in self._faults
        )

    def spoil(self, dialogue: "ImapDialogue", wire: bytes) -> bytes:
        """Return responses with their defects."""
        for fault in self._faults:
            alter = _alteration(fault.plan.do)
            spoilt = wire if alter is None else alter(wire)
            if spoilt == wire:
                continue
            if self._acts(fault, dialogue, f"answered with {_words(fault.plan.do)}", _altered_line(wire, spoilt)):
                wire = spoilt
                self.closes = self.closes or fault.plan.do.frame == "drop-in-literal"
        return wire

    def _acts(self, fault: Fault, dialogue: "ImapDialogue", did: str, instead_of: str = "") -> bool:
        """Count a match of a fault, once for the command; return True if it acts on this one."""
        acting = self._acting.get(fault)
        if acting is None:
            acting = self._acting[fault] = fault.take()
            if acting:
                dialogue.effects.append(LogFault(fault, did, instead_of))
        return acting


def own_faults(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """Return the faults that are applied here, and not to bytes by the driver."""
    return tuple(one for one in faults if one.plan.do.kind in OF_ANSWERS)


def _altered_line(wire: bytes, spoilt: bytes) -> str:
    """Return the first line that was altered, without its alteration; empty if it is far from the beginning."""
    lines = zip(wire[:SHOWN_BYTES].split(b"\r\n"), spoilt[:SHOWN_BYTES].split(b"\r\n"), strict=False)
    return next((line.decode(errors="replace") for line, altered in lines if line != altered), "")


def _words(do: Do) -> str:
    return "other capabilities" if do.frame is msgspec.UNSET else WORDS[do.frame]


def _alteration(do: Do) -> Callable[[bytes], bytes] | None:
    """Return the function that alters responses; None if a fault does something else."""
    if do.capability is not msgspec.UNSET:
        shown = do.capability.text.encode()
        return lambda wire: CAPABILITIES.sub(lambda found: found[1] + shown, wire)
    return None if do.frame is msgspec.UNSET else ALTERATIONS.get(do.frame)


def _raise_validity(wire: bytes) -> bytes:
    return VALIDITY.sub(lambda found: b"%s%d" % (found[1], int(found[2]) + 1), wire)


def _lose_uids(wire: bytes) -> bytes:
    pieces = []
    for text, mark, content in _literals(wire):
        pieces += [UID.sub(lambda found: found[1] or b"", STORED_UIDS.sub(b"", text)), mark, content]
    return b"".join(pieces)


def _enlarge_literals(wire: bytes) -> bytes:
    pieces = []
    for text, mark, content in _literals(wire):
        pieces += [text, b"{%d}\r\n" % (len(content) + EXCESS) if mark else b"", content]
    return b"".join(pieces)


def _drop_in_literal(wire: bytes) -> bytes:
    end = 0
    for text, mark, content in _literals(wire):
        end += len(text) + len(mark)
        if content:
            return wire[: end + len(content) // 2]
        end += len(content)
    return wire


def _literals(wire: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the text before each literal, its mark, and its content; at last the text after all of them."""
    at = 0
    while (found := LITERAL.search(wire, at)) is not None:
        end = found.end() + int(found[1])
        yield wire[at : found.start()], found[0], wire[found.end() : end]
        at = end
    yield wire[at:], b"", b""


ALTERATIONS: dict[FrameFault, Callable[[bytes], bytes]] = {
    "uidvalidity": _raise_validity,
    "lose-uid": _lose_uids,
    "drop-in-literal": _drop_in_literal,
    "wrong-literal-size": _enlarge_literals,
}
