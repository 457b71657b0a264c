"""Packets as text, for transcripts: opcode, block, options."""

from homeport.services.tftp.packets import (
    ACK,
    DATA,
    ERROR,
    HEADER_BYTES,
    OACK,
    RRQ,
    WRQ,
    block_of,
    error_text,
    opcode_of,
)
from homeport.world.journal import printable

SHOWN_BYTES = 48
"""Bytes of a block that are shown."""


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return a packet as text. It is one datagram, so nothing remains."""
    return [text_of(payload)], b""


def text_of(packet: bytes) -> str:
    """Return a packet as one line."""
    opcode = opcode_of(packet)
    if opcode in (RRQ, WRQ):
        return f"{'RRQ' if opcode == RRQ else 'WRQ'} {_fields(packet)}"
    if opcode == OACK:
        return f"OACK {_fields(packet)}"
    if opcode == DATA and len(packet) >= HEADER_BYTES:
        content = packet[HEADER_BYTES:]
        shown = printable(content[:SHOWN_BYTES])
        more = "..." if len(content) > SHOWN_BYTES else ""
        return f"DATA block {block_of(packet)}, {len(content)} bytes: {shown}{more}".rstrip(": ")
    if opcode == ACK and len(packet) >= HEADER_BYTES:
        return f"ACK block {block_of(packet)}"
    if opcode == ERROR and len(packet) >= HEADER_BYTES:
        return f"ERROR {error_text(packet).removeprefix('error ')}"
    return f"no packet of TFTP, {len(packet)} bytes: {printable(packet[:SHOWN_BYTES])}"


def _fields(packet: bytes) -> str:
    """Return the strings of a request or an OACK: name and mode, then options with values."""
    fields = [printable(one) for one in packet[2:].removesuffix(b"\0").split(b"\0")]
    first = 0 if opcode_of(packet) == OACK else 2
    pairs = [" ".join(fields[at : at + 2]) for at in range(first, len(fields), 2)]
    return ", ".join([*([" ".join(fields[:first])] if first else []), *pairs])
