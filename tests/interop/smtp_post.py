"""Shared by the tests of SMTP clients: a message that reveals changes, and the mail of a farm."""

import json
from urllib.parse import urlencode
from urllib.request import Request, urlopen

LETTER = (
    b"From: Bob <bob@homeport.test>\r\nTo: alice@homeport.test\r\nSubject: dots\r\n"
    b"Date: Wed, 14 Oct 2026 20:00:00 +0000\r\nMessage-ID: <dots@homeport.test>\r\n\r\n"
    b".\r\n..\r\n.one\r\nFrom here on nothing is special.\r\n" + b"0123456789" * 7 + b"\r\n.\r\nend\r\n"
)
"""A message with lines that begin with dots, and lines that are one."""


class Post:
    """The mail of a farm, through its control API."""

    def __init__(self, farm) -> None:
        self.farm = farm
        self.ca = farm.farm.certificates.ca_file
        self.plain = farm.port("smtp", "plain")
        self.starttls, self.submission, self.tls = (farm.port("smtp", one) for one in ("starttls", "submission", "tls"))
        self._world = f"http://127.0.0.1:{farm.farm.control.port}/api/v1/worlds/default"

    def fetch(self, path: str, **query: object) -> bytes:
        """Return the API's answer to a path below the world."""
        with urlopen(f"{self._world}/{path}?{urlencode(query)}", timeout=60) as answer:
            return answer.read()

    def ask(self, path: str, **query: object) -> dict:
        """Return the parsed answer."""
        return json.loads(self.fetch(path, **query))

    def plan(self, **plan: object) -> str:
        """Plan an SMTP fault; return its identifier."""
        body = json.dumps({"service": "smtp", **plan}).encode()
        asked = Request(f"{self._world}/faults", body, {"Content-Type": "application/json"})
        with urlopen(asked, timeout=20) as answer:
            return json.load(answer)["id"]

    def messages(self, count: int) -> list[dict]:
        """Return the parsed messages; expect `count` of them."""
        found = self.ask("smtp/messages/wait", count=count, timeout="30s")["messages"]
        assert len(found) == count
        return [self.ask(f"smtp/messages/{one['id']}") for one in found]

    def message(self) -> dict:
        """Return the only message, parsed."""
        return self.messages(1)[0]

    def raw(self, message: dict) -> bytes:
        """Return the bytes of a message."""
        return self.fetch(f"smtp/messages/{message['id']}/raw")

    def findings(self) -> set[str]:
        """Return the findings, once every connection is closed."""
        opened = len(self.farm.events("opened"))
        self.ask("events/wait", type="closed", count=opened, timeout="10s")
        return {one["id"].removeprefix("smtp.") for one in self.ask("findings")["items"]}

    def logins(self) -> list[tuple[str, str]]:
        """Return login, mechanism and reply code of each authentication."""
        return [(one["mechanism"], one["code"]) for one in self.farm.events("login")]
