"""The answer to the DNS message of a request over HTTPS."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect
from homeport.protocol.session import Context
from homeport.services.dns.answering import respond
from homeport.services.dns.message import HEADER, HEADER_BYTES, OPCODE_AT, OPCODE_MASK, QUERY, parse
from homeport.world.faults import Fault
from homeport.world.zones.rrset import SOA

MINIMUM_AT = -4
"""Offset of the TTL of negative answers in the data of SOA."""


def answer(context: Context, message: bytes, effects: list[Effect]) -> tuple[bytes, int, Sequence[Fault]]:
    """Return the answer to a DNS message, empty for none; for how many seconds HTTP caches may keep it; its faults.

    A web page can have a browser send such requests, so that only questions are answered: nothing is changed.
    """
    if len(message) >= HEADER_BYTES and HEADER.unpack_from(message)[1] >> OPCODE_AT & OPCODE_MASK != QUERY:
        return b"", 0, ()
    answered = respond(context, "https", message)
    effects += answered.effects
    if answered.wire is None:
        return b"", 0, ()
    return answered.wire, freshness(answered.wire), answered.faults


def freshness(wire: bytes) -> int:
    """Return the smallest TTL in seconds of an answer's records; for a negative one SOA's minimum (RFC 8484 5.1)."""
    message = parse(wire)
    ttls = [one.ttl for one in message.answers]
    if not ttls:
        ttls = [min(one.ttl, int.from_bytes(one.data[MINIMUM_AT:])) for one in message.authority if one.type == SOA]
    return min(ttls, default=0)
