"""A world's clock in tests."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeport.testing.world import World


class Clock:
    """A world's clock. Timers that fall due by a change have fired when the method returns."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def now(self) -> datetime:
        """Return the world's time, in UTC."""
        return datetime.fromisoformat(self._world.api.get(f"{self._world.path}/clock")["now"])

    def set(self, time: datetime | str) -> datetime:
        """Set the time: a datetime with its zone, RFC 3339, or a distance from now such as "+1d"."""
        return self._change(set=moment(time))

    def advance(self, distance: timedelta | float | str) -> datetime:
        """Advance the time: by a timedelta, seconds, or an ISO 8601 duration such as "P1Y"."""
        return self._change(advance=duration(distance))

    def freeze(self) -> datetime:
        """Freeze the time."""
        return self._change(freeze=True)

    def resume(self) -> datetime:
        """Let the time run on."""
        return self._change(resume=True)

    def _change(self, **change: Any) -> datetime:
        answer = self._world.api.send("POST", f"{self._world.path}/clock", change)
        return datetime.fromisoformat(answer["now"])


def moment(time: datetime | str) -> str:
    """Return a time in the API's format.

    Raises: ValueError for a datetime without a zone.
    """
    if isinstance(time, str):
        return time
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone: write datetime(..., tzinfo=UTC)")
    return time.isoformat()


def duration(distance: timedelta | float | str) -> str:
    """Return a distance of time in the API's format."""
    if isinstance(distance, str):
        return distance
    seconds = distance.total_seconds() if isinstance(distance, timedelta) else distance
    return f"{seconds:.6f}s"
