"""A client of a running farm's control API, for the command line: its words and errors."""

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
"""How long a stream of events may say nothing, not even that it lives."""


class NoFarmError(Exception):
    """Nobody answers at the URL, or it is no farm; the message says what to do."""


class RefusedError(Exception):
    """The farm answered with an error, in its words. status: of the HTTP response."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


class ControlClient:
    """Asks a farm. token: of its [control] token; empty for none. world: whose `base` is."""

    def __init__(self, url: str, token: str = "", world: str = DEFAULT_WORLD) -> None:
        self._world = world
        self.base = f"{WORLDS}/{quote(world, safe='')}"
        """The path of the world."""
        self.url = url.rstrip("/")
        if not token.isascii() or not token.isprintable():
            raise NoFarmError("a token has visible ASCII characters alone (RFC 6750 2.1): look at --token")
        try:
            self._http = HttpClient(url, token, lasting=False)
        except ValueError:
            raise NoFarmError(f"{url!r} is no URL of a farm: write http://HOST:PORT") from None

    def get(self, path: str, *, patience: float = 5.0, **query: Any) -> Any:
        """What the API answers, decoded. patience: seconds to wait for it, longer for a long poll.

        Raises: NoFarmError, RefusedError.
        """
        return self._decode(self.fetch(path, patience=patience, **query))

    def send(self, method: str, path: str, body: Any = None, *, patience: float = 5.0) -> Any:
        """What the API answers to a request with that body in JSON, decoded. None: no body, either way.

        Raises: NoFarmError, RefusedError.
        """
        octets = None if body is None else json.dumps(body).encode()
        with self._talking():
            said = self._http.ask(method, path, "", octets, patience)
        return self._decode(said) if said else None

    def fetch(self, path: str, *, patience: float = 5.0, **query: Any) -> bytes:
        """The same as it comes, for what is no JSON."""
        with self._talking():
            return self._http.ask("GET", path, query_of(query), None, patience)

    def follow(self, since: int, epoch: str, **filters: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """Events after `since` as they come: name and data of each. The last is `closed`, when the world is.

        Raises: NoFarmError when the farm stops, or says nothing for a minute; RefusedError.
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
        """The answers that hold all events that are kept, page by page."""
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
        return NoFarmError(f"what answers at {self.url} is no farm: name one with --url")

    def _decode(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise self._no_farm() from None

    def check_ready(self) -> None:
        """Ask whether every listener answers that was not taken down on purpose, and there is such a world.

        The farm is asked, which knows what is stopped or refuses, and nobody connects to the services: a health check
        every few seconds would fill the journal with its own connections.

        Raises: NoFarmError, RefusedError if not, or there is no such world.
        """
        self.get("/readyz")
        if self._world != DEFAULT_WORLD:
            self.get(self.base)

    def wait_until_ready(self, seconds: float) -> str:
        """Ask until the farm is ready or the time is over: what is wrong then, empty if nothing is."""
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
