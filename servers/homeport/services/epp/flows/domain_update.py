"""update (RFC 5731 3.2.5): what is removed goes first, what is added next, what is changed last; or nothing is."""

from typing import Any

import msgspec

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.domain_access import new_password, sponsored
from homeport.services.epp.flows.domain_contacts import changed_contacts, check_data_model, existing_contact
from homeport.services.epp.flows.domain_servers import with_servers
from homeport.services.epp.grammar.domain import AddRem, Chg, Update
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Zone

NONE = AddRem()
UNCHANGED = Chg()


@flow(Update)
def update(request: Request[Update]) -> Outcome:
    """Change the domain."""
    command = request.command
    if not command.add and not command.rem and not command.chg and not request.extensions:
        raise _empty("at least one of add, rem and chg is given unless an extension is")
    domain = sponsored(request, command.name)
    if says_nothing(command) and not request.extensions:
        raise _empty("add, rem and chg are empty: nothing is to be changed")
    statuses.refuse_update_if_prohibited(statuses.DOMAIN, domain, {one.s for one in (command.rem or NONE).status})
    domain = extensions.changed(request, _changed(request, domain, request.registry.policy_of(domain)))
    domain = msgspec.structs.replace(domain, updater=request.registrar.id, updated=request.changes.now)
    request.changes.put(domain)
    return Outcome(extensions=extensions.shown(request, domain))


def _empty(why: str) -> EppError:
    return EppError(Code.MISSING_PARAMETER, f"RFC 5731 3.2.5: {why}", finding="empty-update")


def says_nothing(command: Update) -> bool:
    """Whether its add, rem and chg are missing or empty."""
    return command.add in (None, NONE) and command.rem in (None, NONE) and command.chg in (None, UNCHANGED)


def _changed(request: Request[Update], domain: Domain, zone: Zone) -> Domain:
    add, rem, chg = request.command.add or NONE, request.command.rem or NONE, request.command.chg or UNCHANGED
    changes: dict[str, Any] = {}
    if add.status or rem.status:
        changes["statuses"] = statuses.changed(
            statuses.DOMAIN, domain, (one.s for one in add.status), (one.s for one in rem.status)
        )
    if chg.auth_info is not None:
        changes["password"] = new_password(zone, chg.auth_info)
    if chg.registrant is not None:  # RFC 5731 3.2.5: empty, it takes the registrant away
        changes["registrant"] = existing_contact(request, chg.registrant, "registrant") if chg.registrant else ""
    if add.contact or rem.contact:
        changes["contacts"] = changed_contacts(request, domain, add.contact, rem.contact)
    if changes:
        domain = msgspec.structs.replace(domain, **changes)
    if "registrant" in changes or "contacts" in changes:
        check_data_model(domain, zone)
    return with_servers(request, domain, zone, add.ns, rem.ns) if add.ns or rem.ns else domain
