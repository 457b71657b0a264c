"""What an operation of the API is: a row of the table that routes, checks and describes."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

import msgspec

from homeport.control.farm import Farm, WorldHost
from homeport.control.problems import ProblemError
from homeport.protocol.addresses import Asked

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
    last_event_id: str | None = None
    """How far a reader of events had come (Last-Event-ID of server-sent events)."""
    asked: Asked | None = None
    """The host and port that it was sent to; None if its Host is malformed or missing."""


class Later:
    """An answer that is not there yet. The driver says what to do with it, or that nobody waits any more."""

    def __init__(self) -> None:
        self._then: Callable[[Any], None] | None = None
        self._answer: Any = None
        self.done = False

    def then(self, told: Callable[[Any], None]) -> None:
        """Call with the answer, or with the exception that stands for it; at once if it is there."""
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

    def attempt(self, step: Callable[[], None]) -> None:
        """Take a step towards the answer; if it raises, that is the answer, so that nobody waits in vain."""
        try:
            step()
        except Exception as error:
            self.answer(error)

    def drop(self) -> None:
        """Nobody waits any more."""
        if not self.done:
            self.done = True
            self.release()

    def release(self) -> None:
        """Give back what the wait holds; called once."""


class Document(msgspec.Struct, frozen=True):
    """An answer of a media type of its own."""

    media_type: str
    body: bytes
    headers: dict[str, str] = {}
    status: HTTPStatus | None = None
    """Instead of the operation's."""


class Sink(Protocol):
    """Where a stream goes."""

    def write(self, data: bytes) -> None: ...

    def end(self) -> None:
        """The stream is complete."""

    def abort(self) -> None:
        """Cut it off, whatever is still unsent."""


class Stream(ABC):
    """An answer that goes on as long as there is something to say. The driver says when it goes too fast."""

    @abstractmethod
    def start(self, sink: Sink) -> None:
        """Write to this from now on; called once."""

    @abstractmethod
    def pause(self) -> None:
        """The network takes no more: write nothing until `resume`."""

    @abstractmethod
    def resume(self) -> None:
        """The network takes more."""

    @abstractmethod
    def drop(self) -> None:
        """Nobody reads any more, or the end has been written; may come more than once, and without `start`."""


Handler = Callable[[Farm, Request], Any]
"""Answers a request: the operation's answer, a `Document`, a `Later` or a `Stream`. Raises ProblemError."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation."""

    method: str
    path: str
    """Segments in braces are parameters: `/api/v1/worlds/{world}`."""
    summary: str
    handler: Handler
    answer: Any
    """The type of the answer's body; None for an answer without one (204)."""
    description: str = ""
    """The summary in whole sentences; empty: there is no more to say than that."""
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    octets: bool = False
    """The body is octets, of whatever type: `Request.body` has them as they came."""
    lax: bool = False
    """Parameters of the query that it does not know are left out, instead of refused."""
    rest: str = ""
    """The parameter that is all the rest of the path: slashes and percent-encoding are the handler's to read."""
    status: HTTPStatus = HTTPStatus.OK
    media_type: str = JSON
    other_types: tuple[str, ...] = ()
    """Media types of a `Document` that it answers with instead, if asked to."""
    problems: tuple[HTTPStatus, ...] = ()
    """The errors that it can give besides those that come of its method, its path and its parameters."""
    public: bool = False
    """Answered without a token."""
    own_problems: tuple[HTTPStatus, ...] = ()
    """Errors that it answers with a document of its own instead of a problem document."""
    own_problem: tuple[str, Any] = ("", None)
    """The media type of that document, and the type of its body."""

    @property
    def needs_body(self) -> bool:
        """Whether a request must have a body: not if every field of it has a default."""
        return self.body is not None and any(field.required for field in msgspec.structs.fields(self.body))

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
