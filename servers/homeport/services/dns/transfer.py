"""Zone transfers: whole (AXFR, RFC 5936) and incremental (IXFR, RFC 1995).

An answer is made message by message, while the client takes them, out of the records as they were at its beginning.
"""

from collections.abc import Callable, Iterable, Iterator

from homeport.protocol.effects import Log
from homeport.services.dns.edns import EdnsAnswer
from homeport.services.dns.exchange import (
    FORMERR,
    INVALID_DATA,
    NOT_AUTHORITATIVE,
    NOT_SUPPORTED,
    NOTAUTH,
    PROHIBITED,
    REFUSED,
    Exchange,
    Response,
)
from homeport.services.dns.message import AA, QR, RD, Question
from homeport.services.dns.writer import MAX_MESSAGE_BYTES, Writer
from homeport.world.zones.history import Change
from homeport.world.zones.lookup import Owned
from homeport.world.zones.name import Name, name_text
from homeport.world.zones.rrset import IXFR, SOA, RRset, type_text
from homeport.world.zones.signing import SignedZone, whole
from homeport.world.zones.zone import StoredZone, Zone, is_later, serial_of, soa_of

MESSAGE_BYTES = 8192
"""Size of the messages of a transfer, if no record is larger: two milliseconds of work."""
SIGNED_PER_STEP = 10
"""Names whose records are signed before the session pauses: a signature takes 0.1 ms."""
OPT_RESERVED = 512
SOA_TAIL_BYTES = 20
Record = tuple[Name, RRset]
Records = Iterator[Record | None]
"""Records in their order; None is a pause between steps of the work."""


class TransferAborted(Exception):
    """Raised within a transfer of a zone that is computed and has changed meanwhile: its records fit no serial number.

    The connection is closed then, and the client begins again.
    """


def transfer(exchange: Exchange, question: Question) -> Response:
    """Answer AXFR or IXFR."""
    if exchange.over_udp and question.type != IXFR:
        exchange.report("axfr-over-udp")
        return exchange.refuse(REFUSED, NOT_SUPPORTED, "zones are transferred over TCP (RFC 5936 4.2)")
    if exchange.transport == "https":
        return exchange.refuse(REFUSED, NOT_SUPPORTED, "HTTPS has one message for an answer: transfer over TCP or TLS")
    policy = exchange.options.transfers
    if policy == "off" or (policy == "signed" and exchange.key_name is None):
        why = "are switched off" if policy == "off" else "need TSIG with a key of [dns] keys"
        return exchange.refuse(REFUSED, PROHIBITED, f"transfers {why}: [dns] transfers")
    zone = exchange.context.world.zones.find(question.name)
    if zone is None or zone.origin != question.name:
        return exchange.refuse(NOTAUTH, NOT_AUTHORITATIVE, f"{name_text(question.name)} is no zone of this world")
    if question.type == IXFR:
        return _incremental(exchange, question, zone)
    return _log(exchange, zone, "whole", _stream(exchange, question, _whole(exchange, zone)))


def _incremental(exchange: Exchange, question: Question, zone: Zone) -> Response:
    """Answer IXFR: with nothing but the SOA, the changes, or the whole zone (RFC 1995 2, 4)."""
    known = next((one for one in exchange.message.authority if one.type == SOA and one.name == zone.origin), None)
    if known is None or len(known.data) < SOA_TAIL_BYTES:
        exchange.report("ixfr-without-soa")
        return exchange.refuse(FORMERR, INVALID_DATA, "IXFR has the client's SOA in its authority section (RFC 1995 3)")
    serial = serial_of(known.data)
    soa = soa_of(zone)
    if not is_later(zone.serial, serial):
        return _log(exchange, zone, "up-to-date", Response(authoritative=True, answer=[Owned(zone.origin, soa, zone)]))
    # the history has no signatures: a signed zone is a view, and transferred whole
    changes = zone.history.since(serial) if isinstance(zone, StoredZone) else None
    if exchange.over_udp:
        return _over_udp(exchange, question, zone, changes)
    if changes is None:
        return _log(exchange, zone, "whole", _stream(exchange, question, _whole(exchange, zone)))
    return _log(exchange, zone, "incremental", _stream(exchange, question, _changed(zone.origin, soa, changes)))


