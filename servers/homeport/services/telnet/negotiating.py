"""Negotiation of options by the Q method (RFC 1143): it never loops.

Each option has a state for either side: `us` (WILL/WONT of ours) and `him`. A request is answered if it changes the
state, and only then; a request of our own is never sent while another of the same option is unanswered, but queued.

    NO ──ask──► WANTYES ──agreed──► YES ──forbid──► WANTNO ──► NO        (OPPOSITE: the contrary was asked meanwhile)
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Literal

from homeport.protocol.telnet import DO, DONT, WILL, WONT, negotiation

Side = Literal["us", "him"]


class State(IntEnum):
    """State of an option on one side."""

    NO = 0
    YES = 1
    WANTNO = 2
    WANTNO_OPPOSITE = 3
    WANTYES = 4
    WANTYES_OPPOSITE = 5


NO, YES, WANTNO, WANTNO_OPPOSITE, WANTYES, WANTYES_OPPOSITE = State
YESES = {"us": WILL, "him": DO}
NOS = {"us": WONT, "him": DONT}
Outcome = Literal["", "on", "off", "refused", "again", "answers-refusal"]
"""Effect of a request of the client: nothing; switched the option; refused ours; was for the state in force, which
needs no request; answered our refusal, which needs no answer."""


class Negotiator:
    """The options of one connection.

    send: sends bytes. supports: returns True if the client may switch on an option of that side.
    """

    __slots__ = ("_refused", "_send", "_supports", "states")

    def __init__(self, send: Callable[[bytes], None], supports: Callable[[Side, int], bool]) -> None:
        self._send = send
        self._supports = supports
        self.states: dict[tuple[Side, int], State] = {}
        """Options that are not off."""
        self._refused: frozenset[tuple[Side, int]] = frozenset()  # refused by us, and not answered

    def state(self, side: Side, option: int) -> State:
        """Return the state of an option."""
        return self.states.get((side, option), NO)

    def on(self, side: Side, option: int) -> bool:
        """Return True if an option is in force, or we have asked to end it and may still use it."""
        return self.states.get((side, option), NO) == YES

    def ask(self, side: Side, option: int) -> None:
        """Ask for an option to be in force, unless it is, or this was asked already (RFC 1143 7)."""
        state = self.state(side, option)
        if state == NO:
            self._become(side, option, WANTYES)
            self._say(YESES[side], option)
        elif state == WANTNO:
            self._become(side, option, WANTNO_OPPOSITE)
        elif state == WANTYES_OPPOSITE:
            self._become(side, option, WANTYES)

    def end(self, side: Side, option: int) -> None:
        """End an option, or withdraw our request for it."""
        state = self.state(side, option)
        if state == YES:
            self._become(side, option, WANTNO)
            self._say(NOS[side], option)
        elif state == WANTYES:
            self._become(side, option, WANTYES_OPPOSITE)
        elif state == WANTNO_OPPOSITE:
            self._become(side, option, WANTNO)

    def receive(self, verb: int, option: int) -> tuple[Side, Outcome]:
        """Answer a request of the client. Return the side that it is about, and what it did."""
        side: Side = "us" if verb in (DO, DONT) else "him"
        positive = verb in (DO, WILL)
        state = self.state(side, option)
        outcome = self._agreed(side, option, state) if positive else self._refuse(side, option, state)
        return side, outcome

    def _agreed(self, side: Side, option: int, state: State) -> Outcome:
        """Handle DO or WILL."""
        match state:
            case State.NO:
                if self._supports(side, option):
                    self._become(side, option, YES)
                    self._say(YESES[side], option)
                    return "on"
                self._say(NOS[side], option)
                if len(self._refused) < 512:
                    self._refused |= {(side, option)}
                return ""
            case State.YES:
                return "again"
            case State.WANTNO:
                self._become(side, option, NO)  # a refusal was answered by its opposite
                return "again"
            case State.WANTNO_OPPOSITE:
                self._become(side, option, YES)
                return "again"
            case State.WANTYES:
                self._become(side, option, YES)
                return "on"
            case _:
                self._become(side, option, WANTNO)
                self._say(NOS[side], option)
                return ""

    def _refuse(self, side: Side, option: int, state: State) -> Outcome:
        """Handle DONT or WONT."""
        match state:
            case State.NO:
                refused = (side, option) in self._refused
                self._refused -= {(side, option)}
                return "answers-refusal" if refused else "again"
            case State.YES:
                self._become(side, option, NO)
                self._say(NOS[side], option)
                return "off"
            case State.WANTNO:
                self._become(side, option, NO)
                return "off"
            case State.WANTNO_OPPOSITE:
                self._become(side, option, WANTYES)
                self._say(YESES[side], option)
                return "off"
            case _:
                self._become(side, option, NO)
                return "refused"

    def _become(self, side: Side, option: int, state: State) -> None:
        if state == NO:
            self.states.pop((side, option), None)
        else:
            self.states[side, option] = state

    def _say(self, verb: int, option: int) -> None:
        self._send(negotiation(verb, option))
