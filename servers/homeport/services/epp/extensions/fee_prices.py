"""Prices in all versions of the fee extension (RFC 8748 and its drafts): quotes, agreement, and what was charged.

A version is a module of the grammar: `fee`, `fee_0_7`, ... Its extension maps the questions of its check to `Quote`s
and back; what a command states of its price, and what its answer says, is alike in all of them.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import ModuleType
from typing import Any, NamedTuple

from msgspec.structs import replace

from homeport.services.epp.extensions import Change, Show
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows.domain_values import years_of
from homeport.services.epp.flows.prices import Cost, credits_of_delete
from homeport.services.epp.grammar import Element, domain
from homeport.services.epp.grammar.domain import ChkData, Period
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.grammar.fee import Asking, Credit, Fee, Transform
from homeport.services.epp.naming import namespace_of
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Zone, fees

NEWEST_FIRST = (
    "urn:ietf:params:xml:ns:epp:fee-1.0",
    "urn:ietf:params:xml:ns:fee-0.11",
    "urn:ietf:params:xml:ns:fee-0.9",
    "urn:ietf:params:xml:ns:fee-0.8",
    "urn:ietf:params:xml:ns:fee-0.7",
)
MAX_QUOTES = 512
"""Maximum number of prices in one answer."""
DESCRIPTIONS: dict[str, str] = {
    "create": "Registration fee",
    "renew": "Renewal fee",
    "transfer": "Transfer fee",
    "restore": "Restore fee",
    "update": "Update fee",
    "delete": "Delete fee",
}
CREDITS: dict[str, str] = {
    "add": "AGP credit",
    "renew": "Renew grace credit",
    "autoRenew": "Auto-renew grace credit",
    "transfer": "Transfer grace credit",
}
GRACES: dict[str, str] = {"create": "add", "renew": "renew", "transfer": "transfer"}
"""Names of the periods in which the price of an operation is credited after a delete."""
STANDARD = "standard"
"""Class of ordinary names."""
ONE_YEAR = Period(unit="y", value=1)
DAY_S, HOUR_S, MINUTE_S = 86_400, 3600, 60


class Quote(NamedTuple):
    """The price of one command on one name, or why there is none."""

    tier: str = STANDARD
    standard: bool = False
    """True if the command costs what it costs on an ordinary name."""
    currency: str = ""
    period: Period | None = None
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    reason: str = ""


# Questions.


def check_count(count: int) -> None:
    """Raise EppError 2306 if a check asks for too many prices."""
    if count > MAX_QUOTES:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 8748 5.1.1: one check asks for at most {MAX_QUOTES} prices here, names times commands; send several",
        )


def zone_at(request: Request[Any], name: str) -> Zone | None:
    """Return the zone that a name lies directly below."""
    return request.registry.zones.get(name.lower().partition(".")[2])


def named_prices(grammar: ModuleType) -> Show:
    """Return what shows the prices that a check asks for name by name. grammar: of fee-0.7 or fee-0.8."""

    def check(request: Request[domain.Check], _data: ChkData) -> Element | None:
        asked = request.extension(grammar.Check)
        if asked is None:
            return None
        check_count(len(asked.domain))
        prices = tuple(grammar.Cd(name=one.name, **priced(request, one.name, one)) for one in asked.domain)
        answer: Element = grammar.ChkData(cd=prices)
        return answer

    return check


def priced(request: Request[Any], name: str, asked: Any) -> dict[str, Any]:
    """Return the fields of a price in the drafts. asked: has the command that is asked for, period and currency."""
    currency = chosen_currency(request, (name,), asked.currency, asked)
    found = quote(request, name, asked.command.value, asked.period, currency)
    return {
        "currency": currency,
        "command": asked.command,
        "period": found.period,
        "fee": found.fee,
        "credit": found.credit,
        "class_": found.tier,
    }


def chosen_currency(request: Request[Any], names: Iterable[str], wanted: str | None, element: Element) -> str:
    """Return the currency of an answer. Raises: EppError 2004 if none of the names' zones has prices in it."""
    zones = [zone for name in names if (zone := zone_at(request, name)) is not None]
    if wanted is None:
        return zones[0].fees.currency if zones else fees.Fees().currency
    if zones and all(fees.rate_of(zone.fees, wanted) is None for zone in zones):
        raise _wrong_currency(zones[0], wanted, element)
    return wanted


def _wrong_currency(zone: Zone, currency: str, element: Element) -> EppError:
    known = ", ".join((zone.fees.currency, *zone.fees.rates))
    return EppError(
        Code.OUT_OF_RANGE,
        f"RFC 8748 3.2: {zone.name} has prices in {known}; they are not converted into other currencies",
        value=Value("currency", currency, namespace_of(element)),
        finding="fee-currency",
    )


