"""A client of a session of commands and replies, without sockets."""

from collections.abc import Callable
from typing import Any, Self

from conftest import LOCAL, PEER, Talk, make_world

from homeport.protocol.effects import AwaitFlush, Call, Effect, Misbehave
from homeport.protocol.events import Called, Closed, Data, Eof, Event, Flushed, Opened, Tls
from homeport.protocol.service import Service
from homeport.protocol.session import Context
from homeport.world.world import World

TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")


class LineClient:
    """One connection to a service.

    holding: hold the work of a `Call` until `release()`.
    """

    def __init__(
        self,
        service: Service,
        world: World | None = None,
        *,
        listener: str = "starttls",
        peer: tuple[str, int] = PEER,
        local: tuple[str, int] = LOCAL,
        conn: str = "c1",
        tls: Tls | None = None,
        holding: bool = False,
        **options: Any,
    ) -> None:
        self.world = world or make_world()
        context = Context(self.world, service.options(**options), listener, peer, local, conn, service.name)
        assert service.session is not None
        self.session = service.session(context)
        self.talk = Talk(service)
        self.holding = holding
        self.call: Call | None = None
        self.pieces = 0
        """Pieces that waited for the client to take the one before."""
        self.greeting = self.tell(Opened(tls))

    def tell(self, event: Event) -> str:
        """Pass an event to the session; return the reply, without the last line's end."""
        return self.hear(event).decode("utf-8", "surrogateescape").removesuffix("\r\n")

    def hear(self, event: Event) -> bytes:
        """Pass an event to the session; return what it sends."""
        before = len(self.talk.sent)
        for effect in self.session.handle(event):
            self._do(effect)
        return self.talk.sent[before:]

    def _do(self, effect: Effect) -> None:
        match effect:
            case Call():
                self.call = effect
                if not self.holding:
                    self.release()
            case AwaitFlush():
                self.pieces += 1
                self.hear(Flushed())
            case Misbehave(_fault, effects):
                for one in effects:
                    self._do(one)
            case _:
                self.talk.do((effect,))

    def release(self, error: Exception | None = None) -> str:
        """Run the held work, or let it fail."""
        call, self.call = self.call, None
        assert call is not None
        result = None
        if error is None:
            try:
                result = call.work()
                call.then()
            except Exception as raised:
                error = raised
        return self.tell(Called(result, error))

    def send(self, data: bytes) -> str:
        """Send bytes; return the reply."""
        return self.tell(Data(data))

    def say(self, *lines: str) -> str:
        """Send lines, each after the reply to the one before; return the reply to the last."""
        answer = ""
        for line in lines:
            answer = self.send(line.encode() + b"\r\n")
        return answer

    def end(self) -> Self:
        """Half-close the connection."""
        self.tell(Eof())
        return self

    def vanish(self, reason: str = "broken: connection reset") -> Self:
        """Lose the connection."""
        self.tell(Closed(reason))
        return self

    @property
    def findings(self) -> list[str]:
        """Findings reported so far."""
        return self.talk.findings


def lines(*said: str) -> Callable[[LineClient], None]:
    """Return a session that sends these lines."""

    def talk(one: LineClient) -> None:
        one.say(*said)

    return talk


def octets(*sent: bytes) -> Callable[[LineClient], None]:
    """Return a session that sends these bytes, each after the reply to the previous ones."""

    def talk(one: LineClient) -> None:
        for piece in sent:
            one.send(piece)

    return talk
