"""contact transfer: query, request, approve, reject, cancel (RFC 5733 3.1.3 and 3.2.4)."""

from homeport.services.epp.flow import EppError, Outcome, Request, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.contact_data import check_password, found, trn_data
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, transfers


@flow(grammar.Transfer)
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
