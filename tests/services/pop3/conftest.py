"""A test client for the POP3 session."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import cuts, make_world
from services.line_client import TLS, LineClient

from homeport.protocol.events import Data, TlsStarted
from homeport.services.pop3 import SERVICE
from homeport.world.mail.message import Envelope, Recipient
from homeport.world.world import World

MESSAGE = b"From: bob@homeport.test\r\nSubject: hi\r\n\r\nHello\r\n.a dot\r\nlast\r\n"
GROUPING = {"pipelining-sync", "pipelining-not-offered", "stls-injection"}
"""Findings that depend on how the input is cut, because they are about pipelining."""


class Client(LineClient):
    """One connection to POP3."""

    def __init__(self, world: World | None = None, **options: Any) -> None:
        super().__init__(SERVICE, world, **options)

    def login(self, name: str = "alice") -> "Client":
        """Log in, and expect success."""
        assert self.say(f"USER {name}", f"PASS {name}-pass").startswith("+OK"), self.talk.sent
        return self

    def start_tls(self) -> "Client":
        """Run STLS and the handshake."""
        assert self.say("STLS").startswith("+OK")
        assert self.talk.starting_tls
        self.tell(TlsStarted(TLS))
        return self

    def lines(self, line: str) -> list[str]:
        """Send a command with an answer of several lines; return them without the first and the last."""
        first, *lines = self.say(line).split("\r\n")
        assert first.startswith("+OK"), first
        assert lines.pop() == "."
        return lines

    def retrieve(self, line: str = "RETR 1") -> bytes:
        """Read a message; return it without the dots, as a client does."""
        sent = self.hear(Data(line.encode() + b"\r\n"))
        head, _, content = sent.partition(b"\r\n")
        assert head.startswith(b"+OK"), head
        assert content.endswith(b"\r\n.\r\n") or content == b".\r\n"
        lines = content.removesuffix(b".\r\n").split(b"\r\n")
        return b"\r\n".join(line.removeprefix(b".") for line in lines)


def receives(world: World, *raws: bytes, to: str = "alice@homeport.test", smtputf8: bool = False) -> World:
    """Deliver messages over SMTP; return the world."""
    for raw in raws:
        draft = world.mail.begin(len(raw))
        draft.write(raw)
        envelope = Envelope(reverse_path="bob@homeport.test", recipients=(Recipient(address=to),), smtputf8=smtputf8)
        draft.keep(envelope)
    return world


def has(world: World, *raws: bytes, login: str = "alice") -> World:
    """Append messages to the INBOX of a person, whose bytes POP3 has unchanged; return the world."""
    account = world.mailboxes.account(login)
    for raw in raws:
        draft = account.begin(len(raw))
        draft.write(raw)
        account.append(account.inbox, draft)
    return world


@pytest.fixture
def client() -> Callable[..., Client]:
    """Open a connection: `client(world, **options)`; keywords that are no options go to `Client`."""
    return Client


@pytest.fixture
def box(world: World) -> Callable[..., Client]:
    """Log in to a maildrop with these messages: `box(MESSAGE, MESSAGE, **options)`."""

    def make(*raws: bytes, **options: Any) -> Client:
        return Client(has(world, *raws), **options).login()

    return make


@pytest.fixture
def every_way() -> Callable[..., Client]:
    """Feed bytes whole, one by one, and cut anywhere: all results but findings about pipelining must be equal."""

    def run(data: bytes, *raws: bytes, **options: Any) -> Client:
        outcomes = []
        for way in cuts(data):
            one = Client(has(make_world(), *raws), **options)
            for piece in way:
                one.send(piece)
            one.talk.findings = [finding for finding in one.talk.findings if finding not in GROUPING]
            outcomes.append((way, one))
        first = outcomes[0][1]
        for way, other in outcomes[1:]:
            assert other.talk == first.talk, f"cut as {way} it went otherwise"
        return first

    return run
