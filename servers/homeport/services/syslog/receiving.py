"""Reception of a message, by datagram or stream: it is stored in the world, and effects record it."""

from collections.abc import Sequence

from homeport.protocol.effects import Effect, Log, ReportFinding
from homeport.protocol.session import Context
from homeport.services.syslog.client_faults import begin_fault, find_fault, loses
from homeport.services.syslog.parsing import parse
from homeport.world.logs import LogMessage, describe

SHOWN = 64
"""Bytes of a message that a finding shows, if nothing in it is more to the point."""


def receive(context: Context, raw: bytes, framing: str, size: int, rules: Sequence[str] = ()) -> list[Effect]:
    """Store a message, and return the effects that record it.

    raw: its bytes without framing. size: those of the whole message. rules: what its framing broke.
    """
    world, options = context.world, context.options
    fields, broken = parse(raw, any_format=options.formats == "any")
    if rules:
        broken = {**dict.fromkeys(rules, ""), **broken}
        if "count-wrong" in broken:  # what follows from it is no error of its own
            broken.pop("pri-missing", None)
    asked = find_fault(fields) if world.faults.by_client else None
    if asked is not None and loses(asked):
        return begin_fault(context, asked)
    logs = world.logs
    message = LogMessage(
        logs.number + 1,
        world.journal.real(),
        world.clock.now(),
        context.listener,
        context.conn,
        context.peer,
        framing,
        raw,
        size,
        fields,
        tuple(broken),
    )
    logs.add(message, options.messages, options.size)
    described = describe(message)
    if not broken and asked is None:
        return [Log("syslog", described)]
    identifier = described["id"]
    effects: list[Effect] = [
        ReportFinding(rule, shown.encode() if shown else raw[:SHOWN], identifier) for rule, shown in broken.items()
    ]
    effects.append(Log("syslog", described))
    if asked is not None:
        effects += begin_fault(context, asked)
    return effects
