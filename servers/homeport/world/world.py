"""The world: all the state of one little internet, from its clock to its faults."""

from collections.abc import Callable, Collection, Iterable, Sequence
from random import Random
from typing import Any, TypeVar

import msgspec

from homeport.world.clock import Clock, ClockOptions
from homeport.world.counters import Counters
from homeport.world.faults import Faults
from homeport.world.files import FileProblem, FileStore, FileTree
from homeport.world.findings import Findings
from homeport.world.followers import Followers
from homeport.world.journal import Journal, JournalOptions
from homeport.world.mail.contents import MailContents
from homeport.world.mail.mail import Mail
from homeport.world.mail.store import Store as MailStore
from homeport.world.people import People, Person
from homeport.world.presence import PresenceList, PresenceSeed
from homeport.world.quotes import Quotes
from homeport.world.registry import Registry, RegistryContents
from homeport.world.registry.store import Store as RegistryStore
from homeport.world.registry.store import StoreError
from homeport.world.seed import PEOPLE, PRESENCE, QUOTES
from homeport.world.seed_registry import REGISTRY, WHOIS_TEXTS
from homeport.world.whois_texts import WhoisText, WhoisTexts

DEFAULT_WORLD = "default"
"""The world that a farm begins with, and that lasts as long as it."""
State = TypeVar("State")


class WorldContents(msgspec.Struct, frozen=True, kw_only=True):
    """What a world holds when it begins; the default is the same in every fresh world, so examples work."""

    people: Sequence[Person] = PEOPLE
    presence: Sequence[PresenceSeed] = PRESENCE
    quotes: Sequence[str] = QUOTES
    registry: RegistryContents = REGISTRY
    whois: Sequence[WhoisText] = WHOIS_TEXTS
    mail: MailContents = MailContents()
    seed: int = 0


REPLACEABLE = ("people", "presence", "quotes", "registry", "whois", "mail")
"""The parts of a world's contents that can begin anew while it stands."""


