"""Times to live of delegation records (RFC 9803): what a TLD allows, and what domains and hosts have."""

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from homeport.world.registry.objects import Domain, Host
    from homeport.world.registry.zones import Zone

RecordType = Literal["NS", "DS", "A", "AAAA"]
Seconds = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class TtlRange(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "Range of the TTL of a type of records, in seconds."

    min: Seconds = 0
    default: Seconds = 60
    max: Seconds = 172_800


class TtlPolicy(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "TTLs of the delegation records of a TLD (RFC 9803)."

    ns: TtlRange = TtlRange()
    ds: TtlRange = TtlRange()
    a: TtlRange = TtlRange()
    aaaa: TtlRange = TtlRange()


class Ttl(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    meaning = "TTL of an object's records of one type."

    type: RecordType
    seconds: Seconds


def ttl_range(zone: "Zone", record_type: str) -> TtlRange:
    """Return the range of a type of records."""
    found: TtlRange = getattr(zone.ttl, record_type.lower())
    return found


def ttl_of(one: "Domain | Host", zone: "Zone", record_type: RecordType) -> int:
    """Return the TTL of an object's records of a type, in seconds: its own, else its zone's."""
    for ttl in one.extras.ttls:
        if ttl.type == record_type:
            return ttl.seconds
    return ttl_range(zone, record_type).default


def ttl_problems(zone: "Zone") -> list[str]:
    """Return the problems of a zone's ranges in words."""
    return [
        f"ttl.{name}: its default is not from min to max"
        for name in TtlPolicy.__struct_fields__
        if not (found := getattr(zone.ttl, name)).min <= found.default <= found.max
    ]
