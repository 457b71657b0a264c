"""HTTP client of a farm's control API, for the command line and for tests. Blocking, standard library only.

It is thread-safe. A request takes an idle connection or opens one; after a fork the child opens its own. `http.client`
is imported with the first request, because it is slow to import.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

WORLDS = "/api/v1/worlds"
"""The path of the list of worlds."""
BAD_REQUEST = 400


class UnreachableError(Exception):
    """No farm answers; the message is the system's reason."""


class Problem(Exception):
    """An error response of the farm; the message is its text.

    status: of the HTTP response. nearest: the valid word nearest to an invalid one, if the farm suggests one.
    """

    def __init__(self, status: int, words: str, nearest: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.nearest = nearest


class HttpClient:
    """A client of the farm at one URL.

    token: the farm's [control] token; empty for none. lasting: True to keep connections for further requests, until
    `close`. Raises: ValueError if the URL is invalid.
    """

    def __init__(self, url: str, token: str = "", *, lasting: bool = True) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url if "//" in self.url else f"http://{self.url}")
        self.host, self._port = parts.hostname or "", parts.port or 80
        if parts.scheme not in ("http", "") or not self.host or not self.host.isprintable() or " " in self.host:
            raise ValueError(f"{url!r} is not the URL of a farm: write http://HOST:PORT")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if not lasting:
            self._headers["Connection"] = "close"
        self._idle: list[HTTPConnection] = []
        self._pid = os.getpid()

    def ask(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> bytes:
        """Send a request and return the body of the answer. patience: timeout in seconds. Raises: UnreachableError,
        Problem."""
        status, answer = self.exchange(method, path, query, body, patience)
        if status >= BAD_REQUEST:
            raise problem_of(status, answer)
        return answer

    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        """Send a request and return status and body. patience: timeout in seconds. Raises: UnreachableError."""
        connection = self._connection(patience)
        try:
            with self._network_errors():
                connection.request(method, f"{path}?{query}" if query else path, body, self._headers_for(body))
                response = connection.getresponse()
                answer = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        return response.status, answer

    @contextlib.contextmanager
    def follow(self, path: str, query: str, silence: float) -> "Iterator[HTTPResponse]":
        """Open an endless response, to be read line by line. silence: read timeout in seconds.

        Raises: UnreachableError, also while reading; Problem.
        """
        from http.client import HTTPConnection

        connection = HTTPConnection(self.host, self._port, timeout=silence)
        try:
            with self._network_errors():
                connection.request("GET", f"{path}?{query}" if query else path, headers=self._headers)
                response = connection.getresponse()
                if response.status >= BAD_REQUEST:
                    raise problem_of(response.status, response.read())
                yield response
        finally:
            connection.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _headers_for(self, body: bytes | None) -> dict[str, str]:
        return self._headers if body is None else self._headers | {"Content-Type": "application/json"}

    def _connection(self, patience: float) -> "HTTPConnection":
        from http.client import HTTPConnection

        if self._pid != os.getpid():
            self._idle, self._pid = [], os.getpid()
        connection = self._idle_connection() or HTTPConnection(self.host, self._port)
        connection.timeout = patience
        if connection.sock is not None:
            connection.sock.settimeout(patience)
        return connection

    def _idle_connection(self) -> "HTTPConnection | None":
        """Return an open idle connection, or None: the farm closes those that are idle for a minute."""
        import select

        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took it
                return None
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if not poll.poll(0):
                return connection
            connection.close()
        return None

    @contextlib.contextmanager
    def _network_errors(self) -> Iterator[None]:
        from http.client import HTTPException

        try:
            yield
        except (OSError, HTTPException, UnicodeError) as error:  # UnicodeError: a host that IDNA cannot encode
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise UnreachableError(reason) from None


def query_of(values: dict[str, Any]) -> str:
    """Return a query string without the values that are None."""
    return urlencode({name: value for name, value in values.items() if value is not None})


def problem_of(status: int, body: bytes) -> Problem:
    """Parse an error response (RFC 9457). Raises: ValueError if it is not JSON."""
    import json

    fields = json.loads(body)
    return Problem(status, fields.get("detail") or fields.get("title") or f"status {status}", fields.get("nearest", ""))
