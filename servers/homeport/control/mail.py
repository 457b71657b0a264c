"""What the API says of a world's messages. Content comes from strangers, so nothing of it is served as a page."""

from http import HTTPStatus
from typing import Any

from homeport.control.downloads import OCTETS, download
from homeport.control.farm import Farm
from homeport.control.mail_search import Search, Wait
from homeport.control.mail_shapes import (
    AwaitedMessages,
    Deleted,
    Delivered,
    EnvelopeSummary,
    FullEnvelope,
    MessageDetail,
    MessageFilter,
    Messages,
    MessagesQuery,
    MessageSummary,
    MessageWaitQuery,
    PartSummary,
    RecipientState,
    TlsState,
)
from homeport.control.mime import HEADER_LIMIT, Content, Part, first, read_headers, read_message
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.protocol.addresses import Address, address_text
from homeport.world.journal import timestamp
from homeport.world.mail.extracts import codes_of, links_of
from homeport.world.mail.message import Message
from homeport.world.mail.store import MessageGone
from homeport.world.world import World

MESSAGES = f"{WORLD}/smtp/messages"
MESSAGE = f"{MESSAGES}/{{message}}"
HARMLESS = {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "application/json"}
"""Types that a browser runs nothing of."""


def messages(farm: Farm, request: Request) -> Search:
    world = world_of(farm, request).world
    query = request.query

    def show(found: list[Message]) -> Messages:
        if query.until is not None:
            found = [one for one in found if one.number < query.until]
        shown = (found if query.order == "oldest" else found[::-1])[: query.limit]
        more = shown[-1].number if len(shown) < len(found) else None
        return Messages(_summaries(world, shown), len(found), more, world.mail.number)

    return Search(farm, world, query, show)


def wait_for_messages(farm: Farm, request: Request) -> Wait:
    world = world_of(farm, request).world
    query = request.query

    def show(found: list[Message], near: list[Message] | None = None) -> AwaitedMessages:
        timed_out = near is not None
        following = max(query.since, world.mail.number) if timed_out else found[-1].number
        return AwaitedMessages(_summaries(world, found), timed_out, following, _summaries(world, near or []))

    return Wait(farm, world, query, query.count, query.timeout, show)


def message(farm: Farm, request: Request) -> MessageDetail:
    world = world_of(farm, request).world
    one, raw = _whole(world, request)
    content = read_message(raw)
    texts = [(part.content_type, part.text()) for part in content.parts if not part.attachment]
    conn = one.envelope.conn or None
    return MessageDetail(
        id=one.id,
        number=one.number,
        time=timestamp(one.time),
        world_time=timestamp(one.world_time),
        size=one.size,
        envelope=_envelope(one),
        delivered_to=[Delivered(to.mailbox, to.return_path) for to in one.delivered_to],
        conn=conn,
        headers=[list(pair) for pair in content.headers],
        subject=content.header("Subject"),
        text=content.readable("text/plain"),
        html=content.readable("text/html"),
        links=links_of(texts),
        codes=codes_of([("text/plain", content.header("Subject")), *texts]),
        parts=_parts(content),
        findings=[finding for finding in world.findings if conn and finding.conn == conn],
    )


def message_raw(farm: Farm, request: Request) -> Document:
    one, raw = _whole(world_of(farm, request).world, request)
    return download(raw, "message/rfc822", f"{one.id}.eml")


def message_part(farm: Farm, request: Request) -> Document:
    _one, raw = _whole(world_of(farm, request).world, request)
    parts = read_message(raw).parts
    number = request.parameters["part"]
    part = next((part for part in parts if str(part.index) == number), None)
    if part is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no part {number!r}; there are 1 to {len(parts)}")
    return download(part.content(), media_type(part), part.filename or f"part-{part.index}")


def delete_message(farm: Farm, request: Request) -> Deleted:
    world = world_of(farm, request).world
    world.mail.remove(_find(world, request).id)
    return Deleted(1)


def delete_messages(farm: Farm, request: Request) -> Deleted | Search:
    world = world_of(farm, request).world
    mail = world.mail
    if request.query == MessageFilter():
        number = len(mail)
        mail.reset()
        return Deleted(number)

    def forget(found: list[Message]) -> Deleted:
        for one in found:
            mail.remove(one.id)
        return Deleted(len(found))

    return Search(farm, world, request.query, forget)


