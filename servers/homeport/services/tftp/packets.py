"""The packets of TFTP (RFC 1350 5, RFC 2347 4): opcode, fields; nothing about what they mean in a transfer."""

import struct
from collections.abc import Iterable

RRQ, WRQ, DATA, ACK, ERROR, OACK = 1, 2, 3, 4, 5, 6
OPCODES = {RRQ: "RRQ", WRQ: "WRQ", DATA: "DATA", ACK: "ACK", ERROR: "ERROR", OACK: "OACK"}
HEADER_BYTES = 4
"""Opcode and block number."""
DEFAULT_BLOCK = 512
"""Bytes of a block unless another size is negotiated (RFC 1350 2)."""

UNDEFINED, NOT_FOUND, ACCESS, DISK_FULL, ILLEGAL, UNKNOWN_TID, EXISTS, NO_USER, OPTION = range(9)
"""Error codes (RFC 1350 appendix, RFC 2347 4)."""
ERRORS = {
    UNDEFINED: "not defined",
    NOT_FOUND: "file not found",
    ACCESS: "access violation",
    DISK_FULL: "disk full or allocation exceeded",
    ILLEGAL: "illegal TFTP operation",
    UNKNOWN_TID: "unknown transfer ID",
    EXISTS: "file already exists",
    NO_USER: "no such user",
    OPTION: "option negotiation refused",
}
MAX_ERROR_TEXT = 120
"""Bytes of the text of an ERROR: it may go to an address that has not asked for anything."""

_pack = struct.Struct("!HH").pack
_number = struct.Struct("!H").unpack_from


def opcode_of(packet: bytes) -> int:
    """Return the opcode; -1 for a packet that is too short to have one."""
    return int(_number(packet)[0]) if len(packet) >= 2 else -1


def block_of(packet: bytes) -> int:
    """Return the block number of DATA or ACK, or the code of ERROR; -1 if it is missing."""
    return int(_number(packet, 2)[0]) if len(packet) >= HEADER_BYTES else -1


def data(block: int, content: bytes) -> bytes:
    """Return a DATA packet. block: as it is on the wire."""
    return _pack(DATA, block) + content


def ack(block: int) -> bytes:
    """Return an ACK packet."""
    return _pack(ACK, block)


def error(code: int, text: str = "") -> bytes:
    """Return an ERROR packet. text: for people, in netascii; empty: that of the code."""
    shown = (text or ERRORS.get(code, ERRORS[UNDEFINED])).encode("ascii", "replace")[:MAX_ERROR_TEXT]
    return _pack(ERROR, code) + shown.replace(b"\0", b" ") + b"\0"


def oack(options: Iterable[tuple[str, int]]) -> bytes:
    """Return an OACK packet (RFC 2347 4)."""
    return OACK.to_bytes(2, "big") + b"".join(b"%s\0%d\0" % (name.encode(), value) for name, value in options)


def error_text(packet: bytes) -> str:
    """Return code and text of an ERROR packet for people."""
    text = packet[HEADER_BYTES:].partition(b"\0")[0].decode("latin-1")
    shown = "".join(one if one.isprintable() else "?" for one in text[:MAX_ERROR_TEXT])
    code = block_of(packet)
    return f"error {code}{f' ({shown})' if shown else ''}"
