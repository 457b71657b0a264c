"""info (RFC 5731 3.1.2): everything for the sponsor and for whoever has the authInfo, less for others.

Others get what is public in DNS and Whois: no contacts, no subordinate hosts, and never the authInfo.
"""

from collections.abc import Sequence

from homeport.services.epp import extensions
from homeport.services.epp.flow import Outcome, Request, flow
from homeport.services.epp.flows.domain_access import check_auth_info, existing, knows_password
from homeport.services.epp.flows.domain_servers import shown_servers
from homeport.services.epp.grammar.domain import AuthInfo, ContactRef, InfData, Info, Status
from homeport.services.epp.grammar.eppcom import Password
from homeport.world.registry import Domain


@flow(Info)
def info(request: Request[Info]) -> Outcome:
    """Tell what is known of the domain, as far as the client may know."""
    command, registry = request.command, request.registry
    domain = existing(request, command.name.value)
    if command.auth_info is not None:
        check_auth_info(request, domain, command.auth_info)
    sponsor = domain.registrar == request.registrar.id
    statuses = registry.statuses(domain)
    hosts = command.name.hosts
    if sponsor or command.auth_info is not None:
        wanted = hosts in ("all", "sub")
        below = tuple(host.name for host in registry.subordinate_hosts(domain.name)) if wanted else ()
        secret = sponsor or knows_password(domain, command.auth_info)
        data = full_data(domain, statuses, below, delegated=hosts in ("all", "del"), secret=secret)
    else:
        data = public_data(domain, statuses, delegated=hosts in ("all", "del"))
    return Outcome(data=data, extensions=extensions.shown(request, domain))


def full_data(
    domain: Domain, statuses: Sequence[str], subordinates: Sequence[str], *, delegated: bool = True, secret: bool
) -> InfData:
    """All of a domain. statuses: as it shows them. delegated: with its servers. secret: with its authInfo."""
    return InfData(
        name=domain.name,
        roid=domain.roid,
        status=shown_statuses(statuses),
        registrant=domain.registrant or None,
        contact=tuple(ContactRef(type=one.role, value=one.id) for one in domain.contacts),
        ns=shown_servers(domain) if delegated else None,
        host=tuple(subordinates),
        cl_id=domain.registrar,
        cr_id=domain.made_by,
        cr_date=domain.created,
        up_id=domain.updater or None,
        up_date=domain.updated,
        ex_date=domain.expires,
        tr_date=domain.transferred,
        auth_info=AuthInfo(pw=Password(value=domain.password)) if secret and domain.password else None,
    )


def public_data(domain: Domain, statuses: Sequence[str], *, delegated: bool = True) -> InfData:
    """What everybody may know of a domain."""
    return InfData(
        name=domain.name,
        roid=domain.roid,
        status=shown_statuses(statuses),
        ns=shown_servers(domain) if delegated else None,
        cl_id=domain.registrar,
        cr_date=domain.created,
        up_date=domain.updated,
        ex_date=domain.expires,
        tr_date=domain.transferred,
    )


def shown_statuses(statuses: Sequence[str]) -> tuple[Status, ...]:
    """Statuses as an answer has them."""
    return tuple(Status(s=status) for status in statuses)  # type: ignore[arg-type]  # the registry has none but these
