"""Check planned faults against what services can suffer."""

from collections.abc import Collection, Mapping

import msgspec

from homeport.config.values import closest, nearest
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.faults import OF_COMMANDS, FaultError, Match, Plan
from homeport.protocol.service import Listener, Service

OF_STREAMS = ("latency", "bandwidth", "slice", "limit", "close", "reset", "hang", "refuse", "garbage", "corrupt")
"""What every service over TCP can suffer."""
OF_DATAGRAMS = (
    "latency",
    "hang",
    "refuse",
    "garbage",
    "corrupt",
    "drop",
    "duplicate",
    "reorder",
    "truncate",
)
"""What every service over UDP can suffer; `hang` is `drop` there."""
LOSING = ("close", "reset", "hang")
"""Kinds by which a command is lost before it is carried out, where a service has that (`direction` in)."""
OUT_ONLY = ("answer", "reply", "frame", "refuse", "tls")
"""Kinds that are about what the server says, and have no other direction."""


def kinds_of(service: Service, listener: Listener) -> tuple[str, ...]:
    """The kinds of faults that a listener can suffer: the one table that errors, documentation and drivers go by."""
    if listener.transport == "udp":
        return (*OF_DATAGRAMS, "answer") if "answer" in service.faults else OF_DATAGRAMS
    own = tuple(
        kind
        for kind in ("answer", "reply", "frame", "tls")
        if kind in service.faults and not (kind == "tls" and listener.clear)
    )
    return (*OF_STREAMS, *own, "tls") if listener.tls and "tls" not in own else (*OF_STREAMS, *own)


def check_plan(plan: Plan, services: Mapping[str, Service], served: Collection[str] | None = None) -> None:
    """Check that a plan can be carried out by one of these services.

    served: the listeners that are switched on, such as `epp.tls`; None: all.

    Raises: FaultError, in words for the person who planned it.
    """
    service = services.get(plan.service)
    if service is None:
        raise FaultError(
            "service",
            f"there is no service {plan.service!r} in this world; {nearest(plan.service, services)}",
            closest(plan.service, services),
        )
    listeners = _listeners(plan, service, served)
    kind = plan.do.kind
    possible = list(dict.fromkeys(one for listener in listeners for one in kinds_of(service, listener)))
    if kind not in possible:
        where = service.name if plan.listener is None else f"{service.name}.{plan.listener}"
        raise FaultError("do", f"{where} cannot suffer {kind}; it can: {', '.join(possible)}")
    if plan.direction != "out" and kind in OUT_ONLY:
        raise FaultError("direction", f"{kind} is about what the server says: leave the direction out")
    if plan.by_command:
        _check_command(plan, service)
    if kind == "refuse" and (plan.match != Match() or plan.after or plan.probability < 1):
        raise FaultError(
            "match", "refuse takes a listener down for everybody, at once: leave match, after and probability out"
        )
    if plan.match.conn is not None and all(one.transport == "udp" for one in listeners):
        raise FaultError("match.conn", "datagrams have no connection: match a peer")


def _listeners(plan: Plan, service: Service, served: Collection[str] | None) -> list[Listener]:
    """Return the listeners that a plan is for.

    Raises: FaultError if there is none.
    """
    there = [one for one in service.listeners if served is None or f"{service.name}.{one.name}" in served]
    if plan.listener is None:
        return there
    found = [one for one in there if one.name == plan.listener]
    if found:
        return found
    names = [one.name for one in there]
    for one in service.listeners:
        if one.name == plan.listener:
            switch = f": set [{service.name}] {one.switch} = true" if one.switch else ""
            raise FaultError(
                "listener",
                f"the listener {plan.listener!r} of {service.name} is switched off{switch}; "
                f"there are {', '.join(names)}",
            )
    words = f"{service.name} has no listener {plan.listener!r}; {nearest(plan.listener, names)}"
    raise FaultError("listener", words, closest(plan.listener, names))


def _check_command(plan: Plan, service: Service) -> None:
    """Check a plan whose occasions are commands."""
    if not {"command", "reply"} & service.faults:
        raise FaultError(
            "match", f"{service.name} has no commands: leave verb and argument out, and match peer or conn"
        )
    _check_match(plan.match, service)
    if plan.do.reply is not msgspec.UNSET:
        service.check_reply(plan.do.reply, plan.match.verb)
    if plan.do.kind not in (*OF_STREAMS, *OF_COMMANDS, "answer") or plan.do.kind == "refuse":
        raise FaultError("do", f"{plan.do.kind} is no fault of a command: leave verb and argument out")
    if plan.direction == "in" and "lost" in service.faults:
        if plan.do.kind not in LOSING:
            raise FaultError("do", f"a command cannot be lost by {plan.do.kind}; it can by: {', '.join(LOSING)}")
    elif plan.direction != "out":
        raise FaultError("direction", "a fault of a command acts on what is answered: leave the direction out")


def _check_match(match: Match, service: Service) -> None:
    """Check that a command can have that verb with that argument."""
    if match.argument is not None and not match.argument.isprintable():
        raise FaultError("match.argument", "an argument is one line of text: leave control characters out")
    if match.verb is None or not service.verbs:
        return
    rule = find_verb(match.verb, service)
    if rule is None and tuple(service.verbs) == ("query",):
        words = (
            f"to faults every query of {service.name} is the command 'query', and its whole text is the argument: "
            f"leave the verb {match.verb!r} out, and match an argument"
        )
        raise FaultError("match.verb", words, "query")
    if rule is None:
        words = f"{service.name} has no command {match.verb!r}; {nearest(match.verb, service.verbs)}"
        raise FaultError("match.verb", words, closest(match.verb, service.verbs))
    if rule == "none" and match.argument:
        with_argument = [verb for verb, one in service.verbs.items() if one != "none"]
        words = f"{match.verb} has no argument, so none can match; commands with one are {', '.join(with_argument)}"
        raise FaultError("match.argument", words)


def find_verb(verb: str, service: Service) -> ArgumentRule | None:
    """Return what a service declares of a verb; None if it has no such verb.

    `create` stands for `domain:create` and its like.
    """
    for known, rule in service.verbs.items():
        if verb.lower() in (known.lower(), known.lower().rpartition(":")[2]):
            return rule
    return None
