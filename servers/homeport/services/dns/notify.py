"""NOTIFY of clients: a primary announces a change of its zone (RFC 1996 3). The world is a secondary of none."""

from typing import Any

from homeport.protocol.effects import Log
from homeport.services.dns.exchange import NOT_AUTHORITATIVE, NOT_SUPPORTED, NOTAUTH, NOTIMP, Exchange, Response
from homeport.services.dns.message import Question
from homeport.services.dns.transfer import SOA_TAIL_BYTES
from homeport.world.zones.name import name_text
from homeport.world.zones.rrset import SOA, type_text
from homeport.world.zones.zone import serial_of


def notify(exchange: Exchange, question: Question) -> Response:
    """Answer NOTIFY, of any serial number; the journal has it."""
    announced = next((one for one in exchange.message.answers if one.type == SOA and one.name == question.name), None)
    fields: dict[str, Any] = {
        "direction": "in",
        "zone": name_text(question.name),
        "qtype": type_text(question.type),
        "transport": exchange.transport,
    }
    if announced is not None and len(announced.data) >= SOA_TAIL_BYTES:
        fields["serial"] = serial_of(announced.data)
    exchange.effects.append(Log("notify", fields))
    if question.type != SOA:
        return exchange.refuse(NOTIMP, NOT_SUPPORTED, "NOTIFY is defined for type SOA (RFC 1996 3.2)")
    zone = exchange.context.world.zones.find(question.name)
    if zone is None or zone.origin != question.name:
        return exchange.refuse(NOTAUTH, NOT_AUTHORITATIVE, f"{name_text(question.name)} is no zone of this world")
    return Response(authoritative=True)
