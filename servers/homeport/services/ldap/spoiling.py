"""Responses with a defect that a fault plans: `{"frame": "wrong-id"}` and the like."""

from typing import TYPE_CHECKING, Any

from homeport.protocol import ber
from homeport.protocol.effects import LogFault
from homeport.protocol.faults import WORDS
from homeport.services.ldap.controls.requests import PAGED, has_next_page, page_response
from homeport.services.ldap.messages import VERBS, Control, Result
from homeport.services.ldap.responses import SEARCH_DONE, notice, write_message
from homeport.world.directory.results import Code

if TYPE_CHECKING:
    from homeport.services.ldap.dialogue import LdapDialogue
    from homeport.services.ldap.operation import Operation
    from homeport.world.faults import Fault

ANSWERED = frozenset(VERBS.values()) - {"unbind", "abandon"}
SEARCHES = frozenset(("search",))
FRAMES: dict[str, frozenset[str]] = {
    "wrong-id": ANSWERED,
    "drop-in-message": ANSWERED,
    "length-too-long": ANSWERED,
    "notice-of-disconnection": ANSWERED,
    "no-result": ANSWERED,
    "ends-after-entries": SEARCHES,
    "slow-entries": SEARCHES,
    "wrong-cookie": SEARCHES,
}
"""The defects, each with the operations whose responses can have it."""
ID_OFFSET = 1000
EXCESS = 7
ENTRY_DELAY_S = 0.2
"""Seconds before each entry under `slow-entries`."""
STALE_COOKIE = b"stale"


class Spoiling:
    """The defects of one operation's responses."""

    __slots__ = ("_acted", "_dialogue", "_faults")

    def __init__(self, dialogue: "LdapDialogue", faults: tuple["Fault", ...]) -> None:
        self._dialogue = dialogue
        self._faults = faults
        self._acted: set[str] = set()

    def has(self, word: str) -> bool:
        """Return True if the responses have a defect from now on; its match is counted, and journaled."""
        return any(fault.plan.do.frame == word and self._takes(fault) for fault in self._faults)

    def send(self, operation: "Operation", response: bytes, controls: tuple[Control, ...], *, ends: bool) -> bytes:
        """Send a response with its defects. Return the bytes that were sent. ends: True for the last response."""
        dialogue = self._dialogue
        number, closes = operation.id, False
        if self._is_kept_back(response, ends=ends):
            closes = self.has("ends-after-entries")
            dialogue.say(b"", closes=closes)
            return b""
        if self.has("wrong-id"):
            number += ID_OFFSET
        if response[0] == SEARCH_DONE and has_next_page(controls) and self.has("wrong-cookie"):
            controls = tuple(page_response(STALE_COOKIE) if one.oid == PAGED else one for one in controls)
        wire = write_message(number, response, controls)
        if self.has("notice-of-disconnection"):
            wire, closes = notice(Result(Code.UNAVAILABLE, "", "as planned by a fault")), True
        if self.has("length-too-long"):
            content = wire[ber.read_header(wire, 0, len(wire))[1] :]
            wire = ber.encode(ber.SEQUENCE, content + bytes(EXCESS))[:-EXCESS]
        if self.has("drop-in-message"):
            wire, closes = wire[: len(wire) // 2], True
        dialogue.say(wire, closes=closes)
        return wire

    def _is_kept_back(self, response: bytes, *, ends: bool) -> bool:
        if not ends:
            return False
        return (response[0] == SEARCH_DONE and self.has("ends-after-entries")) or self.has("no-result")

    def _takes(self, fault: "Fault") -> bool:
        """Count a match of a fault, once for the operation; return False if it is spent."""
        if fault.id in self._acted:
            return True
        if not fault.take():
            return False
        self._acted.add(fault.id)
        word: Any = fault.plan.do.frame
        self._dialogue.effect(LogFault(fault, f"answered with {WORDS[word]}", "the responses of the operation"))
        return True
