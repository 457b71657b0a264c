"""Simulation of macOS on Linux: removes what macOS lacks, and changes behaviour as far as Linux allows.

Sources: XNU's netinet/in.h, udp_usrreq.c, uipc_socket.c; CPython's socketmodule.c and posixmodule.c.
"""

import _socket
import builtins
import ctypes
import errno
import fcntl
import functools
import importlib.machinery
import io
import os
import resource
import select
import selectors
import socket
import sys
from pathlib import Path

GONE = {
    select: ("epoll", "EPOLLIN", "EPOLLOUT", "EPOLLERR", "EPOLLHUP", "EPOLLPRI", "EPOLLRDHUP", "EPOLL_CLOEXEC"),
    os: (
        *("O_PATH", "O_TMPFILE", "O_DIRECT", "O_LARGEFILE", "RWF_NOWAIT", "memfd_create", "copy_file_range"),
        *("fdatasync", "pidfd_open", "posix_fadvise", "posix_fallocate", "splice", "eventfd", "getxattr", "setxattr"),
        *("sched_setaffinity", "getresuid", "accept4", "pipe2"),
    ),
    socket: (
        *("MSG_MORE", "SO_PEERCRED", "SO_BINDTODEVICE", "SO_MARK", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "IP_TRANSPARENT"),
        *("TCP_INFO", "TCP_CONGESTION", "TCP_KEEPIDLE", "TCP_QUICKACK", "TCP_CORK", "TCP_DEFER_ACCEPT"),
        *("TCP_USER_TIMEOUT", "TCP_LINGER2", "IP_RECVTTL", "IP_PKTINFO"),
    ),
    fcntl: ("F_SETPIPE_SZ", "F_GETPIPE_SZ", "F_ADD_SEALS", "F_OFD_SETLK"),
    resource: ("prlimit", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE"),
}
FUNCTIONS = {"recvmmsg", "sendmmsg", "epoll_create1", "memfd_create", "accept4", "renameat2", "prctl"}
"""Functions that the C library lacks."""

F_FULLFSYNC = 51
OPEN_MAX = 10_240
LARGEST_BUFFER = 2 << 20
MAX_DATAGRAM = 9216
"""kern.ipc.maxsockbuf of an old version, and net.inet.udp.maxdgram."""
TCP_KEEPALIVE = 0x10
# What is of Linux, by its numbers.
LINUX_TCP_INFO, LINUX_TCP_KEEPIDLE, LINUX_TCP_CONGESTION, TCP_CLOSED = 11, 4, 13, 7
LINUX_PKTINFO, LINUX_RECVTTL = 8, 12
MAC_PKTINFO, MAC_RECVTTL = 26, 24
OPTIONS = {
    (socket.IPPROTO_IP, MAC_PKTINFO): LINUX_PKTINFO,
    (socket.IPPROTO_IP, MAC_RECVTTL): LINUX_RECVTTL,
    (socket.IPPROTO_TCP, TCP_KEEPALIVE): LINUX_TCP_KEEPIDLE,
}
NO_OPTIONS = {
    (socket.IPPROTO_IP, LINUX_PKTINFO),
    (socket.IPPROTO_IP, LINUX_RECVTTL),
    (socket.IPPROTO_TCP, LINUX_TCP_INFO),
    (socket.IPPROTO_TCP, LINUX_TCP_CONGESTION),
    (socket.IPPROTO_TCP, LINUX_TCP_KEEPIDLE),
}
LINUX_SIOCATMARK, MAC_SIOCATMARK = 0x8905, 0x40047307
ONLY_LOOPBACK = "127.0.0.1"


def refuse(number: int) -> OSError:
    """Return the error of that number."""
    return OSError(number, os.strerror(number))


class Sockets:
    """Socket methods with the behaviour of macOS."""

    def _option(self, level, option):
        if (level, option) in NO_OPTIONS:
            raise refuse(errno.ENOPROTOOPT)
        if self._has_ended():
            raise refuse(errno.EINVAL)
        return OPTIONS.get((level, option), option)

    def _is_inet(self, kind):
        return self.type == kind and self.family in (socket.AF_INET, socket.AF_INET6)

    def _has_ended(self):
        """Return True for a connection that was accepted and then reset."""
        if not self._passed or not self._is_inet(socket.SOCK_STREAM):
            return False
        return super().getsockopt(socket.IPPROTO_TCP, LINUX_TCP_INFO, 1)[0] == TCP_CLOSED

    def setsockopt(self, level, option, *value):
        option = self._option(level, option)
        if level == socket.SOL_SOCKET and option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            if value[0] > LARGEST_BUFFER:
                raise refuse(errno.ENOBUFS)
            if option == socket.SO_SNDBUF:
                self._most = value[0]
        return super().setsockopt(level, option, *value)

    def getsockopt(self, level, option, *size):
        if (level, option) == (socket.SOL_SOCKET, socket.SO_SNDBUF) and self._is_inet(socket.SOCK_DGRAM):
            return self._most
        return super().getsockopt(level, self._option(level, option), *size)

    def getsockname(self):
        if self._has_ended():
            raise refuse(errno.EINVAL)
        return super().getsockname()

    def shutdown(self, how):
        if self._is_inet(socket.SOCK_STREAM) and super().getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise refuse(errno.ENOTCONN)
        super().shutdown(how)

    def bind(self, address):
        self._check(address)
        super().bind(address)

    def connect(self, address):
        self._check(address)
        super().connect(address)

    def _check(self, address):
        if self.family == socket.AF_INET and address[0].startswith("127.") and address[0] != ONLY_LOOPBACK:
            raise refuse(errno.EADDRNOTAVAIL)

    def recvmsg(self, *sizes):
        data, controls, flags, address = super().recvmsg(*sizes)
        return data, [told(*one) for one in controls], flags, address

    def sendmsg(self, buffers, controls=(), *rest):
        self._fit(sum(map(len, buffers)))
        controls = [one for one in controls if one[:2] != (socket.IPPROTO_IP, socket.IP_TTL)]
        controls = [(level, OPTIONS.get((level, kind), kind), value) for level, kind, value in controls]
        return super().sendmsg(buffers, controls, *rest)

    def send(self, data, *flags):
        self._fit(len(data))
        return super().send(data, *flags)

    def sendto(self, data, *rest):
        self._fit(len(data))
        return super().sendto(data, *rest)

    def _fit(self, size):
        if size > self._most and self._is_inet(socket.SOCK_DGRAM):
            raise refuse(errno.EMSGSIZE)


def told(level, kind, value):
    """Return a control message as XNU writes it: a TTL of one byte; in_pktinfo without ipi_spec_dst."""
    if (level, kind) == (socket.IPPROTO_IP, socket.IP_TTL):
        return level, MAC_RECVTTL, value[:1] if sys.byteorder == "little" else value[3:4]
    if (level, kind) == (socket.IPPROTO_IP, LINUX_PKTINFO):
        return level, MAC_PKTINFO, value[:4] + bytes(4) + value[8:]
    return level, kind, value


def pretend() -> None:
    """Simulate macOS."""
    for module, names in GONE.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    selectors.DefaultSelector = selectors.PollSelector
    pretend_sockets()
    pretend_files()
    ctypes.CDLL = Library
    raised = resource.setrlimit
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised(resource.RLIMIT_NOFILE, (min(soft, OPEN_MAX) if soft >= 0 else OPEN_MAX, hard))

    def setrlimit(kind, limits):
        if kind == resource.RLIMIT_NOFILE and not 0 <= limits[0] <= OPEN_MAX:
            raise ValueError("invalid argument")
        raised(kind, limits)

    resource.setrlimit = setrlimit
    sys.meta_path = Finders([Answer(), *sys.meta_path])


def pretend_sockets() -> None:
    """Install the socket methods above."""
    original = _socket.socket

    def begin(self, family=-1, type=-1, proto=-1, fileno=None):  # noqa: A002 - their names there
        original.__init__(self, family, type, proto, fileno)
        self._passed = fileno is not None
        self._most = MAX_DATAGRAM

    socket.TCP_KEEPALIVE = TCP_KEEPALIVE
    # The class of the module `socket` looks up the one below when it is called.
    _socket.socket = type("socket", (Sockets, original), {"__init__": begin})
    socket.socket = type("socket", (Sockets, socket.socket), {})


class Library(ctypes.CDLL):
    """A C library without these functions."""

    def __getattr__(self, name):
        if name in FUNCTIONS:
            raise AttributeError(name)
        return super().__getattr__(name)


def pretend_files() -> None:
    """Hide /proc, make sendfile require an offset and a socket, add F_FULLFSYNC, and number ioctl calls as there."""
    for module, name in (
        *((builtins, "open"), (io, "open"), (os, "open"), (os, "listdir"), (os, "scandir"), (os, "chmod")),
        *((os, "readlink"),),
    ):
        setattr(module, name, without_proc(getattr(module, name)))
    send, control = os.sendfile, fcntl.fcntl

    def sendfile(out, source, offset, count):
        if offset is None:
            raise TypeError("an integer is required (got type NoneType)")
        if not Path(f"/dev/fd/{out}").is_socket():
            raise refuse(errno.ENOTSOCK)
        return send(out, source, offset, count)

    def fcntl_(fd, command, *argument):
        if command == F_FULLFSYNC:
            os.fsync(fd)
            return 0
        return control(fd, command, *argument)

    ask = fcntl.ioctl

    def ioctl(fd, request, *argument):
        if request == LINUX_SIOCATMARK:
            raise refuse(errno.ENOTTY)
        return ask(fd, LINUX_SIOCATMARK if request == MAC_SIOCATMARK else request, *argument)

    os.sendfile, fcntl.fcntl, fcntl.F_FULLFSYNC = sendfile, fcntl_, F_FULLFSYNC
    fcntl.ioctl = ioctl


def without_proc(function):
    """Wrap a function so that it finds nothing below /proc."""

    @functools.wraps(function)
    def look(path=".", *rest, **options):
        if not isinstance(path, int) and os.fsencode(path).startswith(b"/proc"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return function(path, *rest, **options)

    return look


class Finders(list):
    """sys.meta_path with a finder that stays the first: pytest inserts its own before all others."""

    def insert(self, at, finder):
        super().insert(max(at, 1), finder)


class Answer:
    """Finds the module that reads `sys.platform`, and sets that to `darwin` during its import."""

    def find_spec(self, name, path, target=None):
        if name != "homeport.io.platform":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def told_darwin(module):
            real, sys.platform = sys.platform, "darwin"
            try:
                execute(module)
            finally:
                sys.platform = real

        spec.loader.exec_module = told_darwin
        return spec
