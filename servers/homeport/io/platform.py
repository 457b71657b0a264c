"""Differences between operating systems. No other module looks at `sys.platform`.

Linux has the fast paths. macOS has its own constants, and a slower way for each. On Windows the import fails with a
message that says what to use instead, so modules that need POSIX import this one first.

A feature is detected by its name (`select.epoll`, `os.O_PATH`, ...) if a missing name is the only difference, and by
SYSTEM if the behaviour differs under the same name. Both are decided at import.
"""

import contextlib
import errno
import os
import select
import socket
import stat
import sys
from array import array
from pathlib import Path

from homeport.io.net.stream_socket import StreamSocket

try:
    import fcntl
    import resource
except ImportError:
    raise ImportError(
        f"the farm needs a POSIX system and does not run on Windows ({sys.platform}): run it in Docker "
        "(docs/containers.md) or in WSL 2; commands that talk to a running farm work here, with --url"
    ) from None

SYSTEM: str = sys.platform
"""The platform as a plain string, so that type checkers check the code of every system."""
LINUX = SYSTEM == "linux"

# The reactor.

REACTORS = (
    ("epoll", "twisted.internet.epollreactor", "EPollReactor"),
    ("kqueue", "twisted.internet.kqreactor", "KQueueReactor"),
    ("poll", "twisted.internet.pollreactor", "PollReactor"),
)
"""Required name in `select`, module and class of each reactor, the fastest first."""


def reactor_place() -> tuple[str, str]:
    """Return module and class name of the fastest Twisted reactor of this system."""
    for needed, module, name in REACTORS:
        if hasattr(select, needed):
            return module, name
    return "twisted.internet.selectreactor", "SelectReactor"


# The process.

OPEN_MAX = 10_240
"""Maximum soft limit of open files on macOS, independent of the hard limit (sys/syslimits.h)."""


def raise_open_files() -> None:
    """Raise the soft limit of open files to the maximum: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, max(soft, OPEN_MAX)):
        # ValueError: EINVAL, which is how macOS refuses. OSError: EPERM of a hardened system.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


def reserve_descriptors(number: int) -> None:
    """Make the kernel enlarge the process's table of descriptors at once, if the limit allows it.

    Linux doubles the table when it is full, which takes 10 to 20 ms in a process with threads and would delay the
    creation of a world.
    """
    with contextlib.suppress(OSError):  # the limit is lower: the table grows as needed
        os.close(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, number - 1))


# Files.

SEARCH = getattr(os, "O_PATH", getattr(os, "O_SEARCH", os.O_RDONLY)) | os.O_DIRECTORY | os.O_CLOEXEC
"""Flags that open a directory for lookups below it, without read permission.

O_PATH is Linux, O_SEARCH is POSIX; without either, the directory must be readable.
"""
LINK_REFUSED = {errno.ELOOP, errno.ENOTDIR}
"""Errors of opening a symbolic link with O_NOFOLLOW, and O_DIRECTORY."""
COPY_SIZE = 1 << 20
NO_RANGE = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}
"""Errors of copy_file_range(2) on a file system without support."""
SIOCATMARK, BSD_SIOCATMARK = 0x8905, 0x40047307
"""The query for the mark of urgent data: of Linux, of macOS and BSD (sys/sockio.h)."""
SIOCOUTQ, SO_NWRITE = 0x5411, 0x1024
"""Queries for unacknowledged output: of Linux (tcp(7)), of macOS (sys/socket.h)."""
IN_MEMORY = {"tmpfs", "ramfs"}
MOUNTS = "/proc/self/mountinfo"
IPV4_ROUTES = "/proc/net/route"
UNPRIVILEGED_PORTS = "/proc/sys/net/ipv4/ip_unprivileged_port_start"


def sync(fd: int) -> None:
    """Flush a file or directory to stable storage. Raises: OSError.

    fsync(2) of macOS stops at the drive's volatile cache; F_FULLFSYNC flushes that, too.
    """
    if (full := getattr(fcntl, "F_FULLFSYNC", None)) is not None:
        # Some file systems do not support it, such as network file systems.
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, full)
            return
    os.fsync(fd)


def sync_data(fd: int) -> None:
    """Flush the content of a file to stable storage, not necessarily its timestamps. Raises: OSError."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        sync(fd)


