"""From a request's octets to its answer's: parsing, dispatch by opcode, writing (RFC 1035 4, RFC 6891 7)."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.effects import Effect, Log, ReportFinding
from homeport.protocol.session import Context
from homeport.services.dns.authentication import authenticate
from homeport.services.dns.edns import EdnsAnswer
from homeport.services.dns.exchange import (
    FORMERR,
    NOTIMP,
    OTHER,
    SERVFAIL,
    Exchange,
    Response,
    Transport,
    rcode_text,
)
from homeport.services.dns.message import (
    AA,
    AD,
    HEADER,
    HEADER_BYTES,
    NOTIFY,
    OPCODE_AT,
    OPCODE_MASK,
    QR,
    QUERY,
    RA,
    RCODE_MASK,
    RD,
    SHOWN,
    TC,
    UPDATE,
    Malformed,
    Question,
    Z,
    parse,
)
from homeport.services.dns.notify import notify
from homeport.services.dns.querying import TRANSFERS, query
from homeport.services.dns.updating import update
from homeport.services.dns.writer import Writer
from homeport.world.zones.name import ROOT, name_text
from homeport.world.zones.rrset import type_text

if TYPE_CHECKING:
    from homeport.services.dns.spoiling import Spoiling
    from homeport.world.faults import Fault

Answer = Callable[[Exchange, Question], Response]
OPCODES: dict[int, Answer] = {QUERY: query, NOTIFY: notify, UPDATE: update}
"""The functions that answer requests, by opcode."""
FORGIVEN = frozenset(
    ("z-bit", "unused-fields", "trailing-octets", "edns-flags", "nsid-data", "keepalive-timeout", "keepalive-over-udp")
)
"""Findings about requests that are answered all the same, unless `syntax` is strict."""
UNUSED = AA | TC | RA | RCODE_MASK
"""Bits that are zero in queries (RFC 1123 6.1.2.3)."""


class Pending(msgspec.Struct, frozen=True, gc=False):
    """An answer that is sent when its changes are durable."""

    work: Callable[[], object]
    """Blocks until they are; raises if they were lost."""
    finish: Callable[[Exception | None], bytes | None]
    """Returns the answer, by the exception of the work; None for none."""


class Answered(msgspec.Struct, gc=False):
    """The result of a request."""

    wire: bytes | None = None
    """The answer; None for none."""
    effects: Sequence[Effect] = ()
    """Findings and events."""
    stream: Iterator[bytes] | None = None
    """The answer in several messages, over TCP, instead of `wire`."""
    faults: "Sequence[Fault]" = ()
    """Faults of the network that act on the answer; over a stream in pieces, on the first."""
    cacheable: bool = False
    """True if the same octets have the same answer until the world's names change."""
    pending: Pending | None = None
    """The answer that waits for the disk, instead of `wire`."""


def respond(context: Context, transport: Transport, data: bytes) -> Answered:
    """Answer one request."""
    if len(data) < HEADER_BYTES:
        return Answered(effects=(ReportFinding("short-message", data),))
    number, flags, *_counts = HEADER.unpack_from(data)
    if flags & QR:
        # No answer, or two servers could answer each other for ever.
        return Answered(effects=(ReportFinding("response-to-server", data[:SHOWN]),))
    opcode = flags >> OPCODE_AT & OPCODE_MASK
    answer = OPCODES.get(opcode)
    if answer is None:
        # The rest of an unknown request cannot be read.
        return Answered(_header(number, flags, NOTIMP), (ReportFinding("unknown-opcode", data[:HEADER_BYTES]),))
    try:
        message = parse(data)
    except Malformed as error:
        return Answered(_header(number, flags, FORMERR), (ReportFinding(error.finding, error.data),))
    return _answer(Exchange(context, transport, data, message), answer)


def _answer(exchange: Exchange, answer: Answer) -> Answered:
    """Answer a message under the faults that are planned for it."""
    _check_header(exchange)
    edns = EdnsAnswer(exchange)
    spoiling = _spoiling(exchange) if exchange.context.world.faults.possible else None
    checked = authenticate(exchange) or edns.check() or _refused_strictly(exchange)
    if spoiling is None:
        response = checked or _dispatch(exchange, edns, answer)
    else:
        response = spoiling.respond(checked, edns, lambda: _dispatch(exchange, edns, answer))
    if exchange.message.opcode == QUERY:
        exchange.effects.append(_event(exchange, response))
    if response.stream is not None:
        faults = () if spoiling is None else spoiling.faults
        return Answered(effects=exchange.effects, stream=response.stream, faults=faults)
    if exchange.commit is not None:
        pending = Pending(exchange.commit, partial(_finish, exchange, edns, response, spoiling))
        faults = () if spoiling is None else spoiling.faults
        return Answered(effects=exchange.effects, pending=pending, faults=faults)
    wire = _write(exchange, edns, response)
    if spoiling is not None:
        return Answered(spoiling.spoil(wire), exchange.effects, faults=spoiling.faults)
    return Answered(wire, exchange.effects, cacheable=_is_cacheable(exchange, edns))


