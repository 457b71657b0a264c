"""A listener of streams: accepts connections, holds them to the limits, and ends them when asked to."""

import _socket
import errno
import logging
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from homeport.config.sections import LimitOptions
from homeport.io.data.passive_ports import PassivePorts
from homeport.io.net.descriptor import PAUSE_SECONDS, Descriptor
from homeport.io.net.reactor import Reactor
from homeport.io.net.service_listener import ServiceListener
from homeport.io.net.sockets import Bound
from homeport.io.net.stream import Stream
from homeport.io.net.worker_calls import Done, Together
from homeport.io.tls.certificates import Certificates
from homeport.protocol.addresses import Address
from homeport.protocol.events import Tls
from homeport.protocol.service import Options, Service, TlsOptions
from homeport.protocol.session import Context
from homeport.world.faults import Fault
from homeport.world.journal import Connection
from homeport.world.world import World

if TYPE_CHECKING:
    from homeport.io.net.behind_proxy import Proxied
    from homeport.io.tls.handshake import Handshake, HandshakeHost

log = logging.getLogger("homeport")

ACCEPTS_PER_EVENT = 128
NO_DESCRIPTOR = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
GONE_BEFORE_ACCEPT = {
    errno.ECONNABORTED,
    errno.EPERM,
    errno.EPROTO,
    errno.ENETDOWN,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
}


class StreamListener(ServiceListener):
    """One TCP listener of a service in a world, on all its addresses."""

    passive_ports: PassivePorts
    """Those of the world, where data connections are waited for."""

    def __init__(
        self,
        reactor: Reactor,
        world: World,
        service: Service,
        options: Options,
        limits: LimitOptions,
        bound: Bound,
        certificates: Certificates,
    ) -> None:
        super().__init__(reactor, world, service, options, limits, bound)
        self.certificates = certificates
        self.tls = any(one.tls for one in service.listeners if one.name == bound.wanted.listener)
        """Whether connections begin with a TLS handshake."""
        self.journal = world.journal
        self.together: Together | None = None  # made at the first call of that kind
        self.streams: dict[int, Stream] = {}
        """Live connections by their number."""
        self.lingering: dict[int, Stream] = {}
        """Those of them that have been closed from this side, the longest closed one first."""
        self.proxied: set[Proxied] = set()
        """Connections whose PROXY header has not come yet."""
        self._of_peer: dict[str, int] = {}
        self.descriptors = self.watch(bound)

    def configure(self, options: Options, limits: LimitOptions) -> None:
        """Serve by these from now on."""
        super().configure(options, limits)
        self.max_received = int(self.limits.received)

    def watch(self, bound: Bound) -> "list[Acceptor]":
        """Its listening sockets."""
        return [Acceptor(self, listening) for listening in bound.sockets]

    def arrived(self, accepted: _socket.socket, peer: Address, local: Address) -> None:
        """A connection has come; behind a proxy, its header says from whom."""
        if getattr(self.options, "proxy_protocol", False):
            from homeport.io.net.behind_proxy import Proxied  # most farms never need it

            Proxied(self, accepted, peer, local)
        else:
            self.accept(accepted, peer, local)

    def accept(self, accepted: _socket.socket, peer: Address, local: Address) -> None:
        """A client has connected."""
        counters = self.counters
        counters.connections += 1
        connection = self.journal.open(self.source, peer, local)
        stream = Stream(self, accepted, connection)
        if self._full(peer[0]):
            self._refuse(stream)
            return
        counters.active += 1
        self.streams[connection.number] = stream
        assert self.service.session is not None  # noqa: S101 - a service with a stream listener has sessions
        context = Context(self.world, self.options, self.source.listener, peer, local, connection.id, self.service.name)
        try:
            session = self.service.session(context)
        except Exception as error:
            stream.fail(error)
            return
        if self.faults:
            self._misbehave(stream, self.faults)
        if self.tls:
            stream.open_by_tls(session)
        else:
            stream.open(session)
        stream.begin_faults()

    def call_together(self, work: Callable[[], object], done: Done, then: Callable[[], object]) -> None:
        """Run work off the reactor with that of other connections."""
        if self.together is None:
            self.together = Together(self.reactor)
        self.together.add(work, done, then)

    def handshake(self, stream: "HandshakeHost", done: Callable[[Tls], None], *, quiet: bool = False) -> "Handshake":
        """A TLS handshake on a connection; quiet: as of Handshake. OpenSSL is imported for the first."""
        from homeport.io.tls.handshake import Handshake

        asked = self.options.client_certificates if isinstance(self.options, TlsOptions) else "no"
        return Handshake(stream, self.certificates, asked, done, quiet=quiet)

    def close(self) -> None:
        """Take nothing more; connections that stand go on."""
        super().close()
        for waiting in list(self.proxied):
            waiting.close()

    def keep_lingering(self, stream: Stream) -> None:
        """A connection is closed from this side, and waits for its peer."""
        self.lingering[stream.connection.number] = stream

    def forget(self, stream: Stream, reason: str) -> None:
        """A connection is gone."""
        connection = stream.connection
        if self.streams.pop(connection.number, None) is not None:
            self.lingering.pop(connection.number, None)
            self.counters.active -= 1
            host = connection.peer[0]
            if host in self._of_peer:
                self._of_peer[host] -= 1
                if not self._of_peer[host]:
                    del self._of_peer[host]
        self.counters.received += connection.received
        self.counters.sent += connection.sent
        self.journal.close(connection, reason)

    def faults_changed(self) -> None:
        """Faults were planned or removed: connections that stand may be concerned."""
        known = self.faults
        super().faults_changed()
        fresh = [
            fault
            for fault in self.faults
            if fault not in known and (not fault.plan.times or fault.plan.match.conn is not None)
        ]
        for stream in list(self.streams.values()):
            if stream.faults is not None:
                stream.faults.refresh()
            if fresh and stream.session is not None and not stream.closing and self._misbehave(stream, fresh):
                stream.begin_faults()

    def _misbehave(self, stream: Stream, faults: Sequence[Fault]) -> bool:
        """Give a connection those of the faults that act on it; whether any does."""
        connection = stream.connection
        acting = [one for one in faults if one.matches(connection.peer[0], connection.id) and one.take()]
        if acting:
            stream.suffer(acting)
        return bool(acting)

    def find(self, rule_id: str, connection: Connection, data: bytes, advice: str = "") -> None:
        """Raise a finding about a connection. advice: what to do about it, added to the rule's text."""
        rule = self.rules.get(rule_id)
        if rule is None:
            self.counters.errors += 1
            self.undeclared("finding", rule_id)
            return
        if advice:
            rule = msgspec.structs.replace(rule, text=f"{rule.text}: {advice}")
        self.world.findings.add(rule, connection, data)
        self.counters.findings += 1

    def drop_connections(self, reason: str) -> None:
        """End every connection in this turn: its session may say farewell, and nobody waits for the peer."""
        for stream in list(self.streams.values()):
            stream.stop()
            stream.gone(reason)

    def sweep(self, interval: float) -> None:
        """End what has been quiet or open for too long. Called every `interval` seconds of real time."""
        idle, longest = float(self.limits.idle), float(self.limits.session)
        for stream in list(self.streams.values()):
            stream.sweep(interval, idle, longest)

    def rescale(self, factor: float) -> None:
        """Sweeps come in another interval from now on: one of the old is so many of the new."""
        for stream in self.streams.values():
            stream.idle.rescale(factor)

    def counted(self) -> dict[str, int | dict[str, int]]:
        """Its counters by name, with the octets of live connections."""
        live = [stream.connection for stream in self.streams.values()]
        return super().counted() | {
            "received": self.counters.received + sum(one.received for one in live),
            "sent": self.counters.sent + sum(one.sent for one in live),
        }

    def _full(self, host: str) -> bool:
        if len(self.streams) >= self.limits.connections and not self._make_room(self.lingering.values()):
            return True
        if self.exempt.covers(host):
            return False
        if self._of_peer.get(host, 0) >= self.limits.connections_per_peer:
            of_peer = (one for one in self.lingering.values() if one.connection.peer[0] == host)
            if not self._make_room(of_peer):
                return True
        self._of_peer[host] = self._of_peer.get(host, 0) + 1
        return False

    @staticmethod
    def _make_room(lingering: Iterable[Stream]) -> bool:
        """End a connection that only waits for its peer to close: who has said goodbye stands in nobody's way."""
        for stream in lingering:
            stream.gone("closed; its place was needed")
            return True
        return False

    def _refuse(self, stream: Stream) -> None:
        """Turn a client away at the door, in its protocol's own words."""
        self.counters.refused += 1
        # In the clear it would be no word of a protocol that begins with TLS.
        if not self.tls and (refusal := self.service.refusal("too many connections; try again later")):
            stream.send(refusal)
        stream.gone("refused: too many connections")


