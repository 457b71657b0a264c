"""What a domain's name (RFC 5731 2.1, RFC 5890) and period (2.5) may be, by its zone's policy; and what it costs."""

import re
from functools import lru_cache
from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar.domain import Period
from homeport.services.epp.results import Code
from homeport.world.registry import Registry, Zone
from homeport.world.registry.graces import add_years

NAME_LIMIT = 253  # characters that 255 octets on the wire have room for (RFC 1035 2.3.4)
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def registrable(registry: Registry, text: str) -> tuple[str, Zone]:
    """The name in lower case and its zone, for a name that could be registered there.

    Raises: EppError 2005 if it is no name, 2306 if no zone has room for it or its label is reserved.
    """
    name = text.lower()
    if problem := syntax_problem(name):
        raise EppError(Code.VALUE_SYNTAX, f"RFC 5731 2.1: {problem}", value=Value("name", text))
    zone = registry.zone_of(name)
    problem = _policy_problem(name, zone, registry)
    if problem or zone is None:
        raise EppError(Code.PARAMETER_POLICY, f"RFC 5731 3.2.1: {problem}", value=Value("name", text))
    return name, zone


def unavailable(registry: Registry, text: str) -> str:
    """Why a name cannot be registered whoever asks, in 32 characters (eppcom-1.0 has no room for more); or nothing."""
    name = text.lower()
    label, _dot, parent = name.partition(".")
    zone = registry.zones.get(parent)
    if zone is None or label[2:4] == "--" or len(name) > NAME_LIMIT or not LABEL.fullmatch(label):
        if syntax_problem(name):
            return "Not a valid domain name"
        zone = registry.zone_of(name)
    if name in registry.zones:
        return "The name of a zone"
    if zone is None:
        return "Not in a zone of this registry"
    if parent != zone.name:
        return f"Not directly below {zone.name}"[:32]
    return "Reserved" if label in zone.reserved else ""


def _policy_problem(name: str, zone: Zone | None, registry: Registry) -> str:
    label, _dot, parent = name.partition(".")
    if name in registry.zones:
        return "this is the name of a zone of the registry itself"
    if zone is None:
        return f"this registry has no zone for this name; its zones are {', '.join(registry.zones)}"
    if parent != zone.name:
        return f"names are registered directly below {zone.name}, not deeper"
    return f"the label {label} is reserved" if label in zone.reserved else ""


def syntax_problem(name: str) -> str:
    """What is wrong with a name in lower case; empty if nothing is."""
    if not name.isascii():
        return "an internationalized name is written with A-labels (xn--...)"
    if name.endswith("."):
        return "a domain name is written without a dot at its end"
    if len(name) > NAME_LIMIT:
        return f"a domain name has {NAME_LIMIT} characters at most (RFC 1035 2.3.4)"
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
    import idna  # its tables take a while to load, and few need them

    try:
        sound = idna.alabel(idna.ulabel(label)) == label.encode()
    except idna.IDNAError as error:
        return f"the label '{label}' begins like an A-label and is none (RFC 5890 2.3.2.1): {error}"
    return "" if sound else f"the label '{label}' is no A-label: it would be written otherwise (RFC 5891 4.4)"


# Periods are whole years (RFC 5731 2.5), never more than the zone's `years_max` ahead: counted from this very second,
# not by calendar years.

MONTHS = 12


def years_of(period: Period | None, zone: Zone) -> int:
    """The years that a command asks for; without a period those that the zone demands at least.

    Raises: EppError 2306 for months that are not whole years, 2004 for too few or too many.
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
    """Whether that many years can be added without going beyond what the zone can be paid for ahead."""
    return add_years(expires, years) <= add_years(now, zone.years_max)


def check_affordable(request: Request[Any], amount: float) -> None:
    """Raises: EppError 2104 if the client's balance is less than that."""
    if not request.changes.affords(request.registrar.id, amount):
        balance = request.registrar.balance or 0.0
        raise EppError(Code.BILLING_FAILURE, f"RFC 5730 3: this costs {amount:.2f}, and your balance is {balance:.2f}")
