"""What differs from one operating system to another. Other modules ask here, and none of them looks at `sys.platform`.

Linux has the fast paths. macOS has its own numbers and a slower way for each of them. On Windows the import fails with
a sentence that says what to use instead, so modules that need POSIX import this one first.

A feature is looked for by its name (`select.epoll`, `os.O_PATH`, ...) where a missing name is the only difference, and
by SYSTEM where the behaviour differs under the same name. Both are decided at import.
"""

import contextlib
import errno
import os
import select
import socket
import stat
import sys
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
"""A plain string, so that type checkers check the code of every system."""
LINUX = SYSTEM == "linux"

# The reactor.

REACTORS = (
    ("epoll", "twisted.internet.epollreactor", "EPollReactor"),
    ("kqueue", "twisted.internet.kqreactor", "KQueueReactor"),
    ("poll", "twisted.internet.pollreactor", "PollReactor"),
)
"""By the name in `select` that each needs: module and class, the fastest first."""


def reactor_place() -> tuple[str, str]:
    """Return module and class name of the fastest Twisted reactor of this system."""
    for needed, module, name in REACTORS:
        if hasattr(select, needed):
            return module, name
    return "twisted.internet.selectreactor", "SelectReactor"


# The process.

OPEN_MAX = 10_240
"""The most that macOS takes as a soft limit of open files, whatever the hard limit says (sys/syslimits.h)."""


def raise_open_files() -> None:
    """Raise the soft limit of open files as far as the system allows: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, max(soft, OPEN_MAX)):
        # ValueError: EINVAL, which is how macOS refuses. OSError: EPERM of a hardened system.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


def reserve_descriptors(number: int) -> None:
    """Have the kernel enlarge the process's table of descriptors at once, where the limit allows it.

    Linux doubles the table when it is full, and in a process with threads each time takes 10 to 20 ms: the making of a
    world would now and then wait for it.
    """
    with contextlib.suppress(OSError):  # fewer are allowed: then it grows step by step
        os.close(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, number - 1))


# Files.

SEARCH = getattr(os, "O_PATH", getattr(os, "O_SEARCH", os.O_RDONLY)) | os.O_DIRECTORY | os.O_CLOEXEC
"""Flags that open a directory in order to reach what is below it; the permission to read it is not needed.

O_PATH is of Linux, O_SEARCH of POSIX; where there is neither, the directory must be readable.
"""
LINK_REFUSED = {errno.ELOOP, errno.ENOTDIR}
"""Errors of opening a symbolic link with O_NOFOLLOW, and O_DIRECTORY."""
COPY_SIZE = 1 << 20
NO_RANGE = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}
"""Errors of a file system that cannot copy by itself."""
IN_MEMORY = {"tmpfs", "ramfs"}
MOUNTS = "/proc/self/mountinfo"
IPV4_ROUTES = "/proc/net/route"
UNPRIVILEGED_PORTS = "/proc/sys/net/ipv4/ip_unprivileged_port_start"


def sync(fd: int) -> None:
    """Have a file or directory on stable storage. Raises: OSError.

    fsync(2) of macOS stops at the drive's cache, which a power failure empties; F_FULLFSYNC goes on to the medium.
    """
    if (full := getattr(fcntl, "F_FULLFSYNC", None)) is not None:
        # Some file systems, those of a network for one, do not have it.
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, full)
            return
    os.fsync(fd)


def sync_data(fd: int) -> None:
    """Have the content of a file on stable storage; its times may follow later. Raises: OSError."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(fd)
    else:
        sync(fd)


def lock(fd: int) -> None:
    """Lock a file against other processes, until it is closed. Raises: OSError if another has it."""
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def copy_some(source: int, target: int, size: int) -> int:
    """Copy at most `size` octets from where both files stand. Return how many; 0 at the end of the source."""
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
    """Read `size` octets from where a file stands, if the system has them in memory; it stands there still.

    None: they are not in memory, or the system cannot tell.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    octets = bytearray(size)
    with contextlib.suppress(OSError):
        if os.preadv(fd, [octets], os.lseek(fd, 0, os.SEEK_CUR), os.RWF_NOWAIT) == size:
            return bytes(octets)
    return None


def change_mode(directory: int, name: bytes, mode: int) -> None:
    """Set the permission bits of a name in a directory. Raises: OSError, ELOOP for a symbolic link."""
    if not hasattr(os, "O_PATH"):
        if stat.S_ISLNK(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        # Should a link take its place now, the bits of the link are set, which mean nothing.
        os.chmod(name, mode, dir_fd=directory, follow_symlinks=False)
        return
    fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        if stat.S_ISLNK(os.fstat(fd).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        # The only way to a file that cannot be read, without looking at its name once more.
        os.chmod(f"/proc/self/fd/{fd}", mode)  # noqa: PTH101 - a descriptor
    finally:
        os.close(fd)


def memory_file(name: str) -> int:
    """Return the descriptor of an empty file that no directory has: in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    from tempfile import mkstemp  # not at every start

    fd, path = mkstemp(prefix=f"{name}-")
    os.unlink(path)  # noqa: PTH108 - beside mkstemp
    return fd


