"""Commands of domains (RFC 5731 3) except transfer: check, info, create, renew, update, delete."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import domain_idn, statuses
from homeport.services.epp.flows.allocation import token_for
from homeport.services.epp.flows.authinfo import FINDINGS, with_new_authinfo
from homeport.services.epp.flows.domain_access import (
    check_auth_info,
    existing,
    knows_password,
    new_password,
    refuse_unless_accredited,
    shows_authinfo,
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
from homeport.services.epp.flows.domain_values import registrable, room_for, unavailable, years_of
from homeport.services.epp.flows.prices import Cost, credits_of_delete, settle
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
from homeport.services.epp.rules import LAUNCH_FINDINGS, PRICE_FINDINGS
from homeport.world.clock import to_moment
from homeport.world.registry import Domain, Zone, lifecycle
from homeport.world.registry.objects import CommandIds, with_extras


@flow(Check, reference="RFC 5731 3.1.1", findings=("launch-phase", *PRICE_FINDINGS))
def check(request: Request[Check]) -> Outcome:
    """Return for each name, in the order asked, if a create would find it available or why not."""
    names = request.command.name
    by_tables = request.registry.idn.concerns_plain_names or "--" in " ".join(names)
    answers = tuple(_checked(request, name, by_tables=by_tables) for name in names)
    data = extensions.changed(request, ChkData(cd=answers))
    return Outcome(data=data, extensions=extensions.shown(request, data))


def _checked(request: Request[Check], name: str, *, by_tables: bool) -> Checked:
    registry = request.registry
    reason = unavailable(registry, name)
    if not reason and registry.domain(name) is not None:
        reason = "In use"
    if by_tables and not reason:
        reason = domain_idn.unavailable(request, name)
    return Checked(name=Availability(avail=not reason, value=name), reason=Reason(value=reason) if reason else None)


# Info shows everything to the sponsor and to clients with the authInfo. Others see what is public in DNS and Whois: no
# contacts, no subordinate hosts, and never the authInfo.


@flow(Info, reference="RFC 5731 3.1.2", findings=PRICE_FINDINGS)
def info(request: Request[Info]) -> Outcome:
    """Return the domain's data, as far as the client may see them."""
    command, registry = request.command, request.registry
    domain = existing(request, command.name.value)
    if command.auth_info is not None:
        check_auth_info(request, domain, command.auth_info)
    sponsor = domain.registrar == request.registrar.id
    names = registry.statuses(domain)
    hosts = command.name.hosts
    if sponsor or command.auth_info is not None:
        wanted = hosts in ("all", "sub")
        below = tuple(host.name for host in registry.subordinate_hosts(domain.name)) if wanted else ()
        secret = sponsor or knows_password(domain, command.auth_info)
        data = full_data(domain, names, below, delegated=hosts in ("all", "del"), secret=secret)
    else:
        data = public_data(domain, names, delegated=hosts in ("all", "del"))
    return Outcome(data=data, extensions=extensions.shown(request, domain))


def full_data(
    domain: Domain, names: Sequence[str], subordinates: Sequence[str], *, delegated: bool = True, secret: bool
) -> InfData:
    """Return all data of a domain.

    names: its statuses. delegated: include its servers. secret: include its authInfo.
    """
    return InfData(
        name=domain.name,
        roid=domain.roid,
        status=statuses.shown(Status, domain, names),
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
        auth_info=AuthInfo(pw=Password(value=domain.password or "")) if secret and shows_authinfo(domain) else None,
    )


def public_data(domain: Domain, names: Sequence[str], *, delegated: bool = True) -> InfData:
    """Return the data of a domain that every client may see. names: its statuses."""
    return InfData(
        name=domain.name,
        roid=domain.roid,
        status=statuses.shown(Status, domain, names),
        ns=shown_servers(domain) if delegated else None,
        cl_id=domain.registrar,
        cr_date=domain.created,
        up_date=domain.updated,
        ex_date=domain.expires,
        tr_date=domain.transferred,
    )


# Create registers a domain at once, or after a review (RFC 5731 3.3: 1001, panData later).


