"""The faults that act on an operation."""

from homeport.services.ldap.messages import Result
from homeport.services.ldap.operation import Operation
from homeport.services.ldap.spoiling import FRAMES, Spoiling
from homeport.services.ldap.texts import argument_of


def collect_faults(operation: Operation) -> Result | None:
    """Collect the faults that act on an operation, planned ones and those that the client asks for by a name.

    Return the result that replaces it, or None.
    """
    dialogue, verb = operation.dialogue, operation.verb
    planned: Result | None = dialogue.plan(verb, argument_of(operation.request))
    if dialogue.context.world.faults.by_client:
        from homeport.services.ldap.client_faults import asked_by_name  # most farms never need it

        planned = planned or asked_by_name(operation)
    defects = tuple(one for one in dialogue.faults if one.plan.do.kind == "frame")
    operation.faults = tuple(one for one in dialogue.faults if one not in defects)
    dialogue.faults = ()
    fitting = tuple(one for one in defects if verb in FRAMES[str(one.plan.do.frame)])
    if fitting:
        operation.spoiling = Spoiling(dialogue, fitting)
    return planned
