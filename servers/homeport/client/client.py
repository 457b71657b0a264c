"""The command line's client of a running farm's control API; its errors are messages for users."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from homeport.client.http import WORLDS, HttpClient, Problem, UnreachableError, query_of

DEFAULT_URL = "http://127.0.0.1:18000"
DEFAULT_WORLD = "default"
READY_CHECK_SECONDS = 0.05
SILENT_SECONDS = 60.0
"""Timeout of a silent event stream, in seconds. The farm sends keep-alive comments more often than that."""


class NoFarmError(Exception):
    """No answer at the URL, or not one of a farm; the message says what to do."""


class RefusedError(Exception):
    """The farm answered with an error; the message is its text. status: of the HTTP response."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


class ControlClient:
    """A client of a farm and of one of its worlds. token: the farm's [control] token; empty for none."""

    def __init__(self, url: str, token: str = "", world: str = DEFAULT_WORLD) -> None:
        self._world = world
        self.base = f"{WORLDS}/{quote(world, safe='')}"
        """The path of the world in the API."""
        self.url = url.rstrip("/")
        if not token.isascii() or not token.isprintable():
            raise NoFarmError("a token consists of visible ASCII characters (RFC 6750 2.1): check --token")
        try:
            self._http = HttpClient(url, token, lasting=False)
        except ValueError:
            raise NoFarmError(f"{url!r} is not the URL of a farm: write http://HOST:PORT") from None

    def get(self, path: str, *, patience: float = 5.0, **query: Any) -> Any:
        """Send a GET request and return the decoded answer. patience: timeout in seconds, longer for a long poll.

        Raises: NoFarmError, RefusedError.
        """
        return self._decode(self.fetch(path, patience=patience, **query))

    def send(self, method: str, path: str, body: Any = None, *, query: str = "", patience: float = 5.0) -> Any:
        """Send a request with a JSON body and return the decoded answer. None: no body, in the request or the answer.

        Raises: NoFarmError, RefusedError.
        """
        octets = None if body is None else json.dumps(body).encode()
        with self._talking():
            said = self._http.ask(method, path, query, octets, patience)
        return self._decode(said) if said else None

    def fetch(self, path: str, *, patience: float = 5.0, **query: Any) -> bytes:
        """Send a GET request and return the body undecoded."""
        with self._talking():
            return self._http.ask("GET", path, query_of(query), None, patience)

    def upload(self, path: str, content: bytes, *, query: str = "", patience: float = 60.0) -> Any:
        """Send bytes by PUT and return the decoded answer. Raises: NoFarmError, RefusedError."""
        with self._talking():
            said = self._http.ask("PUT", path, query, content, patience)
        return self._decode(said)

    def follow(self, since: int, epoch: str, **filters: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield name and data of each event after `since` as it arrives. The last is `closed`, when the world closes.

        Raises: NoFarmError when the farm stops, or sends nothing for a minute; RefusedError.
        """
        query = query_of({"since": since, "epoch": epoch, **filters})
        with self._talking(), self._http.follow(f"{self.base}/events/stream", query, SILENT_SECONDS) as response:
            name = ""
            for line in response:
                field, _colon, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)

    def events(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yield the pages that hold all events in the journal."""
        since: int | None = 0
        epoch: str | None = None
        while since is not None:
            answer = self.get(f"{self.base}/events", since=since, epoch=epoch, **filters)
            yield answer
            since, epoch = answer["next"], answer["epoch"]

    @contextlib.contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except Problem as problem:
            raise RefusedError(str(problem), problem.status) from None
        except UnreachableError:
            raise NoFarmError(f"no farm at {self.url}: start one with `homeport up`, or name it with --url") from None
        except ValueError:
            raise self._no_farm() from None

    def _no_farm(self) -> NoFarmError:
        return NoFarmError(f"the server at {self.url} is not a farm: name a farm with --url")

    def _decode(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise self._no_farm() from None

    def check_ready(self) -> None:
        """Check that the farm is ready and has the world.

        It asks the farm, which knows the state of its listeners, and does not connect to the services: a health check
        every few seconds would fill the journal with its own connections.

        Raises: NoFarmError, RefusedError if not.
        """
        self.get("/readyz")
        if self._world != DEFAULT_WORLD:
            self.get(self.base)

    def wait_until_ready(self, seconds: float) -> str:
        """Poll until the farm is ready or the time is over; return the last problem, empty when ready."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.check_ready()
            except (NoFarmError, RefusedError) as error:
                problem = str(error)
            else:
                return ""
            if time.monotonic() >= deadline:
                return problem
            time.sleep(READY_CHECK_SECONDS)
