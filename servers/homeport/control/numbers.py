"""A world's networks, routes and AS numbers over the API. Whois and RDAP show a change at once.

They are named by their ranges in any form, `192.0.2.0/24`, `192.0.2.0 - 192.0.2.99`, `AS64496`; answers have the
canonical form. The slash of a prefix may be written as it is.
"""

from collections.abc import Callable
from http import HTTPStatus
from math import floor
from typing import Any
from urllib.parse import unquote

import msgspec

from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Handler, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import listed, shape_of
from homeport.control.slices import Body
from homeport.control.state import body_of, log_change, require_same
from homeport.control.times import shown_time, unix_time
from homeport.world.numbers import AsNumbers, Network, NumberObject, Numbers, OverlapError, Range, Route
from homeport.world.numbers.numbers import Table

TIMES = ("created", "updated")


class Kind:
    """A kind of objects and its operations.

    name, plural: as in paths and texts. table: returns the world's table of them.
    """

    def __init__(
        self, name: str, plural: str, stored: type[NumberObject], key: str, table: Callable[[Numbers], Table[Any]]
    ) -> None:
        self.name = name
        self.plural = plural
        self.key = key
        self.shape = shape_of(stored, TIMES)
        self.listing = msgspec.defstruct(
            f"{stored.__name__.removesuffix('s')}List",
            [("items", list[self.shape]), ("total", int), ("next", int | None, None)],  # type: ignore[name-defined]  # made above
        )
        self._stored = stored
        self.table = table

    def list_all(self, farm: Farm, request: Request) -> Any:
        """Return all objects of the kind."""
        return Body(farm, listed([*self.table(world_of(farm, request).world.numbers)], self.show))

    def get(self, farm: Farm, request: Request) -> Any:
        """Return one object."""
        table = self.table(world_of(farm, request).world.numbers)
        found = table.index.get(self.range_of(table, request))
        if found is None:
            raise self.not_found(table, request)
        return self.show(found)

    def put(self, farm: Farm, request: Request) -> Any:
        """Add an object, or replace the one of the same range."""
        world = world_of(farm, request).world
        table = self.table(world.numbers)
        meant = self.range_of(table, request)
        fields = msgspec.structs.asdict(request.body)
        fields[self.key] = fields[self.key] or str(meant)
        now = world.clock.now()
        times = {name: float(floor(unix_time(fields[name], now))) for name in TIMES if fields[name] is not None}
        try:
            require_same(self.key, str(table.parse(fields[self.key])), str(meant))
            stored = table.put(self._stored(**fields | times))
        except OverlapError as error:
            raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
        except ValueError as error:
            raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None
        log_change(world, self.name, str(meant), "put")
        return self.show(stored)

    def delete(self, farm: Farm, request: Request) -> None:
        """Delete an object."""
        world = world_of(farm, request).world
        table = self.table(world.numbers)
        where = self.range_of(table, request)
        if not table.remove(where):
            raise self.not_found(table, request)
        log_change(world, self.name, str(where), "deleted")

    def range_of(self, table: Table[Any], request: Request) -> Range:
        """Return the range that the path names. Raises: ProblemError."""
        try:
            return table.parse(unquote(request.parameters["range"]))
        except ValueError as error:
            raise ProblemError(HTTPStatus.BAD_REQUEST, str(error)) from None

    def not_found(self, table: Table[Any], request: Request) -> ProblemError:
        """Return the error, 404, with the object that contains the range."""
        where = self.range_of(table, request)
        near = table.index.most_specific(where)
        hint = f"the smallest that contains it is {getattr(near, self.key)}" if near else "none contains it"
        return ProblemError(HTTPStatus.NOT_FOUND, f"there is no {self.name} {where}; {hint}")

    def show(self, one: Any) -> Any:
        """Return an object as the API shows it."""
        times = {name: shown_time(time) for name in TIMES if (time := getattr(one, name)) is not None}
        return self.shape(**msgspec.structs.asdict(one) | times)


def _operations(kind: Kind) -> tuple[Operation, ...]:
    every = f"{WORLD}/numbers/{kind.plural}"
    one = f"{every}/{{range}}"
    name, handler = kind.name, kind.name.lower().replace(" ", "_")
    return (
        Operation(
            method="GET",
            path=every,
            summary=f"List the {kind.name}s of a world",
            handler=_named(f"{handler}s", kind.list_all),
            answer=kind.listing,
        ),
        Operation(
            method="GET",
            path=one,
            rest="range",
            summary=f"Get the {name} of exactly that range",
            handler=_named(handler, kind.get),
            answer=kind.shape,
        ),
        Operation(
            method="PUT",
            path=one,
            rest="range",
            summary=f"Add or replace the {name} of that range",
            handler=_named(f"put_{handler}", kind.put),
            problems=(HTTPStatus.CONFLICT,),
            body=body_of(kind.shape, kind.key),
            answer=kind.shape,
        ),
        Operation(
            method="DELETE",
            path=one,
            rest="range",
            summary=f"Delete the {name} of exactly that range",
            handler=_named(f"delete_{handler}", kind.delete),
            answer=None,
            status=HTTPStatus.NO_CONTENT,
        ),
    )


def _named(name: str, handler: Handler) -> Handler:
    """Return the handler under its own name: operations are identified by their handlers' names."""

    def named(farm: Farm, request: Request) -> Any:
        return handler(farm, request)

    named.__name__ = name
    return named


KINDS = (
    Kind("network", "networks", Network, "range", lambda numbers: numbers.networks),
    Kind("route", "routes", Route, "prefix", lambda numbers: numbers.routes),
    Kind("AS number", "as-numbers", AsNumbers, "range", lambda numbers: numbers.as_numbers),
)
OPERATIONS = tuple(operation for kind in KINDS for operation in _operations(kind))
