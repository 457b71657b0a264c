"""Records of the registry over the API: maintenances (RFC 9167), organizations (RFC 8543), tokens (RFC 8495).

PUT    W/registry/maintenances/upgrade-7    {"start": "+1d", "end": "+26h", "remind": 3600}
PUT    W/registry/tokens/abc123             {"names": ["reserved.test"], "registrar": "harbour", "uses": 1}
DELETE W/registry/tokens/abc123

Registrars get poll messages about maintenances; domains name organizations in `extras.orgs`. The kinds have the same
four operations, which are generated here.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from math import floor
from typing import Any

import msgspec

from homeport.config.patterns import in_words
from homeport.control.durable import NOT_DURABLE, when_durable
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry import named, shape_of
from homeport.control.state import body_of, log_change, not_found, require_same
from homeport.control.times import shown_time, unix_time
from homeport.world.registry import maintenances, organizations, tokens
from homeport.world.registry.changes import Changes
from homeport.world.registry.maintenances import Maintenance
from homeport.world.registry.organizations import Organization
from homeport.world.registry.registry import Registry
from homeport.world.registry.tokens import Token

CREATED = {"created": "omitted: as before, or now"}


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The descriptions of a kind's operations: each a summary and, after a line break, more about it."""

    every: str
    one: str
    put: str
    delete: str


class RecordKind:
    """A kind of records and its operations.

    times: fields that are times. problems: returns what is wrong with a record. put, remove: change a transaction, and
    `put` returns the record as it is then.
    """

    def __init__(
        self,
        stored: type[msgspec.Struct],
        times: tuple[str, ...],
        words: Words,
        *,
        omitted: Mapping[str, str] = {},
        problems: Callable[[Any], Iterable[str]] | None = None,
        put: Callable[[Changes, Any], Any] | None = None,
        remove: Callable[[Changes, Any], None] = Changes.remove,
    ) -> None:
        self.name = stored.__name__.lower()
        self.plural = f"{self.name}s"
        self.words = words
        self.shape: Any = shape_of(stored, times)
        self.body: Any = body_of(self.shape, "id", omitted)
        self.listing = msgspec.defstruct(
            self.plural.capitalize(),
            [("items", list[self.shape]), ("total", int), ("next", int | None, None)],  # type: ignore[name-defined]  # made above
            namespace={"meaning": f"The {self.plural} of a registry."},
        )
        self.problems = problems
        self._stored, self._times, self._put, self._remove = stored, times, put, remove

    def list_all(self, farm: Farm, request: Request) -> Any:
        """Return all records of the kind."""
        items = [self._show(one) for one in self._records(world_of(farm, request).world.registry).values()]
        return self.listing(items, len(items))

    def get(self, farm: Farm, request: Request) -> Any:
        """Return one record."""
        return self._show(self._find(world_of(farm, request).world.registry, request.parameters["id"]))

    def put(self, farm: Farm, request: Request) -> Any:
        """Add a record, or replace one."""
        world, meant = world_of(farm, request).world, request.parameters["id"]
        changes = world.registry.begin()
        one = self._stored_form(request, changes, world.clock.now(), meant)
        if self.problems is not None and (problems := list(self.problems(one))):
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, problems[0], problems=problems)
        if self._put is not None:
            one = self._put(changes, one)
        else:
            changes.put(one)
        ticket = world.registry.commit(changes)
        log_change(world, self.name, one.id, "put")
        return when_durable(farm, world, ticket, self._show(one))

    def delete(self, farm: Farm, request: Request) -> Any:
        """Remove a record."""
        world = world_of(farm, request).world
        found = self._find(world.registry, request.parameters["id"])
        changes = world.registry.begin()
        self._remove(changes, found)
        ticket = world.registry.commit(changes)
        log_change(world, self.name, found.id, "deleted")
        return when_durable(farm, world, ticket, None)

    def _stored_form(self, request: Request, changes: Changes, now: float, meant: str) -> Any:
        """Return a request's record as the registry has it. Raises: ProblemError."""
        fields = msgspec.structs.asdict(request.body)
        fields["id"] = fields["id"] or meant
        require_same("id", fields["id"].lower(), meant.lower())
        before = self._records(changes.registry).get(meant.lower())
        if fields.get("created") is msgspec.UNSET:
            fields["created"] = before.created if before is not None else changes.now
        if fields.get("roid") == "":
            fields["roid"] = before.roid if before is not None else changes.registry.new_roid(self.name)
        fields |= {name: float(floor(unix_time(fields[name], now))) for name in self._times if fields[name] is not None}
        try:
            return msgspec.convert(fields, self._stored)
        except msgspec.ValidationError as error:
            raise ProblemError(HTTPStatus.BAD_REQUEST, in_words(str(error))) from None

    def _show(self, one: Any) -> Any:
        fields = msgspec.structs.asdict(one)
        return self.shape(
            **fields | {name: shown_time(fields[name]) for name in self._times if fields[name] is not None}
        )

    def _records(self, registry: Registry) -> dict[str, Any]:
        registry.catch_up()
        return getattr(registry, self.plural)  # type: ignore[no-any-return]  # its table of that kind

    def _find(self, registry: Registry, identifier: str) -> Any:
        found = self._records(registry).get(identifier.lower())
        if found is None:
            raise not_found(self.name, identifier, self._records(registry))
        return found


