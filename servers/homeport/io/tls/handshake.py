"""The TLS handshake of an accepted connection, as the server (RFC 8446 2, RFC 5246 7.3).

It replaces its stream as the reactor's descriptor, and then gives the stream its TLS socket. OpenSSL's objects are
created with the client's first bytes, because port scanners and health checks send none. A handshake that fails ends
the connection, with a reason that helps the author of the client.
"""

import socket
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from OpenSSL import SSL, crypto
from OpenSSL._util import lib as openssl

from homeport.io.net.reactor import is_internal
from homeport.io.net.stream_socket import FIRST_READ, MAX_LINGER_BYTES, StreamSocket
from homeport.io.platform import acknowledge_at_once
from homeport.io.tls.alpn import Engine, ProtocolRefused
from homeport.io.tls.contexts import ClientCertificates, Secured, SessionFamily, subject_of
from homeport.io.tls.errors import RECORD, in_words, is_old_version
from homeport.io.tls.faults import tls_fault_for
from homeport.io.tls.named_certificates import is_bad_name, shown_end_point
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
    "the client {how} the connection without an alert; if it does not trust the certificate, give it the one that "
    "`homeport ca` prints"
)
"""Some clients send no alert.

Others do and then reset the connection, and Nagle's algorithm (RFC 9293 3.7.4) loses it.
"""
OPENINGS: dict[Opening, str] = {
    "http": "the client spoke HTTP in the clear to a TLS port: write https:// in its URL",
    "proxy": "the client took this TLS port for an HTTP proxy",
    "text": "the client did not speak TLS: it sent plain text",
    "binary": "the client did not speak TLS",
}
"""Errors of clients that do not speak TLS."""


class HandshakeHost(TlsHost, Protocol):
    """The connection of a handshake, as seen from here: a control connection, or a transfer's."""

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

    def tls_sessions(self) -> SessionFamily:
        """Return the contexts that it shares with its control connection."""

    def secured(self, secure: TlsSocket, tls: Tls, done: Callable[[Tls], None]) -> None:
        """Continue over TLS, then call `done`."""

    def mistaken(self, reason: str) -> bytes:
        """Return the plaintext refusal for a client that does not start TLS."""

    def linger(self) -> None:
        """Wait for the client to close: the handshake has failed, and this side is half-closed."""

    def gone(self, reason: str) -> None:
        """Close: the handshake has failed."""

    def fail(self, error: Exception) -> None:
        """Close because of an internal error."""


