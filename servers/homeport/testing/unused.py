"""Faults that were planned and never acted, and what came near: a test that passes without them proves nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from homeport.testing.faults import Fault, must_act
from homeport.testing.records import Event

if TYPE_CHECKING:
    from homeport.testing.world import World

LOOKS = 3
"""How often the farm is asked before a fault counts as unused: each question takes a turn of its reactor, in which it
serves what had come by then."""
SHOWN = 3
"""Arguments and verbs that are shown of what came near."""
BY_COMMAND = ("reply", "frame")
"""Kinds whose occasions are commands, whatever they match."""
AT_OPENING = {"CONNECT": "connected", "GREETING": "connected"}
"""Verbs that stand for the opening of a connection."""


def unused_faults(world: "World") -> list[Fault]:
    """Return the faults that had to act, and have not acted once.

    Need not act: what is `optional`, what acts by chance, and what the test has removed itself. A fault that was a
    context manager had to act while it was one.
    """
    for _ in range(LOOKS):
        waiting = [one for one in world.faults() if must_act(one)]
        if not waiting:
            break
    return [*world.ended_faults, *waiting]


def explain_unused(world: "World", faults: list[Fault]) -> str:
    """Return each fault in a line, with what came near."""
    lines = [f"{planned(one)}: {near(world, one)}" for one in faults]
    return "\n  ".join([f"{len(lines)} planned fault{'s' if len(lines) > 1 else ''} never acted:", *lines])


def planned(fault: Fault) -> str:
    """Return what was planned, in a few words: `f1, smtp reply code=451 to RCPT`."""
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
    """Return the service, with the listener if the fault is for one."""
    return f"{fault['service']}.{fault['listener']}" if fault["listener"] else str(fault["service"])


def near(world: "World", fault: Fault) -> str:
    """Return what came of what the fault was waiting for."""
    if fault["seen"]:
        return f"it was to let {fault['after']} pass, and {fault['seen']} came"
    everything = world.events(service=fault["service"])
    events = [one for one in everything if one.seq > fault["since"]]
    match = fault["match"]
    verb = str(match.get("verb") or "").upper()
    if fault["do"].keys() & set(BY_COMMAND) or verb or match.get("argument"):
        if verb in AT_OPENING:
            return _nobody(events, everything, fault, "opened", "client connected")
        return _commands(events, everything, fault, verb)
    if any(one.type == "datagram" for one in events):
        return _others(events, fault, "datagram", "datagram came")
    return _nobody(events, everything, fault, "opened", "client connected")


def _commands(events: list[Event], everything: list[Event], fault: Fault, verb: str) -> str:
    """Return what came near to a fault of a command."""
    commands = [one for one in events if one.type in ("command", "epp")]
    said = [one for one in commands if _is(one, verb)]
    what = "query" if verb == "QUERY" else verb or "command"
    if not said and any(_is(one, verb) for one in everything if one.type in ("command", "epp")):
        return f"each {what} came before the fault was planned"
    if not commands:
        return _nobody(events, everything, fault, "opened", "client connected", nothing=f"no client said {what}")
    if not said:
        others = dict.fromkeys(str(_verb(one)) for one in commands if _verb(one))
        return f"the client never said {fault['match']['verb']}; it said {_listed(list(others))}"
    wanted = fault["match"].get("argument")
    missed = [one for one in said if wanted and wanted.casefold() not in _argument(one).casefold()]
    if wanted and len(missed) == len(said):
        arguments = list(dict.fromkeys(_argument(one) for one in said))
        return f"{_count(len(said), what)} came, the fault was for argument {wanted!r}: {_listed(arguments)}"
    return _others(said, fault, None, f"{what} came")


def _nobody(
    events: list[Event], everything: list[Event], fault: Fault, kind: str, what: str, *, nothing: str = ""
) -> str:
    """Return what came near to a fault of a connection."""
    if any(one.type == kind for one in events):
        return nothing or _others(events, fault, kind, what)
    if any(one.type in (kind, "datagram") for one in everything):
        return (
            f"no {what} to {fault['service']} after it was planned; it acts on connections that are opened later, "
            "with times=0 on those that stand, too"
        )
    return f"no {what} to {fault['service']}"


def _others(events: list[Event], fault: Fault, kind: str | None, what: str) -> str:
    """Return whom the occasions were for, if not for whom the fault was."""
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
    return f"{_count(len(found), what)}, and none was an occasion for it"


def _is(event: Event, verb: str) -> bool:
    """Return whether a command is the one with that verb, as `world.faults` matches it."""
    said = str(_verb(event)).upper()
    first, blank, second = verb.partition(" ")
    if blank:
        return said == first and _argument(event).upper().startswith(second)
    return verb in ("", "QUERY", said, said.rpartition(":")[2])


def _verb(event: Event) -> Any:
    return event.get("verb", event.get("command", ""))


def _argument(event: Event) -> str:
    return str(event.get("argument", event.get("object", "")))


def _count(number: int, what: str) -> str:
    """Return `1 RCPT came`, `3 RCPTs came`."""
    if number == 1:
        return f"1 {what}"
    noun, blank, verb = what.partition(" ")
    plural = f"{noun[:-1]}ies" if noun == "query" else f"{noun}s"
    return f"{number} {plural}{blank}{verb}"


def _listed(values: list[str]) -> str:
    more = f", and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
    return ", ".join(values[:SHOWN]) + more
