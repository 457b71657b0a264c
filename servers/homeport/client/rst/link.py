"""A connection to the server under test: TLS, frames (RFC 5734 4), answers."""

import contextlib
import socket
import ssl
import struct
from datetime import datetime
from typing import Any

from lxml import etree

SECONDS = 30.0
MAX_ANSWER = 1 << 20
EPP = "urn:ietf:params:xml:ns:epp-1.0"
_SAFE: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False}


class LinkError(Exception):
    """No TLS, no frame, or the end of the connection."""


class UnparsableError(Exception):
    """An answer that is not XML."""


class Answer:
    """A frame of the server: its XML, and its parts by local name. Raises: UnparsableError."""

    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        try:
            self.root = etree.fromstring(xml, etree.XMLParser(**_SAFE))
        except etree.XMLSyntaxError as error:
            raise UnparsableError(str(error)) from None
        result = next(self.root.iter(f"{{{EPP}}}result"), None)
        self.code = int(result.get("code", "0")) if result is not None else 0
        """Result code; 0 of a frame that has none, such as a greeting."""

    @property
    def done(self) -> bool:
        """True if the server accepted the command (1xxx)."""
        return 1000 <= self.code < 2000

    @property
    def reason(self) -> str:
        """Result code, message and reasons in one line."""
        words = [str(self.code), self.text("msg"), *self.texts("reason")]
        return " ".join(" ".join(one.split()) for one in words if one)

    def all(self, name: str) -> list[Any]:
        """Return all elements with a local name, in any namespace, in the frame's order."""
        return list(self.root.iter("{*}" + name))

    def texts(self, name: str) -> list[str]:
        """Return the texts of all elements with a local name."""
        return [one.text or "" for one in self.all(name)]

    def text(self, name: str) -> str:
        """Return the text of the first element with a local name; empty if there is none."""
        found = self.texts(name)
        return found[0] if found else ""

    def attributes(self, element: str, name: str) -> list[str]:
        """Return an attribute of all elements with a local name that have it."""
        return [one.get(name) for one in self.all(element) if one.get(name) is not None]

    def time(self, name: str) -> datetime | None:
        """Return the text of an element as a time; None if it is none."""
        try:
            return datetime.fromisoformat(self.text(name))
        except ValueError:
            return None

    def element(self, name: str) -> bytes:
        """Return the first element with a local name, without differences in how it is written (C14N)."""
        found = self.all(name)
        return etree.tostring(found[0], method="c14n") if found else b""


def context_for(authority: str, certificate: tuple[str, str] | None) -> ssl.SSLContext:
    """Return a TLS context that checks the server. certificate: the client's, with its key. Raises: LinkError."""
    try:
        context = ssl.create_default_context(cafile=authority or None)
        if certificate is not None:
            context.load_cert_chain(*certificate)
    except OSError as error:
        raise LinkError(f"cannot load a certificate: {error}") from None
    return context


class Link:
    """A connection on which the greeting has been read. Raises: LinkError, UnparsableError."""

    def __init__(self, address: tuple[str, int], host: str, context: ssl.SSLContext) -> None:
        try:
            plain = socket.create_connection(address, timeout=SECONDS)
        except OSError as error:
            raise LinkError(f"no connection to {address[0]} port {address[1]}: {error}") from None
        try:
            self._socket = context.wrap_socket(plain, server_hostname=host)
        except OSError as error:
            plain.close()
            raise LinkError(f"no TLS with {address[0]} port {address[1]}: {error}") from None
        try:
            self.greeting = Answer(self.read())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    @property
    def tls(self) -> tuple[str, str]:
        """Version and cipher of TLS."""
        cipher = self._socket.cipher()
        return self._socket.version() or "", cipher[0] if cipher else ""

    def read(self) -> bytes:
        """Return the next frame, without its length. Raises: LinkError."""
        (length,) = struct.unpack("!I", self._take(4))
        if not 4 < length <= MAX_ANSWER:
            raise LinkError(f"a frame of {length} bytes (RFC 5734 4)")
        return self._take(length - 4)

    def send(self, xml: str) -> None:
        """Send a frame. Raises: LinkError."""
        data = xml.encode()
        try:
            self._socket.sendall(struct.pack("!I", len(data) + 4) + data)
        except OSError as error:
            raise LinkError(f"the server does not read: {error}") from None

    def ask(self, xml: str) -> Answer:
        """Send a frame and return its answer. Raises: LinkError, UnparsableError."""
        self.send(xml)
        return Answer(self.read())

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                piece = self._socket.recv(size - len(data))
            except OSError as error:
                raise LinkError(f"no answer: {error}") from None
            if not piece:
                raise LinkError("the server has closed the connection")
            data += piece
        return data


def resolved(host: str, port: int, family: socket.AddressFamily) -> list[str]:
    """Return the addresses that a name has in one family."""
    with contextlib.suppress(OSError):
        return list(
            dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
        )
    return []
