"""Presence: the users logged in now, over any service, as Active Users and Finger show them.

Configured presences last until the world's reset. A session adds one when its client has logged in, and removes it at
its end. Times are the world's.
"""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """A user who is logged in."""

    id: str
    login: str
    terminal: str
    """Name of the terminal line, or of the service."""
    origin: str
    """Host of the client; empty for a local line."""
    since: float
    """World time of the log-in, Unix time."""
    active: float
    """World time of the last activity, Unix time."""
    conn: str = ""
    """Identifier of the connection of its session; empty if it is not one of a session."""


class PresenceSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A configured presence."""

    login: Annotated[str, Meta(min_length=1, max_length=64, description="login name; need not be one of the people")]
    terminal: Annotated[str, Meta(max_length=32, description="the terminal's name")] = "tty1"
    origin: Annotated[str, Meta(max_length=255, description="the host they logged in from; empty for a local line")] = (
        ""
    )
    ago: Annotated[str, Meta(description="how long ago they logged in, a duration")] = "0s"
    idle: Annotated[str, Meta(description="for how long they have been idle, a duration")] = "0s"


class PresenceList:
    """All presences, in the order of their log-ins."""

    def __init__(self) -> None:
        self._present: dict[str, Presence] = {}
        self._numbers = count(1)
        self._configured: set[str] = set()

    def __iter__(self) -> Iterator[Presence]:
        return iter(self._present.values())

    def __len__(self) -> int:
        return len(self._present)

    def enter(
        self, login: str, terminal: str, origin: str, since: float, active: float | None = None, *, conn: str = ""
    ) -> str:
        """Add a presence and return its identifier, which is never used again; `leave` takes it."""
        identifier = next(name for number in self._numbers if (name := f"p{number}") not in self._present)
        self.put(
            Presence(
                id=identifier,
                login=login,
                terminal=terminal,
                origin=origin,
                since=since,
                active=since if active is None else active,
                conn=conn,
            )
        )
        return identifier

    def begin(self, seeds: Iterable[PresenceSeed], now: float) -> None:
        """Reset to the configured presences p1, p2, ...; their times count back from `now`."""
        self._present.clear()
        self.replace_configured(seeds, now)

    def replace_configured(self, seeds: Iterable[PresenceSeed], now: float) -> None:
        """Replace the configured presences; those of sessions stay, with their identifiers."""
        for identifier in self._configured:
            self.leave(identifier)
        self._configured.clear()
        names = (name for number in count(1) if (name := f"p{number}") not in self._present)
        for seed in seeds:
            since = now - Duration.parse(seed.ago)
            active = max(now - Duration.parse(seed.idle), since)
            name = next(names)
            self._configured.add(name)
            self.put(
                Presence(
                    id=name, login=seed.login, terminal=seed.terminal, origin=seed.origin, since=since, active=active
                )
            )

    def get(self, identifier: str) -> Presence | None:
        """Return the presence with this identifier, or None."""
        return self._present.get(identifier)

    def put(self, presence: Presence) -> None:
        """Add a presence, or replace the one with the same identifier."""
        self._present[presence.id] = presence

    def touch(self, identifier: str, now: float) -> None:
        """Set the time of the last activity, at most once a second, which is the resolution that services show."""
        presence = self._present.get(identifier)
        if presence is not None and not 0 <= now - presence.active < 1:
            self._present[identifier] = msgspec.structs.replace(presence, active=now)

    def leave(self, identifier: str) -> bool:
        """Remove a presence; return False if there was none with this identifier."""
        return self._present.pop(identifier, None) is not None

    def of(self, login: str) -> list[Presence]:
        """Return the presences of a login, ignoring case."""
        return [presence for presence in self if presence.login.lower() == login.lower()]


def login_on(presences: Iterable[Presence], conn: str) -> str:
    """Return the login of the client of a connection; empty if it is not logged in."""
    return next((one.login for one in presences if conn and one.conn == conn), "")
