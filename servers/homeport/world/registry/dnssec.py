"""Policy for the DNSSEC data of domains (RFC 5910): how many records, and which of its options a TLD takes."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration

DIGEST_OCTETS = {1: 20, 2: 32, 3: 32, 4: 48, 5: 32, 6: 32}
"""Octets of a digest by its type in IANA's registry: SHA-1, SHA-256, GOST, SHA-384, GOST 2012, SM3."""
HOUR, DAY = 3600.0, 86_400.0


class DnssecPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Policy for the DNSSEC data of a TLD's domains (RFC 5910)."

    max_records: Annotated[
        int, Meta(ge=1, le=100, description="maximum number of DS records or keys of a domain; more are refused (2306)")
    ] = 10
    digests: Annotated[
        Literal["checked", "any"],
        Meta(description="digests have the length of their type, and a DS record the algorithm of its key; or not"),
    ] = "checked"
    max_sig_life: Annotated[
        bool, Meta(description="maxSigLife (RFC 5910 3.3) is taken and shown; otherwise it is refused with 2102")
    ] = False
    min_sig_life: Annotated[
        Duration,
        Meta(
            description="shortest maxSigLife; a shorter one is refused with 2004",
            extra_json_schema={"type": "string", "default": "1h"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(HOUR))
    longest_sig_life: Annotated[
        Duration,
        Meta(
            description="longest maxSigLife; a longer one is refused with 2004",
            extra_json_schema={"type": "string", "default": "30d"},
        ),
    ] = msgspec.field(default_factory=lambda: Duration(30 * DAY))
    urgent: Annotated[
        bool,
        Meta(description="urgent updates are taken: DNS shows every update at once; otherwise they are refused (2102)"),
    ] = False


def digest_problem(digest_type: int, digest: str) -> str:
    """Return what is wrong with the length of a digest in hexadecimal; empty if nothing is."""
    wanted, octets = DIGEST_OCTETS.get(digest_type), len(digest) // 2
    if wanted is None or octets == wanted:
        return ""
    return f"a digest of type {digest_type} has {wanted} octets, this one has {octets}"
