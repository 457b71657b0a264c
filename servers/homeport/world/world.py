"""The world: the whole state of one isolated set of services, from its clock to its faults.

It is made of parts (`PARTS`), each with a function that brings it to its initial state. The same functions run when the
world is created and when it is reset, so a reset world cannot differ from a new one.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from functools import partial
from math import floor
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from homeport.protocol.addresses import Address
from homeport.world.act_log import ActLog
from homeport.world.budget import Budget
from homeport.world.clock import Clock, ClockOptions, ClockStore
from homeport.world.counters import Counters
from homeport.world.dictionary import OWN, Dictionaries
from homeport.world.directory.contents import DirectoryContents
from homeport.world.endpoints import Endpoint, OpenConnection
from homeport.world.faults import Faults
from homeport.world.files import FileProblem, FileStore, FileTree
from homeport.world.findings import Findings
from homeport.world.followers import Followers
from homeport.world.groups import Group, Groups
from homeport.world.journal import Journal, JournalOptions
from homeport.world.logs import Logs
from homeport.world.machine import Machine
from homeport.world.mail.contents import MailContents
from homeport.world.mail.mail import Mail
from homeport.world.mail.mailboxes import Mailboxes
from homeport.world.mail.store import Store as MailStore
from homeport.world.notices import Notices
from homeport.world.numbers import Numbers, NumbersContents
from homeport.world.people import People, Person
from homeport.world.presence import PresenceList, PresenceSeed
from homeport.world.quotes import Quotes
from homeport.world.registry import Registry, RegistryContents
from homeport.world.row_store import Store as RowStore
from homeport.world.row_store import StoreError
from homeport.world.seed import GROUPS, PEOPLE, PRESENCE, QUOTES
from homeport.world.seed_numbers import NUMBERS
from homeport.world.seed_registry import REGISTRY, WHOIS_TEXTS
from homeport.world.seed_words import WORDS
from homeport.world.standstill import Standstill
from homeport.world.storage import StorageHealth
from homeport.world.whois_texts import WhoisText, WhoisTexts
from homeport.world.zones.contents import ZoneContents
from homeport.world.zones.zones import Zones

if TYPE_CHECKING:
    from homeport.world.directory.directory import Directory

DEFAULT_WORLD = "default"
"""Name of the world that a farm starts with, and that exists as long as the farm."""
CAUGHT_UP = "registry.caught-up"
"""Topic of notices that work on the registry has ended."""
State = TypeVar("State")


class WorldContents(msgspec.Struct, frozen=True, kw_only=True):
    """The initial contents of a world. The default is the same in every world, so that examples work."""

    people: Sequence[Person] = PEOPLE
    presence: Sequence[PresenceSeed] = PRESENCE
    quotes: Sequence[str] = QUOTES
    registry: RegistryContents = REGISTRY
    numbers: NumbersContents = NUMBERS
    whois: Sequence[WhoisText] = WHOIS_TEXTS
    mail: MailContents = MailContents()
    dns: Sequence[ZoneContents] = ()
    groups: Sequence[Group] = GROUPS
    directory: DirectoryContents = DirectoryContents()
    seed: int = 0


REPLACEABLE = ("people", "presence", "quotes", "registry", "numbers", "whois", "mail", "dns", "groups", "directory")
"""Parts of a world's contents that `World.replace` can reset while it is served."""


