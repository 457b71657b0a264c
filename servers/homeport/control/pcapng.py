"""A transcript as a capture file for Wireshark and tshark: pcapng, with TCP/IP framing that the talk could have had.

The journal knows what was said, not in which segments, so these are made up: a handshake, data cut at the MSS,
acknowledgements, an end as the connection had it. A talk under TLS appears as its plain text. Octets that the journal
did not keep are a jump in the sequence numbers with a comment at it; readers warn of a segment that was not captured,
and of its acknowledgement. What else the journal knows (findings, faults, ...) stands in comments of packets.

draft-ietf-opsawg-pcapng; RFC 791, RFC 8200, RFC 9293. Every block is little-endian, times are in microseconds.
"""

import struct
from collections.abc import Iterator
from ipaddress import ip_address

import msgspec

from homeport.control.transcript_text import fact_text
from homeport.version import __version__
from homeport.world.journal import Connection
from homeport.world.transcript import Missing, Octets, Transcript

MEDIA_TYPE = "application/vnd.tcpdump.pcap"

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
BYTE_ORDER = 0x1A2B3C4D
WHOLE_FILE = -1
RAW_IP = 101
"""LINKTYPE_RAW: packets begin with the IP header, of either version."""
END_OF_OPTIONS, COMMENT, APPLICATION, NAME = 0, 1, 4, 2
LONGEST_OPTION = 0xFFFF

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP = 6
HOPS = 64
WINDOW = 0xFFFF
WINDOW_SCALE = 7
MSS = {4: 1460, 6: 1440}
"""What fits an Ethernet frame with plain headers (RFC 6691)."""
UNACKNOWLEDGED = 2
"""Segments that are sent before one is acknowledged (RFC 9293 3.8.6.3)."""
CLIENT, SERVER = 0, 1
BROKEN_BY_PEER = ("broken", "closed by peer")
"""How reasons of a close begin that say that the client reset the connection."""
BROKEN_BY_US = ("reset",)
CLOSED_BY_US = ("refused", "stopped", "closed; ", "fault of the server")
"""How they begin where the server has closed and the client not, as far as is known."""


class Packet(msgspec.Struct):
    """A packet that is to be written."""

    time: float
    octets: bytes
    comments: list[str]


def capture(transcript: Transcript) -> bytes:
    """The file."""
    wire = Wire(transcript.connection)
    wire.open()
    for part in transcript.parts:
        if isinstance(part, Octets):
            wire.say(CLIENT if part.direction == "in" else SERVER, part.data, part.time)
        elif isinstance(part, Missing):
            wire.miss(CLIENT if part.direction == "in" else SERVER, part.size, part.time, fact_text(part))
        elif part.type not in ("opened", "closed") and (words := fact_text(part)):
            wire.packets[wire.latest].comments.append(words)
    wire.close()
    return b"".join([*file_head(), *map(packet_block, wire.packets)])


