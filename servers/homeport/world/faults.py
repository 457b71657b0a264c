"""The faults that are planned in a world: which of them act on an occasion, counted, and by chance that repeats."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import Protocol

from homeport.config.peers import PeerSet
from homeport.protocol.addresses import Address
from homeport.protocol.faults import Direction, Do, Match, Plan


class Origin(Protocol):
    """Where a command comes from: as much of a session's context as faults look at."""

    @property
    def service(self) -> str: ...
    @property
    def listener(self) -> str: ...
    @property
    def peer(self) -> Address: ...
    @property
    def conn(self) -> str: ...


class Fault:
    """A plan and what has become of it."""

    __slots__ = ("_begun", "_chance", "_peers", "_seed", "acted", "id", "plan", "removed", "seen", "since")

    def __init__(self, identifier: str, plan: Plan, seed: str, since: int = 0) -> None:
        self.id = identifier
        self.since = since
        """The number of the newest event of the journal when it was planned."""
        self.plan = plan
        self.seen = 0
        """Occasions that it has seen."""
        self.acted = 0
        """Occasions that it has acted on."""
        self.removed = False
        self._seed = seed
        self._begun = 0
        self._chance = Random(seed)  # noqa: S311 - chance that repeats is the point
        self._peers = PeerSet([plan.match.peer]) if plan.match.peer else None

    @property
    def spent(self) -> bool:
        """Whether it acts on no further occasion."""
        return self.removed or 0 < self.plan.times <= self.acted

    def generator(self) -> Random:
        """Chance for one occasion, a generator of its own.

        What goes by chance on one connection depends neither on what other faults do, nor on how often and when this
        one acts on the connections beside it: only on the seed, and on the number of occasions that began before.
        """
        self._begun += 1
        return Random(f"{self._seed}:{self._begun}")  # noqa: S311 - chance that repeats is the point

    def concerns(self, service: str, listener: str) -> bool:
        """Whether it is for that listener."""
        return self.plan.service == service and self.plan.listener in (None, listener)

    def matches(self, peer: str, conn: str) -> bool:
        """Whether it is for that client. peer: an address. conn: empty where there are no connections."""
        match = self.plan.match
        return match.conn in (None, conn) and (self._peers is None or self._peers.covers(peer))

    def matches_command(self, verb: str, argument: str) -> bool:
        """Whether it is for that command. `create` is for `domain:create`, `SITE CHMOD` for SITE with CHMOD."""
        match = self.plan.match
        if match.verb is not None and not _is_verb(match.verb.lower(), verb.lower(), argument.lower()):
            return False
        return match.argument is None or match.argument.lower() in argument.lower()

    def take(self) -> bool:
        """An occasion that it is for: whether it acts on it."""
        if self.spent:
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
    """A world's faults, in the order they were planned. seed: the world's."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._numbers = count(1)
        self._numbers_of_clients = count(1)
        self._faults: dict[str, Fault] = {}
        self._past: Counter[tuple[str, str]] = Counter()
        self.planned = False
        """Whether there are any: an attribute, for it is asked for each command."""
        self.by_client = False
        """Whether clients can ask for faults themselves."""
        self.on_change: list[Callable[[], None]] = []
        """Told when faults are added or removed."""

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults.values())

    def __len__(self) -> int:
        return len(self._faults)

    def get(self, identifier: str) -> Fault | None:
        """The fault of that identifier, or None."""
        return self._faults.get(identifier)

    def add(self, plan: Plan, since: int = 0) -> Fault:
        """Plan a fault. since: the number of the newest event of the journal."""
        number = next(self._numbers)
        fault = self._faults[f"f{number}"] = Fault(f"f{number}", plan, f"{self._seed}:{number}", since)
        self._tell()
        return fault

    def remove(self, identifier: str) -> bool:
        """Whether there was such a fault, which no longer acts, not even where it was acting."""
        fault = self._faults.pop(identifier, None)
        if fault is None:
            return False
        self._end(fault)
        self._tell()
        return True

    def clear(self) -> int:
        """Remove all; how many there were."""
        removed = len(self._faults)
        for fault in self._faults.values():
            self._end(fault)
        self._faults.clear()
        if removed:
            self._tell()
        return removed

    def acted(self) -> Counter[tuple[str, str]]:
        """How often faults have acted, by service and kind; those that were removed count too."""
        counted = Counter(self._past)
        for fault in self:
            counted[fault.plan.service, fault.plan.do.kind] += fault.acted
        return counted

    def reset(self) -> None:
        """Remove all, and number from 1 again, so that chance repeats."""
        self.clear()
        self._numbers = count(1)
        self._numbers_of_clients = count(1)

    def at_command(self, context: Origin, verb: str, argument: str) -> tuple[Fault, ...]:
        """The faults that act on a command: an occasion of each that matches it.

        Called by a session once for every command, before it is carried out.
        """
        if not self._faults:
            return ()
        service, listener, peer = context.service, context.listener, context.peer[0]
        return tuple(
            fault
            for fault in self._faults.values()
            if fault.plan.by_command
            and fault.concerns(service, listener)
            and fault.matches(peer, context.conn)
            and fault.matches_command(verb, argument)
            and fault.take()
        )

    def _end(self, fault: Fault) -> None:
        fault.removed = True
        self._past[fault.plan.service, fault.plan.do.kind] += fault.acted

    def asked_for(self, context: Origin, do: Do, direction: Direction = "out") -> tuple[Fault, ...]:
        """A fault that the client itself asks for, once; none unless that is allowed. Not among those of the world.

        do: what `parse_fault_name` found in what the client said.
        """
        if not self.by_client:
            return ()
        match = Match(conn=context.conn or None)
        plan = Plan(service=context.service, listener=context.listener, match=match, do=do, direction=direction)
        number = next(self._numbers_of_clients)
        return (Fault(f"client{number}", plan, f"{self._seed}:client:{number}"),)

    def _tell(self) -> None:
        self.planned = bool(self._faults)
        for told in list(self.on_change):
            told()
