"""Commands of contacts (RFC 5733 3): check, info, create, update, transfer, delete."""

from typing import Any

import msgspec

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import contact_values, statuses
from homeport.services.epp.flows.authinfo import FINDINGS, with_new_authinfo
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
from homeport.world.registry.disclosure import as_disclosed, policy_of
from homeport.world.registry.objects import NO_POSTAL


@flow(grammar.Check, reference="RFC 5733 3.1.1")
def check(request: Request[grammar.Check]) -> Outcome:
    """Return for each identifier, in the order asked, if a contact with it could be created."""
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
    """Return a contact to its sponsor; what it discloses of itself (2.9) to clients that give its password, too."""
    one = found(request)
    sponsors = one.registrar == request.registrar.id
    if not check_password(one, request.command.auth_info) and not sponsors:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            "RFC 5733 3.1.2: only the sponsoring client, and clients that give its authInfo, may see a contact",
        )
    shown = one if sponsors else as_disclosed(one, policy_of(request.options))
    return Outcome(
        data=inf_data(shown, request.registry.statuses(one), to_sponsor=sponsors),
        extensions=extensions.shown(request, shown),
    )


@flow(grammar.Create, reference="RFC 5733 3.2.1", findings=FINDINGS)
def create(request: Request[grammar.Create]) -> Outcome:
    """Create a contact; the client becomes its sponsor."""
    command = request.command
    numbered = request.options.contact_ids == "server"
    if not numbered:
        contact_values.validate_id(command.id)
    postal = {given.type: postal_of(given) for given in command.postal_info}
    voice, voice_ext = phone_of(command.voice, "voice")
    fax, fax_ext = phone_of(command.fax, "fax")
    email = contact_values.email(command.email)
    password = password_of(command.auth_info)
    disclose = disclose_of(command.disclose, request.options.always_disclosed) if command.disclose else None
    if not numbered and request.registry.contact(command.id) is not None:
        raise EppError(
            Code.OBJECT_EXISTS,
            "RFC 5733 3.2.1: a contact with this identifier exists already",
            value=Value("id", command.id),
        )
    made = Contact(
        id=command.id,
        roid="",
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
    )
    made = with_new_authinfo(request, made, password, creates=True)
    made = extensions.changed(request, made)
    roid = request.registry.new_roid("contact")  # each call uses up one
    made = msgspec.structs.replace(made, roid=roid, id=_number(request, roid) if numbered else made.id)
    return Outcome(
        code=put(request, made),
        data=grammar.CreData(id=made.id, cr_date=made.created),
        extensions=extensions.shown(request, made),
    )


def _number(request: Request[grammar.Create], roid: str) -> str:
    """Return the identifier that the registry assigns to a contact: the first part of its roid, if it is free."""
    number = roid.partition("-")[0]
    while request.registry.contact(number) is not None:
        number = f"C{number}"
    return number


@flow(grammar.Update, reference="RFC 5733 3.2.5", findings=("empty-update", "server-status", *FINDINGS))
def update(request: Request[grammar.Update]) -> Outcome:
    """Change a contact's statuses, and replace the elements of it that are given."""
    command = request.command
    one = found(request)
    statuses.refuse_unless_sponsor(request, statuses.CONTACT, one)
    added = [status.s for status in command.add.status] if command.add else []
    removed = [status.s for status in command.rem.status] if command.rem else []
    statuses.refuse_update_if_prohibited(statuses.CONTACT, one, removed)
    new: dict[str, Any] = {"statuses": statuses.changed(statuses.CONTACT, one, added, removed)}
    if command.chg is not None:
        replaced = _replaced(request, one, command.chg)
        if not replaced and not added and not removed and not request.extensions and not request.ignored:
            raise EppError(
                Code.MISSING_PARAMETER,
                "RFC 5733 3.2.5: chg holds at least one element",
                value=command.chg,
                finding="empty-update",
            )
        new |= replaced
    changed = msgspec.structs.replace(one, updated=request.changes.now, updater=request.registrar.id, **new)
    changed = statuses.with_texts(changed, command.add.status if command.add else ())
    changed = extensions.changed(request, changed)
    request.changes.put(changed)
    return Outcome(extensions=extensions.shown(request, changed))


def _replaced(request: Request[grammar.Update], one: Contact, given: grammar.Chg) -> dict[str, Any]:
    """Return the fields that an update replaces."""
    new: dict[str, Any] = {}
    for postal in given.postal_info:
        if postal.type == "int":
            new["postal"] = _postal(None if one.postal == NO_POSTAL else one.postal, postal)
        else:
            new["local_postal"] = _postal(one.local_postal, postal)
    if given.voice is not None:  # an empty number removes the old one
        new |= {"voice": given.voice.value, "voice_ext": given.voice.x or "" if given.voice.value else ""}
    if given.fax is not None:
        new |= {"fax": given.fax.value, "fax_ext": given.fax.x or "" if given.fax.value else ""}
    if given.email is not None:
        new["email"] = contact_values.email(given.email)
    if given.auth_info is not None:
        changed = with_new_authinfo(request, one, password_of(given.auth_info), creates=False)
        new |= {"password": changed.password, "extras": changed.extras}
    if given.disclose is not None:
        new["disclose"] = disclose_of(given.disclose, request.options.always_disclosed)
    return new


def _postal(old: PostalInfo | None, given: grammar.ChgPostalInfo) -> PostalInfo:
    """Return the address with the given parts replaced: an empty org removes it, addr is replaced as a whole."""
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
    """Dispatch a transfer by its attribute `op`."""
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
            "RFC 5733 3.1.3: only the two clients of a transfer, and clients that give authInfo, may query it",
        )
    if latest is None:
        raise EppError(Code.NOT_PENDING_TRANSFER, "RFC 5733 3.1.3: no transfer of this contact was ever requested")
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
            "RFC 5730 3: this contact is locked for a time after its create or its last transfer",
        )
    asked = transfers.request(request.changes, one, request.registrar.id)
    return _outcome(asked, Code.PENDING if asked.transfer and asked.transfer.status == "pending" else Code.OK)


def _answer(request: Request[grammar.Transfer], one: Contact) -> Outcome:
    """Carry out approve and reject (for the sponsor) and cancel (for the requesting client)."""
    latest = one.transfer
    cancels = request.op == "cancel"
    entitled = latest.gaining if cancels and latest else one.registrar
    if request.registrar.id != entitled and not (cancels and latest is None):
        who = "the requesting client" if cancels else "the sponsoring client"
        raise EppError(Code.AUTHORIZATION_ERROR, f'RFC 5730 2.9.3.4: op="{request.op}" is for {who}, which you are not')
    if latest is None or latest.status != "pending":
        raise EppError(Code.NOT_PENDING_TRANSFER, "RFC 5730 2.9.3.4: no transfer of this contact is pending")
    act = {"approve": transfers.approve, "reject": transfers.reject, "cancel": transfers.cancel}[request.op]
    return _outcome(act(request.changes, one), Code.OK)


def _outcome(one: Contact, code: Code) -> Outcome:
    return Outcome(code=code, data=trn_data(one.id, one.transfer) if one.transfer else None)


@flow(grammar.Delete, reference="RFC 5733 3.2.2")
def delete(request: Request[grammar.Delete]) -> Outcome:
    """Delete a contact that no domain names."""
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
    if request.registry.linked(one):
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            "RFC 5733 3.2.2: the contact is linked: an organization names it (RFC 8543 3.3)",
            value=Value("id", one.id),
        )
    request.changes.remove(one)
    return Outcome()
