"""A client of a session built with the kit: it tells events, and reads what comes back."""

from conftest import LOCAL, PEER, Talk, make_world

from homeport.protocol.effects import Call, Conceal
from homeport.protocol.events import Called, Data, Opened
from homeport.protocol.rules import UNEXPECTED_TLS, Rule
from homeport.protocol.service import Listener, Options, Service
from homeport.protocol.session import Context

FOUND = ("too-late", "injected", "cut-off", "no-quit", "data-after-quit", "wrong-password", "bad-tag")
TOY = Service(
    name="toy",
    title="Toy",
    rfcs=(),
    listeners=(Listener("tcp", "tcp", 4710),),
    options=Options,
    rules=(UNEXPECTED_TLS, *(Rule(one, "advice", "RFC 2119", "did it") for one in FOUND)),
)
"""What the sessions of these tests belong to, and all that they find."""


class Client:
    """One connection. Work of a `Call` is kept until `release()`."""

    def __init__(self, kind, service=TOY):
        self.world = make_world()
        self.session = kind(Context(self.world, service.options(), "tcp", PEER, LOCAL, "c1", service.name))
        self.talk = Talk(service)
        self.effects = []
        self.call = None
        self.greeting = self.tell(Opened())

    def tell(self, event):
        """What an event is answered with; all its effects are in `effects`."""
        before = len(self.talk.sent)
        self.effects = list(self.session.handle(event))
        self.talk.do(self.effects)
        self.call = next((effect for effect in self.effects if isinstance(effect, Call)), self.call)
        return self.talk.sent[before:]

    def send(self, data):
        """What octets are answered with."""
        return self.tell(Data(data))

    def release(self, error=None):
        """Do the work that was called for, or let it fail."""
        call, self.call = self.call, None
        result = None
        if error is None:
            result = call.work()
            call.then()
        return self.tell(Called(result, error))

    @property
    def commands(self):
        """The journal's commands: verb, argument and code of each."""
        return [tuple(fields.values()) for kind, fields in self.talk.logs if kind == "command"]

    @property
    def concealed(self):
        """Of the last event: size and place of what is a secret."""
        return [(effect.size, effect.after) for effect in self.effects if isinstance(effect, Conceal)]
