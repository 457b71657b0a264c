"""Validation of filters: a value that can match nothing is refused, with the most similar valid one."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from homeport.config.values import closest, nearest
from homeport.control.farm import WorldHost
from homeport.control.problems import ProblemError
from homeport.world.event_filter import EventFilter
from homeport.world.event_types import EVENT_TYPES

CONN = re.compile(r"c[1-9][0-9]*", re.ASCII)
"""Syntax of a connection's id in the journal."""


def validate_filter(host: WorldHost, wanted: EventFilter) -> None:
    """Raise ProblemError, 400, if a value of this filter can match no event."""

    def given(name: str) -> list[str]:
        return [*wanted.values(name), *wanted.values(f"not_{name}")]

    for name in given("service"):
        validate_service(host, name)
    services = wanted.values("service")
    for name in given("listener"):
        validate_listener(host, name, services[0] if len(services) == 1 else None)
    for name in given("type"):
        validate_type(host, name)
    for name in given("conn"):
        if not CONN.fullmatch(name):
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"conn: {name!r} is not the id of a connection: write it as c3")


def validate_type(host: WorldHost, name: str) -> None:
    """Raise ProblemError, 400, if the world has no events of this type."""
    known = {*EVENT_TYPES, *(event for one in host.listeners for event in one.service.events)}
    # Types that the journal holds are accepted too, so that a service need not declare its own.
    if name not in known and name not in host.world.journal.kinds:
        raise _unknown("type of event", name, [*EVENT_TYPES, *sorted(known - set(EVENT_TYPES))])


def validate_service(host: WorldHost, name: str | None) -> None:
    """Raise ProblemError, 400, if the world does not have a service of this name, and never had one."""
    known = list(dict.fromkeys(one.service.name for one in host.listeners))
    if name is not None and name not in known and name not in {service for service, _name in host.world.counters}:
        raise _unknown("service", name, known, " in this world")


def validate_listener(host: WorldHost, name: str | None, service: str | None) -> None:
    """Raise ProblemError, 400, if the world, or the service, has no listener of this name."""
    if name is None:
        return
    listeners = [one.bound.wanted for one in host.listeners if service in (None, one.service.name)]
    short = list(dict.fromkeys(one.listener for one in listeners))
    whole = [one.name for one in listeners]
    if name not in (*short, *whole):
        near = closest(name, whole if "." in name else short)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(whole)}"
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"there is no listener {name!r}; {hint}", nearest=near)


def _unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> ProblemError:
    names = list(known)
    hint = nearest(name, names) if names else "none is known"
    return ProblemError(
        HTTPStatus.BAD_REQUEST, f"there is no {kind} {name!r}{where}; {hint}", nearest=closest(name, names)
    )
