"""Times of the world in the API: RFC 3339 in UTC in answers; in requests also Unix time, or a distance from now."""

from http import HTTPStatus
from typing import Annotated

from msgspec import Meta

from homeport.config.quantities import EARLIEST, LATEST, parse_moment
from homeport.control.problems import ProblemError
from homeport.world.clock import to_moment

Time = (
    Annotated[str, Meta(description="RFC 3339; in requests also a distance from the world's now, such as -3h or +P1Y")]
    | Annotated[float, Meta(ge=EARLIEST, le=LATEST, description="in requests: Unix time in seconds")]
)


def shown_time(seconds: float) -> str:
    """A time as the API shows it."""
    return to_moment(seconds).isoformat(timespec="microseconds").replace("+00:00", "Z")


def unix_time(time: str | float, now: float) -> float:
    """Unix time of what a request says.

    Raises: ProblemError.
    """
    if not isinstance(time, str):
        return float(time)
    try:
        return parse_moment(time, now)
    except ValueError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
