"""Grace periods (RFC 3915): shown in info, and restore by update, first requested, then reported.

deleted ── redemptionPeriod ── restore request ──► pendingRestore ── report ──► as before
                 ▲    └──────── too late ──► pendingDelete ──► purged │
                 └──────────────── no report in time ────────────────┘
"""

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Outcome, Request
from homeport.services.epp.flows.domain import says_nothing
from homeport.services.epp.flows.domain_access import sponsored
from homeport.services.epp.flows.domain_values import check_affordable
from homeport.services.epp.grammar import domain, epp, rgp
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Message, lifecycle
from homeport.world.registry.messages import DomainState


def restore(request: Request[domain.Update]) -> Outcome | None:
    """Restore the domain, which is what an update with this extension asks for (RFC 3915 4.2.5)."""
    command, element = request.command, request.extension(rgp.Update)
    if element is None:
        return None
    if command.add is None and command.rem is None and command.chg is None:
        raise EppError(
            Code.MISSING_PARAMETER, "RFC 3915 4.2.5: a restore comes with at least one empty add, rem or chg"
        )
    if not says_nothing(command) or len(request.extensions) > 1:
        raise EppError(Code.PARAMETER_POLICY, "RFC 3915 4.2.5: a restore changes nothing else; send changes afterwards")
    one = sponsored(request, command.name)
    one = _requested(request, one) if element.restore.op == "request" else _reported(request, one)
    statuses = request.registry.rgp_statuses(one)
    return Outcome(extensions=(rgp.UpData(rgp_status=_shown(statuses)),) if one.deleted is not None else ())


def _requested(request: Request[domain.Update], one: Domain) -> Domain:
    if one.restoring is not None:
        raise EppError(
            Code.STATUS_PROHIBITS, "RFC 3915 2: its restore is requested already; the registry waits for the report"
        )
    if one.purging is not None:
        raise EppError(Code.STATUS_PROHIBITS, "RFC 3915 2: its redemption period is over; it will be purged")
    if one.deleted is None:
        raise EppError(
            Code.STATUS_PROHIBITS, "RFC 3915 2: it is not deleted; only what is in redemptionPeriod can be restored"
        )
    check_affordable(request, request.registry.policy_of(one).prices.restore)
    return lifecycle.restore(request.changes, one)


def _reported(request: Request[domain.Update], one: Domain) -> Domain:
    if one.restoring is None:
        raise EppError(
            Code.STATUS_PROHIBITS,
            "RFC 3915 2: no restore report is awaited; request the restore first, in redemptionPeriod",
        )
    return lifecycle.report(request.changes, one)


def periods(request: Request[domain.Info], one: Domain) -> rgp.InfData | None:
    """The grace periods that a domain is in (RFC 3915 4.1.2); several can stand together."""
    return shown_periods(request.registry.rgp_statuses(one))


def told_periods(_request: Request[epp.Poll], message: Message) -> rgp.InfData | None:
    """The grace periods that a domain was in when a message was made."""
    return shown_periods(message.about.rgp) if isinstance(message.about, DomainState) else None


def shown_periods(statuses: tuple[str, ...]) -> rgp.InfData | None:
    """Statuses as an answer has them; None if there are none."""
    return rgp.InfData(rgp_status=_shown(statuses)) if statuses else None


def _shown(statuses: tuple[str, ...]) -> tuple[rgp.Status, ...]:
    return tuple(rgp.Status(s=status) for status in statuses)  # type: ignore[arg-type]  # the registry has none but these


EXTENSION = Extension(
    uri=rgp.NAMESPACE,
    rfc="3915",
    belongs={domain.Update: rgp.Update},
    replaces={domain.Update: restore},
    shows={domain.Info: periods, epp.Poll: told_periods},
)
