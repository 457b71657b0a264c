"""A world's mail: its mailboxes, how a message is received, and the messages.

    body = mail.begin(size)
    body.write(...)                 as data arrives
    body.keep(envelope)             stored and delivered once this returns: it may be acknowledged

`keep` takes three steps. A driver that must not wait for a disk takes them itself: `accept` and `publish` in the
world's thread, `Acceptance.save` in any thread.
"""

import os
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from errno import ENOMEM, ENOSPC
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.world.budget import Reservation
from homeport.world.mail.addresses import Directory, Verdict, split_address
from homeport.world.mail.contents import MailContents, Usage
from homeport.world.mail.delivery import Outcome, Plan, Router
from homeport.world.mail.message import Delivery, Envelope, Message, Recipient, trace
from homeport.world.mail.store import Draft, MemoryStore, Store

if TYPE_CHECKING:
    from homeport.world.world import World


FULL_BYTES = 1 << 16
"""A disk with less free space counts as full, even if no message has met it yet."""
INCOMING_FULL = "the farm is receiving too much at once ([limits] incoming): try again later"


class Mail:
    """The mail of one world.

    world: its people are looked up on each call. store: stores the messages; in memory by default.
    """

    def __init__(self, contents: MailContents, world: "World", store: Store | None = None) -> None:
        self.contents = contents
        self.store: Store = store or MemoryStore()
        self.on_message: list[Callable[[Message], None]] = []
        """Called with each message once it is published."""
        self.dropped = 0
        """Number of messages dropped to make room for newer ones."""
        self.unread = 0
        """Number of unread messages."""
        self.number = 0
        """The number of the newest message; 0 before the first."""
        self.run_blocking: Callable[[Callable[[], object]], object] = lambda work: work()
        """Runs work that may wait for a disk; a driver puts it into the thread pool."""
        self.on_removed: Callable[[list[Message]], None] | None = None
        """Called with messages that were deleted or dropped."""
        self.usage: Callable[[str], Usage | None] | None = None
        """Returns what a mailbox has if its owner can delete messages from it; else those delivered count."""
        self._world = world
        self._directory = Directory(contents)
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._size_bytes = 0
        self._filled: dict[str, Usage] = {}  # by mailbox, if there is a quota
        self._ids = count(1)
        self._numbers = count(1)
        self._load()

    def __len__(self) -> int:
        return len(self._messages)

    def configure(self, contents: MailContents) -> None:
        """Use other addresses and limits from now on; existing messages stay."""
        begins = contents.limited and not self.contents.limited
        self.contents = contents
        self._directory = Directory(contents)
        if begins:
            self._filled.clear()
            for message in self._messages.values():
                self._count(message, 1)

    @property
    def home(self) -> str:
        """The domain of names without one."""
        return self._directory.home

    @property
    def octets(self) -> int:
        """Total bytes of all messages."""
        return self._size_bytes

    def accepts(self, domain: str) -> bool:
        """Return True if a domain has mailboxes here."""
        return self._directory.accepts(domain)

    def verify(self, local_part: str, domain: str) -> Verdict:
        """Verify an address. local_part: without quotes. domain: empty for a bare name (`Postmaster`)."""
        return self._directory.verify(self._world.people, local_part, domain)

    def search(self, text: str) -> Verdict:
        """Verify an address or a name as VRFY takes them; `ambiguous` if it may mean several people."""
        return self._directory.search(self._world.people, text)

    def begin(self, size: int | None = None) -> "Body":  # noqa: ARG002 - a store may need it
        """Start to receive a message. size: its declared bytes, if known."""
        reservation = None if self.store.blocks else Reservation(self._world.budget)
        return Body(self, f"m{next(self._ids)}", self.store.draft(), reservation)

    def shortage(self, size: int) -> str:
        """Return the reason why a message of that size in bytes cannot be received now; empty if it can."""
        if not self.store.blocks:
            return "" if size <= self._world.budget.available else INCOMING_FULL
        try:
            free = self.store.free()
        except OSError as error:
            return error.strerror or str(error)
        if free is not None and free < FULL_BYTES:
            self.report_failure(OSError(ENOSPC, os.strerror(ENOSPC)))
        # A message is stored twice: as received, and as delivered.
        return "" if free is None or 2 * size <= free else "no space left on the disk"

    def messages(self, since: int = 0) -> list[Message]:
        """Return the messages after that number, oldest first."""
        every = list(self._messages.values())
        return every[bisect_right(every, since, key=lambda message: message.number) :] if since else every

    def latest(self, number: int) -> list[Message]:
        """Return the latest messages, at most that many, oldest first."""
        return [*islice(reversed(self._messages.values()), number)][::-1]

    def get(self, identifier: str) -> Message | None:
        """Return the message with that identifier, or None."""
        return self._messages.get(identifier)

    def mailbox(self, address: str) -> list[Message]:
        """Return the messages of a mailbox, oldest first."""
        return [one for one in self._messages.values() if any(to.mailbox == address for to in one.delivered_to)]

    def raw(self, message: Message, limit: int | None = None) -> bytes:
        """Return a message as received, or its first `limit` bytes.

        Raises: MessageGone; OSError if it cannot be read.
        """
        try:
            return self.store.read(message, limit)
        except OSError as error:
            self.report_failure(error)
            raise

    def report_failure(self, error: OSError) -> None:
        """Report that the store could not read or write; in any thread."""
        self._world.storage.failed("mail", error)

    def report_success(self) -> None:
        """Report that the store could write again; in any thread."""
        self._world.storage.recovered("mail")

    def delivered(self, message: Message, mailbox: str) -> bytes:
        """Return a message as delivered to that mailbox, with Return-Path and Received prepended (RFC 5321 4.4).

        Raises: KeyError if it was not delivered there; MessageGone; OSError if it cannot be read.
        """
        for delivery in message.delivered_to:
            if delivery.mailbox == mailbox:
                return trace(message, delivery.return_path) + self.raw(message)
        raise KeyError(mailbox)

    def mark(self, message: Message, *, read: bool) -> Message:
        """Mark a message as read or unread, and return it as it is now; `store.update` stores that."""
        marked = msgspec.structs.replace(message, read=read)
        if (known := self._messages.get(message.id)) is not None:
            self.unread += known.read - read
            self._messages[message.id] = marked
        return marked

    def remove(self, identifier: str) -> bool:
        """Delete a message. Return True if it existed. Raises: OSError; then nothing has changed."""
        message = self._messages.get(identifier)
        if message is None:
            return False
        self.store.remove(self.detach(self.retire((message,))))
        return True

    def retire(self, messages: Iterable[Message]) -> list[Message]:
        """Commit the deletion of messages in the store, which may block; return those that are to be detached now.

        Raises: OSError if it failed for the first one already.
        """
        try:
            return self.store.retire(messages)
        except OSError as error:
            self.report_failure(error)
            raise

    def detach(self, messages: Iterable[Message]) -> list[Message]:
        """Remove messages from the index, and return those that were in it; `store.remove` deletes their content."""
        popped = (self._messages.pop(one.id, None) for one in messages)
        detached = [one for one in popped if one is not None]
        for message in detached:
            self._size_bytes -= message.size
            self.unread -= not message.read
            self._count(message, -1)
        if self.on_removed is not None:
            self.on_removed(detached)
        return detached

    def reset(self) -> None:
        """Delete all messages; numbers continue, so that no reader mistakes a new message for an old one.

        They are gone at once for every reader; files are deleted in the thread pool.
        """
        messages = self.messages()
        self._messages.clear()
        self._filled.clear()
        self._size_bytes = self.dropped = self.unread = 0
        if messages:
            self.run_blocking(partial(self.store.remove, messages))

    def plan(self, envelope: Envelope, size: int, messages: int = 1) -> Plan:
        """Plan the delivery of a message of that size in bytes. messages: 0 if a quota of messages does not bar it."""
        contents = self.contents

        def has_room(mailbox: str) -> bool:
            return not contents.limited or contents.allows(self._used(mailbox), size, messages)

        return Router(envelope, self.verify, has_room).plan()

    def is_full(self, address: str, size: int) -> bool:
        """Return True if an address is a mailbox without room for a message of that size in bytes."""
        if not self.contents.limited:
            return False
        verdict = self.verify(*split_address(address))
        return verdict.kind == "mailbox" and not self.contents.allows(self._used(verdict.address), size)

    def _used(self, mailbox: str) -> Usage:
        used = None if self.usage is None else self.usage(mailbox)
        return self._filled.get(mailbox, Usage()) if used is None else used

    def make_message(self, identifier: str, envelope: Envelope, size: int, deliveries: tuple[Delivery, ...]) -> Message:
        """Create a message with the current time."""
        return Message(
            id=identifier,
            number=next(self._numbers),
            time=self._world.journal.real(),
            world_time=self._world.clock.now(),
            envelope=envelope,
            size=size,
            delivered_to=deliveries,
        )

    def make_reports(self, envelope: Envelope, outcomes: Iterable[Outcome], draft: Draft) -> Iterator["Acceptance"]:
        """Yield the reports of a message to return paths with mailboxes here; the farm sends nothing elsewhere."""
        from homeport.world.mail.report import HEADER_LIMIT, serialize_report, wants_whole

        by_path: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            by_path.setdefault(outcome.report_to, []).append(outcome)
        for path, ours in by_path.items():
            report = Envelope(reverse_path="", recipients=(Recipient(address=path),))
            if not (deliveries := self.plan(report, 0, 0).deliveries):
                continue
            body = Body(self, f"m{next(self._ids)}", self.store.draft())
            whole = wants_whole(envelope, ours, draft.size)
            returned = draft.head(draft.size if whole else HEADER_LIMIT)
            now = self._world.clock.moment()
            body.write(serialize_report(envelope, ours, returned, whole=whole, host=self.home, now=now, name=body.id))
            yield Acceptance(self, self.make_message(body.id, report, body.size, deliveries), body.draft, [])

    def publish(self, message: Message) -> None:
        """Make a stored message visible."""
        if message.number <= self.number:
            # Another thread saved a later message first, and waiting readers are past this number.
            message = msgspec.structs.replace(message, number=next(self._numbers))
        self._add(message)
        if self.store.bounded:
            self._trim()
        for notify in tuple(self.on_message):
            notify(message)

    def log(self, message: Message) -> None:
        """Log a message that no connection brought."""
        self._world.journal.log(None, "message", describe(message))

    def _add(self, message: Message) -> None:
        self.number = message.number
        self._messages[message.id] = message
        self.unread += not message.read
        self._size_bytes += message.size
        self._count(message, 1)

    def _count(self, message: Message, sign: int) -> None:
        """Count a message in its mailboxes, or one that has left them."""
        if self.contents.limited:
            for delivery in message.delivered_to:
                used = self._filled.get(delivery.mailbox, Usage())
                self._filled[delivery.mailbox] = Usage(used.size + sign * message.size, used.messages + sign)

    def _trim(self) -> None:
        """Drop the oldest messages while the limits are exceeded; the newest always stays."""
        messages, contents = self._messages, self.contents
        while (self._size_bytes > contents.size or len(messages) > contents.messages) and len(messages) > 1:
            self.store.remove(self.detach((next(iter(messages.values())),)))
            self.dropped += 1

    def _load(self) -> None:
        """Load what an earlier farm stored."""
        last = 0
        for message in self.store.load():
            self._add(message)
            last = max(last, message.serial)
        last = max(last, self.store.removed)  # loading reserves identifiers too
        if last:
            self._ids = count(last + 1)
            self._numbers = count(max(self.number, last) + 1)


