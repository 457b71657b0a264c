"""A transcript as a capture file for Wireshark and tshark: pcapng, with plausible TCP/IP or UDP/IP framing.

The journal has the data, not the segments, so these are invented: a handshake, data cut at the MSS, acknowledgements,
and the end that the connection had. TLS connections appear in plain text. Bytes that the journal did not keep are a gap
in the sequence numbers with a comment; readers warn of a segment that was not captured, and of its acknowledgement.
Other events (findings, faults, ...) are comments of packets. Datagrams of an exchange are as they were, without what
the journal did not keep of them; the request is shown as sent to the exchange's own port.

draft-ietf-opsawg-pcapng; RFC 791, RFC 8200, RFC 9293. Every block is little-endian, times are in microseconds.
"""

import struct
from collections.abc import Iterator
from ipaddress import ip_address

import msgspec

from homeport.control.transcript_text import fact_text
from homeport.version import __version__
from homeport.world.journal import Connection
from homeport.world.transcript import Chunk, Gap, Transcript

MEDIA_TYPE = "application/vnd.tcpdump.pcap"

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
BYTE_ORDER = 0x1A2B3C4D
WHOLE_FILE = -1
RAW_IP = 101
"""LINKTYPE_RAW: packets begin with the IP header, of either version."""
END_OF_OPTIONS, COMMENT, APPLICATION, NAME = 0, 1, 4, 2
MAX_OPTION_BYTES = 0xFFFF

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP = 6
UDP = 17
CHECKSUM_AT = {TCP: 16, UDP: 6}
"""Offset of the checksum in the header of a segment or datagram."""
HOPS = 64
WINDOW = 0xFFFF
WINDOW_SCALE = 7
MSS = {4: 1460, 6: 1440}
"""Maximum segment size by IP version: an Ethernet frame without IP and TCP options (RFC 6691)."""
UNACKNOWLEDGED = 2
"""Number of segments that one acknowledgement covers (RFC 9293 3.8.6.3)."""
CLIENT, SERVER = 0, 1
MAX_PARTS = 24
"""Parts of a transcript that are read in one step."""
MAX_CHUNK_BYTES = 16 << 10
"""Bytes whose segments are made together."""
BROKEN_BY_PEER = ("broken", "closed by peer")
"""Prefixes of close reasons which say that the client reset the connection."""
BROKEN_BY_US = ("reset",)
CLOSED_BY_US = ("refused", "stopped", "closed; ", "internal error")
"""Prefixes of close reasons which say that the server closed and the client is not known to have closed."""


class Packet(msgspec.Struct):
    """A packet to write."""

    time: float
    data: bytes
    comments: list[str]


def serialize_capture(transcript: Transcript) -> bytes:
    """Return the capture file."""
    return b"".join(capture_pieces(transcript))


def capture_pieces(transcript: Transcript) -> Iterator[bytes]:
    """Yield the capture file in pieces of some packets."""
    if transcript.connection is None:
        return
    yield b"".join(file_head())
    wire = (DatagramWire if transcript.connection.exchange else Wire)(transcript.connection)
    wire.open()
    for number, part in enumerate(transcript.parts()):
        if number % MAX_PARTS == 0:
            yield b""
        if isinstance(part, Chunk):
            side = CLIENT if part.direction == "in" else SERVER
            size = len(part.data) if transcript.connection.exchange else MAX_CHUNK_BYTES
            for at in range(0, len(part.data), size or 1):
                wire.add_data(side, part.data[at : at + size], part.time)
                yield wire.take()
        elif isinstance(part, Gap):
            wire.add_gap(CLIENT if part.direction == "in" else SERVER, part.size, part.time, fact_text(part))
        elif part.type not in ("opened", "closed") and (text := fact_text(part)):
            wire.comment(text)
    wire.close()
    yield wire.take(everything=True)


