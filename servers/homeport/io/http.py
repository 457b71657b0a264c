"""The API over HTTP/1.1, by `twisted.web.http` on the farm's own reactor; nothing here touches the global one."""

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from twisted.web.http import HTTPFactory, Request

from homeport import __version__
from homeport.control.api import Answer, Api, Incoming
from homeport.control.problems import ProblemError
from homeport.control.routing import BODY_CAP

if TYPE_CHECKING:
    from homeport.io.supervisor import Farm

SERVER = f"homeport/{__version__}"
IDLE_SECONDS = 120
"""How long a connection may be without a request; an answer may take as long as it likes."""


class ControlServer(HTTPFactory):
    """The HTTP server of a farm."""

    noisy = False

    def __init__(self, farm: "Farm") -> None:
        # The default would be the global reactor.
        super().__init__(timeout=IDLE_SECONDS, reactor=farm.reactor)  # type: ignore[arg-type]  # it has IReactorTime
        self.api = Api(farm)

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted calls it
        """The channel of a new connection."""
        channel: Any = super().buildProtocol(addr)
        channel.requestFactory = ControlRequest
        return channel


class ControlRequest(Request):
    """One request and its answer."""

    _body_size = 0
    _drop: Any = None
    content: Any

    def gotLength(self, _length: int | None) -> None:  # noqa: N802
        """The body begins. Kept in memory: the stock one goes to a file when it is long."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """A piece of the body; over the cap it is read and forgotten, so that the client gets to hear why."""
        self._body_size += len(data)
        if self._body_size <= BODY_CAP:
            self.content.write(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """All is here. The stock method would parse forms out of the body too."""
        self.method, self.uri, self.clientproto = command, path, version
        where, _mark, query = path.partition(b"?")
        problem = None
        if self._body_size > BODY_CAP:
            problem = ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {BODY_CAP} octets")
        incoming = Incoming(
            method=command.decode("ascii", "replace"),
            path=where.decode("ascii", "replace"),
            query=query.decode("ascii", "replace"),
            body=self.content.getvalue(),
            host=self.getHeader("host"),
            origin=self.getHeader("origin"),
            authorization=self.getHeader("authorization"),
            problem=problem,
        )
        self._drop = self.channel.factory.api.answer(incoming, self._send)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """The client went away before its answer."""
        if self._drop is not None:
            self._drop()
        stock: Any = super()  # it has no annotations
        stock.connectionLost(reason)

    def _send(self, answer: Answer) -> None:
        request: Any = self  # what it inherits has no annotations
        request.setResponseCode(answer.status, HTTPStatus(answer.status).phrase.encode())
        request.setHeader("Server", SERVER)
        if answer.status != HTTPStatus.NO_CONTENT:
            request.setHeader("Content-Type", answer.media_type)
            request.setHeader("Content-Length", str(len(answer.body)))
        request.setHeader("Cache-Control", "no-store")
        for name, value in answer.headers.items():
            request.setHeader(name, value)
        if self.method != b"HEAD":
            request.write(answer.body)
        request.finish()
