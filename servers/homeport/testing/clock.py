"""A world's clock in tests."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeport.testing.world import World


class Clock:
    """A world's clock. What falls due by a change has happened when the method returns."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def now(self) -> datetime:
        """The world's time, in UTC."""
        return datetime.fromisoformat(self._world.api.get(f"{self._world.path}/clock")["now"])

    def set(self, time: datetime | str) -> datetime:
        """Go to a time: a datetime with its zone, RFC 3339, or a distance from now such as "+1d"."""
        return self._change(set=moment(time))

    def advance(self, distance: timedelta | float | str) -> datetime:
        """Go forward: by a timedelta, seconds, or an ISO 8601 duration such as "P1Y"."""
        return self._change(advance=duration(distance))

    def freeze(self) -> datetime:
        """Let time stand still."""
        return self._change(freeze=True)

    def resume(self) -> datetime:
        """Let it run on."""
        return self._change(resume=True)

    def _change(self, **change: Any) -> datetime:
        answer = self._world.api.send("POST", f"{self._world.path}/clock", change)
        return datetime.fromisoformat(answer["now"])


def moment(time: datetime | str) -> str:
    """A time as the API takes it.

    Raises: ValueError for a datetime without a zone.
    """
    if isinstance(time, str):
        return time
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone: write datetime(..., tzinfo=UTC)")
    return time.isoformat()


def duration(distance: timedelta | float | str) -> str:
    """A distance of time as the API takes it."""
    if isinstance(distance, str):
        return distance
    seconds = distance.total_seconds() if isinstance(distance, timedelta) else distance
    return f"{seconds:.6f}s"
