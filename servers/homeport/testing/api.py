"""A client of the control API for tests: what a world's objects ask a farm with.

Over HTTP it is a `client.http.HttpClient`; in thread mode the operations are called without HTTP (`thread`).
"""

from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote

from homeport.client.http import BAD_REQUEST, HttpClient, UnreachableError, problem_of, query_of
from homeport.testing.errors import FarmGone, Refused

PATIENCE = 15.0
"""Seconds that an answer may take, on top of what a request itself waits."""
NO_JSON = "what answers there is no farm: its answers are no JSON"


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
        return self._answer("GET", path, query_of(query), None, patience + PATIENCE)

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
            try:
                problem = problem_of(status, said)
            except ValueError:
                raise FarmGone(NO_JSON) from None
            raise Refused(status, str(problem), problem.nearest)
        return said


class HttpApi(Api):
    """Asks over HTTP. url: of the farm's control listener. token: its [control] token; empty for none."""

    def __init__(self, url: str, token: str = "") -> None:
        try:
            self._http = HttpClient(url, token)
        except ValueError:
            raise FarmGone(f"{url!r} is no URL of a farm: write http://HOST:PORT") from None
        self.url, self.host = self._http.url, self._http.host

    def exchange(self, method: str, path: str, query: str, body: bytes | None, patience: float) -> tuple[int, bytes]:
        try:
            return self._http.exchange(method, path, query, body, patience)
        except UnreachableError as error:
            raise FarmGone(f"no farm answers at {self.url}: {error}") from None

    def close(self) -> None:
        self._http.close()


def decoded(body: bytes) -> Any:
    """What JSON says. Raises: FarmGone if it is none."""
    import json

    try:
        return json.loads(body)
    except ValueError:
        raise FarmGone(NO_JSON) from None


def segment(name: str) -> str:
    """A name as a segment of a path."""
    return quote(name, safe="")