class Handshake:
    """The handshake of one connection, as the server; the reactor's descriptor instead of its stream.

    done: called with the negotiated parameters when the stream has its TLS socket.
    quiet: delay TLS 1.3 session tickets until there is other output. A client that only sends may close without reading
    them; its close would then be a reset, and the end of its file would be lost.
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
        "_named",
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
        self._engine: Engine | None = None
        self._secured: Secured | None = None
        self._fault: TlsFault | None = None
        self._deadline: DelayedCall | None = None
        self._opening = b""  # the client's first bytes, until its protocol is known
        self._answered = False  # output was sent: the client may have seen the certificate
        self._left: bytes | memoryview = b""
        self._failure = ""
        self._dropped = 0
        self._named = False  # the server name of the ClientHello was examined
        self._quiet = quiet

    def start(self) -> None:
        """Wait for the client, which sends first."""
        reactor = self._stream.listener.reactor
        reactor.addReader(self)
        limit = float(self._certificates.options.handshake)
        self._deadline = reactor.callLater(limit, self._timed_out)

    def end(self, reason: str) -> str:
        """Cancel the timeout.

        Return the reason of the close: the handshake's failure if there was one, else `reason`.
        """
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        return self._failure or reason

    # Called by the reactor.

    def fileno(self) -> int:
        """Return the descriptor, or -1 if it is closed."""
        return self._stream.fd

    def logPrefix(self) -> str:  # noqa: N802
        """Return the name for Twisted's log."""
        return self._stream.logPrefix()

    def connectionLost(self, reason: object) -> None:  # noqa: N802
        """Handle a broken connection, or an exception of one of these methods."""
        if error := is_internal(reason):
            self._stream.fail(error)
        elif self._engine is None or self._failure:
            self._stream.gone("broken")
        else:
            self._left_by_client("reset")

    def doRead(self) -> None:  # noqa: N802
        """Read once and continue the handshake."""
        try:
            data = self._socket.recv(FIRST_READ)
        except BlockingIOError:
            return
        except OSError as error:
            # No finding if no handshake was started, or if it was reported before.
            if self._engine is None or self._failure:
                self._stream.gone(f"broken: {error.strerror}")
            else:
                self._left_by_client("reset")
            return
        if self._failure:
            self._drop(data)
        elif self._engine is not None:
            self._take(data) if data else self._left_by_client("closed")
        elif data or self._opening:
            self._hear_first(data)
        else:
            # A port scan or a health check.
            self._stream.gone("closed before TLS began")

    def doWrite(self) -> None:  # noqa: N802
        """Send the rest of the output."""
        if self._flush():
            self._stream.listener.reactor.removeWriter(self)

    # Steps of the handshake.

    def _hear_first(self, data: bytes) -> None:
        """Detect the client's protocol by its first bytes. bytes: empty if no more will come."""
        self._opening += data
        opening = opening_of(self._opening, ended=not data)
        if opening == "tls":
            data, self._opening = self._opening, b""
            if self._begin():
                self._take(data)
        elif opening is not None:
            self._answer_in_clear(opening)

    def _begin(self) -> bool:
        """Create OpenSSL's objects; return False if a planned fault has ended the connection instead."""
        stream = self._stream
        self._fault = tls_fault_for(stream.listener.world, stream.connection)
        if self._fault == "abort":
            self._fail("a planned fault aborted it", linger=False)
            return False
        service = stream.listener.service
        apart = bool(service.own_sessions) and getattr(stream.listener.options, service.own_sessions)
        family = stream.tls_sessions() if apart else None
        listener = stream.listener.source.listener
        self._secured = self._certificates.contexts.find(
            self._client_certificates,
            self._fault,
            resumes=service.resumes,
            family=family,
            only_tls13=service.is_only_tls13(listener),
        )
        self._engine = Engine(self._secured.context, service.alpn_names(listener))
        self._engine.set_accept_state()
        return True

    def _answer_in_clear(self, opening: Opening) -> None:
        """Refuse a client that does not speak TLS, in the protocol that it speaks."""
        shown = self._opening[:1] if opening == "binary" else first_line(self._opening)
        plain = self._stream.listener.service.plain_listener
        reason = "this port requires TLS, and the client sent no ClientHello: enable TLS in the client"
        reason += f", or connect to {plain}" if plain and self._stream.listener.tls else ""
        self._left = http_refusal(reason) if opening in ("http", "proxy") else self._stream.mistaken(reason)
        self._send()
        self._fail(OPENINGS[opening], linger=True, finding="not-tls", shown=shown)

    def _take(self, data: bytes) -> None:
        engine = self._engine
        assert engine is not None  # noqa: S101 - created with the first bytes
        engine.bio_write(data)
        try:
            engine.do_handshake()
        except SSL.WantReadError:
            self._examine_name(engine)
            self._send()
            acknowledge_at_once(self._socket)
        except ProtocolRefused as error:
            self._examine_name(engine)
            self._send()
            self._fail(str(error), linger=True, finding="alpn-mismatch", shown=error.offered)
        except SSL.Error as error:
            self._examine_name(engine)
            self._send()
            alert = refusing_alert(error) if self._fault is None else ""
            finding = "certificate-refused" if alert else ""
            words = in_words(error)
            if self._fault is None and is_old_version(error) and self._is_only_tls13:
                finding, words = "old-tls", "the client does not offer TLS 1.3, which this protocol requires"
            self._fail(words, linger=True, finding=finding, shown=alert.encode())
        else:
            self._examine_name(engine)
            # Before TLS 1.3 the client may wait for the server's last message.
            if not self._quiet or engine.get_protocol_version() < SSL.TLS1_3_VERSION:
                self._send()
            self._finish()

    @property
    def _is_only_tls13(self) -> bool:
        listener = self._stream.listener
        return listener.service.is_only_tls13(listener.source.listener)

    def _examine_name(self, engine: SSL.Connection) -> None:
        """Report a server name that RFC 6066 forbids, once the ClientHello has come; also if the handshake fails."""
        name = engine.get_servername()
        if not self._named and name is not None:
            self._named = True
            if is_bad_name(name):
                self._stream.listener.report("bad-server-name", self._stream.connection, name)

    def _finish(self) -> None:
        """Hand over to the stream, which continues over TLS."""
        stream, engine, secured = self._stream, self._engine, self._secured
        assert engine is not None  # noqa: S101 - created with the first bytes
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
        """End the connection with a finding. linger: True to let the client read the last output first."""
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
            stream.listener.report(finding, stream.connection, shown)
        if linger:
            # Closing with unread input resets the connection, and the alert would be lost.
            try:
                self._socket.shutdown(socket.SHUT_WR)
            except OSError:
                linger = False
        if linger:
            stream.linger()
        else:
            stream.gone(self._failure)

    def _drop(self, data: bytes) -> None:
        self._dropped += len(data)
        if not data or self._dropped > MAX_LINGER_BYTES:
            self._stream.gone(self._failure)

    def _timed_out(self) -> None:
        if self._opening:
            self._hear_first(b"")
            return
        silent = self._engine is None
        done = "sent nothing: is TLS enabled in it?" if silent else "had not finished"
        limit = float(self._certificates.options.handshake)
        error = f"after {limit:g} s the client {done} ([tls] handshake)"
        self._fail(error, linger=False, finding="no-client-hello" if silent else "")

    def _send(self) -> None:
        if not self._flush():
            self._stream.listener.reactor.addWriter(self)

    def _flush(self) -> bool:
        """Send OpenSSL's output; return True if all was sent, or if the connection is broken."""
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
                # The next read reports the error.
                self._left = b""
                return True
            self._answered = True
            self._left = memoryview(self._left)[sent:]


def agreed(engine: SSL.Connection, secured: Secured, *, verified: bool) -> Tls:
    """Return the negotiated parameters of a handshake."""
    certificate = engine.get_peer_certificate()
    resumed = bool(openssl.SSL_session_reused(engine._ssl))  # noqa: SLF001 - no public way; checked by a test
    name = engine.get_servername()
    return Tls(
        version=engine.get_protocol_version_name(),
        cipher=engine.get_cipher_name() or "",
        server_name=name.decode("ascii", "backslashreplace") if name else "",
        certificate=crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) if certificate else b"",
        verified=verified,
        bindings=bindings(engine, shown_end_point(engine, secured.end_point, resumed=resumed), resumed=resumed),
        resumed=resumed,
        protocol=engine.get_alpn_proto_negotiated().decode("ascii", "backslashreplace"),
        export=engine.export_keying_material,
    )


def bindings(engine: SSL.Connection, end_point: bytes, *, resumed: bool) -> dict[str, bytes]:
    """Return the channel bindings of a connection by name."""
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
    """Return the fields of the journal event."""
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
