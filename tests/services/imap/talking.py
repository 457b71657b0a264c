"""A mail program for tests: a whole session, without sockets."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from conftest import LOCAL, PEER, Talk, cuts, make_world

from homeport.protocol.command_session import attempt
from homeport.protocol.effects import AwaitFlush, Call, Effect
from homeport.protocol.events import Called, Closed, Data, Eof, Event, Flushed, Noticed, Opened, Tls, TlsStarted
from homeport.protocol.session import Context
from homeport.services.imap import SERVICE
from homeport.world.mail.account import Account
from homeport.world.mail.mailbox import Mailbox
from homeport.world.world import World

TLS = Tls(version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
MESSAGE = b"Subject: hello\r\nFrom: a@client.test\r\n\r\nhello\r\n"


class Program:
    """One connection of a mail program.

    listener, tls: where it connects. login: log in as that person; empty for no login.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        listener: str = "tls",
        login: str = "alice",
        clear: bool = False,
        **options: Any,
    ) -> None:
        self.world = world or make_world()
        self.tags = 0
        self.topics: set[str] = set()
        context = Context(self.world, SERVICE.options(**options), listener, PEER, LOCAL, "c1", "imap")
        self.session = SERVICE.session(context)
        self.talk = Talk(SERVICE)
        self.greeting = self.tell(Opened(None if clear or listener != "tls" else TLS))
        if login:
            assert self.ask(f"LOGIN {login} {login}-pass")[-1].startswith("OK")

    def tell(self, event: Event) -> str:
        """Pass an event to the session; return what it sends, without the last line's end."""
        before = len(self.talk.sent)
        self.do(self.session.handle(event))
        return self.talk.sent[before:].decode().removesuffix("\r\n")

    def do(self, effects: Sequence[Effect]) -> None:
        """Carry out effects, and what they lead to."""
        left = deque(effects)
        while left:
            effect = left.popleft()
            if isinstance(effect, Call):
                result, error = attempt(effect.work)
                effect.then()
                left.extendleft(reversed(self.session.handle(Called(result, error))))
            elif isinstance(effect, AwaitFlush):
                left.extendleft(reversed(self.session.handle(Flushed())))
            else:
                self.talk.do((effect,))

    def send(self, data: bytes) -> list[str]:
        """Send bytes; return the lines that come back."""
        answer = self.tell(Data(data))
        return answer.split("\r\n") if answer else []

    def ask(self, command: str | bytes) -> list[str]:
        """Send a command with the next tag; return the lines that come back, the last one without its tag."""
        self.tags += 1
        tag = f"a{self.tags}"
        whole = command if isinstance(command, bytes) else command.encode()
        lines = self.send(tag.encode() + b" " + whole + b"\r\n")
        if lines and lines[-1].startswith(f"{tag} "):
            lines[-1] = lines[-1].removeprefix(f"{tag} ")
        return lines

    def last(self, command: str | bytes) -> str:
        """Send a command; return the tagged reply, without the tag."""
        return self.ask(command)[-1]

    def start_tls(self) -> "Program":
        """Run STARTTLS and the handshake."""
        assert self.last("STARTTLS").startswith("OK")
        assert self.talk.starting_tls
        self.tell(TlsStarted(TLS))
        return self

    def notice(self) -> list[str]:
        """Deliver notices of all topics that are watched; return the lines that come back."""
        answer = self.tell(Noticed(frozenset(self.talk.watching)))
        return answer.split("\r\n") if answer else []

    def end(self) -> None:
        """Half-close the connection."""
        self.tell(Eof())

    def vanish(self) -> None:
        """Lose the connection."""
        self.tell(Closed("broken: connection reset"))

    @property
    def account(self) -> Account:
        """Alice's mailboxes."""
        return self.world.mailboxes.account("alice")

    def mailbox(self, name: str) -> Mailbox:
        """Return one of Alice's mailboxes."""
        mailbox = self.account.find(name)
        assert mailbox is not None
        return mailbox

    def add(self, name: str = "INBOX", message: bytes = MESSAGE) -> None:
        """Add a message to a mailbox, as another program does."""
        body = self.account.begin(len(message))
        body.write(message)
        self.account.append(self.mailbox(name), body)

    @property
    def acts(self) -> list[dict[str, str]]:
        """The events `mailbox` that the session has logged, without login and mailbox."""
        events = [fields for kind, fields in self.talk.logs if kind == "mailbox"]
        return [{name: one[name] for name in one if name not in ("login", "mailbox")} for one in events]

    @property
    def findings(self) -> list[str]:
        """Findings reported so far."""
        return self.talk.findings

    def take_findings(self) -> list[str]:
        """Return the findings reported so far, and forget them."""
        found, self.talk.findings = self.talk.findings, []
        return found

    @property
    def commands(self) -> list[tuple[str, str, str]]:
        """Verb, argument and code of the commands in the journal."""
        fields = [fields for kind, fields in self.talk.logs if kind == "command"]
        return [(one["verb"], one["argument"], one["code"]) for one in fields]


def every_way(data: bytes, look: Callable[[Program], Any] = lambda one: one.talk.sent, **options: Any) -> Any:
    """Send data whole, byte by byte and cut in two everywhere; demand one outcome, and return it.

    look: returns the outcome; what was sent, if nothing else.
    """
    outcomes = []
    for way in cuts(data):
        program = Program(**options)
        for piece in way:
            program.tell(Data(piece))
        outcomes.append((way, look(program)))
    first = outcomes[0][1]
    for way, outcome in outcomes[1:]:
        assert outcome == first, f"cut as {way[:3]} ... it went otherwise"
    return first
