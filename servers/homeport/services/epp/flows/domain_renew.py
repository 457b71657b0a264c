"""renew (RFC 5731 3.2.3): lengthens a registration, if the client knows when it ends."""

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.domain_access import sponsored
from homeport.services.epp.flows.domain_terms import check_affordable, room_for, years_of
from homeport.services.epp.grammar.domain import RenData, Renew
from homeport.services.epp.results import Code
from homeport.world.clock import to_moment
from homeport.world.registry import Domain, Zone, lifecycle


@flow(Renew)
def renew(request: Request[Renew]) -> Outcome:
    """Renew the domain."""
    command = request.command
    domain = sponsored(request, command.name)
    zone = request.registry.policy_of(domain)
    years = years_of(command.period, zone)
    statuses.refuse_if_prohibited(statuses.DOMAIN, domain, "Renew")
    expires = to_moment(domain.expires).date()
    if command.cur_exp_date != expires:  # RFC 5731 3.2.3: so that no command renews twice
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5731 3.2.3: curExpDate is the date (UTC) of exDate as it is now, {expires.isoformat()}",
            value=Value("curExpDate", command.cur_exp_date.isoformat()),
        )
    _check_room(request, domain, zone, years)
    check_affordable(request, zone.prices.renew * years)
    domain = lifecycle.renew(request.changes, extensions.changed(request, domain), years)
    return Outcome(data=RenData(name=domain.name, ex_date=domain.expires), extensions=extensions.shown(request, domain))


def _check_room(request: Request[Renew], domain: Domain, zone: Zone, years: int) -> None:
    now = request.changes.now
    if not room_for(zone.years_min, domain.expires, now, zone):
        raise EppError(
            Code.NOT_ELIGIBLE_FOR_RENEWAL,
            f"RFC 5731 2.5: it is registered so far ahead already that no year fits into the {zone.years_max} that "
            f"{zone.name} allows",
        )
    if not room_for(years, domain.expires, now, zone):
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5731 2.5: {zone.name} registers for {zone.years_max} years from now at most",
            value=Value("period", str(years)),
        )
