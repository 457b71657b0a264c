"""The number and size of a world's files, which are counted off the reactor.

One count at a time runs for a world: questions that come meanwhile share the next one, so each sees what was stored
before it was asked. A tree of many files is counted again only after some time.
"""

from collections.abc import Callable
from typing import Annotated
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import PendingAnswer
from homeport.world.files import FileProblem
from homeport.world.journal import timestamp
from homeport.world.world import World

MAX_COUNTED = 100_000
"""Files and directories that a count passes."""
MANY_FILES = 2000
"""Files and directories up to which a tree is counted at each question."""
RECOUNT_SECONDS = 30.0
"""Time after which a tree of more is counted again."""


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "The files of a world."

    number: Annotated[int, Meta(description="files and symbolic links")]
    directories: int
    bytes: Annotated[int, Meta(description="size of all files")]
    complete: Annotated[bool, Meta(description=f"false if there are more: a count passes at most {MAX_COUNTED}")]
    counted: Annotated[str, Meta(description="real time of the count; a tree of many files is counted seldom")]


Done = Callable[[FileFacts | None], None]


class FileCounter:
    """The counts of one world's files."""

    def __init__(self) -> None:
        self._newest: FileFacts | None = None
        self._old_at = 0.0
        """Time of the reactor at which `_newest` is not taken any more."""
        self._waiting: list[tuple[World, Done]] = []
        self._counting = False

    def ask(self, farm: Farm, world: World, done: Done) -> None:
        """Call `done` with the facts; None if the files cannot be read."""
        self._waiting.append((world, done))
        if not self._counting:
            self._next(farm)

    def _next(self, farm: Farm) -> None:
        """Begin a count for all who wait, or answer them by the newest one."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        if farm.reactor.seconds() < self._old_at:
            for _world, done in waiting:
                done(self._newest)
            return
        world = waiting[0][0]

        def counted(facts: FileFacts | None, _error: Exception | None) -> None:
            self._counting = False
            self._newest = facts
            if facts is not None and facts.number + facts.directories > MANY_FILES:
                self._old_at = farm.reactor.seconds() + RECOUNT_SECONDS
            for _world, done in waiting:
                done(facts)
            if not self._counting:
                self._next(farm)

        self._counting = True
        farm.call_off(count_of(world), counted)


def count_of(world: World) -> Callable[[], FileFacts | None]:
    """Return a function for a thread that counts the files of a world; it returns None if they cannot be read."""
    real = world.journal.real
    try:
        tree = world.files
    except FileProblem:
        return lambda: None

    def count() -> FileFacts | None:
        try:
            held = tree.held(MAX_COUNTED)
        except FileProblem:
            return None
        return FileFacts(
            number=held.files,
            directories=held.directories,
            bytes=held.octets,
            complete=held.complete,
            counted=timestamp(real()),
        )

    return count


class WithFiles(PendingAnswer):
    """An answer that needs the facts of a world's files."""

    def __init__(self, farm: Farm, world: World, show: Callable[[FileFacts | None], object]) -> None:
        super().__init__()
        self._farm = farm
        self._world = world
        self._show = show

    def then(self, callback: Callable[[object], None]) -> None:
        super().then(callback)
        if not self.done:
            _COUNTERS.setdefault(self._world, FileCounter()).ask(self._farm, self._world, self._counted)

    def hurry(self) -> None:
        self._counted(count_of(self._world)())

    def _counted(self, facts: FileFacts | None) -> None:
        if not self.done:
            self.attempt(lambda: self.answer(self._show(facts)))


_COUNTERS: WeakKeyDictionary[World, FileCounter] = WeakKeyDictionary()
