"""Messages of clients: octets to header, questions, records and EDNS (RFC 1035 4, RFC 6891), with bounded work.

Names in the data of the types that compress (RFC 1035), and of those that may come compressed (RFC 3597 4), are
expanded and in lower case, the form in which the world keeps them. All other data stay as they are.
"""

import struct

import msgspec

from homeport.world.zones.name import MAX_LABEL_BYTES, MAX_NAME_BYTES, Name, name_wire
from homeport.world.zones.rrset import OPT, TSIG

HEADER = struct.Struct("!HHHHHH")
HEADER_BYTES = HEADER.size
QUESTION = struct.Struct("!HH")
RECORD = struct.Struct("!HHIH")
OPTION = struct.Struct("!HH")
QR, AA, TC, RD, RA, Z, AD, CD = (0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010)
"""Bits of the header's flags (RFC 1035 4.1.1, RFC 4035)."""
OPCODE_AT, OPCODE_MASK, RCODE_MASK = 11, 0xF, 0xF
QUERY, NOTIFY, UPDATE = 0, 4, 5
"""Opcodes."""
DO = 0x8000
"""Bit of the flags of OPT: the client wants signatures (RFC 3225)."""
POINTER = 0xC0
POINTER_MASK = 0x3FFF
ADDITIONAL = 2
"""Position of the additional section among those after the question."""
SHOWN = 64
MAX_STEPS = 1 << 13
"""Labels and pointers that the names of one message may have together: more than any UPDATE needs."""
MAX_RECORDS, MAX_RECORDS_OF_UPDATE = 32, 1000
"""Records of a request: parsing more would take longer than a turn of the reactor may."""
NAMES_IN_DATA: dict[int, tuple[int | str, ...]] = {
    **dict.fromkeys((2, 3, 4, 5, 7, 8, 9, 12, 39), ("name",)),  # NS MD MF CNAME MB MG MR PTR DNAME
    **dict.fromkeys((6, 14, 17), ("name", "name")),  # SOA MINFO RP
    **dict.fromkeys((15, 18, 21, 36), (2, "name")),  # MX AFSDB RT KX
    26: (2, "name", "name"),  # PX
    33: (6, "name"),  # SRV
    35: (4, "string", "string", "string", "name"),  # NAPTR
    24: (18, "name"),  # SIG
    30: ("name",),  # NXT
}
"""Data with names that receivers expand (RFC 3597 4, RFC 4034 6.2), by type: sizes of what stands before them."""


class Malformed(Exception):
    """Raised for octets that are no DNS message. finding: id of the broken rule."""

    def __init__(self, finding: str, reason: str, data: bytes = b"") -> None:
        super().__init__(reason)
        self.finding = finding
        self.reason = reason
        self.data = bytes(data[:SHOWN])


class Question(msgspec.Struct, frozen=True, gc=False):
    """A question, or the zone of an UPDATE."""

    name: Name
    type: int
    class_: int
    wire: bytes
    """The octets as they were asked, in their case, for the answer (draft 0x20; RFC 4343 4.1)."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as it came."""

    name: Name
    type: int
    class_: int
    ttl: int
    data: bytes


class Edns(msgspec.Struct, frozen=True, gc=False):
    """The client's OPT record, taken apart (RFC 6891 6.1)."""

    size: int
    """Largest UDP message in bytes that it takes."""
    version: int = 0
    flags: int = 0
    options: tuple[tuple[int, bytes], ...] = ()
    rcode: int = 0
    """The upper eight bits of the response code; 0 in requests."""

    @property
    def wants_signatures(self) -> bool:
        """True if the bit DO is set (RFC 3225)."""
        return bool(self.flags & DO)

    def option(self, code: int) -> bytes | None:
        """Return the data of the first option of that code; None if there is none."""
        return next((data for number, data in self.options if number == code), None)


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message."""

    id: int
    flags: int
    question: Question | None = None
    answers: tuple[Record, ...] = ()
    """In an UPDATE: the prerequisites."""
    authority: tuple[Record, ...] = ()
    """In an UPDATE: the changes; in an IXFR: the client's SOA."""
    additional: tuple[Record, ...] = ()
    """Without OPT and TSIG."""
    edns: Edns | None = None
    tsig: Record | None = None
    """Always the last record (RFC 8945 5.1)."""
    tsig_at: int = 0
    """Offset of that record."""
    trailing: int = 0
    """Bytes after the message."""

    @property
    def opcode(self) -> int:
        """The kind of request: QUERY, NOTIFY, UPDATE."""
        return self.flags >> OPCODE_AT & OPCODE_MASK

    @property
    def wants_signatures(self) -> bool:
        """True if the client wants signatures and proofs."""
        return self.edns is not None and self.edns.wants_signatures


def parse(data: bytes) -> Message:
    """Parse a message.

    Raises: Malformed. With fewer octets than a header nothing of it can be used; else `HEADER` can be unpacked.
    """
    if len(data) < HEADER_BYTES:
        raise Malformed("short-message", f"a message of {len(data)} octets is shorter than a header", data)
    return _Reader(data).message()


