"""Messages of the server: sections to octets, with compression, a limit of size, TC, OPT (RFC 1035 4.1.4, RFC 6891).

Owners compress, and names in the data of the types of RFC 1035 only (RFC 3597 4). Record sets are written whole: the
first one that does not fit ends the message with TC, unless it is additional data that no one has to have (RFC 2181 9,
RFC 9471).
"""

import struct
from collections.abc import Iterable, Sequence

from homeport.services.dns.message import HEADER, HEADER_BYTES, OPTION, POINTER, POINTER_MASK, TC
from homeport.world.zones.lookup import Owned
from homeport.world.zones.name import ROOT, Name, read_name
from homeport.world.zones.rrset import OPT, RRset

IN = 1
FIXED = struct.Struct("!HHIH")
POINTER_TO = struct.Struct("!H")
OPT_HEADER = struct.Struct("!BHHBBHH")
MAX_MESSAGE_BYTES = 0xFFFF
"""Size of a message over TCP (RFC 1035 4.2.2)."""
MAX_POINTERS = 8
"""Compression pointers that lead from one to the next in one name: clients follow few, the Go library 10."""
COMPRESSED: dict[int, tuple[int, int]] = {
    **dict.fromkeys((2, 3, 4, 5, 7, 8, 9, 12), (0, 1)),  # NS MD MF CNAME MB MG MR PTR
    **dict.fromkeys((6, 14), (0, 2)),  # SOA MINFO
    15: (2, 1),  # MX
}
"""Data that compress, by type: where the names begin, and their number (RFC 3597 4)."""


class Writer:
    """One message, built from its question on.

    limit: largest size in bytes. reserved: bytes kept free for OPT and TSIG.
    """

    __slots__ = ("_class", "_counts", "_limit", "_names", "_out", "_pointers", "truncated")

    def __init__(self, question: bytes, name: Name, limit: int, reserved: int = 0, class_: int = IN) -> None:
        self._out = bytearray(HEADER_BYTES)
        self._out += question
        self._counts = [1 if question else 0, 0, 0, 0]
        self._limit = limit - reserved
        self._class = class_
        self._names: dict[Name, int] = {}
        self._pointers: dict[int, int] = {}
        """The number of pointers that follow from an octet of the message, if it is not zero."""
        self.truncated = False
        if question:
            at = HEADER_BYTES
            for size in range(len(name)):
                self._names[name[size:]] = at
                at += len(name[size]) + 1

    def __len__(self) -> int:
        """Size so far in bytes."""
        return len(self._out)

    def add(self, section: int, owner: Name, rrset: RRset) -> bool:
        """Add a record set to a section (1 answer, 2 authority, 3 additional). Return False if it does not fit."""
        out, begun, count = self._out, len(self._out), self._counts[section]
        added: list[Name] = []
        layout = COMPRESSED.get(rrset.type)
        for data in rrset.data:
            self._name(owner, added)
            out += FIXED.pack(rrset.type, self._class, rrset.ttl, len(data))
            if layout is None:
                out += data
            else:
                self._compress(data, layout, added)
            count += 1
            if len(out) > self._limit:
                del out[begun:]
                for name in added:
                    self._pointers.pop(self._names.pop(name), None)
                return False
        self._counts[section] = count
        return True

    def add_all(self, section: int, owned: Iterable[Owned], *, required: bool = True) -> bool:
        """Add record sets in order, up to the first that does not fit, which sets TC if it is required.

        Additional data that are not required are left out one by one. Returns: False if required ones are missing.
        """
        for one in owned:
            if not self.add(section, one.owner, one.rrset) and required:
                self.truncated = True
                return False
        return True

    def finish(self, number: int, flags: int, opt: bytes = b"") -> bytes:
        """Return the message. opt: the OPT record, from `opt_record`."""
        if opt:
            self._out += opt
            self._counts[3] += 1
        if self.truncated:
            flags |= TC
        HEADER.pack_into(self._out, 0, number, flags, *self._counts)
        return bytes(self._out)

    def _name(self, name: Name, added: list[Name]) -> None:
        """Write a name, its longest known suffix as a pointer."""
        out, names, pointers = self._out, self._names, self._pointers
        begun = len(added)
        for at in range(len(name)):
            suffix = name[at:]
            known = names.get(suffix)
            if known is not None and (number := pointers.get(known, 0) + 1) <= MAX_POINTERS:
                out += POINTER_TO.pack(POINTER << 8 | known)
                for one in added[begun:]:
                    pointers[names[one]] = number
                return
            if known is None and len(out) <= POINTER_MASK:
                names[suffix] = len(out)
                added.append(suffix)
            label = name[at]
            out.append(len(label))
            out += label
        out.append(0)

    def _compress(self, data: bytes, layout: tuple[int, int], added: list[Name]) -> None:
        """Write record data with compressed names, and correct their size."""
        out = self._out
        at, number = layout
        begun = len(out)
        out += data[:at]
        for _ in range(number):
            name, at = read_name(data, at)
            self._name(name, added)
        out += data[at:]
        POINTER_TO.pack_into(out, begun - 2, len(out) - begun)


def opt_record(size: int, rcode: int, flags: int, options: Sequence[tuple[int, bytes]]) -> bytes:
    """Return the OPT record of an answer (RFC 6891 6.1.3). size: of messages that the server takes over UDP."""
    data = b"".join(OPTION.pack(code, len(content)) + content for code, content in options)
    return OPT_HEADER.pack(len(ROOT), OPT, size, rcode >> 4, 0, flags, len(data)) + data
