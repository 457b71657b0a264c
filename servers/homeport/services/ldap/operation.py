"""One operation of a session: its request, its responses, and what it waits for.

A handler is a function from an `Operation` to its `Answer` (or to a `Result`), or a generator that returns one. A
generator may yield

- an effect that an event answers, `Call` above all: the session reads nothing until then, and sends the generator the
  result, or raises the exception;
- `PAUSE`: the operation goes on in a later turn of the reactor, once what was sent has left; requests that arrive in
  the meantime, such as an Abandon, are handled. For searches in pieces.
- `Await(topics)`: the operation sleeps until one of these topics of `world.notices` is published, and is sent those
  that were.
- `Wait(seconds)`: the operation goes on after that time.
- `Cancel(id)`: the session cancels another operation, and sends whether it was there.
"""

from collections.abc import Callable, Generator
from functools import partial
from types import GeneratorType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from homeport.protocol.effects import ConcealSent, Effect, GroupCommit
from homeport.services.ldap.controls.requests import POST_READ, PRE_READ
from homeport.services.ldap.messages import Control, Message, Result
from homeport.services.ldap.personas.view import PLAIN
from homeport.services.ldap.responses import SEARCH_ENTRY, write_message
from homeport.services.ldap.secrets import secrets_sent
from homeport.world.directory.results import Code, DirectoryError
from homeport.world.row_store import StoreError

if TYPE_CHECKING:
    from homeport.services.ldap.dialogue import LdapDialogue
    from homeport.services.ldap.spoiling import Spoiling
    from homeport.world.faults import Fault


class Pause(msgspec.Struct, frozen=True):
    """See `PAUSE`."""


class Await(msgspec.Struct, frozen=True):
    """Topics that an operation waits for."""

    topics: frozenset[str]


class Wait(msgspec.Struct, frozen=True):
    """A delay, in seconds of real time."""

    seconds: float


class Cancel(msgspec.Struct, frozen=True):
    """The message identifier of an operation to cancel."""

    id: int


PIECE_ENTRIES = 50
PIECE_BYTES = 65_536
"""Responses, and bytes of responses, that are sent before others have their turn."""
PAUSE = Pause()
"""Yielded to let other connections, and other operations of this one, be served."""


class Answer(msgspec.Struct, frozen=True):
    """The end of an operation: its result, and the bytes of its whole response if that has fields of its own."""

    result: Result
    response: bytes = b""
    """Empty: `write_result` with the response tag of the request."""
    controls: tuple[Control, ...] = ()
    is_sent: bool = False
    """True if the handler has sent the response by itself."""


T = TypeVar("T")
Step = Effect | Pause | Await | Wait | Cancel
Steps = Generator[Step, Any, Answer | Result]
Handler = Callable[["Operation"], Answer | Result | Steps]


