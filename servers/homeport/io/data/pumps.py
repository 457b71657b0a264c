"""Moving a file over a data connection: the steps, which know neither the reactor nor the session.

A mover's `step` moves as much as it can without waiting for the network. It touches nothing but its own socket and
file, so it may run on the reactor or on a thread, as long as it is one at a time.
"""

import errno
import os
from contextlib import suppress
from enum import Enum
from typing import Any, Protocol

from homeport.io import platform
from homeport.io.net.stream_socket import StreamSocket
from homeport.protocol.effects import Convert, ConvertIncoming, Progress
from homeport.world.files import FileProblem, FileSink, FileSource

SEND_SIZE = 256 << 10
"""Octets that are read of a file at a time, where sendfile is no way."""
SENDFILE_SIZE = 8 << 20
FIRST_RECEIVE = 64 << 10
RECEIVE_SIZE = 512 << 10
"""Octets asked for at a time once a read has filled the first size."""
CONVERT_SIZE = 32 << 10
"""Octets that a converter is given at a time: deflate may make a thousand times as many of them."""
TURN_OCTETS = 2 << 20
"""Octets received before others get their turn."""


UNPACED = 1 << 20
"""Octets of a file from which on it is worth a thought how the network sends them."""
LOOPBACK = ("127.", "::ffff:127.")
"""How addresses of this machine begin, besides `::1`."""


class Moved(Enum):
    """What a step has come to."""

    DONE = "done"
    MORE = "more"
    """It could go on at once."""
    WAIT = "wait"
    """The network takes or brings nothing now."""
    SAFE = "safe"
    """What came so far is safe, of which the session wants to know; it could go on at once."""
    PAUSE = "pause"
    """A fault holds things up; whoever carries it out says when to go on."""


class NetworkError(Exception):
    """The data connection broke; the message says how."""


class Mover(Protocol):
    """One direction of one transfer."""

    @property
    def reads(self) -> bool:
        """Whether it waits for the network to bring something, rather than to take it."""

    @property
    def truncated(self) -> bool:
        """Whether the peer ended TLS without close_notify."""

    def step(self) -> Moved:
        """Move on. Raises: NetworkError, FileProblem, ValueError if a conversion fails."""


class CutByFaultError(Exception):
    """A planned fault has ended the data connection. reset: by a RST."""

    def __init__(self, words: str, *, reset: bool) -> None:
        super().__init__(words)
        self.reset = reset


class SendDirectly:
    """A file as it is, from the file system to the socket (sendfile)."""

    reads = False
    truncated = False

    def __init__(self, socket: StreamSocket, source: FileSource, progress: Progress) -> None:
        self._out = socket.fileno()
        self._in = source.fileno()
        self._left = source.size - progress.octets  # some may have gone at once
        # Said with every call: there are systems that cannot go on where the file stands.
        self._at = os.lseek(self._in, 0, os.SEEK_CUR) + progress.octets
        self._progress = progress

    def step(self) -> Moved:
        """Move on."""
        if self._left:
            try:
                sent = os.sendfile(self._out, self._in, self._at, min(self._left, SENDFILE_SIZE))
            except BlockingIOError:
                return Moved.WAIT
            except OSError as error:
                raise blame(error) from None
            if not sent:
                raise FileProblem("failed", "the file became shorter while it was sent")
            self._left -= sent
            self._at += sent
            self._progress.octets += sent
        return Moved.MORE if self._left else Moved.DONE


