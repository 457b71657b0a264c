"""The world: all the state of one little internet, from its clock to its faults."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from homeport.quantities import Duration
from homeport.world.clock import Clock
from homeport.world.counters import Counters
from homeport.world.faults import Faults
from homeport.world.findings import Findings
from homeport.world.journal import Journal, JournalOptions
from homeport.world.people import People, Person
from homeport.world.presence import PresenceList, PresenceSeed
from homeport.world.quotes import Quotes
from homeport.world.registry import Registry, RegistryContents
from homeport.world.seed import PEOPLE, PRESENCE, QUOTES
from homeport.world.seed_registry import REGISTRY, WHOIS_TEXTS
from homeport.world.whois_texts import WhoisText, WhoisTexts


class WorldContents(msgspec.Struct, frozen=True, kw_only=True):
    """What a world holds when it begins; the default is the same in every fresh world, so examples work."""

    people: Sequence[Person] = PEOPLE
    presence: Sequence[PresenceSeed] = PRESENCE
    quotes: Sequence[str] = QUOTES
    registry: RegistryContents = REGISTRY
    whois: Sequence[WhoisText] = WHOIS_TEXTS
    seed: int = 0


REPLACEABLE = ("people", "presence", "quotes", "registry", "whois")
"""The parts of a world's contents that can begin anew while it stands."""


class World:
    """One world. Protocols know it, it knows none of them.

    real: real Unix time in seconds, from the driver.
    options: the options of each service that it shows, by name.
    clock: the world's clock if it does not begin at real time.
    """

    def __init__(
        self,
        name: str,
        contents: WorldContents,
        journal: JournalOptions,
        real: Callable[[], float],
        options: dict[str, Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.options = options or {}
        self.clock = clock or Clock(real)
        self.journal = Journal(name, real, journal)
        self.findings = Findings(self.journal)
        self.faults = Faults(contents.seed)
        self.counters: dict[tuple[str, str], Counters] = {}
        """By service and listener."""
        self.random = Random(contents.seed)  # noqa: S311 - chance that repeats is the point
        self.presence = PresenceList()
        self._configured_presences: list[str] = []
        self.on_close: list[Callable[[], None]] = []
        """Told when the world closes."""
        for part in REPLACEABLE:
            self.replace(part, contents)

    def replace(self, part: str, contents: WorldContents) -> None:
        """Begin a part anew, as it is configured. Presences of sessions stay; they are no part of the configuration.

        part: of REPLACEABLE.
        """
        match part:
            case "people":
                self.people = People(contents.people)
            case "presence":
                self._replace_presences(contents.presence)
            case "quotes":
                self.quotes = Quotes(contents.quotes, self.random)
            case "registry":
                self.registry = Registry(contents.registry, self.clock.now())
            case "whois":
                self.whois_texts = WhoisTexts(contents.whois)
            case _:
                raise KeyError(part)

    def _replace_presences(self, seeds: Sequence[PresenceSeed]) -> None:
        for identifier in self._configured_presences:
            self.presence.leave(identifier)
        self._configured_presences.clear()
        now = self.clock.now()
        for seed in seeds:
            since = now - Duration.parse(seed.ago)
            active = max(now - Duration.parse(seed.idle), since)
            self._configured_presences.append(
                self.presence.enter(seed.login, seed.terminal, seed.origin, since, active)
            )

    def counters_of(self, service: str, listener: str) -> Counters:
        """The counters of a listener, made when first asked for."""
        return self.counters.setdefault((service, listener), Counters())