class _Reader:
    """Takes one message apart."""

    __slots__ = ("_at", "_data", "_steps")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = HEADER_BYTES
        self._steps = 0

    def message(self) -> Message:
        number, flags, asked, *counts = HEADER.unpack_from(self._data)
        if asked > 1:
            raise Malformed("question-count", f"the message has {asked} questions: one is allowed")
        most = MAX_RECORDS_OF_UPDATE if flags >> OPCODE_AT & OPCODE_MASK == UPDATE else MAX_RECORDS
        if not flags & QR and sum(counts) > most:
            raise Malformed("too-many-records", f"the request has {sum(counts)} records: at most {most} are taken")
        question = self._question() if asked else None
        sections: list[tuple[Record, ...]] = []
        edns: Edns | None = None
        tsig, tsig_at = None, 0
        for section, count in enumerate(counts):
            records = []
            for left in range(count, 0, -1):
                begun = self._at
                record = self._record()
                if record.type == OPT:
                    if section != ADDITIONAL or record.name:
                        raise Malformed("opt-misplaced", "OPT stands outside the additional section, or has a name")
                    if edns is not None:
                        raise Malformed("opt-twice", "the message has two OPT records")
                    edns = _edns(record)
                elif record.type == TSIG:
                    if section != ADDITIONAL or left > 1:
                        raise Malformed("tsig-misplaced", "TSIG is not the last record")
                    tsig, tsig_at = record, begun
                else:
                    records.append(record)
            sections.append(tuple(records))
        answers, authority, additional = sections
        trailing = len(self._data) - self._at
        return Message(number, flags, question, answers, authority, additional, edns, tsig, tsig_at, trailing)

    def _question(self) -> Question:
        name, wire = self._name()
        end = self._at + QUESTION.size
        if end > len(self._data):
            raise self._cut("a question")
        kind, class_ = QUESTION.unpack_from(self._data, self._at)
        question = Question(name, kind, class_, wire + self._data[self._at : end])
        self._at = end
        return question

    def _record(self) -> Record:
        name, _wire = self._name()
        begun = self._at + RECORD.size
        if begun > len(self._data):
            raise self._cut("a record")
        kind, class_, ttl, size = RECORD.unpack_from(self._data, self._at)
        end = begun + size
        if end > len(self._data):
            raise self._cut(f"a record's {size} octets of data")
        layout = NAMES_IN_DATA.get(kind)
        if layout is None or not size:
            content = self._data[begun:end]
        else:
            self._at = begun
            content = self._expand(end, layout)
        self._at = end
        return Record(name, kind, class_, ttl, content)

    def _expand(self, end: int, layout: tuple[int | str, ...]) -> bytes:
        """Return record data with their names expanded, in lower case."""
        data, begun, pieces = self._data, self._at, []
        for part in layout:
            if part == "name":
                pieces.append(name_wire(self._name()[0]))
            else:
                at = self._at
                self._at += part if isinstance(part, int) else 1 + (data[at] if at < end else 0)
                pieces.append(data[at : self._at])
            if self._at > end:
                raise Malformed("bad-record-data", "a record's data end within one of its fields", data[begun:end])
        return b"".join((*pieces, data[self._at : end]))

    def _name(self) -> tuple[Name, bytes]:
        """Return a name in lower case, and its wire form in the case of the message.

        A pointer leads to octets before those that it belongs to (RFC 1035 4.1.4: "a prior occurrence").
        """
        data, at = self._data, self._at
        labels: list[bytes] = []
        total, after, begun = 1, 0, at
        try:
            while length := data[at]:
                self._steps += 1
                if self._steps > MAX_STEPS:
                    raise Malformed("too-many-labels", f"the names of the message have more than {MAX_STEPS} labels")
                if length >= POINTER:
                    to = (length << 8 | data[at + 1]) & POINTER_MASK
                    after = after or at + 2
                    if not HEADER_BYTES <= to < begun:
                        shown = data[at : at + 2]
                        raise Malformed("bad-pointer", f"the pointer at {at} leads to {to}: not before the name", shown)
                    at = begun = to
                    continue
                if length > MAX_LABEL_BYTES:
                    raise Malformed("reserved-label", f"a label begins with the octet {length}", data[at : at + 2])
                total += length + 1
                if total > MAX_NAME_BYTES:
                    raise Malformed("name-too-long", f"a name has more than {MAX_NAME_BYTES} octets", data[begun:])
                at += 1
                labels.append(data[at : at + length])
                at += length
        except IndexError:
            raise self._cut("a name") from None
        self._at = after or at + 1
        wire = b"".join([bytes((len(label),)) + label for label in labels]) + b"\0"
        return tuple([label.lower() for label in labels]), wire

    def _cut(self, what: str) -> Malformed:
        return Malformed("cut-message", f"the message ends within {what}", self._data[-SHOWN:])


def _edns(record: Record) -> Edns:
    options = []
    data, at = record.data, 0
    while at < len(data):
        if at + OPTION.size > len(data):
            raise Malformed("bad-option", "OPT ends within an option", data)
        code, size = OPTION.unpack_from(data, at)
        at += OPTION.size
        if at + size > len(data):
            raise Malformed("bad-option", f"option {code} has {size} octets, and OPT ends before", data)
        options.append((code, data[at : at + size]))
        at += size
    return Edns(record.class_, record.ttl >> 16 & 0xFF, record.ttl & 0xFFFF, tuple(options), record.ttl >> 24)
