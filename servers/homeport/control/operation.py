"""An operation of the API: a row of the table that routes, validates and describes.

A handler returns its answer at once, or an object for what takes longer: `PendingAnswer` for an answer that depends on
an event, a timer or a thread, and `Stream` for a body that is produced piece by piece under back-pressure. So handlers
stay plain functions that tests can call, and only the HTTP server knows about Twisted's transports.
"""

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
"""Path prefix of a world's operations."""


CROSS_ORIGIN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Headers of answers that pages of any origin may read (CORS, Fetch)."""


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants of the representation of an answer, by headers; None without the header."""

    accept: str | None = None
    accept_encoding: str | None = None
    if_none_match: str | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request, routed and validated."""

    parameters: dict[str, str] = {}
    """Path parameters."""
    query: Any = None
    """The operation's query struct."""
    body: Any = None
    """The operation's body struct; bytes if the operation takes a raw body."""
    last_event_id: str | None = None
    """The header Last-Event-ID: the last event that a reader of server-sent events received."""
    asked: Asked | None = None
    """The host and port of the header Host; None if it is malformed or missing."""
    preferences: Preferences = Preferences()


class PendingAnswer:
    """An answer that is not available yet. The API sets a callback with `then`, or cancels the wait with `drop`."""

    endless = False
    """True if it waits for events that may never happen. A client that half-closes is taken as gone then."""

    def __init__(self) -> None:
        self._then: Callable[[Any], None] | None = None
        self._answer: Any = None
        self._rest: PendingAnswer | None = None
        self.done = False
        self.hurries = False
        """True while the work is done without waiting for later turns."""

    def then(self, callback: Callable[[Any], None]) -> None:
        """Call `callback` with the answer, or with an exception; at once if it is available."""
        self._then = callback
        if self.done:
            callback(self._answer)

    def answer(self, answer: Any) -> None:
        """Give the answer. Only the first call counts."""
        if not self.done:
            self.done = True
            self._answer = answer
            self._release()
            if self._then is not None:
                self._then(answer)

    def answer_by(self, answer: Any) -> None:
        """Answer, now or when the `PendingAnswer` that is given has its answer."""
        if isinstance(answer, PendingAnswer):
            self._rest = answer
            if self.hurries:
                answer.hurry()
            answer.then(self.answer)
        else:
            self.answer(answer)

    @property
    def concluded(self) -> bool:
        """True if the answer is fixed: given, or left to another `PendingAnswer`."""
        return self.done or self._rest is not None

    def attempt(self, step: Callable[[], None]) -> None:
        """Run a step towards the answer. If it raises, the exception is the answer, so that the client gets one."""
        try:
            step()
        except Exception as error:
            self.answer(error)

    def drop(self) -> None:
        """Cancel the wait: the client has disconnected."""
        if not self.done:
            self.done = True
            self._release()

    def hurry(self) -> None:
        """Do at once the work that could be done in slices, because the caller cannot wait for later turns."""

    def _release(self) -> None:
        self.release()
        if self._rest is not None:
            self._rest.drop()

    def release(self) -> None:
        """Release the resources of the wait; called once."""


class Document(msgspec.Struct, frozen=True):
    """An answer with a media type of its own."""

    media_type: str
    body: bytes
    headers: dict[str, str] = {}
    status: HTTPStatus | None = None
    """Status; None for the operation's."""


class Sink(Protocol):
    """The destination of a stream."""

    def write(self, data: bytes) -> None: ...

    def end(self) -> None:
        """Complete the body."""

    def abort(self) -> None:
        """Close the connection at once; unsent bytes are discarded."""


class Stream(ABC):
    """A body that is produced piece by piece. The HTTP server applies back-pressure with `pause` and `resume`."""

    media_type = ""
    """Its media type; empty for the operation's."""
    endless = False
    """As for `PendingAnswer`."""

    @abstractmethod
    def start(self, sink: Sink) -> None:
        """Start to write to `sink`; called once."""

    @abstractmethod
    def pause(self) -> None:
        """Write nothing until `resume`: too much is unsent."""

    @abstractmethod
    def resume(self) -> None:
        """Write again."""

    @abstractmethod
    def drop(self) -> None:
        """Release everything: the client disconnected, or the body is complete.

        May be called twice, or without `start`.
        """


Handler = Callable[[Farm, Request], Any]
"""Returns an answer, a `Document`, a `PendingAnswer` or a `Stream`; raises ProblemError."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the API."""

    method: str
    path: str
    """Segments in braces are parameters: `/api/v1/worlds/{world}`."""
    summary: str
    handler: Handler
    answer: Any
    """Type of the answer's body; None for an answer without a body (204)."""
    description: str = ""
    """One or more whole sentences; empty if the summary says everything."""
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    octets: bool = False
    """True if the body is raw bytes of any media type; `Request.body` has them unchanged."""
    lax: bool = False
    """True if unknown query parameters are ignored instead of refused."""
    rest: str = ""
    """Name of the path parameter that matches the rest of the path, which the handler decodes."""
    status: HTTPStatus = HTTPStatus.OK
    media_type: str = JSON
    other_types: tuple[str, ...] = ()
    """Media types of the `Document`s that it answers with if the query asks for them."""
    problems: tuple[HTTPStatus, ...] = ()
    """Error statuses, besides those that follow from its method, path and parameters."""
    max_body_bytes: int = 0
    """Maximum size of a request's body; 0 for the default of its kind."""
    public: bool = False
    """True if no token is needed."""
    cli: str = ""
    """The command line that does the same; empty if there is none.

    Names in braces are path parameters, or fields of the query or the body, quoted as words of a shell. Options for
    the world and the farm are left out: `--world`, `--url`, `--token`.
    """
    python: str = ""
    """The same with a fixture of the pytest plugin, `homeport` or `homeport_farm`; names in braces are values in
    Python's notation."""
    own_problems: tuple[HTTPStatus, ...] = ()
    """Error statuses that it answers with a document of its own instead of a problem document."""
    own_problem: tuple[str, Any] = ("", None)
    """Media type of that document, and type of its body."""
    problem_form: Callable[[ProblemError], Document] | None = None
    """Serializes every other error in the same form; None: as a problem document."""
    cross_origin: bool = False
    """True if pages of any origin may read its answers: it shows nothing that is not public."""

    @property
    def needs_body(self) -> bool:
        """True if a request must have a body: if any field of the body has no default."""
        return self.body is not None and any(field.required for field in msgspec.structs.fields(self.body))

    @property
    def of_registry(self) -> bool:
        """True if its answer comes from a world's registry, so that it waits while that catches up with the clock."""
        return not {"registry", "rdap"}.isdisjoint(self.path.split("/"))

    @property
    def name(self) -> str:
        """The operationId: the name of the handler."""
        return getattr(self.handler, "__name__", "")


def world_of(farm: Farm, request: Request) -> WorldHost:
    """Return the world that the path names. Raise ProblemError, 404, if it does not exist."""
    name = request.parameters["world"]
    host = farm.hosts.get(name)
    if host is None:
        known = ", ".join(farm.hosts) or "none"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no world {name!r}; there are: {known}")
    return host
