"""Twisted's TLS for clients, which verifies the server's name by service-identity."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates

CONFIGURED = "mail.shop.test"
"""A name that the configuration adds to the farm's certificate."""


def options_for(ca_pem, name):
    """Return TLS options of a client that trusts only this authority and expects the server's name `name`."""
    return optionsForClientTLS(name, trustRootFromCertificates([Certificate.loadPEM(ca_pem)]))


class Listening(Protocol):
    """A client that waits for the first bytes."""

    def __init__(self):
        self.greeting = Deferred()
        self.gone = Deferred()

    def dataReceived(self, data):
        if not self.greeting.called:
            self.greeting.callback(data)

    def connectionLost(self, reason):
        if not self.greeting.called:
            self.greeting.errback(reason)
        self.gone.callback(None)


async def greeted(listener, options, host="127.0.0.1"):
    """Connect over TLS and return the server's first bytes. Raises: the error of the verification."""
    endpoint = wrapClientTLS(options, HostnameEndpoint(reactor, host, listener.port))
    client = await connectProtocol(endpoint, Listening())
    greeting = await client.greeting
    client.transport.loseConnection()
    await client.gone
    return greeting
