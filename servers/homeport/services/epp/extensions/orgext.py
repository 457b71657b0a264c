"""Organizations of domains (RFC 8544): at most one in each role, such as its reseller."""

from collections.abc import Iterable
from typing import Any

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar import domain, orgext
from homeport.services.epp.results import Code
from homeport.world.registry import Domain
from homeport.world.registry.objects import with_extras
from homeport.world.registry.org_links import OrgLink
from homeport.world.registry.organizations import UNLINKABLE


def create(request: Request[domain.Create], one: Domain) -> Domain:
    """Link a new domain to organizations."""
    given = request.extension(orgext.Create)
    if given is None:
        return one
    held: dict[str, OrgLink] = {}
    _add(request, held, given.id)
    return with_extras(one, orgs=tuple(held.values()))


def update(request: Request[domain.Update], one: Domain) -> Domain:
    """Change the organizations of a domain: remove, then add, then change."""
    given = request.extension(orgext.Update)
    if given is None:
        return one
    if given.add is None and given.rem is None and given.chg is None:
        raise EppError(Code.MISSING_PARAMETER, "RFC 8544 4.2.5: at least one of add, rem and chg is given")
    held = {link.role: link for link in one.extras.orgs}
    for wanted in given.rem.id if given.rem else ():
        link = held.pop(wanted.role, None)
        if link is None or (wanted.value and wanted.value.lower() != link.id.lower()):
            raise _missing(wanted, f"the domain has no organization {wanted.value} as its {wanted.role}")
    _add(request, held, given.add.id if given.add else ())
    for wanted in given.chg.id if given.chg else ():
        if wanted.role not in held:
            raise _missing(wanted, f"the domain has no {wanted.role} to change; add one")
        held[wanted.role] = _link(request, wanted)
    return with_extras(one, orgs=tuple(held.values()))


def _add(request: Request[Any], held: dict[str, OrgLink], ids: Iterable[orgext.Id]) -> None:
    for wanted in ids:
        if wanted.role in held:
            raise EppError(
                Code.ASSOCIATION_PROHIBITS,
                f"RFC 8544 4.2.5: the domain has a {wanted.role} already; change it",
                value=_value(wanted),
            )
        held[wanted.role] = _link(request, wanted)


def _link(request: Request[Any], wanted: orgext.Id) -> OrgLink:
    found = request.registry.organizations.get(wanted.value.lower())
    if found is None:
        raise _missing(wanted, "no organization has this identifier")
    role = found.role(wanted.role)
    if role is None:
        roles = ", ".join(one.type for one in found.roles)
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 8544 3.1: {found.id} has not the role {wanted.role}; it has {roles}",
            value=_value(wanted),
        )
    if prohibited := UNLINKABLE.intersection((*found.statuses, *role.statuses)):
        raise EppError(
            Code.STATUS_PROHIBITS,
            f"RFC 8543 3.4: {found.id} cannot be linked: {', '.join(sorted(prohibited))}",
            value=_value(wanted),
        )
    return OrgLink(role=role.type, id=found.id)


def _missing(wanted: orgext.Id, why: str) -> EppError:
    return EppError(Code.OBJECT_DOES_NOT_EXIST, f"RFC 8544 4.2.5: {why}", value=_value(wanted))


def _value(wanted: orgext.Id) -> Value:
    return Value("id", wanted.value, orgext.NAMESPACE)


def shown_organizations(_request: Request[domain.Info], one: Domain) -> orgext.InfData | None:
    """Return the organizations of a domain; None if it has none."""
    if not one.extras.orgs:
        return None
    return orgext.InfData(id=tuple(orgext.Id(role=link.role, value=link.id) for link in one.extras.orgs))


EXTENSION = Extension(
    uri=orgext.NAMESPACE,
    rfc="8544",
    belongs={domain.Create: orgext.Create, domain.Update: orgext.Update},
    changes={domain.Create: create, domain.Update: update},
    shows={domain.Info: shown_organizations},
)
