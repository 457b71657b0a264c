"""A client of the control API for tests: what a world's objects ask a farm with.

Any number of threads may use one. A request over HTTP takes an idle connection, or makes one; after a fork the child
makes its own. Standard library only, and that is imported with the first request.
"""

import os
from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote, urlencode

from homeport.testing.errors import FarmGone, Refused

WORLDS = "/api/v1/worlds"
PATIENCE = 15.0
"""Seconds that an answer may take, on top of what a request itself waits."""
JSON = "application/json"
BAD_REQUEST = 400


class Api(ABC):
    """Asks a farm."""

    @abstractmethod
    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        """Status and body of the answer. patience: seconds to wait for it. Raises: FarmGone."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds."""

    def get(self, path: str, *, patience: float = 0.0, **query: Any) -> Any:
        """The answer to a question, decoded. patience: how long the question may wait by itself.

        Raises: FarmGone, Refused.
        """
        __tracebackhide__ = True
        return decoded(self.fetch(path, patience=patience, **query))

    def fetch(self, path: str, *, patience: float = 0.0, **query: Any) -> bytes:
        """The same as it comes, for what is no JSON."""
        __tracebackhide__ = True
        given = {name: value for name, value in query.items() if value is not None}
        return self._answer("GET", path, urlencode(given), None, patience + PATIENCE)

    def send(self, method: str, path: str, body: Any = None, *, query: str = "") -> Any:
        """Ask for something to be done, with that body in JSON; the answer, decoded. None: no body, either way.

        Raises: FarmGone, Refused.
        """
        __tracebackhide__ = True
        import json

        octets = None if body is None else json.dumps(body).encode()
        said = self._answer(method, path, query, octets, PATIENCE)
        return decoded(said) if said else None

    def upload(self, path: str, content: bytes) -> None:
        """PUT octets."""
        self._answer("PUT", path, "", content, PATIENCE)

    def _answer(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> bytes:
        __tracebackhide__ = True
        status, said = self.exchange(method, path, query, body, patience)
        if status >= BAD_REQUEST:
            problem = decoded(said)
            words = problem.get("detail") or problem.get("title") or f"status {status}"
            raise Refused(status, words, problem.get("nearest", ""))
        return said


class HttpApi(Api):
    """Asks over HTTP. url: of the farm's control listener. token: its [control] token; empty for none."""

    def __init__(self, url: str, token: str = "") -> None:
        from urllib.parse import urlsplit

        self.url = url.rstrip("/")
        parts = urlsplit(self.url if "//" in self.url else f"http://{self.url}")
        try:
            self.host, self._port = parts.hostname or "", parts.port or 80
        except ValueError:
            self.host, self._port = "", 0
        if parts.scheme != "http" or not self.host:
            raise FarmGone(f"{url!r} is no URL of a farm: write http://HOST:PORT")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        import http.client

        if self._pid != os.getpid():
            self._idle, self._pid = [], os.getpid()
        connection = self._idle_connection() or http.client.HTTPConnection(self.host, self._port)
        connection.timeout = patience
        if connection.sock is not None:
            connection.sock.settimeout(patience)
        headers = self._headers if body is None else self._headers | {"Content-Type": JSON}
        try:
            connection.request(method, f"{path}?{query}" if query else path, body, headers)
            response = connection.getresponse()
            said: bytes = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise FarmGone(f"no farm answers at {self.url}: {reason}") from None
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        return response.status, said

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _idle_connection(self) -> Any:
        """A connection that still stands, or None: the farm closes those that are idle for a minute."""
        import select

        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was quicker
                return None
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if not poll.poll(0):
                return connection
            connection.close()
        return None


def decoded(body: bytes) -> Any:
    """What JSON says. Raises: FarmGone if it is none."""
    import json

    try:
        return json.loads(body)
    except ValueError:
        raise FarmGone("what answers there is no farm: its answers are no JSON") from None


def segment(name: str) -> str:
    """A name as a segment of a path."""
    return quote(name, safe="")
