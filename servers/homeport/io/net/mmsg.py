"""Batched datagrams: Linux's recvmmsg and sendmmsg by ctypes.

The kernel's structures are laid out once in memory that all sockets of a farm share; what changes between calls
(lengths, ports, TTLs) is read and written through strided views, never datagram by datagram. A slot is a little longer
than the largest datagram, so that slots do not map to the same lines of the processor's cache; untouched memory costs
nothing.

Where `available()` returns False, `datagrams` receives one by one.
"""

import ctypes
import errno
import mmap
import sys
from array import array

from homeport.io.platform import LINUX

BATCH = 64
SLOT = 65536 + 64
NAME = 32
"""Size of a name's slot in bytes."""
IPV4_NAME, IPV6_NAME = 16, 28
"""sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6)."""
CONTROL = 64
HEADER = 64
"""sizeof(struct mmsghdr) on every 64-bit Linux."""
TTL_AT = 16
"""Offset of the value in a control message: after struct cmsghdr."""
MSG_DONTWAIT = 0x40


def available() -> bool:
    """Return True if this system has the batched calls."""
    return LINUX and sys.maxsize > 1 << 32 and hasattr(_libc(), "recvmmsg")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


class Batch:
    """Buffers for 64 datagrams in and 64 out. Used within one call, so that a farm needs only one."""

    def __init__(self) -> None:
        libc = _libc()
        self._recvmmsg, self._sendmmsg = libc.recvmmsg, libc.sendmmsg
        self.data = mmap.mmap(-1, BATCH * SLOT)
        self._out = mmap.mmap(-1, BATCH * SLOT)
        self.names = mmap.mmap(-1, BATCH * NAME)
        self._control = mmap.mmap(-1, BATCH * CONTROL)
        self._names_at = _address(self.names)
        heads, iovs = _layout(self._names_at, _address(self.data), _address(self._control))
        self._in_head, self._in_at = heads, _address(heads)
        head = memoryview(heads)
        self._in_lengths = head.cast("I")[14 :: HEADER // 4]
        self._name_lengths = head.cast("I")[2 :: HEADER // 4]
        self._control_lengths = head.cast("Q")[5 :: HEADER // 8]
        self._ttls = memoryview(self._control).cast("i")[TTL_AT // 4 :: CONTROL // 4]
        self._in_iovs = iovs  # kept alive: the headers point into it
        self._out_head, self._out_iovs = _layout(self._names_at, _address(self._out), 0)
        self._out_at = _address(self._out_head)
        out = memoryview(self._out_head)
        self._out_names = out.cast("Q")[0 :: HEADER // 8]
        self._out_name_lengths = out.cast("I")[2 :: HEADER // 4]
        self._out_lengths = memoryview(self._out_iovs).cast("Q")[1::2]
        # A second set of headers over the receive slots: a datagram that is sent back unchanged is not copied.
        self._back_head, self._back_iovs = _layout(self._names_at, _address(self.data), 0)
        self._back_at = _address(self._back_head)
        self._back_name_lengths = memoryview(self._back_head).cast("I")[2 :: HEADER // 4]
        self._back_lengths = memoryview(self._back_iovs).cast("I")[2::4]
        self._out_room = memoryview(self._out)
        self._name_numbers = memoryview(self.names).cast("Q")[0 :: NAME // 8]
        self._name_slots = [self._names_at + i * NAME for i in range(BATCH)]
        self._whole_names = {size: memoryview(array("I", [size] * BATCH)) for size in (IPV4_NAME, IPV6_NAME)}
        self._whole_control = memoryview(array("Q", [CONTROL] * BATCH))

    def receive(self, fd: int, name_size: int) -> tuple[list[int], list[int]]:
        """Receive at most 64 waiting datagrams. Return their lengths and TTLs.

        name_size: IPV4_NAME or IPV6_NAME. Datagram `i` begins at `data[i * SLOT]`, its sender's name at
        `names[i * NAME]`. The socket must report TTLs and no other control message.
        """
        self._name_lengths[:] = self._whole_names[name_size]
        self._control_lengths[:] = self._whole_control
        number = self._recvmmsg(fd, ctypes.c_void_p(self._in_at), BATCH, MSG_DONTWAIT, None)
        if number <= 0:
            return [], []
        self._out_name_lengths[:] = self._back_name_lengths[:] = self._whole_names[name_size]
        return self._in_lengths[:number].tolist(), self._ttls[:number].tolist()

    def keys(self, number: int, name_size: int) -> list[int] | list[bytes]:
        """Return a key for the sender of each received datagram: family, port and address; for IPv4 one integer."""
        if name_size == IPV4_NAME:
            return self._name_numbers[:number].tolist()
        return [self.names[at : at + name_size] for at in range(0, number * NAME, NAME)]

    def send_back(self, fd: int, number: int) -> int:
        """Send the first `number` received datagrams back unchanged. Return how many could not be sent."""
        self._back_lengths[:number] = self._in_lengths[:number]
        return self._send(fd, self._back_at, number)

    def send(self, fd: int, answers: list[tuple[int, bytes | memoryview]]) -> int:
        """Send answers, each to the sender of the datagram of that index. Return how many could not be sent."""
        lost = 0
        for first in range(0, len(answers), BATCH):
            part = answers[first : first + BATCH]
            number = len(part)
            room, at = self._out_room, 0
            for _index, answer in part:
                room[at : at + len(answer)] = answer
                at += SLOT
            slots = self._name_slots
            self._out_names[:number] = memoryview(array("Q", [slots[index] for index, _answer in part]))
            self._out_lengths[:number] = memoryview(array("Q", [len(answer) for _index, answer in part]))
            lost += self._send(fd, self._out_at, number)
        return lost

    def _send(self, fd: int, heads_at: int, number: int) -> int:
        at = lost = 0
        while at < number:
            sent = self._sendmmsg(fd, ctypes.c_void_p(heads_at + at * HEADER), number - at, MSG_DONTWAIT)
            if sent > 0:
                at += sent
                continue
            if ctypes.get_errno() in (errno.EAGAIN, errno.ENOBUFS):
                return lost + number - at
            # Skip one that cannot be sent (no route, too long).
            at += 1
            lost += 1
        return lost


def _layout(names_at: int, data_at: int, control_at: int) -> tuple[mmap.mmap, mmap.mmap]:
    """Return headers and vectors for a whole batch, each pointing at its own slots."""
    heads, iovs = mmap.mmap(-1, BATCH * HEADER), mmap.mmap(-1, BATCH * 16)
    head, iov, iovs_at = memoryview(heads).cast("Q"), memoryview(iovs).cast("Q"), _address(iovs)
    for i in range(BATCH):
        iov[2 * i], iov[2 * i + 1] = data_at + i * SLOT, SLOT
        at = i * HEADER // 8
        head[at], head[at + 2], head[at + 3] = names_at + i * NAME, iovs_at + 16 * i, 1
        head[at + 4] = control_at + i * CONTROL if control_at else 0
    return heads, iovs


def _address(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))