def quote(request: Request[Any], name: str, command: str, period: Period | None, currency: str) -> Quote:
    """Return the price of a command on a name in a currency."""
    zone = zone_at(request, name)
    if zone is None:
        return Quote(currency=currency, reason="The name is in no zone of this registry")
    name = name.lower()
    tier = fees.tier_of_name(zone, name)
    found = Quote(STANDARD if tier is None else tier.name, currency=currency, period=period)
    rate = fees.rate_of(zone.fees, currency)
    if rate is None:
        return found._replace(reason=f"There are no prices in {currency}")
    if command not in DESCRIPTIONS:
        return found._replace(reason="There is no such command")
    operation: Any = command
    years = 0
    if command in fees.PER_YEAR:
        try:
            years = years_of(period, zone)
        except EppError as error:
            return found._replace(reason=error.reason.partition(": ")[2])
        found = found._replace(period=period or Period(unit="y", value=years))
    elif period in (None, ONE_YEAR):  # clients ask for a restore of a year
        found = found._replace(period=None)
    else:
        return found._replace(reason=f"The command {command} has no period")
    held = request.registry.domain(name)
    credited: tuple[tuple[str, float], ...] = ()
    if command == "delete" and held is not None and held.registrar == request.registrar.id:
        credited = credits_of_delete(held, request.registry.now())
    cost = Cost(zone, name, operation, years, fees.price(zone, name, operation, years), credited)
    return found._replace(
        standard=not fees.own_price(zone, name, operation), fee=_fees(cost, rate), credit=_credits(cost, rate)
    )


def _fees(cost: Cost, rate: float) -> tuple[Fee, ...]:
    tier = fees.tier_of_name(cost.zone, cost.name)
    grace = GRACES.get(cost.operation)
    seconds = 0 if grace is None else round(getattr(cost.zone.periods, grace))
    refundable = seconds > 0 and (tier is None or tier.refundable)
    return (
        Fee(
            description=DESCRIPTIONS[cost.operation],
            refundable=refundable,
            grace_period=duration(seconds) if refundable else None,
            value=money(cost.amount, rate),
        ),
    )


def _credits(cost: Cost, rate: float) -> tuple[Credit, ...]:
    return tuple(Credit(description=CREDITS[kind], value=-money(amount, rate)) for kind, amount in cost.credits)


def money(amount: float, rate: float = 1.0) -> Decimal:
    """Return an amount of a zone's currency in another, in hundredths."""
    return Decimal(f"{amount * rate:.2f}")


def duration(seconds: int) -> str:
    """Return a grace period as xs:duration, such as P5D or PT5M."""
    for unit, size in (("P{}D", DAY_S), ("PT{}H", HOUR_S), ("PT{}M", MINUTE_S)):
        if seconds % size == 0:
            return unit.format(seconds // size)
    return f"PT{seconds}S"


# What a command states, and what its answer says.


def stated(request: Request[Any]) -> Transform | None:
    """Return what the command states of its price, in any version. Raises: EppError 2306 for several versions."""
    given = [one for one in request.extensions.values() if isinstance(one, Transform)]
    if len(given) > 1:
        raise EppError(Code.PARAMETER_POLICY, "RFC 8748 4: state the price once, in one version of the extension")
    return given[0] if given else None


def agree(request: Request[Any], one: Domain) -> Domain:
    """Check the price that a command states. Raises: EppError 2003 if it must state it, 2004 if it is not ours."""
    cost, given = request.cost, stated(request) if request.extensions else None
    if given is None:
        if cost is not None and cost.amount and fees.price_needed(cost.zone, cost.name, cost.operation):
            raise _unstated(cost)
        return one
    zone = request.registry.policy_of(one) if cost is None else cost.zone
    rate = fees.rate_of(zone.fees, given.currency)
    if rate is None:
        raise _wrong_currency(zone, given.currency or "", given)
    expected = money(0.0 if cost is None else cost.amount, rate)
    total = sum((part.value for part in given.fee), Decimal(0)) + sum((part.value for part in given.credit), Decimal(0))
    if total != expected:
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 8748 4: this costs {expected} {given.currency or zone.fees.currency}; ask for the price with a check",
            value=Value("fee", f"{total}", namespace_of(given)),
            finding="fee-mismatch",
        )
    return one


