"""Where messages are kept: what a store does, and the one in memory. `disk/mail_store.py` keeps them on disk."""

from collections.abc import Callable, Iterable
from typing import Protocol

from homeport.world.mail.message import Message


class FolderError(Exception):
    """Mail cannot be kept where it is to be; says what to do."""


class MessageGone(Exception):
    """The octets of a message are no longer there."""


class Draft(Protocol):
    """The content of a message that is arriving."""

    @property
    def write(self) -> Callable[[bytes], object]:
        """Adds octets."""

    @property
    def size(self) -> int:
        """Octets written so far."""

    def head(self, size: int) -> bytes:
        """The first octets."""

    def drop(self) -> None:
        """Forget it."""


class Store(Protocol):
    """Keeps the octets of messages."""

    blocks: bool
    """Whether saving waits for a disk."""
    bounded: bool
    """Whether the oldest must go when there is too much."""
    removed: int
    """The highest serial number of a message that was ever removed; 0 where nothing outlasts the farm."""

    def draft(self) -> Draft:
        """A new message begins."""

    def save(self, message: Message, draft: Draft) -> None:
        """Keep a message for good; may be called in any thread.

        Raises: OSError if that cannot be; the draft is gone then, and nothing of it is to be seen.
        """

    def load(self) -> Iterable[Message]:
        """What an earlier farm has kept, by number."""

    def read(self, message: Message, limit: int | None = None) -> bytes:
        """The octets as they were received, or the first of them.

        Raises: MessageGone; OSError if they cannot be read.
        """

    def remove(self, messages: Iterable[Message]) -> None:
        """Forget messages."""

    def close(self) -> None:
        """The world ends; what is kept stays."""


LARGE_PIECE = 4096
"""Octets that are kept as they came: to copy them would cost more than the object that they are."""


class MemoryDraft:
    """A message arriving in memory: large pieces as they came, the small ones between them as one."""

    __slots__ = ("pieces",)

    def __init__(self) -> None:
        self.pieces: list[bytes | bytearray] = []

    def write(self, data: bytes) -> None:
        """Add octets."""
        pieces = self.pieces
        if not pieces or len(data) >= LARGE_PIECE:
            pieces.append(data)
        elif type(pieces[-1]) is bytearray:
            pieces[-1] += data
        else:
            pieces.append(bytearray(data))

    @property
    def size(self) -> int:
        """Octets written so far."""
        return sum(map(len, self.pieces))

    def head(self, size: int) -> bytes:
        """The first octets."""
        return join_pieces(self.pieces, size)

    def drop(self) -> None:
        """Forget it."""
        self.pieces.clear()


def join_pieces(pieces: list[bytes | bytearray], limit: int | None) -> bytes:
    """What they are together, or the first octets of that."""
    if limit is None:
        return b"".join(pieces)
    wanted, size = [], 0
    for piece in pieces:
        wanted.append(piece)
        size += len(piece)
        if size >= limit:
            break
    return b"".join(wanted)[:limit]


class MemoryStore:
    """Messages in memory."""

    blocks = False
    bounded = True
    removed = 0

    def __init__(self) -> None:
        self._contents: dict[str, list[bytes | bytearray]] = {}

    def draft(self) -> MemoryDraft:
        """A new message begins."""
        return MemoryDraft()

    def save(self, message: Message, draft: Draft) -> None:
        """Keep a message."""
        assert isinstance(draft, MemoryDraft)  # noqa: S101 - a store is given the drafts that it made
        self._contents[message.id] = draft.pieces

    def load(self) -> Iterable[Message]:
        """Nothing: memory does not last."""
        return ()

    def read(self, message: Message, limit: int | None = None) -> bytes:
        """The octets as they were received, or the first of them."""
        pieces = self._contents.get(message.id)
        if pieces is None:
            raise MessageGone(message.id)
        return join_pieces(pieces, limit)

    def remove(self, messages: Iterable[Message]) -> None:
        """Forget messages."""
        for message in messages:
            self._contents.pop(message.id, None)

    def close(self) -> None:
        """Nothing is held."""
