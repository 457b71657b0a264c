"""Transfers of domains and contacts (RFC 5730 2.9.3.4), for the commands of EPP, the API, and their deadlines.

A domain carries its subordinate hosts with it. One that is transferred in auto-renew grace loses that year, and who
lost the domain is credited. authInfo is unset when a transfer is done, whoever granted it. Both sides are told what
they did not do themselves.

These check nothing but that there is a transfer: whether it is allowed is for the caller to know.
"""

from typing import Any, TypeVar

from msgspec.structs import replace

from homeport.world.registry.changes import Changes
from homeport.world.registry.graces import add_years, credit, graced, running_graces
from homeport.world.registry.messages import TransferState
from homeport.world.registry.objects import Domain, Transfer, Transferable, TransferStatus, kind_of, name_of

AnyTransferable = TypeVar("AnyTransferable", bound=Transferable)


class NotPendingError(Exception):
    """There is no transfer to answer (2301)."""


def request(changes: Changes, one: AnyTransferable, gaining: str, years: int = 1) -> AnyTransferable:
    """Ask for an object: pending until somebody answers, or the deadline of its zone; at once where that is 0.

    years: that a transfer adds to a domain.
    """
    deadline = changes.registry.policy_of(one).periods.transfer_deadline
    requested = _begun(changes, one, gaining, years, changes.now + deadline)
    if not deadline:
        return approve(changes, requested, by_server=True)
    changes.put(requested)
    _tell(changes, requested, (requested.registrar,), "transfer.requested", other=gaining)
    return requested


def approve(changes: Changes, one: AnyTransferable, *, by_server: bool = False) -> AnyTransferable:
    """Grant the pending transfer. Raises: NotPendingError."""
    transfer = _pending(one)
    fields: dict[str, Any] = {"registrar": transfer.gaining, "transferred": changes.now, "password": None}
    done = replace(transfer, status="serverApproved" if by_server else "clientApproved", acted=changes.now)
    if isinstance(one, Domain):
        fields |= _paid(changes, one, transfer)
        done = replace(done, expires=fields["expires"] if transfer.years else None)
        for host in changes.subordinate_hosts(one.name):
            changes.put(replace(host, registrar=transfer.gaining, transferred=changes.now))
    given = replace(one, transfer=done, **fields)
    changes.put(given)
    told = (transfer.losing, transfer.gaining) if by_server else (transfer.gaining,)
    _tell(changes, given, told, "transfer.server-approved" if by_server else "transfer.approved")
    return given


def reject(changes: Changes, one: AnyTransferable, *, by_server: bool = False) -> AnyTransferable:
    """Refuse the pending transfer, as the sponsor or the registry. Raises: NotPendingError."""
    return _ended(changes, one, "clientRejected", by_server=by_server)


def cancel(changes: Changes, one: AnyTransferable, *, by_server: bool = False) -> AnyTransferable:
    """Take the request back, as who asked or the registry. Raises: NotPendingError."""
    return _ended(changes, one, "clientCancelled", by_server=by_server)


def force(changes: Changes, one: AnyTransferable, gaining: str, *, years: int = 0) -> AnyTransferable:
    """Transfer as the registry, whether it was asked for or not; both sides are told."""
    if one.transfer is not None and one.transfer_pending and one.transfer.gaining.lower() == gaining.lower():
        return approve(changes, one, by_server=True)
    if one.transfer_pending:
        one = cancel(changes, one, by_server=True)
    return approve(changes, _begun(changes, one, gaining, years, changes.now), by_server=True)


def expiry_after(changes: Changes, domain: Domain, years: int) -> float:
    """When a domain expires once it is transferred now: the year of a running auto-renew grace does not count."""
    if not years:
        return domain.expires
    running = running_graces(domain, changes.now)
    cancelled = sum(grace.years for grace in running if grace.kind == "autoRenew")
    limit = add_years(changes.now, changes.registry.policy_of(domain).years_max)
    return max(min(add_years(domain.expires, years - cancelled), limit), domain.expires if not cancelled else 0)


def _begun(changes: Changes, one: AnyTransferable, gaining: str, years: int, due: float) -> AnyTransferable:
    domain = isinstance(one, Domain)
    transfer = Transfer(
        gaining=gaining,
        losing=one.registrar,
        requested=changes.now,
        acted=due,
        years=years if domain else 0,
        expires=expiry_after(changes, one, years) if isinstance(one, Domain) and years else None,
    )
    return replace(one, transfer=transfer)


def _paid(changes: Changes, domain: Domain, transfer: Transfer) -> dict[str, Any]:
    """The expiry and the graces of a domain that is transferred; both sides' accounts are settled."""
    zone = changes.registry.policy_of(domain)
    if not transfer.years:
        return {"expires": domain.expires, "graces": ()}
    expires = expiry_after(changes, domain, transfer.years)
    credit(changes, (one for one in running_graces(domain, changes.now) if one.kind == "autoRenew"))
    price = zone.prices.transfer * transfer.years
    changes.charge(transfer.gaining, price)
    # The graces of who loses it end: nobody else can undo what they paid for.
    taken = replace(domain, registrar=transfer.gaining, graces=())
    graces = graced(taken, "transfer", changes.now, zone.periods.transfer, transfer.years, price)
    return {"expires": expires, "graces": graces}


def _ended(changes: Changes, one: AnyTransferable, status: TransferStatus, *, by_server: bool) -> AnyTransferable:
    transfer = _pending(one)
    done = replace(transfer, status="serverCancelled" if by_server else status, acted=changes.now, expires=None)
    ended = replace(one, transfer=done)
    changes.put(ended)
    if by_server:
        _tell(changes, ended, (transfer.losing, transfer.gaining), "transfer.server-cancelled")
    elif status == "clientRejected":
        _tell(changes, ended, (transfer.gaining,), "transfer.rejected")
    else:
        _tell(changes, ended, (transfer.losing,), "transfer.cancelled")
    return ended


def _pending(one: Transferable) -> Transfer:
    if one.transfer is None or not one.transfer_pending:
        raise NotPendingError(f"{name_of(one)} is in no transfer")
    return one.transfer


def _tell(changes: Changes, one: Transferable, registrars: tuple[str, ...], text: str, **values: str) -> None:
    if one.transfer is not None:
        state = TransferState(kind=kind_of(one), name=name_of(one), transfer=one.transfer)
        for registrar in registrars:
            changes.message(registrar, text, state, name=name_of(one), **values)
