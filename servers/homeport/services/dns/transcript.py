"""Messages as text, as dig prints them, for transcripts of connections."""

import struct
from binascii import b2a_base64
from collections.abc import Callable
from ipaddress import ip_address

from homeport.services.dns.exchange import rcode_text
from homeport.services.dns.framing import HEADER
from homeport.services.dns.message import DO, QR, RCODE_MASK, Edns, Malformed, Message, Record, parse
from homeport.world.clock import to_moment
from homeport.world.zones.name import name_text, read_name
from homeport.world.zones.rrset import TYPES, type_text

OPCODES = {0: "QUERY", 4: "NOTIFY", 5: "UPDATE"}
FLAGS = {"qr": 0x8000, "aa": 0x0400, "tc": 0x0200, "rd": 0x0100, "ra": 0x0080, "z": 0x0040, "ad": 0x0020, "cd": 0x0010}
CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}
OPTIONS = {3: "NSID", 8: "SUBNET", 10: "COOKIE", 11: "KEEPALIVE", 12: "PADDING", 15: "EDE"}
OF_QUERIES = ("question", "answer", "authority", "additional")
OF_UPDATES = ("zone", "prerequisites", "updates", "additional")
UPDATE = 5
EXTENDED_ERROR, PADDING = 15, 12
RRSIG_FIXED = struct.Struct("!HBBIIIH")
MAX_RECORDS = 100
"""Records of a message that are shown."""
QUOTED = {ord('"'): '\\"', ord("\\"): "\\\\"}


def transcribe(payload: bytes) -> tuple[list[str], bytes]:
    """Return the messages at the beginning of one side's bytes as text, and the remaining bytes."""
    texts, at = [], 0
    while len(payload) - at >= HEADER:
        end = at + HEADER + int.from_bytes(payload[at : at + HEADER])
        if end > len(payload):
            break
        try:
            message = parse(payload[at + HEADER : end])
        except Malformed:
            break
        texts.append(message_text(message))
        at = end
    return texts, payload[at:]


def message_text(message: Message) -> str:
    """Return a message as lines."""
    opcode = message.opcode
    rcode = message.flags & RCODE_MASK
    what = OPCODES.get(opcode) or f"OPCODE{opcode}"
    if message.flags & QR:
        what += f" {rcode_text(rcode | (message.edns.rcode << 4 if message.edns else 0))}"
    flags = " ".join(name for name, bit in FLAGS.items() if message.flags & bit)
    lines = [f";; {what}, id {message.id}" + (f", flags: {flags}" if flags else "")]
    if message.edns is not None:
        lines.append(_edns_text(message.edns))
    names = OF_UPDATES if opcode == UPDATE else OF_QUERIES
    if (question := message.question) is not None:
        lines.append(f";{name_text(question.name)} {_class_text(question.class_)} {type_text(question.type)}")
    for name, records in zip(names[1:], (message.answers, message.authority, message.additional), strict=True):
        if records:
            lines.append(f";; {name}: {len(records)}")
            lines += [record_text(one) for one in records[:MAX_RECORDS]]
    return "\n".join(lines)


def _edns_text(edns: Edns) -> str:
    parts = [f"version {edns.version}", *(["do"] if edns.flags & DO else []), f"{edns.size} octets"]
    for code, data in edns.options:
        name = OPTIONS.get(code) or f"option {code}"
        if code == EXTENDED_ERROR and len(data) >= HEADER:
            shown = f"{int.from_bytes(data[:HEADER])} {_text(data[HEADER:])}".rstrip()
        else:
            shown = f"{len(data)} octets" if code == PADDING else data.hex()
        parts.append(f"{name} {shown}".rstrip())
    return f";; EDNS: {', '.join(parts)}"


def _class_text(number: int) -> str:
    return CLASSES.get(number) or f"CLASS{number}"


