"""What listeners of streams and of datagrams have in common: a service in a world, and the sockets that show it."""

from collections.abc import Sequence

from homeport.config import LimitOptions
from homeport.io.descriptor import Descriptor
from homeport.io.reactor import Reactor
from homeport.io.sockets import Bound
from homeport.peers import PeerSet
from homeport.service import Options, Rule, Service
from homeport.world.journal import Source
from homeport.world.world import World


class ServiceListener:
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
        self._held_down: set[str] = set()
        self.configure(options, limits)

    def configure(self, options: Options, limits: LimitOptions) -> None:
        """Serve by these from now on. Sessions keep the options that they began with; limits hold for all."""
        self.options = options
        self.limits = limits.overridden(options.limits)
        self.exempt = PeerSet(self.limits.exempt)

    def rebind(self, bound: Bound) -> None:
        """Listen on these sockets instead; connections that stand go on, and what is down stays down."""
        self.close()
        self.bound = bound
        self.descriptors = self.watch(bound)
        self.start()
        if not self.up:
            for descriptor in self.descriptors:
                descriptor.take_down()

    def watch(self, bound: Bound) -> Sequence[Descriptor]:
        """The descriptors of its sockets."""
        raise NotImplementedError

    def start(self) -> None:
        """Serve from now on."""
        for descriptor in self.descriptors:
            self.reactor.addReader(descriptor)

    @property
    def up(self) -> bool:
        """Whether clients get through."""
        return not self._held_down

    def take_down(self, by: str = "") -> None:
        """Have the machine refuse clients (TCP: connection refused, UDP: port unreachable); the port stays ours.

        Connections that stand go on. by: who wants it so, since a fault may while the service is stopped too.
        """
        self._held_down.add(by)
        for descriptor in self.descriptors:
            descriptor.take_down()

    def bring_up(self, by: str = "") -> None:
        """Let clients through again, unless somebody else still wants it down; what is up stays up.

        Raises: OSError if a port is lost to somebody else; the listener is down still.
        """
        if self._held_down - {by}:
            self._held_down.discard(by)
            return
        for descriptor in self.descriptors:
            descriptor.bring_up()
        self._held_down.clear()

    def close(self) -> None:
        """Take nothing more; connections that stand go on."""
        for descriptor in self.descriptors:
            descriptor.close()
        # They know of this listener: without that circle a world goes when it is closed, not when garbage is sought.
        self.descriptors = ()

    def counted(self) -> dict[str, int | dict[str, int]]:
        """Its counters by name."""
        return self.counters.snapshot()
