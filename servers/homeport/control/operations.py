"""The table of all operations: it routes requests, checks them, and is the description of the API.

Each module of `control` declares its own in OPERATIONS: a new operation is a function that answers, the types of what
it takes and gives, and a row there. A new module is one name here. What the description says is in fields: `summary`
and `description` of a row, `meaning` of a struct; never in a docstring, which Python may leave out (-OO).
"""

from functools import cache
from typing import Any

from homeport.control import (
    certificates,
    clock,
    event_stream,
    faults,
    files,
    journal,
    mail,
    metrics,
    personas,
    rdap,
    registry,
    registry_acts,
    registry_queues,
    registry_whole,
    reload,
    state,
    transcripts,
    worlds,
)
from homeport.control.farm import Farm
from homeport.control.openapi import describe_api
from homeport.control.operation import Operation, Request


@cache
def description() -> dict[str, Any]:
    """The description of this table."""
    return describe_api(TABLE)


def openapi(_farm: Farm, _request: Request) -> dict[str, Any]:
    return description()


TABLE = (
    Operation(
        method="GET",
        path="/api/v1/openapi.json",
        summary="This description",
        description="The description of this API, in its own words.",
        handler=openapi,
        answer=dict[str, Any],
    ),
    *reload.OPERATIONS,
    *certificates.OPERATIONS,
    *worlds.OPERATIONS,
    *personas.OPERATIONS,
    *journal.OPERATIONS,
    *event_stream.OPERATIONS,
    *transcripts.OPERATIONS,
    *faults.OPERATIONS,
    *clock.OPERATIONS,
    *state.OPERATIONS,
    *registry.OPERATIONS,
    *registry_acts.OPERATIONS,
    *registry_queues.OPERATIONS,
    *registry_whole.OPERATIONS,
    *rdap.OPERATIONS,
    *mail.OPERATIONS,
    *files.OPERATIONS,
    *metrics.OPERATIONS,
)
