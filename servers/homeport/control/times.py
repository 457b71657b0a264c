"""World times in the API: RFC 3339 in UTC in answers; in requests also Unix time, or a distance from now."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from msgspec import Meta

from homeport.config.quantities import EARLIEST, LATEST, RFC3339, parse_moment
from homeport.control.problems import ProblemError
from homeport.world.clock import to_moment

Time = (
    Annotated[str, Meta(description="RFC 3339; in requests also a distance from the world's now, such as -3h or +P1Y")]
    | Annotated[float, Meta(ge=EARLIEST, le=LATEST, description="in requests: Unix time in seconds")]
)


MAX_WAIT_S = 24 * 60 * 60.0
"""Maximum timeout of a wait: a client that waits longer has most likely gone."""


def validate_timeout(timeout: float) -> None:
    """Raise ValueError for the timeout of a wait that is too long."""
    if timeout > MAX_WAIT_S:
        raise ValueError("timeout: a wait lasts at most 24h: wait again after it, with `since`")


def shown_time(seconds: float) -> str:
    """Serialize a time as RFC 3339 in UTC with microseconds."""
    return to_moment(seconds).isoformat(timespec="microseconds").replace("+00:00", "Z")


def zone_of(time: str | float) -> int:
    """Return the minutes by which the clock of a valid RFC 3339 time is ahead of UTC; 0 for other times."""
    if not isinstance(time, str) or not RFC3339.fullmatch(time):
        return 0
    offset = datetime.fromisoformat(time.upper()).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) // 60


def unix_time(time: str | float, now: float) -> float:
    """Parse a time of a request and return it as Unix time. Raise ProblemError, 400. now: the world's time."""
    if not isinstance(time, str):
        return float(time)
    try:
        return parse_moment(time, now)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
