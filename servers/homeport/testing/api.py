"""A client of the control API for tests, used by a world's objects.

Over HTTP it is a `client.http.HttpClient`; in thread mode the operations are called without HTTP (`thread`).
"""

from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote

from homeport.client.http import BAD_REQUEST, HttpClient, UnreachableError, problem_of, query_of
from homeport.testing.errors import FarmGone, Refused

PATIENCE = 15.0
UPLOAD_PATIENCE = 60.0
"""Timeout of an answer in seconds, in addition to the request's own waiting time."""
NOT_JSON = "the server there is not a farm: its answers are not JSON"


class Api(ABC):
    """Sends requests to a farm."""

    @abstractmethod
    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        """Send a request and return status and body. patience: timeout in seconds. Raises: FarmGone."""

    @abstractmethod
    def close(self) -> None:
        """Release its resources."""

    def get(self, path: str, *, patience: float = 0.0, **query: Any) -> Any:
        """Send a GET request and return the decoded answer. patience: seconds that the request itself may wait.

        Raises: FarmGone, Refused.
        """
        __tracebackhide__ = True
        return parse_json(self.fetch(path, patience=patience, **query))

    def fetch(self, path: str, *, patience: float = 0.0, **query: Any) -> bytes:
        """Send a GET request and return the body undecoded."""
        __tracebackhide__ = True
        return self._answer("GET", path, query_of(query), None, patience + PATIENCE)

    def send(self, method: str, path: str, body: Any = None, *, query: str = "") -> Any:
        """Send a request with a JSON body and return the decoded answer. None: no body, in the request or the answer.

        Raises: FarmGone, Refused.
        """
        __tracebackhide__ = True
        import json

        octets = None if body is None else json.dumps(body).encode()
        answer = self._answer(method, path, query, octets, PATIENCE)
        return parse_json(answer) if answer else None

    def upload(self, path: str, content: bytes) -> None:
        """PUT bytes."""
        self._answer("PUT", path, "", content, PATIENCE)

    def add(self, path: str, content: bytes, **query: Any) -> Any:
        """PUT bytes with a query, and return the decoded answer."""
        __tracebackhide__ = True
        return parse_json(self._answer("PUT", path, query_of(query), content, UPLOAD_PATIENCE))

    def _answer(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> bytes:
        __tracebackhide__ = True
        status, answer = self.exchange(method, path, query, body, patience)
        if status >= BAD_REQUEST:
            try:
                problem = problem_of(status, answer)
            except ValueError:
                raise FarmGone(NOT_JSON) from None
            raise Refused(status, str(problem), problem.nearest)
        return answer


class HttpApi(Api):
    """Sends requests over HTTP. url: of the farm's control listener. token: its [control] token; empty for none."""

    def __init__(self, url: str, token: str = "") -> None:
        try:
            self._http = HttpClient(url, token)
        except ValueError:
            raise FarmGone(f"{url!r} is not the URL of a farm: write http://HOST:PORT") from None
        self.url, self.host = self._http.url, self._http.host

    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        try:
            return self._http.exchange(method, path, query, body, patience)
        except UnreachableError as error:
            raise FarmGone(f"no farm answers at {self.url}: {error}") from None

    def close(self) -> None:
        self._http.close()


def parse_json(body: bytes) -> Any:
    """Parse a JSON body. Raises: FarmGone if it is invalid."""
    import json

    try:
        return json.loads(body)
    except ValueError:
        raise FarmGone(NOT_JSON) from None


def segment(name: str) -> str:
    """Return a name escaped as one segment of a path."""
    return quote(name, safe="")
