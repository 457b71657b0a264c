"""The checklists of registrars: attempts of each step, and how they were judged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from homeport.services.epp.ote.step import Sighting, Step
from homeport.services.epp.ote.table import STEPS
from homeport.services.epp.rules import RULES

if TYPE_CHECKING:
    from homeport.world.world import World

STATE = "epp ote"
"""Key of the sheets in a world's state of services."""
State = Literal["open", "wrong", "done"]
MUST = {rule.id: rule for rule in RULES if rule.level == "must"}
BY_VERB: dict[str, tuple[Step, ...]] = {
    verb: tuple(step for step in STEPS if step.verb == verb) for verb in dict.fromkeys(step.verb for step in STEPS)
}


class Mark(msgspec.Struct, kw_only=True):
    """A registrar's latest attempt of a step, or the one that did it."""

    state: State = "open"
    attempts: int = 0
    time: float | None = None
    object: str = ""
    code: int | None = None
    cl_trid: str = ""
    sv_trid: str = ""
    why: str = ""
    """What was wrong; empty of a step that is done or open."""


class Sheet:
    """The checklist of one registrar."""

    __slots__ = ("marks", "read", "waiting")

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}
        """Marks of attempted steps, by step."""
        self.waiting: dict[str, tuple[Step, ...]] = dict(BY_VERB)
        """Steps that are not done, by verb."""
        self.read = ""
        """Identifier of the message that the registrar was shown last."""

    def mark(self, step: Step) -> Mark:
        """Return the mark of a step."""
        return self.marks.get(step.id) or Mark()

    def reads(self, seen: Sighting) -> None:
        """Remember the message that an answer shows."""
        queue: Any = None if seen.outcome is None else seen.outcome.queue
        self.read = "" if queue is None else queue.id

    def judge(
        self,
        tried: Sequence[Step],
        seen: Sighting,
        shown: str,
        ids: tuple[str, str],
        now: float,
        findings: Sequence[str],
    ) -> None:
        """Judge the steps that a command tries. shown: its objects. ids: of client and server."""
        faults = {step.id: _fault(step, seen, findings) for step in tried}
        is_asked_for = any(not why for why in faults.values())
        for step in tried:
            why = faults[step.id]
            if why and is_asked_for and seen.code not in step.codes:
                continue  # another step asks for this refusal
            mark = self.marks.setdefault(step.id, Mark())
            mark.attempts += 1
            mark.state, mark.why = ("wrong", why) if why else ("done", "")
            mark.time, mark.object, mark.code = now, shown, int(seen.code)
            mark.cl_trid, mark.sv_trid = ids
            if not why:
                self.waiting[seen.verb] = tuple(one for one in self.waiting[seen.verb] if one is not step)


class Sheets:
    """The checklists of a world's registrars, by identifier."""

    def __init__(self) -> None:
        self.by_registrar: dict[str, Sheet] = {}

    def of(self, registrar: str) -> Sheet:
        """Return a registrar's checklist, which may be empty."""
        return self.by_registrar.get(registrar) or Sheet()

    def begun(self, registrar: str) -> Sheet:
        """Return a registrar's checklist, begun if there is none."""
        found = self.by_registrar.get(registrar)
        if found is None:
            found = self.by_registrar[registrar] = Sheet()
        return found

    def clear(self, registrar: str) -> None:
        """Begin a registrar's checklist again."""
        self.by_registrar.pop(registrar, None)


def _fault(step: Step, seen: Sighting, findings: Sequence[str]) -> str:
    """Return what is wrong with an attempt; empty if it does the step."""
    if seen.code not in step.codes:
        wanted = " or ".join(str(int(code)) for code in step.codes)
        return f"answered {int(seen.code)}, not {wanted}" + (f": {seen.reason}" if seen.reason else "")
    for finding in findings:
        if rule := MUST.get(finding):
            return f"the client {rule.text} ({rule.reference})"
    return step.wrong(seen)


def sheets_of(world: "World") -> Sheets:
    """Return the checklists of a world."""
    return world.of_service(STATE, Sheets)
