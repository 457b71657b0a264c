"""Clients of TLS for tests: one that is as strict as any, and one that sends octet by octet."""

import contextlib
import socket
import ssl

from OpenSSL import SSL

NAME = "localhost"


def trusting(farm, **flags):
    """A client's context that trusts the farm's authority, as strictly as Python 3.13's default one."""
    context = ssl.create_default_context(cafile=farm.farm.certificates.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    for name, value in flags.items():
        setattr(context, name, value)
    return context


def raw(farm, listener="tls", host="127.0.0.1"):
    """A connection in the clear, which holds nothing back: an alert must be out before the socket is closed."""
    client = socket.create_connection((host, farm.port("obedient", listener)), timeout=10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def line(client):
    """A line that the server says."""
    got = b""
    while not got.endswith(b"\n"):
        octet = client.recv(1)
        assert octet, f"the connection ended after {got!r}"
        got += octet
    return got


def ask(client, order):
    """What the server answers to an order."""
    client.sendall(order + b"\r\n")
    return line(client)


def events(farm, kind):
    """The first events of a type, when there is one."""
    return farm.wait_for(lambda: [event for event in farm.world.journal.events() if event["type"] == kind])


def closed(farm):
    """Why the first connection to end has ended."""
    return events(farm, "closed")[0]["reason"]


class OctetByOctet:
    """A client whose TLS is pyOpenSSL's, and which sends every octet in a segment of its own."""

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
        """Send what TLS has made."""
        with contextlib.suppress(SSL.WantReadError):
            for octet in self.tls.bio_read(1 << 16):
                self.socket.sendall(bytes([octet]))

    def until(self, step):
        """Take steps until one is done."""
        while True:
            try:
                return step()
            except SSL.WantReadError:
                self.give()
                self.tls.bio_write(self.socket.recv(1))
            finally:
                self.give()