def _spoiling(exchange: Exchange) -> "Spoiling | None":
    """Return the faults that may act on the answer; None for none."""
    from homeport.services.dns.spoiling import spoiling_of  # most farms never need it

    return spoiling_of(exchange)


def _finish(
    exchange: Exchange, edns: EdnsAnswer, response: Response, spoiling: "Spoiling | None", error: Exception | None
) -> bytes | None:
    """Return the answer to a request whose changes are durable, or lost by an error."""
    if error is not None:
        exchange.context.world.zones.rollback_failed()
        response = exchange.refuse(SERVFAIL, OTHER, f"the update was rolled back: {error}")
    wire = _write(exchange, edns, response)
    return wire if spoiling is None else spoiling.spoil(wire)


def _is_cacheable(exchange: Exchange, edns: EdnsAnswer) -> bool:
    """Return True if the same octets have the same answer until the world's names change."""
    message = exchange.message
    is_transfer = message.question is not None and message.question.type in TRANSFERS
    return message.opcode == QUERY and message.tsig is None and not is_transfer and not edns.has_cookie


def _header(number: int, flags: int, rcode: int) -> bytes:
    """Return an error that is a header alone."""
    return HEADER.pack(number, QR | flags & (OPCODE_MASK << OPCODE_AT | RD) | rcode, 0, 0, 0, 0)


def _dispatch(exchange: Exchange, edns: EdnsAnswer, answer: Answer) -> Response:
    message = exchange.message
    if message.question is not None:
        return answer(exchange, message.question)
    if message.opcode == QUERY and edns.has_cookie:
        return Response()  # a client may ask for a cookie alone (RFC 7873 5.4)
    exchange.report("question-count")
    return exchange.refuse(FORMERR, 0, "a request has exactly one question (RFC 9619)")


def _refused_strictly(exchange: Exchange) -> Response | None:
    """Return the error for a request that is answered although it is wrong, unless `syntax` is strict."""
    if exchange.options.is_strict:
        wrong = [one.id for one in exchange.effects if type(one) is ReportFinding and one.id in FORGIVEN]
        if wrong:
            return exchange.refuse(FORMERR, OTHER, f"[dns] syntax is strict, and the request has: {', '.join(wrong)}")
    return None


def _check_header(exchange: Exchange) -> None:
    """Report what is wrong around the question, and does no harm."""
    message = exchange.message
    if message.flags & Z:
        exchange.report("z-bit")
    if message.opcode == QUERY and message.flags & UNUSED:
        exchange.report("unused-fields", exchange.data[2:4])
    if message.opcode == QUERY and message.flags & RD and not exchange.options.recursion_available:
        exchange.report("rd-to-authoritative")
    if message.trailing:
        exchange.report("trailing-octets", exchange.data[-message.trailing :][:SHOWN])


def _write(exchange: Exchange, edns: EdnsAnswer, response: Response) -> bytes:
    message = exchange.message
    question = message.question
    opt = edns.opt(response.rcode)
    asked, name = (question.wire, question.name) if question is not None else (b"", ROOT)
    signature = exchange.signature
    reserved = len(opt) + (0 if signature is None else signature.size)
    writer = Writer(asked, name, edns.limit, reserved, response.class_)
    if writer.add_all(1, response.answer) and writer.add_all(2, response.authority):
        writer.add_all(3, response.additional, required=response.required)
    padded = edns.padding(len(writer) + reserved, response.rcode)
    wire = writer.finish(message.id, _flags(exchange, response), opt if padded is None else padded)
    return wire if signature is None else signature.sign(wire)


def _flags(exchange: Exchange, response: Response) -> int:
    """Return the flags of the answer. CD stays clear (RFC 4035 3.1.6), and so does Z."""
    asked = exchange.message.flags
    flags = QR | asked & (OPCODE_MASK << OPCODE_AT | RD) | response.rcode & RCODE_MASK
    if response.authoritative:
        flags |= AA
    if response.truncated:
        flags |= TC
    if response.authentic:
        flags |= AD
    # A resolver that asks without RD would take RA, without AA, for a server that is lame.
    if exchange.options.recursion_available and asked & RD and exchange.message.opcode == QUERY:
        flags |= RA
    return flags


def _event(exchange: Exchange, response: Response) -> Log:
    question = exchange.message.question
    return Log(
        "query",
        {
            "name": "" if question is None else name_text(question.name),
            "qtype": "" if question is None else type_text(question.type),
            "rcode": rcode_text(response.rcode),
            "transport": exchange.transport,
        },
    )
