"""Requests to answers (RFC 5905 9.2): the server's mode. A datagram has at most one answer, which is never longer."""

import struct
from collections.abc import Sequence

from homeport.protocol.effects import Effect, ReportFinding, Send, under_faults
from homeport.protocol.session import Context
from homeport.services.ntp.keys import CRYPTO_NAK
from homeport.services.ntp.options import NtpOptions
from homeport.services.ntp.packet import (
    CLIENT,
    HEADER_BYTES,
    KISS,
    MAX_VERSION,
    MIN_VERSION,
    SERVER,
    SYMMETRIC_ACTIVE,
    SYMMETRIC_PASSIVE,
    VERSION_OF_FIELDS,
    Header,
    Malformed,
    Request,
    parse_request,
    timestamp,
)
from homeport.services.ntp.server import Server, server_of

SHOWN = 64
"""Octets of a request that a finding shows."""
WELL_KNOWN = 123
TRANSMIT_AT = 40
_STAMPS = struct.Struct("!Q8sQQ")


class Stamps:
    """NTP timestamps of the receipt of a request, and of the departure of its answer."""

    __slots__ = ("receive", "transmit")

    def __init__(self, receive: int, transmit: int) -> None:
        self.receive = receive
        self.transmit = transmit


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer one datagram."""
    world = context.world
    clock = world.clock
    received = clock.now()
    server = server_of(context)
    if len(data) != HEADER_BYTES or world.faults.planned or clock.leaps is not None or not server.is_open:
        return _answer(context, server, data, received)
    # Most requests are a header alone, and their answers differ in the timestamps only.
    prefix = server.prefixes.get(data[:3:2]) or server.prefix(world, data)
    if prefix is None:
        return _answer(context, server, data, received)
    peer = context.peer
    _client, found = server.clients.note(peer[0], peer[1], data, world.journal.real())
    receive = timestamp(received)
    reference = receive - receive % server.reference_age
    wire = prefix + _STAMPS.pack(reference, data[TRANSMIT_AT:], receive, timestamp(clock.now()))
    return (Send(wire), *[ReportFinding(one, data) for one in found]) if found else (Send(wire),)


def make_header(context: Context, request: Request, stamps: Stamps) -> Header:
    """Return the header of the answer to a request."""
    server, asked = server_of(context), request.header
    mode = SYMMETRIC_PASSIVE if asked.mode == SYMMETRIC_ACTIVE else SERVER
    fixed = server.fixed_header(context.world, asked.version, mode, asked.poll)
    return Header(
        leap=fixed.leap,
        version=fixed.version,
        mode=fixed.mode,
        stratum=fixed.stratum,
        poll=fixed.poll,
        precision=fixed.precision,
        root_delay=fixed.root_delay,
        root_dispersion=fixed.root_dispersion,
        reference_id=fixed.reference_id,
        reference=stamps.receive - stamps.receive % server.reference_age,
        origin=asked.transmit,
        receive=stamps.receive,
        transmit=stamps.transmit,
    )


def refusal(request: Request, options: NtpOptions, port: int) -> str:
    """Return the finding for which a packet gets no answer; empty for a request. port: where it comes from."""
    version, mode = request.header.version, request.header.mode
    if not version:
        return "version-0"
    if version > MAX_VERSION:
        return "unknown-version"
    # Version 1 has no modes: a client is who asks from another port than the server's (RFC 1059).
    is_client = mode == CLIENT or (version == MIN_VERSION and not mode and port != WELL_KNOWN)
    # A symmetric peer that is not configured gets no answer; old clients use its mode, and some servers answer.
    if not is_client and not (mode == SYMMETRIC_ACTIVE and options.is_lenient):
        return "mode"
    return ""


def _answer(context: Context, server: Server, data: bytes, received: float) -> Sequence[Effect]:
    """Answer one datagram of any kind. received: the world's time at which it came."""
    try:
        request = parse_request(data)
    except Malformed:
        return (ReportFinding("short-packet", data),)
    options: NtpOptions = context.options
    if (finding := refusal(request, options, context.peer[1])) != "":
        return (ReportFinding(finding, data[:SHOWN]),)
    if request.rest:
        is_old = request.header.version < VERSION_OF_FIELDS
        request.found.append("fields-in-old-version" if is_old else "trailing-octets")
        if not options.is_lenient:  # RFC 5905 A.5.1: a format error
            return _findings(request)
    return _answer_request(context, server, request, received)


def _answer_request(context: Context, server: Server, request: Request, received: float) -> Sequence[Effect]:
    world, peer = context.world, context.peer
    real = world.journal.real()
    client, found = server.clients.note(peer[0], peer[1], request.raw, real)
    request.found.extend(found)
    spoiling = None
    if world.faults.possible:
        from homeport.services.ntp.spoiling import spoiling_of  # most farms have no faults

        spoiling = spoiling_of(context, request, server)
    header = make_header(context, request, Stamps(timestamp(received), timestamp(world.clock.now())))
    if code := server.kiss(peer[0], client):
        from homeport.services.ntp.spoiling import kiss_header

        header = kiss_header(header, code)
    if spoiling is None:
        wire = _finish(context, server, request, header)
        sent: Sequence[Effect] = () if wire is None else (Send(wire),)
    else:
        header = spoiling.spoil_header(header)
        wire = _finish(context, server, request, header)
        wire = None if wire is None else spoiling.spoil(wire)
        sent = () if wire is None else under_faults(spoiling.faults, (Send(wire),))
        sent = (*spoiling.effects, *sent)
    if wire is not None:
        if header.stratum == KISS:
            client.kissed(header.reference_id.decode("ascii", "replace"), real)
        if world.faults.planned:
            server.remember(peer[0], wire)
    return (*sent, *request.acted, *_findings(request)) if request.found or request.acted else sent


def _finish(context: Context, server: Server, request: Request, header: Header) -> bytes | None:
    """Return the whole answer, authenticated as the request is; None for no answer."""
    if request.has_nts:
        from homeport.services.ntp import nts

        return nts.protect(context, request, header)
    wire = header.serialize()
    if not request.mac:
        return wire
    key = server.keys.get(request.key_id)
    if key is not None and key.matches(request.signed, request.mac):
        return wire + key.mac(wire)
    request.found.append("unknown-key" if key is None else "bad-mac")
    return wire + CRYPTO_NAK


def _findings(request: Request) -> list[Effect]:
    return [ReportFinding(one, request.raw[:SHOWN]) for one in request.found]
