"""The API as one function from a request to an answer, whatever serves it."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from homeport.config.quantities import encode
from homeport.control.access import Access
from homeport.control.farm import Farm
from homeport.control.operation import Document, Later, Operation, Stream
from homeport.control.operations import TABLE
from homeport.control.problems import MEDIA_TYPE, ProblemError
from homeport.control.routing import Router, check_content_type, read_request

log = logging.getLogger("homeport")


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it comes."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    host: str | None = None
    origin: str | None = None
    authorization: str | None = None
    content_type: str | None = None
    fetch_site: str | None = None
    """How the page that asks is related to us (Sec-Fetch-Site, which pages cannot set); "" for a mere link to us."""
    last_event_id: str | None = None
    malformed: ProblemError | None = None
    """Why it is no request of HTTP: answered whoever asks."""
    problem: ProblemError | None = None
    """What else the server found wrong with it already."""


class Answer(msgspec.Struct, frozen=True):
    """An answer as it goes."""

    status: int
    media_type: str
    body: bytes
    headers: dict[str, str] = {}
    stream: Stream | None = None
    """What the body goes on with; whoever sends the answer starts it."""


class Api:
    """The API of a farm."""

    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._router = Router(TABLE)
        self._config = farm.config
        self._access = Access(farm.config, farm.control.addresses)

    def answer(self, incoming: Incoming, send: Callable[[Answer], None]) -> Callable[[], None]:
        """Answer a request by calling `send` once, now or later.

        Returns: what to call if the client goes away before.
        """
        try:
            return self._perform(incoming, send)
        except Exception as error:
            send(_failure(incoming, error))
        return lambda: None

    def _perform(self, incoming: Incoming, send: Callable[[Answer], None]) -> Callable[[], None]:
        if incoming.malformed is not None:
            raise incoming.malformed
        try:
            one, parameters = self._router.find(incoming.method, incoming.path)
        except ProblemError as error:
            # Strangers do not even learn what there is.
            self._refuse_strangers(incoming, public=False)
            raise incoming.problem or error from None
        self._refuse_strangers(incoming, public=one.public)
        if incoming.problem is not None:
            raise incoming.problem
        check_content_type(one, incoming.content_type)
        request = read_request(one, parameters, incoming.query, incoming.body, incoming.last_event_id, incoming.host)
        answered = one.handler(self._farm, request)

        def give(ready: Any) -> None:
            # It may come in a later turn, where nobody else would say that it failed.
            try:
                answer = _success(one, ready)
            except Exception as error:
                answer = _failure(incoming, error)
            send(answer)

        if isinstance(answered, Later):
            answered.then(give)
            return answered.drop
        give(answered)
        return answered.drop if isinstance(answered, Stream) else lambda: None

    def _refuse_strangers(self, incoming: Incoming, *, public: bool) -> None:
        """Raises: ProblemError if the request may not be answered."""
        if self._farm.config is not self._config:  # it was reloaded
            self._config = self._farm.config
            self._access = Access(self._config, self._farm.control.addresses)
        self._access.check_site(incoming.fetch_site)
        self._access.check(incoming.host, incoming.origin, incoming.authorization, public=public)


def _success(one: Operation, ready: Any) -> Answer:
    if isinstance(ready, Exception):
        raise ready
    if isinstance(ready, Stream):
        return Answer(int(one.status), one.media_type, b"", stream=ready)
    if isinstance(ready, Document):
        return Answer(int(ready.status or one.status), ready.media_type, ready.body, ready.headers)
    if one.answer is None:
        return Answer(int(one.status), one.media_type, b"")
    body = ready if isinstance(ready, bytes) else msgspec.json.encode(ready, enc_hook=encode)
    return Answer(int(one.status), one.media_type, body)


def _failure(incoming: Incoming, error: Exception) -> Answer:
    if isinstance(error, ProblemError):
        return _refusal(error)
    log.error("%s %s failed; please report this", incoming.method, incoming.path, exc_info=error)
    return _refusal(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of ours; the log of the farm has it"))


def _refusal(error: ProblemError) -> Answer:
    return Answer(int(error.status), MEDIA_TYPE, msgspec.json.encode(error.problem), error.headers)
