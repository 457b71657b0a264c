"""Clients that we did not write. Each is found on the machine, or its tests are skipped; in CI they may not be."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

REQUIRED = os.environ.get("HOMEPORT_REQUIRE_INTEROP") == "1"
MOMENT = 1_792_008_000.0
"""What the world's clock stands at: 2026-10-14T20:00:00Z, a Wednesday."""
ADMINISTRATOR_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
"""Debian has rdate and nmap's kin where only root looks."""


def lacking(reason: str) -> None:
    """Skip the test, or fail it where every client is required."""
    if REQUIRED:
        pytest.fail(f"{reason}, and HOMEPORT_REQUIRE_INTEROP=1 demands it: install it (see .ci/run)")
    pytest.skip(reason)


@pytest.fixture
def client() -> Callable[[str], str]:
    """The path of a client: `client("nc")`."""

    def find(name: str) -> str:
        path = shutil.which(name, path=ADMINISTRATOR_PATH)
        if path is None:
            lacking(f"there is no {name} on this machine")
        return path

    return find


@pytest.fixture
def netcat(client: Callable[[str], str]) -> str:
    """OpenBSD's nc; the traditional one and nmap's have other options."""
    path = client("nc")
    if "OpenBSD netcat" not in subprocess.run([path, "-h"], capture_output=True, text=True, check=False).stderr:
        lacking("nc is not OpenBSD's")
    return path


@pytest.fixture
def run() -> Callable[..., bytes]:
    """Run a client in English and UTC: what it printed. One that fails, or hangs for a minute, fails the test."""

    def run(*command: object, stdin: bytes = b"") -> bytes:
        environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PATH": ADMINISTRATOR_PATH}
        done = subprocess.run(
            [str(word) for word in command], input=stdin, capture_output=True, timeout=60, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    return run


@pytest.fixture
def still_farm(start_farm):
    """Every service, on free ports, in a world whose clock stands still at MOMENT."""
    farm = start_farm()
    farm.call(lambda: (farm.world.clock.freeze(), farm.world.clock.set(MOMENT)))
    return farm


LETTER = (
    b"From: Bob <bob@homeport.test>\r\nTo: alice@homeport.test\r\nSubject: dots\r\n"
    b"Date: Wed, 14 Oct 2026 20:00:00 +0000\r\nMessage-ID: <dots@homeport.test>\r\n\r\n"
    b".\r\n..\r\n.one\r\nFrom here on nothing is special.\r\n" + b"0123456789" * 7 + b"\r\n.\r\nend\r\n"
)


class Post:
    """The mail of a farm, as its control API tells of it."""

    def __init__(self, farm) -> None:
        self.farm = farm
        self.ca = farm.farm.certificates.ca_file
        self.starttls, self.submission, self.tls = (farm.port("smtp", one) for one in ("starttls", "submission", "tls"))
        self._world = f"http://127.0.0.1:{farm.farm.control.port}/api/v1/worlds/default"

    def fetch(self, path: str, **query: object) -> bytes:
        """What the API answers below the world."""
        with urlopen(f"{self._world}/{path}?{urlencode(query)}", timeout=20) as answer:
            return answer.read()

    def ask(self, path: str, **query: object) -> dict:
        """The same, read."""
        return json.loads(self.fetch(path, **query))

    def plan(self, **plan: object) -> str:
        """Plan a fault of SMTP: its identifier."""
        body = json.dumps({"service": "smtp", **plan}).encode()
        asked = Request(f"{self._world}/faults", body, {"Content-Type": "application/json"})
        with urlopen(asked, timeout=20) as answer:
            return json.load(answer)["id"]

    def messages(self, count: int) -> list[dict]:
        """The messages, read; there are so many."""
        found = self.ask("smtp/messages/wait", count=count, timeout="10s")["messages"]
        assert len(found) == count
        return [self.ask(f"smtp/messages/{one['id']}") for one in found]

    def message(self) -> dict:
        """The only message, read."""
        return self.messages(1)[0]

    def raw(self, message: dict) -> bytes:
        """The octets of a message."""
        return self.fetch(f"smtp/messages/{message['id']}/raw")

    def findings(self) -> set[str]:
        """What the clients did wrong, once every connection is over."""
        opened = len(self.farm.events("opened"))
        self.ask("events/wait", type="closed", count=opened, timeout="10s")
        return {one["id"].removeprefix("smtp.") for one in self.ask("findings")["items"]}

    def logins(self) -> list[tuple[str, str]]:
        """Who logged in by which mechanism, and the reply's code."""
        return [(one["mechanism"], one["code"]) for one in self.farm.events("login")]


@pytest.fixture
def letter() -> bytes:
    """A message with lines that begin with dots, and lines that are one."""
    return LETTER


@pytest.fixture
def letter_file(letter, tmp_path) -> Path:
    """The same as a file."""
    path = tmp_path / "letter.eml"
    path.write_bytes(letter)
    return path


@pytest.fixture
def start_post(start_farm) -> Callable[..., Post]:
    """A farm with SMTP alone and these options; clients are asked for certificates."""

    def start(contents=None, data="", **options: object) -> Post:
        return Post(start_farm("smtp", contents=contents, data=data, smtp={"client_certificates": "ask", **options}))

    return start


@pytest.fixture
def post(start_post) -> Post:
    """A farm with SMTP as it is."""
    return start_post()


@pytest.fixture
def certificate(run, homeport_command, tmp_path) -> Callable[[Post, str], Path]:
    """The file with a client certificate and its key, which `homeport ca` has written."""

    def issue(post: Post, name: str) -> Path:
        path = tmp_path / f"{name}.pem"
        url = post.farm.farm.describe("default")["control"]
        run("env", "PYTHONPATH=servers", *homeport_command, "ca", "--client", name, "--out", path, "--url", url)
        return path

    return issue
