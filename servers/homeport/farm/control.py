"""The control listener's factory: imports the HTTP server when a client first connects, or soon after the start.

The import would delay the ready line, so it happens afterwards: in small steps on the reactor, each short enough not to
delay other clients, and early enough that the first API request seldom waits for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeport.farm.supervisor import Farm

PREPARE_SECONDS = 0.25
"""Delay before the first step and between two steps, in real time."""
STEPS = ("twisted.web.iweb", "twisted.web.http", "homeport.control.journal", "homeport.farm.http")
"""Modules to import in advance, in this order, so that each step imports only what the earlier ones did not."""


def control_factory(farm: "Farm") -> Any:
    """Return a Twisted factory that serves the farm's API."""
    from twisted.internet.protocol import Factory

    class ControlFactory(Factory):
        """Builds the protocols of HTTP connections."""

        noisy = False
        server: Any = None

        def prepare(self, steps: tuple[str, ...] = STEPS) -> None:
            """Schedule the import of these modules, one step after the other."""
            if self.server is None and steps and farm.hosts:
                farm.reactor.callLater(PREPARE_SECONDS, self._prepare_step, steps)

        def _prepare_step(self, steps: tuple[str, ...]) -> None:
            if self.server is None and farm.hosts:
                import_module(steps[0])
                self.prepare(steps[1:])

        def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted calls it
            """Return the protocol of a new connection."""
            if self.server is None:
                from homeport.farm.http import ControlServer

                self.server = ControlServer(farm)
            return self.server.buildProtocol(addr)

    return ControlFactory()
