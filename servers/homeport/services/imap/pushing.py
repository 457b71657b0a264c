"""Pushes, which a session sends while no command is executed: steps as those of a command, which a notice starts."""

from collections.abc import Callable, Iterable
from typing import Any

from homeport.protocol.effects import Call, Effect, Unwatch, Watch
from homeport.protocol.events import Called, Flushed
from homeport.protocol.waiting import Steps
from homeport.services.imap.dialogue import ImapDialogue
from homeport.services.imap.replies import Refused
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.store import MessageGone
from homeport.world.row_store import StoreError

GIVEN_UP = (Refused, MailboxProblem, MessageGone, StoreError, OSError)
"""Errors after which a push ends: a command is told of them, and the next push looks at everything again."""


class Watched:
    """The topics that the parts of a session watch, of which two may watch the same."""

    __slots__ = ("_topics", "dialogue")

    def __init__(self, dialogue: ImapDialogue) -> None:
        self.dialogue = dialogue
        self._topics: dict[str, frozenset[str]] | None = None

    def replace(self, part: str, topics: Iterable[str]) -> None:
        """Replace the topics that a part watches."""
        if self._topics is None:
            self._topics = {}
        before = frozenset().union(*self._topics.values())
        self._topics[part] = frozenset(topics)
        now = frozenset().union(*self._topics.values())
        if self.dialogue.over or before == now:
            return
        for topic in sorted(before - now):
            self.dialogue.effect(Unwatch(topic))
        for topic in sorted(now - before):
            self.dialogue.effect(Watch(topic))


class Pushing:
    """Runs the steps of one push at a time. No input is read while they wait.

    blocks: returns True if functions that they yield may block.
    """

    __slots__ = ("_begin_again", "_blocks", "_steps", "dialogue")

    def __init__(self, dialogue: ImapDialogue, blocks: Callable[[], bool]) -> None:
        self.dialogue = dialogue
        self._blocks = blocks
        self._steps: Steps | None = None
        self._begin_again: Callable[[], Steps] | None = None

    def begin(self, make: Callable[[], Steps]) -> None:
        """Run steps, after those that are running."""
        if self._steps is not None:
            self._begin_again = make
            return
        self._steps = make()
        self._advance()

    def resume(self, event: Called | Flushed) -> None:
        """Go on after the event that the steps wait for."""
        if self._steps is None:
            return
        if isinstance(event, Called):
            self._advance(event.result, event.error)
        else:
            self._advance()

    def _advance(self, value: Any = None, error: Exception | None = None) -> None:
        steps = self._steps
        assert steps is not None  # noqa: S101 - the callers have looked
        while not self.dialogue.over:
            try:
                asked = steps.throw(error) if error is not None else steps.send(value)
            except (StopIteration, *GIVEN_UP):
                break
            finally:
                value = error = None
            if isinstance(asked, Effect):
                self.dialogue.effect(asked)
                return
            assert callable(asked)  # noqa: S101 - a push waits for no input
            if self._blocks():
                self.dialogue.effect(Call(asked))
                return
            try:
                value = asked()
            except GIVEN_UP as raised:
                error = raised
        steps.close()
        self._steps = None
        if self._begin_again is not None:
            make, self._begin_again = self._begin_again, None
            self.begin(make)
