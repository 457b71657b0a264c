"""contact delete (RFC 5733 3.2.2)."""

from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.contact_data import found
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.results import Code


@flow(grammar.Delete)
def delete(request: Request[grammar.Delete]) -> Outcome:
    """Take out a contact that no domain names."""
    one = found(request)
    statuses.refuse_unless_sponsor(request, statuses.CONTACT, one)
    statuses.refuse_if_prohibited(statuses.CONTACT, one, "Delete")
    domains = [domain.name for domain in request.registry.domains_of_contact(one.id)]
    if domains:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5733 3.2.2: the contact is linked: {statuses.named(domains)} name it",
            value=Value("id", one.id),
        )
    request.changes.remove(one)
    return Outcome()
