"""Networks, routes and AS numbers, plain and frozen.

Times are the world's Unix times; in `NumbersContents` they are seconds from the world's beginning.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.registry.objects import Time

Line = Annotated[str, Meta(max_length=1000)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$", description="name, such as TEST-NET-1")]
MAX_RANGE_CHARS = 100
MAX_ORIGINS = 100


class Holding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fields that networks and AS numbers share."""

    name: Name
    description: Annotated[Line, Meta(description="one line about it")] = ""
    country: Annotated[str, Meta(max_length=2, description="country code (ISO 3166)")] = ""
    organization: Annotated[
        Line, Meta(description="the holder: a registrar's identifier, whose address is shown too, or any name")
    ] = ""
    admin: Annotated[str, Meta(max_length=64, description="administrative contact, by its identifier")] = ""
    tech: Annotated[str, Meta(max_length=64, description="technical contact, by its identifier")] = ""
    abuse_email: Annotated[Line, Meta(description="mail address for abuse")] = ""
    created: Time | None = None
    updated: Time | None = None


class Network(Holding, frozen=True, kw_only=True):
    meaning = "A network: RIPE's inetnum or inet6num, ARIN's NetRange."

    range: Annotated[
        str, Meta(max_length=MAX_RANGE_CHARS, description="prefix or range: 192.0.2.0/24, 192.0.2.0 - 192.0.2.99")
    ]
    status: Annotated[Line, Meta(description="kind of allocation, in the registry's words")] = "ASSIGNED PA"


class AsNumbers(Holding, frozen=True, kw_only=True):
    meaning = "An AS number (RIPE's aut-num), or a block of them (as-block)."

    range: Annotated[str, Meta(max_length=MAX_RANGE_CHARS, description="AS64496, or AS64496 - AS64511 for a block")]
    status: Annotated[Line, Meta(description="kind of allocation, in the registry's words")] = "ASSIGNED"


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A route: a prefix and the AS numbers that announce it."

    prefix: Annotated[str, Meta(max_length=MAX_RANGE_CHARS, description="such as 192.0.2.0/24 or 2001:db8::/32")]
    origins: Annotated[
        tuple[Annotated[str, Meta(max_length=20)], ...],
        Meta(min_length=1, max_length=MAX_ORIGINS, description="AS numbers, such as AS64496"),
    ]
    description: Annotated[Line, Meta(description="one line about it")] = ""
    organization: Annotated[Line, Meta(description="maintainer: a registrar's identifier, or any name")] = ""
    created: Time | None = None
    updated: Time | None = None


NumberObject = Network | AsNumbers | Route
CONFIGURATION_KEYS = {"networks": "network", "routes": "route", "as_numbers": "as_number"}
"""Config keys of the fields: an array of tables is written in the singular, [[numbers.network]]."""


class NumbersContents(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=CONFIGURATION_KEYS):
    """Initial networks, routes and AS numbers; times are seconds from the world's beginning."""

    networks: Sequence[Network] = ()
    routes: Sequence[Route] = ()
    as_numbers: Sequence[AsNumbers] = ()
