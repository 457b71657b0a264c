"""Work on messages for the API, in slices, in the thread pool.

A message may be large and its disk slow, and there may be any number of messages. So nothing of them is read, parsed or
deleted on the reactor. A slice is short, so that other work gets a thread between two slices, and an operation whose
client has gone ends after the current one.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from homeport.control.farm import Farm
from homeport.control.operation import PendingAnswer
from homeport.control.problems import ProblemError
from homeport.world.mail.mail import Mail
from homeport.world.mail.message import Message

Result = TypeVar("Result")
Input = TypeVar("Input")
SLICE_REMOVED = 200
"""Messages that are deleted in one go."""
SLICE_MAPPED = 50
"""Messages that are summarized in one go."""
SLICE_MAPPED_BYTES = 1 << 20
"""Their bytes; a single message may have more."""


class Sized(Protocol):
    """A message, captured or in a mailbox."""

    @property
    def size(self) -> int:
        """Bytes of its content."""


class Work(PendingAnswer, ABC):
    """An answer that takes work in the thread pool; nothing is done before a client waits for it."""

    def __init__(self, farm: Farm) -> None:
        super().__init__()
        self._farm = farm
        self._begun = False
        self._hurried: Callable[[], None] | None = None
        self.running = False
        """True while a slice is in the thread pool."""

    @abstractmethod
    def begin(self) -> None:
        """Start the work."""

    def then(self, callback: Callable[[Any], None]) -> None:
        super().then(callback)
        self._begin_once()

    def hurry(self) -> None:
        self.hurries = True
        self._begin_once()
        while self._hurried is not None:  # a loop, because each slice asks for the next one
            slice_, self._hurried = self._hurried, None
            slice_()
        self.hurries = False

    def _begin_once(self) -> None:
        if not (self._begun or self.done):
            self._begun = True
            self.attempt(self.begin)

    def run(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Run `work` in the thread pool, then `then` with its result on the reactor; an error is the answer."""
        self.running = True

        def over(result: Any, error: Exception | None) -> None:
            self.running = False
            if self.done:
                return
            if error is not None:
                self.answer(error)
            else:
                self.attempt(partial(then, result))

        if self.hurries:
            self._hurried = lambda: over(work(), None)
        else:
            self._farm.call_off(work, over)


class Mapped(Work):
    """The results of a function for each message, given to `build` on the reactor."""

    def __init__(
        self,
        farm: Farm,
        function: Callable[[Any], Result],
        messages: Sequence[Sized],
        build: Callable[[list[Result]], Any],
    ) -> None:
        super().__init__(farm)
        self._function = function
        self._messages = messages
        self._build = build
        self._results: list[Any] = []

    def begin(self) -> None:
        done = len(self._results)
        if done == len(self._messages):
            self.answer(self._build(self._results))
        else:
            self.run(partial(self._apply, self._batch(done)), self._applied)

    def _batch(self, begin: int) -> Sequence[Sized]:
        """Return the next messages, as many as one slice may read."""
        end, left = begin, SLICE_MAPPED_BYTES
        while end < min(begin + SLICE_MAPPED, len(self._messages)) and left > 0:
            left -= self._messages[end].size
            end += 1
        return self._messages[begin:end]

    def _apply(self, messages: Sequence[Sized]) -> list[Any]:
        return [self._function(one) for one in messages]

    def _applied(self, results: list[Any]) -> None:
        self._results += results
        self.begin()


class Removal(Work):
    """Deletes messages: commits that in the store, takes them out of the index, deletes their content.

    The answer is built from their number.
    """

    def __init__(self, farm: Farm, mail: Mail, messages: Sequence[Message], build: Callable[[int], Any]) -> None:
        super().__init__(farm)
        self._mail = mail
        self._pending = deque(messages)
        self._removed = 0
        self._build = build

    def begin(self) -> None:
        if not self._pending:
            self.answer(self._build(self._removed))
            return
        batch = [self._pending.popleft() for _ in range(min(SLICE_REMOVED, len(self._pending)))]
        if self._mail.store.blocks:
            self.run(partial(self._retire, batch), partial(self._retired, batch))
        else:
            self._detach(batch)

    def _retire(self, batch: list[Message]) -> list[Message] | OSError:
        try:
            return self._mail.retire(batch)
        except OSError as error:
            return error

    def _retired(self, batch: list[Message], retired: list[Message] | OSError) -> None:
        if isinstance(retired, OSError):
            reason = f"messages cannot be deleted: {retired.strerror}; {self._removed} were deleted before"
            raise ProblemError(HTTPStatus.INSUFFICIENT_STORAGE, reason)
        self._pending.extendleft(reversed(batch[len(retired) :]))
        self._detach(retired)

    def _detach(self, batch: list[Message]) -> None:
        detached = self._mail.detach(batch)
        self._removed += len(detached)
        self.run(partial(self._mail.store.remove, detached), lambda _none: self.begin())
