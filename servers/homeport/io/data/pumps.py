"""Pumps: move the data of a transfer between file and socket; they know neither the reactor nor the session.

`step` moves a bounded amount without waiting for the network. It touches only its own socket and file, so it may run on
the reactor or in the thread pool, one call at a time.
"""

import errno
import os
from contextlib import suppress
from enum import Enum
from typing import Any, Protocol

from homeport.io import platform
from homeport.io.net.stream_socket import StreamSocket
from homeport.protocol.effects import Convert, ConvertIncoming, Progress
from homeport.protocol.foreign import is_client_hello
from homeport.world.files import FileProblem, FileSink, FileSource

SEND_SIZE = 256 << 10
"""Bytes read from a file at a time, where sendfile cannot be used."""
SENDFILE_SIZE = 1 << 20
FIRST_RECEIVE = 64 << 10
RECEIVE_SIZE = 512 << 10
"""Bytes per read after a read has filled FIRST_RECEIVE."""
CONVERT_SIZE = 32 << 10
"""Bytes given to a receiving converter at a time."""
MAX_TURN_BYTES = 1 << 20
"""Bytes received and written in one turn of the reactor, counted after expansion by a converter: 1 ms."""

MAX_PACED_BYTES = 1 << 20
"""Size of a file above which TCP pacing matters."""
LOOPBACK = ("127.", "::ffff:127.")
"""Prefixes of loopback addresses, besides `::1`."""


class Moved(Enum):
    """Result of a step."""

    DONE = "done"
    MORE = "more"
    """Call again: more can be moved at once."""
    WAIT = "wait"
    """The socket is not ready."""
    SAFE = "safe"
    """Data so far are on stable storage, and the session must be told; more can be moved at once."""
    PAUSE = "pause"
    """A planned fault delays the transfer; its stage calls `go_on` later."""


class NetworkError(Exception):
    """The data connection broke; the message says why."""


class Pump(Protocol):
    """One direction of one transfer."""

    @property
    def reads(self) -> bool:
        """True if it waits for the socket to become readable, False for writable."""

    @property
    def truncated(self) -> bool:
        """True if the peer ended TLS without close_notify."""

    @property
    def handed_over(self) -> bool:
        """True if the network has taken the whole file, so that nothing that happens later can make it incomplete."""

    @property
    def unconverted(self) -> bool:
        """True if received data wait for the converter, so that the next step need not wait for the socket."""

    @property
    def bounded(self) -> bool:
        """True if one step is as much as one turn of the reactor may do."""

    def step(self) -> Moved:
        """Move data. Raises: NetworkError, FileProblem, ValueError if a conversion fails."""


class ClientHelloError(Exception):
    """The client has begun TLS on a connection in the clear."""


class CutByFaultError(Exception):
    """A planned fault ended the data connection. reset: by RST."""

    def __init__(self, words: str, *, reset: bool) -> None:
        super().__init__(words)
        self.reset = reset


class SendDirectly:
    """Sends a file unconverted, by sendfile."""

    reads = truncated = unconverted = bounded = False

    @property
    def handed_over(self) -> bool:
        """True if the network has taken the whole file."""
        return not self._left

    def __init__(self, socket: StreamSocket, source: FileSource, progress: Progress) -> None:
        self._out = socket.fileno()
        self._in = source.fileno()
        self._left = source.size - progress.octets  # a part may have been sent before
        # Passed with every call: some systems do not use the file position.
        self._at = os.lseek(self._in, 0, os.SEEK_CUR) + progress.octets
        self._progress = progress

    def step(self) -> Moved:
        """Send."""
        if self._left:
            try:
                sent = os.sendfile(self._out, self._in, self._at, min(self._left, SENDFILE_SIZE))
            except BlockingIOError:
                return Moved.WAIT
            except OSError as error:
                raise classify_send_error(error) from None
            if not sent:
                raise FileProblem("failed", "the file was truncated while it was sent")
            self._left -= sent
            self._at += sent
            self._progress.octets += sent
        return Moved.MORE if self._left else Moved.DONE


class Send:
    """Sends a file read piece by piece, optionally converted or under TLS. whole: its content, if in memory."""

    reads = truncated = unconverted = False

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
        self._notifies = getattr(socket, "notified", None) is not None
        self._max_input = int(getattr(convert, "max_input", SEND_SIZE))
        self.bounded = self._max_input < SEND_SIZE

    def step(self) -> Moved:
        """Send."""
        while not self._piece:
            if self._read_all:
                return self._send_close_notify()
            self._piece = memoryview(self.fetch(SEND_SIZE))
        return self._send()

    def fetch(self, size: int) -> bytes:
        """Return the next bytes for the network; possibly none yet."""
        size = min(size, self._max_input)
        if self._whole is None:
            data = self._source.read(size)
        else:
            data, self._whole = self._whole[:size], self._whole[size:]
        self._read_all = not data or self._whole == b""
        if self._convert is None:
            return data
        converted = self._convert.feed(data) if data else b""
        return converted + self._convert.finish() if self._read_all else converted

    @property
    def handed_over(self) -> bool:
        """True if the network has taken the whole file; under TLS, the close_notify may still be missing."""
        return self._read_all and not self._piece

    @property
    def in_memory(self) -> bool:
        """True if no blocking read is left."""
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

    def _send_close_notify(self) -> Moved:
        """Send close_notify, which marks the end of the file under TLS (RFC 4217 7).

        A client that knows the size, or whose data have a marked end, may have closed by now: it has the whole file.
        """
        if self._notifies:
            with suppress(OSError):
                try:
                    self._socket.shutdown(SHUT_WR)
                except BlockingIOError:
                    return Moved.WAIT
        return Moved.DONE