def _over_udp(exchange: Exchange, question: Question, zone: Zone, changes: tuple[Change, ...] | None) -> Response:
    """Answer IXFR by one datagram if the changes fit, else by the SOA alone: the client comes back over TCP."""
    soa = soa_of(zone)
    answer = [Owned(zone.origin, soa, zone)]
    if changes is not None:
        limit = EdnsAnswer(exchange).limit
        reserved = OPT_RESERVED if exchange.message.edns is not None else 0
        reserved += 0 if exchange.signature is None else exchange.signature.size
        writer = Writer(question.wire, question.name, limit, reserved)
        records = list(_changed(zone.origin, soa, changes))
        if all(writer.add(1, name, rrset) for name, rrset in records):
            answer = [Owned(name, rrset, zone) for name, rrset in records]
    style = "incremental" if len(answer) > 1 else "retry-over-tcp"
    return _log(exchange, zone, style, Response(authoritative=True, answer=answer))


def _whole(exchange: Exchange, zone: Zone) -> Records:
    """Yield the records of a zone as AXFR has them: the SOA first and last; with its signatures, if it is signed."""
    soa, serial = soa_of(zone), zone.serial
    is_snapshot = isinstance(zone.zone if isinstance(zone, SignedZone) else zone, StoredZone)
    pieces: Iterator[list[Owned]]
    signed = isinstance(zone, SignedZone)
    if isinstance(zone, SignedZone):
        zones = exchange.context.world.zones
        pieces = whole(zones.keys, zone, zones.signed_at)
    else:
        pieces = ([Owned(name, one, zone) for one in node.values()] for name, node in zone.nodes())

    def records() -> Records:
        yield zone.origin, soa
        for number, piece in enumerate(pieces):
            if not is_snapshot and zone.serial != serial:
                raise TransferAborted
            if not piece or (signed and not number % SIGNED_PER_STEP):
                yield None
            yield from ((one.owner, one.rrset) for one in piece if one.rrset.type != SOA)
        yield zone.origin, soa

    return records()


def _changed(origin: Name, soa: RRset, changes: Iterable[Change]) -> Iterator[Record]:
    """Yield what IXFR has: for each change the old SOA, what goes, the new SOA, what comes (RFC 1995 4)."""
    yield origin, soa
    for change in changes:
        yield origin, change.before
        yield from change.removed
        yield origin, change.after
        yield from change.added
    yield origin, soa


def _stream(exchange: Exchange, question: Question, records: Records) -> Response:
    return Response(authoritative=True, stream=_messages(exchange, question, records))


def _messages(exchange: Exchange, question: Question, records: Records) -> Iterator[bytes]:
    """Yield the messages of a transfer, each signed if the request was; an empty one is a pause."""
    message, signature = exchange.message, exchange.signature
    flags = QR | AA | message.flags & RD
    sign: Callable[[bytes], bytes] = (lambda data: data) if signature is None else signature.sign
    reserved = 0 if signature is None else signature.size
    opt = EdnsAnswer(exchange).opt(0)  # in the first message alone
    writer = Writer(question.wire, question.name, MESSAGE_BYTES, reserved + len(opt))
    empty = len(writer)
    for record in records:
        if record is None:
            yield b""
            continue
        name, rrset = record
        for part in _parts(rrset):
            if writer.add(1, name, part):
                continue
            if len(writer) > empty:
                yield sign(writer.finish(message.id, flags, opt))
                opt = b""
            writer = Writer(question.wire, question.name, MESSAGE_BYTES, reserved)
            if not writer.add(1, name, part):  # a single large record
                writer = Writer(question.wire, question.name, MAX_MESSAGE_BYTES, reserved)
                writer.add(1, name, part)
    yield sign(writer.finish(message.id, flags, opt))


def _parts(rrset: RRset) -> Iterator[RRset]:
    """Yield the records of a set one by one: a transfer may cut sets (RFC 5936 2.2)."""
    if len(rrset.data) == 1:
        yield rrset
        return
    for data in rrset.data:
        yield RRset(rrset.type, rrset.ttl, (data,))


def _log(exchange: Exchange, zone: Zone, style: str, response: Response) -> Response:
    question = exchange.message.question
    fields = {
        "zone": name_text(zone.origin),
        "qtype": type_text(IXFR if question is None else question.type),
        "style": style,
        "serial": zone.serial,
        "transport": exchange.transport,
    }
    if exchange.key_name is not None:
        fields["key"] = name_text(exchange.key_name)
    exchange.effects.append(Log("transfer", fields))
    return response
