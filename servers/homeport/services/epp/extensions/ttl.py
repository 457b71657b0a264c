"""Times to live of delegation records (RFC 9803): NS and DS of domains, A and AAAA of hosts; DNS answers with them.

Where hosts are attributes of domains, their A and AAAA are the domain's. DNAME and custom types, which no zone here
has, are refused (2306), and so is a TTL outside of the zone's range (2004).
"""

from typing import Any, TypeVar

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar import domain, host, ttl
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, Host, Zone
from homeport.world.registry.objects import with_extras
from homeport.world.registry.ttl import RecordType, Ttl, ttl_range

Named = TypeVar("Named", Domain, Host)


def create(request: Request[Any], one: Named) -> Named:
    """Give a new object its TTLs."""
    return _changed(request, one, request.extension(ttl.Create))


def update(request: Request[Any], one: Named) -> Named:
    """Change the TTLs that are named; an empty one becomes the default again."""
    return _changed(request, one, request.extension(ttl.Update))


def _changed(request: Request[Any], one: Named, given: ttl.Create | ttl.Update | None) -> Named:
    if given is None:
        return one
    zone = request.registry.policy_of(one)
    held = {each.type: each for each in one.extras.ttls}
    for wanted in given.ttl:
        record_type = _type_of(one, zone, wanted)
        if wanted.value is None:
            held.pop(record_type, None)
            continue
        allowed = ttl_range(zone, record_type)
        if not allowed.min <= wanted.value <= allowed.max:
            raise EppError(
                Code.OUT_OF_RANGE,
                f"RFC 9803 2.2: the TTL of {record_type} in {zone.name} is {allowed.min} to {allowed.max} seconds",
                value=Value("ttl", str(wanted.value), ttl.NAMESPACE),
            )
        held[record_type] = Ttl(type=record_type, seconds=wanted.value)
    return with_extras(one, ttls=tuple(held.values()))


def _type_of(one: Domain | Host, zone: Zone, wanted: ttl.Ttl) -> RecordType:
    known = types_of(one, zone)
    for record_type in known:
        if wanted.for_ == record_type and wanted.custom is None:
            return record_type
    named = wanted.custom or wanted.for_
    kind = "domain" if isinstance(one, Domain) else "host"
    raise EppError(
        Code.PARAMETER_POLICY,
        f"RFC 9803 2.2: a {kind} of {zone.name} has the TTLs of {', '.join(known)}, not of {named}"
        + ("; `custom` is for for=custom alone" if wanted.custom and wanted.for_ != "custom" else ""),
        value=Value("ttl", "" if wanted.value is None else str(wanted.value), ttl.NAMESPACE),
    )


def types_of(one: Domain | Host, zone: Zone) -> tuple[RecordType, ...]:
    """Return the types of records whose TTL an object has."""
    if isinstance(one, Host):
        return ("A", "AAAA")
    return ("NS", "DS", "A", "AAAA") if zone.hosts == "attributes" else ("NS", "DS")


def shown_ttls(request: Request[Any], one: Domain | Host) -> ttl.InfData | None:
    """Return the TTLs of an object, if the client has asked: those that were set, or all with their ranges."""
    asked = request.extension(ttl.Info)
    if asked is None:
        return None
    held = {each.type: each.seconds for each in one.extras.ttls}
    if not asked.policy:
        shown = tuple(ttl.ShownTtl(for_=each, value=seconds) for each, seconds in held.items())
        return ttl.InfData(ttl=shown) if shown else None
    zone = request.registry.policy_of(one)
    return ttl.InfData(ttl=tuple(_with_range(zone, each, held.get(each)) for each in types_of(one, zone)))


def _with_range(zone: Zone, record_type: RecordType, seconds: int | None) -> ttl.ShownTtl:
    allowed = ttl_range(zone, record_type)
    return ttl.ShownTtl(for_=record_type, min=allowed.min, default=allowed.default, max=allowed.max, value=seconds)


EXTENSION = Extension(
    uri=ttl.NAMESPACE,
    rfc="9803",
    belongs={
        domain.Info: ttl.Info,
        host.Info: ttl.Info,
        domain.Create: ttl.Create,
        host.Create: ttl.Create,
        domain.Update: ttl.Update,
        host.Update: ttl.Update,
    },
    changes={domain.Create: create, host.Create: create, domain.Update: update, host.Update: update},
    shows={domain.Info: shown_ttls, host.Info: shown_ttls},
)
