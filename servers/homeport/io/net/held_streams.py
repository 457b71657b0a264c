"""Connections whose input waits until the registry of their world has caught up with the clock (`world/standstill`)."""

from collections import deque
from typing import TYPE_CHECKING

from homeport.io.net.reactor import Reactor
from homeport.world.world import World

if TYPE_CHECKING:
    from homeport.io.net.stream import Stream

RELEASED_PER_TURN = 8


class HeldStreams:
    """The connections of one listener that wait."""

    def __init__(self, reactor: Reactor, world: World) -> None:
        self._reactor = reactor
        self._standstill = world.standstill
        self._held: deque[Stream] = deque()
        self._waits = False

    @property
    def needed(self) -> bool:
        """True if input must wait now."""
        return self._standstill.is_on

    def hold(self, stream: "Stream") -> None:
        """Have a connection wait."""
        self._held.append(stream)
        if not self._waits:
            self._waits = True
            self._standstill.wait(self._release)

    def _release(self) -> None:
        """Let some connections go on; if the registry is behind again, their input waits again."""
        for _ in range(min(len(self._held), RELEASED_PER_TURN)):
            self._held.popleft().release()
        if self._held:
            self._reactor.callLater(0, self._release)
        else:
            self._waits = False
