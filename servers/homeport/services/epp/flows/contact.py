"""The commands of contacts (RFC 5733 3): check, info, create, update, transfer, delete."""

from typing import Any

import msgspec

from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import contact_values, statuses
from homeport.services.epp.flows.contact_data import (
    check_password,
    disclose_of,
    found,
    inf_data,
    password_of,
    phone_of,
    postal_of,
    trn_data,
    with_address,
)
from homeport.services.epp.flows.statuses import put
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, PostalInfo, transfers
from homeport.world.registry.objects import NO_POSTAL


@flow(grammar.Check, reference="RFC 5733 3.1.1")
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


@flow(grammar.Info, reference="RFC 5733 3.1.2")
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


@flow(grammar.Create, reference="RFC 5733 3.2.1")
def create(request: Request[grammar.Create]) -> Outcome:
    """Make a contact, whose sponsor is who asks."""
    command = request.command
    contact_values.check_id(command.id)
    postal = {given.type: postal_of(given) for given in command.postal_info}
    voice, voice_ext = phone_of(command.voice, "voice")
    fax, fax_ext = phone_of(command.fax, "fax")
    email = contact_values.email(command.email)
    password = password_of(command.auth_info)
    disclose = disclose_of(command.disclose, request.options.always_disclosed) if command.disclose else None
    if request.registry.contact(command.id) is not None:
        raise EppError(
            Code.OBJECT_EXISTS, "RFC 5733 3.2.1: there is a contact of this identifier", value=Value("id", command.id)
        )
    made = Contact(
        id=command.id,
        roid=request.registry.new_roid("contact"),
        registrar=request.registrar.id,
        creator=request.registrar.id,
        created=request.changes.now,
        postal=postal.get("int", NO_POSTAL),
        local_postal=postal.get("loc"),
        voice=voice,
        voice_ext=voice_ext,
        fax=fax,
        fax_ext=fax_ext,
        email=email,
        disclose=disclose,
        password=password,
    )
    return Outcome(code=put(request, made), data=grammar.CreData(id=made.id, cr_date=made.created))


@flow(grammar.Update, reference="RFC 5733 3.2.5", findings=("empty-update", "server-status"))
def update(request: Request[grammar.Update]) -> Outcome:
    """Change a contact's statuses, and replace what of it is given."""
    command = request.command
    one = found(request)
    statuses.refuse_unless_sponsor(request, statuses.CONTACT, one)
    added = [status.s for status in command.add.status] if command.add else []
    removed = [status.s for status in command.rem.status] if command.rem else []
    statuses.refuse_update_if_prohibited(statuses.CONTACT, one, removed)
    new: dict[str, Any] = {"statuses": statuses.changed(statuses.CONTACT, one, added, removed)}
    if command.chg is not None:
        replaced = _replaced(request, one, command.chg)
        if not replaced and not added and not removed:
            raise EppError(
                Code.MISSING_PARAMETER,
                "RFC 5733 3.2.5: chg holds at least one element",
                value=command.chg,
                finding="empty-update",
            )
        new |= replaced
    request.changes.put(msgspec.structs.replace(one, updated=request.changes.now, updater=request.registrar.id, **new))
    return Outcome()


def _replaced(request: Request[grammar.Update], one: Contact, given: grammar.Chg) -> dict[str, Any]:
    """The fields that an update replaces."""
    new: dict[str, Any] = {}
    for postal in given.postal_info:
        if postal.type == "int":
            new["postal"] = _postal(None if one.postal == NO_POSTAL else one.postal, postal)
        else:
            new["local_postal"] = _postal(one.local_postal, postal)
    if given.voice is not None:  # an empty number takes the old one away
        new |= {"voice": given.voice.value, "voice_ext": given.voice.x or "" if given.voice.value else ""}
    if given.fax is not None:
        new |= {"fax": given.fax.value, "fax_ext": given.fax.x or "" if given.fax.value else ""}
    if given.email is not None:
        new["email"] = contact_values.email(given.email)
    if given.auth_info is not None:
        new["password"] = password_of(given.auth_info)
    if given.disclose is not None:
        new["disclose"] = disclose_of(given.disclose, request.options.always_disclosed)
    return new