@flow(
    Create,
    reference="RFC 5731 3.2.1",
    findings=("trailing-dot", "u-label", *FINDINGS, *PRICE_FINDINGS, *LAUNCH_FINDINGS),
)
def create(request: Request[Create]) -> Outcome:
    """Register a domain for the client."""
    command = request.command
    token = token_for(request, command.name.lower())
    name, zone = registrable(request.registry, command.name, allocated=token is not None)
    years = years_of(command.period, zone)
    password = new_password(zone, command.auth_info)
    if request.registry.domain(name) is not None:
        raise EppError(
            Code.OBJECT_EXISTS, "RFC 5731 3.2.1: this name is registered already", value=Value("name", command.name)
        )
    refuse_unless_accredited(request, zone)
    domain = drafted(request, name, zone, password)
    paid = settle(request, zone, name, "create", years)
    domain = extensions.changed(request, domain)
    domain_idn.check_new(request, domain, zone)
    domain = replace(domain, roid=request.registry.new_roid("domain"))  # last, because each call uses up an identifier
    domain = lifecycle.create(request.changes, domain, years)
    return Outcome(
        code=statuses.review(request, domain, paid),
        data=CreData(name=domain.name, cr_date=domain.created, ex_date=domain.expires),
        extensions=extensions.shown(request, domain),
    )


def drafted(request: Request[Create], name: str, zone: Zone, password: str | None) -> Domain:
    """Return the domain that a create asks for, without its roid and its expiry."""
    command, now = request.command, request.changes.now
    domain = Domain(
        name=name,
        roid="",
        registrar=request.registrar.id,
        creator=request.registrar.id,
        created=now,
        expires=now,
        registrant=existing_contact(request, command.registrant, "registrant") if command.registrant else "",
        contacts=contacts_of(request, command.contact),
    )
    domain = with_new_authinfo(request, domain, password, creates=True)
    check_data_model(domain, zone)
    return with_servers(request, domain, zone, command.ns, None)


@flow(Renew, reference="RFC 5731 3.2.3", findings=PRICE_FINDINGS)
def renew(request: Request[Renew]) -> Outcome:
    """Renew a domain."""
    command = request.command
    domain = sponsored(request, command.name)
    zone = request.registry.policy_of(domain)
    years = years_of(command.period, zone)
    statuses.refuse_if_prohibited(statuses.DOMAIN, domain, "Renew")
    expires = to_moment(domain.expires).date()
    if command.cur_exp_date != expires:  # RFC 5731 3.2.3: so that a repeated command does not renew twice
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5731 3.2.3: curExpDate must be the date (UTC) of the current exDate, {expires.isoformat()}",
            value=Value("curExpDate", command.cur_exp_date.isoformat()),
        )
    _check_room(request, domain, zone, years)
    paid = settle(request, zone, domain.name, "renew", years)
    before, domain = domain, extensions.changed(request, domain)
    if statuses.waits_for_review(request, before, zone, "renew", domain, years=years, paid=paid):
        request.changes.charge(request.registrar.id, paid)  # so that it is there when the review approves
        return Outcome(code=Code.PENDING, data=RenData(name=domain.name))
    domain = lifecycle.renew(request.changes, domain, years)
    return Outcome(data=RenData(name=domain.name, ex_date=domain.expires), extensions=extensions.shown(request, domain))


def _check_room(request: Request[Renew], domain: Domain, zone: Zone, years: int) -> None:
    now = request.changes.now
    if not room_for(zone.years_min, domain.expires, now, zone):
        raise EppError(
            Code.NOT_ELIGIBLE_FOR_RENEWAL,
            f"RFC 5731 2.5: it is registered so far ahead that not one more year fits into the {zone.years_max} that "
            f"{zone.name} allows",
        )
    if not room_for(years, domain.expires, now, zone):
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5731 2.5: {zone.name} registers for {zone.years_max} years from now at most",
            value=Value("period", str(years)),
        )


# Update: remove, then add, then change; all of it or nothing.

NONE = AddRem()
UNCHANGED = Chg()


