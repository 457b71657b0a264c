"""A client of NTS, written from RFC 8915 and apart from the server: the tests' second opinion of the octets."""

import socket
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV, AESSIV
from OpenSSL import SSL

END, NEXT, ERROR, WARNING, AEAD, COOKIE, SERVER, PORT = range(8)
UNIQUE, COOKIE_FIELD, PLACEHOLDER, AUTHENTICATOR = 0x0104, 0x0204, 0x0304, 0x0404
SIV, GCM_SIV = 15, 30
KEY_BYTES = {SIV: 32, GCM_SIV: 16}
NONCE_BYTES = {SIV: 16, GCM_SIV: 12}


def record(kind, body=b"", critical=True):
    """Return a record of the key exchange."""
    return struct.pack("!HH", kind | critical << 15, len(body)) + body


def numbers(*values):
    """Return numbers of two octets."""
    return struct.pack(f"!{len(values)}H", *values)


def request(*records, algorithms=(SIV,)):
    """Return a normal request with further records before its end."""
    offer = record(NEXT, numbers(0)) + record(AEAD, numbers(*algorithms))
    return offer + b"".join(records) + record(END)


def parse(data):
    """Return the records of a message as (type, critical, body)."""
    found = []
    while data:
        kind, length = struct.unpack_from("!HH", data)
        assert len(data) >= 4 + length
        found.append((kind & 0x7FFF, bool(kind & 0x8000), data[4 : 4 + length]))
        data = data[4 + length :]
    return found


def bodies(data, kind):
    """Return the bodies of the records of a type."""
    return [body for one, _, body in parse(data) if one == kind]


def context_of(side, algorithm=SIV):
    """Return the exporter's context. side: 0 to the server, 1 to the client."""
    return struct.pack("!HHB", 0, algorithm, side)


def seal(algorithm, key, nonce, plaintext, associated):
    """Encrypt."""
    if algorithm == SIV:
        return AESSIV(key).encrypt(plaintext, [associated, nonce])
    return AESGCMSIV(key).encrypt(nonce, plaintext, associated)


def unseal(algorithm, key, nonce, ciphertext, associated):
    """Decrypt. Raises: InvalidTag."""
    if algorithm == SIV:
        return AESSIV(key).decrypt(ciphertext, [associated, nonce])
    return AESGCMSIV(key).decrypt(nonce, ciphertext, associated)


def extension(kind, body):
    """Return an extension field."""
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", kind, 4 + len(body)) + body


def fields(data):
    """Return extension fields as (type, body, offset)."""
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("!HH", data, at)
        assert length >= 4
        assert at + length <= len(data)
        found.append((kind, data[at + 4 : at + length], at))
        at += length
    return found


TRANSMIT = 0x0123456789ABCDEF


def header(transmit=TRANSMIT):
    """Return the header of a client's request."""
    return bytes((0x23,)) + bytes(39) + transmit.to_bytes(8)


@dataclass
class Association:
    """The keys and cookies of a client."""

    to_server: bytes
    to_client: bytes
    cookies: list[bytes]
    algorithm: int = SIV
    count: int = 0
    unique: bytes = b""
    found: list[bytes] = field(default_factory=list)

    def packet(
        self, *, cookie=None, unique=None, placeholders=0, extra=b"", encrypted=b"", nonce=None, key=None, padding=b"",
        after=b"", authenticated=True,
    ):  # fmt: skip
        """Return a request. cookie: None: the next; empty: none."""
        self.count += 1
        self.unique = self.count.to_bytes(32) if unique is None else unique
        cookie = self.cookies.pop(0) if cookie is None else cookie
        data = header()
        data += extension(UNIQUE, self.unique) if self.unique else b""
        data += extension(COOKIE_FIELD, cookie) if cookie else b""
        data += extension(PLACEHOLDER, bytes(len(cookie))) * placeholders + extra
        if authenticated:
            nonce = bytes(range(NONCE_BYTES[self.algorithm])) if nonce is None else nonce
            sealed = seal(self.algorithm, key or self.to_server, nonce, encrypted, data)
            body = struct.pack("!HH", len(nonce), len(sealed)) + nonce + bytes(-len(nonce) % 4) + sealed
            data += extension(AUTHENTICATOR, body + bytes(-len(body) % 4) + padding)
        return data + after

    def read(self, answer):
        """Verify a protected answer, and keep its cookies; return the number of new ones."""
        assert answer[0] & 7 == 4
        assert answer[24:32] == TRANSMIT.to_bytes(8)
        found = fields(answer[48:])
        assert [kind for kind, _, _ in found] == [UNIQUE, AUTHENTICATOR]
        assert found[0][1] == self.unique
        body, at = found[1][1], 48 + found[1][2]
        nonce_bytes, sealed_bytes = struct.unpack_from("!HH", body)
        nonce = body[4 : 4 + nonce_bytes]
        start = 4 + nonce_bytes + -nonce_bytes % 4
        plaintext = unseal(self.algorithm, self.to_client, nonce, body[start : start + sealed_bytes], answer[:at])
        new = [body for kind, body, _ in fields(plaintext) if kind == COOKIE_FIELD]
        self.cookies += new
        return len(new)


def exchange(host, port, data, *, alpn=b"ntske/1", ca=None, name=None):
    """Exchange keys over TLS. Return the response and the connection, from which keys can be exported."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if alpn:
        context.set_alpn_protos([alpn])
    if ca:
        context.load_verify_locations(str(ca))
        context.set_verify(SSL.VERIFY_PEER)
    with socket.create_connection((host, port), timeout=10) as plain:
        plain.settimeout(None)
        tls = SSL.Connection(context, plain)
        if name:
            tls.set_tlsext_host_name(name)
        tls.set_connect_state()
        tls.do_handshake()
        tls.sendall(data)
        return read_all(tls), tls


def read_all(tls):
    """Read up to the server's close_notify."""
    response = b""
    while True:
        try:
            response += tls.recv(65536)
        except SSL.ZeroReturnError:
            return response


def associate(host, port, algorithm=SIV, **given):
    """Exchange keys; return the association and the response."""
    response, tls = exchange(host, port, request(algorithms=(algorithm,)), **given)
    size = KEY_BYTES[algorithm]
    keys = [
        tls.export_keying_material(b"EXPORTER-network-time-security", size, context_of(side, algorithm))
        for side in (0, 1)
    ]
    return Association(*keys, bodies(response, COOKIE), algorithm), response
