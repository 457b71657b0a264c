"""A test client for the SMTP session."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import cuts
from services.line_client import TLS as TLS
from services.line_client import LineClient

from homeport.protocol.events import Tls, TlsStarted
from homeport.services.smtp import SERVICE
from homeport.world.world import World

GREETING = b"220 mail.homeport.test ESMTP Homeport\r\n"
GROUPING = {"pipelining-sync", "pipelining-not-offered"}
"""Findings that depend on how the input is cut, because they are about pipelining."""
MESSAGE = (
    "Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: a@client.example\r\nMessage-ID: <1@client.example>\r\n"
    "Subject: hello\r\n\r\nhello\r\n"
)


class Client(LineClient):
    """One connection to SMTP."""

    def __init__(self, world: World | None = None, **options: Any) -> None:
        super().__init__(SERVICE, world, **options)

    def hello(self) -> "Client":
        """Send EHLO, and expect success."""
        assert self.say("EHLO client.example").startswith("250-")
        return self

    def deliver(self, message: str | bytes = MESSAGE, mail: str = "", rcpt: str = "") -> str:
        """Run a whole transaction; return the reply to the end of the message."""
        assert self.say(f"MAIL FROM:<a@client.example>{mail}").startswith("250")
        assert self.say(f"RCPT TO:<alice@homeport.test>{rcpt}").startswith("250")
        assert self.say("DATA").startswith("354")
        return self.send((message.encode() if isinstance(message, str) else message) + b".\r\n")

    def start_tls(self, tls: Tls = TLS) -> "Client":
        """Run STARTTLS and the handshake."""
        assert self.say("STARTTLS").startswith("220")
        assert self.talk.starting_tls
        self.tell(TlsStarted(tls))
        return self

    @property
    def stored(self) -> list[bytes]:
        """The messages of the world, as received."""
        return [self.world.mail.raw(message) for message in self.world.mail.messages()]

    @property
    def envelopes(self) -> list[Any]:
        """The envelopes of the messages."""
        return [message.envelope for message in self.world.mail.messages()]


@pytest.fixture
def client() -> Callable[..., Client]:
    """Open a connection: `client(**options)`; keywords that are no options go to `Client`."""
    return Client


@pytest.fixture
def every_way() -> Callable[..., Client]:
    """Feed bytes whole, one by one, and cut anywhere: all results but findings about pipelining must be equal."""

    def run(data: bytes, **options: Any) -> Client:
        outcomes = []
        for way in cuts(data):
            one = Client(**options)
            for piece in way:
                one.send(piece)
            # The findings of one message may come in another order.
            one.talk.findings = sorted(finding for finding in one.talk.findings if finding not in GROUPING)
            one.talk.timers.pop("rate", None)  # a message in several reads is timed
            one.talk.concealed = 0  # a secret in pieces is concealed piece by piece
            outcomes.append((way, one))
        first = outcomes[0][1]
        for way, other in outcomes[1:]:
            assert other.talk == first.talk, f"cut as {way} it went otherwise"
            assert other.stored == first.stored, f"cut as {way} another message came out"
        return first

    return run
