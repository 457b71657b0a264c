"""What the API says of connections: who talked, and the talk, as text, as JSON, and as a capture file."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.config.peers import peer_matcher
from homeport.control import pcapng
from homeport.control.farm import Farm
from homeport.control.filters import check_listener, check_service
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.transcript_frames import Message, messages_of
from homeport.control.transcript_text import text_of
from homeport.protocol.addresses import address_text
from homeport.services import find_service
from homeport.world.journal import Connection, octets_fields, timestamp
from homeport.world.transcript import Fact, Missing, Part, Transcript, kept_connections, transcript_of

TEXT = "text/plain; charset=utf-8"


class ConnectionsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which connections."""

    since: Annotated[int, Meta(ge=0, description="only connections that were opened after the event of this `seq`")] = 0
    service: Annotated[str, Meta(description="only connections to this service")] | None = None
    listener: Annotated[str, Meta(description="only connections to this listener: tls, smtp.tls")] | None = None
    peer: (
        Annotated[str, Meta(description="only connections of this client: an address (and port), or a network")] | None
    ) = None
    state: Annotated[Literal["open", "closed"], Meta(description="only those that stand, or the others")] | None = None
    limit: Annotated[int, Meta(ge=1, le=10_000, description="at most so many, the oldest first")] = 1000

    def __post_init__(self) -> None:
        if self.peer is not None:
            peer_matcher(self.peer)


class TranscriptQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the talk is shown."""

    format: Annotated[
        Literal["text", "json", "pcapng"], Meta(description="for people, for programs, or for Wireshark and its kin")
    ] = "json"
    secrets: Annotated[bool, Meta(description="show passwords too, if the journal keeps them")] = False


class ConnectionItem(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A connection."

    id: str
    service: str
    listener: str
    peer: str
    local: str
    opened: str
    closed: str | None
    """Null while it stands."""
    reason: str | None
    """Why it was closed."""
    received: int
    sent: int
    findings: int
    kept: Literal["all", "part"]
    """Whether the journal has the whole talk."""
    seq: int
    """The number of the event of its opening, which is the next one's if it is not recorded."""


class Connections(msgspec.Struct, frozen=True):
    meaning = "Connections, the newest last: those that stand, and those that the journal still knows of."

    items: list[ConnectionItem]
    total: int
    next: int | None = None


class MessageItem(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A whole message of a protocol whose messages are no lines."

    seq: int
    """Of the event that brought its last octet."""
    time: str
    direction: Literal["in", "out"]
    text: str
    """For people: indented, with passwords masked."""
    verdict: dict[str, Any] | None
    """The event that answers it: what the server made of a client's message."""


class Talk(msgspec.Struct, frozen=True):
    meaning = (
        "A transcript. Its items are events of the journal, those of octets with a `direction`; where octets are "
        "not\n"
        "kept stands an item of type `missing` with their `direction` and `size`. Messages are the same once more, "
        "put\n"
        "together, where a protocol's messages are no lines (EPP)."
    )

    conn: str
    connection: ConnectionItem
    items: list[dict[str, Any]]
    total: int
    next: int | None = None
    messages: list[MessageItem] = []


def connections(farm: Farm, request: Request) -> Connections:
    host, query = world_of(farm, request), request.query
    check_service(world_of(farm, request), query.service)
    check_listener(world_of(farm, request), query.listener, query.service)
    is_peer = peer_matcher(query.peer) if query.peer is not None else None
    items = [
        item
        for kept in kept_connections(host.world.journal, host.live)
        if query.service in (None, kept.connection.service)
        and query.listener in (None, kept.connection.listener, f"{kept.connection.service}.{kept.connection.listener}")
        and kept.connection.seq > query.since
        and query.state in (None, "open" if kept.connection.closed is None else "closed")
        and (is_peer is None or is_peer(address_text(kept.connection.peer)))
        for item in (connection_item(kept.connection, whole=kept.whole),)
    ]
    shown = items[: query.limit]
    # Those that are not recorded may share a number; a page ends between two numbers.
    while len(shown) < len(items) and items[len(shown)].seq == shown[-1].seq:
        shown.append(items[len(shown)])
    return Connections(shown, len(items), shown[-1].seq if len(shown) < len(items) else None)


def transcript(farm: Farm, request: Request) -> Talk | Document:
    host, query = world_of(farm, request), request.query
    conn, journal = request.parameters["id"], host.world.journal
    if query.secrets and not journal.options.secrets:
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "the journal keeps no secrets: start the farm with [journal] secrets = true"
        )
    talk = transcript_of(journal, conn, host.live, secrets=query.secrets)
    if talk is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"there is no connection {conn!r}, or the journal no longer knows of it; see /connections of the world",
        )
    if query.format == "text":
        return Document(TEXT, text_of(talk).encode())
    if query.format == "pcapng":
        return Document(pcapng.MEDIA_TYPE, pcapng.capture(talk))
    items = [part_item(part) for part in talk.parts]
    whole = not any(isinstance(part, Missing) for part in talk.parts)
    return Talk(conn, connection_item(talk.connection, whole=whole), items, len(items), messages=message_items(talk))


def connection_item(connection: Connection, *, whole: bool) -> ConnectionItem:
    """A connection as the API shows it."""
    closed = connection.closed
    return ConnectionItem(
        id=connection.id,
        service=connection.service,
        listener=connection.listener,
        peer=address_text(connection.peer),
        local=address_text(connection.local),
        opened=timestamp(connection.opened),
        closed=None if closed is None else timestamp(closed),
        reason=None if closed is None else connection.reason,
        received=connection.received,
        sent=connection.sent,
        findings=connection.findings,
        kept="all" if whole else "part",
        seq=connection.seq,
    )


def message_items(talk: Transcript) -> list[MessageItem]:
    """The messages of a talk, if its protocol has any."""
    transcribe = find_service(talk.connection.service).transcribe
    if transcribe is None:
        return []
    return [
        MessageItem(seq=one.seq, time=timestamp(one.time), direction=one.direction, text=one.text, verdict=one.verdict)
        for one in messages_of(talk.parts, transcribe)
        if isinstance(one, Message)
    ]


def part_item(part: Part) -> dict[str, Any]:
    """A part of a transcript as the API shows it."""
    if isinstance(part, Fact):
        return part.event
    if isinstance(part, Missing):
        return {"type": "missing", "time": timestamp(part.time), "direction": part.direction, "size": part.size}
    return {
        "seq": part.seq,
        "type": part.direction,
        "time": timestamp(part.time),
        "direction": part.direction,
        "size": len(part.data),
        **octets_fields(part.data),
    }


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/connections",
        summary="Who talked",
        handler=connections,
        query=ConnectionsQuery,
        answer=Connections,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/connections/{{id}}/transcript",
        summary="What was said on a connection",
        handler=transcript,
        query=TranscriptQuery,
        answer=Talk,
        other_types=(TEXT, pcapng.MEDIA_TYPE),
    ),
)