def _unstated(cost: Cost) -> EppError:
    price = f"{money(cost.amount)} {cost.zone.fees.currency}"
    return EppError(
        Code.MISSING_PARAMETER,
        f"RFC 8748 4: {cost.name} costs {price}, and this command must say so: list {NEWEST_FIRST[0]} as an extURI at "
        "login, and state the price as its fee",
        value=Value("name", cost.name),
        finding="fee-missing",
    )


def withhold(request: Request[domain.Check], data: ChkData) -> ChkData:
    """Show names as unavailable whose create must state a price, to clients that do not ask for it (RFC 8748 4)."""
    zones: Mapping[str, Zone] = request.registry.zones
    if not fees.may_need_price(zones, request.command.name):
        return data
    if request.extensions and any(isinstance(one, Asking) for one in request.extensions.values()):
        return data
    found = []
    for number, one in enumerate(data.cd):
        if one.reason is not None:
            continue
        label, _dot, parent = one.name.value.lower().partition(".")
        zone = zones.get(parent)
        if zone is None or zone.fees.required == "never":
            continue
        premium = fees.tier_of(zone.fees, label) is not None  # few are, so most names are done here
        if (premium or zone.fees.required == "always") and fees.price_needed(zone, one.name.value.lower(), "create"):
            found.append(number)
    if not found:
        return data
    checked = list(data.cd)
    for number in found:
        named = replace(checked[number].name, avail=False)
        checked[number] = replace(checked[number], name=named, reason=Reason(value="Priced: ask with fee:check"))
    return replace(data, cd=tuple(checked))


def charged(version: ModuleType, answer: type[Element]) -> Show:
    """Return the function that shows what a command cost, if a version is the one to answer in."""

    def show(request: Request[Any], _one: Any) -> Element | None:
        cost, given = request.cost, stated(request)
        if cost is None or not _answers_in(version.NAMESPACE, request, given):
            return None
        if not cost.amount and not cost.credits and given is None:
            return None  # no price was assessed
        return _result(request, cost, answer, given)

    return show


def transferring(version: ModuleType) -> Show:
    """Return the function that shows what a transfer costs to the client that requested it (RFC 8748 5.1.3, 5.2.4)."""
    show_request = charged(version, version.TrnData)

    def show(request: Request[domain.Transfer], one: Domain) -> Element | None:
        if request.op != "query" or one.transfer is None:
            return show_request(request, one)
        transfer = one.transfer
        if not one.transfer_pending or transfer.gaining != request.registrar.id:
            return None
        zone = request.registry.policy_of(one)
        cost = Cost(zone, one.name, "transfer", transfer.years, transfer.paid or 0.0)
        return _result(request, cost, version.TrnData, None) if _answers_in(version.NAMESPACE, request, None) else None

    return show


def _answers_in(uri: str, request: Request[Any], given: Transform | None) -> bool:
    """True for the version that the command used, else for the newest one that the client listed."""
    if given is not None:
        return namespace_of(given) == uri
    return next((one for one in NEWEST_FIRST if one in request.services), "") == uri


def _result(request: Request[Any], cost: Cost, answer: type[Element], given: Transform | None) -> Element:
    currency = (given and given.currency) or cost.zone.fees.currency
    rate = fees.rate_of(cost.zone.fees, currency) or 1.0
    fields: dict[str, Any] = {"currency": currency, "credit": _credits(cost, rate)}
    if cost.operation != "delete":
        fields["fee"] = _fees(cost, rate)
    if cost.operation == "transfer" and cost.years:
        fields["period"] = Period(unit="y", value=cost.years)
    registrar = (request.begun or request.registry).registrar(request.registrar.id)
    if registrar is not None and registrar.balance is not None:
        fields["balance"] = money(registrar.balance, rate)
        fields["credit_limit"] = money(registrar.credit_limit, rate)
    return answer(**fields)


def commands(version: ModuleType) -> dict[type, type[Element]]:
    """Return the elements of a version that may go with commands of domains."""
    return {
        domain.Check: version.Check,
        domain.Create: version.Create,
        domain.Renew: version.Renew,
        domain.Transfer: version.Transfer,
        domain.Update: version.Update,
    }


def agreements() -> dict[type, Change]:
    """Return what every version checks of commands."""
    return {
        domain.Check: withhold,
        **dict.fromkeys((domain.Create, domain.Renew, domain.Transfer, domain.Update), agree),
    }


def answers(version: ModuleType) -> dict[type, Show]:
    """Return what a version shows of the price in answers to commands that change a domain."""
    return {
        domain.Create: charged(version, version.CreData),
        domain.Renew: charged(version, version.RenData),
        domain.Update: charged(version, version.UpdData),
        domain.Delete: charged(version, version.DelData),
        domain.Transfer: transferring(version),
    }
