"""Validation of fault plans: which kinds each listener supports.

A plan that can never act is an error when it is planned, with the nearest valid word: a test that waits for a fault
which never comes would pass for the wrong reason.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from homeport.config.values import closest, nearest
from homeport.protocol.commands import ArgumentRule
from homeport.protocol.faults import OF_COMMANDS, FaultError, Match, Plan
from homeport.protocol.service import Listener, Service

OF_STREAMS = ("latency", "bandwidth", "slice", "limit", "close", "reset", "hang", "refuse", "garbage", "corrupt")
"""Kinds that every service over TCP supports."""
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
"""Kinds that every service over UDP supports; `hang` acts as `drop` there."""
LOSING = ("close", "reset", "hang", "drop")
"""Kinds that can lose a command before it is executed (`direction` in), in services that declare `lost`."""
OUT_ONLY = ("answer", *OF_COMMANDS, "refuse", "tls")
"""Kinds that act on output only."""


def kinds_of(service: Service, listener: Listener) -> tuple[str, ...]:
    """Return the kinds of faults that a listener supports: the one source of errors, documentation and drivers."""
    own = tuple(
        kind
        for kind in ("answer", *OF_COMMANDS, "tls")
        if kind in service.faults
        and listener.name in service.frame_listeners.get(kind, (listener.name,))
        and not (kind == "tls" and (listener.clear or listener.transport == "udp"))
    )
    if listener.transport == "udp":
        return (*OF_DATAGRAMS, *own)
    return (*OF_STREAMS, *own, "tls") if listener.tls and "tls" not in own else (*OF_STREAMS, *own)


AT_ONCE = ("close", "reset")
"""Kinds that need no output to act."""


def settle(plan: Plan, service: Service | None) -> Plan:
    """Return a plan that can act: one for a service that sends nothing acts on input."""
    kind = plan.do.kind
    if service is None or not service.silent or plan.direction == "in" or kind in (*OUT_ONLY, *AT_ONCE):
        return plan
    return msgspec.structs.replace(plan, direction="in")


def validate_plan(plan: Plan, services: Mapping[str, Service], served: Collection[str] | None = None) -> None:
    """Validate a plan against these services.

    served: the listeners that are enabled, such as `epp.tls`; None: all.

    Raises: FaultError, with a message for the person who planned it.
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
        raise FaultError("do", f"{where} does not support {kind}; it supports {', '.join(possible)}")
    if plan.direction != "out" and kind in OUT_ONLY:
        raise FaultError("direction", f"{kind} acts on output only: leave the direction out")
    if plan.by_command:
        _validate_command(plan, service, listeners)
    if kind == "refuse" and (plan.match != Match() or plan.after or plan.probability < 1):
        raise FaultError(
            "match", "refuse takes a listener down for all clients at once: leave match, after and probability out"
        )
    if plan.match.conn is not None and not service.exchanges and all(one.transport == "udp" for one in listeners):
        raise FaultError("match.conn", "datagrams have no connection: match a peer")


