"""check (RFC 5731 3.1.1): whether names are free, answered in the order asked; one bad name fails no other."""

from homeport.services.epp import extensions
from homeport.services.epp.flow import Outcome, Request, flow
from homeport.services.epp.flows.domain_names import unavailable
from homeport.services.epp.grammar.domain import Availability, Check, Checked, ChkData
from homeport.services.epp.grammar.eppcom import Reason


@flow(Check)
def check(request: Request[Check]) -> Outcome:
    """Say for each name whether a create would find it free."""
    data = ChkData(cd=tuple(_checked(request, name) for name in request.command.name))
    return Outcome(data=data, extensions=extensions.shown(request, data))


def _checked(request: Request[Check], name: str) -> Checked:
    registry = request.registry
    reason = unavailable(registry, name)
    if not reason and registry.domain(name) is not None:
        reason = "In use"
    return Checked(name=Availability(avail=not reason, value=name), reason=Reason(value=reason) if reason else None)
