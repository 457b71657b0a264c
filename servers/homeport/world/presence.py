"""Presence: who is logged in now, over any service; what Active Users and Finger show.

Configured presences stand for as long as the world; a protocol's session enters when its client has logged in and
leaves when it goes. Times are the world's.
"""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.quantities import Duration


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is on."""

    id: str
    login: str
    terminal: str
    """Where they sit: a line's name, or the service they came by."""
    origin: str
    """The host they came from; empty for a local line."""
    since: float
    """When they logged in: the world's Unix time."""
    active: float
    """When they were last active: the world's Unix time."""


class PresenceSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A presence as it is configured."""

    login: Annotated[str, Meta(min_length=1, max_length=64, description="who is on; need not be one of the people")]
    terminal: Annotated[str, Meta(max_length=32, description="the terminal's name")] = "tty1"
    origin: Annotated[str, Meta(max_length=255, description="the host they came from; empty: a local line")] = ""
    ago: Annotated[str, Meta(description="how long ago they logged in, a duration")] = "0s"
    idle: Annotated[str, Meta(description="for how long they have been idle, a duration")] = "0s"


class PresenceList:
    """Everybody who is on, in the order they came."""

    def __init__(self) -> None:
        self._present: dict[str, Presence] = {}
        self._numbers = count(1)
        self._configured: set[str] = set()

    def __iter__(self) -> Iterator[Presence]:
        return iter(self._present.values())

    def __len__(self) -> int:
        return len(self._present)

    def enter(self, login: str, terminal: str, origin: str, since: float, active: float | None = None) -> str:
        """Somebody has logged in; the identifier that `leave` takes, which nobody else has or gets."""
        identifier = next(name for number in self._numbers if (name := f"p{number}") not in self._present)
        self.put(
            Presence(
                id=identifier,
                login=login,
                terminal=terminal,
                origin=origin,
                since=since,
                active=since if active is None else active,
            )
        )
        return identifier

    def begin(self, seeds: Iterable[PresenceSeed], now: float) -> None:
        """Begin anew with those who are configured: p1, p2, ..., who came and were active so long before `now`."""
        self._present.clear()
        self.replace_configured(seeds, now)

    def replace_configured(self, seeds: Iterable[PresenceSeed], now: float) -> None:
        """Have those who are configured now in the place of those who were; others stay, with their identifiers."""
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
        """The presence of that identifier, or None."""
        return self._present.get(identifier)

    def put(self, presence: Presence) -> None:
        """Add a presence, or replace the one of the same identifier."""
        self._present[presence.id] = presence

    def touch(self, identifier: str, now: float) -> None:
        """They did something, so they are idle no more. Seconds count: they are told, and commands come quicker."""
        presence = self._present.get(identifier)
        if presence is not None and not 0 <= now - presence.active < 1:
            self._present[identifier] = msgspec.structs.replace(presence, active=now)

    def leave(self, identifier: str) -> bool:
        """Whether they were on; they are gone now."""
        return self._present.pop(identifier, None) is not None

    def of(self, login: str) -> list[Presence]:
        """Everywhere that a login is on, without regard to case."""
        return [presence for presence in self if presence.login.lower() == login.lower()]
