"""Dynamic updates of zones (RFC 2136): permission, prerequisites, changes."""

from functools import partial

from homeport.protocol.effects import Log
from homeport.services.dns.exchange import (
    FORMERR,
    INVALID_DATA,
    NOT_AUTHORITATIVE,
    NOTAUTH,
    OTHER,
    PROHIBITED,
    REFUSED,
    SERVFAIL,
    Exchange,
    Response,
    rcode_text,
)
from homeport.services.dns.message import Question
from homeport.services.dns.writer import IN
from homeport.world.row_store import StoreError
from homeport.world.zones.edits import ZoneProblem
from homeport.world.zones.name import name_text, name_wire
from homeport.world.zones.rrset import CNAME, SOA
from homeport.world.zones.updates import Update, UpdateRefused, check_prerequisites, check_updates
from homeport.world.zones.zone import StoredZone


def update(exchange: Exchange, question: Question) -> Response:
    """Answer UPDATE. question: its zone section."""
    response = _update(exchange, question)
    message = exchange.message
    fields = {
        "zone": name_text(question.name),
        "rcode": rcode_text(response.rcode),
        "records": len(message.authority),
        "prerequisites": len(message.answers),
        "transport": exchange.transport,
    }
    if exchange.key_name is not None:
        fields["key"] = name_text(exchange.key_name)
    zone = exchange.context.world.zones.find(question.name)
    if not response.rcode and zone is not None:
        fields["serial"] = zone.serial
    exchange.effects.append(Log("update", fields))
    return response


def _update(exchange: Exchange, question: Question) -> Response:
    zones = exchange.context.world.zones
    where = name_text(question.name)
    if question.type != SOA:
        exchange.report("update-zone-section")
        return exchange.refuse(FORMERR, INVALID_DATA, "the zone of an UPDATE has the type SOA (RFC 2136 2.3)")
    found = zones.find(question.name)
    if found is None or found.origin != question.name or question.class_ != IN:
        return exchange.refuse(NOTAUTH, NOT_AUTHORITATIVE, f"{where} is no zone of this world (RFC 2136 3.1)")
    zone = zones.changeable(question.name)
    if zone is None:
        return exchange.refuse(REFUSED, PROHIBITED, f"{where} follows the registry: change it over EPP")
    if exchange.key_name is None and not exchange.options.open_update:
        return exchange.refuse(REFUSED, PROHIBITED, "updates need TSIG with a key of [dns] keys, or [dns] open_update")
    try:
        check_prerequisites(zone, exchange.message.answers)
        check_updates(zone, exchange.message.authority)
        _make(exchange, zone)
    except UpdateRefused as refused:
        return exchange.refuse(refused.rcode, OTHER, refused.reason)
    except ZoneProblem as problem:
        return exchange.refuse(REFUSED, OTHER, str(problem))
    except StoreError as error:
        return exchange.refuse(SERVFAIL, OTHER, f"the update was rolled back: {error}")
    return Response()


def _make(exchange: Exchange, zone: StoredZone) -> None:
    made = Update(zone)
    made.make(exchange.message.authority)
    for one in made.ignored:
        beside_alias = one.type == CNAME or CNAME in (zone.node(one.name) or {})
        exchange.report("cname-and-other-data" if beside_alias else "update-ignored", name_wire(one.name))
    zones = exchange.context.world.zones
    zones.apply(zone.origin, made.edits())
    if (ticket := zones.kept.unsettled) is not None:
        exchange.commit = partial(zones.kept.flush, ticket)  # before the answer (RFC 2136 3.5)
