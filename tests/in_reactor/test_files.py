"""Twisted's FTP client against a farm in its own reactor, in the clear and with its control connection under TLS."""

import pytest
import pytest_twisted
from in_reactor.verifying import CONFIGURED, options_for
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol
from twisted.protocols.ftp import FTPClient, FTPFileListProtocol


class Received(Protocol):
    """Collects the input of a data connection."""

    def __init__(self):
        self.octets = b""

    def dataReceived(self, data):
        self.octets += data


class Client(FTPClient):
    """Signals when its connection is closed."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.gone = Deferred()

    def connectionLost(self, reason):
        super().connectionLost(reason)
        self.gone.callback(None)


async def connected(farm, listener, name="localhost", *, passive=True):
    """Return a client that is logged in as alice."""
    endpoint = HostnameEndpoint(reactor, "127.0.0.1", farm.ftp.listener(listener).port)
    if listener == "tls":
        endpoint = wrapClientTLS(options_for(farm.ca_pem, name), endpoint)
    client = await connectProtocol(endpoint, Client("alice", "alice-pass", passive=passive))
    if listener == "tls":
        await client.queueStringCommand("PROT C")  # Twisted's data connections are in the clear
    return client


async def leave(client):
    await client.quit()
    client.transport.loseConnection()
    await client.gone


@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize(("listener", "name"), [("tcp", ""), ("tls", "localhost"), ("tls", CONFIGURED)])
@pytest_twisted.ensureDeferred
async def test_files_come_and_go(farm, listener, name, passive):
    client = await connected(farm, listener, name, passive=passive)
    await client.queueStringCommand("TYPE I")
    consumer, done = client.storeFile("notes.bin")
    sender = await consumer
    sender.transport.write(b"\x00\x01ahoy\xff" * 1000)
    sender.finish()
    await done
    back = Received()
    await client.retrieveFile("notes.bin", back)
    assert back.octets == b"\x00\x01ahoy\xff" * 1000
    names = FTPFileListProtocol()
    await client.list(".", names)
    assert "notes.bin" in [one["filename"] for one in names.files]
    await leave(client)
    assert farm.findings("must") == []


@pytest_twisted.ensureDeferred
async def test_what_is_stored_is_what_the_farm_has(farm):
    client = await connected(farm, "tcp")
    consumer, done = client.storeFile("/incoming/report.txt")
    sender = await consumer
    sender.transport.write(b"done\r\n")
    sender.finish()
    await done
    assert await farm.defer(farm.ftp.wait_for, "/incoming/report.txt") == b"done\r\n"
    await leave(client)
