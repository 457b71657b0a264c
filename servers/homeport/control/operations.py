"""The table of all operations, which routes requests, validates them and generates the API's description.

Each module of `control` declares its own operations in OPERATIONS: a new operation is a handler, the types of its
query, body and answer, and a row there. A new module needs one name here. Texts of the description are fields:
`summary` and `description` of a row, `meaning` of a struct. They are not docstrings, as `python -OO` removes these.
"""

from functools import cache
from typing import Any

from homeport.control import (
    certificates,
    clock,
    dictionaries,
    directory,
    dns_keys,
    dns_queries,
    dns_zones,
    epp_answers,
    event_stream,
    fault_kinds,
    faults,
    files,
    findings,
    groups,
    journal,
    ldif,
    logs,
    mail,
    mailboxes,
    metrics,
    numbers,
    ote,
    page,
    passwords,
    personas,
    preview,
    rdap,
    registry,
    registry_actions,
    registry_idn,
    registry_launch,
    registry_possible,
    registry_queues,
    registry_records,
    registry_timeline,
    registry_whole,
    reload,
    state,
    stats,
    tickets,
    transcripts,
    worlds,
)
from homeport.control.farm import Farm
from homeport.control.json_pieces import serialize
from homeport.control.openapi import describe_api
from homeport.control.operation import Operation, Request
from homeport.control.routing import Router
from homeport.control.slices import OffReactor


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI description of this table."""
    return describe_api(TABLE)


@cache
def serialized_description() -> bytes:
    """Return it as JSON."""
    return serialize(description())


def openapi(farm: Farm, _request: Request) -> OffReactor:
    return OffReactor(farm, serialized_description)


@cache
def router() -> Router:
    """Return the router of everything that is served: this table, the addresses of tickets, and the page."""
    return Router((*TABLE, tickets.REDEEM, *page.OPERATIONS))


TABLE = (
    Operation(
        method="GET",
        path="/api/v1/openapi.json",
        summary="Get this description",
        description="Return the OpenAPI 3.1 description of this API.",
        handler=openapi,
        cli="homeport openapi",
        answer=dict[str, Any],
    ),
    *reload.OPERATIONS,
    *certificates.OPERATIONS,
    *worlds.OPERATIONS,
    *personas.OPERATIONS,
    *journal.OPERATIONS,
    *findings.OPERATIONS,
    *event_stream.OPERATIONS,
    *transcripts.OPERATIONS,
    *fault_kinds.OPERATIONS,
    *faults.OPERATIONS,
    *clock.OPERATIONS,
    *state.OPERATIONS,
    *groups.OPERATIONS,
    *passwords.OPERATIONS,
    *directory.OPERATIONS,
    *ldif.OPERATIONS,
    *preview.OPERATIONS,
    *stats.OPERATIONS,
    *registry.OPERATIONS,
    *registry_actions.OPERATIONS,
    *registry_possible.OPERATIONS,
    *registry_timeline.OPERATIONS,
    *registry_launch.OPERATIONS,
    *registry_records.OPERATIONS,
    *registry_idn.OPERATIONS,
    *registry_queues.OPERATIONS,
    *registry_whole.OPERATIONS,
    *ote.OPERATIONS,
    *epp_answers.OPERATIONS,
    *dns_zones.OPERATIONS,
    *dns_queries.OPERATIONS,
    *dns_keys.OPERATIONS,
    *numbers.OPERATIONS,
    *dictionaries.OPERATIONS,
    *rdap.OPERATIONS,
    *mail.OPERATIONS,
    *mailboxes.OPERATIONS,
    *logs.OPERATIONS,
    *files.OPERATIONS,
    *metrics.OPERATIONS,
    *tickets.operations(lambda method, path: router().find(method, path)),
)
