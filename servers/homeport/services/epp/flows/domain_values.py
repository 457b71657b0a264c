"""Validate names of domains (RFC 5731 2.1, RFC 5890) and periods (2.5) by the zone's policy."""

import re
from functools import lru_cache

from homeport.services.epp.flow import EppError, Value
from homeport.services.epp.grammar.domain import Period
from homeport.services.epp.results import Code
from homeport.world.registry import Registry, Zone
from homeport.world.registry.graces import add_years

MAX_NAME_LENGTH = 253  # a name of 255 octets on the wire (RFC 1035 2.3.4)
RESERVED = "Reserved"
"""Why a name is unavailable that only an allocation token opens (RFC 8495)."""
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def registrable(registry: Registry, text: str, *, allocated: bool = False) -> tuple[str, Zone]:
    """Return the name in lower case and its zone. allocated: a token opens reserved labels.

    Raises: EppError 2005 if it is not a valid name, 2306 if no zone takes it or its label is reserved.
    """
    name = text.lower()
    if problem := syntax_problem(name):
        finding = "" if name.isascii() else "u-label"
        raise EppError(Code.VALUE_SYNTAX, f"RFC 5731 2.1: {problem}", value=Value("name", text), finding=finding)
    zone = registry.zone_of(name)
    problem = _policy_problem(name, zone, registry, allocated=allocated)
    if problem or zone is None:
        raise EppError(Code.PARAMETER_POLICY, f"RFC 5731 3.2.1: {problem}", value=Value("name", text))
    return name, zone


def unavailable(registry: Registry, text: str) -> str:
    """Return why no client can register a name, in 32 characters (the limit of eppcom-1.0); empty if one can."""
    name = text.lower()
    label, _dot, parent = name.partition(".")
    zone = registry.zones.get(parent)
    if zone is None or label[2:4] == "--" or len(name) > MAX_NAME_LENGTH or not LABEL.fullmatch(label):
        if syntax_problem(name):
            return "Not a valid domain name"
        zone = registry.zone_of(name)
    if name in registry.zones:
        return "The name of a zone"
    if zone is None:
        return "Not in a zone of this registry"
    if parent != zone.name:
        return f"Not directly below {zone.name}"[:32]
    return RESERVED if label in zone.reserved else ""


def _policy_problem(name: str, zone: Zone | None, registry: Registry, *, allocated: bool) -> str:
    label, _dot, parent = name.partition(".")
    if name in registry.zones:
        return "this is the name of a zone of the registry itself"
    if zone is None:
        return f"this registry has no zone for this name; its zones are {', '.join(registry.zones)}"
    if parent != zone.name:
        return f"names are registered directly below {zone.name}, not deeper"
    return f"the label {label} is reserved" if label in zone.reserved and not allocated else ""


def syntax_problem(name: str) -> str:
    """Return what is wrong with a name in lower case; empty if it is valid."""
    if not name.isascii():
        return "an internationalized name is written with A-labels (xn--...)"
    if name.endswith("."):
        return "a domain name is written without a dot at its end"
    if len(name) > MAX_NAME_LENGTH:
        return f"a domain name has {MAX_NAME_LENGTH} characters at most (RFC 1035 2.3.4)"
    for label in name.split("."):
        if not LABEL.fullmatch(label):
            return (
                f"the label '{label[:70]}' is not one of 1 to 63 letters, digits and hyphens that begins and ends "
                "without a hyphen (RFC 1123 2.1)"
            )
        if label[2:4] == "--" and (problem := _reserved_ldh_problem(label)):
            return problem
    return ""


@lru_cache(maxsize=1024)
def _reserved_ldh_problem(label: str) -> str:
    if not label.startswith("xn--"):
        return f"the label '{label}' has hyphens where only an A-label may have them (RFC 5891 4.2.3.1)"
    import idna  # imported late: its tables load slowly, and few names need them

    try:
        sound = idna.alabel(idna.ulabel(label)) == label.encode()
    except idna.IDNAError as error:
        return f"the label '{label}' begins like an A-label but is none (RFC 5890 2.3.2.1): {error}"
    return "" if sound else f"the label '{label}' is not a valid A-label: its canonical form differs (RFC 5891 4.4)"


# Periods are whole years (RFC 5731 2.5), never more than the zone's `years_max` ahead: counted from this very second,
# not by calendar years.

MONTHS = 12


def years_of(period: Period | None, zone: Zone) -> int:
    """Return the years that a command asks for; without a period the zone's minimum.

    Raises: EppError 2306 for months that are not whole years, 2004 for too few or too many years.
    """
    if period is None:
        return zone.years_min
    years, months = (period.value, 0) if period.unit == "y" else divmod(period.value, MONTHS)
    if months:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 5731 2.5: {zone.name} registers for whole years",
            value=Value("period", str(period.value)),
        )
    if not zone.years_min <= years <= zone.years_max:
        raise EppError(
            Code.OUT_OF_RANGE,
            f"RFC 5731 2.5: {zone.name} registers for {zone.years_min} to {zone.years_max} years",
            value=Value("period", str(period.value)),
        )
    return years


def room_for(years: int, expires: float, now: float, zone: Zone) -> bool:
    """True if that many years can be added without passing the zone's limit."""
    return add_years(expires, years) <= add_years(now, zone.years_max)