class Wire:
    """Makes the packets of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        peer, local = connection.peer, connection.local
        client, server = (ip_address(host.partition("%")[0]) for host in (peer[0], local[0]))
        self._version = client.version
        self._addresses = client.packed, server.packed
        self._ports = peer[1], local[1]
        self._next = [0, 0]
        """The next sequence number of each side, which begin at 0 so that octet 1 has number 1."""
        self._last = connection.opened
        self.packets: list[Packet] = []
        self.latest = 0
        """The packet that a fact which comes now is about."""

    def open(self) -> None:
        """The handshake."""
        options = struct.pack("!BBHBBBB", 2, 4, MSS[self._version], 1, 3, 3, WINDOW_SCALE)
        self._send(CLIENT, SYN, options=options)
        self._send(SERVER, SYN | ACK, options=options)
        self._send(CLIENT, ACK)
        self.latest = len(self.packets) - 1

    def say(self, side: int, data: bytes, time: float) -> None:
        """A side says something, and the other acknowledges it."""
        self._last = max(self._last, time)
        mss = MSS[self._version]
        for number, at in enumerate(range(0, len(data), mss), 1):
            segment = data[at : at + mss]
            last = at + mss >= len(data)
            self._send(side, PSH | ACK if last else ACK, segment)
            self.latest = len(self.packets) - 1
            if last or number % UNACKNOWLEDGED == 0:
                self._send(1 - side, ACK)

    def miss(self, side: int, size: int, time: float, words: str) -> None:
        """A side says something that nobody knows."""
        self._last = max(self._last, time)
        self._next[side] = self._next[side] + size & 0xFFFFFFFF
        self._send(side, ACK)
        self.packets[-1].comments.append(words)
        self.latest = len(self.packets) - 1

    def close(self) -> None:
        """The end, if it has come."""
        connection = self._connection
        if connection.closed is None:
            return
        self._last = max(self._last, connection.closed)
        reason = connection.reason
        begin = len(self.packets)
        if reason.startswith(BROKEN_BY_PEER):
            self._send(CLIENT, RST | ACK)
        elif reason.startswith(BROKEN_BY_US):
            self._send(SERVER, RST | ACK)
        else:
            sides = (SERVER,) if reason.startswith(CLOSED_BY_US) else (CLIENT, SERVER)
            for side in sides:
                self._send(side, FIN | ACK)
            self._send(1 - sides[-1], ACK)
        self.packets[begin].comments.append(f"closed: {reason}")

    def _send(self, side: int, flags: int, data: bytes = b"", options: bytes = b"") -> None:
        header = struct.pack(
            "!HHIIBBHHH",
            self._ports[side],
            self._ports[1 - side],
            self._next[side],
            self._next[1 - side] if flags & ACK else 0,
            5 + len(options) // 4 << 4,
            flags,
            WINDOW,
            0,
            0,
        )
        self.packets.append(Packet(self._last, self._enclose(side, header + options + data), []))
        if size := len(data) + bool(flags & (SYN | FIN)):
            self._next[side] = self._next[side] + size & 0xFFFFFFFF

    def _enclose(self, side: int, segment: bytes) -> bytes:
        """A TCP segment in an IP packet, both with their checksums."""
        addresses = self._addresses[side] + self._addresses[1 - side]
        if self._version == 4:
            pseudo = addresses + struct.pack("!HH", TCP, len(segment))
            # No fragments, hence no identification (RFC 6864).
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, HOPS, TCP, 0) + addresses
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        else:
            pseudo = addresses + struct.pack("!II", len(segment), TCP)
            head = struct.pack("!IHBB", 6 << 28, len(segment), TCP, HOPS) + addresses
        return head + segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(octets) % 2:
        octets += b"\0"
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def file_head() -> Iterator[bytes]:
    """The section's header and the one interface."""
    about = option(APPLICATION, f"Homeport {__version__}") + option(END_OF_OPTIONS)
    yield block(SECTION, struct.pack("<IHHq", BYTE_ORDER, 1, 0, WHOLE_FILE) + about)
    yield block(INTERFACE, struct.pack("<HHI", RAW_IP, 0, 0) + option(NAME, "journal") + option(END_OF_OPTIONS))


def packet_block(packet: Packet) -> bytes:
    """An enhanced packet block."""
    high, low = divmod(round(packet.time * 1_000_000), 1 << 32)
    size = len(packet.octets)
    body = struct.pack("<IIIII", 0, high, low, size, size) + padded(packet.octets)
    if packet.comments:
        body += b"".join(option(COMMENT, words) for words in packet.comments) + option(END_OF_OPTIONS)
    return block(PACKET, body)


def block(kind: int, body: bytes) -> bytes:
    """A block: its type, its length at both ends."""
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def option(code: int, text: str = "") -> bytes:
    """An option of a block."""
    octets = text.encode("utf-8", "replace")[:LONGEST_OPTION]
    return struct.pack("<HH", code, len(octets)) + padded(octets)


def padded(octets: bytes) -> bytes:
    """Octets filled up to a multiple of four."""
    return octets + bytes(-len(octets) % 4)
