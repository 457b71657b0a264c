"""Twisted's TLS for clients, which asks service-identity whether a certificate is the server's."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates

CONFIGURED = "mail.shop.test"
"""A name that the farm's certificate has because the configuration says so."""


def options_for(ca_pem, name):
    """What a client connects by that trusts this authority alone, and wants the server to be `name`."""
    return optionsForClientTLS(name, trustRootFromCertificates([Certificate.loadPEM(ca_pem)]))


class Listening(Protocol):
    """A client that waits for the first octets."""

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
    """Connect over TLS: what the server says first. Raises: whatever the verification says."""
    endpoint = wrapClientTLS(options, HostnameEndpoint(reactor, host, listener.port))
    client = await connectProtocol(endpoint, Listening())
    greeting = await client.greeting
    client.transport.loseConnection()
    await client.gone
    return greeting
