"""Base of the TCP and UDP listeners: a service in a world and its sockets."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence

from homeport.config.peers import PeerSet
from homeport.config.sections import LimitOptions
from homeport.io.net.descriptor import Descriptor
from homeport.io.net.reactor import DelayedCall, Reactor
from homeport.io.net.sockets import Bound
from homeport.protocol.fault_checks import kinds_of
from homeport.protocol.faults import OF_COMMANDS
from homeport.protocol.rules import ENGINE_RULES, Rule
from homeport.protocol.service import Options, Service
from homeport.world.event_types import EVENT_TYPES
from homeport.world.fault_log import log_fault
from homeport.world.faults import Fault
from homeport.world.journal import Source
from homeport.world.world import World

log = logging.getLogger("homeport")

NOT_ON_TRAFFIC = {"refuse", "tls", *OF_COMMANDS}
"""Kinds of faults that do not act on bytes."""


class ServiceListener(ABC):
    """One listener of a service in a world, on all its addresses; a subclass creates the descriptors."""

    descriptors: Sequence[Descriptor] = ()

    def __init__(
        self, reactor: Reactor, world: World, service: Service, options: Options, limits: LimitOptions, bound: Bound
    ) -> None:
        self.reactor = reactor
        self.world = world
        self.service = service
        self.bound = bound
        self.source = Source(service.name, bound.wanted.listener)
        self.counters = world.counters_of(service.name, bound.wanted.listener)
        # Sessions made by a function are not known to the declaration: their engine's rules are added here.
        self.rules: dict[str, Rule] = {rule.id: rule for rule in (*ENGINE_RULES, *service.rules)}
        self.event_types = frozenset((*EVENT_TYPES, *service.events))
        """Types of journal events that its sessions may write."""
        self._undeclared: set[tuple[str, str]] = set()  # identifiers that were logged already
        self._held_down: set[str] = set()
        self.since = world.journal.real()
        """Real Unix time since which it has been up, or down."""
        self.lost = False
        """True if it should serve and cannot, because another process has taken its port while it was down."""
        self.faults: tuple[Fault, ...] = ()
        """Planned faults that act on its connections or datagrams, without those of single commands."""
        (self.declared,) = (one for one in service.listeners if one.name == bound.wanted.listener)
        self._suffers = frozenset(kinds_of(service, self.declared))
        self._refusing: dict[Fault, DelayedCall | None] = {}  # faults that hold it down, each with the timer of its end
        self.configure(options, limits)

    def configure(self, options: Options, limits: LimitOptions) -> None:
        """Apply new options and limits. Open sessions keep their options; limits apply to all."""
        self.options = options
        self.source.kept = getattr(options, "kept_per_connection", None)
        self.limits = limits.overridden(options.limits)
        self.exempt = PeerSet(self.limits.exempt)

    def rebind(self, bound: Bound) -> None:
        """Replace the sockets; open connections continue, and a listener that is down stays down."""
        for descriptor in self.descriptors:
            descriptor.close()
        self.bound.close()
        self.bound = bound
        self.descriptors = self.watch(bound)
        self.start()
        if not self.up:
            for descriptor in self.descriptors:
                descriptor.take_down()

    @abstractmethod
    def watch(self, bound: Bound) -> Sequence[Descriptor]:
        """Return the descriptors of its sockets."""

    def start(self) -> None:
        """Start to serve."""
        for descriptor in self.descriptors:
            self.reactor.addReader(descriptor)
        if self.world.faults.possible:
            self.faults_changed()

    @property
    def up(self) -> bool:
        """False while the kernel refuses clients."""
        return not self._held_down

    def take_down(self, by: str = "") -> None:
        """Have the kernel refuse clients (TCP: connection refused, UDP: port unreachable); the port stays reserved.

        Open connections continue. by: the fault that holds it down; empty: the service was stopped.
        """
        if self.up:
            self.since = self.world.journal.real()
        self._held_down.add(by)
        self.lost = False
        for descriptor in self.descriptors:
            descriptor.take_down()

    def bring_up(self, by: str = "") -> None:
        """Accept clients again, unless another reason still holds it down.

        Raises: OSError if another process has taken a port; the listener stays down.
        """
        if self._held_down - {by}:
            self._held_down.discard(by)
            return
        try:
            for descriptor in self.descriptors:
                descriptor.bring_up()
        except OSError:
            # From here on it counts as stopped: the user frees the port and starts it; no fault holds it down any more.
            self._held_down = {""}
            self.lost = True
            raise
        if not self.up:
            self.since = self.world.journal.real()
        self._held_down.clear()
        self.lost = False

    def faults_changed(self) -> None:
        """Apply a change of the planned faults."""
        mine = [
            fault
            for fault in self.world.faults
            if fault.concerns(self.source.service, self.source.listener)
            and fault.plan.do.kind in self._suffers
            and not fault.plan.by_command
        ]
        self.faults = tuple(fault for fault in mine if fault.plan.do.kind not in NOT_ON_TRAFFIC)
        for fault in mine:
            if fault.plan.do.kind == "refuse" and fault not in self._refusing:
                self._refuse_by(fault)
        for fault in [fault for fault in self._refusing if fault.removed]:
            self._let_through(fault)

    def internal_error(self, what: str, error: Exception) -> None:
        """Log and count an internal error. what: the operation that failed."""
        self.counters.errors += 1
        log.error("%s: %s failed; please report this", self.service.name, what, exc_info=error)

    def undeclared(self, kind: str, name: str) -> None:
        """Log, once, that the service uses an identifier that it does not declare."""
        if (kind, name) not in self._undeclared:
            self._undeclared.add((kind, name))
            log.error("%s does not declare the %s %r that it uses; please report this", self.service.name, kind, name)

    def fault_acted(self, source: Source, fault: Fault, words: str, instead_of: str = "", **fields: str) -> None:
        """Journal the action of a fault. The arguments are those of `log_fault`."""
        log_fault(self.world.journal, source, fault, words, instead_of, **fields)

    def _refuse_by(self, fault: Fault) -> None:
        """Take the listener down for a `refuse` fault."""
        seconds: float = fault.plan.do.refuse.seconds  # type: ignore[union-attr]  # it is of that kind
        fault.seen = fault.acted = 1  # one match, for any number of listeners
        self.take_down(by=fault.id)
        self.fault_acted(self.source, fault, "took the listener down")
        self._refusing[fault] = self.reactor.callLater(seconds, self._come_back, fault) if seconds else None

    def _come_back(self, fault: Fault) -> None:
        """End a `refuse` fault after its time; it stays planned, used up."""
        self._refusing[fault] = None
        self._bring_up_from(fault)

    def _let_through(self, fault: Fault) -> None:
        """End a `refuse` fault that was removed."""
        call = self._refusing.pop(fault)
        if call is not None:
            call.cancel()
        self._bring_up_from(fault)

    def _bring_up_from(self, fault: Fault) -> None:
        if fault.id not in self._held_down:
            return
        try:
            self.bring_up(by=fault.id)
        except OSError as error:
            # No traceback: it is no internal error.
            log.error("%s stays down: %s; free its port and start it again", self.bound.wanted.name, error)  # noqa: TRY400
        else:
            self.fault_acted(self.source, fault, "brought the listener up again")

    def close(self) -> None:
        """Close the sockets; open connections continue."""
        for call in self._refusing.values():
            if call is not None and call.active():
                call.cancel()
        for descriptor in self.descriptors:
            descriptor.close()
        self.bound.close()
        # Break the reference cycle with this listener, so that a closed world is freed without the garbage collector.
        self.descriptors = ()

    def counted(self) -> dict[str, int | dict[str, int]]:
        """Return its counters by name."""
        return self.counters.snapshot()
