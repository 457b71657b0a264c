"""Where messages are kept: what a store does, and the one in memory. `io/mail_store.py` keeps them on disk."""

from collections.abc import Callable, Iterable
from typing import Protocol

from homeport.world.mail.message import Message


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


class MemoryDraft:
    """A message arriving in memory."""

    __slots__ = ("content", "write")

    def __init__(self) -> None:
        self.content = bytearray()
        # Called for every read of every message, so there is nothing between.
        self.write: Callable[[bytes], object] = self.content.extend

    @property
    def size(self) -> int:
        """Octets written so far."""
        return len(self.content)

    def head(self, size: int) -> bytes:
        """The first octets."""
        return bytes(self.content[:size])

    def drop(self) -> None:
        """Forget it."""
        self.content.clear()


class MemoryStore:
    """Messages in memory."""

    blocks = False
    bounded = True

    def __init__(self) -> None:
        self._contents: dict[str, bytearray] = {}

    def draft(self) -> MemoryDraft:
        """A new message begins."""
        return MemoryDraft()

    def save(self, message: Message, draft: Draft) -> None:
        """Keep a message."""
        assert isinstance(draft, MemoryDraft)  # noqa: S101 - a store is given the drafts that it made
        self._contents[message.id] = draft.content

    def load(self) -> Iterable[Message]:
        """Nothing: memory does not last."""
        return ()

    def read(self, message: Message, limit: int | None = None) -> bytes:
        """The octets as they were received, or the first of them."""
        content = self._contents.get(message.id)
        if content is None:
            raise MessageGone(message.id)
        return bytes(content if limit is None else content[:limit])

    def remove(self, messages: Iterable[Message]) -> None:
        """Forget messages."""
        for message in messages:
            self._contents.pop(message.id, None)

    def close(self) -> None:
        """Nothing is held."""
