"""The poll queues: a message for every event that a registrar did not cause itself, oldest first (RFC 5730 2.9.2.3).

A message holds a key and values, so that it can be worded in the language of a session, and the facts as they were
then. `TEXTS` has the English words.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.world.registry.applications import ApplicationState
from homeport.world.registry.maintenances import MaintenanceState
from homeport.world.registry.objects import Contact, Domain, Host, ObjectKind, PendingOperation, Time, Transfer
from homeport.world.registry.registry_acts import RegistryAct


class DomainState(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="domain"):
    """A domain just after the event; just before it, where it was removed."""

    domain: Domain
    subordinates: tuple[str, ...] = ()
    """Names of its subordinate hosts."""
    rgp: tuple[str, ...] = ()
    """Its statuses by RFC 3915."""


class HostState(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="host"):
    """A host at the time of the event."""

    host: Host
    linked: bool = False


class ContactState(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="contact"):
    """A contact at the time of the event."""

    contact: Contact
    linked: bool = False


class TransferState(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="transfer"):
    """A transfer at the time of the event (trnData)."""

    kind: ObjectKind
    name: Annotated[str, Meta(description="of the domain; identifier of the contact")]
    transfer: Transfer


class ActionResult(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag="action"):
    """The outcome of a command that was answered with 1001 (panData)."""

    kind: ObjectKind
    name: str
    operation: PendingOperation
    approved: bool
    cl_trid: str
    sv_trid: str
    date: Time
    """Time of the decision (paDate)."""


class BalanceState(msgspec.Struct, frozen=True, kw_only=True, tag="balance"):
    """A registrar's account when its balance fell below its threshold."""

    registrar: str
    """Name of the registrar."""
    balance: float
    credit_limit: float
    threshold: float


About = (
    BalanceState
    | DomainState
    | HostState
    | ContactState
    | TransferState
    | ActionResult
    | MaintenanceState
    | ApplicationState
)


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A message in a registrar's queue."""

    id: Annotated[int, Meta(ge=0, description="unique in the registry, rising from 1")]
    registrar: str
    date: Time
    text: Annotated[str, Meta(description="key of its words in TEXTS")]
    values: Annotated[dict[str, str], Meta(description="values of the words")] = {}
    about: About | None = None
    act: Annotated[RegistryAct | None, Meta(description="act of the registry, if its key does not say all of it")] = (
        None
    )


class MessageSeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An initial message of a world."""

    registrar: Annotated[str, Meta(description="registrar whose queue it is in")]
    date: Time
    text: Annotated[str, Meta(description="key of its words, such as transfer.requested; or note, with values.note")]
    name: Annotated[str, Meta(description="the domain it is about, in its initial state")] = ""
    values: Annotated[dict[str, str], Meta(description="other values of its words")] = {}


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
    "domain.restore-requested": "The restore of {name} is requested; its report is due.",
    "domain.restored": "{name} is restored.",
    "domain.purged": "{name} is purged.",
    "domain.deleted": "{name} is deleted by the registry.",
    "domain.changed": "{name} is changed by the registry: {change}.",
    "domain.server-removed": "{name} has lost its name server {host}: the domain above that host is purged.",
    "domain.authinfo-unset": "The time of the authInfo of {name} is over; it is unset.",
    "contact.authinfo-unset": "The time of the authInfo of {name} is over; it is unset.",
    "host.changed": "{name} is changed by the registry: {change}.",
    "contact.changed": "{name} is changed by the registry: {change}.",
    "balance.low": "Your balance is {balance}.",
    "application.pendingValidation": "Application {id} for {name} waits for its validation.",
    "application.validated": "Application {id} for {name} is validated.",
    "application.invalid": "Application {id} for {name} is invalid.",
    "application.pendingAllocation": "Application {id} for {name} waits for the allocation.",
    "application.allocated": "Application {id} has got {name}.",
    "application.rejected": "Application {id} for {name} is rejected.",
    "maintenance.create": "Maintenance {name} is announced.",
    "maintenance.update": "Maintenance {name} has changed.",
    "maintenance.delete": "Maintenance {name} is withdrawn.",
    "maintenance.courtesy": "Maintenance {name} will begin soon.",
    "maintenance.end": "Maintenance {name} has ended.",
    "note": "{note}",
}
"""Words of messages, by key."""


def worded(message: Message) -> str:
    """Return a message in English."""
    return TEXTS.get(message.text, message.text).format_map(Values(message.values))


class Values(dict[str, str]):
    """Values of a message for its template; a missing one is empty.

    A number may come with its noun, singular and plural: `{years:year|years}` is `1 year` or `2 years`.
    """

    def __getitem__(self, key: str) -> str:
        return _Value(self.get(key, ""))


class _Value(str):
    __slots__ = ()

    def __format__(self, nouns: str) -> str:
        one, _bar, many = nouns.partition("|")
        return f"{self} {one if self == '1' else many}" if nouns else str(self)


class Messages:
    """The poll queues of all registrars. Only transactions change them: `Changes.message`, `.acknowledge`."""

    def __init__(self) -> None:
        self.last_id = 0
        """The last identifier assigned."""
        self._queues: dict[str, OrderedDict[int, Message]] = {}
        self._owners: dict[int, str] = {}

    def count(self, registrar: str) -> int:
        """Return the number of messages in a registrar's queue."""
        return len(self._queues.get(registrar.lower(), ()))

    def first(self, registrar: str) -> Message | None:
        """Return a registrar's oldest message, or None."""
        queue = self._queues.get(registrar.lower())
        return next(iter(queue.values())) if queue else None

    def last(self, registrar: str) -> Message:
        """Return a registrar's newest message. Raises: KeyError if it has none."""
        queue = self._queues[registrar.lower()]
        return queue[next(reversed(queue))]

    def get(self, id: int) -> Message | None:  # noqa: A002 - the field's name
        """Return the message of that identifier in any queue, or None if it is not queued."""
        owner = self._owners.get(id)
        return None if owner is None else self._queues[owner][id]

    def of(self, registrar: str) -> list[Message]:
        """Return a registrar's messages, oldest first."""
        return list(self._queues.get(registrar.lower(), {}).values())

    def add(self, message: Message) -> None:
        """Append a message to its queue; one with an old identifier returns to its place."""
        owner = message.registrar.lower()
        queue = self._queues.get(owner)
        if queue is None:
            queue = self._queues[owner] = OrderedDict()
        if message.id > self.last_id:
            self.last_id = message.id
            queue[message.id] = message
        elif queue and message.id < next(reversed(queue)):
            after = [one for one in queue if one > message.id]
            queue[message.id] = message
            for later in after:
                queue.move_to_end(later)
        else:
            queue[message.id] = message
        self._owners[message.id] = owner

    def remove(self, id: int) -> None:  # noqa: A002
        """Remove a message; an unknown identifier is no error."""
        owner = self._owners.pop(id, None)
        if owner is not None:
            queue = self._queues[owner]
            del queue[id]
            if not queue:
                del self._queues[owner]

    def replace(self, messages: Iterable[Message]) -> None:
        """Replace all messages by these."""
        self._queues.clear()
        self._owners.clear()
        for message in messages:
            self.add(message)

    def __iter__(self) -> Iterator[Message]:
        for queue in self._queues.values():
            yield from queue.values()

    def __len__(self) -> int:
        return len(self._owners)
