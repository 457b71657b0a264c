"""The API as functions from a request to an answer, independent of the HTTP server that calls it.

A request is judged in two steps. `Api.admit` needs only its head: it checks access, finds the operation and validates
the declared body. So the HTTP server can refuse a request before it reads the body, and unauthorized clients cannot
fill its memory. `Api.perform` then parses the body and runs the operation.
"""

import errno
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from homeport.config.quantities import encode
from homeport.control.access import Access
from homeport.control.farm import Farm
from homeport.control.operation import Document, Operation, PendingAnswer, Preferences, Request, Stream
from homeport.control.operations import router
from homeport.control.problems import MEDIA_TYPE, ProblemError
from homeport.control.routing import max_body_bytes, parse_request, validate_content_type
from homeport.control.standstill import AfterStandstill
from homeport.control.tickets import REDEEM, tickets_of

OUT_OF_DESCRIPTORS = (
    "the farm has no file descriptors left for sockets and files: close connections or worlds, or raise the limit "
    "(ulimit -n, LimitNOFILE= of systemd) and start it again"
)

log = logging.getLogger("homeport")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the HTTP server received it, up to its body."""

    method: str
    path: str
    query: str = ""
    host: str | None = None
    origin: str | None = None
    authorization: str | None = None
    content_type: str | None = None
    fetch_site: str | None = None
    """Sec-Fetch-Site, which pages cannot set: relation of the requesting page to the farm; "" for a followed link."""
    last_event_id: str | None = None
    length: int | None = 0
    """Content-Length; None if the body is chunked."""
    preferences: Preferences = Preferences()
    malformed: ProblemError | None = None
    """The error if it is not a valid HTTP request; answered before the access checks."""


class Incoming(Head, frozen=True, kw_only=True):
    """A whole request, of a client in this process."""

    body: bytes = b""


class Admitted(msgspec.Struct, frozen=True):
    """A request whose head is accepted."""

    head: Head
    operation: Operation
    parameters: dict[str, str]

    @property
    def max_body_bytes(self) -> int:
        """Maximum size of its body."""
        return max_body_bytes(self.operation)


class Answer(msgspec.Struct, frozen=True):
    """An answer for the HTTP server to send."""

    status: int
    media_type: str
    body: bytes
    headers: dict[str, str] = {}
    stream: Stream | None = None
    """Produces the rest of the body; the HTTP server starts it."""


class Pending(msgspec.Struct, frozen=True):
    """An answer in progress."""

    drop: Callable[[], None] = lambda: None
    """Call this if the client disconnects before the answer is complete."""
    endless: bool = False
    """True if it waits for events that may never happen. A client that half-closes is taken as gone then."""


class Api:
    """The API of a farm."""

    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._router = router()
        self._config = farm.config
        self._access = Access(farm.config, farm.control.addresses)

    def admit(self, head: Head) -> Admitted:
        """Accept a request by its head. Raise ProblemError if it must not be answered, or cannot be."""
        if head.malformed is not None:
            raise head.malformed
        try:
            one, parameters = self._router.find(head.method, head.path)
        except ProblemError:
            # Without access a client does not learn which paths exist.
            self._check_access(head, public=False)
            raise
        self._check_access(head, public=one.public, cross_origin=one.cross_origin)
        if one is REDEEM:
            path, _mark, query = tickets_of(self._farm.reactor).redeem(parameters["ticket"]).partition("?")
            head = msgspec.structs.replace(head, path=path, query=query)
            one, parameters = self._router.find(head.method, head.path)
        validate_content_type(one, head.content_type)
        admitted = Admitted(head, one, parameters)
        if (head.length or 0) > admitted.max_body_bytes:
            raise body_too_large(admitted)
        return admitted

    def answer(self, incoming: Incoming, send: Callable[[Answer], None]) -> Callable[[], None]:
        """Answer a request of this process by calling `send` once, now or later. Its body is never a stream of slices.

        Returns: a function to call if the answer is not wanted any more.
        """
        try:
            return self._dispatch(self.admit(incoming), incoming.body, send, at_once=True).drop
        except Exception as error:
            send(failure(incoming, error))
        return lambda: None

    def perform(self, admitted: Admitted, body: bytes, send: Callable[[Answer], None]) -> Pending:
        """Run the operation and call `send` once with its answer, now or later."""
        try:
            return self._dispatch(admitted, body, send)
        except Exception as error:
            send(failure(admitted.head, error))
        return Pending()

    def _dispatch(
        self, admitted: Admitted, body: bytes, send: Callable[[Answer], None], *, at_once: bool = False
    ) -> Pending:
        head, one = admitted.head, admitted.operation
        request = parse_request(
            one, admitted.parameters, head.query, body, head.last_event_id, head.host, head.preferences
        )
        answered = self._answer_of(one, request, at_once=at_once)

        def finish(ready: Any) -> None:
            # This may run in a later turn of the reactor, where no caller would handle the exception.
            try:
                answer = _success(one, ready)
            except Exception as error:
                answer = failure(head, error)
            send(answer)

        if isinstance(answered, PendingAnswer):
            if at_once:
                answered.hurry()
            answered.then(finish)
            return Pending(answered.drop, answered.endless)
        finish(answered)
        return Pending(answered.drop, answered.endless) if isinstance(answered, Stream) else Pending()

    def _answer_of(self, one: Operation, request: Request, *, at_once: bool) -> Any:
        """Return what an operation answers; on a registry that catches up with the clock, once it has."""
        host = self._farm.hosts.get(request.parameters.get("world", "")) if one.of_registry and not at_once else None
        if host is None or not host.world.standstill.is_on:
            return one.handler(self._farm, request)
        return AfterStandstill(self._farm, host.world, lambda: one.handler(self._farm, request))

    def _check_access(self, head: Head, *, public: bool, cross_origin: bool = False) -> None:
        """Raise ProblemError if the request must not be answered. cross_origin: pages of any origin may read it."""
        if self._farm.config is not self._config:  # the configuration was reloaded
            self._config = self._farm.config
            self._access = Access(self._config, self._farm.control.addresses)
        if not cross_origin:
            self._access.check_site(head.fetch_site)
        origin = None if cross_origin else head.origin
        self._access.check(head.host, origin, head.authorization, public=public)


def body_too_large(admitted: Admitted) -> ProblemError:
    """Return the error for a body over the limit of its operation."""
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {admitted.max_body_bytes} bytes here")


def failure(head: Head | None, error: Exception) -> Answer:
    """Return the answer to a request that raised; log it if that is an internal error."""
    if is_out_of_descriptors(error):
        error = ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, OUT_OF_DESCRIPTORS)
    elif not isinstance(error, ProblemError):
        method, path = (head.method, head.path) if head is not None else ("", "")
        log.error("internal error: %s %s failed; please report this", method, path, exc_info=error)
        error = ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error; see the farm's log")
    form = _problem_form(head)
    if form is not None:
        shown = form(error)
        return Answer(int(error.status), shown.media_type, shown.body, {**error.headers, **shown.headers})
    return Answer(int(error.status), MEDIA_TYPE, msgspec.json.encode(error.problem), error.headers)


def _problem_form(head: Head | None) -> Callable[[ProblemError], Document] | None:
    """Return the form of errors of the operation that a request is for; None: a problem document."""
    if head is None or head.malformed is not None:
        return None
    try:
        return router().find("GET", head.path)[0].problem_form
    except ProblemError:
        return None


def is_out_of_descriptors(error: BaseException | None) -> bool:
    """Return True if an exception, or one that it replaced, says that no file descriptor is left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            return True
        error = error.__cause__ or error.__context__
    return False


def _success(one: Operation, ready: Any) -> Answer:
    if isinstance(ready, Exception):
        raise ready
    if isinstance(ready, Stream):
        return Answer(int(one.status), ready.media_type or one.media_type, b"", stream=ready)
    if isinstance(ready, Document):
        return Answer(int(ready.status or one.status), ready.media_type, ready.body, ready.headers)
    if one.answer is None:
        return Answer(int(one.status), one.media_type, b"")
    body = ready if isinstance(ready, bytes) else msgspec.json.encode(ready, enc_hook=encode)
    return Answer(int(one.status), one.media_type, body)