def _postal(old: PostalInfo | None, given: grammar.ChgPostalInfo) -> PostalInfo:
    """The address with what is given put in its place: an empty org goes, addr is replaced whole."""
    if old is None:
        if given.name is None or given.addr is None:
            raise EppError(
                Code.MISSING_PARAMETER,
                f'RFC 5733 3.2.5: the contact has no postalInfo of type="{given.type}"; a new one needs name and addr',
                value=given,
            )
        return postal_of(grammar.PostalInfo(type=given.type, name=given.name, org=given.org, addr=given.addr))
    postal = old if given.addr is None else with_address(old, given.addr)
    return msgspec.structs.replace(
        postal,
        name=postal.name if given.name is None else given.name,
        organization=postal.organization if given.org is None else given.org,
    )


@flow(grammar.Transfer, reference="RFC 5733 3.1.3, 3.2.4")
def transfer(request: Request[grammar.Transfer]) -> Outcome:
    """Do what the attribute `op` says."""
    one = found(request)
    authorized = check_password(one, request.command.auth_info)
    match request.op:
        case "query":
            return _query(request, one, authorized=authorized)
        case "request":
            return _request(request, one, authorized=authorized)
        case _:
            return _answer(request, one)


def _query(request: Request[grammar.Transfer], one: Contact, *, authorized: bool) -> Outcome:
    latest = one.transfer
    involved = {one.registrar, latest.gaining, latest.losing} if latest else {one.registrar}
    if not authorized and request.registrar.id not in involved:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            "RFC 5733 3.1.3: a transfer is shown to the clients that it concerns, and to others that give authInfo",
        )
    if latest is None:
        raise EppError(Code.NOT_PENDING_TRANSFER, "RFC 5733 3.1.3: nobody has ever asked for this contact")
    return Outcome(data=trn_data(one.id, latest))


def _request(request: Request[grammar.Transfer], one: Contact, *, authorized: bool) -> Outcome:
    if one.registrar == request.registrar.id:
        raise EppError(Code.NOT_ELIGIBLE_FOR_TRANSFER, "RFC 5730 2.9.3.4: you sponsor this contact already")
    if not authorized:
        raise EppError(Code.MISSING_PARAMETER, "RFC 5733 3.2.4: a request for a transfer needs the contact's authInfo")
    if one.transfer_pending:
        raise EppError(Code.PENDING_TRANSFER, "RFC 5733 3.2.4: a transfer of this contact is pending already")
    statuses.refuse_if_prohibited(statuses.CONTACT, one, "Transfer")
    if request.registry.transfer_locked(one):
        raise EppError(
            Code.NOT_ELIGIBLE_FOR_TRANSFER,
            "RFC 5730 3: so soon after its create or its last transfer this contact is locked",
        )
    asked = transfers.request(request.changes, one, request.registrar.id)
    return _outcome(asked, Code.PENDING if asked.transfer and asked.transfer.status == "pending" else Code.OK)


def _answer(request: Request[grammar.Transfer], one: Contact) -> Outcome:
    """Approve and reject, as the sponsor; cancel, as who asked."""
    latest = one.transfer
    cancels = request.op == "cancel"
    entitled = latest.gaining if cancels and latest else one.registrar
    if request.registrar.id != entitled and not (cancels and latest is None):
        who = "who asked for it" if cancels else "the sponsoring client"
        raise EppError(
            Code.AUTHORIZATION_ERROR, f'RFC 5730 2.9.3.4: op="{request.op}" is for {who}, and that is another client'
        )
    if latest is None or latest.status != "pending":
        raise EppError(Code.NOT_PENDING_TRANSFER, "RFC 5730 2.9.3.4: no transfer of this contact is pending")
    act = {"approve": transfers.approve, "reject": transfers.reject, "cancel": transfers.cancel}[request.op]
    return _outcome(act(request.changes, one), Code.OK)


def _outcome(one: Contact, code: Code) -> Outcome:
    return Outcome(code=code, data=trn_data(one.id, one.transfer) if one.transfer else None)


@flow(grammar.Delete, reference="RFC 5733 3.2.2")
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
