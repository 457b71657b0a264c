"""A host between the registry, which keeps it, and the elements of RFC 5732, which show it; what it may lie under."""

from collections.abc import Iterable
from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows.host_values import address, address_version
from homeport.services.epp.grammar import host as grammar
from homeport.services.epp.results import Code
from homeport.world.registry import Host


def found(request: Request[Any], name: str) -> Host:
    """The host of that name. Raises: EppError 2303."""
    one: Host | None = request.registry.host(name)
    if one is None:
        raise EppError(Code.OBJECT_DOES_NOT_EXIST, "RFC 5732: there is no host of this name", value=Value("name", name))
    return one


def addresses_of(given: Iterable[grammar.Address]) -> tuple[str, ...]:
    """Addresses as the registry keeps them. Raises: EppError 2005, 2306; 2306 also for one that comes twice."""
    wanted: list[str] = []
    for each in given:
        shortest = address(each.value, each.ip)
        if shortest in wanted:
            raise EppError(
                Code.PARAMETER_POLICY, "RFC 5732 2.5: this address is given twice", value=Value("addr", each.value)
            )
        wanted.append(shortest)
    return tuple(wanted)


def is_external(request: Request[Any], name: str) -> bool:
    """Whether a name lies outside the zones whose hosts are objects here."""
    zone = request.registry.zone_of(name)
    return zone is None or zone.hosts == "attributes"


def check_superordinate(request: Request[Any], name: str) -> None:
    """Look whether the client may have a host of that name in one of the registry's zones (RFC 5732 3.2.1).

    Raises: EppError 2303 if the domain above it is not registered, 2201 if somebody else's, 2304 if being deleted.
    """
    above = request.registry.superordinate_name(name)
    if above is None or above.startswith("."):
        raise EppError(
            Code.PARAMETER_POLICY, "RFC 5732 3.2.1: no host can have the name of a zone", value=Value("name", name)
        )
    domain = request.registry.domain(above)
    if domain is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            f"RFC 5732 3.2.1: {above}, which this host lies under, is not registered",
            value=Value("name", name),
        )
    if domain.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR,
            f"RFC 5732 3.2.1: the sponsoring client of {above}, which this host lies under, is another one",
            value=Value("name", name),
        )
    if "pendingDelete" in domain.pending_statuses():
        raise EppError(
            Code.STATUS_PROHIBITS,
            f"RFC 5731 2.3: {above}, which this host lies under, is being deleted",
            value=Value("name", name),
        )


def refuse_addresses(name: str) -> EppError:
    """The refusal of addresses that no zone here would publish."""
    return EppError(
        Code.PARAMETER_POLICY,
        "RFC 5732 2.5: addresses are glue; a host outside the zones of this registry has none here",
        value=Value("name", name),
    )


def inf_data(one: Host, statuses: Iterable[str]) -> grammar.InfData:
    """The host as RFC 5732 3.1.2 shows it."""
    return grammar.InfData(
        name=one.name,
        roid=one.roid,
        status=tuple(grammar.Status(s=status) for status in statuses),  # type: ignore[arg-type]  # the registry's are
        addr=tuple(grammar.Address(ip=address_version(each), value=each) for each in one.addresses),
        cl_id=one.registrar,
        cr_id=one.made_by,
        cr_date=one.created,
        up_id=one.updater or None,
        up_date=one.updated,
        tr_date=one.transferred,
    )
