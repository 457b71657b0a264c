"""Storage of messages: the interface of a store, and the store in memory. `disk/mail_store.py` stores on disk."""

from collections.abc import Callable, Iterable
from typing import Protocol, cast

from homeport.world.mail.message import Message


class FolderError(Exception):
    """The mail folder is unusable; the message says what to do."""


class MessageGone(Exception):
    """The content of a message no longer exists."""


class Draft(Protocol):
    """The content of a message that is being received."""

    @property
    def write(self) -> Callable[[bytes], object]:
        """Appends bytes."""

    @property
    def size(self) -> int:
        """Bytes written so far."""

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes."""

    def drop(self) -> None:
        """Discard it."""


class Store(Protocol):
    """Stores the content of messages."""

    blocks: bool
    """True if saving waits for a disk."""
    bounded: bool
    """True if the oldest messages must be dropped to keep within limits."""
    removed: int
    """The highest serial number of messages that were removed or cannot be loaded; 0 if nothing outlasts the farm."""

    def draft(self) -> Draft:
        """Start a message."""

    def free(self) -> int | None:
        """Return the bytes of free space; None if the store has no limit. Raises: OSError."""

    def save(self, message: Message, draft: Draft) -> None:
        """Store a message permanently; may be called in any thread.

        Raises: OSError if that fails; the draft is dropped then, and nothing of it remains.
        """

    def load(self) -> Iterable[Message]:
        """Return what an earlier farm stored, by number."""

    def read(self, message: Message, limit: int | None = None) -> bytes:
        """Return a message as received, or its first `limit` bytes.

        Raises: MessageGone; OSError if it cannot be read.
        """

    def update(self, message: Message) -> None:
        """Store a message that was marked again; no effect if it is gone. It may be called in any thread.

        Raises: OSError.
        """

    def retire(self, messages: Iterable[Message]) -> list[Message]:
        """Commit the deletion of messages, and return those for which that succeeded; may be called in any thread.

        Raises: OSError if it failed for the first one already.
        """

    def remove(self, messages: Iterable[Message]) -> None:
        """Delete messages."""

    def save_content(self, identifier: str, draft: Draft) -> None:
        """Store a content that is no captured message permanently; may be called in any thread.

        Raises: OSError if that fails; the draft is dropped then, and nothing of it remains.
        """

    def read_content(self, identifier: str) -> bytes:
        """Return such a content. Raises: MessageGone; OSError if it cannot be read."""

    def remove_content(self, identifiers: Iterable[str]) -> None:
        """Delete such contents; may be called in any thread."""

    def list_contents(self) -> set[str]:
        """Return the identifiers of such contents that an earlier farm stored."""

    def close(self) -> None:
        """Release the store when the world ends; stored messages stay."""


LARGE_PIECE = 4096
"""Bytes from which a piece is kept as it is: copying it would cost more than the overhead of an object."""


LARGE_MESSAGE = 1 << 20
"""Bytes from which a message is joined piece by piece."""


class MemoryDraft:
    """A message being received in memory: large pieces as they came, the small ones between them joined."""

    __slots__ = ("pieces",)

    def __init__(self) -> None:
        self.pieces: list[bytes | bytearray] = []

    def write(self, data: bytes) -> None:
        """Append bytes."""
        pieces = self.pieces
        if not pieces or len(data) >= LARGE_PIECE:
            pieces.append(data)
        elif type(pieces[-1]) is bytearray:
            pieces[-1] += data
        else:
            pieces.append(bytearray(data))

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return sum(map(len, self.pieces))

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes."""
        return join_pieces(self.pieces, size)

    def drop(self) -> None:
        """Discard it."""
        self.pieces.clear()


def join_pieces(pieces: list[bytes | bytearray], limit: int | None) -> bytes:
    """Join pieces; only the first `limit` bytes unless it is None."""
    if limit is None:
        small = sum(map(len, pieces)) <= LARGE_MESSAGE
        return b"".join(pieces) if small else join_gradually(pieces)
    wanted, size = [], 0
    for piece in pieces:
        wanted.append(piece)
        size += len(piece)
        if size >= limit:
            break
    return b"".join(wanted)[:limit]


def join_gradually(pieces: list[bytes | bytearray]) -> bytes:
    """Join pieces one at a time: one long copy would hold the interpreter's lock, and the reactor would wait for it."""
    joined = bytearray()
    for piece in pieces:
        joined += piece
    return cast("bytes", joined)  # all that readers do with it, a bytearray can; a copy would take as long as the join


class MemoryStore:
    """Stores messages in memory."""

    blocks = False
    bounded = True
    removed = 0

    def __init__(self) -> None:
        self._contents: dict[str, list[bytes | bytearray]] = {}

    def draft(self) -> MemoryDraft:
        """Start a message."""
        return MemoryDraft()

    def free(self) -> int | None:
        """Return None: the memory for incoming data is limited by the farm's budget."""
        return None

    def save(self, message: Message, draft: Draft) -> None:
        """Store a message."""
        assert isinstance(draft, MemoryDraft)  # noqa: S101 - a store only gets its own drafts
        self._contents[message.id] = draft.pieces

    def load(self) -> Iterable[Message]:
        """Return nothing: memory does not outlast the farm."""
        return ()

    def read(self, message: Message, limit: int | None = None) -> bytes:
        """Return a message as received, or its first `limit` bytes."""
        return self._read(message.id, limit)

    def _read(self, identifier: str, limit: int | None) -> bytes:
        pieces = self._contents.get(identifier)
        if pieces is None:
            raise MessageGone(identifier)
        return join_pieces(pieces, limit)

    def update(self, message: Message) -> None:
        """Do nothing: the mark is in memory too."""

    def retire(self, messages: Iterable[Message]) -> list[Message]:
        """Return the messages: nothing outlasts the farm."""
        return [*messages]

    def remove(self, messages: Iterable[Message]) -> None:
        """Delete messages."""
        for message in messages:
            self._contents.pop(message.id, None)

    def save_content(self, identifier: str, draft: Draft) -> None:
        """Store a content that is no captured message."""
        assert isinstance(draft, MemoryDraft)  # noqa: S101 - a store only gets its own drafts
        self._contents[identifier] = draft.pieces

    def read_content(self, identifier: str) -> bytes:
        """Return such a content."""
        return self._read(identifier, None)

    def remove_content(self, identifiers: Iterable[str]) -> None:
        """Delete such contents."""
        for identifier in identifiers:
            self._contents.pop(identifier, None)

    def list_contents(self) -> set[str]:
        """Return nothing: memory does not outlast the farm."""
        return set()

    def close(self) -> None:
        """Do nothing."""
