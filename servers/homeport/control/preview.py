"""Previews of answers: what Active Users, Finger and Whois would send now.

A preview runs the service's own session on the query, so that it is the answer byte for byte; what the session asks for
besides sending (records, findings, timers) is not carried out. So it leaves no trace: no connection, no event, no
finding. No planned fault acts on it, or counts it.
"""

from collections.abc import Generator, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from homeport.control.downloads import SEALED
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Document, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Steps
from homeport.protocol.addresses import connectable
from homeport.protocol.effects import AskHost, Effect, Send, SetTimer
from homeport.protocol.events import Data, Event, Opened, TimerFired
from homeport.protocol.session import Context, Session

PLAIN = "text/plain"


class PreviewQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "A query to preview."

    q: Annotated[
        str, Meta(max_length=4096, pattern=r"^[^\r\n]*$", description="the query, without its line end; sent as UTF-8")
    ] = ""


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "No parameters."


def preview_users(farm: Farm, request: Request) -> Steps:
    return preview(farm, request, "users", Opened())


def preview_finger(farm: Farm, request: Request) -> Steps:
    return preview(farm, request, "finger", Data(request.query.q.encode() + b"\r\n"))


def preview_whois(farm: Farm, request: Request) -> Steps:
    return preview(farm, request, "whois", Data(request.query.q.encode() + b"\r\n"))


def preview(farm: Farm, request: Request, service: str, event: Event) -> Steps:
    """Answer with what a service of the world sends when its session gets this event."""
    session = session_of(farm, request, service)
    return Steps(farm, run(session, event))


def session_of(farm: Farm, request: Request, service: str) -> Session:
    """Return a session of a service, as for a client that connects from loopback. Raise ProblemError, 404."""
    host = world_of(farm, request)
    for listener in host.listeners:
        make = listener.service.session
        if listener.service.name == service and make is not None:
            local = connectable(listener.bound.addresses, request.asked), listener.bound.port
            name = listener.bound.wanted.listener
            world = host.world.without_faults()
            return make(Context(world, world.options[service], name, ("127.0.0.1", 0), local, "", service))
    detail = f"this world has no service {service!r}: create it with the service to see its answers"
    raise ProblemError(HTTPStatus.NOT_FOUND, detail)


def run(session: Session, event: Event) -> Generator[None, None, Document]:
    """Run a session from an event to its answer; yield between the slices of a search."""
    sent = bytearray()
    effects: Sequence[Effect] = session.handle(event)
    while True:
        again = None
        for effect in effects:
            if isinstance(effect, Send):
                sent += effect.data
            elif isinstance(effect, AskHost):
                detail = f"the query is forwarded to {effect.host}, which sends the answer: ask it by the service"
                raise ProblemError(HTTPStatus.CONFLICT, detail)
            elif isinstance(effect, SetTimer) and effect.seconds == 0:
                again = TimerFired(effect.name)
        if again is None:
            return Document(PLAIN, bytes(sent), SEALED)
        yield
        effects = session.handle(again)


def operation(service: str, handler: Any, query: type[msgspec.Struct], title: str) -> Operation:
    """Return the operation that previews a service."""
    return Operation(
        method="GET",
        path=f"{WORLD}/preview/{service}",
        summary=f"Preview an answer of {title}",
        description=f"Return the bytes that {title} would send over TCP now, in the encoding that they would have.\n"
        "No connection, event or finding is recorded, and no planned fault acts.",
        handler=handler,
        query=query,
        answer=str,
        media_type=PLAIN,
        problems=(HTTPStatus.CONFLICT,) if service == "finger" else (),
    )


OPERATIONS = (
    operation("users", preview_users, NoQuery, "Active Users"),
    operation("finger", preview_finger, PreviewQuery, "Finger"),
    operation("whois", preview_whois, PreviewQuery, "Whois"),
)
