"""DNS over UDP: a request, and at most one answer (RFC 1035 4.2.1)."""

from collections.abc import Sequence

from homeport.protocol.effects import AnswerLater, Effect, Send, SendAfter, under_faults
from homeport.protocol.session import Context
from homeport.services.dns.answering import Answered, respond
from homeport.services.dns.cache import ID_BYTES, Answers
from homeport.services.dns.exchange import FORMERR, NOTIMP
from homeport.services.dns.habits import Habits
from homeport.services.dns.message import HEADER_BYTES, RCODE_MASK, Malformed, parse

TC_AT, TC_BIT, QR_BIT, RCODE_AT = 2, 0x02, 0x80, 3
NO_QUERIES = frozenset((FORMERR, NOTIMP))
"""Response codes of what was no query."""
LOSING = frozenset(("drop", "hang"))
"""Kinds of faults after which a client has no answer."""


def datagram(context: Context, data: bytes) -> Sequence[Effect]:
    """Answer one datagram."""
    world = context.world
    if world.faults.planned:  # each query may be a match: an answer from before would hide it
        return _answer(context, data, None)
    answers = world.of_service("dns.answers", Answers)
    kept = answers.find(data, world.zones.version, context.options)
    if kept is not None:
        wire = data[:ID_BYTES] + kept[0]
        return (Send(wire), *kept[1], *_habits(context, data, wire))
    return _answer(context, data, answers)


def _answer(context: Context, data: bytes, answers: Answers | None) -> Sequence[Effect]:
    """Answer one datagram. answers: those that are kept, with which this one belongs; None for none."""
    if context.world.standstill.is_on and _asks_registry(context, data):
        return (AnswerLater(data),)
    answered = respond(context, "udp", data)
    if answered.pending is not None:
        return _pending(context, data, answered)
    if answered.wire is None:
        return answered.effects
    if answered.cacheable and answers is not None:
        answers.keep(data, answered.wire, answered.effects)
    sent = under_faults(answered.faults, (Send(answered.wire),))
    return (*sent, *answered.effects, *_habits(context, data, b"" if _is_lost(answered) else answered.wire))


def _asks_registry(context: Context, data: bytes) -> bool:
    """Return True if a request is about a name whose answer comes from the registry."""
    try:
        question = parse(data).question
    except Malformed:
        return False
    return question is not None and context.world.zones.follows_registry(question.name)


def _is_lost(answered: Answered) -> bool:
    """Return True if a fault of the network loses the answer."""
    return any(fault.plan.do.kind in LOSING for fault in answered.faults)


def _pending(context: Context, data: bytes, answered: Answered) -> Sequence[Effect]:
    """Return the effects of a request whose answer waits for the disk."""
    pending, lost = answered.pending, _is_lost(answered)
    assert pending is not None  # noqa: S101 - the caller has looked

    def finish(error: Exception | None) -> bytes | None:
        wire = pending.finish(error)
        return None if lost else wire

    later = SendAfter(pending.work, finish)
    return (*answered.effects, later, *_habits(context, data, b"" if lost else bytes(HEADER_BYTES)))


def _habits(context: Context, data: bytes, wire: bytes) -> Sequence[Effect]:
    """Return findings about the client's habits. wire: the answer; empty for none."""
    habits = context.world.of_service("dns.habits", Habits)
    host, port = context.peer[:2]
    if len(data) < HEADER_BYTES or data[TC_AT] & QR_BIT or (wire and wire[RCODE_AT] & RCODE_MASK in NO_QUERIES):
        return ()
    truncated = bool(wire and wire[TC_AT] & TC_BIT)
    now = context.world.journal.real()
    return habits.datagram(host, port, data, now, answered=bool(wire), truncated=truncated)
