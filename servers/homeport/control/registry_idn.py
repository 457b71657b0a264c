"""The registry's IDN tables over the API (RFC 7940): list, read, put. A table that is put lasts until a reset."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import OffReactor
from homeport.control.state import log_change, not_found
from homeport.world.registry.idn import lgr
from homeport.world.registry.idn.policy import MAX_LGR_BYTES, IdnTableText
from homeport.world.registry.idn.table import Table


class IdnTableBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "An IDN table."

    lgr: Annotated[
        str, Meta(min_length=1, max_length=MAX_LGR_BYTES, description="label generation ruleset in XML (RFC 7940)")
    ]


class IdnTableState(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "An IDN table of the registry."

    name: Annotated[str, Meta(description="by which TLDs and clients name it")]
    language: Annotated[str, Meta(description="language or script (RFC 5646)")]
    characters: Annotated[int, Meta(description="number of characters and sequences in its repertoire")]
    zones: Annotated[tuple[str, ...], Meta(description="the TLDs that have it")]
    lgr: Annotated[str, Meta(description="the ruleset; empty in the list")] = ""


class IdnTableList(msgspec.Struct, frozen=True):
    meaning = "The IDN tables of the registry."

    items: list[IdnTableState]
    total: int
    next: int | None = None


def idn_tables(farm: Farm, request: Request) -> OffReactor:
    registry = world_of(farm, request).world.registry

    def work() -> list[Table]:
        return [table for name in registry.idn.names() if (table := registry.idn.get(name)) is not None]

    def show(tables: list[Table]) -> IdnTableList:
        return IdnTableList([_shown(farm, request, table) for table in tables], len(tables))

    return OffReactor(farm, work, show)


def idn_table(farm: Farm, request: Request) -> OffReactor:
    registry, name = world_of(farm, request).world.registry, request.parameters["name"]

    def work() -> tuple[Table, str]:
        table = registry.idn.get(name)
        if table is None:
            raise not_found("IDN table", name, registry.idn.names())
        return table, registry.idn.text_of(name) or lgr.write(table)

    return OffReactor(farm, work, lambda made: _shown(farm, request, made[0], made[1]))


def put_idn_table(farm: Farm, request: Request) -> OffReactor:
    world, name = world_of(farm, request).world, request.parameters["name"]
    try:
        given = msgspec.convert({"name": name, "lgr": request.body.lgr}, IdnTableText)
    except msgspec.ValidationError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None

    def work() -> Table | str:
        try:
            return lgr.parse(name, given.lgr)
        except lgr.BadLgr as error:
            return str(error)

    def change(made: Table | str) -> IdnTableState:
        if isinstance(made, str):
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"lgr: {made}")
        world.registry.put_idn_table(given, made)
        log_change(world, "idn-table", name, "put")
        return _shown(farm, request, made, given.lgr)

    return OffReactor(farm, work, change)


def _shown(farm: Farm, request: Request, table: Table, text: str = "") -> IdnTableState:
    zones = world_of(farm, request).world.registry.zones.values()
    return IdnTableState(
        name=table.name,
        language=table.language,
        characters=len(table.repertoire),
        zones=tuple(one.name for one in zones if table.name in one.idn.tables),
        lgr=text,
    )


EVERY = f"{WORLD}/registry/idn-tables"
ONE = f"{EVERY}/{{name}}"
OPERATIONS = (
    Operation(
        method="GET",
        path=EVERY,
        summary="The registry's IDN tables",
        description="Return the IDN tables, built in and configured, without their rulesets.",
        handler=idn_tables,
        answer=IdnTableList,
    ),
    Operation(
        method="GET",
        path=ONE,
        summary="An IDN table",
        description="Return an IDN table with its label generation ruleset (RFC 7940).",
        handler=idn_table,
        answer=IdnTableState,
    ),
    Operation(
        method="PUT",
        path=ONE,
        summary="Add or replace an IDN table",
        description="Add an IDN table, or replace it, until the registry is reset. Registered names stay.",
        handler=put_idn_table,
        problems=(HTTPStatus.UNPROCESSABLE_ENTITY,),
        body=IdnTableBody,
        answer=IdnTableState,
    ),
)
