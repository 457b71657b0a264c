"""Opcode QUERY: classes and types that are no data, and the search in the world's zones."""

from ipaddress import ip_address

from homeport.services.dns.exchange import (
    FORMERR,
    INVALID_DATA,
    NOT_AUTHORITATIVE,
    NOT_SUPPORTED,
    NOTIMP,
    NXDOMAIN,
    REFUSED,
    Exchange,
    Response,
)
from homeport.services.dns.message import AD, Question
from homeport.services.dns.transfer import transfer
from homeport.services.dns.writer import IN
from homeport.version import __version__
from homeport.world.zones.lookup import Found, Owned, look_up
from homeport.world.zones.name import ROOT, name_text
from homeport.world.zones.rdata import txt
from homeport.world.zones.rrset import AAAA, ANY, AXFR, DS, IXFR, NSEC, OPT, RRSIG, SOA, TSIG, TXT, A, RRset, type_text
from homeport.world.zones.signing import ask_records, complete, is_secure
from homeport.world.zones.zone import StoredZone

CHAOS, ANY_CLASS = 3, 255
TKEY, MAILB, MAILA = 249, 253, 254
NO_QUESTION = frozenset((OPT, TKEY, TSIG))
OBSOLETE = frozenset((MAILA, MAILB))
TRANSFERS = frozenset((AXFR, IXFR))
MADE_BY_SIGNING = frozenset((NSEC, RRSIG))
"""Types that no zone holds."""
VERSION_NAMES = ((b"version", b"bind"), (b"version", b"server"))
SERVER_NAMES = ((b"hostname", b"bind"), (b"id", b"server"))


NOWHERE = StoredZone(ROOT, RRset(SOA, 0, (b"",)))
"""The zone of records that are in no zone."""


def query(exchange: Exchange, question: Question) -> Response:
    """Answer a question."""
    if question.type in NO_QUESTION:
        exchange.report("query-type")
        return exchange.refuse(FORMERR, INVALID_DATA, f"no question has the type {type_text(question.type)}")
    if question.class_ == CHAOS:
        return _of_server(exchange, question)
    if question.class_ == ANY_CLASS:
        exchange.report("class-any")
    elif question.class_ != IN:
        return exchange.refuse(REFUSED, NOT_AUTHORITATIVE, f"there are no zones of class {question.class_}")
    if question.type in OBSOLETE:
        return exchange.refuse(NOTIMP, NOT_SUPPORTED, "MAILA and MAILB are obsolete (RFC 1035 3.2.3)")
    if question.type in TRANSFERS:
        return transfer(exchange, question)
    if question.type == ANY and exchange.over_udp:
        exchange.report("any-query")
    response = _from_zones(exchange, question)
    if question.class_ == ANY_CLASS:
        response.authoritative = False  # RFC 1034 4.3.2: an answer over all classes cannot be authoritative
    return response


def _from_zones(exchange: Exchange, question: Question) -> Response:
    zones = exchange.context.world.zones
    found = look_up(zones, question.name, question.type)
    if found.rcode == REFUSED:
        return _unknown(exchange, question)
    if question.type == ANY and exchange.over_udp and exchange.options.any_over_udp == "minimal":
        del found.answer[1:]
    if question.type in MADE_BY_SIGNING:
        ask_records(zones, found, question.type, zones.signed_at)
    if exchange.message.wants_signatures:
        complete(zones, found, zones.signed_at - exchange.backdated_s)
    elif not found.authoritative:  # a referral: its DS is for those who ask for it (RFC 4035 3.1.4.1)
        found.authority = [one for one in found.authority if one.rrset.type != DS]
    return _response(found, authentic=_is_authentic(exchange, found))


def _is_authentic(exchange: Exchange, found: Found) -> bool:
    """Return True if AD is set: for stub resolvers that trust this server, if they know it (RFC 6840 5.7, 5.8)."""
    if not exchange.options.authentic_data or not found.authoritative:
        return False
    wanted = exchange.message.wants_signatures or exchange.message.flags & AD
    return bool(wanted) and is_secure(found)


def _response(found: Found, *, authentic: bool) -> Response:
    return Response(
        found.rcode,
        authoritative=found.authoritative,
        authentic=authentic,
        answer=found.answer,
        authority=found.authority,
        additional=found.additional,
        required=found.in_bailiwick,
    )


def _unknown(exchange: Exchange, question: Question) -> Response:
    """Answer a question about a name in no zone of the world."""
    if exchange.options.answer_everything:
        address = ip_address(exchange.options.answer_everything)
        kind = A if address.version == 4 else AAAA
        owned = Owned(question.name, RRset(kind, 0, (address.packed,)), NOWHERE)
        return Response(authoritative=True, answer=[owned] if question.type in (kind, ANY) else [])
    if exchange.options.unknown_names == "nxdomain":
        return Response(NXDOMAIN)
    return exchange.refuse(REFUSED, NOT_AUTHORITATIVE, f"{name_text(question.name)} is in no zone of this world")


def _of_server(exchange: Exchange, question: Question) -> Response:
    """Answer a question of class CH about the server itself (RFC 4892)."""
    if question.name in VERSION_NAMES:
        text = f"Homeport {__version__}"
    elif question.name in SERVER_NAMES:
        text = exchange.options.nsid or exchange.context.world.name
    else:
        return exchange.refuse(REFUSED, NOT_AUTHORITATIVE, "of class CH there are version.server and id.server")
    owned = Owned(question.name, RRset(TXT, 0, (txt(text.encode()),)), NOWHERE)
    return Response(authoritative=True, answer=[owned] if question.type in (TXT, ANY) else [], class_=CHAOS)
