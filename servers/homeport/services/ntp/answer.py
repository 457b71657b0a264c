"""Requests to answers (RFC 5905 9.2): the server's mode."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, ReportFinding, Send
from homeport.protocol.session import Context
from homeport.services.ntp.packet import SERVER, Header, Malformed, Request, parse_request, timestamp


class Stamps:
    """Times of a request: when it was received, and when its answer is sent, as NTP timestamps."""

    __slots__ = ("receive", "transmit")

    def __init__(self, receive: int, transmit: int) -> None:
        self.receive = receive
        self.transmit = transmit


def make_header(_context: Context, request: Request, stamps: Stamps) -> Header:
    """Return the header of the answer to a request."""
    asked = request.header
    return Header(
        version=asked.version,
        mode=SERVER,
        stratum=1,
        poll=asked.poll,
        precision=-20,
        reference_id=b"HOME",
        reference=stamps.receive,
        origin=asked.transmit,
        receive=stamps.receive,
        transmit=stamps.transmit,
    )


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer one datagram."""
    now = timestamp(context.world.clock.now())
    try:
        request = parse_request(data)
    except Malformed:
        return ()
    header = make_header(context, request, Stamps(now, now))
    if request.has_nts:
        from homeport.services.ntp import nts

        answer = nts.protect(context, request, header)
        records = (*request.acted, *(ReportFinding(one, data) for one in request.found))
        return records if answer is None else (Send(answer), *records)
    return (Send(header.serialize()),)