class Send:
    """A file read piece by piece, perhaps converted, perhaps under TLS. whole: all of it, where that is at hand."""

    reads = False
    truncated = False

    def __init__(
        self,
        socket: StreamSocket,
        source: FileSource,
        convert: Convert | None,
        progress: Progress,
        whole: bytes | None = None,
    ) -> None:
        self._socket = socket
        self._source = source
        self._convert = convert
        self._progress = progress
        self._whole = whole
        self._piece = memoryview(b"")
        self._read_all = False
        self._farewell = getattr(socket, "notified", None) is not None

    def step(self) -> Moved:
        """Move on."""
        while not self._piece:
            if self._read_all:
                return self._take_leave()
            self._piece = memoryview(self.fetch(SEND_SIZE))
        return self._send()

    def fetch(self, size: int) -> bytes:
        """The next octets for the network, perhaps none yet."""
        data, self._whole = (self._source.read(size), None) if self._whole is None else (self._whole, b"")
        self._read_all = not data or self._whole is not None
        if self._convert is None:
            return data
        converted = self._convert.feed(data) if data else b""
        return converted + self._convert.finish() if self._read_all else converted

    @property
    def at_hand(self) -> bool:
        """Whether no reading is left that might stall."""
        return self._read_all or self._whole is not None

    def _send(self) -> Moved:
        try:
            sent = self._socket.send(self._piece)
        except BlockingIOError:
            return Moved.WAIT
        except OSError as error:
            raise NetworkError(error.strerror or str(error)) from None
        self._progress.octets += sent
        self._piece = self._piece[sent:]
        return Moved.MORE

    def _take_leave(self) -> Moved:
        """Under TLS the end of the file is told by close_notify (RFC 4217 7)."""
        if self._farewell:
            try:
                self._socket.shutdown(SHUT_WR)
            except BlockingIOError:
                return Moved.WAIT
            except OSError as error:
                raise NetworkError(error.strerror or str(error)) from None
        return Moved.DONE


class Receive:
    """A file from the network, perhaps converted, perhaps under TLS."""

    reads = True

    def __init__(
        self, socket: StreamSocket, sink: FileSink, convert: ConvertIncoming | None, progress: Progress
    ) -> None:
        self._socket: Any = socket  # under TLS it has `truncated`, else `recv_into`
        self._sink = sink
        self._convert = convert
        self._progress = progress
        self._secured = hasattr(socket, "truncated")
        self._room: memoryview | None = None
        self._large = False

    @property
    def truncated(self) -> bool:
        """Whether the peer ended TLS without close_notify."""
        return self._secured and self._socket.truncated

    def step(self) -> Moved:
        """Move on."""
        moved = 0
        while moved < TURN_OCTETS:
            try:
                data = self._receive()
            except BlockingIOError:
                return Moved.WAIT
            except OSError as error:
                raise NetworkError(error.strerror or str(error)) from None
            if not data:
                return self.finish()
            moved += len(data)
            self._progress.octets += len(data)
            self.write(data)
            if self._convert is not None and (come := self.converted()) is not None:
                return come
        return Moved.MORE

    def converted(self) -> Moved | None:
        """Whether the end of the file, or something that the session wants to know of, was in what was written."""
        if self._convert is None:
            return None
        if self._convert.ended:
            return self.finish()
        return Moved.SAFE if self._convert.marked else None

    def write(self, data: bytes | memoryview) -> None:
        """Octets from the network, for the file."""
        if self._convert is None:
            self._sink.write(data)  # type: ignore[arg-type]  # any octets do
            return
        for at in range(0, len(data), CONVERT_SIZE):
            if converted := self._convert.feed(bytes(data[at : at + CONVERT_SIZE])):
                self._sink.write(converted)
        if self._convert.marked:
            self._sink.sync()

    def finish(self) -> Moved:
        """There are no more; under TLS the peer may wait for our close_notify before it reads the reply."""
        if self._convert is not None and (data := self._convert.finish()):
            self._sink.write(data)
        if self._secured:
            with suppress(OSError):  # it need not
                self._socket.shutdown(SHUT_WR)
        return Moved.DONE

    def _receive(self) -> bytes | memoryview:
        if self._secured or not self._large:
            data: bytes = self._socket.recv(FIRST_RECEIVE)
            self._large = len(data) == FIRST_RECEIVE
            return data
        # A buffer of its own, written to again and again, costs half of what new ones do.
        if self._room is None:
            self._room = memoryview(bytearray(RECEIVE_SIZE))
        return self._room[: self._socket.recv_into(self._room)]


SHUT_WR = 1
NETWORK = {errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH,
           errno.ENETDOWN, errno.ENOTCONN}  # fmt: skip


def blame(error: OSError) -> NetworkError | FileProblem:
    """Whose fault it is that sendfile fails."""
    words = error.strerror or str(error)
    return NetworkError(words) if error.errno in NETWORK else FileProblem("failed", words)


def unpace(socket: StreamSocket, host: str) -> None:
    """Keep BBR, where the system has it, out of a connection that leaves no machine.

    It paces by timers, and one transfer in two gets a third of the speed; on loopback there is nothing to be gentle to.
    """
    if host == "::1" or host.startswith(LOOPBACK):
        platform.unpace(socket)
