"""Waiting for DNS queries: ACME clients and other programs that are tested look names up, and tests wait for that."""

from functools import cached_property
from http import HTTPStatus
from typing import Annotated

from msgspec import Meta

from homeport.control.dns_zones import parsed_name, parsed_type
from homeport.control.farm import Farm
from homeport.control.filters import validate_filter
from homeport.control.journal import EventWait, Waited, WaitQuery
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.world.event_filter import Condition
from homeport.world.journal import Entry


class DnsQueryWait(WaitQuery, frozen=True, kw_only=True):
    """The query of a wait for DNS queries: conditions on the question, and those of events."""

    type: Annotated[str, Meta(description="type of events; `query` finds queries")] | None = "query"
    name: (
        Annotated[
            str, Meta(description="only questions about this name, such as _acme-challenge.shop.test, in any case")
        ]
        | None
    ) = None
    qtype: Annotated[str, Meta(description="only questions of this type, or of several: A,AAAA")] | None = None
    rcode: Annotated[str, Meta(description="only answers with this code, or one of several: NXDOMAIN")] | None = None

    @cached_property
    def others(self) -> tuple[Condition, ...]:
        """All conditions but those of the table of followers."""
        names = None if self.name is None else frozenset((f"{self.name.removesuffix('.')}.".lower(),))
        conditions = (("name", names), ("qtype", _several(self.qtype)), ("rcode", _several(self.rcode)))
        return (*super().others, *(_has(field, values) for field, values in conditions if values is not None))


def wait_for_dns_query(farm: Farm, request: Request) -> EventWait:
    """Wait for queries. Raises: ProblemError, 400, for a name or a type that no question can have."""
    host, query = world_of(farm, request), request.query
    if query.name is not None:
        parsed_name("name", query.name)
    for one in (query.qtype or "A").split(","):
        parsed_type(one.strip())
    validate_filter(host, query)
    return EventWait(farm, host.world, request.query)


def _several(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(one.strip().lower() for one in text.split(","))


def _has(field: str, values: frozenset[str]) -> Condition:
    """Return the condition that a field has one of these values."""

    def holds(entry: Entry) -> bool:
        content = entry.content
        return isinstance(content, dict) and str(content.get(field, "")).lower() in values

    return holds


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{WORLD}/dns/queries/wait",
        summary="Wait for DNS queries",
        description="Wait until `count` queries match, earlier ones included, or until `timeout`.",
        handler=wait_for_dns_query,
        cli="homeport dns wait {name}",
        python="homeport.dns.wait_for_query({name})",
        problems=(HTTPStatus.GONE,),
        query=DnsQueryWait,
        answer=Waited,
    ),
)
