"""Search for messages: existing ones, or those that arrive.

The search runs in the thread pool, `MAX_SLICE_BYTES` at a time, so that neither a slow disk nor any number of messages
holds up the reactor, or keeps a thread from other work for long.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from homeport.config.quantities import Duration
from homeport.control.farm import DelayedCall, Farm
from homeport.control.mail_criteria import Criteria
from homeport.control.mail_shapes import MessageFilter
from homeport.control.mail_work import Work
from homeport.control.problems import ProblemError
from homeport.world.mail.message import Message
from homeport.world.world import World

NEAR_SEARCHED = 200
"""Number of latest messages that are searched for near matches."""
NEAR_SHOWN = 10
MAX_SLICE_BYTES = 1 << 20
"""Bytes of messages that are read in one go; a single message may have more."""
MAX_SLICE_MESSAGES = 1000
"""Messages that are judged in one go."""


class Search(Work):
    """Searches existing messages, some at a time, and answers when all were searched.

    show: builds the answer from the matches, on the reactor; it may return a `PendingAnswer`.
    """

    def __init__(self, farm: Farm, world: World, wanted: MessageFilter, show: Callable[..., Any]) -> None:
        super().__init__(farm)
        self._mail = world.mail
        self._criteria = Criteria(wanted, world)
        self._show = show
        self._pending = deque(world.mail.messages(wanted.since))
        self._found: list[Message] = []

    def begin(self) -> None:
        self.proceed()

    def on_exhausted(self) -> None:
        """Called when no message is left to search."""
        self.answer_by(self._show(self._found))

    def on_match(self) -> None:
        """Called after some matches were added."""

    def proceed(self) -> None:
        """Search the next messages, unless a search is running."""
        if self.running or self.done:
            return
        if self._criteria.matches_all and self._pending:
            self._found += self._pending
            self._pending.clear()
            self.on_match()
        if not self._pending:
            self.on_exhausted()
            return
        batch = [self._pending.popleft() for _ in range(min(MAX_SLICE_MESSAGES, len(self._pending)))]
        self.run(partial(self._judge, batch), self._judged)

    def _judge(self, batch: list[Message]) -> tuple[list[Message], list[Message]]:
        """Return the matches, and the messages that there was no time for; runs in the thread pool."""
        found: list[Message] = []
        left = MAX_SLICE_BYTES
        for at, message in enumerate(batch):
            if left <= 0 or self.done:
                return found, batch[at:]
            missed, size = self._criteria.missed(message)
            left -= size
            if not missed:
                found.append(message)
        return found, []

    def _judged(self, result: tuple[list[Message], list[Message]]) -> None:
        found, rest = result
        self._pending.extendleft(reversed(rest))
        if found:
            self._found += found
            self.on_match()
        self.proceed()


class Wait(Search):
    """Searches existing messages, then each arriving one, until there are enough matches.

    show: builds the answer from the matches and, on timeout, the near matches.
    """

    endless = True

    def __init__(
        self,
        farm: Farm,
        world: World,
        wanted: MessageFilter,
        enough: int,
        timeout: Duration,
        show: Callable[..., Any],
    ) -> None:
        self._enough = enough
        self._world = world
        self._soon: DelayedCall | None = None
        self._expired = False
        super().__init__(farm, world, wanted, show)
        world.mail.on_message.append(self._note)
        world.on_close.append(self._closed)
        self._timeout: DelayedCall = farm.reactor.callLater(float(timeout), self._timed_out)

    def release(self) -> None:
        self._world.mail.on_message.remove(self._note)
        self._world.on_close.remove(self._closed)
        for call in (self._timeout, self._soon):
            if call is not None and call.active():
                call.cancel()

    def on_exhausted(self) -> None:
        """Wait for the next message, or answer if the time is up."""
        if self._expired:
            latest = self._mail.latest(NEAR_SEARCHED)
            self.run(partial(self._search_near, latest), lambda near: self.answer_by(self._show(self._found, near)))

    def on_match(self) -> None:
        """Answer if there are enough matches."""
        if len(self._found) >= self._enough and not self.concluded:
            self._pending.clear()
            self.answer_by(self._show(self._found[: self._enough]))

    def proceed(self) -> None:
        if not self.concluded:
            super().proceed()

    def _search_near(self, latest: list[Message]) -> list[Message]:
        """Return the messages that miss one condition; runs in the thread pool."""
        return [one for one in latest if not self.done and self._criteria.missed(one, 2)[0] == 1][-NEAR_SHOWN:]

    def _note(self, message: Message) -> None:
        """Queue a new message."""
        if not (self.done or self._expired):
            self._pending.append(message)
            if self._soon is None:  # more may arrive in this turn
                self._soon = self._farm.reactor.callLater(0, self._noted)

    def _noted(self) -> None:
        self._soon = None
        self.proceed()

    def _timed_out(self) -> None:
        self._expired = True
        self.proceed()

    def _closed(self) -> None:
        self.answer(ProblemError(HTTPStatus.GONE, f"world {self._world.name!r} was closed"))
