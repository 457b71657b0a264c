"""Logs in to an EPP server, checks domains, and logs out, with the standard library alone.

Arguments: host, port, file of the CA's certificate.
"""

import re
import socket
import ssl
import struct
import sys

EPP = '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0">{}</epp>'
LOGIN = """<command><login><clID>harbour</clID><pw>harbour-pass</pw>
<options><version>1.0</version><lang>en</lang></options>
<svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs></login><clTRID>DEMO-1</clTRID></command>"""
CHECK = """<command><check><domain:check xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">
<domain:name>homeport.test</domain:name><domain:name>still-free.test</domain:name>
</domain:check></check><clTRID>DEMO-2</clTRID></command>"""
LOGOUT = "<command><logout/><clTRID>DEMO-3</clTRID></command>"


def receive(stream: ssl.SSLSocket) -> str:
    """Read the next data unit: a length of four octets, which includes itself (RFC 5734 4), and the XML."""
    octets = b""
    wanted = 4
    while len(octets) < wanted:
        part = stream.recv(wanted - len(octets))
        if not part:
            raise ConnectionError("the server closed the connection")
        octets += part
        if len(octets) == 4:
            (wanted,) = struct.unpack("!I", octets)
    return octets[4:].decode()


def main(host: str, port: str, ca: str) -> None:
    """Run the session and print the answers."""
    context = ssl.create_default_context(cafile=ca)
    with (
        socket.create_connection((host, int(port)), 10) as plain,
        context.wrap_socket(plain, server_hostname=host) as stream,
    ):
        print("greeting:", re.findall(r"<svID>(.*?)</svID>", receive(stream))[0])
        for command in (LOGIN, CHECK, LOGOUT):
            octets = EPP.format(command).encode()
            stream.sendall(struct.pack("!I", len(octets) + 4) + octets)
            answer = receive(stream)
            print(*re.findall(r'result code="(\d+)"', answer), *re.findall(r"<msg[^>]*>(.*?)</msg>", answer))
            for name in re.findall(r"<(?:\w+:)?name avail=.*?>.*?<", answer):
                print("   ", name.rstrip("<"))


main(*sys.argv[1:])
