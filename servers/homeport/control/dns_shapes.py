"""Shapes of DNS zones and their records in the API."""

from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.zones.rrset import MAX_TTL_S

TEST_TTL_S = 60
"""TTL of records that have none of their own: short, because a test changes them."""
Ttl = Annotated[int, Meta(ge=0, le=MAX_TTL_S, description="TTL in seconds")]
Data = Annotated[
    list[Annotated[str, Meta(max_length=1 << 17)]],
    Meta(
        min_length=1,
        max_length=10_000,
        description="the data of each record as zone files have it: `10 mail.shop.test.` for MX; TXT without quotes is "
        "one text; `\\# 3 010203` for any type (RFC 3597)",
    ),
]


class DnsZoneState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A zone of the DNS."

    name: Annotated[str, Meta(description="its origin, without the final dot")]
    serial: Annotated[int, Meta(description="serial number of its SOA")]
    changeable: Annotated[
        bool,
        Meta(description="false: the zone follows from the registry or other state of the world, and is changed there"),
    ]
    servers: Annotated[list[str], Meta(description="its name servers, by its NS records")]


class DnsZoneStates(msgspec.Struct, frozen=True):
    meaning = "The zones of a world, apart from those of registered names: they are made when they are asked for."

    items: list[DnsZoneState]
    total: int
    next: int | None = None


class DnsZonesQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of zones."""

    holding: Annotated[
        str, Meta(description="only the zone that this name lies in, if any; that of a registered name, too")
    ] = ""


class DnsZoneBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A zone to be added, or changed."

    records: Annotated[
        str | msgspec.UnsetType,
        Meta(
            description="all its records, in the format of zone files: `www A 127.0.0.1`, one a line; SOA and NS are "
            "added if there are none; omitted: none in a new zone, and unchanged in one that exists"
        ),
    ] = msgspec.UNSET
    ttl: Annotated[Ttl, Meta(description="TTL in seconds of records that have none of their own")] = TEST_TTL_S


class DnsRecords(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The records of one type at one name."

    name: Annotated[str, Meta(description="complete, without the final dot")]
    type: Annotated[str, Meta(description="such as AAAA, or TYPE65280")]
    ttl: Ttl
    data: Data


class DnsRecordsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "The records that replace all those of one type at one name."

    ttl: Ttl = TEST_TTL_S
    data: Data


class DnsRecordsList(msgspec.Struct, frozen=True):
    meaning = "Record sets of a zone."

    items: list[DnsRecords]
    total: int
    next: Annotated[int | None, Meta(description="`offset` of the next page; null at the end")] = None


class DnsRecordsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of record sets."""

    name: Annotated[str, Meta(description="only those whose name contains this")] = ""
    type: Annotated[str, Meta(description="only those of this type, or of several: A,AAAA")] = ""
    offset: Annotated[int, Meta(ge=0, description="number of items to skip: `next` of the answer before")] = 0
    limit: Annotated[int, Meta(ge=1, le=100_000, description="maximum number of items")] = 1000
