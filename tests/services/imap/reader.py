"""A client of an IMAP session without sockets: it sends commands, and gets the lines of the answers."""

from collections import deque
from collections.abc import Callable
from typing import Any

from conftest import LOCAL, PEER

from homeport.protocol.effects import AwaitFlush, Call, Effect, Misbehave, ReportFinding, Send
from homeport.protocol.events import Called, Closed, Data, Event, Flushed, Noticed, Opened
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.world.mail.account import Account
from homeport.world.mail.mailbox import Mailbox
from homeport.world.mail.message import Envelope, Message, Recipient
from homeport.world.world import World

BODY = b"Subject: hi\r\n\r\nHello\r\n"


class Reader:
    """A client that has logged in as a person. enabled: names for ENABLE."""

    def __init__(self, world: World, *enabled: str, login: str = "alice", **options: Any) -> None:
        service = find_service("imap")
        assert service.session is not None
        self.world = world
        self.findings: list[str] = []
        self.steps = 0
        """Pieces of the last answer that waited for the client to take the one before."""
        self.closed = False
        self._service = service
        self._sent = b""
        self._held = False
        self._session = service.session(
            Context(world, service.options(clear_passwords=True, **options), service.listeners[0].name, PEER, LOCAL)
        )
        self._do(Opened())
        assert self.ask(f"LOGIN {login} {login}-pass")[-1].startswith("OK")
        if enabled:
            self.ask(f"ENABLE {' '.join(enabled)}")

    @property
    def account(self) -> Account:
        """The mailboxes of the person."""
        return self.world.mailboxes.account("alice")

    def mailbox(self, name: str) -> Mailbox:
        """Return a mailbox that exists."""
        mailbox = self.account.find(name)
        assert mailbox is not None
        return mailbox

    def has(self, name: str, *flags: str, body: bytes = BODY, internal: float | None = None) -> Mailbox:
        """Append a message for each text of flags, as another program would."""
        mailbox = self.mailbox(name)
        for one in flags:
            draft = self.account.begin(len(body))
            draft.write(body)
            self.account.append(mailbox, draft, one.split(), internal)
        return mailbox

    def receives(self, raw: bytes) -> Message:
        """Deliver a message to the person over SMTP."""
        mail = self.world.mail
        draft = mail.begin(len(raw))
        draft.write(raw)
        to = (Recipient(address="alice@homeport.test"),)
        message = mail.get(draft.keep(Envelope(reverse_path="bob@homeport.test", recipients=to)))
        assert message is not None
        return message

    def ask(self, command: str | bytes) -> list[str]:
        """Send a command; return the lines of the answer, the last one without its tag."""
        return self.text(command).removesuffix("\r\n").split("\r\n")

    def text(self, command: str | bytes) -> str:
        """Send a command; return the answer as one text, without the tag."""
        line = command.encode() if isinstance(command, str) else command
        return self.send(b"t " + line + b"\r\n").replace(b"\r\nt ", b"\r\n").removeprefix(b"t ").decode("latin-1")

    def send(self, data: bytes) -> bytes:
        """Send bytes; return what the server sends until it waits for more."""
        self._sent, self.steps = b"", 0
        self._do(Data(data))
        return self._sent

    def notice(self) -> list[str]:
        """Tell the session that the selected mailbox has changed, as the driver does; return what it sends."""
        self._sent = b""
        self._do(Noticed(frozenset({"mailbox"})))
        return self._sent.decode().removesuffix("\r\n").split("\r\n") if self._sent else []

    def hold(self, command: str) -> None:
        """Send a command, and take no more than the first piece of its answer; `go_on` takes the rest."""
        self._held = True
        self.send(b"t " + command.encode() + b"\r\n")

    def go_on(self) -> list[str]:
        """Take the rest of a held answer; return its lines, the last one without its tag."""
        self._held, self._sent = False, b""
        self._do(Flushed())
        return self._sent.decode().removesuffix("\r\n").replace("\r\nt ", "\r\n").removeprefix("t ").split("\r\n")

    def leave(self) -> None:
        """Close the connection."""
        self._do(Closed("gone"))

    def _do(self, event: Event) -> None:
        """Deliver an event, and those that answer its effects."""
        events = deque([event])
        while events:
            for effect in self._session.handle(events.popleft()):
                self._execute(effect, events)

    def _execute(self, effect: Effect, events: deque[Event]) -> None:
        match effect:
            case Send(data):
                self._sent += bytes(data)
            case AwaitFlush():
                self.steps += 1
                if not self._held:
                    events.append(Flushed())
            case Call(work, then):
                events.append(call(work, then))
            case Misbehave(_fault, effects):
                for one in effects:
                    self._execute(one, events)
            case ReportFinding(finding):
                assert finding in {rule.id for rule in self._service.rules}
                self.findings.append(finding)


def call(work: Callable[[], Any], then: Callable[[], Any]) -> Called:
    """Do the work of a `Call`."""
    try:
        result = work()
        then()
    except Exception as error:
        return Called(None, error)
    return Called(result, None)
