"""Creation of all listening sockets of a farm, before Twisted is imported: all of them or none.

TCP and UDP of a service share one port number, on every address, also if any free port is requested. Sockets may come
from systemd instead (socket activation); they are matched by name and type, or by port and type, because a `.socket`
unit gives all its sockets the same name. Options that accepted connections inherit (TCP_NODELAY, DSCP) are set once, on
the listening socket.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from weakref import WeakValueDictionary

import msgspec

from homeport.io import platform
from homeport.io.net.stream_socket import SocketAddress

BACKLOG = 1024
FREE_PORT_TRIES = 50
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER value that makes close(2) send a RST."""
FIRST_INHERITED = 3
"""First descriptor that systemd passes (sd_listen_fds(3))."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A listener that needs sockets."""

    service: str
    listener: str
    transport: str
    port: int
    option: str = "port"
    """Configuration key of its port; listeners of a service with the same key share a port number."""
    iana_port: int = 0
    """Port registered with IANA."""
    dscp: int = 0

    @property
    def name(self) -> str:
        """Such as `echo.tcp`."""
        return f"{self.service}.{self.listener}"


class Bound(msgspec.Struct, weakref=True):
    """A listener with its sockets, one per address, non-blocking; TCP sockets listen."""

    wanted: Wanted
    sockets: list[socket.socket]
    names: list[SocketAddress] = []
    """Address of each socket, in the notation of its family; kept while the socket is down or closed."""

    def __post_init__(self) -> None:
        self.names = [bound.getsockname() for bound in self.sockets]
        LISTENERS[id(self)] = self

    def add(self, bound: socket.socket) -> None:
        """Add a socket for another address."""
        self.sockets.append(bound)
        self.names.append(bound.getsockname())

    @property
    def port(self) -> int:
        """Port number; differs from the wanted one if that is 0."""
        port: int = self.names[0][1]
        return port

    @property
    def addresses(self) -> list[str]:
        """Addresses of all sockets."""
        return [name[0] for name in self.names]

    def close(self) -> None:
        """Close all sockets; their ports are anybody's from here on."""
        LISTENERS.pop(id(self), None)
        for bound in self.sockets:
            bound.close()


LISTENERS: WeakValueDictionary[int, Bound] = WeakValueDictionary()
"""The listeners of all farms of this process, by `id`; a closed one leaves before it is freed."""


def is_listener_port(port: int) -> bool:
    """Return True if a farm of this process listens on a TCP port, on any address."""
    return any(
        bound.wanted.transport == "tcp" and any(name[1] == port for name in bound.names) for bound in LISTENERS.values()
    )


class PortTakenError(Exception):
    """A port is in use; the message says which and what to do."""

    def __init__(self, wanted: Wanted, host: str, port: int) -> None:
        transport = wanted.transport.upper()
        super().__init__(
            f"port {port} ({wanted.name}, {transport} on {host}) is in use: stop the process that uses it, "
            f"set [{wanted.service}] {wanted.option} = 0 for any free port, or start with --ephemeral"
        )
        self.wanted = wanted
        self.port = port


class CannotListenError(Exception):
    """An address cannot be listened on; the message says which and why.

    forbidden: True if this process lacks the permission for the port.
    """

    def __init__(self, words: str, *, forbidden: bool = False) -> None:
        super().__init__(words)
        self.forbidden = forbidden


class Inherited:
    """Sockets passed by systemd, each handed out once."""

    def __init__(self, sockets: Iterable[tuple[str, socket.socket]] = ()) -> None:
        self._sockets = list(sockets)

    @classmethod
    def from_environment(cls, environment: dict[str, str] | os._Environ[str], pid: int) -> "Inherited":
        """Take over the sockets passed to this process, and remove the variables that announce them.

        Must run before `twisted.internet.endpoints` is imported, which removes the variables itself.
        """
        mine = environment.pop("LISTEN_PID", "") == str(pid)
        number = int(environment.pop("LISTEN_FDS", "0") or 0)
        names = environment.pop("LISTEN_FDNAMES", "").split(":")
        if not mine:
            return cls()
        found = []
        for index in range(number):
            name = names[index] if index < len(names) else ""
            found.append((name, socket.socket(fileno=FIRST_INHERITED + index)))
        return cls(found)

    def take(self, wanted: Wanted) -> list[socket.socket]:
        """Return the sockets of a listener: by the name `service.listener`, else by the service's name, else by their
        port.

        One `.socket` unit gives all its sockets one name; then they are matched by the configured or the IANA port.
        """
        kind = socket.SOCK_STREAM if wanted.transport == "tcp" else socket.SOCK_DGRAM
        of_kind = [(name, one) for name, one in self._sockets if one.type == kind]
        ports = {wanted.port, wanted.iana_port} - {0}
        found = (
            [one for name, one in of_kind if name == wanted.name]
            or [one for name, one in of_kind if name == wanted.service]
            or [one for _name, one in of_kind if one.family != socket.AF_UNIX and one.getsockname()[1] in ports]
        )
        self._sockets = [(name, one) for name, one in self._sockets if one not in found]
        return found

    def __len__(self) -> int:
        return len(self._sockets)

    def left(self) -> list[str]:
        """Return the names of sockets that no listener took."""
        return sorted({name for name, _one in self._sockets})


