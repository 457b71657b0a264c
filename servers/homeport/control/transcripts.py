"""Connections over the API: their list, and the transcript of each as text, as JSON, and as a capture file."""

from collections.abc import Generator, Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.config.peers import peer_matcher
from homeport.control import pcapng
from homeport.control.connection_filter import (
    CONNECTION_KEYS,
    connection_filter,
    split,
    verbs_text,
    weight_of,
)
from homeport.control.farm import Farm, WorldHost
from homeport.control.filter_language import parse_q
from homeport.control.filters import validate_listener, validate_service
from homeport.control.json_pieces import (
    MAX_RENDERED,
    array_pieces,
    batched,
    data_pieces,
    gathered,
    list_pieces,
    serialize,
)
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import STEP_ITEMS, Body, Steps
from homeport.control.transcript_frames import Message, messages_of
from homeport.control.transcript_text import text_lines
from homeport.protocol.addresses import address_text
from homeport.protocol.rules import Level
from homeport.services import find_service
from homeport.world.journal import Connection, timestamp
from homeport.world.transcript import Fact, Gap, Kept, KeptConnections, Part, Transcript

MAX_MESSAGES = 4
"""Messages of a transcript that are formatted in one step."""
MAX_LINES = 64
"""Lines of a transcript that are formatted in one step."""
TEXT = "text/plain; charset=utf-8"


class ConnectionsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of connections."""

    since: Annotated[int, Meta(ge=0, description="only connections opened after the event of this `seq`")] = 0
    service: Annotated[str, Meta(description="only connections to this service; several: smtp,ftp")] | None = None
    listener: (
        Annotated[str, Meta(description="only connections to this listener: tls, smtp.tls; or to several")] | None
    ) = None
    peer: (
        Annotated[
            str,
            Meta(description="only connections of this client: an address (and port), or a network; or of several"),
        ]
        | None
    ) = None
    state: (
        Annotated[Literal["open", "closed"], Meta(description="only open connections, or only closed ones")] | None
    ) = None
    findings: Annotated[bool, Meta(description="only connections with findings, or only those without")] | None = None
    level: (
        Annotated[Level, Meta(description="only connections with a finding of this level or a more severe one")] | None
    ) = None
    opened_since: (
        Annotated[str, Meta(description="only connections opened at this time or later: RFC 3339, or -5m")] | None
    ) = None
    before: Annotated[int, Meta(ge=1, description="only connections opened before the event of this `seq`")] | None = (
        None
    )
    order: Annotated[
        Literal["asc", "desc"], Meta(description="asc: oldest first; desc: newest first, with `next` for `before`")
    ] = "asc"
    q: (
        Annotated[
            str,
            Meta(
                description=f"filter language; keys: {', '.join(CONNECTION_KEYS)}; words are searched for in id, "
                "service, peer, reason and verbs; `findings:>0`, `level:>=should`"
            ),
        ]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=10_000, description="maximum number of items")] = 1000

    def __post_init__(self) -> None:
        for peer in split(self.peer):
            peer_matcher(peer)
        parse_q(self.q, CONNECTION_KEYS)


class TranscriptQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a transcript."""

    format: Annotated[
        Literal["text", "json", "pcapng"],
        Meta(description="text for people, json for programs, pcapng for Wireshark and tshark"),
    ] = "json"
    secrets: Annotated[bool, Meta(description="show passwords, if [journal] secrets keeps them")] = False


