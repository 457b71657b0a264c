"""The planned faults of a world: matching, counting, and reproducible random decisions.

Every random decision is drawn from the farm's seed and from counters of matches, never from time or from the order of
unrelated events, so that a failing test fails again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import count
from random import Random
from typing import NamedTuple, Protocol

from homeport.config.peers import PeerSet
from homeport.protocol.addresses import Address
from homeport.protocol.faults import Direction, Do, Match, Plan


class Origin(Protocol):
    """The origin of a command: the part of a session's context that faults match."""

    @property
    def service(self) -> str: ...
    @property
    def listener(self) -> str: ...
    @property
    def peer(self) -> Address: ...
    @property
    def conn(self) -> str: ...


class LastAct(NamedTuple):
    """The last time that a fault acted."""

    seq: int
    """Number of the event in the journal; 0 if it was not recorded."""
    conn: str | None
    time: float
    """Real Unix time."""


class Fault:
    """A plan and its counters."""

    __slots__ = (
        "_begun",
        "_chance",
        "_peers",
        "_seed",
        "acted",
        "id",
        "last",
        "paused",
        "plan",
        "removed",
        "seen",
        "since",
    )

    def __init__(self, identifier: str, plan: Plan, seed: str, since: int = 0) -> None:
        self.id = identifier
        self.since = since
        """Number of the journal's newest event when it was planned."""
        self.plan = plan
        self.seen = 0
        """Number of matches so far."""
        self.acted = 0
        """Number of matches that it acted on."""
        self.removed = False
        self.paused = False
        """True while it takes no matches; where it already acts, it continues."""
        self.last: LastAct | None = None
        self._seed = seed
        self._begun = 0
        self._chance = Random(seed)  # noqa: S311 - chance that repeats is the point
        self._peers = PeerSet([plan.match.peer]) if plan.match.peer else None

    @property
    def spent(self) -> bool:
        """True if it acts on no further match."""
        return self.removed or 0 < self.plan.times <= self.acted

    def generator(self) -> Random:
        """Return a random generator for one match.

        Random decisions on one connection depend neither on other faults, nor on how often and when this one acts on
        other
        connections: only on the seed, and on the number of earlier matches.
        """
        self._begun += 1
        return Random(f"{self._seed}:{self._begun}")  # noqa: S311 - chance that repeats is the point

    def change(self, plan: Plan, *, paused: bool) -> None:
        """Replace how often it acts, and pause or resume it. plan: the same where, match and kind."""
        self.plan = plan
        self.paused = paused

    def concerns(self, service: str, listener: str) -> bool:
        """Return True if it applies to that listener."""
        return self.plan.service == service and self.plan.listener in (None, listener)

    def matches(self, peer: str, conn: str) -> bool:
        """Return True if it applies to that client. peer: an address. conn: empty for datagrams."""
        match = self.plan.match
        return match.conn in (None, conn) and (self._peers is None or self._peers.covers(peer))

    def matches_command(self, verb: str, argument: str) -> bool:
        """Return True if it applies to that command.

        `create` matches `domain:create`; `SITE CHMOD` matches SITE with CHMOD.
        """
        match = self.plan.match
        if match.verb is not None and not _is_verb(match.verb.lower(), verb.lower(), argument.lower()):
            return False
        return match.argument is None or match.argument.lower() in argument.lower()

    def take(self) -> bool:
        """Count a match; return True if it acts on this one."""
        if self.paused or self.spent:
            return False
        self.seen += 1
        if self.seen <= self.plan.after or self._chance.random() >= self.plan.probability:
            return False
        self.acted += 1
        return True


def _is_verb(wanted: str, verb: str, argument: str) -> bool:
    if wanted in (verb, verb.rpartition(":")[2]):
        return True
    first, blank, second = wanted.partition(" ")
    return bool(blank) and first == verb and argument.partition(" ")[0] == second


