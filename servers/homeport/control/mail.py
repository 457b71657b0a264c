"""The API operations on a world's messages. Their content is untrusted, so it is served for download only, except for
one page that is sandboxed: `mail_view`."""

from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec

from homeport.control.downloads import OCTETS, download
from homeport.control.farm import Farm
from homeport.control.mail_detail import find_part, read_raw, show_message, summarize
from homeport.control.mail_findings import MessageFindings
from homeport.control.mail_search import Search, Wait
from homeport.control.mail_shapes import (
    AwaitedMessages,
    Deleted,
    Mailboxes,
    MailboxSummary,
    Marks,
    MessageDetail,
    MessageFilter,
    Messages,
    MessagesQuery,
    MessageSummary,
    MessageWaitQuery,
    ReadMark,
    ViewQuery,
)
from homeport.control.mail_view import view
from homeport.control.mail_work import Mapped, Removal
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import OffReactor
from homeport.world.mail.mailbox_problem import MailboxProblem
from homeport.world.mail.message import Message
from homeport.world.mail.mime.content import Part, parse_message
from homeport.world.world import World

MESSAGES = f"{WORLD}/smtp/messages"
MESSAGE = f"{MESSAGES}/{{message}}"
"""`latest` is the newest message."""
HARMLESS = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/json"}
"""Media types that run nothing in a browser."""


def messages(farm: Farm, request: Request) -> Search:
    world = world_of(farm, request).world
    query = request.query

    def show(found: list[Message]) -> Mapped:
        if query.until is not None:
            found = [one for one in found if one.number < query.until]
        shown = (found if query.order in ("oldest", "asc") else found[::-1])[: query.limit]
        more = shown[-1].number if len(shown) < len(found) else None
        return Mapped(
            farm,
            partial(summarize, world, MessageFindings(world)),
            shown,
            lambda items: Messages(items, len(found), more, world.mail.number),
        )

    return Search(farm, world, query, show)


def wait_for_messages(farm: Farm, request: Request) -> Wait:
    world = world_of(farm, request).world
    query = request.query

    def show(found: list[Message], near: list[Message] | None = None) -> Mapped:
        timed_out = near is not None
        following = max(query.since, world.mail.number) if timed_out else found[-1].number

        def build(items: list[MessageSummary]) -> AwaitedMessages:
            return AwaitedMessages(items[: len(found)], timed_out, following, items[len(found) :])

        return Mapped(farm, partial(summarize, world, MessageFindings(world)), [*found, *(near or [])], build)

    return Wait(farm, world, query, query.count, query.timeout, show)


def message(farm: Farm, request: Request) -> OffReactor:
    world = world_of(farm, request).world
    one = _find(world, request)
    return OffReactor(farm, lambda: show_message(world, one))


def latest_message(farm: Farm, request: Request) -> Search:
    world = world_of(farm, request).world

    def show(found: list[Message]) -> OffReactor:
        if not found:
            raise ProblemError(HTTPStatus.NOT_FOUND, "no message matches" if len(world.mail) else "there is no message")
        return OffReactor(farm, lambda: show_message(world, found[-1]))

    return Search(farm, world, request.query, show)


def message_view(farm: Farm, request: Request) -> OffReactor:
    world = world_of(farm, request).world
    one = _find(world, request)
    return OffReactor(farm, lambda: view(world, one, remote=request.query.remote == "1"))


def mark_message(farm: Farm, request: Request) -> OffReactor:
    world = world_of(farm, request).world
    one, marks = _find(world, request), request.body
    if marks is None or marks == Marks():
        raise ProblemError(HTTPStatus.BAD_REQUEST, "nothing to change: give read, tags, or both")
    if marks.tags is not msgspec.UNSET:
        try:
            world.mailboxes.tag(one, marks.tags)
        except MailboxProblem as problem:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"tags: {problem}") from None
    if marks.read is not msgspec.UNSET:
        one = world.mailboxes.mark(one, read=marks.read)
    ticket = world.mailboxes.unsettled

    def save() -> None:
        world.mailboxes.flush(ticket)
        world.mail.store.update(one)

    return OffReactor(farm, save, lambda _none: ReadMark(one.read, [*world.mailboxes.tags(one.id)]))


def mailboxes(farm: Farm, request: Request) -> OffReactor:
    world = world_of(farm, request).world
    every = world.mail.messages()
    return OffReactor(farm, lambda: _count_mailboxes(every))


def _count_mailboxes(messages: list[Message]) -> Mailboxes:
    counts: dict[str, list[int]] = {}
    for one in messages:
        for mailbox in {to.mailbox for to in one.delivered_to}:
            count = counts.setdefault(mailbox, [0, 0, 0])
            count[0] += 1
            count[1] += not one.read
            count[2] += one.size
    return Mailboxes([MailboxSummary(name, *counts[name]) for name in sorted(counts)])


def message_raw(farm: Farm, request: Request) -> OffReactor:
    world = world_of(farm, request).world
    one = _find(world, request)
    return OffReactor(farm, lambda: download(bytes(read_raw(world, one)), "message/rfc822", f"{one.id}.eml"))


