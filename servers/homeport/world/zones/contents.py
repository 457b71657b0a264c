"""Configured zones: [[dns.zone]]."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Literal

import msgspec

from homeport.config.quantities import Duration, encode
from homeport.world.zones.edits import Edit, checked_edits
from homeport.world.zones.name import Name
from homeport.world.zones.rdata import soa
from homeport.world.zones.rrset import SOA, RRset
from homeport.world.zones.signing.key import Policy
from homeport.world.zones.signing.numbers import ALGORITHMS
from homeport.world.zones.text import parse_name_as_entered, parse_zone
from homeport.world.zones.zone import StoredZone

MAX_PARSED = 64
"""Zones that are remembered as parsed: each new world has them, and so has a reset one."""


class ZoneContents(msgspec.Struct, frozen=True, kw_only=True):
    """A configured zone."""

    name: str
    records: str = ""
    file: str = ""
    ttl: Duration = Duration(3600)
    content: str = ""
    """The text of the file, read with the configuration."""
    dnssec: bool = False
    dnssec_algorithm: str = ""
    denial: Literal["", "nsec", "nsec3"] = ""


@lru_cache(MAX_PARSED)
def parse_contents(contents: ZoneContents) -> tuple[Name, tuple[tuple[Name, RRset], ...]]:
    """Return the origin of a configured zone and its record sets. Raises: ValueError."""
    origin = parse_name_as_entered(contents.name)
    nodes = parse_zone(contents.content or contents.records, origin, int(contents.ttl))
    records = tuple((name, rrset) for name, node in nodes.items() for rrset in node.values())
    validate_records(origin, records)
    return origin, records


def signing_policy(contents: ZoneContents, default: Policy) -> Policy:
    """Return how a configured zone is signed. default: for what it does not say."""
    algorithm = ALGORITHMS.get(contents.dnssec_algorithm, default.algorithm)
    return Policy(contents.dnssec, algorithm, contents.denial or default.denial)


def digest(contents: ZoneContents) -> str:
    """Return what tells the configuration of a zone from another one."""
    return sha256(msgspec.json.encode(contents, enc_hook=encode)).hexdigest()


def validate_records(origin: Name, records: Iterable[tuple[Name, RRset]]) -> None:
    """Check that a zone can have these records, a SOA among them or not. Raises: ValueError."""
    zone = StoredZone(origin, RRset(SOA, 0, (soa(origin, origin, 0, 0, 0, 0, 0),)))
    checked_edits(zone, [Edit(name, rrset.type, rrset) for name, rrset in records], 0.0)
