"""NOTIFY to the secondaries of the option `secondaries`, after each change of a zone (RFC 1996)."""

import struct
from typing import TYPE_CHECKING

from homeport.protocol.asking import Ask
from homeport.services.dns.exchange import rcode_text
from homeport.services.dns.message import AA, HEADER, HEADER_BYTES, NOTIFY, OPCODE_AT, OPCODE_MASK, QR, RCODE_MASK
from homeport.services.dns.secondaries import Secondary, known_secondaries
from homeport.services.dns.tsig import known_keys, sign_request
from homeport.services.dns.writer import IN, MAX_MESSAGE_BYTES, Writer
from homeport.world.journal import Source
from homeport.world.zones.name import Name, name_text, name_wire
from homeport.world.zones.rrset import SOA
from homeport.world.zones.zone import Zone, soa_of

if TYPE_CHECKING:
    from homeport.services.dns.options import DnsOptions
    from homeport.world.world import World

MAX_RUNNING = 32
"""NOTIFY requests that wait for their answers at a time; others wait for their turn."""
MAX_WAITING = 10_000
IDS = 1 << 16
SOURCE = Source("dns", "udp")
Target = tuple[Name, Secondary]


class Notifier:
    """Notifies the secondaries of one world. Changes while a NOTIFY waits for its answer are in the next one.

    ask: sends a request over UDP.
    """

    def __init__(self, world: "World", ask: Ask) -> None:
        self._world = world
        self._ask = ask
        self._waiting: dict[Target, None] = {}
        self._running: set[Target] = set()
        self._id = 0

    def changed(self, origin: Name) -> None:
        """Note that a zone has changed."""
        for secondary in known_secondaries(tuple(self._options.secondaries)):
            if len(self._waiting) < MAX_WAITING:
                self._waiting[origin, secondary] = None
        self._notify_next()

    @property
    def _options(self) -> "DnsOptions":
        options: DnsOptions = self._world.options["dns"]
        return options

    def _notify_next(self) -> None:
        """Send what waits, as far as the limit allows; a secondary has one NOTIFY at a time for each zone."""
        for target in list(self._waiting):
            if len(self._running) >= MAX_RUNNING:
                return
            if target not in self._running:
                del self._waiting[target]
                self._notify(target)

    def _notify(self, target: Target) -> None:
        origin, secondary = target
        zone = self._world.zones.find(origin)
        if zone is None or zone.origin != origin:  # it was removed: there is nothing to transfer
            return
        self._running.add(target)
        self._id = (self._id + 1) % IDS
        number, serial = self._id, zone.serial
        request = _request(number, zone)
        if secondary.key_name is not None:
            keys = known_keys(tuple(self._options.keys))
            key = next((one for one in keys if one.name == secondary.key_name), None)
            if key is not None:
                request = sign_request(key, request, self._world.zones.signed_at)

        def is_answer(data: bytes) -> bool:
            if len(data) < HEADER_BYTES:
                return False
            answered, flags, *_ = HEADER.unpack_from(data)
            return answered == number and bool(flags & QR) and flags >> OPCODE_AT & OPCODE_MASK == NOTIFY

        def done(answer: bytes | None, attempts: int) -> None:
            self._running.discard(target)
            outcome = "no answer" if answer is None else rcode_text(struct.unpack_from("!H", answer, 2)[0] & RCODE_MASK)
            fields = {
                "direction": "out",
                "zone": name_text(origin),
                "qtype": "SOA",
                "serial": serial,
                "to": secondary.text,
                "outcome": outcome,
                "attempts": attempts,
                "transport": "udp",
            }
            self._world.journal.log(SOURCE, "notify", fields)
            self._notify_next()

        self._ask(secondary.address, request, is_answer, done)


def _request(number: int, zone: Zone) -> bytes:
    """Return a NOTIFY with the SOA of the zone (RFC 1996 3.7)."""
    question = name_wire(zone.origin) + struct.pack("!HH", SOA, IN)
    writer = Writer(question, zone.origin, MAX_MESSAGE_BYTES)
    writer.add(1, zone.origin, soa_of(zone))
    return writer.finish(number, NOTIFY << OPCODE_AT | AA)
