"""Waiting for what happens: filters of events as the API takes them, and what is said when nothing came."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from homeport.quantities import counted
from homeport.testing.errors import TimedOut
from homeport.testing.records import Event, Record

TIMEOUT = 5.0
"""Seconds that are waited where nobody says how long."""


def seconds(value: float | timedelta) -> float:
    """A time-out in seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def wait_for_events(
    api: Any, base: str, count: int, timeout: float | timedelta, accept: Callable[[Event], bool], **filters: Any
) -> list[Event]:
    """The first `count` events that the filters let through and that are accepted.

    Raises: TimedOut.
    """
    __tracebackhide__ = True
    left = seconds(timeout)
    deadline = time.monotonic() + left
    found: list[Event] = []
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
        since = answer["next"]
        left = deadline - time.monotonic()
        if answer["timed_out"] or left <= 0:
            wanted = ", ".join(f"{name}={value!r}" for name, value in filters.items() if value is not None) or "any"
            what = f"{counted(count, 'event')} with {wanted}"
            raise TimedOut(not_seen(what, timeout, len(found), answer["near"], brief))


def not_seen(
    what: str, timeout: float | timedelta, came: int, near: list[dict[str, Any]], show: Callable[[dict[str, Any]], str]
) -> str:
    """Why a wait has failed, in words."""
    text = f"{what} did not come within {seconds(timeout):g} s; {came} came"
    return text + "".join(["\nthese came near:", *(f"\n  {show(one)}" for one in near)] if near else [])


def brief(event: dict[str, Any]) -> str:
    """An event in one line."""
    known = ("seq", "time", "world", "service", "listener", "conn", "peer", "type", "bytes")
    rest = " ".join(f"{name}={value!r}" for name, value in event.items() if name not in known)
    return f"{event['seq']} {event['service']}.{event['listener']} {event['conn']} {event['type']} {rest}"[:200]


def matches(record: Record, wanted: dict[str, Any]) -> bool:
    """Whether the fields are as wanted; texts without regard to case."""
    return all(
        value is None or str(record.get(name, "")).casefold() == str(value).casefold() for name, value in wanted.items()
    )