class Operation:
    """An operation that is under way."""

    __slots__ = (
        "_piece",
        "awaits",
        "bound",
        "controls",
        "dialogue",
        "faults",
        "id",
        "parsed",
        "place",
        "request",
        "sent",
        "spoiling",
        "steps",
        "told",
        "verb",
        "view",
    )

    def __init__(self, message: Message, dialogue: "LdapDialogue", verb: str) -> None:
        self.id = message.id
        self.request: Any = message.request
        self.controls = message.controls
        self.bound = dialogue.bound
        """The user who does it: the bound one, or the one that it acts as."""
        self.parsed: dict[str, Any] = {}
        """The controls that count, parsed, by OID."""
        self.dialogue = dialogue
        self.verb = verb
        self.view = PLAIN
        """View of entries under the behaviour."""
        self.steps: Steps | None = None
        """The suspended handler."""
        self.awaits: frozenset[str] = frozenset()
        """Topics that it waits for."""
        self.faults: tuple[Fault, ...] = ()
        """Planned faults that act on its first response."""
        self.spoiling: Spoiling | None = None
        """Planned defects of its responses."""
        self.place = dialogue.line_end, dialogue.line_size
        self.sent = 0
        """Bytes of its responses."""
        self.told: tuple[Control, ...] = ()
        """Controls of the response if the operation is refused."""
        self._piece = (0, 0)
        """Responses since the last piece ended, and bytes before them."""

    def send(self, response: bytes, controls: tuple[Control, ...] = (), *, ends: bool = False) -> None:
        """Send one response. ends: True for the last one."""
        self._conceal(response, controls)
        self.dialogue.faults, self.faults = self.faults, ()
        if self.spoiling is not None:
            self.sent += len(self.spoiling.send(self, response, controls, ends=ends))
            return
        wire = write_message(self.id, response, controls)
        self.sent += len(wire)
        self.dialogue.say(wire)

    def _conceal(self, response: bytes, controls: tuple[Control, ...]) -> None:
        """Have the journal mask the passwords of an entry, or of one in a control."""
        entries = [response] if response[0] == SEARCH_ENTRY else []
        entries += [one.value for one in controls if one.oid in (PRE_READ, POST_READ) and one.value]
        for entry in entries:
            for secret, before in secrets_sent(entry):
                self.dialogue.effect(ConcealSent(secret, before))

    def ends_piece(self) -> bool:
        """Return True if enough was sent for now: the handler yields `PAUSE`. Called after each response."""
        count, begin = self._piece
        ends = count + 1 >= PIECE_ENTRIES or self.sent - begin >= PIECE_BYTES
        self._piece = (0, self.sent) if ends else (count + 1, begin)
        return ends

    def begin(self, handler: Handler) -> Answer | None:
        """Call the handler. Return the answer of one that has no steps; None: `advance` runs them.

        Raises: what handlers raise.
        """
        answer = handler(self)
        if isinstance(answer, GeneratorType):
            self.steps = answer
            return None
        return answered(answer)

    def advance(self, value: Any = None, error: Exception | None = None) -> Answer | Step:
        """Run the next step. Return what it waits for, or the answer.

        Raises: what handlers raise; DirectoryError for StoreError.
        """
        assert self.steps is not None  # noqa: S101 - begun
        try:
            return self.steps.throw(error) if error is not None else self.steps.send(value)
        except StopIteration as end:
            self.steps = None
            return answered(end.value)
        except StoreError as lost:
            raise DirectoryError(Code.UNAVAILABLE, f"the change cannot be stored: {lost}") from None

    def drop(self) -> None:
        """Abandon it: no response follows."""
        if self.steps is not None:
            self.steps.close()
            self.steps = None

    def resume(self) -> None:
        """Make its request the one that findings and records are about."""
        self.dialogue.line_end, self.dialogue.line_size = self.place


def opened(dialogue: "LdapDialogue") -> Generator[Pause, Any, None]:
    """Wait until the directory is there: `yield from opened(dialogue)`."""
    for _step in dialogue.context.world.directory.opening():
        yield PAUSE


def in_turns(steps: Generator[None, None, T]) -> Generator[Pause, Any, T]:
    """Take each of these steps in a turn of its own; return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # StopIteration has no type parameter
        yield PAUSE


def kept(dialogue: "LdapDialogue") -> Generator[Effect, Any, None]:
    """Wait until the last change is on stable storage. Raises: StoreError; then it was rolled back."""
    changes = dialogue.context.world.directory.changes
    ticket = changes.unsettled
    if ticket is None:
        return
    try:
        yield GroupCommit(partial(changes.flush, ticket))
    except StoreError:
        changes.rollback_failed()
        raise


def answered(answer: Any) -> Answer:
    """Return an answer for what a handler returned."""
    return answer if type(answer) is Answer else Answer(answer)


def refused(error: DirectoryError, controls: tuple[Control, ...] = ()) -> Answer:
    """Return the answer to an operation that raised."""
    return Answer(Result(error.code, error.matched, error.text, error.referrals), controls=controls)


def protocol_error(text: str) -> DirectoryError:
    """Return the error of a request that makes no sense."""
    return DirectoryError(Code.PROTOCOL_ERROR, text)
