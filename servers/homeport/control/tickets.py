"""Tickets: single-use addresses of the API that need no token.

A browser sends the token only with requests that a script makes. Frames, images and downloads have nothing but an
address; so a script gets a ticket for it, with the token. The address of a ticket says nothing of what it stands for,
and is of no use to those who read it in a history or a log later.
"""

from collections.abc import Callable
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Meta

from homeport.control.farm import Clock, Farm
from homeport.control.operation import Operation, Request
from homeport.control.problems import ProblemError

API = "/api/v1/"
PATH = f"{API}tickets"
LIFETIME_S = 60
MAX_TICKETS = 1024
"""Tickets of a farm that are neither used nor expired."""
MAX_PATH = 2048


class WantedTicket(msgspec.Struct, forbid_unknown_fields=True):
    meaning = "What a ticket is wanted for."

    path: Annotated[
        str,
        Meta(
            max_length=MAX_PATH,
            description="path and query of a GET operation, as in `/api/v1/worlds/default/smtp/messages/m1/raw`",
        ),
    ]


class Ticket(msgspec.Struct):
    meaning = "A single-use address."

    url: Annotated[str, Meta(description="the address, relative to that of the API; GET answers once what `path` does")]
    expires_s: Annotated[int, Meta(description="seconds of real time for which it is valid")]


class Tickets:
    """The tickets of a farm that can still be used."""

    def __init__(self, reactor: Clock) -> None:
        self._reactor = reactor
        self._paths: dict[str, tuple[float, str]] = {}
        """When each expires, and for which path and query it is; the oldest first."""

    def __len__(self) -> int:
        return len(self._paths)

    def issue(self, path: str) -> str:
        """Return a new ticket for a path and query. Raise ProblemError, 429, if there are too many."""
        self._expire()
        if len(self._paths) >= MAX_TICKETS:
            wait_s = next(iter(self._paths.values()))[0] - self._reactor.seconds()
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"there are {MAX_TICKETS} unused tickets, each valid for {LIFETIME_S} s: use them, or wait",
                {"Retry-After": str(int(wait_s) + 1)},
            )
        name = token_urlsafe(24)
        self._paths[name] = (self._reactor.seconds() + LIFETIME_S, path)
        return name

    def redeem(self, name: str) -> str:
        """Return the path and query that a ticket is for, and end it. Raise ProblemError, 404, if it is not valid."""
        self._expire()
        if name not in self._paths:
            detail = f"this ticket was used, or is older than {LIFETIME_S} s: get another with POST {PATH}"
            raise ProblemError(HTTPStatus.NOT_FOUND, detail)
        return self._paths.pop(name)[1]

    def _expire(self) -> None:
        now = self._reactor.seconds()
        for name in [name for name, (end, _path) in self._paths.items() if end <= now]:
            del self._paths[name]


_TICKETS: WeakKeyDictionary[Clock, Tickets] = WeakKeyDictionary()


def tickets_of(reactor: Clock) -> Tickets:
    """Return the tickets of a farm, by its reactor, created on first use."""
    tickets = _TICKETS.get(reactor)
    if tickets is None:
        tickets = _TICKETS[reactor] = Tickets(reactor)
    return tickets


Find = Callable[[str, str], Any]
"""Finds the operation of a method and a path; raises ProblemError."""


def operations(find: Find) -> tuple[Operation, ...]:
    """Return the operations on tickets. find: finds the operations that tickets can be for."""

    def issue_ticket(farm: Farm, request: Request) -> Ticket:
        path = request.body.path
        if not path.startswith(API) or not (path.isascii() and path.isprintable()) or " " in path or "#" in path:
            detail = f"path must be one of this API, percent-encoded, from {API} on: it is {path[:80]!r}"
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        one, _parameters = find("GET", path.partition("?")[0])
        if one is REDEEM:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "a ticket is not for another ticket: name its path")
        return Ticket(f"{PATH}/{tickets_of(farm.reactor).issue(path)}", LIFETIME_S)

    return (
        Operation(
            method="POST",
            path=PATH,
            summary="Get a single-use address",
            description=(
                "Return an address that answers GET without a token, once, within 60 seconds of real time, as the path "
                "does that it is for. Frames, images and downloads of a web page need it, which cannot send a token."
            ),
            handler=issue_ticket,
            answer=Ticket,
            body=WantedTicket,
            status=HTTPStatus.CREATED,
            problems=(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS),
        ),
    )


def redeem_ticket(_farm: Farm, _request: Request) -> Any:
    """Do nothing: the API runs the operation that the ticket is for."""
    raise ProblemError(HTTPStatus.NOT_FOUND, "tickets are redeemed before their operation is found")


REDEEM = Operation(
    method="GET",
    path=f"{PATH}/{{ticket}}",
    summary="Use a single-use address",
    handler=redeem_ticket,
    answer=bytes,
    public=True,
    lax=True,
)
"""Stands for the operation that a ticket is for."""
