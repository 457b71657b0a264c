"""Messages over TCP: two octets of length before each (RFC 1035 4.2.2)."""

HEADER = 2


class Framer:
    """Splits the received byte stream into messages."""

    __slots__ = ("_at", "_buffer", "_pieces", "_size", "_wanted")

    def __init__(self) -> None:
        self._buffer = b""
        self._at = 0
        self._pieces: list[bytes] = []  # received after the buffer
        self._size = 0
        self._wanted = HEADER  # bytes needed before looking again

    def __len__(self) -> int:
        """Number of bytes of which no message was made yet."""
        return self._size

    @property
    def held(self) -> bytes:
        """Return those bytes."""
        return b"".join((self._buffer[self._at :], *self._pieces))

    def feed(self, data: bytes) -> None:
        """Take received bytes."""
        self._pieces.append(data)
        self._size += len(data)

    def next(self) -> bytes | None:
        """Return the next complete message without its length; None if there is none."""
        if self._size < self._wanted:
            return None
        if self._pieces:
            self._buffer, self._at = self.held, 0
            self._pieces = []
        begun = self._at + HEADER
        end = begun + int.from_bytes(self._buffer[self._at : begun])
        if len(self._buffer) < end:
            self._wanted = end - self._at
            return None
        self._at, self._wanted = end, HEADER
        self._size -= end - begun + HEADER
        return self._buffer[begun:end]


def frame(message: bytes) -> bytes:
    """Return a message with its length before it."""
    return len(message).to_bytes(HEADER) + message
