"""transfer (RFC 5731 3.1.3, 3.2.4): query, request, approve, reject, cancel.

The gaining client requests a domain with its authInfo; the sponsor approves or rejects; the gaining client may cancel.
The effects of a transfer, and of its deadline, are in `world/registry/transfers.py`.
"""

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.domain_access import check_auth_info, existing, refuse_unless_accredited
from homeport.services.epp.flows.domain_values import room_for, years_of
from homeport.services.epp.flows.prices import settle
from homeport.services.epp.grammar.domain import Transfer, TrnData
from homeport.services.epp.results import Code
from homeport.services.epp.rules import PRICE_FINDINGS
from homeport.world.registry import Domain, Zone, graces, transfers
from homeport.world.registry import Transfer as TransferState


@flow(Transfer, reference="RFC 5731 3.1.3, 3.2.4", findings=PRICE_FINDINGS)
def transfer(request: Request[Transfer]) -> Outcome:
    """Dispatch a transfer by its attribute `op`."""
    domain = existing(request, request.command.name)
    match request.op:
        case "query":
            return _query(request, domain)
        case "request":
            return _request(request, domain)
        case "approve" | "reject":
            return _answer(request, domain)
        case "cancel":
            return _cancel(request, domain)
    raise EppError(Code.VALUE_SYNTAX, f"RFC 5730 2.9.3.4: a transfer has no op {request.op}")


def _query(request: Request[Transfer], domain: Domain) -> Outcome:
    state, auth_info = domain.transfer, request.command.auth_info
    if auth_info is not None:
        check_auth_info(request, domain, auth_info)
    elif request.registrar.id not in (domain.registrar, state and state.gaining, state and state.losing):
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            "RFC 5731 3.1.3: clients other than the two of a transfer need the authInfo to query it",
        )
    if state is None:
        raise EppError(Code.NOT_PENDING_TRANSFER, "RFC 5730 3: no transfer of this domain was ever requested")
    return Outcome(data=transfer_data(domain.name, state), extensions=extensions.shown(request, domain))


def _request(request: Request[Transfer], domain: Domain) -> Outcome:
    command, zone = request.command, request.registry.policy_of(domain)
    years_of(command.period, zone)  # validate the period before anything about the domain is revealed
    if domain.registrar == request.registrar.id:
        raise EppError(Code.NOT_ELIGIBLE_FOR_TRANSFER, "RFC 5731 3.2.4: you are the sponsoring client already")
    if command.auth_info is None:
        raise EppError(
            Code.MISSING_PARAMETER,
            "RFC 5731 3.2.4: a request needs the authInfo, which the registrant gets from the sponsor",
        )
    check_auth_info(request, domain, command.auth_info)
    refuse_unless_accredited(request, zone)
    if domain.transfer_pending:
        raise EppError(Code.PENDING_TRANSFER, "RFC 5730 3: a transfer of this domain is pending already")
    statuses.refuse_if_prohibited(statuses.DOMAIN, domain, "Transfer")
    if request.registry.transfer_locked(domain):
        raise EppError(
            Code.NOT_ELIGIBLE_FOR_TRANSFER,
            f"RFC 5730 3: {zone.name} transfers no domain within {zone.transfer_lock:.0f} seconds of its creation or "
            "last transfer",
        )
    years = _years(request, domain, zone)
    settle(request, zone, domain.name, "transfer", years)
    domain = transfers.request(request.changes, extensions.changed(request, domain), request.registrar.id, years)
    return _told(request, domain, Code.PENDING if domain.transfer_pending else Code.OK)


def _years(request: Request[Transfer], domain: Domain, zone: Zone) -> int:
    """Return the years that a transfer adds. A year that was not requested is dropped at the limit of years."""
    period, now = request.command.period, request.changes.now
    if not zone.transfer_years:
        if period is None:
            return 0
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 5731 3.2.4: a transfer in {zone.name} does not change the expiry date; leave the period out",
            value=Value("period", str(period.value)),
        )
    years = years_of(period, zone)
    # The transfer undoes the year of a running auto-renew grace.
    undone = sum(one.years for one in graces.running_graces(domain, now) if one.kind == "autoRenew")
    if room_for(years - undone, domain.expires, now, zone):
        return years
    if period is None:
        return 0
    raise EppError(
        Code.OUT_OF_RANGE,
        f"RFC 5731 2.5: {zone.name} registers for {zone.years_max} years from now at most",
        value=Value("period", str(period.value)),
    )


def _answer(request: Request[Transfer], domain: Domain) -> Outcome:
    if domain.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR, f"RFC 5730 2.9.3.4: only the sponsoring client can {request.op} a transfer"
        )
    _check_pending(request, domain)
    zone = request.registry.policy_of(domain)
    if zone.transfer_answer == "registry":
        raise EppError(
            Code.PARAMETER_POLICY, f"RFC 5731 3.2.4: transfers in {zone.name} are decided by the registry alone"
        )
    act = transfers.approve if request.op == "approve" else transfers.reject
    return _told(request, act(request.changes, extensions.changed(request, domain)))


def _cancel(request: Request[Transfer], domain: Domain) -> Outcome:
    state = domain.transfer
    if state is not None and domain.transfer_pending and state.gaining != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR, "RFC 5730 2.9.3.4: only the client that requested a transfer can cancel it"
        )
    _check_pending(request, domain)
    return _told(request, transfers.cancel(request.changes, extensions.changed(request, domain)))


def _check_pending(request: Request[Transfer], domain: Domain) -> None:
    if request.command.auth_info is not None:
        check_auth_info(request, domain, request.command.auth_info)
    if not domain.transfer_pending:
        raise EppError(Code.NOT_PENDING_TRANSFER, "RFC 5730 3: no transfer of this domain is pending")


def _told(request: Request[Transfer], domain: Domain, code: Code = Code.OK) -> Outcome:
    data = None if domain.transfer is None else transfer_data(domain.name, domain.transfer)
    return Outcome(code=code, data=data, extensions=extensions.shown(request, domain))


def transfer_data(name: str, state: TransferState) -> TrnData:
    """Return a transfer as answers and messages show it."""
    return TrnData(
        name=name,
        tr_status=state.status,
        re_id=state.gaining,
        re_date=state.requested,
        ac_id=state.actor,
        ac_date=state.acted,
        ex_date=state.expires,
    )
