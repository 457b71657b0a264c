"""TLS clients for tests: one with strict verification, and one that sends byte by byte."""

import contextlib
import socket
import ssl

from OpenSSL import SSL

NAME = "localhost"


def trusting(farm, **flags):
    """Return a client context that trusts the farm's authority, as strict as Python 3.13's default."""
    context = ssl.create_default_context(cafile=farm.farm.certificates.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    for name, value in flags.items():
        setattr(context, name, value)
    return context


def raw(farm, listener="tls", host="127.0.0.1"):
    """Return a connection in the clear with TCP_NODELAY: an alert must be sent before the socket is closed."""
    client = socket.create_connection((host, farm.port("obedient", listener)), timeout=10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def line(client):
    """Read a line."""
    got = b""
    while not got.endswith(b"\n"):
        octet = client.recv(1)
        assert octet, f"the connection ended after {got!r}"
        got += octet
    return got


def ask(client, order):
    """Send an order; return the answer."""
    client.sendall(order + b"\r\n")
    return line(client)


def events(farm, kind):
    """Wait for an event of a type; return all of them."""
    return farm.wait_for(lambda: [event for event in farm.world.journal.events() if event["type"] == kind])


def closed(farm):
    """Return the reason for which the first connection was closed."""
    return events(farm, "closed")[0]["reason"]


class OctetByOctet:
    """A client with pyOpenSSL's TLS that sends every byte in a segment of its own."""

    def __init__(self, farm, minimum=SSL.TLS1_2_VERSION, maximum=SSL.TLS1_3_VERSION):
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(minimum)
        context.set_max_proto_version(maximum)
        if maximum < SSL.TLS1_2_VERSION:
            context.set_cipher_list(b"ALL:@SECLEVEL=0")
        self.tls = SSL.Connection(context, None)
        self.tls.set_connect_state()
        self.socket = raw(farm)

    def give(self):
        """Send OpenSSL's output."""
        with contextlib.suppress(SSL.WantReadError):
            for octet in self.tls.bio_read(1 << 16):
                self.socket.sendall(bytes([octet]))

    def until(self, step):
        """Repeat a step until it succeeds."""
        while True:
            try:
                return step()
            except SSL.WantReadError:
                self.give()
                self.tls.bio_write(self.socket.recv(1))
            finally:
                self.give()
