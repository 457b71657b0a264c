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

    descriptors: Sequence[Descriptor]

    def __init__(
        self, reactor: Reactor, world: World, service: Service, options: Options, limits: LimitOptions, bound: Bound
    ) -> None:
        self.reactor = reactor
        self.world = world
        self.service = service
        self.options = options
        self.bound = bound
        self.limits = limits.overridden(options.limits)
        self.source = Source(service.name, bound.wanted.listener)
        self.counters = world.counters_of(service.name, bound.wanted.listener)
        self.exempt = PeerSet(self.limits.exempt)
        self.rules: dict[str, Rule] = {rule.id: rule for rule in service.rules}

    def start(self) -> None:
        """Serve from now on."""
        for descriptor in self.descriptors:
            self.reactor.addReader(descriptor)

    def close(self) -> None:
        """Take nothing more; connections that stand go on."""
        for descriptor in self.descriptors:
            descriptor.close()

    def counted(self) -> dict[str, int | dict[str, int]]:
        """Its counters by name."""
        return self.counters.snapshot()
