"""What listeners of streams and of datagrams have in common: a service in a world, and the sockets that show it."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence

from homeport.config.peers import PeerSet
from homeport.config.sections import LimitOptions
from homeport.io.net.descriptor import Descriptor
from homeport.io.net.reactor import DelayedCall, Reactor
from homeport.io.net.sockets import Bound
from homeport.protocol.fault_checks import kinds_of
from homeport.protocol.rules import Rule
from homeport.protocol.service import Options, Service
from homeport.world.event_types import EVENT_TYPES
from homeport.world.faults import Fault
from homeport.world.journal import Source
from homeport.world.world import World

log = logging.getLogger("homeport")

NOT_OF_TRAFFIC = {"refuse", "reply", "frame", "tls"}
"""Kinds of faults that do not act on octets."""


class ServiceListener(ABC):
    """One listener of a service in a world, on all its addresses; a kind of it makes the descriptors."""

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
        self.rules: dict[str, Rule] = {rule.id: rule for rule in service.rules}
        self.event_types = frozenset((*EVENT_TYPES, *service.events))
        """The types of events that its sessions may write into the journal."""
        self._undeclared: set[tuple[str, str]] = set()  # what the log has told of
        self._held_down: set[str] = set()
        self.lost = False
        """Whether it should serve and cannot, because its port went to somebody else while it was down."""
        self.faults: tuple[Fault, ...] = ()
        """The planned faults that act on its connections or datagrams, but for those of single commands."""
        (declared,) = (one for one in service.listeners if one.name == bound.wanted.listener)
        self._suffers = frozenset(kinds_of(service, declared))
        self._refusing: dict[Fault, DelayedCall | None] = {}  # by which it is down, each with its end
        self.configure(options, limits)

    def configure(self, options: Options, limits: LimitOptions) -> None:
        """Serve by these from now on. Sessions keep the options that they began with; limits hold for all."""
        self.options = options
        self.source.kept = getattr(options, "kept_per_connection", None)
        self.limits = limits.overridden(options.limits)
        self.exempt = PeerSet(self.limits.exempt)

    def rebind(self, bound: Bound) -> None:
        """Listen on these sockets instead; connections that stand go on, and what is down stays down."""
        for descriptor in self.descriptors:
            descriptor.close()
        self.bound = bound
        self.descriptors = self.watch(bound)
        self.start()
        if not self.up:
            for descriptor in self.descriptors:
                descriptor.take_down()

    @abstractmethod
    def watch(self, bound: Bound) -> Sequence[Descriptor]:
        """The descriptors of its sockets."""

    def start(self) -> None:
        """Serve from now on."""
        for descriptor in self.descriptors:
            self.reactor.addReader(descriptor)
        if len(self.world.faults):
            self.faults_changed()

    @property
    def up(self) -> bool:
        """Whether clients get through."""
        return not self._held_down

    def take_down(self, by: str = "") -> None:
        """Have the machine refuse clients (TCP: connection refused, UDP: port unreachable); the port stays ours.

        Connections that stand go on. by: who wants it so, since a fault may while the service is stopped too.
        """
        self._held_down.add(by)
        self.lost = False
        for descriptor in self.descriptors:
            descriptor.take_down()

    def bring_up(self, by: str = "") -> None:
        """Let clients through again, unless somebody else still wants it down; what is up stays up.

        Raises: OSError if a port is lost to somebody else; the listener is down still.
        """
        if self._held_down - {by}:
            self._held_down.discard(by)
            return
        try:
            for descriptor in self.descriptors:
                descriptor.bring_up()
        except OSError:
            # Whoever frees the port starts the service again; no fault holds it down any more.
            self._held_down = {""}
            self.lost = True
            raise
        self._held_down.clear()
        self.lost = False

    def faults_changed(self) -> None:
        """Faults were planned or removed."""
        mine = [
            fault
            for fault in self.world.faults
            if fault.concerns(self.source.service, self.source.listener)
            and fault.plan.do.kind in self._suffers
            and not fault.plan.by_command
        ]
        self.faults = tuple(fault for fault in mine if fault.plan.do.kind not in NOT_OF_TRAFFIC)
        for fault in mine:
            if fault.plan.do.kind == "refuse" and fault not in self._refusing:
                self._refuse_by(fault)
        for fault in [fault for fault in self._refusing if fault.removed]:
            self._let_through(fault)

    def internal_error(self, what: str, error: Exception) -> None:
        """Log and count an error of Homeport's own. what: what has failed."""
        self.counters.errors += 1
        log.error("%s: %s failed; please report this", self.service.name, what, exc_info=error)

    def undeclared(self, kind: str, name: str) -> None:
        """Log once that the service uses an identifier that it does not declare."""
        if (kind, name) not in self._undeclared:
            self._undeclared.add((kind, name))
            log.error("%s does not declare the %s %r that it uses; please report this", self.service.name, kind, name)

    def fault_acted(self, source: Source, fault: Fault, words: str, **fields: str) -> None:
        """Write into the journal what a fault did."""
        fields |= {"id": fault.id, "kind": fault.plan.do.kind, "did": words}
        self.world.journal.log(source, "fault", fields)

    def _refuse_by(self, fault: Fault) -> None:
        """Be down for a fault's sake."""
        seconds: float = fault.plan.do.refuse.seconds  # type: ignore[union-attr]  # it is of that kind
        fault.seen = fault.acted = 1  # one occasion, however many listeners
        self.take_down(by=fault.id)
        self.fault_acted(self.source, fault, "took the listener down")
        self._refusing[fault] = self.reactor.callLater(seconds, self._come_back, fault) if seconds else None

    def _come_back(self, fault: Fault) -> None:
        """Its time is over; the fault stays among those planned, spent."""
        self._refusing[fault] = None
        self._bring_up_from(fault)

    def _let_through(self, fault: Fault) -> None:
        """It is removed."""
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
            # No traceback: it is no fault of ours.
            log.error("%s stays down: %s; free its port and start it again", self.bound.wanted.name, error)  # noqa: TRY400
        else:
            self.fault_acted(self.source, fault, "let the listener up again")

    def close(self) -> None:
        """Take nothing more; connections that stand go on."""
        for call in self._refusing.values():
            if call is not None and call.active():
                call.cancel()
        for descriptor in self.descriptors:
            descriptor.close()
        # They know of this listener. Without that circle a world is gone once it is closed, without a look for garbage.
        self.descriptors = ()

    def counted(self) -> dict[str, int | dict[str, int]]:
        """Its counters by name."""
        return self.counters.snapshot()