def in_memory(folder: str) -> bool:
    """Return whether a folder is known to be in memory, where no read or write stalls; only Linux can tell."""
    try:
        device = os.stat(folder).st_dev  # noqa: PTH116 - beside the numbers of the device
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
"""IP_PKTINFO and IP_RECVTTL (linux/in.h, netinet/in.h), of which the socket module has no names before Python 3.14."""
_NONE = -1
IP_PKTINFO, IP_RECVTTL = IP_NUMBERS.get(SYSTEM, (_NONE, _NONE))
TTL_MESSAGES = {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IP, IP_RECVTTL)} | (
    {(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)} if hasattr(socket, "IPV6_HOPLIMIT") else set()
)
"""Level and type of the control messages that tell a datagram's TTL: Linux has the name of the header's field, BSD that
of the option."""
TTL_BY_MESSAGE = LINUX
"""Whether an IPv4 datagram can be sent with a TTL of its own by a control message; macOS ignores such a message."""
DOWN_IN_PLACE = LINUX
"""Whether a listening socket can be shut down and listen again, and a connected datagram socket be dissolved with its
address kept. On macOS shutdown(2) of a listening socket is an error, and dissolving binds the socket to all addresses.
"""
MSG_MORE: int = getattr(socket, "MSG_MORE", 0)
"""The send flag that holds a segment back for what follows; where it is missing the segment goes at once."""
SEND_BUFFER = 65_535
RECEIVE_BUFFERS = (4 << 20, 1 << 20, 256 << 10)


def tell_ttl(receiver: socket.socket) -> None:
    """Have the kernel tell the TTL or hop limit of each datagram."""
    if receiver.family == socket.AF_INET6:
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    elif IP_RECVTTL != _NONE:
        receiver.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)


def tell_destination(receiver: socket.socket) -> None:
    """Have the kernel tell the address that each datagram was sent to."""
    if receiver.family == socket.AF_INET6:
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    elif IP_PKTINFO != _NONE:
        receiver.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)


def ttl_of(value: bytes) -> int:
    """Return the TTL of a control message: an int of the machine in Linux, one octet for IPv4 in BSD."""
    return int.from_bytes(value[:4], sys.byteorder)


def size_datagram_buffers(made: socket.socket) -> None:
    """Give a datagram socket a large receive buffer, and a send buffer that takes the largest datagram.

    BSD refuses a size above kern.ipc.maxsockbuf, where Linux takes what it can. The send buffer is what bounds a
    datagram in macOS; by default it is 9216 octets (net.inet.udp.maxdgram).
    """
    for size in RECEIVE_BUFFERS:
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            break
    if made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < SEND_BUFFER:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def keep_alive(connected: StreamSocket, seconds: int) -> None:
    """Have the kernel ask a silent peer every so many seconds whether it is there."""
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)  # the latter of macOS
    set_option(connected, socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (idle, getattr(socket, "TCP_KEEPINTVL", None)):
        if option is not None:
            set_option(connected, socket.IPPROTO_TCP, option, seconds)


def unpace(connected: StreamSocket) -> None:
    """Take Linux's pacing congestion control (BBR), where it is the default, off a connection."""
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):  # a system may have none but its own
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def set_option(connected: StreamSocket, level: int, option: int, value: int | bytes) -> None:
    """Set an option of a connection that may have ended meanwhile.

    macOS refuses that with EINVAL where Linux takes it. The next read or write tells of the end.
    """
    with contextlib.suppress(OSError):
        connected.setsockopt(level, option, value)


def has_ended(connected: StreamSocket) -> bool:
    """Return whether the kernel has ended a connection both ways (reset, or no answer to keep-alive probes)."""
    try:
        connected.getpeername()
    except OSError:  # ENOTCONN, in macOS also EINVAL
        return True
    return False


def ipv4_routes() -> str:
    """Return the system's table of IPv4 routes, empty where it has no such file.

    As Linux has it: a heading, then interface, destination, gateway, flags, ... in columns, hexadecimal.
    """
    try:
        return Path(IPV4_ROUTES).read_text()
    except OSError:
        return ""


def first_unprivileged_port() -> int:
    """Return the lowest port that an ordinary user may bind: 1024, unless the system has a setting for it."""
    try:
        return int(Path(UNPRIVILEGED_PORTS).read_text(encoding="ascii"))
    except OSError:
        return 1024