def lock(fd: int) -> None:
    """Lock a file against other processes until it is closed. Raises: OSError if another process holds the lock."""
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def copy_some(source: int, target: int, size: int) -> int:
    """Copy at most `size` bytes from the current offset of both files. Return the number copied; 0 at the end."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(source, target, size)
        except OSError as error:
            if error.errno not in NO_RANGE:
                raise
    data = os.read(source, min(size, COPY_SIZE))
    written = 0
    while written < len(data):
        written += os.write(target, memoryview(data)[written:])
    return written


def read_if_cached(fd: int, size: int) -> bytes | None:
    """Read `size` bytes at the current offset without moving it, if they are in the page cache.

    Return None if they are not, or if the system cannot tell.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    buffer = bytearray(size)
    with contextlib.suppress(OSError):
        if os.preadv(fd, [buffer], os.lseek(fd, 0, os.SEEK_CUR), os.RWF_NOWAIT) == size:
            return bytes(buffer)
    return None


def change_mode(directory: int, name: bytes, mode: int) -> None:
    """Set the permission bits of a name in a directory. Raises: OSError, ELOOP for a symbolic link."""
    if not hasattr(os, "O_PATH"):
        if stat.S_ISLNK(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        # If a link replaces it in between, the mode of the link is set, which has no effect.
        os.chmod(name, mode, dir_fd=directory, follow_symlinks=False)
        return
    fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        if stat.S_ISLNK(os.fstat(fd).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        # The only way for an unreadable file that does not look the name up again.
        os.chmod(f"/proc/self/fd/{fd}", mode)  # noqa: PTH101 - a descriptor
    finally:
        os.close(fd)


def memory_file(name: str) -> int:
    """Return the descriptor of a new unnamed file: in memory if the system supports it."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    from tempfile import mkstemp  # not at every start

    fd, path = mkstemp(prefix=f"{name}-")
    os.unlink(path)  # noqa: PTH108 - as mkstemp
    return fd


def in_memory(folder: str) -> bool:
    """Return True if a folder is known to be on tmpfs or ramfs, where I/O does not block; only Linux can tell."""
    try:
        device = os.stat(folder).st_dev  # noqa: PTH116 - next to the device numbers
        mounts = Path(MOUNTS).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        fields, _dash, kind = line.partition(" - ")
        if fields.split()[2] == number:
            return kind.split()[0] in IN_MEMORY
    return False


# Sockets.

IP_NUMBERS = {"linux": (8, 12), "darwin": (26, 24)}
"""IP_PKTINFO and IP_RECVTTL (linux/in.h, netinet/in.h), which the socket module lacks before Python 3.14."""
_NONE = -1
IP_PKTINFO, IP_RECVTTL = IP_NUMBERS.get(SYSTEM, (_NONE, _NONE))
TTL_MESSAGES = {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IP, IP_RECVTTL)} | (
    {(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)} if hasattr(socket, "IPV6_HOPLIMIT") else set()
)
"""Level and type of the control messages with a datagram's TTL: Linux uses IP_TTL as their type, BSD IP_RECVTTL."""
TTL_BY_MESSAGE = LINUX
"""True if a control message can set the TTL of an IPv4 datagram; macOS ignores such a message."""
DOWN_IN_PLACE = LINUX
"""True if a listening socket can be shut down and listen again, and if a datagram socket keeps its address when its
association is dissolved. On macOS shutdown(2) of a listening socket is an error, and dissolving binds to all addresses.
"""
MSG_MORE: int = getattr(socket, "MSG_MORE", 0)
"""Send flag that delays a partial segment for more data; 0 where it is missing."""
SEND_BUFFER = 65_535
UDP_SEGMENT = 103 if LINUX else 0
"""Control message by which the kernel cuts one piece into several datagrams; 0 where it cannot."""
RECEIVE_BUFFERS = (4 << 20, 1 << 20, 256 << 10)


def tell_ttl(receiver: socket.socket) -> None:
    """Make the kernel report the TTL or hop limit of each datagram."""
    if receiver.family == socket.AF_INET6:
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    elif IP_RECVTTL != _NONE:
        receiver.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)


def tell_destination(receiver: socket.socket) -> None:
    """Make the kernel report the destination address of each datagram."""
    if receiver.family == socket.AF_INET6:
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    elif IP_PKTINFO != _NONE:
        receiver.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)