class Acceptor(Descriptor):
    """A listening socket."""

    def __init__(self, listener: StreamListener, listening: socket.socket) -> None:
        super().__init__(listener.reactor, listening, listener.bound.wanted.name)
        self._listener = listener
        self._accept = listening._accept  # type: ignore[attr-defined]  # noqa: SLF001 - of the standard library's socket

    def doRead(self) -> None:  # noqa: N802 - Twisted calls it
        """Accept what waits."""
        # What socket.accept does, without its Python part: half of its time, for every connection.
        accept, family = self._accept, self.socket.family
        for _ in range(ACCEPTS_PER_EVENT):
            try:
                fd, address = accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in GONE_BEFORE_ACCEPT:
                    continue
                if error.errno in NO_DESCRIPTOR and self.socket.fileno() >= 0:
                    self._pause(error)
                return
            accepted = _socket.socket(family, socket.SOCK_STREAM, 0, fd)
            accepted.setblocking(False)
            try:
                # Where every address is listened on, each connection has a local address of its own.
                local = accepted.getsockname()[:2] if self.anywhere else self.local
                peer = address[:2]
            except (OSError, TypeError):  # gone before it was accepted: in macOS it has lost its addresses (None)
                accepted.close()
                continue
            self._listener.arrived(accepted, peer, local)

    def _pause(self, error: OSError) -> None:
        """No descriptor is free: leave clients in the backlog for a moment instead of spinning."""
        log.error("%s: %s; raise the limit of open files (ulimit -n)", self.name, error.strerror)
        self.reactor.removeReader(self)
        self.reactor.callLater(PAUSE_SECONDS, self.resume)

    def failed(self, error: Exception) -> None:
        """Count an internal error."""
        self._listener.internal_error("accepting a connection", error)