def media_type(part: Part) -> str:
    """What a part is served as."""
    if part.content_type in HARMLESS:
        return part.content_type
    if part.content_type.startswith("text/"):
        charset = part.charset if part.charset.replace("-", "").replace("_", "").isalnum() else "utf-8"
        return f"text/plain; charset={charset}"
    return OCTETS


def _find(world: World, request: Request) -> Message:
    identifier = request.parameters["message"]
    if (one := world.mail.get(identifier)) is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no message {identifier!r}, or no longer")
    return one


def _whole(world: World, request: Request) -> tuple[Message, bytes]:
    one = _find(world, request)
    try:
        return one, world.mail.raw(one)
    except MessageGone:
        raise ProblemError(HTTPStatus.GONE, f"the file of the message {one.id!r} is gone") from None


def _summaries(world: World, found: list[Message]) -> list[MessageSummary]:
    return [_summary(world, one) for one in found]


def _summary(world: World, one: Message) -> MessageSummary:
    envelope = one.envelope
    try:
        headers = read_headers(world.mail.raw(one, HEADER_LIMIT))
    except (MessageGone, OSError):
        headers = []
    return MessageSummary(
        id=one.id,
        number=one.number,
        time=timestamp(one.time),
        size=one.size,
        envelope=EnvelopeSummary(sender=envelope.reverse_path, to=[to.address for to in envelope.recipients]),
        sender=first(headers, "From"),
        to=first(headers, "To"),
        subject=first(headers, "Subject"),
        auth=envelope.auth or None,
        tls=envelope.tls.version if envelope.tls else None,
        conn=envelope.conn or None,
        peer=_address(envelope.peer),
    )


def _envelope(one: Message) -> FullEnvelope:
    envelope, tls = one.envelope, one.envelope.tls
    return FullEnvelope(
        sender=envelope.reverse_path,
        to=[RecipientState(to.address, list(to.notify), to.orcpt) for to in envelope.recipients],
        helo=envelope.helo,
        peer=_address(envelope.peer),
        local=_address(envelope.local),
        listener=envelope.listener,
        protocol=envelope.protocol,
        tls=TlsState(tls.version, tls.cipher, tls.server_name, bool(tls.certificate), tls.verified) if tls else None,
        auth=envelope.auth or None,
        mechanism=envelope.mechanism or None,
        body=envelope.body,
        smtputf8=envelope.smtputf8,
        size=envelope.size,
        ret=envelope.ret,
        envid=envelope.envid,
        requiretls=envelope.requiretls,
        priority=envelope.priority,
        received=envelope.received.decode("utf-8", "replace"),
    )


def _parts(content: Content) -> list[PartSummary]:
    return [
        PartSummary(
            part.index,
            part.content_type,
            part.charset,
            part.filename,
            part.content_id,
            part.attachment,
            len(part.content()),
        )
        for part in content.parts
    ]


def _address(address: Address | None) -> str | None:
    return address_text(address) if address else None


def _operation(method: str, path: str, summary: str, **details: Any) -> Operation:
    return Operation(method=method, path=path, summary=summary, **details)


OPERATIONS = (
    _operation(
        "GET",
        MESSAGES,
        "The messages that were received",
        handler=messages,
        query=MessagesQuery,
        answer=Messages,
        description="The messages.",
    ),
    _operation(
        "GET",
        f"{MESSAGES}/wait",
        "Wait until messages are there, which may have come before",
        handler=wait_for_messages,
        query=MessageWaitQuery,
        answer=AwaitedMessages,
        description="Messages when they are there, which may have come before.",
    ),
    _operation(
        "GET", MESSAGE, "A message, read", handler=message, answer=MessageDetail, description="One message, read."
    ),
    _operation(
        "GET",
        f"{MESSAGE}/raw",
        "A message as it was received",
        handler=message_raw,
        answer=str,
        media_type="message/rfc822",
        description="One message, octet by octet as it was received.",
    ),
    _operation(
        "GET",
        f"{MESSAGE}/parts/{{part}}",
        "A part of a message, decoded",
        handler=message_part,
        answer=str,
        media_type=OCTETS,
        description="One part of a message, decoded. What a browser could run is served as text or as mere octets.",
    ),
    _operation(
        "DELETE", MESSAGE, "Forget a message", handler=delete_message, answer=Deleted, description="Forget one message."
    ),
    _operation(
        "DELETE",
        MESSAGES,
        "Forget messages: those that are meant, or all",
        handler=delete_messages,
        query=MessageFilter,
        answer=Deleted,
        description="Forget the messages that meet every condition; all of them without one.",
    ),
)
