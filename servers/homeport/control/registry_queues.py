"""The poll queues of registrars over the API: list messages, add your own, delete them.

GET    W/registry/registrars/harbour/messages
POST   W/registry/registrars/harbour/messages    {"text": "The registry is closed on Sunday."}
DELETE W/registry/registrars/harbour/messages/7
"""

from collections.abc import Generator
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.control.durable import NOT_DURABLE, when_durable
from homeport.control.farm import Farm
from homeport.control.json_pieces import MAX_RENDERED, batched
from homeport.control.operation import WORLD, Operation, PendingAnswer, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import CONTACTS, DOMAINS, HOSTS, PARTS_WITH_TIMES, REGISTRARS, listed
from homeport.control.slices import Body, Steps
from homeport.control.state import log_change
from homeport.control.times import shown_time
from homeport.world.registry import Message, Registrar, Registry, Transfer, interventions
from homeport.world.registry.applications import ApplicationState
from homeport.world.registry.maintenances import MaintenanceState
from homeport.world.registry.messages import (
    ActionResult,
    BalanceState,
    ContactState,
    DomainState,
    HostState,
    TransferState,
    worded,
)
from homeport.world.registry.objects import NESTED_TIMES, ObjectKind, PendingOperation
from homeport.world.row_store import Ticket


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    meaning = "The object of a message at the time of its event; the fields depend on the kind of message."

    kind: ObjectKind | Literal["maintenance", "application"]
    name: Annotated[str, Meta(description="of the object; identifier of a contact")]
    domain: DOMAINS.shape | None = None  # type: ignore[name-defined]  # made in `registry`
    host: HOSTS.shape | None = None  # type: ignore[name-defined]
    contact: CONTACTS.shape | None = None  # type: ignore[name-defined]
    rgp_statuses: tuple[str, ...] = ()
    transfer: PARTS_WITH_TIMES["transfer"] = None  # type: ignore[name-defined,valid-type]
    operation: Annotated[PendingOperation, Meta(description="operation that waited for review")] = ""
    approved: Annotated[bool | None, Meta(description="outcome of that review (paResult)")] = None
    cl_trid: str = ""
    sv_trid: str = ""


class QueuedMessage(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A message in a registrar's queue."

    id: int
    date: Annotated[str, Meta(description="RFC 3339")]
    text: Annotated[str, Meta(description="in English; over EPP in the language of the session")]
    key: Annotated[str, Meta(description="kind of event, such as transfer.requested")]
    values: Annotated[dict[str, str], Meta(description="values in the text")]
    about: MessageFacts | None = None


class QueuedMessages(msgspec.Struct, frozen=True):
    meaning = "A registrar's poll queue, oldest message first."

    items: list[QueuedMessage]
    total: int
    next: int | None = None


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "A message with free text."

    text: Annotated[str, Meta(min_length=1, max_length=4096)]


MAX_DIGITS = 19


def poll_messages(farm: Farm, request: Request) -> Any:
    registry = world_of(farm, request).world.registry
    return Body(farm, listed(registry.messages.of(_registrar(farm, request).id), shown))


def post_poll_message(farm: Farm, request: Request) -> Any:
    world, registrar = world_of(farm, request).world, _registrar(farm, request)
    changes = world.registry.begin()
    interventions.note(changes, registrar.id, request.body.text)
    ticket = world.registry.commit(changes)
    log_change(world, "poll message", registrar.id, "put")
    return when_durable(farm, world, ticket, shown(world.registry.messages.last(registrar.id)))


def delete_poll_messages(farm: Farm, request: Request) -> Any:
    registry = world_of(farm, request).world.registry
    world, later = world_of(farm, request).world, PendingAnswer()
    steps = Steps(farm, _take_all_out(registry, registry.messages.of(_registrar(farm, request).id)))

    def taken(ticket: Any) -> None:
        if isinstance(ticket, Exception):
            later.answer(ticket)
            return
        log_change(world, "poll message", request.parameters["id"], "deleted")
        answer = when_durable(farm, world, ticket, None)
        if isinstance(answer, PendingAnswer):
            answer.then(later.answer)
        else:
            later.answer(answer)

    steps.then(taken)
    return later


def _take_all_out(registry: Registry, found: list[Message]) -> Generator[None, None, Ticket | None]:
    """Remove the messages in several transactions, and return the ticket of the last one: with it all are durable."""
    ticket = None
    for some in batched(found, MAX_RENDERED):
        ticket = _acknowledge(registry, some)
        yield
    return ticket


def delete_poll_message(farm: Farm, request: Request) -> Any:
    registrar, number = _registrar(farm, request), request.parameters["number"]
    messages = world_of(farm, request).world.registry.messages
    found = messages.get(int(number)) if number.isascii() and number.isdigit() and len(number) < MAX_DIGITS else None
    if found is None or found.registrar.lower() != registrar.id.lower() or str(found.id) != number:
        there = ", ".join(str(one.id) for one in messages.of(registrar.id)[:10]) or "none"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{registrar.id} has no message {number!r}; queued are: {there}")
    return _take_out(farm, request, [found])


def _take_out(farm: Farm, request: Request, found: list[Message]) -> Any:
    world = world_of(farm, request).world
    ticket = _acknowledge(world.registry, found)
    log_change(world, "poll message", request.parameters["id"], "deleted")
    return when_durable(farm, world, ticket, None)


def _acknowledge(registry: Registry, found: list[Message]) -> Ticket | None:
    changes = registry.begin()
    for one in found:
        if registry.messages.get(one.id) is not None:  # not acknowledged meanwhile
            changes.acknowledge(one)
    return registry.commit(changes)


def _registrar(farm: Farm, request: Request) -> Registrar:
    found: Registrar = REGISTRARS.find(world_of(farm, request).world.registry, request.parameters["id"])
    return found


def shown(one: Message) -> QueuedMessage:
    """Return a message as the API shows it."""
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
        case ApplicationState(application=application):
            facts = MessageFacts(kind="application", name=application.domain.name)
        case MaintenanceState(maintenance=maintenance):
            facts = MessageFacts(kind="maintenance", name=maintenance.id)
        case BalanceState():
            facts = MessageFacts(kind="registrar", name=one.registrar)
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
        description="Return a registrar's messages, as polling would show them one by one.",
        handler=poll_messages,
        cli="homeport registry messages {id}",
        python="homeport.registry.messages({id})",
        answer=QueuedMessages,
    ),
    Operation(
        method="POST",
        path=QUEUE,
        summary="Put a message into a registrar's poll queue",
        description="Append a message with free text to a registrar's queue.",
        handler=post_poll_message,
        cli="homeport registry messages {id} {text}",
        python="homeport.registry.tell({id}, {text})",
        problems=(NOT_DURABLE,),
        body=Note,
        answer=QueuedMessage,
        status=HTTPStatus.CREATED,
    ),
    Operation(
        method="DELETE",
        path=QUEUE,
        summary="Empty a registrar's poll queue",
        description="Remove all messages from a registrar's queue.",
        handler=delete_poll_messages,
        problems=(NOT_DURABLE,),
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
    Operation(
        method="DELETE",
        path=f"{QUEUE}/{{number}}",
        summary="Remove a message from a registrar's poll queue",
        description="Remove one message from a registrar's queue, as its acknowledgement would.",
        handler=delete_poll_message,
        problems=(NOT_DURABLE,),
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