MAINTENANCES = RecordKind(
    Maintenance,
    maintenances.TIMES,
    Words(
        every="The registry's maintenances\nReturn all maintenances (RFC 9167), those that have ended, too.",
        one="A maintenance",
        put="Announce or change a maintenance\nAnnounce a maintenance, or change it. Each registrar gets a poll "
        "message, another one `remind` seconds before the start, and one at the end.",
        delete="Withdraw a maintenance\nRemove a maintenance. Each registrar gets a poll message, unless it has ended.",
    ),
    omitted=CREATED,
    problems=maintenances.maintenance_problems,
    put=maintenances.announce,
    remove=maintenances.withdraw,
)
ORGANIZATIONS = RecordKind(
    Organization,
    organizations.TIMES,
    Words(
        every="The registry's organizations\nReturn all organizations (RFC 8543).",
        one="An organization",
        put="Add or replace an organization",
        delete="Delete an organization\nRemove an organization. Domains that name it keep its identifier.",
    ),
    omitted=CREATED,
    problems=organizations.organization_problems,
)
TOKENS = RecordKind(
    Token,
    tokens.TIMES,
    Words(
        every="The registry's allocation tokens\nReturn all allocation tokens (RFC 8495), those that are used up or "
        "have expired, too.",
        one="An allocation token",
        put="Make or change an allocation token\nMake a token with which registrars are given names, or change it. "
        "Reserved names need one.",
        delete="Delete an allocation token",
    ),
)


def _operations(kind: RecordKind) -> tuple[Operation, ...]:
    every = f"{WORLD}/registry/{kind.plural}"
    one = f"{every}/{{id}}"
    refusals = (NOT_DURABLE,) if kind.problems is None else (NOT_DURABLE, HTTPStatus.UNPROCESSABLE_ENTITY)
    texts = {name: _texts(getattr(kind.words, name)) for name in Words.__struct_fields__}
    return (
        Operation(
            method="GET", path=every, handler=named(kind.plural, kind.list_all), answer=kind.listing, **texts["every"]
        ),
        Operation(method="GET", path=one, handler=named(kind.name, kind.get), answer=kind.shape, **texts["one"]),
        Operation(
            method="PUT",
            path=one,
            handler=named(f"put_{kind.name}", kind.put),
            problems=refusals,
            body=kind.body,
            answer=kind.shape,
            **texts["put"],
        ),
        Operation(
            method="DELETE",
            path=one,
            handler=named(f"delete_{kind.name}", kind.delete),
            problems=(NOT_DURABLE,),
            answer=None,
            status=HTTPStatus.NO_CONTENT,
            **texts["delete"],
        ),
    )


def _texts(words: str) -> dict[str, Any]:
    summary, _break, description = words.partition("\n")
    return {"summary": summary, "description": description} if description else {"summary": summary}


OPERATIONS = tuple(operation for kind in (MAINTENANCES, ORGANIZATIONS, TOKENS) for operation in _operations(kind))
