"""Times as the shell writes them: of the world's clock, in UTC, with English names in every locale."""

from homeport.world.clock import to_moment

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTE, HOUR, DAY = 60, 3600, 86_400


def date(time: float) -> str:
    """Return a time as `Wed Oct 14 17:46:40 UTC 2026`."""
    moment = to_moment(time)
    day, month = DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{day} {month} {moment.day:2} {moment:%H:%M:%S} UTC {moment.year}"


def date_and_time(time: float) -> str:
    """Return a time as `2026-10-14 17:46`."""
    moment = to_moment(time)
    return f"{moment.year:04}-{moment:%m-%d %H:%M}"


def clock_time(time: float) -> str:
    """Return a time as `17:46`."""
    return f"{to_moment(time):%H:%M}"


def idle_time(seconds: float) -> str:
    """Return how long a user has been idle: `.` under a minute, else `04:02` or `3d`."""
    if seconds < MINUTE:
        return "."
    if seconds < DAY:
        return f"{int(seconds // HOUR):02}:{int(seconds % HOUR // MINUTE):02}"
    return f"{int(seconds // DAY)}d"