class World:
    """One world. Protocols know it, it knows none of them.

    real: real Unix time in seconds, from the driver.
    options: the options of each service that it shows, by name.
    clock: how its clock begins. Raises: ValueError if it names no time.
    mail_store, registry_store: where mail and the registry are kept if not in memory. Raises: StoreError.
    """

    people: People
    quotes: Quotes
    registry: Registry
    whois_texts: WhoisTexts

    def __init__(
        self,
        name: str,
        contents: WorldContents,
        journal: JournalOptions,
        real: Callable[[], float],
        options: dict[str, Any] | None = None,
        clock: ClockOptions | None = None,
        mail_store: MailStore | None = None,
        registry_store: RegistryStore | None = None,
    ) -> None:
        self.name = name
        self.contents = contents
        """What it holds when it begins."""
        self.options = options or {}
        self.clock_options = clock or ClockOptions()
        self.clock = Clock(real)
        self.journal = Journal(name, real, journal)
        self.followers = Followers(self.journal)
        self.findings = Findings(self.journal)
        self.faults = Faults(contents.seed)
        self.counters: dict[tuple[str, str], Counters] = {}
        """By service and listener."""
        self.random = Random()  # noqa: S311 - seeded when it begins: chance that repeats is the point
        self.presence = PresenceList()
        self._of_services: dict[str, Any] = {}  # by name, in the type that the service gives
        self.file_store: FileStore | None = None
        """Given by who drives the world."""
        self.on_close: list[Callable[[], None]] = []
        """Told when the world closes."""
        self.mail = Mail(contents.mail, self, mail_store)
        self.registry_store = registry_store
        # Mail of an earlier run is there already; the registry finds its own.
        self._begin(keep=("mail",))

    def reset(self, keep: Collection[str] = ()) -> None:
        """Return to the first state. Whoever serves the world has ended the connections that know of the old one.

        keep: names of PARTS that stay as they are. Raises: StoreError if the first state cannot be written.
        """
        if self.registry_store is not None and "registry" not in keep:
            self.registry_store.forget()
        self._begin(keep)

    def _begin(self, keep: Collection[str]) -> None:
        self._of_services.clear()
        for name, begin in PARTS.items():
            if name not in keep:
                begin(self)
        if "registry" in keep and "clock" not in keep:
            self.registry.watch()

    @property
    def files(self) -> FileTree:
        """Its files, made when first asked for. Raises: FileProblem if there are none to be had."""
        if self.file_store is None:
            raise FileProblem("failed", "this world has no files")
        return self.file_store.open()

    def of_service(self, name: str, begin: Callable[[], State]) -> State:
        """Return what a service keeps in this world beyond its connections, such as a count of log-ins.

        It is made by `begin` when it is first asked for, the same in every call of the service; a reset forgets it.
        """
        state: State | None = self._of_services.get(name)
        if state is None:
            state = self._of_services[name] = begin()
        return state

    def replace(self, parts: Iterable[str], contents: WorldContents) -> None:
        """Begin some parts anew, as they are configured now; presences of sessions stay. A reset goes by these too.

        parts: of REPLACEABLE.
        """
        self.contents = contents
        for part in parts:
            if part == "presence":
                self.presence.replace_configured(contents.presence, self.clock.now())
            elif part == "mail":
                self.mail.configure(contents.mail)
            else:
                PARTS[part](self)

    def close(self) -> None:
        """Let go of what is kept on disk."""
        self.mail.store.close()
        self.registry.close()
        if self.registry_store is not None:
            self.registry_store.close()

    def counters_of(self, service: str, listener: str) -> Counters:
        """The counters of a listener, made when first asked for."""
        return self.counters.setdefault((service, listener), Counters())

    def begin_clock(self) -> None:
        """The clock as it is configured. Its timers are forgotten: what needs one sets it when it begins."""
        self.clock.begin(self.clock_options)

    def begin_random(self) -> None:
        """Chance from its seed."""
        self.random.seed(self.contents.seed)

    def begin_people(self) -> None:
        """The people who are configured."""
        self.people = People(self.contents.people)

    def begin_presence(self) -> None:
        """Those who are configured to be on."""
        self.presence.begin(self.contents.presence, self.clock.now())

    def begin_quotes(self) -> None:
        """The book that is configured, open at its first quote."""
        self.quotes = Quotes(self.contents.quotes, self.random)

    def begin_registry(self) -> None:
        """The registry that was kept on disk, else the one that is configured, its times counted from now.

        Raises: StoreError; the one that there was goes on then.
        """
        before: Registry | None = getattr(self, "registry", None)
        try:
            self.registry = Registry(self.contents.registry, self.clock, self.registry_store)
        except StoreError:
            if before is not None:
                before.watch()
            raise
        if before is not None:
            before.close()

    def begin_whois(self) -> None:
        """The texts that are configured."""
        self.whois_texts = WhoisTexts(self.contents.whois)

    def begin_files(self) -> None:
        """The seed files, unless the folder is somebody's own."""
        if self.file_store is not None:
            self.file_store.restore()

    def begin_counters(self) -> None:
        """Count from nought."""
        for counters in self.counters.values():
            counters.reset()


PARTS: dict[str, Callable[[World], None]] = {
    "clock": World.begin_clock,
    "random": World.begin_random,
    "people": World.begin_people,
    "presence": World.begin_presence,
    "quotes": World.begin_quotes,
    "registry": World.begin_registry,
    "whois": World.begin_whois,
    "files": World.begin_files,
    "mail": lambda world: world.mail.reset(),
    "faults": lambda world: world.faults.reset(),
    "findings": lambda world: world.findings.clear(),
    "counters": World.begin_counters,
    "journal": lambda world: world.journal.clear(),
}
"""The parts of a world, each with what brings it to its first state: when the world is made and when it is reset.

The order is that of their beginnings: the others look at the clock. The names are those that a reset can keep.
"""
