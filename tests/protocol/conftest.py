"""A client of a session built with the kit: it delivers events, and reads the effects."""

from conftest import LOCAL, PEER, Talk, make_world

from homeport.protocol.effects import Call, Conceal
from homeport.protocol.events import Called, Data, Opened
from homeport.protocol.rules import ENGINE_RULES, Rule
from homeport.protocol.service import Listener, Options, Service
from homeport.protocol.session import Context

FOUND = ("too-late", "injected", "cut-off", "no-quit", "data-after-quit", "wrong-password", "bad-tag")
TOY = Service(
    name="toy",
    title="Toy",
    rfcs=(),
    listeners=(Listener("tcp", "tcp", 4710),),
    options=Options,
    rules=(*ENGINE_RULES, *(Rule(one, "advice", "RFC 2119", "did it") for one in FOUND)),
)
"""Service name of the sessions of these tests, and the findings that they may report."""


class Client:
    """One connection. The work of a `Call` is held until `release()`."""

    def __init__(self, kind, service=TOY):
        self.world = make_world()
        self.session = kind(Context(self.world, service.options(), "tcp", PEER, LOCAL, "c1", service.name))
        self.talk = Talk(service)
        self.effects = []
        self.call = None
        self.greeting = self.tell(Opened())

    def tell(self, event):
        """Deliver an event; return the bytes sent. All its effects are in `effects`."""
        before = len(self.talk.sent)
        self.effects = list(self.session.handle(event))
        self.talk.do(self.effects)
        self.call = next((effect for effect in self.effects if isinstance(effect, Call)), self.call)
        return self.talk.sent[before:]

    def send(self, data):
        """Deliver bytes; return the bytes sent."""
        return self.tell(Data(data))

    def release(self, error=None):
        """Run the work of the pending `Call`, or let it fail."""
        call, self.call = self.call, None
        result = None
        if error is None:
            result = call.work()
            call.then()
        return self.tell(Called(result, error))

    @property
    def commands(self):
        """Return verb, argument and code of the journaled commands."""
        return [tuple(fields.values()) for kind, fields in self.talk.logs if kind == "command"]

    @property
    def concealed(self):
        """Return size and position of the secrets of the last event."""
        return [(effect.size, effect.after) for effect in self.effects if isinstance(effect, Conceal)]
