"""The poll queues: a message for every event that a registrar did not cause itself, oldest first (RFC 5730 2.9.2.3).

A message says what happened by a key and values, so that it can be worded in the language of a session, and holds the
facts as they were then. `TEXTS` has the English words.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.registry.objects import Contact, Domain, Host, ObjectKind, PendingOperation, Time, Transfer


class DomainState(msgspec.Struct, frozen=True, kw_only=True, tag="domain"):
    """A domain as it was, just after what the message says; as it was before, where it is gone."""

    domain: Domain
    subordinates: tuple[str, ...] = ()
    """Names of its subordinate hosts."""
    rgp: tuple[str, ...] = ()
    """Its statuses by RFC 3915."""


class HostState(msgspec.Struct, frozen=True, kw_only=True, tag="host"):
    """A host as it was."""

    host: Host
    linked: bool = False


class ContactState(msgspec.Struct, frozen=True, kw_only=True, tag="contact"):
    """A contact as it was."""

    contact: Contact
    linked: bool = False


class TransferState(msgspec.Struct, frozen=True, kw_only=True, tag="transfer"):
    """A transfer as it stood (trnData)."""

    kind: ObjectKind
    name: Annotated[str, Meta(description="of the domain; identifier of the contact")]
    transfer: Transfer


class ActionResult(msgspec.Struct, frozen=True, kw_only=True, tag="action"):
    """The end of a command that was answered with 1001 (panData)."""

    kind: ObjectKind
    name: str
    operation: PendingOperation
    approved: bool
    cl_trid: str
    sv_trid: str
    date: Time
    """When it ended (paDate)."""


About = DomainState | HostState | ContactState | TransferState | ActionResult


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a registrar's queue."""

    id: Annotated[int, Meta(ge=0, description="unique in the registry, rising from 1")]
    registrar: str
    date: Time
    text: Annotated[str, Meta(description="key of its words in TEXTS")]
    values: Annotated[dict[str, str], Meta(description="what the words name")] = {}
    about: About | None = None


class MessageSeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message that waits when a world begins."""

    registrar: Annotated[str, Meta(description="whose queue it is in")]
    date: Time
    text: Annotated[str, Meta(description="key of its words, such as transfer.requested; or note, with values.note")]
    name: Annotated[str, Meta(description="the domain it is about, as that stands")] = ""
    values: Annotated[dict[str, str], Meta(description="what else its words name")] = {}


TEXTS = {
    "transfer.requested": "Transfer of {name} requested by {other}.",
    "transfer.approved": "Transfer of {name} approved.",
    "transfer.rejected": "Transfer of {name} rejected.",
    "transfer.cancelled": "Transfer of {name} cancelled.",
    "transfer.server-approved": "Transfer of {name} approved by the registry.",
    "transfer.server-cancelled": "Transfer of {name} cancelled by the registry.",
    "action.approved": "The pending {operation} of {name} is approved.",
    "action.rejected": "The pending {operation} of {name} is rejected.",
    "domain.renewed": "{name} has reached its expiry and is renewed by {years:year|years}.",
    "domain.expired": "{name} has expired and is deleted.",
    "domain.redemption-ended": "{name} can no longer be restored and will be purged.",
    "domain.restore-missed": "No restore report for {name} came in time; it is in redemption again.",
    "domain.restored": "{name} is restored.",
    "domain.purged": "{name} is purged.",
    "domain.deleted": "{name} is deleted by the registry.",
    "domain.changed": "{name} is changed by the registry: {change}.",
    "domain.server-removed": "{name} has lost its name server {host}: the domain above that host is purged.",
    "host.changed": "{name} is changed by the registry: {change}.",
    "contact.changed": "{name} is changed by the registry: {change}.",
    "balance.low": "Your balance is {balance}.",
    "note": "{note}",
}
"""The words of messages, by key."""


def worded(message: Message) -> str:
    """A message in English."""
    return TEXTS.get(message.text, message.text).format_map(Values(message.values))


class Values(dict[str, str]):
    """The values of a message as its template asks for them; one that is missing is empty.

    A number can be asked for with its noun, singular and plural: `{years:year|years}` is `1 year` or `2 years`.
    """

    def __getitem__(self, key: str) -> str:
        return _Value(self.get(key, ""))


class _Value(str):
    __slots__ = ()

    def __format__(self, nouns: str) -> str:
        one, _bar, many = nouns.partition("|")
        return f"{self} {one if self == '1' else many}" if nouns else str(self)


class Messages:
    """The poll queues of all registrars. They change only by a transaction: `Changes.message`, `.acknowledge`."""

    def __init__(self) -> None:
        self.last_id = 0
        """The identifier given last."""
        self._queues: dict[str, OrderedDict[int, Message]] = {}
        self._owners: dict[int, str] = {}

    def count(self, registrar: str) -> int:
        """How many wait for a registrar."""
        return len(self._queues.get(registrar.lower(), ()))

    def first(self, registrar: str) -> Message | None:
        """The oldest one that waits for a registrar."""
        queue = self._queues.get(registrar.lower())
        return next(iter(queue.values())) if queue else None

    def get(self, id: int) -> Message | None:  # noqa: A002 - the field's name
        """The message of that identifier, whoever's it is, if it waits still."""
        owner = self._owners.get(id)
        return None if owner is None else self._queues[owner][id]

    def of(self, registrar: str) -> list[Message]:
        """All that wait for a registrar, oldest first."""
        return list(self._queues.get(registrar.lower(), {}).values())

    def add(self, message: Message) -> None:
        """Put it at the end of its queue; one that was there before, at its place."""
        owner = message.registrar.lower()
        queue = self._queues.setdefault(owner, OrderedDict())
        if queue and message.id < next(reversed(queue)):
            after = [one for one in queue if one > message.id]
            queue[message.id] = message
            for later in after:
                queue.move_to_end(later)
        else:
            queue[message.id] = message
        self._owners[message.id] = owner
        self.last_id = max(self.last_id, message.id)

    def remove(self, id: int) -> None:  # noqa: A002
        """Take it out; one that is not there is no error."""
        owner = self._owners.pop(id, None)
        if owner is not None:
            queue = self._queues[owner]
            del queue[id]
            if not queue:
                del self._queues[owner]

    def replace(self, messages: Iterable[Message]) -> None:
        """Have these alone."""
        self._queues.clear()
        self._owners.clear()
        for message in messages:
            self.add(message)

    def __iter__(self) -> Iterator[Message]:
        for queue in self._queues.values():
            yield from queue.values()

    def __len__(self) -> int:
        return len(self._owners)
