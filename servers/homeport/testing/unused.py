"""Planned faults that never acted, and the near misses: a test that passes without its faults proves nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from homeport.testing.faults import Fault, must_act
from homeport.testing.records import Event

if TYPE_CHECKING:
    from homeport.testing.world import World

REQUESTS = 3
"""Number of requests before a fault counts as unused: each takes a turn of the farm's reactor, in which it serves what
had arrived by then."""
MAX_SHOWN = 3
"""Maximum number of arguments and verbs shown."""
OF_ANSWERS = ("frame", "flood", "unsolicited", "capability", "ttl")
"""Kinds for which only an answer that can have the defect is a match."""
BY_COMMAND = ("reply", *OF_ANSWERS)
"""Kinds that match commands even without a condition."""
OF_COMMANDS = ("command", "epp", "query")
"""Types of the events of commands."""
AT_OPENING = {"CONNECT": "connected", "GREETING": "connected"}
"""Verbs that stand for the opening of a connection."""


def unused_faults(world: "World") -> list[Fault]:
    """Return the faults that should have acted, and have not.

    Excluded are faults that are `optional`, that act with a probability, and that the test has removed itself. A fault
    used as a context manager should have acted within it.
    """
    for _ in range(REQUESTS):
        waiting = [one for one in world.faults() if must_act(one)]
        if not waiting:
            break
    return [*world.ended_faults, *waiting]


def explain_unused(world: "World", faults: list[Fault]) -> str:
    """Return one line per fault with its near misses."""
    lines = [f"{planned(one)}: {near(world, one)}" for one in faults]
    return "\n  ".join([f"{len(lines)} planned fault{'s' if len(lines) > 1 else ''} never acted:", *lines])


def planned(fault: Fault) -> str:
    """Return a short description of a fault: `f1, smtp reply code=451 to RCPT`."""
    ((kind, parameters),) = fault["do"].items()
    words = [f"{fault['id']}, {place(fault)} {kind}"]
    if isinstance(parameters, dict):
        words += [f"{name}={value!r}" for name, value in parameters.items() if value not in ("", 0, False)]
    else:
        words.append(str(parameters))
    match = dict(fault["match"])
    if verb := match.pop("verb", None):
        words.append(f"to {verb}")
    words += [f"for {name} {value!r}" for name, value in match.items() if value is not None]
    if fault["after"]:
        words.append(f"after {fault['after']}")
    return " ".join(words)


def place(fault: Fault) -> str:
    """Return the service of a fault, with its listener if it has one."""
    return f"{fault['service']}.{fault['listener']}" if fault["listener"] else str(fault["service"])


def near(world: "World", fault: Fault) -> str:
    """Return the near misses of a fault."""
    if fault["seen"]:
        return f"it skips the first {fault['after']} matches, and only {fault['seen']} occurred"
    everything = world.events(service=fault["service"])
    events = [one for one in everything if one.seq > fault["since"]]
    match = fault["match"]
    verb = str(match.get("verb") or "").upper()
    if fault["do"].keys() & set(BY_COMMAND) or verb or match.get("argument"):
        if verb in AT_OPENING:
            return _near_connections(events, everything, fault, "opened", "client connected")
        return _near_commands(events, everything, fault, verb)
    if any(one.type == "datagram" for one in events):
        return _other_targets(events, fault, "datagram", "datagram came")
    return _near_connections(events, everything, fault, "opened", "client connected")


def _near_commands(events: list[Event], everything: list[Event], fault: Fault, verb: str) -> str:
    """Return the near misses of a fault on commands."""
    commands = [one for one in events if one.type in OF_COMMANDS]
    said = [one for one in commands if _has_verb(one, verb)]
    what = "query" if verb == "QUERY" else verb or "command"
    if not said and any(_has_verb(one, verb) for one in everything if one.type in OF_COMMANDS):
        return f"each {what} came before the fault was planned"
    if not commands:
        return _near_connections(
            events, everything, fault, "opened", "client connected", nothing=f"no client sent {what}"
        )
    if not said:
        others = dict.fromkeys(str(_verb(one)) for one in commands if _verb(one))
        return f"the client never sent {fault['match']['verb']}; it sent {_listed(list(others))}"
    wanted = fault["match"].get("argument")
    missed = [one for one in said if wanted and wanted.casefold() not in _argument(one).casefold()]
    if wanted and len(missed) == len(said):
        arguments = list(dict.fromkeys(_argument(one) for one in said))
        return f"{_count(len(said), what)} came, the fault was for argument {wanted!r}: {_listed(arguments)}"
    return _other_targets(said, fault, None, f"{what} came")


def _near_connections(
    events: list[Event], everything: list[Event], fault: Fault, kind: str, what: str, *, nothing: str = ""
) -> str:
    """Return the near misses of a fault on connections."""
    if any(one.type == kind for one in events):
        return nothing or _other_targets(events, fault, kind, what)
    if any(one.type in (kind, "datagram") for one in everything):
        return (
            f"no {what} to {fault['service']} after it was planned; it acts on later connections, "
            "and with times=0 also on open ones"
        )
    return f"no {what} to {fault['service']}"


def _other_targets(events: list[Event], fault: Fault, kind: str | None, what: str) -> str:
    """Return the listener, connection or peer of the near misses, if it differs from the fault's."""
    found = [one for one in events if kind in (None, one.type)]
    conditions: tuple[tuple[str, Any, Callable[[Event], str]], ...] = (
        ("listener", fault["listener"], lambda one: str(one.listener)),
        ("conn", fault["match"].get("conn"), lambda one: str(one.conn)),
        ("peer", fault["match"].get("peer"), lambda one: str(one.peer)),
    )
    for name, wanted, value in conditions:
        if wanted and wanted not in {value(one) for one in found}:
            values = list(dict.fromkeys(value(one) for one in found))
            return f"{_count(len(found), what)}, the fault was for {name} {wanted!r}: {_listed(values)}"
    if "tls" in fault["do"]:
        return f"{_count(len(found), what)}, and none began TLS"
    if fault["do"].keys() & set(OF_ANSWERS):
        return f"{_count(len(found), what)}, and no answer could have this defect"
    return f"{_count(len(found), what)}, and none matched"


def _has_verb(event: Event, verb: str) -> bool:
    """True if a command has that verb, by the rules of `world.faults`."""
    said = str(_verb(event)).upper()
    first, blank, second = verb.partition(" ")
    if blank:
        return said == first and _argument(event).upper().startswith(second)
    return verb in ("", "QUERY", said, said.rpartition(":")[2])


def _verb(event: Event) -> Any:
    return event.get("verb", event.get("command", event.get("qtype", "")))


def _argument(event: Event) -> str:
    return str(event.get("argument", event.get("object", event.get("name", ""))))


def _count(number: int, what: str) -> str:
    """Return `1 RCPT came`, `3 RCPTs came`."""
    if number == 1:
        return f"1 {what}"
    noun, blank, verb = what.partition(" ")
    plural = f"{noun[:-1]}ies" if noun == "query" else f"{noun}s"
    return f"{number} {plural}{blank}{verb}"


def _listed(values: list[str]) -> str:
    more = f", and {len(values) - MAX_SHOWN} more" if len(values) > MAX_SHOWN else ""
    return ", ".join(values[:MAX_SHOWN]) + more
