"""What an operation of the API is: a row of the table that routes, checks and describes."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from homeport.control.farm import Farm, WorldHost
from homeport.control.problems import ProblemError

JSON = "application/json"
WORLD = "/api/v1/worlds/{world}"
"""The path below which a world's operations are."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request, routed and checked."""

    parameters: dict[str, str] = {}
    """From the path."""
    query: Any = None
    """The operation's query struct."""
    body: Any = None
    """The operation's body struct."""


class Later:
    """An answer that is not there yet. The driver says what to do with it, or that nobody waits any more."""

    def __init__(self) -> None:
        self._then: Callable[[Any], None] | None = None
        self._answer: Any = None
        self.done = False

    def then(self, told: Callable[[Any], None]) -> None:
        """Call with the answer, or with the ProblemError that stands for it; at once if it is there."""
        self._then = told
        if self.done:
            told(self._answer)

    def answer(self, answer: Any) -> None:
        """The answer is there; only the first counts."""
        if not self.done:
            self.done = True
            self._answer = answer
            self.release()
            if self._then is not None:
                self._then(answer)

    def drop(self) -> None:
        """Nobody waits any more."""
        if not self.done:
            self.done = True
            self.release()

    def release(self) -> None:
        """Give back what the wait holds; called once."""


Handler = Callable[[Farm, Request], Any]
"""Answers a request: the operation's answer, or a `Later`. Raises ProblemError."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation."""

    method: str
    path: str
    """Segments in braces are parameters: `/api/v1/worlds/{world}`."""
    summary: str
    handler: Handler
    answer: Any
    """The type of the answer's body."""
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    status: HTTPStatus = HTTPStatus.OK
    media_type: str = JSON
    public: bool = False
    """Answered without a token."""

    @property
    def name(self) -> str:
        """Its operationId."""
        return getattr(self.handler, "__name__", "")


def world_of(farm: Farm, request: Request) -> WorldHost:
    """The world that the path names.

    Raises: ProblemError if there is none.
    """
    name = request.parameters["world"]
    host = farm.hosts.get(name)
    if host is None:
        there = ", ".join(farm.hosts) or "none"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no world {name!r}; there are: {there}")
    return host
