"""Answers under faults: headers with defects, packets with defects, and faults of the network on single answers.

Faults act in the order in which they were planned, each on the result of the one before. One whose defect the answer
cannot have is not a match.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.effects import Effect, LogFault
from homeport.protocol.fault_checks import OF_DATAGRAMS, OF_STREAMS
from homeport.protocol.faults import OF_COMMANDS, WORDS, FrameFault, Offset
from homeport.protocol.session import Context
from homeport.services.ntp.keys import CRYPTO_NAK
from homeport.services.ntp.packet import (
    BROADCAST,
    ERA_SECONDS,
    HEADER_BYTES,
    KISS,
    MASK,
    MAX_STRATUM,
    UNSYNCHRONISED,
    Header,
    Request,
)
from homeport.services.ntp.planned import KISSES, OF_WIRES, VERB, WRONG_SOURCE, argument_of, parse_fault
from homeport.world.faults import Fault

if TYPE_CHECKING:
    from homeport.services.ntp.server import Server

FOREIGN = frozenset((*OF_STREAMS, "answer")) - frozenset(OF_DATAGRAMS)
"""Kinds that do not act on datagrams."""
OLD_VERSION = 2
SECONDS_OF_ERA = (1 << 48) - 1
"""The bits of a timestamp that are below 2**16 s."""
DISTANT_S = 16
MS_PER_S = 1000

replace = msgspec.structs.replace
Alter = Callable[[Header], Header]


def kiss_header(header: Header, code: str) -> Header:
    """Return a header as a kiss-o'-death (RFC 5905 7.4)."""
    return replace(header, leap=UNSYNCHRONISED, stratum=KISS, reference_id=code.encode("ascii"))


def _kiss(code: str) -> Alter:
    return lambda header: kiss_header(header, code)


HEADERS: dict[str, Alter] = {
    **{word: _kiss(code) for word, code in KISSES.items()},
    "unsynchronised": lambda header: replace(header, leap=UNSYNCHRONISED, stratum=MAX_STRATUM),
    "wrong-origin": lambda header: replace(header, origin=(header.origin + ERA_SECONDS) & MASK),
    "zero-transmit": lambda header: replace(header, transmit=0),
    "zero-stamps": lambda header: replace(header, receive=0, transmit=0),
    "old-version": lambda header: replace(header, version=OLD_VERSION),
    "wrong-mode": lambda header: replace(header, mode=BROADCAST),
    "root-distance": lambda header: replace(header, root_delay=DISTANT_S << 16, root_dispersion=DISTANT_S << 16),
    "next-era": lambda header: replace(
        header,
        reference=header.reference & SECONDS_OF_ERA,
        receive=header.receive & SECONDS_OF_ERA,
        transmit=header.transmit & SECONDS_OF_ERA,
    ),
    "leap-insert": lambda header: replace(header, leap=1),
    "leap-delete": lambda header: replace(header, leap=2),
}


def spoiling_of(context: Context, request: Request, server: "Server") -> "Spoiling | None":
    """Return the faults that may act on the answer to a request; None for none."""
    planned = context.world.faults
    faults = planned.at_command(context, VERB, argument_of(request), later=(*OF_COMMANDS, *FOREIGN))
    key = server.keys.get(request.key_id) if request.mac and planned.by_client else None
    if key is not None and key.fault and (do := parse_fault(key.fault)) is not None:
        faults += planned.asked_for(context, do)
    mine = [one for one in faults if one.plan.do.kind not in FOREIGN]
    return Spoiling(context, request, server, mine) if mine else None


class Spoiling:
    """The faults of one answer."""

    __slots__ = ("_context", "_request", "_server", "_waiting", "effects", "faults")

    def __init__(self, context: Context, request: Request, server: "Server", faults: list[Fault]) -> None:
        self._context = context
        self._request = request
        self._server = server
        self._waiting = [one for one in faults if one.plan.do.kind in OF_COMMANDS]
        self.faults = [one for one in faults if one.plan.do.kind not in OF_COMMANDS]
        """Faults of the network on the answer, which the driver applies."""
        self.effects: list[Effect] = []

    def spoil_header(self, header: Header) -> Header:
        """Return a header with its defects."""
        for fault in self._waiting:
            do = fault.plan.do
            if (offset := do.offset) is not msgspec.UNSET:
                if self._acts(fault, f"answered with a time that is {_offset_text(offset)}"):
                    header = self._shifted(fault, offset, header)
            elif (stratum := do.stratum) is not msgspec.UNSET:
                if self._acts(fault, f"answered with stratum {stratum.number}"):
                    header = replace(header, stratum=stratum.number)
            elif (word := do.frame) is not msgspec.UNSET and word in HEADERS:
                header = self._spoil_by_word(fault, word, header)
        return header

    def spoil(self, wire: bytes) -> bytes:
        """Return a finished packet with its defects."""
        for fault in self._waiting:
            word = fault.plan.do.frame
            if word is msgspec.UNSET:
                continue
            if word == WRONG_SOURCE:
                if fault.take():  # the driver journals it
                    self.faults.append(fault)
            elif word in OF_WIRES:
                altered = self._altered(word, wire)
                if altered is not None and self._acts(fault, f"answered with {WORDS[word]}"):
                    wire = altered
        return wire

    def _spoil_by_word(self, fault: Fault, word: FrameFault, header: Header) -> Header:
        # With NTS this kiss has a form of its own: `nts-nak`.
        cannot = (
            header.version == OLD_VERSION if word == "old-version" else word == "kiss-ntsn" and self._request.has_nts
        )
        if cannot:
            return header
        if not self._acts(fault, f"answered with {WORDS[word]}"):
            return header
        return HEADERS[word](header)

    def _altered(self, word: str, wire: bytes) -> bytes | None:
        """Return a packet with a defect; None if it cannot have it."""
        if word == "replay":
            return self._server.earlier.get(self._context.peer[0])
        if word == "crypto-nak":
            return wire[:HEADER_BYTES] + CRYPTO_NAK if self._request.mac else None
        return wire[:-1] + bytes((wire[-1] ^ 1,)) if len(wire) > HEADER_BYTES + len(CRYPTO_NAK) else None

    def _shifted(self, fault: Fault, offset: Offset, header: Header) -> Header:
        """Return a header whose timestamps are ahead by an offset and a drift."""
        seconds = offset.ms / 1000 + offset.ppm / 1e6 * self._server.age_of(
            fault.id, self._context.world.journal.real()
        )
        ahead = round(seconds * ERA_SECONDS)
        return replace(
            header,
            reference=(header.reference + ahead) & MASK,
            receive=(header.receive + ahead) & MASK,
            transmit=(header.transmit + ahead) & MASK,
        )

    def _acts(self, fault: Fault, did: str) -> bool:
        """Count a match of a fault; return True, and journal it, if it acts on this one."""
        if not fault.take():
            return False
        self.effects.append(LogFault(fault, did, f"the answer to a request of {argument_of(self._request)}"))
        return True


def _offset_text(offset: Offset) -> str:
    size = abs(offset.ms)
    time = f"{size:g} ms" if size < MS_PER_S else f"{size / MS_PER_S:.15g} s"
    parts = [f"{time} {'ahead' if offset.ms > 0 else 'behind'}"] if offset.ms else []
    return " and ".join([*parts, *([f"drifts by {offset.ppm:g} ppm"] if offset.ppm else [])])