@flow(
    Update,
    reference="RFC 5731 3.2.5",
    findings=("empty-update", "server-status", "trailing-dot", *FINDINGS, *PRICE_FINDINGS),
)
def update(request: Request[Update]) -> Outcome:
    """Update a domain."""
    command = request.command
    if not command.add and not command.rem and not command.chg and not _extended(request):
        raise _empty("at least one of add, rem and chg is given unless an extension is")
    domain = sponsored(request, command.name)
    if says_nothing(command) and not _extended(request):
        raise _empty("add, rem and chg are empty: the command changes nothing")
    statuses.refuse_update_if_prohibited(statuses.DOMAIN, domain, {one.s for one in (command.rem or NONE).status})
    zone, before, paid = request.registry.policy_of(domain), domain, 0.0
    domain = changed(request, domain, zone)
    if zone.prices.update:
        paid = settle(request, zone, domain.name, "update")
        request.changes.charge(request.registrar.id, paid)
    domain = extensions.changed(request, domain)
    if statuses.waits_for_review(request, before, zone, "update", domain, paid=paid):
        return Outcome(code=Code.PENDING)
    domain = msgspec.structs.replace(domain, updater=request.registrar.id, updated=request.changes.now)
    request.changes.put(domain)
    return Outcome(extensions=extensions.shown(request, domain))


def _extended(request: Request[Update]) -> bool:
    """True if extensions may carry the change."""
    return bool(request.extensions) or request.ignored > 0


def _empty(why: str) -> EppError:
    return EppError(Code.MISSING_PARAMETER, f"RFC 5731 3.2.5: {why}", finding="empty-update")


def says_nothing(command: Update) -> bool:
    """True if add, rem and chg of an update are missing or empty."""
    return command.add in (None, NONE) and command.rem in (None, NONE) and command.chg in (None, UNCHANGED)


def changed(request: Request[Update], domain: Domain, zone: Zone) -> Domain:
    """Return a domain after add, rem and chg of an update."""
    add, rem, chg = request.command.add or NONE, request.command.rem or NONE, request.command.chg or UNCHANGED
    changes: dict[str, Any] = {}
    if add.status or rem.status:
        changes["statuses"] = statuses.changed(
            statuses.DOMAIN, domain, (one.s for one in add.status), (one.s for one in rem.status)
        )
    if chg.auth_info is not None:
        domain = with_new_authinfo(request, domain, new_password(zone, chg.auth_info), creates=False)
    if chg.registrant is not None:  # RFC 5731 3.2.5: an empty element removes the registrant
        changes["registrant"] = existing_contact(request, chg.registrant, "registrant") if chg.registrant else ""
    if add.contact or rem.contact:
        changes["contacts"] = changed_contacts(request, domain, add.contact, rem.contact)
    if changes:
        domain = statuses.with_texts(msgspec.structs.replace(domain, **changes), add.status)
    if "registrant" in changes or "contacts" in changes:
        check_data_model(domain, zone)
    return with_servers(request, domain, zone, add.ns, rem.ns) if add.ns or rem.ns else domain


# Delete: in add grace the domain is removed at once (1000), else it goes into redemption (1001).
#
# A domain with subordinate hosts cannot be deleted (2305), because other domains may be delegated to them; RFC 9874
# describes what would happen to those.


@flow(Delete, reference="RFC 5731 3.2.2")
def delete(request: Request[Delete]) -> Outcome:
    """Delete a domain."""
    domain = sponsored(request, request.command.name)
    statuses.refuse_if_prohibited(statuses.DOMAIN, domain, "Delete")
    hosts = [host.name for host in request.registry.subordinate_hosts(domain.name)]
    if hosts:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5731 3.2.2: it has subordinate hosts; delete or rename them first: {statuses.named(hosts)}",
        )
    credited = credits_of_delete(domain, request.changes.now)
    zone = request.registry.policy_of(domain)
    request.cost = Cost(zone, domain.name, "delete", 0, 0.0, credited)
    before, domain = domain, extensions.changed(request, domain)
    if statuses.waits_for_review(request, before, zone, "delete", domain):
        return Outcome(code=Code.PENDING)
    left = lifecycle.delete(request.changes, domain)
    if left is not None:  # RFC 5730 2.9.2.3: its outcome will be sent as panData
        ids = CommandIds(cl_trid=request.cl_trid or "", sv_trid=request.sv_trid)
        left = with_extras(left, deletion=ids)
        request.changes.put(left)
    return Outcome(code=Code.OK if left is None else Code.PENDING, extensions=extensions.shown(request, left or domain))
