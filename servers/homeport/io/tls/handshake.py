"""The TLS handshake of an accepted connection, as the server (RFC 8446 2, RFC 5246 7.3).

It stands in its stream's place with the reactor until all is agreed, and then gives the stream its TLS socket. What the
client sends first decides: nothing is made for one that only looks whether the port is open, and a planned fault acts
on handshakes alone. A handshake that fails ends the connection, with a reason for whoever wrote the client.
"""

import socket
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from OpenSSL import SSL, crypto
from OpenSSL._util import lib as openssl

from homeport.io.net.reactor import is_internal
from homeport.io.net.stream_socket import FIRST_READ, LINGER_OCTETS, StreamSocket
from homeport.io.tls.contexts import ClientCertificates, Secured, subject_of
from homeport.io.tls.errors import RECORD, in_words
from homeport.io.tls.faults import tls_fault_for
from homeport.io.tls.named_certificates import shown_end_point
from homeport.io.tls.socket import TlsHost, TlsSocket
from homeport.io.tls.trust import advise, refusing_alert
from homeport.protocol.events import Tls
from homeport.protocol.faults import TlsFault
from homeport.protocol.foreign import Opening, first_line, http_refusal, opening_of
from homeport.world.journal import Connection

if TYPE_CHECKING:
    from homeport.io.net.listener import StreamListener
    from homeport.io.net.reactor import DelayedCall
    from homeport.io.tls.certificates import Certificates

LEFT = (
    "the client {how} the connection without a word; if it does not trust our certificate, give it the one that "
    "`homeport ca` prints"
)
"""Some clients send no alert. Others do and reset the connection, and Nagle's algorithm (RFC 9293 3.7.4) loses it."""
OPENINGS: dict[Opening, str] = {
    "http": "the client spoke HTTP in the clear to a TLS port: write https:// in its URL",
    "proxy": "the client took this TLS port for an HTTP proxy",
    "text": "the client did not speak TLS: it sent plain text",
    "binary": "the client did not speak TLS",
}
"""What a client did that does not speak TLS."""


class HandshakeHost(TlsHost, Protocol):
    """The connection that is to be under TLS, as its handshake knows it: a control connection, or a transfer's."""

    @property
    def fd(self) -> int: ...
    @property
    def socket(self) -> StreamSocket: ...
    @property
    def listener(self) -> "StreamListener": ...
    @property
    def connection(self) -> Connection: ...
    @property
    def under_faults(self) -> bool: ...
    def logPrefix(self) -> str: ...  # noqa: N802 - Twisted's name

    def secured(self, secure: TlsSocket, tls: Tls, done: Callable[[Tls], None]) -> None:
        """Go on over TLS, then tell `done`."""

    def mistaken(self, reason: str) -> bytes:
        """Return what to say in the clear to a client that does not begin TLS."""

    def linger(self) -> None:
        """Wait for the client to close: the handshake has failed, and our side is shut."""

    def gone(self, reason: str) -> None:
        """Close: the handshake has failed."""

    def fail(self, error: Exception) -> None:
        """Close for an internal error."""


