"""A TCP listener: accepts connections, enforces the limits, and ends connections on request."""

import _socket
import errno
import logging
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from homeport.config.sections import LimitOptions
from homeport.io.data.passive_ports import PassivePorts
from homeport.io.net.descriptor import RETRY_DELAY_S, Descriptor
from homeport.io.net.held_streams import HeldStreams
from homeport.io.net.loading import Loading
from homeport.io.net.reactor import Reactor
from homeport.io.net.service_listener import ServiceListener
from homeport.io.net.sockets import Bound
from homeport.io.net.stream import Stream
from homeport.io.net.worker_calls import Computations, Done, GroupCommits
from homeport.io.tls.certificates import Certificates
from homeport.protocol.addresses import Address
from homeport.protocol.events import Tls
from homeport.protocol.place import Place
from homeport.protocol.service import Options, Service, TlsOptions
from homeport.protocol.session import Context
from homeport.world.faults import Fault
from homeport.world.journal import Connection
from homeport.world.world import World

if TYPE_CHECKING:
    from homeport.io.net.behind_proxy import Proxied
    from homeport.io.tls.handshake import Handshake, HandshakeHost

log = logging.getLogger("homeport")

ACCEPTS_PER_EVENT = 32
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
    """The world's listeners for data connections."""

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
        self.tls = self.declared.tls
        """True for implicit TLS: connections begin with a handshake."""
        self.journal = world.journal
        self.holds = HeldStreams(reactor, world) if service.of_registry else None
        """Connections that wait for the registry; None for services without it."""
        self.group_commits: GroupCommits | None = None  # made at the first
        self.computations: Computations | None = None  # likewise
        self.streams: dict[int, Stream] = {}
        """Open connections by number."""
        self.lingering: dict[int, Stream] = {}
        """Open connections that this side has closed, the oldest first."""
        self.proxied: set[Proxied] = set()
        """Connections that wait for their PROXY header."""
        self._of_peer: dict[str, int] = {}
        self._loading: Loading | None = None
        load = service.load_of(bound.wanted.listener)
        if load is not None:
            self._loading = Loading(reactor, load, self._take, self._loaded)
        self.descriptors = self.watch(bound)

    def configure(self, options: Options, limits: LimitOptions) -> None:
        """Apply new options and limits."""
        super().configure(options, limits)
        self.max_received = int(self.limits.received)

    def watch(self, bound: Bound) -> "list[Acceptor]":
        """Return the descriptors of its listening sockets."""
        return [Acceptor(self, listening) for listening in bound.sockets]

    def arrived(self, accepted: _socket.socket, peer: Address, local: Address) -> None:
        """Take an accepted connection; behind a proxy, read its header first."""
        if self._loading is not None:
            self._loading.add((accepted, peer, local))
            return
        self._take(accepted, peer, local)

    def _take(self, accepted: _socket.socket, peer: Address, local: Address) -> None:
        if getattr(self.options, "proxy_protocol", False):
            from homeport.io.net.behind_proxy import Proxied  # most farms never need it

            Proxied(self, accepted, peer, local)
        else:
            self.accept(accepted, peer, local)

    def accept(self, accepted: _socket.socket, peer: Address, local: Address) -> None:
        """Start the session of a connection, or refuse it at a limit."""
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
        context = Context(
            self.world,
            self.options,
            self.source.listener,
            peer,
            local,
            connection.id,
            self.service.name,
            float(self.limits.line),
        )
        try:
            session = self.service.session(context)
        except Exception as error:
            stream.fail(error)
            return
        if self.faults:
            self._misbehave(stream, self.faults)
        if self.tls:
            stream.open_by_tls(session)
        elif self.declared.takes_both(self.options):
            stream.open_by_first_byte(session)
        else:
            stream.open(session)
        stream.begin_faults()

    def _loaded(self) -> None:
        self._loading = None

    def call_grouped(self, work: Callable[[], object], done: Done, then: Callable[[], object]) -> None:
        """Run a `GroupCommit` with those of other connections."""
        if self.group_commits is None:
            self.group_commits = GroupCommits(self.reactor)
        self.group_commits.add(work, done, then)

    def call_computing(self, work: Callable[[], object], done: Done, then: Callable[[], object]) -> None:
        """Run the work of a `Compute` once few others run."""
        if self.computations is None:
            self.computations = Computations(self.reactor)
        self.computations.add(work, done, then)

    def handshake(self, stream: "HandshakeHost", done: Callable[[Tls], None], *, quiet: bool = False) -> "Handshake":
        """Make the TLS handshake of a connection; the first imports OpenSSL. quiet: as for Handshake."""
        from homeport.io.tls.handshake import Handshake

        asked = self.options.client_certificates if isinstance(self.options, TlsOptions) else "no"
        return Handshake(stream, self.certificates, asked, done, quiet=quiet)

    def close(self) -> None:
        """Stop accepting; open connections continue."""
        super().close()
        for waiting in list(self.proxied):
            waiting.close()
        if self._loading is not None:
            self._loading.drop()

    def keep_lingering(self, stream: Stream) -> None:
        """Note a connection that this side has closed, and whose peer has not."""
        self.lingering[stream.connection.number] = stream

    def forget(self, stream: Stream, reason: str) -> None:
        """Forget a closed connection, and count its bytes."""
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
        """Apply a change of the planned faults, also to open connections."""
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
        """Add the faults that match a connection; return True if any does."""
        connection = stream.connection
        acting = [one for one in faults if one.matches(connection.peer[0], connection.id) and one.take()]
        if acting:
            stream.add_faults(acting)
        return bool(acting)

    def report(
        self,
        rule_id: str,
        connection: Connection,
        data: bytes,
        advice: str = "",
        transaction: str = "",
        place: Place | None = None,
    ) -> None:
        """Report a finding about a connection. advice: a hint for the user, appended to the rule's text."""
        rule = self.rules.get(rule_id)
        if rule is None:
            self.counters.errors += 1
            self.undeclared("finding", rule_id)
            return
        if advice:
            rule = msgspec.structs.replace(rule, text=f"{rule.text}: {advice}")
        self.world.findings.add(rule, connection, data, transaction=transaction, place=place)
        self.counters.findings += 1

    def drop_connections(self, reason: str) -> None:
        """End every connection at once: sessions may send a closing reply, but the peer's close is not awaited."""
        if self._loading is not None:
            self._loading.drop()
        for stream in list(self.streams.values()):
            stream.stop()
            stream.gone(reason)

    def sweep(self, interval: float) -> None:
        """Enforce the timeouts of all connections. Called every `interval` seconds of real time."""
        idle, longest = float(self.limits.idle), float(self.limits.session)
        for stream in list(self.streams.values()):
            stream.sweep(interval, idle, longest)

    def rescale(self, factor: float) -> None:
        """Convert idle times for another sweep interval: `factor` is the old one divided by the new one."""
        for stream in self.streams.values():
            stream.idle.rescale(factor)

    def counted(self) -> dict[str, int | dict[str, int]]:
        """Return its counters by name, including the bytes of open connections."""
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
        """Drop a connection that only waits for its peer to close, if there is one; return True if it was dropped."""
        for stream in lingering:
            stream.gone("closed; its slot was needed")
            return True
        return False

    def _refuse(self, stream: Stream) -> None:
        """Refuse a connection over the limit, with the protocol's refusal."""
        self.counters.refused += 1
        # With implicit TLS a plaintext refusal would be no valid record.
        if not self.tls and (refusal := self.service.refusal("too many connections; try again later")):
            stream.send(refusal)
        stream.gone("refused: too many connections")


class Acceptor(Descriptor):
    """A listening TCP socket."""

    def __init__(self, listener: StreamListener, listening: socket.socket) -> None:
        super().__init__(listener.reactor, listening, listener.bound.wanted.name)
        self._listener = listener
        self._accept = listening._accept  # type: ignore[attr-defined]  # noqa: SLF001 - of the standard library's socket

    def doRead(self) -> None:  # noqa: N802 - Twisted calls it
        """Accept waiting connections."""
        # As socket.accept, without its Python part, which is half of its time.
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
            except (OSError, TypeError):  # reset before it was accepted: on macOS it has no addresses (None)
                accepted.close()
                continue
            self._listener.arrived(accepted, peer, local)

    def _pause(self, error: OSError) -> None:
        """Pause accepting when no descriptor is free: clients stay in the backlog, without a busy loop."""
        log.error("%s: %s; raise the limit of open files (ulimit -n)", self.name, error.strerror)
        self.reactor.removeReader(self)
        self.reactor.callLater(RETRY_DELAY_S, self.resume)

    def failed(self, error: Exception) -> None:
        """Count an internal error."""
        self._listener.internal_error("accepting a connection", error)