class ConnectionItem(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A connection."

    id: str
    service: str
    listener: str
    peer: str
    local: str
    opened: str
    closed: Annotated[str | None, Meta(description="time at which it was closed, RFC 3339; null while it is open")]
    reason: Annotated[str | None, Meta(description="why it was closed; null while it is open")]
    received: Annotated[int, Meta(description="bytes received from the client")]
    sent: Annotated[int, Meta(description="bytes sent to the client")]
    findings: Annotated[int, Meta(description="number of findings on it")]
    levels: Annotated[dict[str, int], Meta(description="number of findings on it by level")] = {}
    commands: Annotated[
        str, Meta(description="verbs of its first commands that the journal has, such as `EHLO MAIL RCPT×2`")
    ] = ""
    kept: Annotated[Literal["all", "part"], Meta(description="all if the journal has every byte of it")]
    seq: Annotated[
        int, Meta(description="`seq` of the event of its opening; that of the next event if it is not recorded")
    ]


class Connections(msgspec.Struct, frozen=True):
    meaning = (
        "Connections: those that are open, and those that the journal still has events of. Pass `next` as `since` to\n"
        "continue the list, as `before` with `order=desc`."
    )

    items: list[ConnectionItem]
    total: int
    next: int | None = None


class MessageItem(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "A complete message of a protocol with framed messages (EPP)."

    seq: Annotated[int, Meta(description="`seq` of the event that completed it")]
    time: str
    direction: Literal["in", "out"]
    text: Annotated[str, Meta(description="the message for people: indented, with passwords masked")]
    verdict: Annotated[
        dict[str, Any] | None, Meta(description="the event of the server's answer to a client's message")
    ]


class Talk(msgspec.Struct, frozen=True):
    meaning = (
        "A transcript. Its items are events of the journal; those with bytes have a `direction`. If the journal did\n"
        "not keep bytes, there is an item of type `missing` with their `direction` and `size`. For a protocol with\n"
        "framed messages (EPP), `messages` has the same bytes assembled to messages."
    )

    conn: str
    connection: ConnectionItem
    items: list[dict[str, Any]]
    total: int
    next: int | None = None
    messages: list[MessageItem] = []


def connections(farm: Farm, request: Request) -> Steps:
    host, query = world_of(farm, request), request.query
    services = split(query.service)
    for name in services:
        validate_service(host, name)
    for name in split(query.listener):
        validate_listener(host, name, services[0] if len(services) == 1 else None)
    return Steps(farm, list_connections(farm, host, query))


def list_connections(farm: Farm, host: WorldHost, query: ConnectionsQuery) -> Generator[None, None, Body]:
    """Find the connections in steps, and return the body of their list (`Connections`)."""
    known = KeptConnections(host.live)
    for batch in host.world.journal.batches():
        known.add(batch)
        yield
    wanted = connection_filter(query, host.world.journal.real())
    found: list[Kept] = []
    for some in batched(known, max(STEP_ITEMS // weight_of(query.q), 1)):
        found += filter(wanted, some)
        yield
    if query.order == "desc":
        found.reverse()
    end = min(query.limit, len(found))
    # Connections that are not recorded can share a number, so a page ends where the number changes.
    while 0 < end < len(found) and found[end].connection.seq == found[end - 1].connection.seq:
        end += 1
    rest = {"total": len(found), "next": found[end - 1].connection.seq if end < len(found) else None}
    items = (
        [serialize(connection_item(kept.connection, whole=kept.whole, verbs=kept.verbs)) for kept in some]
        for some in batched(found[:end], MAX_RENDERED)
    )
    return Body(farm, list_pieces("items", items, lambda: rest))


def transcript(farm: Farm, request: Request) -> Steps:
    host, query = world_of(farm, request), request.query
    if query.secrets and not host.world.journal.options.secrets:
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "the journal masks secrets: start the farm with [journal] secrets = true"
        )
    return Steps(farm, read_transcript(farm, host, request.parameters["id"], query))


def read_transcript(farm: Farm, host: WorldHost, conn: str, query: TranscriptQuery) -> Generator[None, None, Body]:
    """Find the entries of a connection in steps, and return the body of its transcript."""
    found = Transcript(host.world.journal, conn, host.live, secrets=query.secrets)
    for batch in host.world.journal.batches():
        found.add(batch)
        yield
    if found.connection is None:
        raise ProblemError(
            HTTPStatus.NOT_FOUND,
            f"there is no connection {conn!r}, or the journal no longer knows of it; see /connections of the world",
        )
    match query.format:
        case "text":
            return Body(farm, line_pieces(text_lines(found)), TEXT)
        case "pcapng":
            return Body(farm, pcapng.capture_pieces(found), pcapng.MEDIA_TYPE)
        case _:
            return Body(farm, json_pieces(found.connection, found))


def line_pieces(lines: Iterator[str | None]) -> Iterator[bytes]:
    """Yield lines in pieces of some lines; None counts, but is not shown."""
    for some in batched(lines, MAX_LINES):
        yield "".join(f"{line}\n" for line in some if line is not None).encode()


def json_pieces(connection: Connection, found: Transcript) -> Iterator[bytes]:
    """Yield a transcript as JSON (`Talk`)."""
    about = {"conn": connection.id, "connection": connection_item(connection, whole=found.whole)}
    total = 0

    def items() -> Iterator[Iterator[bytes]]:
        nonlocal total
        for part in found.parts():
            total += 1
            yield part_pieces(part)

    yield serialize(about)[:-1] + b',"items":'
    yield from array_pieces(gathered(items()))
    yield b',"total":%d,"next":null,"messages":' % total
    yield from array_pieces(message_batches(connection, found))
    yield b"}"


def connection_item(connection: Connection, *, whole: bool, verbs: Sequence[tuple[str, int]] = ()) -> ConnectionItem:
    """Return a connection as the API shows it. verbs: as in `Kept`."""
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
        levels=connection.levels or {},
        commands=verbs_text(verbs),
        kept="all" if whole else "part",
        seq=connection.seq,
    )


def message_batches(connection: Connection, found: Transcript) -> Iterator[list[bytes]]:
    """Yield the messages of a transcript; none for protocols without framed messages."""
    transcribe = find_service(connection.service).transcribe
    if transcribe is None:
        return
    for some in batched(messages_of(found.parts(), transcribe), MAX_MESSAGES):
        yield [
            serialize(
                MessageItem(
                    seq=one.seq, time=timestamp(one.time), direction=one.direction, text=one.text, verdict=one.verdict
                )
            )
            for one in some
            if isinstance(one, Message)
        ]


def part_pieces(part: Part) -> Iterator[bytes]:
    """Yield a part of a transcript as JSON, in one or several pieces."""
    if isinstance(part, Fact):
        return iter((serialize(part.event),))
    if isinstance(part, Gap):
        fields = {"type": "missing", "time": timestamp(part.time), "direction": part.direction, "size": part.size}
        return iter((serialize(fields),))
    return data_pieces(
        {
            "seq": part.seq,
            "type": part.direction,
            "time": timestamp(part.time),
            "direction": part.direction,
            "size": len(part.data),
        },
        part.data,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/connections",
        summary="List the connections of a world",
        description="Return the open connections, and the closed ones that the journal still has events of.",
        handler=connections,
        python="homeport.connections()",
        query=ConnectionsQuery,
        answer=Connections,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/connections/{{id}}/transcript",
        summary="Get the transcript of a connection",
        description="Return everything that client and server sent on a connection, with the events in between.",
        handler=transcript,
        cli="homeport transcript {id}",
        python="homeport.transcript({id})",
        query=TranscriptQuery,
        answer=Talk,
        other_types=(TEXT, pcapng.MEDIA_TYPE),
    ),
)
