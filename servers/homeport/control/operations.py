"""The table of all operations: it routes requests, checks them, and is the description of the API.

A new operation is a function that answers, the types of what it takes and gives, and a row here.
"""

from http import HTTPStatus
from typing import Any

from homeport.config_changes import Reloaded
from homeport.control import journal, worlds
from homeport.control.farm import Farm
from homeport.control.openapi import describe_api
from homeport.control.operation import Operation, Request
from homeport.control.reload import reload

WORLD = "/api/v1/worlds/{world}"


def openapi(_farm: Farm, _request: Request) -> dict[str, Any]:
    """The description of this table."""
    return describe_api(TABLE)


TABLE = (
    Operation(
        method="GET",
        path="/livez",
        summary="Whether the process lives",
        handler=worlds.live,
        answer=worlds.Health,
        public=True,
    ),
    Operation(
        method="GET",
        path="/readyz",
        summary="Whether the farm serves",
        handler=worlds.ready,
        answer=worlds.Health,
        problems=(HTTPStatus.SERVICE_UNAVAILABLE,),
        public=True,
    ),
    Operation(
        method="GET",
        path="/api/v1/openapi.json",
        summary="This description",
        handler=openapi,
        answer=dict[str, Any],
    ),
    Operation(
        method="POST",
        path="/api/v1/reload",
        summary="Take a changed configuration over",
        handler=reload,
        answer=Reloaded,
        problems=(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
    Operation(
        method="GET",
        path="/api/v1/worlds",
        summary="All worlds",
        handler=worlds.worlds,
        answer=worlds.Worlds,
    ),
    Operation(
        method="GET",
        path=WORLD,
        summary="A world's ready object: where its services are reached",
        handler=worlds.world,
        answer=worlds.Ready,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/services",
        summary="A world's services: their state, ports and counters",
        handler=worlds.services,
        answer=worlds.Services,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/events",
        summary="The journal",
        handler=journal.events,
        query=journal.EventsQuery,
        answer=journal.Events,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/events/wait",
        summary="Wait until events are there, which may have come before",
        handler=journal.wait_for_events,
        problems=(HTTPStatus.GONE,),
        query=journal.WaitQuery,
        answer=journal.Waited,
    ),
    Operation(
        method="GET",
        path=f"{WORLD}/findings",
        summary="What clients did wrong",
        handler=journal.findings,
        query=journal.FindingsQuery,
        answer=journal.Findings,
    ),
)
