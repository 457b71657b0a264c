"""contact check and info (RFC 5733 3.1)."""

from homeport.services.epp.flow import EppError, Outcome, Request, flow
from homeport.services.epp.flows import contact_values
from homeport.services.epp.flows.contact_data import check_password, found, inf_data
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.results import Code


@flow(grammar.Check)
def check(request: Request[grammar.Check]) -> Outcome:
    """Say of each identifier, in the order asked, whether a contact can be created by it."""
    return Outcome(data=grammar.ChkData(cd=tuple(_checked(request, wanted) for wanted in request.command.id)))


def _checked(request: Request[grammar.Check], wanted: str) -> grammar.Checked:
    reason = ""
    if not contact_values.is_id(wanted):
        reason = "Not an identifier here"
    elif request.registry.contact(wanted) is not None:
        reason = "In use"
    return grammar.Checked(
        id=grammar.Availability(avail=not reason, value=wanted), reason=Reason(value=reason) if reason else None
    )


@flow(grammar.Info)
def info(request: Request[grammar.Info]) -> Outcome:
    """Show a contact to its sponsor, and to whoever has its password; the password itself to its sponsor alone."""
    one = found(request)
    sponsors = one.registrar == request.registrar.id
    if not check_password(one, request.command.auth_info) and not sponsors:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            "RFC 5733 3.1.2: a contact is shown to its sponsoring client, and to others that give its authInfo",
        )
    return Outcome(data=inf_data(one, request.registry.statuses(one), to_sponsor=sponsors))
