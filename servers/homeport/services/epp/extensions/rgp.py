"""Grace periods (RFC 3915): shown in info, and restore by update, first requested, then reported.

deleted ── redemptionPeriod ── restore request ──► pendingRestore ── report ──► as before
                 ▲    └──────── too late ──► pendingDelete ──► purged │
                 └──────────────── no report in time ────────────────┘
"""

from homeport.services.epp.extensions import Extension, changed, shown
from homeport.services.epp.flow import EppError, Outcome, Request
from homeport.services.epp.flows.domain import says_nothing
from homeport.services.epp.flows.domain_access import sponsored
from homeport.services.epp.flows.prices import settle
from homeport.services.epp.grammar import domain, epp, rgp
from homeport.services.epp.grammar.fee import Transform
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Message, lifecycle
from homeport.world.registry.messages import DomainState


def restore(request: Request[domain.Update]) -> Outcome | None:
    """Restore a domain: an update with this extension asks for it (RFC 3915 4.2.5)."""
    command, element = request.command, request.extension(rgp.Update)
    if element is None:
        return None
    if command.add is None and command.rem is None and command.chg is None:
        raise EppError(
            Code.MISSING_PARAMETER, "RFC 3915 4.2.5: a restore comes with at least one empty add, rem or chg"
        )
    if not says_nothing(command) or not all(map(_may_stand_beside, request.extensions)):
        raise EppError(Code.PARAMETER_POLICY, "RFC 3915 4.2.5: a restore changes nothing else; send changes afterwards")
    one = sponsored(request, command.name)
    one = _requested(request, one) if element.restore.op == "request" else _reported(request, one)
    statuses = request.registry.rgp_statuses(one)
    data = (rgp.UpData(rgp_status=_shown(statuses)),) if one.deleted is not None else ()
    return Outcome(extensions=(*data, *shown(request, one)))


def _may_stand_beside(element: type) -> bool:
    """True for the restore itself and for the price that a client states (RFC 8748 5.2.5)."""
    return element is rgp.Update or issubclass(element, Transform)


def _requested(request: Request[domain.Update], one: Domain) -> Domain:
    if one.restoring is not None:
        raise EppError(
            Code.STATUS_PROHIBITS, "RFC 3915 2: its restore was requested already; the registry waits for the report"
        )
    if one.purging is not None:
        raise EppError(Code.STATUS_PROHIBITS, "RFC 3915 2: its redemption period is over; it will be purged")
    if one.deleted is None:
        raise EppError(
            Code.STATUS_PROHIBITS, "RFC 3915 2: it is not deleted; only what is in redemptionPeriod can be restored"
        )
    settle(request, request.registry.policy_of(one), one.name, "restore")
    return lifecycle.restore(request.changes, changed(request, one))


def _reported(request: Request[domain.Update], one: Domain) -> Domain:
    if one.restoring is None:
        raise EppError(
            Code.STATUS_PROHIBITS,
            "RFC 3915 2: no restore is pending; request the restore first, in redemptionPeriod",
        )
    return lifecycle.report(request.changes, changed(request, one))


def periods(request: Request[domain.Info], one: Domain) -> rgp.InfData | None:
    """Return the grace periods that a domain is in (RFC 3915 4.1.2); several may apply."""
    return shown_periods(request.registry.rgp_statuses(one))


def periods_of_message(_request: Request[epp.Poll], message: Message) -> rgp.InfData | None:
    """Return the grace periods that a domain was in when a message was made."""
    return shown_periods(message.about.rgp) if isinstance(message.about, DomainState) else None


def shown_periods(statuses: tuple[str, ...]) -> rgp.InfData | None:
    """Return statuses as an answer shows them; None if there are none."""
    return rgp.InfData(rgp_status=_shown(statuses)) if statuses else None


def _shown(statuses: tuple[str, ...]) -> tuple[rgp.Status, ...]:
    return tuple(rgp.Status(s=status) for status in statuses)  # type: ignore[arg-type]  # the registry has none but these


EXTENSION = Extension(
    uri=rgp.NAMESPACE,
    rfc="3915",
    belongs={domain.Update: rgp.Update},
    replaces={domain.Update: restore},
    shows={domain.Info: periods, epp.Poll: periods_of_message},
)
