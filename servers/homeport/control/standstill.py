"""Answers of operations on the registry, delayed until it has caught up with the clock (`world/standstill.py`)."""

from collections.abc import Callable
from typing import Any

from homeport.control.farm import Farm
from homeport.control.operation import PendingAnswer
from homeport.control.slices import slices_of
from homeport.world.world import World


class AfterStandstill(PendingAnswer):
    """An answer that is worked out when the registry of a world has caught up. work: returns it, as a handler does."""

    def __init__(self, farm: Farm, world: World, work: Callable[[], Any]) -> None:
        super().__init__()
        self._farm = farm
        self._standstill = world.standstill
        self._work = work
        self._wait()

    def _wait(self) -> None:
        self._standstill.wait(lambda: slices_of(self._farm.reactor).add(self._go_on))

    def _go_on(self) -> bool:
        if self.done:
            return False
        if self._standstill.is_on:
            self._wait()  # the clock has been set again
        else:
            self.attempt(lambda: self.answer_by(self._work()))
        return False
