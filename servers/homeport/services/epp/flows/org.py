"""Commands of organizations (RFC 8543 4): check, info, create, update, delete. They are not transferred or renewed."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import contact_values
from homeport.services.epp.flows.org_data import (
    contacts_of,
    inf_data,
    phone_of,
    postal_of,
    replaced_postal,
    roles_of,
)
from homeport.services.epp.grammar import org as grammar
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.results import Code
from homeport.world.registry.organizations import CLIENT_STATUSES, Organization, is_below, is_linked

NONE = grammar.AddRem()


@flow(grammar.Check, reference="RFC 8543 4.1.1")
def check(request: Request[grammar.Check]) -> Outcome:
    """Return for each identifier, in the order asked, if an organization with it could be created."""
    return Outcome(data=grammar.ChkData(cd=tuple(_checked(request, wanted) for wanted in request.command.id)))


def _checked(request: Request[grammar.Check], wanted: str) -> grammar.Checked:
    reason = ""
    if not contact_values.is_id(wanted):
        reason = "Not an identifier here"
    elif wanted.lower() in request.registry.organizations:
        reason = "In use"
    return grammar.Checked(
        id=grammar.Availability(avail=not reason, value=wanted), reason=Reason(value=reason) if reason else None
    )


@flow(grammar.Info, reference="RFC 8543 4.1.2")
def info(request: Request[grammar.Info]) -> Outcome:
    """Return an organization; every client may see it."""
    one = _found(request)
    return Outcome(data=inf_data(request.registry, one), extensions=extensions.shown(request, one))


def _found(request: Request[Any]) -> Organization:
    one = request.registry.organizations.get(request.command.id.lower())
    if one is None:
        raise _missing("no organization has this identifier", "id", request.command.id)
    return one


def _missing(why: str, element: str, text: str) -> EppError:
    return EppError(Code.OBJECT_DOES_NOT_EXIST, f"RFC 8543 4: {why}", value=Value(element, text))


@flow(grammar.Create, reference="RFC 8543 4.2.1")
def create(request: Request[grammar.Create]) -> Outcome:
    """Create an organization; the client becomes its sponsor."""
    command = request.command
    contact_values.validate_id(command.id)
    if command.id.lower() in request.registry.organizations:
        raise EppError(
            Code.OBJECT_EXISTS,
            "RFC 8543 4.2.1: an organization with this identifier exists already",
            value=Value("id", command.id),
        )
    voice, voice_ext = phone_of(command.voice)
    fax, fax_ext = phone_of(command.fax)
    postal = {given.type: postal_of(given) for given in command.postal_info}
    if len(postal) < len(command.postal_info):
        raise EppError(Code.PARAMETER_POLICY, "RFC 8543 3.6: two postalInfo of one type")
    made = Organization(
        id=command.id,
        registrar=request.registrar.id,
        creator=request.registrar.id,
        created=request.changes.now,
        roles=roles_of((), command.role, ()),
        statuses=_statuses((), command.status, ()),
        parent=_parent(request, command.parent_id, "") if command.parent_id else "",
        postal=postal.get("int"),
        local_postal=postal.get("loc"),
        voice=voice,
        voice_ext=voice_ext,
        fax=fax,
        fax_ext=fax_ext,
        email=contact_values.email(command.email) if command.email else "",
        url=command.url or "",
        contacts=contacts_of(request, (), command.contact, ()),
    )
    made = extensions.changed(request, made)
    made = msgspec.structs.replace(made, roid=request.registry.new_roid("organization"))  # each call uses up one
    request.changes.put(made)
    return Outcome(data=grammar.CreData(id=made.id, cr_date=made.created), extensions=extensions.shown(request, made))


def _parent(request: Request[Any], wanted: str, child: str) -> str:
    """Return the identifier of a parent as it was created. Raises: EppError 2303, 2306 for one below its child."""
    found = request.registry.organizations.get(wanted.lower())
    if found is None:
        raise _missing("no organization has this identifier", "parentId", wanted)
    if child and is_below(request.registry, found.id, child):
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 8543 3.5: {found.id} is {child} or lies below it: parents make no loops",
            value=Value("parentId", wanted),
        )
    return found.id


def _statuses(held: tuple[str, ...], add: Iterable[str], remove: Collection[str]) -> tuple[str, ...]:
    """Return the statuses after a change. Raises: EppError 2306."""
    left = list(held)
    for status in remove:
        if status not in left:
            raise _refused_status(status, "is not set")
        left.remove(status)
    for status in add:
        if status in left:
            raise _refused_status(status, "is set already")
        left.append(status)
    for status in {*add, *remove}:
        if status not in CLIENT_STATUSES:
            raise _refused_status(status, "is the server's; clients set client... alone")
    return tuple(left)


def _refused_status(status: str, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"RFC 8543 3.4: {status} {why}", value=Value("status", status))


def _refuse_unless_sponsor(request: Request[Any], one: Organization) -> None:
    if one.registrar != request.registrar.id:
        raise EppError(Code.AUTHORIZATION_ERROR, "RFC 8543 4.2: only the sponsoring client may do this")


def _refuse_if_prohibited(one: Organization, operation: str, lifted: Collection[str] = ()) -> None:
    for status in one.statuses:
        prohibits = status.endswith(f"{operation}Prohibited") and status not in lifted
        if prohibits or status in ("hold", "terminated"):
            raise EppError(Code.STATUS_PROHIBITS, f"RFC 8543 3.4: {status} forbids this")


@flow(grammar.Update, reference="RFC 8543 4.2.5", findings=("empty-update",))
def update(request: Request[grammar.Update]) -> Outcome:
    """Change an organization: remove, then add, then replace."""
    command = request.command
    one = _found(request)
    _refuse_unless_sponsor(request, one)
    add, rem, chg = command.add or NONE, command.rem or NONE, command.chg
    _refuse_if_prohibited(one, "Update", rem.status)
    if add == NONE and rem == NONE and chg in (None, grammar.Chg()) and not request.extensions:
        raise EppError(
            Code.MISSING_PARAMETER, "RFC 8543 4.2.5: add, rem and chg change nothing", finding="empty-update"
        )
    for role in rem.role:
        if is_linked(request.registry, one, role.type):
            raise EppError(
                Code.ASSOCIATION_PROHIBITS,
                f"RFC 8543 4.2.5: domains have it as their {role.type}",
                value=Value("type", role.type),
            )
    changed = msgspec.structs.replace(
        one,
        roles=roles_of(one.roles, add.role, rem.role),
        statuses=_statuses(one.statuses, add.status, rem.status),
        contacts=contacts_of(request, one.contacts, add.contact, rem.contact),
        updated=request.changes.now,
        updater=request.registrar.id,
        **({} if chg is None else _replaced(request, one, chg)),
    )
    changed = extensions.changed(request, changed)
    request.changes.put(changed)
    return Outcome(extensions=extensions.shown(request, changed))


def _replaced(request: Request[grammar.Update], one: Organization, chg: grammar.Chg) -> dict[str, Any]:
    new: dict[str, Any] = {}
    if chg.parent_id is not None:
        new["parent"] = _parent(request, chg.parent_id, one.id)
    for postal in chg.postal_info:
        field = "postal" if postal.type == "int" else "local_postal"
        new[field] = replaced_postal(getattr(one, field), postal)
    if chg.voice is not None:
        new["voice"], new["voice_ext"] = phone_of(chg.voice)
    if chg.fax is not None:
        new["fax"], new["fax_ext"] = phone_of(chg.fax)
    if chg.email is not None:
        new["email"] = contact_values.email(chg.email)
    if chg.url is not None:
        new["url"] = chg.url
    return new


@flow(grammar.Delete, reference="RFC 8543 4.2.2")
def delete(request: Request[grammar.Delete]) -> Outcome:
    """Delete an organization that no domain has, and that is above no other one."""
    one = _found(request)
    _refuse_unless_sponsor(request, one)
    _refuse_if_prohibited(one, "Delete")
    if is_linked(request.registry, one):
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            "RFC 8543 4.2.2: it is linked: domains have it, or another organization has it as its parent",
            value=Value("id", one.id),
        )
    request.changes.remove(one)
    return Outcome()