def record_text(record: Record) -> str:
    """Return a record as one line."""
    return " ".join(
        (name_text(record.name), str(record.ttl), _class_text(record.class_), type_text(record.type), _data(record))
    ).rstrip()


def _data(record: Record) -> str:
    """Return record data as text; of types that are not read here as RFC 3597 has them."""
    show = SHOWN.get(record.type)
    if not record.data:
        return ""
    try:
        if show is not None:
            return show(record.data)
    except (ValueError, IndexError, struct.error):
        pass
    return f"\\# {len(record.data)} {record.data.hex()}"


def _address(data: bytes) -> str:
    return str(ip_address(data))


def _names(*sizes: int) -> Callable[[bytes], str]:
    """Return a function that shows numbers of these sizes, then a name."""

    def show(data: bytes) -> str:
        parts, at = [], 0
        for size in sizes:
            parts.append(str(int.from_bytes(data[at : at + size])))
            at += size
        return " ".join((*parts, name_text(read_name(data, at)[0])))

    return show


def _soa(data: bytes) -> str:
    server, at = read_name(data)
    mailbox, at = read_name(data, at)
    numbers = [str(int.from_bytes(data[begun : begun + 4])) for begun in range(at, at + 20, 4)]
    return " ".join((name_text(server), name_text(mailbox), *numbers))


def _strings(data: bytes) -> str:
    parts, at = [], 0
    while at < len(data):
        end = at + 1 + data[at]
        parts.append(f'"{_text(data[at + 1 : end])}"')
        at = end
    return " ".join(parts)


def _rrsig(data: bytes) -> str:
    """Show a signature (RFC 4034 3.2)."""
    covered, algorithm, labels, ttl, expiration, inception, tag = RRSIG_FIXED.unpack_from(data)
    signer, at = read_name(data, RRSIG_FIXED.size)
    times = [to_moment(one).strftime("%Y%m%d%H%M%S") for one in (expiration, inception)]
    numbers = [str(one) for one in (algorithm, labels, ttl)]
    return " ".join((type_text(covered), *numbers, *times, str(tag), name_text(signer), _base64(data[at:])))


def _numbers_and(sizes: tuple[int, ...], rest: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """Return a function that shows numbers of these sizes, then the rest."""

    def show(data: bytes) -> str:
        parts, at = [], 0
        for size in sizes:
            parts.append(str(int.from_bytes(data[at : at + size])))
            at += size
        return " ".join((*parts, rest(data[at:])))

    return show


def _base64(data: bytes) -> str:
    return b2a_base64(data, newline=False).decode()


def _hexadecimal(data: bytes) -> str:
    return data.hex().upper()


def _caa(data: bytes) -> str:
    end = 2 + data[1]
    return f'{data[0]} {_text(data[2:end])} "{_text(data[end:])}"'


def _text(data: bytes) -> str:
    return "".join(chr(octet).translate(QUOTED) if 0x20 <= octet < 0x7F else f"\\{octet:03}" for octet in data)


SHOWN: dict[int, Callable[[bytes], str]] = {
    TYPES["A"]: _address,
    TYPES["AAAA"]: _address,
    **dict.fromkeys((TYPES["NS"], TYPES["CNAME"], TYPES["PTR"], TYPES["DNAME"]), _names()),
    TYPES["MX"]: _names(2),
    TYPES["SRV"]: _names(2, 2, 2),
    TYPES["SOA"]: _soa,
    TYPES["TXT"]: _strings,
    TYPES["CAA"]: _caa,
    TYPES["RRSIG"]: _rrsig,
    **dict.fromkeys((TYPES["DS"], TYPES["CDS"]), _numbers_and((2, 1, 1), _hexadecimal)),
    **dict.fromkeys((TYPES["DNSKEY"], TYPES["CDNSKEY"]), _numbers_and((2, 1, 1), _base64)),
    TYPES["TLSA"]: _numbers_and((1, 1, 1), _hexadecimal),
    TYPES["HINFO"]: _strings,
}
"""Functions that show data, by type."""