class Receive:
    """Receives a file, optionally converted or under TLS."""

    reads = True

    def __init__(
        self, socket: StreamSocket, sink: FileSink, convert: ConvertIncoming | None, progress: Progress
    ) -> None:
        self._socket: Any = socket  # under TLS it has `truncated`, else `recv_into`
        self._sink = sink
        self._convert = convert
        self._progress = progress
        self._secured = hasattr(socket, "truncated")
        self._opening: bytes | None = None if self._secured else b""  # first bytes, until they are no ClientHello
        self._room: memoryview | None = None
        self._large = False
        self._input = memoryview(b"")  # received and not converted yet

    bounded = True
    handed_over = False

    @property
    def has_input(self) -> bool:
        """True if `convert_some` has something to do."""
        return bool(self._input) or bool(getattr(self._convert, "pending", False))

    @property
    def unconverted(self) -> bool:
        """True if received data wait for the converter."""
        return self.has_input

    @property
    def truncated(self) -> bool:
        """True if the peer ended TLS without close_notify."""
        return self._secured and self._socket.truncated

    def step(self) -> Moved:
        """Receive."""
        moved = 0
        while moved < MAX_TURN_BYTES:
            if self.has_input:
                moved += self.convert_some()
                if (come := self.converted()) is not None:
                    return come
                continue
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
            self.take_in(data)
        return Moved.MORE

    def converted(self) -> Moved | None:
        """Return how the step ends if the data written had an end-of-file mark or a restart marker; None if not."""
        if self._convert is None:
            return None
        if self._convert.ended and not self.has_input:
            return self.finish()
        return Moved.SAFE if self._convert.marked else None

    def take_in(self, data: bytes | memoryview) -> None:
        """Write bytes from the network to the file, or have them wait for the converter. Raises: ClientHelloError."""
        if self._opening is not None:
            data = self._opening + data
            found = is_client_hello(data)
            if found:
                raise ClientHelloError
            if found is None:
                self._opening = data
                return
            self._opening = None
        if self._convert is None:
            self._sink.write(data)  # type: ignore[arg-type]  # any bytes-like object will do
        else:
            self._input = memoryview(data)

    def convert_some(self) -> int:
        """Convert and write a part of the input; return how many bytes that were, MAX_TURN_BYTES if it was enough."""
        convert = self._convert
        assert convert is not None  # noqa: S101 - there is nothing unconverted without one
        piece = b""
        if not getattr(convert, "pending", False):
            piece = bytes(self._input[:CONVERT_SIZE])
            self._input = self._input[len(piece) :]
        if converted := convert.feed(piece):
            self._sink.write(converted)
        if convert.marked:
            self._sink.sync()
        return MAX_TURN_BYTES if getattr(convert, "pending", False) else len(piece) + len(converted)

    def finish(self) -> Moved:
        """End the file; under TLS the peer may wait for our close_notify before it reads the reply."""
        if self._opening:  # a file shorter than a ClientHello
            opening, self._opening = self._opening, None
            self._take_last(opening)
        if self._convert is not None and (data := self._convert.finish()):
            self._sink.write(data)
        if self._secured:
            with suppress(OSError):  # optional
                self._socket.shutdown(SHUT_WR)
        return Moved.DONE

    def _take_last(self, data: bytes) -> None:
        self.take_in(data)
        while self.has_input:
            self.convert_some()

    def _receive(self) -> bytes | memoryview:
        if self._secured or not self._large:
            data: bytes = self._socket.recv(FIRST_RECEIVE)
            self._large = len(data) == FIRST_RECEIVE
            return data
        # Reusing one buffer costs half as much as allocating new ones.
        if self._room is None:
            self._room = memoryview(bytearray(RECEIVE_SIZE))
        return self._room[: self._socket.recv_into(self._room)]


SHUT_WR = 1
NETWORK = {errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH,
           errno.ENETDOWN, errno.ENOTCONN}  # fmt: skip


def classify_send_error(error: OSError) -> NetworkError | FileProblem:
    """Classify an error of sendfile: of the network, or of the file."""
    words = error.strerror or str(error)
    return NetworkError(words) if error.errno in NETWORK else FileProblem("failed", words)


def disable_pacing(socket: StreamSocket, host: str) -> None:
    """Disable pacing by BBR, where the system has it, on loopback connections.

    BBR paces by timers, which cuts the speed of every second transfer to a third; loopback has no link to protect.
    """
    if host == "::1" or host.startswith(LOOPBACK):
        platform.unpace(socket)
