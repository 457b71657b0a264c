"""The control listener's factory: it imports the HTTP server when a client first connects, or soon after the start.

That import has no part in the start: nobody waits for it before the farm is ready. Afterwards it is done in small
steps while nothing else is to do, so that the first client need not wait for it either.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeport.farm.supervisor import Farm

PREPARE_SECONDS = 0.25
"""Real time between the ready line and the first step, and between two steps."""
STEPS = ("twisted.web.iweb", "twisted.web.http", "homeport.control.journal", "homeport.farm.http")
"""Modules that are imported ahead, each with what it needs besides those before it."""


def control_factory(farm: "Farm") -> Any:
    """A factory of Twisted's that serves the farm's API."""
    from twisted.internet.protocol import Factory

    class ControlFactory(Factory):
        """Makes the channels of HTTP connections."""

        noisy = False
        server: Any = None

        def prepare(self, steps: tuple[str, ...] = STEPS) -> None:
            """Import what the first request needs, one step after the other."""
            if self.server is None and steps and farm.hosts:
                farm.reactor.callLater(PREPARE_SECONDS, self._prepare_step, steps)

        def _prepare_step(self, steps: tuple[str, ...]) -> None:
            if self.server is None and farm.hosts:
                import_module(steps[0])
                self.prepare(steps[1:])

        def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted calls it
            """The channel of a new connection."""
            if self.server is None:
                from homeport.farm.http import ControlServer

                self.server = ControlServer(farm)
            return self.server.buildProtocol(addr)

    return ControlFactory()
