"""Waiting for events: filters as the API takes them, and the message on timeout."""

import time
from collections.abc import Callable
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from homeport.config.quantities import counted
from homeport.testing.errors import FarmError, TimedOut
from homeport.testing.records import Event, Events, Record
from homeport.world.event_types import EVENT_TYPES, EVERY

TIMEOUT = 5.0
"""Default timeout in seconds."""


def seconds(value: float | timedelta) -> float:
    """Return a timeout in seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def kept_events(api: Any, base: str, **filters: Any) -> Events:
    """Return the events in the journal that match the filters, page by page."""
    __tracebackhide__ = True
    found = Events()
    since: int | None = filters.pop("since", 0)
    epoch = filters.pop("epoch", None)
    while since is not None:
        answer = api.get(f"{base}/events", since=since, epoch=epoch, **filters)
        found += map(Event, answer["items"])
        found.lost += answer["lost"]
        found.reset = found.reset or answer["reset"]
        found.epoch = epoch = answer["epoch"]
        since = answer["next"]
    return found


def check_fields(type: str | None, fields: dict[str, Any]) -> None:
    """Check that events of that type, or of any, can have these fields.

    Raises: FarmError that names the field, and what was likely meant.
    """
    if type is not None and type not in EVENT_TYPES:
        return
    kinds = EVENT_TYPES.values() if type is None else [EVENT_TYPES[type]]
    known = list(dict.fromkeys([*EVERY, *(field for one in kinds for field in one.fields)]))
    for name in fields:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"the fields are {', '.join(known)}"
            raise FarmError(f"events{f' of type {type!r}' if type else ''} have no field {name!r}; {hint}")


def wait_for_events(
    api: Any, base: str, count: int, timeout: float | timedelta, accept: Callable[[Event], bool], **filters: Any
) -> list[Event]:
    """Return the first `count` events that match the filters and are accepted; wait for them if needed.

    Raises: TimedOut.
    """
    __tracebackhide__ = True
    left = seconds(timeout)
    deadline = time.monotonic() + left
    found: list[Event] = []
    lost, reset = 0, False
    since = filters.pop("since", 0)
    while True:
        answer = api.get(
            f"{base}/events/wait",
            patience=left,
            **filters,
            since=since,
            count=count - len(found),
            timeout=f"{left:.3f}s",
        )
        found += [event for event in map(Event, answer["events"]) if accept(event)]
        if len(found) >= count:
            return found
        since, filters["epoch"] = answer["next"], answer["epoch"]
        lost += answer["lost"]
        reset = reset or answer["reset"]
        left = deadline - time.monotonic()
        if answer["timed_out"] or left <= 0:
            shown = {name: value for name, value in filters.items() if value is not None and name != "epoch"}
            wanted = ", ".join(f"{name}={value!r}" for name, value in shown.items()) or "any"
            words = not_seen(f"{counted(count, 'event')} with {wanted}", timeout, len(found), answer["near"], brief)
            raise TimedOut(words + gone(lost, reset=reset))


def gone(lost: int, *, reset: bool) -> str:
    """Return a note on events that a wait could not see; empty if there are none."""
    words = ""
    if reset:
        words += "\n`since` is from before a reset: the journal started over, and so did the wait"
    if lost:
        words += f"\n{counted(lost, 'older event')} dropped: set [journal] size to keep more"
    return words


def not_seen(
    what: str, timeout: float | timedelta, came: int, near: list[dict[str, Any]], show: Callable[[dict[str, Any]], str]
) -> str:
    """Return the message of a wait that timed out."""
    text = f"{what} did not arrive within {seconds(timeout):g} s; {came} arrived"
    return text + "".join(["\nnear misses:", *(f"\n  {show(one)}" for one in near)] if near else [])


def brief(event: dict[str, Any]) -> str:
    """Format an event in one line."""
    known = ("seq", "time", "world", "service", "listener", "conn", "peer", "type", "bytes")
    rest = " ".join(f"{name}={value!r}" for name, value in event.items() if name not in known)
    return f"{event['seq']} {event['service']}.{event['listener']} {event['conn']} {event['type']} {rest}"[:200]


def matches(record: Record, wanted: dict[str, Any]) -> bool:
    """True if the fields have the wanted values; strings are compared without regard to case."""
    return all(
        value is None or str(record.get(name, "")).casefold() == str(value).casefold() for name, value in wanted.items()
    )
