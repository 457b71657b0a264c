"""The API as one function from a request to an answer, whatever serves it."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from homeport.control.access import Access
from homeport.control.farm import Farm
from homeport.control.operation import Later, Operation
from homeport.control.operations import TABLE
from homeport.control.problems import MEDIA_TYPE, ProblemError
from homeport.control.routing import Router, read_request
from homeport.quantities import encode

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
    problem: ProblemError | None = None
    """What the server found wrong with it already."""


class Answer(msgspec.Struct, frozen=True):
    """An answer as it goes."""

    status: int
    media_type: str
    body: bytes
    headers: dict[str, str] = {}


class Api:
    """The API of a farm."""

    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._router = Router(TABLE)
        self._access = Access(farm.config, farm.control.addresses)

    def answer(self, incoming: Incoming, send: Callable[[Answer], None]) -> Callable[[], None]:
        """Answer a request by calling `send` once, now or later.

        Returns: what to call if the client goes away before.
        """
        try:
            return self._perform(incoming, send)
        except ProblemError as error:
            send(_refusal(error))
        except Exception:
            log.exception("%s %s failed; please report this", incoming.method, incoming.path)
            send(
                _refusal(ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of ours; the log of the farm has it"))
            )
        return lambda: None

    def _perform(self, incoming: Incoming, send: Callable[[Answer], None]) -> Callable[[], None]:
        if incoming.problem is not None:
            raise incoming.problem
        try:
            one, parameters = self._router.find(incoming.method, incoming.path)
        except ProblemError:
            # Strangers do not even learn what there is.
            self._access.check(incoming.host, incoming.origin, incoming.authorization, public=False)
            raise
        self._access.check(incoming.host, incoming.origin, incoming.authorization, public=one.public)
        answer = one.handler(self._farm, read_request(one, parameters, incoming.query, incoming.body))

        def give(ready: Any) -> None:
            if isinstance(ready, ProblemError):
                send(_refusal(ready))
            else:
                send(Answer(int(one.status), one.media_type, _body(one, ready)))

        if isinstance(answer, Later):
            answer.then(give)
            return answer.drop
        give(answer)
        return lambda: None


def _body(one: Operation, ready: Any) -> bytes:
    if one.answer is None:
        return b""
    return ready if isinstance(ready, bytes) else msgspec.json.encode(ready, enc_hook=encode)


def _refusal(error: ProblemError) -> Answer:
    return Answer(int(error.status), MEDIA_TYPE, msgspec.json.encode(error.problem), error.headers)
