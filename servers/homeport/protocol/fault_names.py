"""Names by which clients ask for faults, if `[faults] by_client` is set: the grammar for all protocols."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from homeport.config.values import closest
from homeport.protocol.faults import Do

FAULT_DOMAIN = "fault.test"
"""Domain under which clients ask for faults, if they may."""
FAULT_NAME = re.compile(
    r"(?P<plain>hang|reset|close)"
    r"|(?P<after>reset|close)-after-(?P<size>\d{1,12})"
    r"|(?P<kind>latency|slow|slice|garbage)-(?P<number>\d{1,12})"
    r"|frame-(?P<frame>[a-z-]{4,32})"
    r"|corrupt-(?P<rate>\d(?:\.\d{1,6})?)"
    r"|(?:reply|result)-(?P<code>\d{3,4})(?:-(?P<enhanced>[245]\.\d{1,3}\.\d{1,3}))?",
    re.ASCII | re.IGNORECASE,
)
NUMBER = re.compile(r"-?[0-9].*", re.ASCII)
"""The part of a name after the kind."""
FAULT_NAMES = (
    "hang",
    "reset",
    "close",
    "reset-after-1000",
    "close-after-1000",
    "latency-500",
    "slow-1000",
    "slice-3",
    "garbage-100",
    "corrupt-0.1",
    "reply-451-4.7.1",
    "result-2400",
    "frame-half",
)
"""An example of each form of name."""
NUMBERED: dict[str, tuple[str, Callable[[int], Any]]] = {
    "latency": ("latency", lambda ms: {"ms": ms}),
    "slow": ("bandwidth", lambda rate: {"bytes_per_s": rate}),
    "slice": ("slice", lambda size: {"size": size}),
    "garbage": ("garbage", lambda count: {"bytes": count}),
}
"""Names with a number: the kind, and a function from the number to its parameters."""


def parse_fault_name(name: str) -> Do | None:
    """Parse the name of a fault that a client asks for; return None if it is unknown or a number is out of range.

    `hang`, `reset`, `close`, `reset-after-1000`, `close-after-1000` (bytes), `latency-500` (ms), `slow-1000` (bytes per
    second), `slice-3`, `garbage-100` (bytes), `corrupt-0.1` (a share), `reply-451-4.7.1`, `reply-550`, `result-2400`,
    `frame-half` (any of FrameFault).
    """
    match = FAULT_NAME.fullmatch(name)
    if match is None:
        return None
    parameters: Any
    if plain := match["plain"]:
        kind, parameters = plain.lower(), {}
    elif after := match["after"]:
        kind, parameters = "limit", {"bytes": int(match["size"]), "reset": after.lower() == "reset"}
    elif numbered := match["kind"]:
        kind, make = NUMBERED[numbered.lower()]
        parameters = make(int(match["number"]))
    elif rate := match["rate"]:
        kind, parameters = "corrupt", {"rate": float(rate)}
    elif frame := match["frame"]:
        kind, parameters = "frame", frame.lower()
    else:
        kind, parameters = "reply", {"code": int(match["code"]), "enhanced": match["enhanced"] or ""}
    try:
        return msgspec.convert({kind: parameters}, Do)
    except msgspec.ValidationError:
        return None


def find_fault_name(words: Sequence[str]) -> Do | None:
    """Return the first fault named in these words, such as `reset.fault.test` or `hang@fault.test`; None for none."""
    return next((do for name in _names_in_domain(words) if (do := parse_fault_name(name))), None)


def explain_fault_name(words: Sequence[str]) -> str:
    """Return an error message for the first unknown fault name in the domain; empty if there is none."""
    for name in _names_in_domain(words):
        if parse_fault_name(name) is None:
            return f"there is no fault {name[:40]!r}; {nearest_fault_name(name)}"
    return ""


def nearest_fault_name(name: str, others: Sequence[str] = ()) -> str:
    """Return a hint: the fault name that was probably meant, or all of them. others: names of one service."""
    known = {NUMBER.sub("", one): one for one in (*FAULT_NAMES, *others)}
    near = closest(NUMBER.sub("", name), known)
    return f"did you mean {known[near]!r}?" if near else f"there are {', '.join(known.values())}"


def _names_in_domain(words: Sequence[str]) -> Iterator[str]:
    for word in words:
        lower = word.lower().removesuffix(".")
        for mark in (".", "@"):
            name = lower.removesuffix(mark + FAULT_DOMAIN)
            if name != lower:
                yield name