def ttl_of(value: bytes) -> int:
    """Parse the TTL of a control message: a native int on Linux, one byte for IPv4 on BSD."""
    return int.from_bytes(value[:4], sys.byteorder)


def size_datagram_buffers(made: socket.socket) -> None:
    """Give a datagram socket a large receive buffer, and a send buffer for the largest datagram.

    BSD refuses a size above kern.ipc.maxsockbuf, where Linux uses the maximum. On macOS the send buffer bounds the size
    of a datagram; its default is 9216 bytes (net.inet.udp.maxdgram).
    """
    for size in RECEIVE_BUFFERS:
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            break
    if made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < SEND_BUFFER:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def keep_alive(connected: StreamSocket, seconds: int) -> None:
    """Make the kernel send a keep-alive probe to an idle peer every `seconds`."""
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)  # macOS has the latter
    set_option(connected, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (idle, getattr(socket, "TCP_KEEPINTVL", None)):
        if option is not None:
            set_option(connected, socket.IPPROTO_TCP, option, seconds)


def is_at_mark(connected: StreamSocket) -> bool:
    """Return True if the next byte to be read is the mark of urgent data (sockatmark of POSIX)."""
    number = array("i", (0,))
    fcntl.ioctl(connected.fileno(), SIOCATMARK if LINUX else BSD_SIOCATMARK, number)
    return bool(number[0])


def unpace(connected: StreamSocket) -> None:
    """Set congestion control without pacing, in case the system's default is BBR."""
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):  # the system may offer only its default
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def set_option(connected: StreamSocket, level: int, option: int, value: int | bytes) -> None:
    """Set an option of a connection, which may have ended meanwhile.

    Then macOS raises EINVAL, and Linux does not. The next read or write reports the end.
    """
    with contextlib.suppress(OSError):
        connected.setsockopt(level, option, value)


def acknowledge_at_once(connection: StreamSocket) -> None:
    """Acknowledge the next segments without a delay, where the system can be asked to.

    A client with Nagle's algorithm that writes the end of its handshake in two parts sends the second when the first
    is acknowledged: 40 ms later by default on Linux, for each connection.
    """
    if hasattr(socket, "TCP_QUICKACK"):
        set_option(connection, socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def has_ended(connected: StreamSocket) -> bool:
    """Return True if the kernel has ended a connection (reset, or no answer to keep-alive probes)."""
    try:
        connected.getpeername()
    except OSError:  # ENOTCONN; on macOS also EINVAL
        return True
    return False


def unacknowledged(connection: StreamSocket) -> int:
    """Return the number of bytes sent that the peer has not acknowledged yet; -1 if the system does not tell."""
    number = array("i", [0])
    try:
        if LINUX:
            fcntl.ioctl(connection.fileno(), SIOCOUTQ, number)
            return number[0]
        if SYSTEM == "darwin":
            return connection.getsockopt(socket.SOL_SOCKET, SO_NWRITE)
    except OSError:
        pass
    return -1


def ipv4_routes() -> str:
    """Return the system's IPv4 routing table in the format of Linux; empty without such a file.

    The format: a heading, then columns with interface, destination, gateway, flags, ..., hexadecimal.
    """
    try:
        return Path(IPV4_ROUTES).read_text()
    except OSError:
        return ""


def first_unprivileged_port() -> int:
    """Return the lowest port that an unprivileged process may bind: the system's setting, or 1024."""
    try:
        return int(Path(UNPRIVILEGED_PORTS).read_text(encoding="ascii"))
    except OSError:
        return 1024
