"""A connection of the key exchange: one request, one response, then the server closes (RFC 8915 4)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.effects import (
    CLOSE,
    CancelTimer,
    Close,
    Effect,
    Log,
    LogFault,
    ReportFinding,
    Send,
    SetTimer,
    under_faults,
)
from homeport.protocol.events import Data, Eof, Event, LimitReached, Opened, Stopping, TimerFired, Tls
from homeport.protocol.fault_names import find_fault_name
from homeport.protocol.faults import OF_COMMANDS, WORDS, Do, FrameFault
from homeport.protocol.session import Context, Session, is_broken
from homeport.services.ntp.nts.algorithms import ALGORITHMS
from homeport.services.ntp.nts.cookies import keys_of
from homeport.services.ntp.nts.negotiation import Agreement, Offer, Refused, agree, derive, read_offer, response_to
from homeport.services.ntp.nts.planned import EXCHANGE, OF_ANSWERS, OF_EXCHANGES
from homeport.services.ntp.nts.records import (
    BAD_REQUEST,
    END,
    ERROR,
    ERRORS,
    INTERNAL_ERROR,
    Record,
    RecordBuffer,
    numbers_of,
)
from homeport.services.ntp.nts.response_faults import ALTER
from homeport.services.ntp.nts.rules import NO_ALPN, RULES
from homeport.services.ntp.nts.server_name import named_server
from homeport.world.journal import printable

if TYPE_CHECKING:
    from homeport.world.faults import Fault

PROTOCOL = "ntske/1"
MAX_REQUEST_BYTES = 16 << 10
SHOWN = 64
LEVELS = {rule.id: rule.level for rule in RULES}
FIRST_RECORD = "first"
"""The timer of a request that has begun."""


class KeyExchange(Session):
    """One connection."""

    __slots__ = ("_answered", "_buffer", "_findings", "_muted", "_received", "_records", "_tls")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._buffer = RecordBuffer()
        self._records: list[Record] = []
        self._received = 0
        self._tls: Tls | None = None
        self._answered = False
        self._muted = False  # later input is not reported
        self._findings: list[str] = []

    @property
    def turn_bytes(self) -> int:
        return MAX_REQUEST_BYTES

    @property
    def awaits_rest(self) -> bool:
        return not self._answered and self._received > 0

    def handle(self, event: Event) -> Sequence[Effect]:
        kind = type(event)
        if kind is Data:
            return self._take(event.data)  # type: ignore[attr-defined]  # narrowed by kind: isinstance costs
        if kind is Opened:
            self._tls = event.tls  # type: ignore[attr-defined]
            return ()
        if kind is Eof:
            return CLOSE if self._answered or not self._received else self._refuse(BAD_REQUEST, "nts-no-end")
        if kind is TimerFired:
            return () if self._answered else self._refuse(BAD_REQUEST, "nts-no-end")
        if kind in (LimitReached, Stopping):
            return CLOSE
        if is_broken(event) and not self._answered and self._received:
            return (ReportFinding("nts-early-close"),)
        return ()

    def _take(self, data: bytes) -> Sequence[Effect]:
        if self._answered:
            return self._after_end(data)
        effects: list[Effect] = []
        if not self._received and self.context.line_timeout_s:
            effects.append(SetTimer(FIRST_RECORD, self.context.line_timeout_s))
        self._received += len(data)
        if self._received > MAX_REQUEST_BYTES:
            self._muted = True
            return [*effects, *self._refuse(BAD_REQUEST, "nts-too-long")]
        self._buffer.feed(data)
        while (record := self._buffer.next()) is not None:
            self._records.append(record)
            if record.type == END:
                effects += self._answer()
                if len(self._buffer):
                    effects += self._after_end(self._buffer.held)
                break
        return effects

    def _after_end(self, data: bytes) -> Sequence[Effect]:
        if self._muted:
            return ()
        self._muted = True
        return (ReportFinding("nts-after-end", data[:SHOWN]),)

    def _answer(self) -> list[Effect]:
        """Answer the request."""
        found: list[str] = [] if self._tls is not None and self._tls.protocol == PROTOCOL else [NO_ALPN.id]
        try:
            offer = read_offer(self._records, found)
            agreement = agree(offer, self.context.options, found)
        except Refused as refused:
            return [*map(ReportFinding, found), *self._refuse(refused.code, refused.finding)]
        findings = [ReportFinding(one) for one in found]
        if self.context.options.is_strict and any(LEVELS[one] == "must" for one in found):
            return [*findings, *self._error(BAD_REQUEST)]
        return [*findings, *self._respond(offer, agreement)]

    def _respond(self, offer: Offer, agreement: Agreement) -> list[Effect]:
        words, faults, mark = self._asked_for(offer)
        cookies: list[bytes] = []
        if agreement.algorithm:
            if self._tls is None or self._tls.export is None:
                return self._error(INTERNAL_ERROR)
            keys = derive(self._tls.export, agreement.algorithm, mark)
            sealer, options = keys_of(self.context), self.context.options
            now = self.context.world.journal.real()
            cookies = [sealer.seal(keys, now, options.nts_key_life) for _ in range(options.nts_cookies)]
        server, port = named_server(self.context, offer.server)
        records = response_to(agreement, cookies, server, port)
        code = ALGORITHMS[agreement.algorithm].name if agreement.algorithm else "nothing in common"
        return self._send(records, code, words, faults)

    def _refuse(self, code: int, finding: str) -> list[Effect]:
        return [ReportFinding(finding, self._buffer.held[:SHOWN]), *self._error(code)]

    def _error(self, code: int) -> list[Effect]:
        return self._send([Record(ERROR, numbers_of((code,)))], ERRORS[code])

    def _send(
        self,
        records: list[Record],
        code: str,
        words: "Sequence[tuple[Fault, FrameFault]]" = (),
        faults: "Sequence[Fault]" = (),
    ) -> list[Effect]:
        """Send a response and close. words: planned defects. faults: of the network, on this response."""
        effects: list[Effect] = [Log("command", {"verb": EXCHANGE, "argument": self._name, "code": code})]
        end = [Record(END)]
        for fault, word in words:
            if word == "no-end":
                end = []
            else:
                records = ALTER[word](records)
            effects.append(LogFault(fault, f"answered with {WORDS[word]}", code))
        self._answered = True
        self._tls = None
        self._records.clear()
        wire = b"".join(record.serialize() for record in (*records, *end))
        return [CancelTimer(FIRST_RECORD), *effects, *under_faults(faults, (Send(wire), Close()))]

    @property
    def _name(self) -> str:
        """The server name of the handshake, by which faults match; empty for none."""
        return "" if self._tls is None else printable(self._tls.server_name.encode())

    def _asked_for(self, offer: Offer) -> "tuple[list[tuple[Fault, FrameFault]], list[Fault], int]":
        """Return the planned defects of the response, the faults of the network, and the mark of its cookies."""
        world = self.context.world
        found = list(world.faults.at_command(self.context, EXCHANGE, self._name, later=OF_COMMANDS))
        mark = 0
        do = find_fault_name((self._name, offer.server)) if world.faults.by_client else None
        if do is not None and (mark := mark_of(do)) == 0:
            found += world.faults.asked_for(self.context, do)
        words: list[tuple[Fault, FrameFault]] = []
        network: list[Fault] = []
        for fault in found:
            word = fault.plan.do.frame
            if word is msgspec.UNSET:
                if fault.plan.do.kind not in OF_COMMANDS:
                    network.append(fault)
            elif (word in ALTER or word == "no-end") and fault.take():
                words.append((fault, word))
        return words, network, mark


def mark_of(do: Do) -> int:
    """Return the mark of cookies that ask for a defect of answers; 0 if it is none."""
    return OF_ANSWERS.index(do.frame) + 1 if do.frame in OF_ANSWERS and do.frame not in OF_EXCHANGES else 0
