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
from homeport.world.followers import Followers
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
        self.followers = Followers(self.journal)
        self.findings = Findings(self.journal)
        self.faults = Faults(contents.seed)
        self.counters: dict[tuple[str, str], Counters] = {}
        """By service and listener."""
        self.random = Random(contents.seed)  # noqa: S311 - chance that repeats is the point
        self.people = People(contents.people)
        self.presence = PresenceList()
        self.quotes = Quotes(contents.quotes, self.random)
        self.whois_texts = WhoisTexts(contents.whois)
        self.on_close: list[Callable[[], None]] = []
        """Told when the world closes."""
        now = self.clock.now()
        self.registry = Registry(contents.registry, now)
        for seed in contents.presence:
            since = now - Duration.parse(seed.ago)
            active = max(now - Duration.parse(seed.idle), since)
            self.presence.enter(seed.login, seed.terminal, seed.origin, since, active)

    def counters_of(self, service: str, listener: str) -> Counters:
        """The counters of a listener, made when first asked for."""
        return self.counters.setdefault((service, listener), Counters())