class Body:
    """A message that is being received."""

    __slots__ = ("_mail", "draft", "id", "reservation", "write")

    def __init__(self, mail: Mail, identifier: str, draft: Draft, reservation: Reservation | None = None) -> None:
        self._mail = mail
        self.reservation = reservation
        """The memory that its content takes; None if it is not received in memory."""
        self.id = identifier
        """The future identifier of the message."""
        self.draft = draft
        self.write: Callable[[bytes], object] = self._write_reported if reservation is None else self._write_reserved
        """Append bytes. Raises: OSError if the memory for incoming data is used up."""

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return self.draft.size

    @property
    def blocks(self) -> bool:
        """True if storing it waits for a disk."""
        return self._mail.store.blocks

    def drop(self) -> None:
        """Discard it."""
        self.draft.drop()
        if self.reservation is not None:
            self.reservation.release()

    def _write_reported(self, data: bytes) -> None:
        try:
            self.draft.write(data)
        except OSError as error:
            self._mail.report_failure(error)
            raise

    def _write_reserved(self, data: bytes) -> None:
        if self.reservation is not None and not self.reservation.grow(len(data)):
            raise OSError(ENOMEM, INCOMING_FULL)
        self.draft.write(data)

    def keep(self, envelope: Envelope) -> str:
        """Store and deliver the message; return its identifier. It may be acknowledged once this returns.

        Raises: OSError if it cannot be stored; nothing of it remains then.
        """
        acceptance = self.accept(envelope)
        try:
            acceptance.save()
        except OSError:
            self.drop()
            raise
        return acceptance.publish()

    def accept(self, envelope: Envelope) -> "Acceptance":
        """Decide where the message goes; nothing is stored yet."""
        mail, draft = self._mail, self.draft
        size = draft.size
        plan = mail.plan(envelope, size)
        message = mail.make_message(self.id, envelope, size, plan.deliveries)
        reports = list(mail.make_reports(envelope, plan.outcomes, draft)) if plan.outcomes else []
        return Acceptance(mail, message, draft, reports, self.reservation)