class Wire:
    """Builds the packets of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        peer, local = connection.peer, connection.local
        client, server = (ip_address(host.partition("%")[0]) for host in (peer[0], local[0]))
        self._version = client.version
        self._addresses = client.packed, server.packed
        self._ports = peer[1], local[1]
        self._next = [0, 0]
        """Next sequence number of each side. They start at 0, so that the first byte has number 1."""
        self._last = connection.opened
        self.packets: list[Packet] = []
        self.latest = 0
        """Index of the packet that the next comment belongs to."""

    def take(self, *, everything: bool = False) -> bytes:
        """Serialize the packets that get no further comments, and remove them."""
        done = len(self.packets) if everything else self.latest
        taken, self.packets = self.packets[:done], self.packets[done:]
        self.latest = 0
        return b"".join(map(packet_block, taken))

    def comment(self, words: str) -> None:
        """Add a comment to the newest packet that has data, if there is one."""
        if self.packets:
            self.packets[self.latest].comments.append(words)

    def open(self) -> None:
        """Add the handshake."""
        options = struct.pack("!BBHBBBB", 2, 4, MSS[self._version], 1, 3, 3, WINDOW_SCALE)
        self._send(CLIENT, SYN, options=options)
        self._send(SERVER, SYN | ACK, options=options)
        self._send(CLIENT, ACK)
        self.latest = len(self.packets) - 1

    def add_data(self, side: int, data: bytes, time: float) -> None:
        """Add the segments of data that a side sent, and their acknowledgements."""
        self._last = max(self._last, time)
        mss = MSS[self._version]
        for number, at in enumerate(range(0, len(data), mss), 1):
            segment = data[at : at + mss]
            last = at + mss >= len(data)
            self._send(side, PSH | ACK if last else ACK, segment)
            self.latest = len(self.packets) - 1
            if last or number % UNACKNOWLEDGED == 0:
                self._send(1 - side, ACK)

    def add_gap(self, side: int, size: int, time: float, words: str) -> None:
        """Add a gap: a side sent `size` bytes that the journal did not keep."""
        self._last = max(self._last, time)
        self._next[side] = self._next[side] + size & 0xFFFFFFFF
        self._send(side, ACK)
        self.packets[-1].comments.append(words)
        self.latest = len(self.packets) - 1

    def close(self) -> None:
        """Add the end of the connection, if it is closed."""
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
        self.packets.append(Packet(self._last, self.enclose(side, header + options + data, TCP), []))
        if size := len(data) + bool(flags & (SYN | FIN)):
            self._next[side] = self._next[side] + size & 0xFFFFFFFF

    def enclose(self, side: int, segment: bytes, protocol: int) -> bytes:
        """Return a TCP segment or a UDP datagram in an IP packet, both with their checksums."""
        addresses = self._addresses[side] + self._addresses[1 - side]
        if self._version == 4:
            pseudo = addresses + struct.pack("!HH", protocol, len(segment))
            # The identification is 0, because the packet is not fragmented (RFC 6864).
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, HOPS, protocol, 0) + addresses
            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        else:
            pseudo = addresses + struct.pack("!II", len(segment), TCP)
            head = struct.pack("!IHBB", 6 << 28, len(segment), protocol, HOPS) + addresses
        at = CHECKSUM_AT[protocol]
        return head + segment[:at] + struct.pack("!H", checksum(pseudo + segment)) + segment[at + 2 :]


class DatagramWire(Wire):
    """Builds the packets of one exchange: a chunk of its transcript is a datagram."""

    def open(self) -> None:
        """Add nothing: there is no handshake."""

    def take(self, *, everything: bool = False) -> bytes:
        """Serialize the packets that get no further comments, and remove them."""
        return super().take(everything=everything) if self.packets else b""

    def add_data(self, side: int, data: bytes, time: float) -> None:
        """Add a datagram that a side sent."""
        self._last = max(self._last, time)
        ports = self._ports[side], self._ports[1 - side]
        datagram = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
        self.packets.append(Packet(self._last, self.enclose(side, datagram, UDP), []))
        self.latest = len(self.packets) - 1

    def add_gap(self, _side: int, _size: int, _time: float, words: str) -> None:
        """Add a remark: bytes are missing that a side sent."""
        self.comment(words)

    def close(self) -> None:
        """Add the reason of the end as a remark."""
        if self._connection.closed is not None:
            self.comment(f"closed: {self._connection.reason}")


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def file_head() -> Iterator[bytes]:
    """Yield the section header block and the interface description block."""
    about = option(APPLICATION, f"Homeport {__version__}") + option(END_OF_OPTIONS)
    yield block(SECTION, struct.pack("<IHHq", BYTE_ORDER, 1, 0, WHOLE_FILE) + about)
    yield block(INTERFACE, struct.pack("<HHI", RAW_IP, 0, 0) + option(NAME, "journal") + option(END_OF_OPTIONS))


def packet_block(packet: Packet) -> bytes:
    """Return an enhanced packet block."""
    high, low = divmod(round(packet.time * 1_000_000), 1 << 32)
    size = len(packet.data)
    body = struct.pack("<IIIII", 0, high, low, size, size) + padded(packet.data)
    if packet.comments:
        body += b"".join(option(COMMENT, words) for words in packet.comments) + option(END_OF_OPTIONS)
    return block(PACKET, body)


def block(kind: int, body: bytes) -> bytes:
    """Return a block: type, length, body, length again."""
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def option(code: int, text: str = "") -> bytes:
    """Return an option of a block, cut to its maximum length."""
    value = text.encode("utf-8", "replace")[:MAX_OPTION_BYTES]
    return struct.pack("<HH", code, len(value)) + padded(value)


def padded(data: bytes) -> bytes:
    """Return the data padded with zeros to a multiple of four bytes."""
    return data + bytes(-len(data) % 4)