def _listeners(plan: Plan, service: Service, served: Collection[str] | None) -> list[Listener]:
    """Return the listeners that a plan applies to.

    Raises: FaultError if it names one that is unknown or disabled.
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
                f"the listener {plan.listener!r} of {service.name} is disabled{switch}; enabled: {', '.join(names)}",
            )
    words = f"{service.name} has no listener {plan.listener!r}; {nearest(plan.listener, names)}"
    raise FaultError("listener", words, closest(plan.listener, names))


def _validate_command(plan: Plan, service: Service, listeners: Sequence[Listener]) -> None:
    """Validate a plan that acts on commands. listeners: those that it applies to."""
    if not {"command", "reply"} & service.faults:
        raise FaultError(
            "match", f"{service.name} has no commands: leave verb and argument out, and match peer or conn"
        )
    _validate_match(plan.match, service)
    if plan.do.frame is not msgspec.UNSET:
        _validate_frame(str(plan.do.frame), plan.match, service, listeners)
    if plan.do.reply is not msgspec.UNSET:
        service.check_reply(plan.do.reply, plan.match.verb)
    _validate_verb(plan.do.kind, plan.match, service.fault_verbs.get(plan.do.kind, frozenset()))
    if not acts_on_command(plan.do.kind, listeners):
        raise FaultError("do", f"{plan.do.kind} does not act on commands: leave verb and argument out")
    if plan.direction == "in" and "lost" in service.faults:
        if plan.do.kind not in LOSING:
            can = [one for one in LOSING if any(one in kinds_of(service, listener) for listener in listeners)]
            raise FaultError("do", f"{plan.do.kind} cannot lose a command; these can: {', '.join(can)}")
    elif plan.direction != "out":
        raise FaultError("direction", "a fault on a command acts on its reply: leave the direction out")


def acts_on_command(kind: str, listeners: Sequence[Listener]) -> bool:
    """Return True if a kind can act on single commands on one of these listeners, each of which supports the kind."""
    of_datagrams = kind in OF_DATAGRAMS and any(one.transport == "udp" for one in listeners)
    return (of_datagrams or kind in (*OF_STREAMS, *OF_COMMANDS, "answer")) and kind != "refuse"


def _validate_frame(word: str, match: Match, service: Service, listeners: Sequence[Listener]) -> None:
    """Validate a defect of an answer."""
    if word not in service.frames:
        words = f"answers of {service.name} have no defect {word!r}; {nearest(word, service.frames)}"
        raise FaultError("do.frame", words, closest(word, service.frames))
    where = service.frame_listeners.get(word)
    if where is not None and not any(one.name in where for one in listeners):
        names = ", ".join(f"{service.name}.{one}" for one in sorted(where))
        raise FaultError("listener", f"{word} acts on {names} only: name one of these, or leave the listener out")
    _validate_verb(word, match, service.frames[word])


def _validate_verb(what: str, match: Match, verbs: frozenset[str]) -> None:
    """Validate the verb of a match. what: a kind, or a word of `frame`. verbs: those it acts on; none: all."""
    if verbs and match.verb is not None and match.verb.upper() not in {one.upper() for one in verbs}:
        words = f"{what} does not act on {match.verb}, only on {', '.join(sorted(verbs))}"
        raise FaultError("match.verb", words, min(verbs))


def _validate_match(match: Match, service: Service) -> None:
    """Validate the verb and the argument of a match."""
    if match.argument is not None and not match.argument.isprintable():
        raise FaultError("match.argument", "an argument is one line of text: leave control characters out")
    if match.verb is None or not service.verbs:
        return
    rule = find_verb(match.verb, service)
    if rule is None and tuple(service.verbs) == ("query",):
        words = (
            f"faults match every query of {service.name} as the command 'query' with the whole text as its argument: "
            f"leave the verb {match.verb!r} out, and match an argument"
        )
        raise FaultError("match.verb", words, "query")
    if rule is None:
        words = f"{service.name} has no command {match.verb!r}; {nearest(match.verb, service.verbs)}"
        raise FaultError("match.verb", words, closest(match.verb, service.verbs))
    if match.argument and match.verb.upper() in service.secret_verbs:
        words = f"the argument of {match.verb} is secret, so none can match: leave it out, and match peer or conn"
        raise FaultError("match.argument", words)
    if rule == "none" and match.argument:
        with_argument = [verb for verb, one in service.verbs.items() if one != "none"]
        words = f"{match.verb} takes no argument, so none can match; commands that take one: {', '.join(with_argument)}"
        raise FaultError("match.argument", words)


def find_verb(verb: str, service: Service) -> ArgumentRule | None:
    """Return the argument rule that a service declares for a verb; None for an unknown verb.

    `create` matches `domain:create`, `contact:create`, and so on.
    """
    if (found := service.verbs.get(verb.upper())) is not None:
        return found
    for known, rule in service.verbs.items():
        if verb.lower() in (known.lower(), known.lower().rpartition(":")[2]):
            return rule
    return None