class Faults:
    """The faults of a world, in the order in which they were planned. seed: the world's."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers = count(1)
        self._numbers_of_clients = count(1)
        self._faults: dict[str, Fault] = {}
        self._past: Counter[tuple[str, str]] = Counter()
        self.planned = False
        """True if any fault is planned: an attribute, because each command tests it."""
        self.possible = False
        """True if any fault is planned, or clients may ask for faults by name."""
        self._by_client = False
        self.on_change: list[Callable[[], None]] = []
        """Called when faults are added or removed, and when clients may, or may no longer, ask for them."""

    @property
    def by_client(self) -> bool:
        """True if clients may ask for faults by name."""
        return self._by_client

    @by_client.setter
    def by_client(self, allowed: bool) -> None:
        if allowed != self._by_client:
            self._by_client = allowed
            self._tell()

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults.values())

    def __len__(self) -> int:
        return len(self._faults)

    def get(self, identifier: str) -> Fault | None:
        """Return the fault of that identifier, or None."""
        return self._faults.get(identifier)

    def add(self, plan: Plan, since: int = 0) -> Fault:
        """Plan a fault. since: number of the journal's newest event."""
        number = next(self._numbers)
        fault = self._faults[f"f{number}"] = Fault(f"f{number}", plan, f"{self._seed}:{number}", since)
        self._tell()
        return fault

    def remove(self, identifier: str) -> bool:
        """Remove a fault, which stops acting at once; return False for an unknown identifier."""
        fault = self._faults.pop(identifier, None)
        if fault is None:
            return False
        self._end(fault)
        self._tell()
        return True

    def clear(self) -> int:
        """Remove all faults; return their number."""
        removed = len(self._faults)
        for fault in self._faults.values():
            self._end(fault)
        self._faults.clear()
        if removed:
            self._tell()
        return removed

    def acted(self) -> Counter[tuple[str, str]]:
        """Return how often faults have acted, by service and kind, including removed ones."""
        counted = Counter(self._past)
        for fault in self:
            counted[fault.plan.service, fault.plan.do.kind] += fault.acted
        return counted

    def reset(self) -> None:
        """Remove all, and restart numbering, so that random decisions repeat."""
        self.clear()
        self._numbers = count(1)
        self._numbers_of_clients = count(1)

    def at_command(
        self, context: Origin, verb: str, argument: str, *, replies: bool = True, later: Collection[str] = ()
    ) -> tuple[Fault, ...]:
        """Return the faults that act on a command, and count a match of each that applies.

        Sessions call it once per command, before executing it. replies: False where a planned
        reply acts only if its plan names the verb. later: kinds of which the session counts the match by itself, by
        `Fault.take`, once it knows that the answer can have the defect.
        """
        if not self._faults:
            return ()
        service, listener, peer = context.service, context.listener, context.peer[0]
        return tuple(
            fault
            for fault in self._faults.values()
            if fault.plan.by_command
            and (replies or fault.plan.do.kind != "reply" or fault.plan.match.verb is not None)
            and fault.concerns(service, listener)
            and fault.matches(peer, context.conn)
            and fault.matches_command(verb, argument)
            and ((not fault.spent) if fault.plan.do.kind in later else fault.take())
        )

    def _end(self, fault: Fault) -> None:
        fault.removed = True
        self._past[fault.plan.service, fault.plan.do.kind] += fault.acted

    def asked_for(self, context: Origin, do: Do, direction: Direction = "out") -> tuple[Fault, ...]:
        """Return a fault for one use, for a client that asked for it; nothing if clients may not. It is not planned.

        do: the result of `parse_fault_name`.
        """
        if not self.by_client:
            return ()
        match = Match(conn=context.conn or None)
        plan = Plan(service=context.service, listener=context.listener, match=match, do=do, direction=direction)
        number = next(self._numbers_of_clients)
        return (Fault(f"client{number}", plan, f"{self._seed}:client:{number}"),)

    def _tell(self) -> None:
        self.planned = bool(self._faults)
        self.possible = self.planned or self._by_client
        for notify in list(self.on_change):
            notify()
