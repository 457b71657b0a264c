"""The control listener's factory: it imports the HTTP server when a client first connects.

That import takes as long as the rest of the start: who asks nothing never pays it, and nobody before the farm is ready.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homeport.io.supervisor import Farm


def control_factory(farm: "Farm") -> Any:
    """A factory of Twisted's that serves the farm's API."""
    from twisted.internet.protocol import Factory

    class ControlFactory(Factory):
        """Makes the channels of HTTP connections."""

        noisy = False
        server: Any = None

        def buildProtocol(self, addr: Any) -> Any:  # noqa: N802 - Twisted calls it
            """The channel of a new connection."""
            if self.server is None:
                from homeport.io.http import ControlServer

                self.server = ControlServer(farm)
            return self.server.buildProtocol(addr)

    return ControlFactory()