def message_part(farm: Farm, request: Request) -> OffReactor:
    world = world_of(farm, request).world
    one = _find(world, request)
    return OffReactor(farm, lambda: _part(world, one, request.parameters["part"]))


def _part(world: World, one: Message, identifier: str) -> Document:
    """Read and decode a part; runs in the thread pool."""
    part = find_part(parse_message(read_raw(world, one)), identifier)
    return download(part.content(), media_type(part), part.filename or f"part-{identifier}")


def delete_message(farm: Farm, request: Request) -> Removal:
    world = world_of(farm, request).world
    return Removal(farm, world.mail, [_find(world, request)], Deleted)


def delete_messages(farm: Farm, request: Request) -> Removal | Search:
    world = world_of(farm, request).world
    mail = world.mail
    if request.query.q is not None and not request.query.q.strip():
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "q is empty: give a condition, or leave q out to delete all messages"
        )
    if request.query == MessageFilter():
        return Removal(farm, mail, mail.messages(), Deleted)
    return Search(farm, world, request.query, lambda found: Removal(farm, mail, found, Deleted))


def media_type(part: Part) -> str:
    """Return the Content-Type that a part is served with."""
    if part.content_type in HARMLESS:
        return part.content_type
    if part.content_type.startswith("text/"):
        charset = part.charset if part.charset.replace("-", "").replace("_", "").isalnum() else "utf-8"
        return f"text/plain; charset={charset}"
    return OCTETS


def _find(world: World, request: Request) -> Message:
    identifier = request.parameters["message"]
    one = next(iter(world.mail.latest(1)), None) if identifier == "latest" else world.mail.get(identifier)
    if one is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"message {identifier!r} does not exist, or was deleted")
    return one


def _operation(method: str, path: str, summary: str, **details: Any) -> Operation:
    return Operation(method=method, path=path, summary=summary, **details)


OPERATIONS = (
    _operation(
        "GET",
        MESSAGES,
        "List the received messages",
        handler=messages,
        cli="homeport messages",
        python="homeport.smtp.messages",
        query=MessagesQuery,
        answer=Messages,
        description="The messages.",
    ),
    _operation(
        "GET",
        f"{MESSAGES}/wait",
        "Wait for messages; those already received count",
        handler=wait_for_messages,
        cli="homeport wait smtp --to {to}",
        python="homeport.smtp.wait_for(to={to})",
        query=MessageWaitQuery,
        answer=AwaitedMessages,
        description="The messages that match, once there are enough; those already received count.",
    ),
    _operation(
        "GET",
        MESSAGE,
        "Get a parsed message",
        handler=message,
        answer=MessageDetail,
        description="One message, parsed.",
    ),
    _operation(
        "GET",
        f"{MESSAGES}/latest",
        "Get the newest message that matches, parsed",
        handler=latest_message,
        query=MessageFilter,
        answer=MessageDetail,
        description="The newest message that meets all conditions, parsed; 404 if there is none.",
    ),
    _operation(
        "PATCH",
        MESSAGE,
        "Mark a message as read or unread, or tag it",
        handler=mark_message,
        cli="homeport messages --mark-read {message}",
        body=Marks,
        answer=ReadMark,
        description="Mark a message as read, or as unread again, and set its tags. Mail programs see and change both: "
        "as \\Seen and as keywords in the IMAP mailbox All.",
    ),
    _operation(
        "GET",
        f"{MESSAGE}/view",
        "Show a message as a web page",
        handler=message_view,
        query=ViewQuery,
        answer=str,
        media_type="text/html; charset=utf-8",
        description="The HTML of a message, or its text, as a page for a frame. Its own Content-Security-Policy "
        "keeps scripts, forms and fetches off; its pictures are in it. With remote=1 it may fetch pictures from "
        "other hosts.",
    ),
    _operation(
        "GET",
        f"{WORLD}/smtp/mailboxes",
        "List the mailboxes that have messages",
        handler=mailboxes,
        answer=Mailboxes,
        description="The mailboxes that messages were delivered to, with the number of messages and of unread ones.",
    ),
    _operation(
        "GET",
        f"{MESSAGE}/raw",
        "Get a message as received",
        handler=message_raw,
        cli="homeport messages --raw {message}",
        answer=str,
        media_type="message/rfc822",
        description="One message, byte for byte as received.",
    ),
    _operation(
        "GET",
        f"{MESSAGE}/parts/{{part}}",
        "Get a decoded part of a message",
        handler=message_part,
        answer=str,
        media_type=OCTETS,
        description="One part of a message, decoded. Active content is served as text or as application/octet-stream.",
    ),
    _operation(
        "DELETE",
        MESSAGE,
        "Delete a message",
        handler=delete_message,
        cli="homeport messages --remove {message}",
        answer=Deleted,
        problems=(HTTPStatus.INSUFFICIENT_STORAGE,),
        description="Delete one message.",
    ),
    _operation(
        "DELETE",
        MESSAGES,
        "Delete messages: those that match, or all",
        handler=delete_messages,
        cli="homeport messages --delete",
        python="homeport.smtp.clear()",
        query=MessageFilter,
        answer=Deleted,
        problems=(HTTPStatus.INSUFFICIENT_STORAGE,),
        description="Delete the messages that meet all conditions; without conditions, all messages.",
    ),
)