class Handshake:
    """The handshake of one connection, as the server; the reactor's descriptor in its stream's place.

    done: told what was agreed when the stream has its TLS socket. A handshake that fails ends the connection.
    quiet: session tickets of TLS 1.3 wait until there is something else to send. A client that only sends need not read
    them, and one that closes before it has read all resets the connection: the end of its file would be lost.
    """

    __slots__ = (
        "_answered",
        "_certificates",
        "_client_certificates",
        "_deadline",
        "_done",
        "_dropped",
        "_engine",
        "_failure",
        "_fault",
        "_left",
        "_opening",
        "_quiet",
        "_secured",
        "_socket",
        "_stream",
    )

    def __init__(
        self,
        stream: HandshakeHost,
        certificates: "Certificates",
        client_certificates: ClientCertificates,
        done: Callable[[Tls], None],
        *,
        quiet: bool = False,
    ) -> None:
        self._stream = stream
        self._socket = stream.socket
        self._certificates = certificates
        self._client_certificates = client_certificates
        self._done = done
        self._engine: SSL.Connection | None = None
        self._secured: Secured | None = None
        self._fault: TlsFault | None = None
        self._deadline: DelayedCall | None = None
        self._opening = b""  # the client's first octets, until they tell what it speaks
        self._answered = False  # octets of ours have left: the client may have seen the certificate
        self._left: bytes | memoryview = b""
        self._failure = ""
        self._dropped = 0
        self._quiet = quiet

    def start(self) -> None:
        """Wait for the client, which speaks first."""
        reactor = self._stream.listener.reactor
        reactor.addReader(self)
        limit = float(self._certificates.options.handshake)
        self._deadline = reactor.callLater(limit, self._timed_out)

    def end(self, reason: str) -> str:
        """The connection is gone: for this reason, unless it had failed before for one that says more."""
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        return self._failure or reason

    # What the reactor calls.

    def fileno(self) -> int:
        """The descriptor, or -1 when it is closed."""
        return self._stream.fd

    def logPrefix(self) -> str:  # noqa: N802
        """How Twisted names it in its log."""
        return self._stream.logPrefix()

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """The reactor saw the connection break, or one of our methods raise."""
        if error := is_internal(reason):
            self._stream.fail(error)
        elif self._engine is None or self._failure:
            self._stream.gone("broken")
        else:
            self._left_by_client("reset")

    def doRead(self) -> None:  # noqa: N802
        """Take one step."""
        try:
            octets = self._socket.recv(FIRST_READ)
        except BlockingIOError:
            return
        except OSError as error:
            # Nothing to tell anybody, if nothing was begun or it was told before.
            if self._engine is None or self._failure:
                self._stream.gone(f"broken: {error.strerror}")
            else:
                self._left_by_client("reset")
            return
        if self._failure:
            self._drop(octets)
        elif self._engine is not None:
            self._take(octets) if octets else self._left_by_client("closed")
        elif octets or self._opening:
            self._hear_first(octets)
        else:
            # Nothing was begun: somebody looked whether the port is open.
            self._stream.gone("closed before TLS began")

    def doWrite(self) -> None:  # noqa: N802
        """Send what the network did not take."""
        if self._flush():
            self._stream.listener.reactor.removeWriter(self)

    # The steps.

    def _hear_first(self, octets: bytes) -> None:
        """Take the client's first octets, which tell whether it speaks TLS. octets: empty if no more will come."""
        self._opening += octets
        opening = opening_of(self._opening, ended=not octets)
        if opening == "tls":
            octets, self._opening = self._opening, b""
            if self._begin():
                self._take(octets)
        elif opening is not None:
            self._answer_in_clear(opening)

    def _begin(self) -> bool:
        """Prepare OpenSSL; False if a planned fault has ended the connection instead."""
        stream = self._stream
        self._fault = tls_fault_for(stream.listener.world, stream.connection)
        if self._fault == "abort":
            self._fail("a planned fault aborted it", linger=False)
            return False
        resumes = stream.listener.service.resumes
        self._secured = self._certificates.contexts.find(self._client_certificates, self._fault, resumes=resumes)
        self._engine = SSL.Connection(self._secured.context, None)
        self._engine.set_accept_state()
        return True

    def _answer_in_clear(self, opening: Opening) -> None:
        """Tell a client that does not speak TLS so, in the words of the protocol that it speaks."""
        shown = self._opening[:1] if opening == "binary" else first_line(self._opening)
        plain = self._stream.listener.service.plain_listener
        reason = "TLS begins here, and this is no TLS: have the client begin with it"
        reason += f", or connect to {plain}" if plain and self._stream.listener.tls else ""
        self._left = http_refusal(reason) if opening in ("http", "proxy") else self._stream.mistaken(reason)
        self._send()
        self._fail(OPENINGS[opening], linger=True, finding="not-tls", shown=shown)

    def _take(self, octets: bytes) -> None:
        engine = self._engine
        assert engine is not None  # noqa: S101 - made by the first octets
        engine.bio_write(octets)
        try:
            engine.do_handshake()
        except SSL.WantReadError:
            self._send()
        except SSL.Error as error:
            self._send()
            alert = refusing_alert(error) if self._fault is None else ""
            finding = "certificate-refused" if alert else ""
            self._fail(in_words(error), linger=True, finding=finding, shown=alert.encode())
        else:
            # Before TLS 1.3 our last octets may be what the client waits for.
            if not self._quiet or engine.get_protocol_version() < SSL.TLS1_3_VERSION:
                self._send()
            self._finish()

    def _finish(self) -> None:
        """All is agreed: the stream goes on over TLS."""
        stream, engine, secured = self._stream, self._engine, self._secured
        assert engine is not None  # noqa: S101 - made by the first octets
        assert secured is not None  # noqa: S101
        if stream.fd < 0:
            return
        stream.listener.reactor.removeReader(self)
        stream.listener.reactor.removeWriter(self)
        self.end("")
        tls = agreed(engine, secured, verified=self._certificates.contexts.trusts(engine))
        stream.listener.journal.log(stream.connection, "tls", described(tls))
        secure = TlsSocket(engine, self._socket, self._left, stream, judged=self._fault is not None)
        stream.secured(secure, tls, self._done)

    def _left_by_client(self, how: str) -> None:
        """End a handshake that the client has left. how: `closed` or `reset`."""
        doubted = self._answered and self._fault is None and not self._stream.under_faults
        finding = "certificate-doubted" if doubted else ""
        self._fail(LEFT.format(how=how), linger=False, finding=finding, shown=how.encode())

    def _fail(self, error: str, *, linger: bool, finding: str = "", shown: bytes = b"") -> None:
        """End the connection with a finding. linger: whether the client should get to read our last octets first."""
        stream = self._stream
        if stream.fd < 0:
            return
        self.end("")
        self._failure = f"TLS handshake failed: {error}"
        stream.listener.counters.tls_failed += 1
        stream.listener.journal.log(stream.connection, "tls", {"error": error})
        if finding.startswith("certificate-"):
            advise(stream.listener, stream.connection, finding, shown.decode())
        elif finding:
            stream.listener.find(finding, stream.connection, shown)
        if linger:
            # A socket that is closed before all is read resets the connection, and the alert is lost.
            try:
                self._socket.shutdown(socket.SHUT_WR)
            except OSError:
                linger = False
        if linger:
            stream.linger()
        else:
            stream.gone(self._failure)

    def _drop(self, octets: bytes) -> None:
        self._dropped += len(octets)
        if not octets or self._dropped > LINGER_OCTETS:
            self._stream.gone(self._failure)

    def _timed_out(self) -> None:
        if self._opening:
            self._hear_first(b"")
            return
        silent = self._engine is None
        heard = "sent nothing: does it speak TLS here?" if silent else "did not finish"
        limit = float(self._certificates.options.handshake)
        error = f"after {limit:g} s the client {heard} ([tls] handshake)"
        self._fail(error, linger=False, finding="no-client-hello" if silent else "")

    def _send(self) -> None:
        if not self._flush():
            self._stream.listener.reactor.addWriter(self)

    def _flush(self) -> bool:
        """Send what OpenSSL has made: whether the network has taken all of it. One that is broken takes all."""
        while True:
            if not self._left:
                if self._engine is None:
                    return True
                try:
                    self._left = self._engine.bio_read(RECORD)
                except SSL.WantReadError:
                    return True
            try:
                sent = self._socket.send(self._left)
            except BlockingIOError:
                return False
            except OSError:
                # The next read tells why.
                self._left = b""
                return True
            self._answered = True
            self._left = memoryview(self._left)[sent:]


