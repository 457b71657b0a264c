"""The journal's record of what time does to the objects of the registry.

A jump of ten years over a large registry is a million acts, which would push everything else out of the journal. So
only the first acts of a jump are events of their own, and one event has the number of the others.
"""

from collections import Counter

from homeport.world.clock import Clock, to_moment
from homeport.world.journal import Journal
from homeport.world.registry.object_events import ACT_TEXTS, PlannedAct

MAX_LOGGED = 1000
"""Acts of one jump of the clock that are events of their own."""


class ActLog:
    """Logs the acts of time of one world."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.total = 0
        """Number of acts so far."""
        self._journal = journal
        self._clock = clock
        self._logged = 0  # in this jump
        self._more: Counter[str] = Counter()

    def log(self, act: PlannedAct) -> None:
        """Log an act that has happened."""
        self.total += 1
        if self._clock.jumping:
            if self._logged >= MAX_LOGGED:
                self._more[act.what] += 1
                return
            self._logged += 1
        fields = {"what": act.what, "kind": act.kind, "object": act.name, "text": ACT_TEXTS[act.what]}
        self._journal.log(None, "registry", {**fields, "world_time": _shown(act.due)})

    def begin(self) -> None:
        """Forget a jump that a reset of the clock has ended."""
        self._more.clear()
        self._logged = 0

    def end_jump(self) -> None:
        """Log the number of acts of the jump that are no events of their own."""
        if more := self._more.total():
            most = ", ".join(f"{what} {count}" for what, count in self._more.most_common())
            fields = {"what": "more", "kind": "", "object": "", "text": f"{more} more acts: {most}"}
            self._journal.log(None, "registry", {**fields, "world_time": _shown(self._clock.now())})
        self.begin()


def _shown(seconds: float) -> str:
    return to_moment(seconds).isoformat(timespec="seconds").replace("+00:00", "Z")
