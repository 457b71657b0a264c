"""create (RFC 5731 3.2.1): registers a domain, at once or after a review (3.3: 1001, panData later)."""

from msgspec.structs import replace

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import new_objects
from homeport.services.epp.flows.domain_access import new_password, refuse_unless_accredited
from homeport.services.epp.flows.domain_contacts import check_data_model, contacts_of, existing_contact
from homeport.services.epp.flows.domain_names import registrable
from homeport.services.epp.flows.domain_servers import with_servers
from homeport.services.epp.flows.domain_terms import check_affordable, years_of
from homeport.services.epp.grammar.domain import Create, CreData
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Zone, lifecycle


@flow(Create)
def create(request: Request[Create]) -> Outcome:
    """Register the domain for the client."""
    command = request.command
    name, zone = registrable(request.registry, command.name)
    years = years_of(command.period, zone)
    password = new_password(zone, command.auth_info)
    if request.registry.domain(name) is not None:
        raise EppError(Code.OBJECT_EXISTS, "RFC 5731 3.2.1: this name is registered", value=Value("name", command.name))
    refuse_unless_accredited(request, zone)
    domain = extensions.changed(request, _drafted(request, name, zone, password))
    check_affordable(request, zone.prices.create * years)
    domain = replace(domain, roid=request.registry.new_roid("domain"))  # last, because one that is given is used up
    domain = lifecycle.create(request.changes, domain, years)
    return Outcome(
        code=new_objects.review(request, domain),
        data=CreData(name=domain.name, cr_date=domain.created, ex_date=domain.expires),
        extensions=extensions.shown(request, domain),
    )


def _drafted(request: Request[Create], name: str, zone: Zone, password: str | None) -> Domain:
    command, now = request.command, request.changes.now
    domain = Domain(
        name=name,
        roid="",
        registrar=request.registrar.id,
        creator=request.registrar.id,
        created=now,
        expires=now,
        password=password,
        registrant=existing_contact(request, command.registrant, "registrant") if command.registrant else "",
        contacts=contacts_of(request, command.contact),
    )
    check_data_model(domain, zone)
    return with_servers(request, domain, zone, command.ns, None)
