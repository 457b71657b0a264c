"""Long work of the API in slices, so that no request delays the other clients of the reactor.

One event loop serves all protocols and worlds: an operation that reads the whole journal, or serializes a large answer,
would stop all of them meanwhile. Threads are no remedy, since such work holds the interpreter's lock. So an operation
with much to do is a generator that yields after each bounded step. All jobs of a farm share a number of steps in each
turn of the reactor and take them in rotation: the cost of a turn is bounded, however many clients ask.

`Steps` runs a generator that returns an answer. `Body` runs one that yields the pieces of a body: a small body is
answered whole, a larger one is streamed, and the generator pauses while too much of it is unsent.
"""

import logging
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Any
from weakref import WeakKeyDictionary, ref

from homeport.control.farm import Clock, Farm
from homeport.control.operation import Document, PendingAnswer, Sink, Stream

log = logging.getLogger("homeport")

MAX_STEPS = 4
"""Steps in one turn of the reactor, of all jobs together. A step takes about a quarter of a millisecond."""
STEP_COST = 64 << 10
"""Cost of a step, in bytes as the journal counts them: each entry, or other item, costs 200 besides its content."""
STEP_ITEMS = STEP_COST // 200
"""Items of a step that have little content."""
MAX_WHOLE_BYTES = 64 << 10
"""Size of a body up to which it is collected and sent with its length; a larger one is streamed."""


class Slices:
    """The jobs of one reactor. A job is a function that does one step and returns True if there is more to do."""

    def __init__(self, reactor: Clock) -> None:
        self._reactor = ref(reactor)
        self._jobs: deque[Callable[[], bool]] = deque()
        self._steps_left = MAX_STEPS
        self._scheduled = False

    def add(self, job: Callable[[], bool]) -> None:
        """Run a job: at once while steps of this turn are left, then in later turns."""
        if job not in self._jobs:
            self._jobs.append(job)
        if len(self._jobs) == 1:
            self._run()
        self._schedule()

    def remove(self, job: Callable[[], bool]) -> None:
        """Run a job no more; no effect on one that has ended."""
        if job in self._jobs:
            self._jobs.remove(job)

    def _schedule(self) -> None:
        reactor = self._reactor()
        if not self._scheduled and reactor is not None:
            self._scheduled = True
            reactor.callLater(0, self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        self._steps_left = MAX_STEPS
        self._run()
        if self._jobs:
            self._schedule()

    def _run(self) -> None:
        while self._jobs and self._steps_left > 0:
            self._steps_left -= 1
            job = self._jobs.popleft()
            if job() and job not in self._jobs:
                self._jobs.append(job)


_SLICES: WeakKeyDictionary[Clock, Slices] = WeakKeyDictionary()


def slices_of(reactor: Clock) -> Slices:
    """Return the slices of a reactor, created on first use."""
    slices = _SLICES.get(reactor)
    if slices is None:
        slices = _SLICES[reactor] = Slices(reactor)
    return slices


class Sliced(PendingAnswer, ABC):
    """An answer whose work is done in slices; nothing is done before a client waits for it."""

    def __init__(self, farm: Farm) -> None:
        super().__init__()
        self._farm = farm
        self._queued = False

    def then(self, callback: Callable[[Any], None]) -> None:
        super().then(callback)
        if not self.done:
            self._queued = True
            slices_of(self._farm.reactor).add(self._step)

    def hurry(self) -> None:
        while self._step():
            pass

    def release(self) -> None:
        if self._queued:
            slices_of(self._farm.reactor).remove(self._step)

    @abstractmethod
    def _step(self) -> bool:
        """Do one step. Return True if there is more to do."""


class Steps(Sliced):
    """An answer that a generator computes: it yields after each step, and returns the answer, or a `Body` of it."""

    def __init__(self, farm: Farm, steps: Generator[None, None, Any]) -> None:
        super().__init__(farm)
        self._steps = steps

    def hurry(self) -> None:
        self.hurries = True
        super().hurry()

    def _step(self) -> bool:
        if not self.done:
            try:
                next(self._steps)
            except StopIteration as end:
                self.answer_by(end.value)
            except Exception as error:
                self.answer(error)
        return not self.concluded


class OffReactor(PendingAnswer):
    """An answer that needs work in a thread. It must be Python code, which shares the interpreter.

    work: runs in the thread. show: makes the answer out of its result, on the reactor; also a `Body`.
    """

    def __init__(self, farm: Farm, work: Callable[[], Any], show: Callable[[Any], Any] = lambda result: result) -> None:
        super().__init__()
        self._farm = farm
        self._work = work
        self._show = show

    def then(self, callback: Callable[[Any], None]) -> None:
        super().then(callback)
        if not self.done:
            self._farm.call_off(self._work, self._worked)

    def hurry(self) -> None:
        self.hurries = True
        self._worked(self._work(), None)

    def _worked(self, result: Any, error: Exception | None) -> None:
        if not self.done:
            self.attempt(lambda: self.answer_by(error or self._show(result)))


class Body(Sliced):
    """A body that a generator yields piece by piece; an empty piece ends a step without output."""

    def __init__(self, farm: Farm, pieces: Iterator[bytes], media_type: str = "") -> None:
        super().__init__(farm)
        self._media_type = media_type
        self._pieces = pieces
        self._collected: list[bytes] = []
        self._size = 0
        self._max_whole_bytes = MAX_WHOLE_BYTES

    def hurry(self) -> None:
        self._max_whole_bytes = sys.maxsize
        super().hurry()

    def _step(self) -> bool:
        if not self.done:
            self._collect()
        return not self.done

    def _collect(self) -> None:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self.answer(self._whole())
        except Exception as error:
            self.answer(error)
        else:
            self._collected.append(piece)
            self._size += len(piece)
            if self._size > self._max_whole_bytes:
                self.answer(BodyStream(slices_of(self._farm.reactor), self._collected, self._pieces, self._media_type))

    def _whole(self) -> Any:
        body = b"".join(self._collected)
        return Document(self._media_type, body) if self._media_type else body


def cut(body: bytes) -> Iterator[bytes]:
    """Yield a body in pieces."""
    for at in range(0, len(body), MAX_WHOLE_BYTES):
        yield body[at : at + MAX_WHOLE_BYTES]


class BodyStream(Stream):
    """The rest of a body, under back-pressure. begin: pieces that are collected already."""

    def __init__(self, slices: Slices, begin: list[bytes], pieces: Iterator[bytes], media_type: str) -> None:
        self.media_type = media_type
        self._begin = begin
        self._pieces = pieces
        self._slices = slices
        self._sink: Sink | None = None
        self._paused = False

    def start(self, sink: Sink) -> None:
        self._sink = sink
        sink.write(b"".join(self._begin))
        self._begin = []
        if not self._paused:
            self._slices.add(self._step)

    def pause(self) -> None:
        self._paused = True
        self._slices.remove(self._step)

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            if self._sink is not None:
                self._slices.add(self._step)

    def drop(self) -> None:
        self._sink = None
        self._slices.remove(self._step)

    def _step(self) -> bool:
        sink = self._sink
        if sink is None or self._paused:
            return False
        try:
            piece = next(self._pieces)
        except StopIteration:
            self.drop()
            sink.end()
        except Exception:
            log.exception("internal error: an answer failed when it was partly sent; please report this")
            self.drop()
            sink.abort()
        else:
            if piece:
                sink.write(piece)
        return self._sink is not None and not self._paused