def agreed(engine: SSL.Connection, secured: Secured, *, verified: bool) -> Tls:
    """What a handshake has come to."""
    certificate = engine.get_peer_certificate()
    resumed = bool(openssl.SSL_session_reused(engine._ssl))  # noqa: SLF001 - pyOpenSSL has no other way; guarded by a test
    name = engine.get_servername()
    return Tls(
        version=engine.get_protocol_version_name(),
        cipher=engine.get_cipher_name() or "",
        server_name=name.decode("ascii", "backslashreplace") if name else "",
        certificate=crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) if certificate else b"",
        verified=verified,
        bindings=bindings(engine, shown_end_point(engine, secured.end_point, resumed=resumed), resumed=resumed),
        resumed=resumed,
    )


def bindings(engine: SSL.Connection, end_point: bytes, *, resumed: bool) -> dict[str, bytes]:
    """The channel bindings that a connection has."""
    found = {"tls-server-end-point": end_point} if end_point else {}
    new = engine.get_protocol_version() >= SSL.TLS1_3_VERSION
    if not new:
        # RFC 5929 3.1: the first Finished, which is the server's when a session is resumed.
        first = engine.get_finished() if resumed else engine.get_peer_finished()
        if first:
            found["tls-unique"] = first
    # RFC 9266 4.2: before TLS 1.3 only with the extended master secret.
    if new or openssl.SSL_get_extms_support(engine._ssl) == 1:  # noqa: SLF001 - as above
        found["tls-exporter"] = engine.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    return found


def described(tls: Tls) -> dict[str, object]:
    """The fields of the journal's event."""
    shown = None
    if tls.certificate:
        fingerprint = sha256(tls.certificate).hexdigest()
        shown = {"subject": subject_of(tls.certificate), "fingerprint": fingerprint, "verified": tls.verified}
    return {
        "version": tls.version,
        "cipher": tls.cipher,
        "server_name": tls.server_name or None,
        "certificate": shown,
        "resumed": tls.resumed,
    }
