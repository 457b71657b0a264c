"""A world's mail: who has a mailbox, how a message comes in, and what has come.

    body = mail.begin(size)
    body.write(...)                 as it arrives
    body.keep(envelope)             stored and delivered when this returns: it may be acknowledged

Keeping has three steps, which `keep` takes one after the other. A driver that must not wait for a disk takes them
itself: `accept` and `publish` in the world's thread, `Acceptance.save` in any other.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.world.mail.addresses import Directory, Verdict
from homeport.world.mail.contents import MailContents
from homeport.world.mail.delivery import Outcome, Plan, Router
from homeport.world.mail.message import Delivery, Envelope, Message, Recipient, trace
from homeport.world.mail.store import Draft, MemoryStore, Store

if TYPE_CHECKING:
    from homeport.world.world import World


class Mail:
    """One world's mail.

    world: its people are asked for anew each time. store: where messages are kept; in memory if not given.
    """

    def __init__(self, contents: MailContents, world: "World", store: Store | None = None) -> None:
        self.contents = contents
        self.store: Store = store or MemoryStore()
        self.on_message: list[Callable[[Message], None]] = []
        """Told of each message when it is there."""
        self.dropped = 0
        """Messages that made room for newer ones."""
        self.number = 0
        """The number of the newest message; 0 before the first."""
        self._world = world
        self._directory = Directory(contents)
        self._messages: OrderedDict[str, Message] = OrderedDict()
        self._octets = 0
        self._filled: dict[str, int] = {}  # octets by mailbox, if there is a limit
        self._ids = count(1)
        self._numbers = count(1)
        self._load()

    def __len__(self) -> int:
        return len(self._messages)

    def configure(self, contents: MailContents) -> None:
        """Go by other addresses and limits from now on; messages that are there stay."""
        self.contents = contents
        self._directory = Directory(contents)

    @property
    def home(self) -> str:
        """The domain of names that come without one."""
        return self._directory.home

    @property
    def octets(self) -> int:
        """Octets of all messages."""
        return self._octets

    def accepts(self, domain: str) -> bool:
        """Whether a domain has mailboxes here."""
        return self._directory.accepts(domain)

    def verify(self, local_part: str, domain: str) -> Verdict:
        """Whose an address is. local_part: without quotes. domain: empty for a bare name (`Postmaster`)."""
        return self._directory.verify(self._world.people, local_part, domain)

    def search(self, text: str) -> Verdict:
        """Whose an address or a name is, as VRFY takes them; `ambiguous` if several people may be meant."""
        return self._directory.search(self._world.people, text)

    def begin(self, size: int | None = None) -> "Body":  # noqa: ARG002 - a store may want to know
        """A message begins to arrive. size: octets that it is said to have."""
        return Body(self, f"m{next(self._ids)}", self.store.draft())

    def messages(self, since: int = 0) -> Iterator[Message]:
        """The messages after that number, oldest first."""
        newest: list[Message] = []
        for message in reversed(self._messages.values()):
            if message.number <= since:
                break
            newest.append(message)
        return reversed(newest)

    def get(self, identifier: str) -> Message | None:
        """The message of that identifier, or None."""
        return self._messages.get(identifier)

    def mailbox(self, address: str) -> list[Message]:
        """What a mailbox holds, oldest first."""
        return [one for one in self._messages.values() if any(to.mailbox == address for to in one.delivered_to)]

    def raw(self, message: Message, limit: int | None = None) -> bytes:
        """A message's octets as they were received, or the first of them.

        Raises: MessageGone; OSError if they cannot be read.
        """
        return self.store.read(message, limit)

    def delivered(self, message: Message, mailbox: str) -> bytes:
        """A message as that mailbox got it, with Return-Path and Received on top (RFC 5321 4.4).

        Raises: KeyError if it did not; MessageGone; OSError if it cannot be read.
        """
        for delivery in message.delivered_to:
            if delivery.mailbox == mailbox:
                return trace(message, delivery.return_path) + self.raw(message)
        raise KeyError(mailbox)

    def remove(self, identifier: str) -> bool:
        """Whether there was such a message, which is gone now."""
        message = self._messages.pop(identifier, None)
        if message is None:
            return False
        self._forget((message,))
        return True

    def reset(self) -> None:
        """Forget all messages; numbers go on, so that no reader mistakes new for old."""
        messages = tuple(self._messages.values())
        self._messages.clear()
        self._forget(messages)
        self.dropped = 0

    def plan(self, envelope: Envelope, size: int) -> Plan:
        """Where a message of that size goes."""
        limit = self.contents.mailbox_size

        def has_room(mailbox: str) -> bool:
            return not limit or self._filled.get(mailbox, 0) + size <= limit

        return Router(envelope, self.verify, has_room).plan()

    def make_message(self, identifier: str, envelope: Envelope, size: int, deliveries: tuple[Delivery, ...]) -> Message:
        """A message as of now."""
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
        """The reports of a message to those whose mailboxes are here; the farm sends nothing elsewhere."""
        from homeport.world.mail.report import HEADER_LIMIT, wants_whole, write_report

        by_path: dict[str, list[Outcome]] = {}
        for outcome in outcomes:
            by_path.setdefault(outcome.report_to, []).append(outcome)
        for path, ours in by_path.items():
            report = Envelope(reverse_path="", recipients=(Recipient(address=path),))
            if not (deliveries := self.plan(report, 0).deliveries):
                continue
            body = self.begin()
            whole = wants_whole(envelope, ours, draft.size)
            returned = draft.head(draft.size if whole else HEADER_LIMIT)
            now = self._world.clock.moment()
            body.write(write_report(envelope, ours, returned, whole=whole, host=self.home, now=now, name=body.id))
            yield Acceptance(self, self.make_message(body.id, report, body.size, deliveries), body.draft, [])

    def publish(self, message: Message) -> None:
        """A message is stored: it is there from now on."""
        if message.number <= self.number:
            # Saved by several threads, it was overtaken; whoever waits has looked past its number.
            message = msgspec.structs.replace(message, number=next(self._numbers))
        self._add(message)
        if self.store.bounded:
            self._trim()
        for told in tuple(self.on_message):
            told(message)

    def log(self, message: Message) -> None:
        """Journal a message that no connection brought."""
        self._world.journal.log(None, "message", describe(message))

    def _add(self, message: Message) -> None:
        self.number = message.number
        self._messages[message.id] = message
        self._octets += message.size
        if self.contents.mailbox_size:
            for delivery in message.delivered_to:
                self._filled[delivery.mailbox] = self._filled.get(delivery.mailbox, 0) + message.size

    def _trim(self) -> None:
        """Drop the oldest while there is too much; the newest stays however large it is."""
        messages, contents = self._messages, self.contents
        while (self._octets > contents.size or len(messages) > contents.messages) and len(messages) > 1:
            _identifier, oldest = messages.popitem(last=False)
            self._forget((oldest,))
            self.dropped += 1

    def _forget(self, messages: tuple[Message, ...]) -> None:
        for message in messages:
            self._octets -= message.size
            if self.contents.mailbox_size:
                for delivery in message.delivered_to:
                    self._filled[delivery.mailbox] -= message.size
        self.store.remove(messages)

    def _load(self) -> None:
        """Take up what an earlier farm has kept."""
        last = self.store.removed
        for message in self.store.load():
            self._add(message)
            last = max(last, message.serial)
        if last:
            self._ids = count(last + 1)
            self._numbers = count(max(self.number, last) + 1)


class Body:
    """A message that is arriving."""

    __slots__ = ("_mail", "draft", "id", "write")

    def __init__(self, mail: Mail, identifier: str, draft: Draft) -> None:
        self._mail = mail
        self.id = identifier
        """The identifier that the message will have."""
        self.draft = draft
        self.write = draft.write
        """Add octets."""

    @property
    def size(self) -> int:
        """Octets written so far."""
        return self.draft.size

    @property
    def blocks(self) -> bool:
        """Whether to keep it waits for a disk."""
        return self._mail.store.blocks

    def drop(self) -> None:
        """Forget it."""
        self.draft.drop()

    def keep(self, envelope: Envelope) -> str:
        """Store and deliver the message; its identifier. It may be acknowledged when this returns.

        Raises: OSError if it cannot be stored; nothing of it is there then.
        """
        acceptance = self.accept(envelope)
        acceptance.save()
        return acceptance.publish()

    def accept(self, envelope: Envelope) -> "Acceptance":
        """Settle where the message goes; nothing is stored yet."""
        mail, draft = self._mail, self.draft
        size = draft.size
        plan = mail.plan(envelope, size)
        message = mail.make_message(self.id, envelope, size, plan.deliveries)
        reports = list(mail.make_reports(envelope, plan.outcomes, draft)) if plan.outcomes else []
        return Acceptance(mail, message, draft, reports)


class Acceptance:
    """A message between its arrival and its being there, with the reports that it causes."""

    __slots__ = ("_mail", "_reports", "draft", "message")

    def __init__(self, mail: Mail, message: Message, draft: Draft, reports: list["Acceptance"]) -> None:
        self._mail = mail
        self.draft = draft
        self._reports = reports
        self.message = message

    def save(self) -> None:
        """Store it and its reports. In any thread.

        Raises: OSError if that cannot be; nothing of them is there then.
        """
        store = self._mail.store
        saved: list[Message] = []
        try:
            for one in (self, *self._reports):
                store.save(one.message, one.draft)
                saved.append(one.message)
        except OSError:
            store.remove(saved)
            raise

    def publish(self) -> str:
        """Let it be seen; its identifier."""
        mail = self._mail
        mail.publish(self.message)
        for report in self._reports:
            mail.publish(report.message)
            mail.log(report.message)
        return self.message.id


def describe(message: Message) -> dict[str, Any]:
    """The fields of a journal event of type `message`."""
    return {
        "id": message.id,
        "number": message.number,
        "from": message.envelope.reverse_path,
        "to": [recipient.address for recipient in message.envelope.recipients],
        "size": message.size,
    }
