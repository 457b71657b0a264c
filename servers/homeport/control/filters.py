"""Checks of filters: a word that can match nothing is refused, with the right one that is most like it."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from homeport.config.values import closest, nearest
from homeport.control.farm import WorldHost
from homeport.control.problems import ProblemError
from homeport.world.event_types import EVENT_TYPES
from homeport.world.followers import EventFilter, key_of

CONN = re.compile(r"c[1-9][0-9]*", re.ASCII)
"""How the journal names a connection."""


def check_filter(host: WorldHost, wanted: EventFilter) -> None:
    """Check that events can be as wanted.

    Raises: ProblemError, 400.
    """
    check_service(host, wanted.service)
    check_listener(host, wanted.listener, wanted.service)
    if wanted.type is not None:
        known = {*EVENT_TYPES, *(name for one in host.listeners for name in one.service.events)}
        # Whatever was once written can be asked for, so that a service need not declare its types.
        if wanted.type not in known and wanted.type not in _written(host, 1):
            raise _unknown("type of event", wanted.type, [*EVENT_TYPES, *sorted(known - set(EVENT_TYPES))])
    if wanted.conn is not None and not CONN.fullmatch(wanted.conn):
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"conn: {wanted.conn!r} names no connection: write it as c3")


def check_service(host: WorldHost, name: str | None) -> None:
    """Check that the world has that service, or has had it. Raises: ProblemError, 400."""
    there = list(dict.fromkeys(one.service.name for one in host.listeners))
    if name is not None and name not in there and name not in _written(host, 0):
        raise _unknown("service", name, there, " in this world")


def check_listener(host: WorldHost, name: str | None, service: str | None) -> None:
    """Check that the world, or the service, has a listener of that name. Raises: ProblemError, 400."""
    if name is None:
        return
    listeners = [one.bound.wanted for one in host.listeners if service in (None, one.service.name)]
    short = list(dict.fromkeys(one.listener for one in listeners))
    whole = [one.name for one in listeners]
    if name not in (*short, *whole):
        near = closest(name, whole if "." in name else short)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(whole)}"
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"there is no listener {name!r}; {hint}", nearest=near)


def _written(host: WorldHost, part: int) -> set[str | None]:
    """Return the services (0) or types (1) of the events that are kept."""
    return {key_of(entry)[part] for _seq, entry in host.world.journal.entries()}


def _unknown(kind: str, name: str, there: Iterable[str], where: str = "") -> ProblemError:
    known = list(there)
    hint = nearest(name, known) if known else "there is none"
    words = f"there is no {kind} {name!r}{where}; {hint}"
    return ProblemError(HTTPStatus.BAD_REQUEST, words, nearest=closest(name, known))
