"""The commands of domains (RFC 5731 3) but transfer: check, info, create, renew, update, delete."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.domain_access import (
    check_auth_info,
    existing,
    knows_password,
    new_password,
    refuse_unless_accredited,
    sponsored,
)
from homeport.services.epp.flows.domain_links import (
    changed_contacts,
    check_data_model,
    contacts_of,
    existing_contact,
    shown_servers,
    with_servers,
)
from homeport.services.epp.flows.domain_values import check_affordable, registrable, room_for, unavailable, years_of
from homeport.services.epp.grammar.domain import (
    AddRem,
    AuthInfo,
    Availability,
    Check,
    Checked,
    Chg,
    ChkData,
    ContactRef,
    Create,
    CreData,
    Delete,
    InfData,
    Info,
    RenData,
    Renew,
    Status,
    Update,
)
from homeport.services.epp.grammar.eppcom import Password, Reason
from homeport.services.epp.results import Code
from homeport.world.clock import to_moment
from homeport.world.registry import Domain, Zone, lifecycle


@flow(Check, reference="RFC 5731 3.1.1")
def check(request: Request[Check]) -> Outcome:
    """Say for each name, in the order asked, whether a create would find it free; one bad name fails no other."""
    data = ChkData(cd=tuple(_checked(request, name) for name in request.command.name))
    return Outcome(data=data, extensions=extensions.shown(request, data))


def _checked(request: Request[Check], name: str) -> Checked:
    registry = request.registry
    reason = unavailable(registry, name)
    if not reason and registry.domain(name) is not None:
        reason = "In use"
    return Checked(name=Availability(avail=not reason, value=name), reason=Reason(value=reason) if reason else None)


# Info tells the sponsor everything, and whoever has the authInfo; others get what is public in DNS and Whois: no
# contacts, no subordinate hosts, and never the authInfo.


@flow(Info, reference="RFC 5731 3.1.2")
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


# Create registers a domain at once, or after a review (RFC 5731 3.3: 1001, panData later).


@flow(Create, reference="RFC 5731 3.2.1", findings=("trailing-dot",))
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
        code=statuses.review(request, domain),
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


@flow(Renew, reference="RFC 5731 3.2.3")
def renew(request: Request[Renew]) -> Outcome:
    """Renew the domain."""
    command = request.command
    domain = sponsored(request, command.name)
    zone = request.registry.policy_of(domain)
    years = years_of(command.period, zone)
    statuses.refuse_if_prohibited(statuses.DOMAIN, domain, "Renew")
    expires = to_moment(domain.expires).date()
    if command.cur_exp_date != expires:  # RFC 5731 3.2.3: so that no command renews twice
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5731 3.2.3: curExpDate is the date (UTC) of exDate as it is now, {expires.isoformat()}",
            value=Value("curExpDate", command.cur_exp_date.isoformat()),
        )
    _check_room(request, domain, zone, years)
    check_affordable(request, zone.prices.renew * years)
    domain = lifecycle.renew(request.changes, extensions.changed(request, domain), years)
    return Outcome(data=RenData(name=domain.name, ex_date=domain.expires), extensions=extensions.shown(request, domain))


def _check_room(request: Request[Renew], domain: Domain, zone: Zone, years: int) -> None:
    now = request.changes.now
    if not room_for(zone.years_min, domain.expires, now, zone):
        raise EppError(
            Code.NOT_ELIGIBLE_FOR_RENEWAL,
            f"RFC 5731 2.5: it is registered so far ahead already that no year fits into the {zone.years_max} that "
            f"{zone.name} allows",
        )
    if not room_for(years, domain.expires, now, zone):
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5731 2.5: {zone.name} registers for {zone.years_max} years from now at most",
            value=Value("period", str(years)),
        )


# Update: what is removed goes first, what is added next, what is changed last; or nothing is.

NONE = AddRem()
UNCHANGED = Chg()


@flow(Update, reference="RFC 5731 3.2.5", findings=("empty-update", "server-status", "trailing-dot"))
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


# Delete: gone at once in add grace (1000), else into redemption (1001).
#
# A domain with subordinate hosts stays (2305): others may be delegated to them, and RFC 9874 tells what would become of
# those. Delete or rename the hosts first.


@flow(Delete, reference="RFC 5731 3.2.2")
def delete(request: Request[Delete]) -> Outcome:
    """Delete the domain."""
    domain = sponsored(request, request.command.name)
    statuses.refuse_if_prohibited(statuses.DOMAIN, domain, "Delete")
    hosts = [host.name for host in request.registry.subordinate_hosts(domain.name)]
    if hosts:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5731 3.2.2: it has subordinate hosts; delete or rename them first: {statuses.named(hosts)}",
        )
    domain = extensions.changed(request, domain)
    left = lifecycle.delete(request.changes, domain)
    return Outcome(code=Code.OK if left is None else Code.PENDING, extensions=extensions.shown(request, left or domain))
