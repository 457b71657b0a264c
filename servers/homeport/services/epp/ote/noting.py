"""Calls by which a session has the checklist judge its answers.

Each answer comes here, so it costs little once the steps of its command are done, and while no step is tried.
"""

from typing import TYPE_CHECKING, Any

from homeport.protocol.effects import Effect, ReportFinding
from homeport.services.epp.grammar import Element, epp
from homeport.services.epp.ote.sheet import BY_VERB, sheets_of
from homeport.services.epp.ote.step import Sighting
from homeport.services.epp.results import Code

if TYPE_CHECKING:
    from homeport.services.epp.dialogue import Exchange
    from homeport.services.epp.flow import Outcome
    from homeport.world.world import World


def note(
    world: "World",
    registrar: str,
    exchange: "Exchange",
    operation: Any,
    answered: "tuple[Code, str, Outcome | None]",
    extensions: tuple[Element, ...],
    effects: list[Effect],
    begun_at: int,
) -> None:
    """Judge the answer to a command. answered: code, reason, outcome.

    effects: of this turn; those from `begun_at` on are the command's, among them its findings.
    """
    called = exchange.called
    if called.verb not in BY_VERB:
        return
    sheets = sheets_of(world)
    if type(operation) is epp.Login:
        found = world.registry.registrar(operation.cl_id)
        registrar = found.id if found is not None and found.id.lower() == operation.cl_id.lower() else ""
    sheet = sheets.by_registrar.get(registrar)
    steps = (BY_VERB if sheet is None else sheet.waiting).get(called.verb)
    if not steps or not registrar:
        return
    about = getattr(operation, "object", operation)
    read = "" if sheet is None else sheet.read
    seen = Sighting(called.verb, about, called.op, *answered, extensions, registrar, world.registry, read)
    if seen.code == Code.ACK_TO_DEQUEUE:
        sheets.begun(registrar).reads(seen)
    tried = [step for step in steps if step.tries(seen)]
    if tried:
        findings = [one.id for one in effects[begun_at:] if type(one) is ReportFinding]
        ids = (exchange.ids.client or "", exchange.ids.server)
        sheets.begun(registrar).judge(tried, seen, called.shown, ids, world.clock.now(), findings)
