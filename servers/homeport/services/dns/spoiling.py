"""Requests under faults: planned response codes, answers with defects, and faults of the network on single answers.

Faults are found by type and name, in the order in which they were planned; each acts on the result of the one before.
A fault whose defect the answer cannot have is not a match: `badcookie` without a cookie, `no-aa` of a referral.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from homeport.protocol.effects import LogFault
from homeport.protocol.fault_checks import OF_DATAGRAMS, OF_STREAMS
from homeport.protocol.faults import OF_COMMANDS, WORDS, Do, FrameFault, Plain, Ttl
from homeport.services.dns import defects
from homeport.services.dns.exchange import OTHER, Exchange, Response
from homeport.services.dns.planned import FRAME_LISTENERS, MAX_PLAIN_RCODE, rcode_of, shown_reply, verb_of
from homeport.world.faults import Fault
from homeport.world.zones.fault_zone import FAULT_ORIGIN
from homeport.world.zones.name import is_below, name_text

if TYPE_CHECKING:
    from homeport.services.dns.edns import EdnsAnswer

NOT_OF_DATAGRAMS = frozenset((*OF_STREAMS, "answer")) - frozenset(OF_DATAGRAMS)
NOT_OF_STREAMS = frozenset((*OF_DATAGRAMS, "answer")) - frozenset(OF_STREAMS)
Dispatch = Callable[[], Response]
Alter = Callable[[bytes], bytes]


def spoiling_of(exchange: Exchange) -> "Spoiling | None":
    """Return the faults that may act on the answer to a request; None for none.

    A name that asks for faults always has some, even if none acts now: its answers are not kept.
    """
    question = exchange.message.question
    if question is None:
        return None
    context, name = exchange.context, name_text(question.name)
    foreign = NOT_OF_DATAGRAMS if exchange.over_udp else NOT_OF_STREAMS
    faults = context.world.faults.at_command(context, verb_of(exchange), name, later=(*OF_COMMANDS, *foreign))
    asks = context.world.faults.by_client and is_below(question.name, FAULT_ORIGIN)
    if asks:
        from homeport.services.dns.client_faults import asked_by_name

        faults += asked_by_name(exchange, question)
    mine = [one for one in faults if one.plan.do.kind not in foreign]
    return Spoiling(exchange, mine) if mine or asks else None


class Spoiling:
    """The faults of one answer."""

    __slots__ = ("_altering", "_exchange", "_waiting", "faults")

    def __init__(self, exchange: Exchange, faults: list[Fault]) -> None:
        self._exchange = exchange
        self._waiting = [one for one in faults if one.plan.do.kind in OF_COMMANDS]
        self._altering: list[Alter] = []
        self.faults = tuple(one for one in faults if one.plan.do.kind not in OF_COMMANDS)
        """Faults of the network on the answer, which the driver applies."""

    def respond(self, checked: Response | None, edns: "EdnsAnswer", dispatch: Dispatch) -> Response:
        """Answer the request. checked: the error for its header and EDNS, if there is one. dispatch: answers it."""
        response = self._replace(edns) or checked or dispatch()
        for fault in self._waiting:
            if (word := fault.plan.do.frame) is not msgspec.UNSET:
                response = self._spoil_frame(fault, word, response, dispatch)
            elif (ttl := fault.plan.do.ttl) is not msgspec.UNSET:
                response = self._set_ttl(fault, ttl, response)
        if response.stream is not None and self._altering:
            response.stream = map(self.spoil, response.stream)
        return response

    def spoil(self, wire: bytes) -> bytes:
        """Return a finished message with its defects."""
        for alter in self._altering if wire else ():  # an empty piece of a stream is a pause
            wire = alter(wire)
        return wire

    def _replace(self, edns: "EdnsAnswer") -> Response | None:
        """Return what faults put in the place of the answer, or None: then the request is carried out."""
        response = None
        for fault in self._waiting:
            do = fault.plan.do
            if do.reply is not msgspec.UNSET:
                rcode = rcode_of(do.reply)
                if rcode > MAX_PLAIN_RCODE and self._exchange.message.edns is None:
                    continue
                if self._acts(fault, f"replied {shown_reply(do.reply)}"):
                    response = response or self._reply(fault)
            elif do.frame is not msgspec.UNSET and (made := self._made(fault, do.frame, edns)) is not None:
                response = made
        return response

    def _reply(self, fault: Fault) -> Response:
        reply = fault.plan.do.reply
        if reply is msgspec.UNSET:
            raise AssertionError("the fault is of another kind")
        rcode = rcode_of(reply)
        if reply.ede is not msgspec.UNSET or reply.text:
            self._exchange.explanations.append((OTHER if reply.ede is msgspec.UNSET else reply.ede, reply.text))
        return Response(rcode, authoritative=rcode in defects.AUTHORITATIVE)

    def _made(self, fault: Fault, word: FrameFault, edns: "EdnsAnswer") -> Response | None:
        """Return the answer that a defect puts in the place of the real one, or None."""
        exchange = self._exchange
        if not self._can_have(word):
            return None
        if word == "tcp-refuse":
            return self._refuse_tcp(fault)
        make = defects.MADE.get(word)
        if make is None or (word == "badcookie" and not edns.has_cookie):
            return None
        if word in defects.OF_EDNS and exchange.message.edns is None:
            return None
        if not self._acts(fault, f"answered with {WORDS[word]}"):
            return None
        if word == "edns-drop":
            self.faults += (_with(fault, Do(drop=Plain()) if exchange.over_udp else Do(hang=Plain())),)
        elif word == "edns-formerr":
            self._altering.append(defects.header_alone)
        return make(exchange)

    def _refuse_tcp(self, fault: Fault) -> Response | None:
        """Send the client to TCP, and reset its connection there: only that is a match."""
        if self._exchange.over_udp:
            if fault.spent or fault.paused:
                return None
            self._log(fault, f"answered with {WORDS['truncated']}")
            return defects.truncated(self._exchange)
        if not fault.take():  # the driver journals it
            return None
        self.faults += (_with(fault, Do(reset=Plain())),)
        return Response()

    def _spoil_frame(self, fault: Fault, word: FrameFault, response: Response, dispatch: Dispatch) -> Response:
        """Apply a defect that the answer has besides what it says."""
        did = f"answered with {WORDS[word]}"
        if not self._can_have(word):
            return response
        if word in defects.ALTERING:
            if self._acts(fault, did):
                self._altering.append(defects.ALTERING[word])
        elif word == "wrong-source":
            if fault.take():  # the driver journals it
                self.faults += (fault,)
        elif word == "no-aa":
            if response.authoritative and response.stream is None and self._acts(fault, did):
                response.authoritative = False
        elif word == "bogus":
            if defects.has_signatures(response) and self._acts(fault, did):
                defects.break_signatures(response)
        elif word == "expired-signature" and defects.has_signatures(response) and self._acts(fault, did):
            return defects.answer_expired(self._exchange, dispatch)
        return response

    def _set_ttl(self, fault: Fault, ttl: Ttl, response: Response) -> Response:
        if defects.has_records(response) and self._acts(fault, f"answered with a TTL of {ttl.seconds} s"):
            defects.set_ttl(response, ttl.seconds)
        return response

    def _can_have(self, word: str) -> bool:
        where = FRAME_LISTENERS.get(word)
        return where is None or self._exchange.context.listener in where

    def _acts(self, fault: Fault, did: str) -> bool:
        """Count a match of a fault; return True, and journal it, if it acts on this one."""
        if not fault.take():
            return False
        self._log(fault, did)
        return True

    def _log(self, fault: Fault, did: str) -> None:
        question = self._exchange.message.question
        name = "" if question is None else name_text(question.name)
        self._exchange.effects.append(LogFault(fault, did, f"the answer to {name} {verb_of(self._exchange)}"))


def _with(fault: Fault, do: Do) -> Fault:
    """Return a fault that acts as another kind, for one answer."""
    return Fault(fault.id, msgspec.structs.replace(fault.plan, do=do), fault.id)
