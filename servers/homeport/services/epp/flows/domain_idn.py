"""Internationalized names by the tables of their zone (RFC 7940), and variants of registered names.

A label with A-labels is valid if a table of its zone has it: without the extension the first that has. A variant of a
registered name is blocked, or left to that name's sponsor where the table makes it allocatable.
"""

from collections.abc import Iterator
from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Zone
from homeport.world.registry.idn.table import Table
from homeport.world.registry.idn.tables import ACE, IdnTables, unicode_label

MAX_REASONS = 4
"""Tables that the reason of a refusal speaks of."""


def unavailable(request: Request[Any], name: str) -> str:
    """Return why the client cannot register a valid name, in 32 characters; empty if it can."""
    name = name.lower()
    zone = request.registry.zone_of(name)
    if zone is None or not request.registry.idn.concerns(name, zone):
        return ""
    if name.startswith(ACE) and request.registry.idn.table_of(zone, unicode_label(name)) is None:
        return "In no IDN table of its TLD"
    return "Variant of a registered name" if any(_rivals(request, name, zone)) else ""


def check_new(request: Request[Any], domain: Domain, zone: Zone) -> None:
    """Check a new domain of a name that the tables of its zone concern. Raises: EppError 2306, 2003."""
    idn = request.registry.idn
    if not (domain.name.startswith(ACE) or idn.concerns_plain_names) or not idn.concerns(domain.name, zone):
        return
    if domain.name.startswith(ACE) and not domain.extras.idn_table:
        _check_table(idn, domain.name, zone)
    for rival in _rivals(request, domain.name, zone):
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 7940 5.3: this name is a variant of {rival.name}, which is registered"
            + ("; this variant is blocked" if rival.registrar == request.registrar.id else " by another client"),
            value=Value("name", domain.name),
        )


def _check_table(idn: IdnTables, name: str, zone: Zone) -> None:
    label = unicode_label(name)
    tables = list(idn.of(zone))
    if not tables:
        raise _refused(name, f"{zone.name} registers no internationalized names")
    if zone.idn.table_required:
        known = ", ".join(one.name for one in tables)
        raise EppError(
            Code.MISSING_PARAMETER,
            f"RFC 7940 3: {zone.name} has several IDN tables, {known}; the create of an internationalized name has the "
            "element idn:data with its table",
            value=Value("name", name),
        )
    problems = [table.problem(label) for table in tables]
    if all(problems):
        raise _refused(name, f"the label is in no IDN table of {zone.name}: {'; '.join(problems[:MAX_REASONS])}")


def chosen_table(request: Request[Any], name: str, zone: Zone, wanted: str) -> Table:
    """Return the table of a zone that a client has named. Raises: EppError 2306 if the label is not valid in it."""
    tables = {one.name: one for one in request.registry.idn.of(zone)}
    found = tables.get(wanted)
    if found is None:
        raise _refused(name, f"{zone.name} has no IDN table {wanted!r}; it has {', '.join(tables) or 'none'}")
    if problem := found.problem(unicode_label(name)):
        raise _refused(name, problem)
    return found


def table_shown(request: Request[Any], domain: Domain) -> str:
    """Return the name of a domain's table: the one that its client named, else the first that has it; or nothing."""
    if domain.extras.idn_table or not domain.name.startswith(ACE):
        return domain.extras.idn_table
    found = request.registry.idn.table_of(request.registry.policy_of(domain), unicode_label(domain.name))
    return "" if found is None else found.name


def _rivals(request: Request[Any], name: str, zone: Zone) -> Iterator[Domain]:
    """Yield the registered domains that forbid a client to register a variant of their names."""
    idn = request.registry.idn
    for candidate in idn.candidates(name, zone):
        held = request.registry.domains.get(candidate)
        if held is None:
            continue
        if held.registrar != request.registrar.id or not idn.allocatable(zone, candidate, name):
            yield held


def _refused(name: str, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"RFC 7940 3: {why}", value=Value("name", name))
