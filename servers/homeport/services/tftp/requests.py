"""The port for requests: valid ones begin an exchange, all else gets an ERROR, and an ERROR nothing (RFC 1350 4)."""

from collections.abc import Sequence
from functools import partial

from homeport.protocol.effects import Effect, Log, OpenExchange, ReportFinding, Send
from homeport.protocol.session import Context
from homeport.services.tftp.options import TftpOptions, parse_ports
from homeport.services.tftp.packets import ERROR, ILLEGAL, OACK, OPCODES, RRQ, UNKNOWN_TID, WRQ, error, opcode_of
from homeport.services.tftp.request import BadRequest, parse
from homeport.services.tftp.session import TftpSession


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer a datagram to the port for requests."""
    opcode = opcode_of(data)
    if opcode in (RRQ, WRQ):
        return _request(context, data)
    if opcode == ERROR:
        return ()
    if opcode < 0:
        return (ReportFinding("short-packet", data),)
    if opcode <= OACK and opcode in OPCODES:
        return ReportFinding("no-transfer", data[:16]), Send(error(UNKNOWN_TID))
    return ReportFinding("unknown-opcode", data[:16]), Send(error(ILLEGAL))


def _request(context: Context, data: bytes) -> Sequence[Effect]:
    options: TftpOptions = context.options
    try:
        request = parse(data, lenient=options.is_lenient)
    except BadRequest as bad:
        findings = [ReportFinding(one, data) for one in bad.findings]
        verb = OPCODES[opcode_of(data)]
        refused = Log("command", {"verb": verb, "argument": "", "code": f"ERROR {bad.code}"})
        return *findings, refused, Send(error(bad.code, bad.text))
    first, last = parse_ports(options.transfer_ports)
    return (OpenExchange(partial(TftpSession, request=request), data, first, last),)
