"""Every socket of the farm is made here, before Twisted is imported: all of them or none.

TCP and UDP of a service share one number, on every address, also when any free port is asked for. Sockets may come
from systemd instead; they are known by name and type, or by port and type, because a `.socket` unit gives all its
sockets the same name. What accepted connections inherit from a listening socket (TCP_NODELAY, DSCP) is
set there once.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from homeport.io import platform
from homeport.io.net.stream_socket import SocketAddress

BACKLOG = 1024
FREE_PORT_TRIES = 50
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""A SO_LINGER that makes close(2) send a RST."""
FIRST_INHERITED = 3
"""The first descriptor that systemd passes (sd_listen_fds(3))."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A listener that needs sockets."""

    service: str
    listener: str
    transport: str
    port: int
    option: str = "port"
    """The configuration key of its port; listeners of a service with the same key share a number."""
    iana_port: int = 0
    """Where the world at large expects it."""
    dscp: int = 0

    @property
    def name(self) -> str:
        """Such as `echo.tcp`."""
        return f"{self.service}.{self.listener}"


class Bound(msgspec.Struct):
    """A listener with its sockets, one for each address; the sockets do not block, and TCP ones listen."""

    wanted: Wanted
    sockets: list[socket.socket]
    names: list[SocketAddress] = []
    """The address that each is bound to, as its family writes it; also while the socket is down or closed."""

    def __post_init__(self) -> None:
        self.names = [bound.getsockname() for bound in self.sockets]

    def add(self, bound: socket.socket) -> None:
        """Another of its addresses."""
        self.sockets.append(bound)
        self.names.append(bound.getsockname())

    @property
    def port(self) -> int:
        """The number that it has, which may differ from the one wanted if that was 0."""
        port: int = self.names[0][1]
        return port

    @property
    def addresses(self) -> list[str]:
        """Every address bound."""
        return [name[0] for name in self.names]

    def close(self) -> None:
        """Close all its sockets."""
        for bound in self.sockets:
            bound.close()


class PortTakenError(Exception):
    """A port is in the way; the message says which and what to do."""

    def __init__(self, wanted: Wanted, host: str, port: int) -> None:
        transport = wanted.transport.upper()
        super().__init__(
            f"port {port} ({wanted.name}, {transport} on {host}) is taken: stop what holds it, "
            f"set [{wanted.service}] {wanted.option} = 0 for any free port, or start with --ephemeral"
        )
        self.wanted = wanted
        self.port = port


class CannotListenError(Exception):
    """An address cannot be listened on at all; the message says which and why.

    forbidden: whether it is the port that this process may not have.
    """

    def __init__(self, words: str, *, forbidden: bool = False) -> None:
        super().__init__(words)
        self.forbidden = forbidden


class Inherited:
    """The sockets that systemd passed, each given out once."""

    def __init__(self, sockets: Iterable[tuple[str, socket.socket]] = ()) -> None:
        self._sockets = list(sockets)

    @classmethod
    def from_environment(cls, environment: dict[str, str] | os._Environ[str], pid: int) -> "Inherited":
        """Take the sockets over that are meant for this process, and the variables that say so.

        Must run before `twisted.internet.endpoints` is imported: that takes the variables for itself.
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
        """The sockets for a listener: named `service.listener`, or just for the service, else known by their port.

        One `.socket` unit gives all its sockets one name; then they are on the port that is configured or on IANA's.
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
        """Names of the sockets that no listener took."""
        return sorted({name for name, _one in self._sockets})


def bind_all(
    wanted: Sequence[Wanted], hosts: Sequence[str], inherited: Inherited | None = None, *, reuse_port: bool = False
) -> tuple[list[Bound], list[str]]:
    """Bind every listener on every host, or none.

    hosts: IP addresses or names. An IPv6 address that this machine does not have is left out if there is an IPv4 one.
    reuse_port: set SO_REUSEPORT, for several processes on one port.

    Returns: the listeners with their sockets, and remarks for people (such as IPv6 left out).
    Raises: PortTakenError, CannotListenError; no socket stays open then.
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
    """Family and literal address of each host; a literal is recognised before any name is looked up (RFC 1123 2.1).

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
    """Whether this machine has that IPv6 address."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def unavailable(port: int, hosts: Sequence[str]) -> str:
    """Return why a TCP port of ours cannot be connected from on these hosts; empty if it can, or IPv6 is lacking."""
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
    """Listeners that share a number, together."""
    groups: dict[tuple[str, str], list[Wanted]] = {}
    for one in wanted:
        groups.setdefault((one.service, one.option), []).append(one)
    return list(groups.values())


def _bind_group(
    group: list[Wanted], addresses: list[tuple[socket.AddressFamily, str]], *, reuse_port: bool
) -> list[Bound]:
    """All listeners of a group on all addresses under one number; another free one is tried if one of them is taken."""
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
    raise AssertionError("the last try returns or raises")


def _make(wanted: Wanted, family: socket.AddressFamily, host: str, port: int, *, reuse_port: bool) -> socket.socket:
    stream = wanted.transport == "tcp"
    made = socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            # `::` beside `0.0.0.0`, and no IPv4 peers in IPv6 clothes.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if stream:
            # Otherwise connections in TIME_WAIT keep a restarted farm from its ports. For UDP it would mean sharing.
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


def _adopt(bound: Bound) -> None:
    for passed in bound.sockets:
        tune(passed, bound.wanted)
        if bound.wanted.transport == "tcp":
            passed.listen(BACKLOG)


def tune(made: socket.socket, wanted: Wanted) -> None:
    """Set the options of a socket of ours; accepted connections inherit them."""
    made.setblocking(False)
    # RFC 1123 2.4, today RFC 2474: six bits; the two of RFC 3168 are the kernel's.
    octet = wanted.dscp << 2
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, octet)
    elif made.family == socket.AF_INET:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, octet)
    if made.type == socket.SOCK_STREAM and made.family != socket.AF_UNIX:
        # Two small writes in a row must not wait for a delayed acknowledgement (40 ms); accepted sockets inherit it.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Urgent octets stay among the others: Telnet's DM (RFC 854), the last octet of an ABOR that is sent urgently.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    elif made.type == socket.SOCK_DGRAM:
        platform.size_datagram_buffers(made)