def bind_all(
    wanted: Sequence[Wanted], hosts: Sequence[str], inherited: Inherited | None = None, *, reuse_port: bool = False
) -> tuple[list[Bound], list[str]]:
    """Bind every listener on every host, or none.

    hosts: IP addresses or names. An IPv6 address that this system lacks is skipped if there is an IPv4 one.
    reuse_port: set SO_REUSEPORT, for several processes on one port.

    Return the listeners with their sockets, and remarks for people (such as that IPv6 was skipped).
    Raises: PortTakenError, CannotListenError; then no socket stays open.
    """
    inherited = inherited or Inherited()
    addresses = list(resolve(hosts))
    usable = [address for address in addresses if address[0] != socket.AF_INET6 or has_ipv6(address[1])]
    remarks = [
        f"no {host} on this machine: serving without IPv6" for family, host in addresses if (family, host) not in usable
    ]
    if not usable:
        raise CannotListenError(f"none of {', '.join(hosts)} is an address of this machine: set [farm] hosts")
    done: list[Bound] = []
    try:
        for group in _groups(wanted):
            passed = [Bound(one, sockets) for one in group if (sockets := inherited.take(one))]
            for bound in passed:
                _adopt(bound)
            done += passed
            rest = [one for one in group if not any(bound.wanted is one for bound in passed)]
            done += _bind_group(rest, usable, reuse_port=reuse_port) if rest else []
    except BaseException:
        for bound in done:
            bound.close()
        raise
    return done, remarks


def resolve(hosts: Sequence[str]) -> Iterator[tuple[socket.AddressFamily, str]]:
    """Return family and literal address of each host; a literal is recognized without a name lookup (RFC 1123 2.1).

    Raises: CannotListenError for a name that has no address.
    """
    seen = set()
    for host in hosts:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            try:
                found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except socket.gaierror as error:
                raise CannotListenError(f"{host!r} has no address ({error.strerror}): set [farm] hosts") from None
        for family, _kind, _protocol, _name, address in found:
            if (literal := str(address[0])) not in seen:
                seen.add(literal)
                yield family, literal


def has_ipv6(host: str) -> bool:
    """Return True if this system has that IPv6 address."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def unavailable(port: int, hosts: Sequence[str]) -> str:
    """Return the reason why connections cannot be made from that local port on these hosts; empty if they can."""
    for family, host in resolve(hosts):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EPERM, errno.EADDRINUSE):
                    return os.strerror(error.errno)
    return ""


def _groups(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    """Group the listeners that share a port number."""
    groups: dict[tuple[str, str], list[Wanted]] = {}
    for one in wanted:
        groups.setdefault((one.service, one.option), []).append(one)
    return list(groups.values())


def _bind_group(
    group: list[Wanted], addresses: list[tuple[socket.AddressFamily, str]], *, reuse_port: bool
) -> list[Bound]:
    """Bind a group on all addresses under one port number; if any free one may be used, retry with others."""
    for left in range(FREE_PORT_TRIES - 1, -1, -1):
        port = group[0].port
        made: list[Bound] = []
        try:
            for one in group:
                bound = Bound(one, [])
                made.append(bound)
                for family, host in addresses:
                    bound.add(_make(one, family, host, port, reuse_port=reuse_port))
                    port = bound.port
        except PortTakenError:
            for bound in made:
                bound.close()
            if group[0].port or not left:
                raise
        except BaseException:
            for bound in made:
                bound.close()
            raise
        else:
            return made
    raise AssertionError("the last attempt returns or raises")


def _make(wanted: Wanted, family: socket.AddressFamily, host: str, port: int, *, reuse_port: bool) -> socket.socket:
    stream = wanted.transport == "tcp"
    made = socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            # Allows `::` next to `0.0.0.0`, and excludes IPv4-mapped peers.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if stream:
            # Otherwise connections in TIME_WAIT block a restart. For UDP the option would mean sharing the port.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        tune(made, wanted)
        made.bind((host, port))
        if stream:
            made.listen(BACKLOG)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(wanted, host, port) from None
        reason = os.strerror(error.errno or 0)
        hint = (
            f"; ports below 1024 need a privilege: set [{wanted.service}] {wanted.option}"
            if error.errno == errno.EACCES
            else ""
        )
        raise CannotListenError(
            f"cannot listen on {host} port {port} ({wanted.name}): {reason}{hint}",
            forbidden=error.errno in (errno.EACCES, errno.EPERM),
        ) from None
    return made


def bind_exchange(family: int, host: str, ports: tuple[int, int], start: int, dscp: int) -> socket.socket:
    """Bind the socket of an exchange on an address of this machine.

    ports: the range, both ends included; (0, 0): any free port. start: the port of the range to try first, from its
    begin; it should be random, because a port that can be predicted can be written to by others.

    Raises: OSError if none is free.
    """
    first, last = ports
    size = last - first + 1
    for step in range(size):
        made = socket.socket(family, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            set_traffic_class(made, dscp)
            made.bind((host, first + (start + step) % size))
        except OSError as error:
            made.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES) or step == size - 1:
                raise
        else:
            return made
    raise AssertionError("the last attempt returns or raises")


def _adopt(bound: Bound) -> None:
    for passed in bound.sockets:
        tune(passed, bound.wanted)
        if bound.wanted.transport == "tcp":
            passed.listen(BACKLOG)


def tune(made: socket.socket, wanted: Wanted) -> None:
    """Set the options of a listening socket; accepted connections inherit them."""
    made.setblocking(False)
    set_traffic_class(made, wanted.dscp)
    if made.type == socket.SOCK_STREAM and made.family != socket.AF_UNIX:
        # Two consecutive small writes must not wait for a delayed acknowledgement (40 ms).
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Urgent data stays in the stream: Telnet's DM (RFC 854), which precedes ABOR.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    elif made.type == socket.SOCK_DGRAM:
        platform.size_datagram_buffers(made)


def set_traffic_class(made: socket.socket, dscp: int) -> None:
    """Set the differentiated-services code point of what a socket sends.

    RFC 1123 2.4, updated by RFC 2474: six bits; the two bits of RFC 3168 belong to the kernel.
    """
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)
    elif made.family == socket.AF_INET:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
