"""A client of the SMTP session: it says lines, and reads what comes back."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import LOCAL, PEER, Talk, cuts, make_world

from homeport.protocol.effects import Call
from homeport.protocol.events import Called, Closed, Data, Eof, Event, Opened, Tls, TlsStarted
from homeport.protocol.session import Context
from homeport.services.smtp import SERVICE
from homeport.world.world import World

GREETING = b"220 mail.homeport.test ESMTP Homeport\r\n"
GROUPING = {"pipelining-sync", "pipelining-not-offered"}
"""Findings that depend on how the input is cut: they are about that."""
MESSAGE = (
    "Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: a@client.example\r\nMessage-ID: <1@client.example>\r\n"
    "Subject: hello\r\n\r\nhello\r\n"
)
TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")


class Client:
    """One connection.

    holding: keep the work of a `Call` until `release()`.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        listener: str = "starttls",
        peer: tuple[str, int] = PEER,
        local: tuple[str, int] = LOCAL,
        tls: Tls | None = None,
        holding: bool = False,
        **options: Any,
    ) -> None:
        self.world = world or make_world()
        context = Context(self.world, SERVICE.options(**options), listener, peer, local, "c1", "smtp")
        self.session = SERVICE.session(context)
        self.talk = Talk(SERVICE)
        self.holding = holding
        self.call: Call | None = None
        self.greeting = self.tell(Opened(tls))

    def tell(self, event: Event) -> str:
        """What is said to an event, without the last line's end."""
        before = len(self.talk.sent)
        for effect in self.session.handle(event):
            if isinstance(effect, Call):
                self.call = effect
                if not self.holding:
                    self.release()
            else:
                self.talk.do((effect,))
        return self.talk.sent[before:].decode().removesuffix("\r\n")

    def release(self, error: Exception | None = None) -> str:
        """Do the work that was called for, or let it fail."""
        call, self.call = self.call, None
        assert call is not None
        result = None
        if error is None:
            result = call.work()
            call.then()
        return self.tell(Called(result, error))

    def send(self, data: bytes) -> str:
        """What octets are answered with."""
        return self.tell(Data(data))

    def say(self, *lines: str) -> str:
        """What the last of these lines is answered with, each said when the one before is answered."""
        answer = ""
        for line in lines:
            answer = self.send(line.encode() + b"\r\n")
        return answer

    def hello(self) -> "Client":
        """Say EHLO, and nothing is wrong with it."""
        assert self.say("EHLO client.example").startswith("250-")
        return self

    def deliver(self, message: str | bytes = MESSAGE, mail: str = "", rcpt: str = "") -> str:
        """A whole transaction; what the end of the message is answered with."""
        assert self.say(f"MAIL FROM:<a@client.example>{mail}").startswith("250")
        assert self.say(f"RCPT TO:<alice@homeport.test>{rcpt}").startswith("250")
        assert self.say("DATA").startswith("354")
        return self.send((message.encode() if isinstance(message, str) else message) + b".\r\n")

    def start_tls(self, tls: Tls = TLS) -> "Client":
        """STARTTLS and the handshake."""
        assert self.say("STARTTLS").startswith("220")
        assert self.talk.starting_tls
        self.tell(TlsStarted(tls))
        return self

    def end(self) -> None:
        """Shut our side."""
        self.tell(Eof())

    def vanish(self, reason: str = "broken: connection reset") -> None:
        """The connection is gone."""
        self.tell(Closed(reason))

    @property
    def findings(self) -> list[str]:
        """Those raised so far."""
        return self.talk.findings

    @property
    def stored(self) -> list[bytes]:
        """The messages of the world, as received."""
        return [self.world.mail.raw(message) for message in self.world.mail.messages()]

    @property
    def envelopes(self) -> list[Any]:
        """Their envelopes."""
        return [message.envelope for message in self.world.mail.messages()]


@pytest.fixture
def client() -> Callable[..., Client]:
    """Open a connection: `client(**options)`; what is not an option is in `Client`."""
    return Client


@pytest.fixture
def every_way() -> Callable[..., Client]:
    """Feed octets whole, one by one, and cut anywhere: everything but findings about groups must be the same."""

    def run(data: bytes, **options: Any) -> Client:
        outcomes = []
        for way in cuts(data):
            one = Client(**options)
            for piece in way:
                one.send(piece)
            # Those of one message may come in another order.
            one.talk.findings = sorted(finding for finding in one.talk.findings if finding not in GROUPING)
            one.talk.concealed = 0  # pieces of a secret may be told of one by one
            outcomes.append((way, one))
        first = outcomes[0][1]
        for way, other in outcomes[1:]:
            assert other.talk == first.talk, f"cut as {way} it went otherwise"
            assert other.stored == first.stored, f"cut as {way} another message came out"
        return first

    return run
