"""The defects of answers, each as a function: of a request, of a response, or of a finished message."""

import struct
from collections.abc import Callable
from functools import partial

import msgspec

from homeport.services.dns.exchange import BADCOOKIE, FORMERR, NOERROR, NXDOMAIN, Exchange, Response
from homeport.services.dns.message import HEADER, HEADER_BYTES, RCODE_MASK
from homeport.services.dns.querying import NOWHERE
from homeport.world.zones.lookup import Owned, denying_soa, zone_of
from homeport.world.zones.name import MAX_NAME_BYTES, ROOT, Name, name_wire, parse_name, wire_size
from homeport.world.zones.rrset import CNAME, NS, RRSIG, SOA, RRset

AUTHORITATIVE = frozenset((NOERROR, NXDOMAIN))
"""Planned response codes that are answers of a zone."""
OF_EDNS = frozenset(("edns-drop", "edns-formerr"))
ROOT_SERVERS = tuple(name_wire(parse_name(f"{letter}.root-servers.net")) for letter in "abc")
REFERRAL_TTL_S, LOOP_TTL_S = 518_400, 60
EXPIRED_S = 60 * 86_400
"""Age of expired signatures in seconds: they were valid for 30 days."""
OTHER_CASE = 0x20
TIMES_AT, KEY_AT = 8, 16
"""Offsets of the times of a signature, and of what follows them (RFC 4034 3.1)."""


# In the place of the answer


def truncated(_exchange: Exchange) -> Response:
    """Return TC without records."""
    return Response(authoritative=True, truncated=True)


def lame(_exchange: Exchange) -> Response:
    """Return a referral to the root: the server does not know that it has the zone."""
    return Response(authority=[Owned(ROOT, RRset(NS, REFERRAL_TTL_S, ROOT_SERVERS), NOWHERE)])


def absent(exchange: Exchange) -> Response:
    """Return NXDOMAIN, with the SOA of the zone if it is in one."""
    return _negative(exchange, NXDOMAIN)


def empty(exchange: Exchange) -> Response:
    """Return that the name has no such records, with the SOA of the zone if it is in one."""
    return _negative(exchange, NOERROR)


def _negative(exchange: Exchange, rcode: int) -> Response:
    question = exchange.message.question
    name, kind = (ROOT, SOA) if question is None else (question.name, question.type)
    zone = zone_of(exchange.context.world.zones, name, kind)
    if zone is None:
        return Response(rcode)
    return Response(rcode, authoritative=True, authority=[denying_soa(zone)])


def loop(exchange: Exchange) -> Response:
    """Return an alias for a name whose alias is the name that was asked for."""
    question = exchange.message.question
    name: Name = ROOT if question is None else question.name
    other = (b"loop", *name)
    if wire_size(other) > MAX_NAME_BYTES:
        other = name
    pairs = [(name, other), (other, name)] if other != name else [(name, name)]
    answer = [Owned(owner, RRset(CNAME, LOOP_TTL_S, (name_wire(target),)), NOWHERE) for owner, target in pairs]
    return Response(authoritative=True, answer=answer)


MADE: dict[str, Callable[[Exchange], Response]] = {
    "truncated": truncated,
    "lame": lame,
    "nxdomain": absent,
    "nodata": empty,
    "cname-loop": loop,
    "edns-drop": lambda _exchange: Response(),
    "edns-formerr": lambda _exchange: Response(FORMERR),
    "badcookie": lambda _exchange: Response(BADCOOKIE),
}


# Of a response


def _sections(response: Response) -> tuple[list[Owned], list[Owned], list[Owned]]:
    return response.answer, response.authority, response.additional


def has_records(response: Response) -> bool:
    """Return True if there are records whose TTL can be set."""
    return any(_sections(response))


def set_ttl(response: Response, ttl: int) -> None:
    """Give all records a TTL."""
    _alter(response, lambda rrset: RRset(rrset.type, ttl, rrset.data))


def has_signatures(response: Response) -> bool:
    """Return True if there are signatures."""
    return any(one.rrset.type == RRSIG for section in _sections(response) for one in section)


def break_signatures(response: Response) -> None:
    """Change the last octet of each signature."""

    def broken(rrset: RRset) -> RRset:
        if rrset.type != RRSIG:
            return rrset
        return RRset(RRSIG, rrset.ttl, tuple(data[:-1] + bytes((data[-1] ^ 1,)) for data in rrset.data))

    _alter(response, broken)


def _alter(response: Response, alter: Callable[[RRset], RRset]) -> None:
    response.answer, response.authority, response.additional = (
        [msgspec.structs.replace(one, rrset=alter(one.rrset)) for one in section] for section in _sections(response)
    )


def answer_expired(exchange: Exchange, dispatch: Callable[[], Response]) -> Response:
    """Answer again, with signatures that were made long ago."""
    known = len(exchange.effects)
    exchange.backdated_s = EXPIRED_S
    response = dispatch()
    exchange.backdated_s = 0
    del exchange.effects[known:]  # what the first answer has reported already
    _alter(response, partial(_ended, exchange.context.world.zones.signed_at))
    return response


def _ended(now: float, rrset: RRset) -> RRset:
    """Return signatures that have ended: those that a zone holds itself with other times."""
    if rrset.type != RRSIG:
        return rrset
    times = struct.pack("!II", int(now) - EXPIRED_S // 2, int(now) - EXPIRED_S)
    return RRset(
        RRSIG,
        rrset.ttl,
        tuple(
            data if int.from_bytes(data[TIMES_AT : TIMES_AT + 4]) < now else data[:TIMES_AT] + times + data[KEY_AT:]
            for data in rrset.data
        ),
    )


# Of a finished message


def other_id(wire: bytes) -> bytes:
    """Return a message with the next id."""
    return ((int.from_bytes(wire[:2]) + 1) & 0xFFFF).to_bytes(2) + wire[2:]


def other_question(wire: bytes) -> bytes:
    """Return a message whose question has another letter at the beginning: for the root, another type."""
    at = HEADER_BYTES + 1
    if not HEADER.unpack_from(wire)[2] or len(wire) <= at + 1:
        return wire
    if wire[HEADER_BYTES] == 0:
        return wire[: at + 1] + bytes((wire[at + 1] ^ 1,)) + wire[at + 2 :]
    other = ord("y") if wire[at] | OTHER_CASE == ord("x") else ord("x")
    return wire[:at] + bytes((other,)) + wire[at + 1 :]


def header_alone(wire: bytes) -> bytes:
    """Return FORMERR as a server sends it that cannot read EDNS."""
    number, flags, *_counts = HEADER.unpack_from(wire)
    return HEADER.pack(number, flags & ~RCODE_MASK | FORMERR, 0, 0, 0, 0)


ALTERING: dict[str, Callable[[bytes], bytes]] = {"wrong-id": other_id, "wrong-question": other_question}