class Acceptance:
    """A message between its arrival and its publication, with the reports that it causes."""

    __slots__ = ("_mail", "_reports", "_reservation", "draft", "message")

    def __init__(
        self,
        mail: Mail,
        message: Message,
        draft: Draft,
        reports: list["Acceptance"],
        reservation: Reservation | None = None,
    ) -> None:
        self._mail = mail
        self._reservation = reservation
        self.draft = draft
        self._reports = reports
        self.message = message

    def save(self) -> None:
        """Store it and its reports; may run in any thread.

        Raises: OSError if that fails; nothing of them remains then.
        """
        store = self._mail.store
        saved: list[Message] = []
        try:
            for one in (self, *self._reports):
                store.save(one.message, one.draft)
                saved.append(one.message)
        except OSError as error:
            store.remove(saved)
            self._mail.report_failure(error)
            raise
        else:
            if store.blocks:
                self._mail.report_success()
        finally:
            if self._reservation is not None:
                self._reservation.release()

    def publish(self) -> str:
        """Make it visible; return its identifier."""
        mail = self._mail
        mail.publish(self.message)
        for report in self._reports:
            mail.publish(report.message)
            mail.log(report.message)
        return self.message.id


def describe(message: Message) -> dict[str, Any]:
    """Return the fields of a journal event of type `message`."""
    return {
        "id": message.id,
        "number": message.number,
        "from": message.envelope.reverse_path,
        "to": [recipient.address for recipient in message.envelope.recipients],
        "size": message.size,
    }
