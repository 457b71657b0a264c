"""Messages that clients append to mailboxes: in the same store as captured mail, but not among the captured messages.

Their identifiers begin with `a`. The content stays as long as an entry of a mailbox refers to it.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from errno import EIO, ENOMEM
from typing import TYPE_CHECKING

from homeport.world.budget import Budget, Reservation
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.store import Draft
from homeport.world.row_store import Ticket

if TYPE_CHECKING:
    from homeport.world.mail.mail import Mail

log = logging.getLogger("homeport")

INCOMING_FULL = "the farm is receiving too much at once ([limits] incoming): try again later"


class AppendedBody:
    """An appended message that is being received: `write` its pieces, then `save` and append it, or `drop` it."""

    __slots__ = ("_contents", "_reservation", "_state", "draft", "identifier")

    def __init__(self, contents: "Contents", identifier: str, draft: Draft, reservation: Reservation | None) -> None:
        self._contents = contents
        self._reservation = reservation
        self._state = "receiving"
        self.identifier = identifier
        self.draft = draft

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return self.draft.size

    @property
    def blocks(self) -> bool:
        """True if `save` waits for a disk: call it in the thread pool before the message is appended."""
        return self._contents.blocks

    def write(self, data: bytes) -> None:
        """Append bytes. Raises: OSError if the memory for incoming data, or the disk, is full."""
        if self._reservation is not None and not self._reservation.grow(len(data)):
            raise OSError(ENOMEM, INCOMING_FULL)
        self._contents.write(self.draft, data)

    def content(self) -> bytes:
        """Return what was received so far; in any thread. Raises: OSError."""
        size = self.size
        data = self.draft.head(size)
        if len(data) < size:
            raise OSError(EIO, "what was received cannot be read")
        return data

    def save(self) -> None:
        """Store the content, once; in any thread. Raises: OSError; nothing of it remains then."""
        if self._state == "receiving":
            self._contents.save(self.identifier, self.draft)
            self._state = "saved"

    def keep(self) -> None:
        """Note that an entry refers to it now."""
        self._state = "kept"
        self._contents.keep(self.identifier, self.size)
        self._release()

    def drop(self) -> None:
        """Discard it; no effect once it has been appended."""
        if self._state == "receiving":
            self.draft.drop()
        elif self._state == "saved":
            self._contents.remove([self.identifier])
        if self._state != "kept":
            self._state = "dropped"
            self._release()

    def _release(self) -> None:
        if self._reservation is not None:
            self._reservation.release()


class Contents:
    """The contents of appended messages. next_identifier: returns the identifier of a new one."""

    def __init__(self, mail: "Mail", budget: Budget, next_identifier: Callable[[], str]) -> None:
        self._mail = mail
        self._budget = budget
        self._next_identifier = next_identifier
        self._sizes: dict[str, int] = {}
        self._unused: deque[tuple[Ticket, list[str]]] = deque()
        self.size = 0
        """Bytes of all appended messages."""

    @property
    def blocks(self) -> bool:
        """True if saving waits for a disk."""
        return self._mail.store.blocks

    def begin(self, size: int) -> AppendedBody:
        """Start to receive a message of that size. Raises: MailboxProblem if there is no room for it."""
        problem = self._mail.shortage(size)
        if not problem and not self.blocks and self.size + size > self._mail.contents.size:
            problem = f"appended messages may have {self._mail.contents.size} bytes together ([mail] size)"
        if problem:
            raise MailboxProblem("no-room", problem)
        reservation = None if self.blocks else Reservation(self._budget)
        return AppendedBody(self, self._next_identifier(), self._mail.store.draft(), reservation)

    def write(self, draft: Draft, data: bytes) -> None:
        """Append bytes to a draft. Raises: OSError."""
        try:
            draft.write(data)
        except OSError as error:
            self._mail.report_failure(error)
            raise

    def save(self, identifier: str, draft: Draft) -> None:
        """Store a content. Raises: OSError; nothing of it remains then."""
        try:
            self._mail.store.save_content(identifier, draft)
        except OSError as error:
            self._mail.report_failure(error)
            raise
        if self.blocks:
            self._mail.report_success()

    def keep(self, identifier: str, size: int) -> None:
        """Count a content that entries refer to."""
        self._sizes[identifier] = size
        self.size += size

    def read(self, identifier: str) -> bytes:
        """Return a content. Raises: MessageGone, OSError."""
        try:
            return self._mail.store.read_content(identifier)
        except OSError as error:
            self._mail.report_failure(error)
            raise

    def discard(self, identifiers: Iterable[str], ticket: Ticket | None) -> None:
        """Delete contents that no entry refers to any more; identifiers of captured messages are ignored.

        ticket: of the change that removed the last entry: before it is durable, a crash would bring that back.
        """
        if unused := [one for one in identifiers if one in self._sizes]:
            for one in unused:
                self.size -= self._sizes.pop(one)
            if ticket is None:
                self.remove(unused)
            else:
                self._unused.append((ticket, unused))

    def sweep(self) -> None:
        """Delete the contents whose last entry is gone for good; in any thread that may block."""
        while self._unused and self._unused[0][0].settled:
            try:
                ticket, identifiers = self._unused.popleft()
            except IndexError:  # another thread was faster
                return
            if ticket.error is None:
                self._mail.store.remove_content(identifiers)

    def load(self, sizes: Mapping[str, int]) -> None:
        """Use the contents that entries refer to, by identifier, and no others."""
        self._sizes = dict(sizes)
        self.size = sum(sizes.values())

    def remove_others(self) -> None:
        """Delete what an earlier farm has stored but not appended; log what is missing."""
        stored = self._mail.store.list_contents()
        for identifier in sorted(self._sizes.keys() - stored):
            log.warning("the content of the appended message %s is missing: restore it from a backup", identifier)
        self._mail.store.remove_content(stored - self._sizes.keys())

    def clear(self) -> None:
        """Delete all contents."""
        self.discard([*self._sizes], None)

    def remove(self, identifiers: list[str]) -> None:
        """Delete contents from the store, in the thread pool if it blocks."""
        store = self._mail.store
        self._mail.run_blocking(lambda: store.remove_content(identifiers))
