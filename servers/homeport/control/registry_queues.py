"""The poll queues of registrars over the API: what waits in them, messages of one's own, and emptying them.

GET    W/registry/registrars/harbour/messages
POST   W/registry/registrars/harbour/messages    {"text": "The registry is closed on Sunday."}
DELETE W/registry/registrars/harbour/messages/7
"""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.control.durable import NOT_KEPT, when_kept
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import CONTACTS, DOMAINS, HOSTS, PARTS_WITH_TIMES, REGISTRARS
from homeport.control.state import log_change
from homeport.control.times import shown_time
from homeport.world.registry import Message, Registrar, Transfer, interventions
from homeport.world.registry.messages import ActionResult, ContactState, DomainState, HostState, TransferState, worded
from homeport.world.registry.objects import NESTED_TIMES, ObjectKind, PendingOperation


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    meaning = "What a message is about, as it was then; each message has the fields of its sort."

    kind: ObjectKind
    name: Annotated[str, Meta(description="of the object; identifier of a contact")]
    domain: DOMAINS.shape | None = None  # type: ignore[name-defined]  # made in `registry`
    host: HOSTS.shape | None = None  # type: ignore[name-defined]
    contact: CONTACTS.shape | None = None  # type: ignore[name-defined]
    rgp_statuses: tuple[str, ...] = ()
    transfer: PARTS_WITH_TIMES["transfer"] = None  # type: ignore[name-defined,valid-type]
    operation: Annotated[PendingOperation, Meta(description="of a command that waited for review")] = ""
    approved: Annotated[bool | None, Meta(description="how that review ended (paResult)")] = None
    cl_trid: str = ""
    sv_trid: str = ""


class QueuedMessage(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A message that waits for a registrar."

    id: int
    date: Annotated[str, Meta(description="RFC 3339")]
    text: Annotated[str, Meta(description="in English; EPP words it in the language of the session")]
    key: Annotated[str, Meta(description="what has happened, such as transfer.requested")]
    values: Annotated[dict[str, str], Meta(description="what the text names")]
    about: MessageFacts | None = None


class QueuedMessages(msgspec.Struct, frozen=True):
    meaning = "A registrar's poll queue, oldest message first."

    items: list[QueuedMessage]
    total: int
    next: int | None = None


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "A message of the registry's own words."

    text: Annotated[str, Meta(min_length=1, max_length=4096)]


def poll_messages(farm: Farm, request: Request) -> QueuedMessages:
    registry = world_of(farm, request).world.registry
    found = registry.messages.of(_registrar(farm, request).id)
    return QueuedMessages([shown(one) for one in found], len(found))


def post_poll_message(farm: Farm, request: Request) -> Any:
    world, registrar = world_of(farm, request).world, _registrar(farm, request)
    changes = world.registry.begin()
    interventions.note(changes, registrar.id, request.body.text)
    ticket = world.registry.commit(changes)
    log_change(world, "poll message", registrar.id, "put")
    return when_kept(farm, world, ticket, shown(world.registry.messages.of(registrar.id)[-1]))


def delete_poll_messages(farm: Farm, request: Request) -> Any:
    return _take_out(farm, request, world_of(farm, request).world.registry.messages.of(_registrar(farm, request).id))


def delete_poll_message(farm: Farm, request: Request) -> Any:
    registrar, number = _registrar(farm, request), request.parameters["number"]
    waiting = world_of(farm, request).world.registry.messages.of(registrar.id)
    found = [one for one in waiting if str(one.id) == number]
    if not found:
        there = ", ".join(str(one.id) for one in waiting[:10]) or "none"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{registrar.id} has no message {number!r}; there are: {there}")
    return _take_out(farm, request, found)


def _take_out(farm: Farm, request: Request, found: list[Message]) -> Any:
    world = world_of(farm, request).world
    changes = world.registry.begin()
    for one in found:
        changes.acknowledge(one)
    ticket = world.registry.commit(changes)
    log_change(world, "poll message", request.parameters["id"], "deleted")
    return when_kept(farm, world, ticket, None)


def _registrar(farm: Farm, request: Request) -> Registrar:
    found: Registrar = REGISTRARS.find(world_of(farm, request).world.registry, request.parameters["id"])
    return found


def shown(one: Message) -> QueuedMessage:
    """A message as the API has it."""
    facts = None
    match one.about:
        case DomainState(domain=domain, rgp=rgp):
            facts = MessageFacts(kind="domain", name=domain.name, domain=DOMAINS.show(domain), rgp_statuses=rgp)
        case HostState(host=host):
            facts = MessageFacts(kind="host", name=host.name, host=HOSTS.show(host))
        case ContactState(contact=contact):
            facts = MessageFacts(kind="contact", name=contact.id, contact=CONTACTS.show(contact))
        case TransferState(kind=kind, name=name, transfer=transfer):
            facts = MessageFacts(kind=kind, name=name, transfer=_shown_transfer(transfer))
        case ActionResult() as end:
            facts = MessageFacts(
                kind=end.kind,
                name=end.name,
                operation=end.operation,
                approved=end.approved,
                cl_trid=end.cl_trid,
                sv_trid=end.sv_trid,
            )
    return QueuedMessage(
        id=one.id, date=shown_time(one.date), text=worded(one), key=one.text, values=one.values, about=facts
    )


def _shown_transfer(transfer: Transfer) -> Any:
    times = NESTED_TIMES[Transfer]
    fields = msgspec.structs.asdict(transfer)
    return fields | {name: shown_time(fields[name]) for name in times if fields[name] is not None}


QUEUE = f"{WORLD}/registry/registrars/{{id}}/messages"
OPERATIONS = (
    Operation(
        method="GET",
        path=QUEUE,
        summary="A registrar's poll queue",
        description="What waits for a registrar, as polling would show it one by one.",
        handler=poll_messages,
        answer=QueuedMessages,
    ),
    Operation(
        method="POST",
        path=QUEUE,
        summary="Put a message into a registrar's poll queue",
        description="Put a message of one's own words at the end of a registrar's queue.",
        handler=post_poll_message,
        problems=(NOT_KEPT,),
        body=Note,
        answer=QueuedMessage,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="DELETE",
        path=QUEUE,
        summary="Empty a registrar's poll queue",
        description="Empty a registrar's queue.",
        handler=delete_poll_messages,
        problems=(NOT_KEPT,),
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
    Operation(
        method="DELETE",
        path=f"{QUEUE}/{{number}}",
        summary="Take a message out of a registrar's poll queue",
        description="Take one message out of a registrar's queue, as its acknowledgement would.",
        handler=delete_poll_message,
        problems=(NOT_KEPT,),
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
