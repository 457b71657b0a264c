"""Prices of names: premium names in tiers, currencies, and when a command must state its price (RFC 8748 4)."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from homeport.world.registry.zones import Zone

Billable = Literal["create", "renew", "transfer", "restore", "update", "delete"]
PER_YEAR = ("create", "renew", "transfer")
"""Operations with a price for each year; the others have one price."""
MAX_COMPILED = 256
"""Maximum number of tables of tiers that are kept in compiled form."""

MAX_AMOUNT = 10**12
"""Maximum price and balance: as a float it is exact to hundredths, also a hundred times as much."""
Amount = Annotated[float, Meta(ge=0, le=MAX_AMOUNT)]
SignedAmount = Annotated[float, Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]

TierPrice = Annotated[Amount | None, Meta(description="as in prices; none: the price of an ordinary name")]


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A tier of premium names: labels with prices of their own."

    name: Annotated[str, Meta(min_length=1, description="shown to clients as the class of its names")]
    labels: Annotated[
        tuple[str, ...], Meta(description="labels of the tier, in lower case; * matches any text, as in premium-*")
    ] = ()
    create: TierPrice = None
    renew: TierPrice = None
    transfer: TierPrice = None
    restore: TierPrice = None
    refundable: Annotated[
        bool, Meta(description="a delete in a grace period credits what was paid, as for ordinary names")
    ] = True


PREMIUM = Tier(name="premium", labels=("premium-*",), create=100.0, renew=100.0, transfer=100.0)


class Fees(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "How a TLD states its prices to clients (RFC 8748), and its premium names."

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="currency of prices and balances (ISO 4217)")] = (
        "USD"
    )
    rates: Annotated[
        dict[str, Annotated[float, Meta(ge=1e-6, le=1e6)]],
        Meta(
            description="other currencies in which clients may ask for prices and state them, with the amount "
            "that one unit of `currency` is there; any other currency is refused with 2004"
        ),
    ] = {}
    tiers: Annotated[
        tuple[Tier, ...], Meta(description="premium names; of several tiers with a label the first one counts")
    ] = (PREMIUM,)
    required: Annotated[
        Literal["premium", "always", "never"],
        Meta(
            description="commands that are refused with 2003 unless they state their price: those on premium names, "
            "all that have one, none"
        ),
    ] = "premium"


class _Compiled(NamedTuple):
    tiers: tuple[Tier, ...]
    exact: Mapping[str, Tier]
    patterns: tuple[tuple[re.Pattern[str], Tier], ...]
    prefixes: tuple[str, ...]
    """Texts with which every label of a pattern begins."""


_compiled: dict[int, _Compiled] = {}


def tier_of(fees: Fees, label: str) -> Tier | None:
    """Return the tier of a label, or None for an ordinary name."""
    tiers = fees.tiers
    if not tiers:
        return None
    found = _compiled.get(id(tiers))
    if found is None:
        found = _compile(tiers)
    exact = found.exact.get(label)
    if exact is not None or not label.startswith(found.prefixes):
        return exact
    return next((tier for pattern, tier in found.patterns if pattern.match(label)), None)


def _compile(tiers: tuple[Tier, ...]) -> _Compiled:
    pairs = [(label, tier) for tier in tiers for label in tier.labels]
    exact: dict[str, Tier] = {}
    for label, tier in pairs:
        if "*" not in label:
            exact.setdefault(label, tier)
    patterns = [(label, tier) for label, tier in pairs if "*" in label]
    if len(_compiled) >= MAX_COMPILED:
        _compiled.clear()
    found = _compiled[id(tiers)] = _Compiled(  # which keeps the tuple, so that its identity stays its own
        tiers,
        exact,
        tuple((re.compile(translate(label)), tier) for label, tier in patterns),
        tuple(label.partition("*")[0] for label, _tier in patterns),
    )
    return found


def tier_of_name(zone: "Zone", name: str) -> Tier | None:
    """Return the tier of a canonical name, or None for an ordinary name."""
    return tier_of(zone.fees, name.partition(".")[0]) if zone.fees.tiers else None


def price(zone: "Zone", name: str, operation: Billable, years: int = 1) -> float:
    """Return the price of an operation on a name, in the zone's currency. years: of create, renew and transfer."""
    if operation == "delete":
        return 0.0
    tier = tier_of_name(zone, name)
    own = None if tier is None or operation == "update" else getattr(tier, operation)
    each: float = getattr(zone.prices, operation) if own is None else own
    return round(each * years, 2) if operation in PER_YEAR else each


def refundable(zone: "Zone", name: str, amount: float) -> float:
    """Return what of a paid amount is credited if the name is deleted in its grace period."""
    tier = tier_of_name(zone, name)
    return amount if tier is None or tier.refundable else 0.0


def own_price(zone: "Zone", name: str, operation: Billable) -> bool:
    """True if an operation on a name has a premium price."""
    tier = tier_of_name(zone, name)
    return tier is not None and getattr(tier, operation, None) is not None


def price_needed(zone: "Zone", name: str, operation: Billable) -> bool:
    """True if an operation is refused unless the command states its price (RFC 8748 4)."""
    required = zone.fees.required
    if required == "never" or not price(zone, name, operation):
        return False
    return required == "always" or own_price(zone, name, operation)


_screens: dict[int, tuple[Mapping[str, "Zone"], re.Pattern[str] | None]] = {}
"""Patterns of names that may be premium, by the identity of a registry's zones; None: every name may need its price."""


def may_need_price(zones: Mapping[str, "Zone"], names: Iterable[str]) -> bool:
    """False if certainly none of these names needs its price: one search for a whole check, since few names do."""
    known = _screens.get(id(zones))
    if known is None:
        if len(_screens) >= MAX_COMPILED:
            _screens.clear()
        known = _screens[id(zones)] = zones, _screen(zones)
    pattern = known[1]
    return pattern is None or pattern.search("\n".join(names)) is not None


def _screen(zones: Mapping[str, "Zone"]) -> re.Pattern[str] | None:
    beginnings = ["(?!)"]  # matches nothing
    for zone in zones.values():
        if zone.fees.required == "always":
            return None
        for label in (label for tier in zone.fees.tiers for label in tier.labels if zone.fees.required == "premium"):
            before, star, _after = label.partition("*")
            if star and not before:
                return None
            beginnings.append(re.escape(before) + ("" if star else r"\."))
    return re.compile("^(?:" + "|".join(beginnings) + ")", re.MULTILINE | re.IGNORECASE)


def rate_of(fees: Fees, currency: str | None) -> float | None:
    """Return what one unit of a zone's currency is in another; None if the zone has no prices in that currency."""
    return 1.0 if currency in (None, fees.currency) else fees.rates.get(currency or "")