class World:
    """One world. Protocols import it; it imports no protocol.

    real: returns real Unix time in seconds; the driver provides it.
    options: the options of each of its services, by name.
    clock: initial state of its clock. Raises ValueError if that is not a time.
    mail_store, registry_store, mailbox_store, zone_store: storage of mail, registry, mailboxes and zones; None for
    memory. clock_store: storage of the clock. Raises StoreError.
    """

    people: People
    groups: Groups
    quotes: Quotes
    registry: Registry
    numbers: Numbers
    whois_texts: WhoisTexts
    dictionaries: Dictionaries

    def __init__(
        self,
        name: str,
        contents: WorldContents,
        journal: JournalOptions,
        real: Callable[[], float],
        options: dict[str, Any] | None = None,
        clock: ClockOptions | None = None,
        mail_store: MailStore | None = None,
        registry_store: RowStore | None = None,
        mailbox_store: RowStore | None = None,
        zone_store: RowStore | None = None,
        directory_store: RowStore | None = None,
        clock_store: ClockStore | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.name = name
        self.made = real()
        """Real Unix time of its creation."""
        self.budget = budget or Budget()
        """The farm's limit on data that is being received."""
        self.contents = contents
        """The initial contents, for resets."""
        self.options = options or {}
        self.clock_options = clock or ClockOptions()
        self.clock_store = clock_store if self.clock_options.kept else None
        """Storage of the clock; None if it is not kept."""
        self._kept_clock = None if self.clock_store is None else self.clock_store.load()
        self.clock = Clock(real)
        self.journal = Journal(name, real, journal)
        self.acts = ActLog(self.journal, self.clock)
        self.standstill = Standstill(lambda: self.clock.jumping or self.registry.is_behind)
        self.clock.on_arrival = self._arrived
        self.followers = Followers(self.journal)
        self.findings = Findings(self.journal)
        self.notices = Notices()
        self.faults = Faults(contents.seed)
        self.counters: dict[tuple[str, str], Counters] = {}
        """By service and listener."""
        self.random = Random()  # noqa: S311 - seeded by the world: repeatable results are the point
        self.presence = PresenceList()
        self._of_services: dict[str, Any] = {}  # by name; the service chooses the type
        self.file_store: FileStore | None = None
        """Set by the driver."""
        self.machine = Machine()
        """Replaced by the driver."""
        self.endpoints: dict[str, Endpoint] = {}
        """Its open listeners, by the names of service and listener; the driver sets them."""
        self.tlsa: Callable[[], tuple[bytes, ...]] = tuple
        """Returns the TLSA data by which clients trust those with TLS; the driver sets it."""
        self.find_connection: Callable[[int, Address], OpenConnection | None] = lambda _port, _peer: None
        """Returns the open connection between a port of this host and the address and port of another host; the driver
        sets it."""
        self._works_in_steps = False
        self.storage = StorageHealth()
        for name, store in (
            ("registry", registry_store),
            ("mailboxes", mailbox_store),
            ("zones", zone_store),
            ("directory", directory_store),
        ):
            if store is not None:
                store.on_failure = partial(self.storage.failed, name)
                store.on_success = partial(self.storage.recovered, name)
        """The stores that cannot be written at present; `/readyz` reports them."""
        self.on_close: list[Callable[[], None]] = []
        """Called when the world closes."""
        self.mail = Mail(contents.mail, self, mail_store)
        self.mailboxes = Mailboxes(self, mailbox_store)
        self.logs = Logs()
        self.registry_store = registry_store
        self.zones = Zones(self, zone_store)
        self.directory_store = directory_store
        self._directory: Directory | None = None  # made when it is first asked
        self.faults.on_change.append(self.zones.faults_changed)
        # Mail of an earlier run has been loaded; the registry loads its own.
        self._begin(keep=("mail",))
        self.mailboxes.load()  # which needs the people

    def reset(self, keep: Collection[str] = ()) -> None:
        """Reset the world to its initial state. The caller has closed the connections that refer to the old state.

        keep: names of PARTS to leave unchanged. Raises StoreError if the initial state cannot be written.
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
        self.standstill.end()

    def work_in_steps(self) -> None:
        """Let long work go on in later turns: a driver calls the clock's timers."""
        self._works_in_steps = self.registry.works_in_steps = True

    def _caught_up(self) -> None:
        self.standstill.end()
        self.notices.publish(CAUGHT_UP)

    def _arrived(self) -> None:
        """Let the world go on after a jump of the clock."""
        self.acts.end_jump()
        self.standstill.end()

    @property
    def files(self) -> FileTree:
        """Its files, created on first use. Raises FileProblem if the world has none."""
        if self.file_store is None:
            raise FileProblem("failed", "this world has no files")
        return self.file_store.open()

    def without_faults(self) -> "World":
        """Return a view of this world in which no fault is planned. It shares everything else."""
        view = copy(self)
        view.faults = Faults(self.contents.seed)
        return view

    def of_service(self, name: str, begin: Callable[[], State]) -> State:
        """Return the state that a service keeps in this world beyond its connections, such as a count of log-ins.

        The first call creates it with `begin`; a reset deletes it.
        """
        state: State | None = self._of_services.get(name)
        if state is None:
            state = self._of_services[name] = begin()
        return state

    def replace(self, parts: Iterable[str], contents: WorldContents) -> None:
        """Reset some parts to new contents, which later resets use too; presences of sessions stay.

        parts: names of REPLACEABLE.
        """
        self.contents = contents
        for part in parts:
            if part == "presence":
                self.presence.replace_configured(contents.presence, self.clock.now())
            elif part == "mail":
                self.mail.configure(contents.mail)
            elif part == "dns":
                self.zones.configure()
            else:
                PARTS[part](self)

    def set_endpoints(self, endpoints: Iterable[Endpoint], tlsa: Callable[[], tuple[bytes, ...]] = tuple) -> None:
        """Note where the world listens now, and that its options may have changed.

        tlsa: returns the TLSA data by which clients trust the certificates of listeners with TLS (RFC 6698 2.1).
        """
        self.tlsa = tlsa
        self.endpoints = {f"{one.service}.{one.listener}": one for one in endpoints}
        self.zones.reconfigure()

    def close(self) -> None:
        """Close the stores on disk."""
        self.mailboxes.close()
        self.zones.kept.close()
        if self._directory is not None:
            self._directory.changes.close()
        elif self.directory_store is not None:
            self.directory_store.close()
        self.mail.store.close()
        self.registry.close()
        if self.registry_store is not None:
            self.registry_store.close()

    def counters_of(self, service: str, listener: str) -> Counters:
        """Return the counters of a listener, created on first use."""
        return self.counters.setdefault((service, listener), Counters())

    def begin_clock(self) -> None:
        """Reset the clock. Its timers are deleted; parts that need one set it in their own reset."""
        kept, self._kept_clock = self._kept_clock, None
        if kept is not None and kept.options == self.clock_options:
            self.clock.begin(self.clock_options, kept)  # the first time: it goes on
        else:
            self.clock.begin(self.clock_options)
            self.keep_clock()
        self.acts.begin()

    def keep_clock(self, at: float | None = None) -> None:
        """Store the clock, as it is or as it will be at a time; it may block. Raises: StoreError."""
        if self.clock_store is not None:
            self.clock_store.save(self.clock.state(self.clock_options, at))

    def begin_random(self) -> None:
        """Reset the random generator to its seed."""
        self.random.seed(self.contents.seed)

    def begin_people(self) -> None:
        """Reset the people."""
        self.people = People(self.contents.people)
        if self._directory is not None:
            self._directory.passwords.follow()

    def begin_groups(self) -> None:
        """Reset the groups."""
        self.groups = Groups(self.contents.groups)

    def begin_directory(self) -> None:
        """Reset the directory; what a store has of it changes people and groups at once."""
        if self._directory is not None:
            self._directory.begin()
        elif self.directory_store is not None or self.contents.directory.has_policy:
            self._directory = self._make_directory()  # passwords have an age from now on

    def _make_directory(self) -> "Directory":
        from homeport.world.directory.directory import Directory  # 20 ms, for worlds that are asked for entries

        made = Directory(self, self.directory_store)
        made.begin()
        return made

    @property
    def directory(self) -> "Directory":
        """Its people, groups, hosts and registrars as a directory, with entries of its own; made when it is asked."""
        if self._directory is None:
            self._directory = self._make_directory()
        return self._directory

    @property
    def has_directory(self) -> bool:
        """True if the directory was made."""
        return self._directory is not None

    def begin_presence(self) -> None:
        """Reset the presences."""
        self.presence.begin(self.contents.presence, self.clock.now())

    def begin_quotes(self) -> None:
        """Reset the quotes."""
        self.quotes = Quotes(self.contents.quotes, self.random)

    def begin_registry(self) -> None:
        """Load the registry from disk, else create the configured one with times relative to now.

        If StoreError is raised, the old registry continues.
        """
        before: Registry | None = getattr(self, "registry", None)
        try:
            serial = 0 if before is None else before.kept_serial
            self.registry = Registry(self.contents.registry, self.clock, self.registry_store, kept_serial=serial)
        except StoreError:
            if before is not None:
                before.watch()
            raise
        self.registry.on_act = self.acts.log
        self.registry.on_caught_up = self._caught_up
        self.registry.works_in_steps = self._works_in_steps
        if before is not None:
            before.close()

    def begin_numbers(self) -> None:
        """Reset the networks, routes and AS numbers."""
        self.numbers = Numbers(self.contents.numbers, float(floor(self.clock.now())))

    def begin_whois(self) -> None:
        """Reset the Whois texts."""
        self.whois_texts = WhoisTexts(self.contents.whois)

    def begin_dictionaries(self) -> None:
        """Reset the words that DICT defines."""
        self.dictionaries = Dictionaries({OWN: WORDS})

    def begin_files(self) -> None:
        """Restore the seed files, unless the folder belongs to the user."""
        if self.file_store is not None:
            self.file_store.restore()

    def begin_mail(self) -> None:
        """Delete all messages and mailboxes."""
        self.mail.reset()
        self.mailboxes.reset()

    def begin_counters(self) -> None:
        """Reset the counters."""
        for counters in self.counters.values():
            counters.reset()


PARTS: dict[str, Callable[[World], None]] = {
    "clock": World.begin_clock,
    "random": World.begin_random,
    "people": World.begin_people,
    "groups": World.begin_groups,
    "directory": World.begin_directory,
    "presence": World.begin_presence,
    "quotes": World.begin_quotes,
    "registry": World.begin_registry,
    "numbers": World.begin_numbers,
    "whois": World.begin_whois,
    "dictionaries": World.begin_dictionaries,
    "zones": lambda world: world.zones.begin(),
    "files": World.begin_files,
    "mail": World.begin_mail,
    "logs": lambda world: world.logs.reset(),
    "faults": lambda world: world.faults.reset(),
    "findings": lambda world: world.findings.clear(),
    "counters": World.begin_counters,
    "journal": lambda world: world.journal.clear(),
}
"""The parts of a world, each with the function that resets it, which also runs when the world is created.

They are reset in this order, because the others read the clock. A reset's `keep` accepts these names.
"""
