"""Transfers of domains and contacts (RFC 5730 2.9.3.4), for the commands of EPP, the API, and their deadlines.

A domain takes its subordinate hosts with it. The gaining registrar pays at the request, so that the balance cannot be
spent before the approval; it is credited if the transfer ends otherwise. A domain transferred in auto-renew grace loses
that year, and the losing registrar is credited. authInfo is unset when a transfer is done, by any side. Both sides get
messages about what they did not do themselves.

These functions only check that a transfer is pending; the caller checks that the action is allowed.
"""

from typing import Any, TypeVar

from msgspec.structs import replace

from homeport.world.registry import fees
from homeport.world.registry.authinfo import with_authinfo
from homeport.world.registry.changes import Changes
from homeport.world.registry.graces import add_years, credit, running_graces, with_grace
from homeport.world.registry.messages import TransferState
from homeport.world.registry.objects import Domain, Transfer, Transferable, TransferStatus, kind_of, name_of

AnyTransferable = TypeVar("AnyTransferable", bound=Transferable)


class NotPendingError(Exception):
    """Raised if there is no pending transfer (2301)."""


def request(changes: Changes, one: AnyTransferable, gaining: str, years: int = 1) -> AnyTransferable:
    """Request an object: pending until it is answered, or until its zone's deadline; done at once where that is 0.

    years: that the transfer adds to a domain.
    """
    deadline = changes.registry.policy_of(one).periods.transfer_deadline
    requested = _begun(changes, one, gaining, years, changes.now + deadline)
    if not deadline:
        return approve(changes, requested, by_server=True)
    if isinstance(requested, Domain):
        requested = _charged(changes, requested)
    changes.put(requested)
    _tell(changes, requested, (requested.registrar,), "transfer.requested", other=gaining)
    return requested


def approve(changes: Changes, one: AnyTransferable, *, by_server: bool = False) -> AnyTransferable:
    """Approve the pending transfer. Raises: NotPendingError."""
    transfer = _pending(one)
    one = with_authinfo(one, None)
    fields: dict[str, Any] = {"registrar": transfer.gaining, "transferred": changes.now}
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
    """Reject the pending transfer, as the sponsor or the registry. Raises: NotPendingError."""
    return _ended(changes, one, "clientRejected", by_server=by_server)


def cancel(changes: Changes, one: AnyTransferable, *, by_server: bool = False) -> AnyTransferable:
    """Cancel the pending transfer, as the gaining registrar or the registry. Raises: NotPendingError."""
    return _ended(changes, one, "clientCancelled", by_server=by_server)


def force(changes: Changes, one: AnyTransferable, gaining: str, *, years: int = 0) -> AnyTransferable:
    """Transfer an object as the registry, requested or not; both sides get messages."""
    if one.transfer is not None and one.transfer_pending and one.transfer.gaining.lower() == gaining.lower():
        return approve(changes, one, by_server=True)
    if one.transfer_pending:
        one = cancel(changes, one, by_server=True)
    return approve(changes, _begun(changes, one, gaining, years, changes.now), by_server=True)


def refund(changes: Changes, one: Transferable) -> None:
    """Credit what was charged for a pending transfer; nothing happens if none is pending."""
    if one.transfer is not None and one.transfer_pending and one.transfer.paid:
        changes.charge(one.transfer.gaining, -one.transfer.paid)


def expiry_after(changes: Changes, domain: Domain, years: int) -> float:
    """Return a domain's expiry if it is transferred now: the year of a running auto-renew grace does not count."""
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
    """Return expiry and graces of a transferred domain, and settle both sides' accounts."""
    zone = changes.registry.policy_of(domain)
    if not transfer.years:
        return {"expires": domain.expires, "graces": ()}
    expires = expiry_after(changes, domain, transfer.years)
    credit(changes, (one for one in running_graces(domain, changes.now) if one.kind == "autoRenew"))
    price = transfer.paid
    if price is None:
        price = fees.price(zone, domain.name, "transfer", transfer.years)
        changes.charge(transfer.gaining, price)
    # The losing registrar's graces end: no other registrar can undo what it paid for.
    taken = replace(domain, registrar=transfer.gaining, graces=())
    credited = fees.refundable(zone, domain.name, price)
    graces = with_grace(taken, "transfer", changes.now, zone.periods.transfer, transfer.years, credited)
    return {"expires": expires, "graces": graces}


def _charged(changes: Changes, domain: AnyTransferable) -> AnyTransferable:
    """Charge the gaining registrar for a transfer that it has requested."""
    transfer = _pending(domain)
    paid = fees.price(changes.registry.policy_of(domain), name_of(domain), "transfer", transfer.years)
    changes.charge(transfer.gaining, paid)
    return replace(domain, transfer=replace(transfer, paid=paid))


def _ended(changes: Changes, one: AnyTransferable, status: TransferStatus, *, by_server: bool) -> AnyTransferable:
    transfer = _pending(one)
    refund(changes, one)
    done = replace(
        transfer, status="serverCancelled" if by_server else status, acted=changes.now, expires=None, paid=None
    )
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
        raise NotPendingError(f"no transfer of {name_of(one)} is pending")
    return one.transfer


def _tell(changes: Changes, one: Transferable, registrars: tuple[str, ...], text: str, **values: str) -> None:
    if one.transfer is not None:
        state = TransferState(kind=kind_of(one), name=name_of(one), transfer=one.transfer)
        for registrar in registrars:
            changes.message(registrar, text, state, name=name_of(one), **values)
