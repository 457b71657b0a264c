"""A world's registry over the API: read, seed and delete domains, hosts, contacts and registrars.

The four kinds have the same four operations, which are generated here. An object has the fields that
`world/registry/objects.py` declares, with times as RFC 3339, in whole seconds. An object invalid by itself is refused
(`world/registry/validation.py`); references to others are not validated: tests need broken registries too.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from http import HTTPStatus
from itertools import islice
from math import floor
from typing import Any

import msgspec

from homeport.control.durable import NOT_DURABLE, when_durable
from homeport.control.farm import Farm
from homeport.control.json_pieces import MAX_RENDERED, batched, list_pieces, serialize
from homeport.control.operation import WORLD, Handler, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.registry_lists import ObjectsQuery, RegistrarsQuery, find_objects
from homeport.control.slices import Body, Steps
from homeport.control.state import body_of, log_change, not_found, require_same
from homeport.control.times import Time, shown_time, unix_time
from homeport.world.names import canonical_name
from homeport.world.registry import (
    TIMES,
    Contact,
    Domain,
    Grace,
    Host,
    Registrar,
    Registry,
    RegistryObject,
    Stored,
    Transfer,
)
from homeport.world.registry.changes import key_of
from homeport.world.registry.objects import NESTED_TIMES, Extras, ObjectKind, kind_of, name_of, with_times
from homeport.world.registry.validation import validate_object

MAX_COMPARED = 200
"""Names among which a near one is looked for."""
ASSIGNED = {
    "roid": "repository object identifier (RFC 5730 2.8), unique in the registry; omitted: as before, or a new one",
    "created": "omitted: as before, or now",
}
"""What the registry assigns where a request does not have it."""


class Kind:
    """A kind of objects and its operations.

    key: the field that names an object. canonical: returns the canonical name; None for an invalid one.
    """

    def __init__(
        self, name: ObjectKind, stored: type[RegistryObject], key: str, canonical: Callable[[str], str | None]
    ) -> None:
        self.name = name
        self.plural = f"{name}s"
        self.shape = shape_of(stored)
        self.listing = msgspec.defstruct(
            self.plural.capitalize(),
            [("items", list[self.shape]), ("total", int), ("next", int | None, None)],  # type: ignore[name-defined]  # made above
        )
        self.query: type[RegistrarsQuery] = RegistrarsQuery if stored is Registrar else ObjectsQuery
        self._stored = stored
        self.key = key
        self._canonical = canonical

    def list_all(self, farm: Farm, request: Request) -> Any:
        """Return the objects of the kind, filtered."""
        registry, query = world_of(farm, request).world.registry, request.query
        objects = list(self.objects(registry).values())
        if query == self.query():
            return Body(farm, listed(objects, self.show))
        return Steps(farm, find_objects(farm, registry, objects, query, self.show))

    def get(self, farm: Farm, request: Request) -> Any:
        """Return one object."""
        return self.show(self.find(world_of(farm, request).world.registry, request.parameters["name"]))

    def put(self, farm: Farm, request: Request) -> Any:
        """Seed an object unchanged, or replace one."""
        world = world_of(farm, request).world
        fields = msgspec.structs.asdict(request.body)
        meant = request.parameters["name"]
        said = fields[self.key] = fields[self.key] or meant
        known = self._canonical(said)
        if known is None:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"{said!r} is not a valid name of a {self.name}")
        require_same(self.key, known, self._canonical(meant) or meant)
        if self._canonical is canonical_name:
            fields[self.key] = known
        now = world.clock.now()
        if fields.get("roid") is msgspec.UNSET or fields.get("created") is msgspec.UNSET:
            before = self.objects(world.registry).get(known)
            assigned = {
                "roid": before.roid if before else world.registry.new_roid(self.name),
                "created": before.created if before else now,
            }
            fields |= {name: value for name, value in assigned.items() if fields[name] is msgspec.UNSET}
        stored = with_times(self._stored(**fields | _parts(fields)), lambda time: float(floor(unix_time(time, now))))
        if problems := validate_object(stored):
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, problems[0], problems=problems)
        self._refuse_roid_of_another(world.registry, stored)
        ticket = world.registry.put(stored)
        log_change(world, self.name, fields[self.key], "put")
        return when_durable(farm, world, ticket, self.show(stored))

    def delete(self, farm: Farm, request: Request) -> Any:
        """Delete an object."""
        world = world_of(farm, request).world
        found = self.find(world.registry, request.parameters["name"])
        ticket = world.registry.remove(found)
        log_change(world, self.name, getattr(found, self.key), "deleted")
        return when_durable(farm, world, ticket, None)

    @staticmethod
    def _refuse_roid_of_another(registry: Registry, stored: RegistryObject) -> None:
        if isinstance(stored, Registrar):
            return
        other = registry.by_roid(stored.roid)
        if other is not None and key_of(other) != key_of(stored):
            text = f"roid: {stored.roid} belongs to the {kind_of(other)} {name_of(other)}; it must be unique"
            raise ProblemError(HTTPStatus.CONFLICT, text)

    def objects(self, registry: Registry) -> dict[str, Any]:
        """Return all current objects of the kind by canonical name."""
        registry.catch_up()
        return getattr(registry, self.plural)  # type: ignore[no-any-return]  # its dict of that kind

    def find(self, registry: Registry, name: str) -> Any:
        """Return the object of that name. Raises: ProblemError."""
        found = self.objects(registry).get(self._canonical(name) or "")
        if found is None:
            raise not_found(self.name, name, list(islice(self.objects(registry), MAX_COMPARED)))
        return found

    def show(self, one: Any) -> Any:
        """Return an object as the API shows it."""
        return self.shape(**msgspec.structs.asdict(with_times(one, shown_time)))


def listed(found: Sequence[Any], show: Callable[[Any], Any]) -> Iterator[bytes]:
    """Yield the body of a list piece by piece, since it may be long. show: returns an object as the API does."""
    batches = ([serialize(show(one)) for one in some] for some in batched(found, MAX_RENDERED))
    return list_pieces("items", batches, lambda: {"total": len(found), "next": None})


def _parts(fields: dict[str, Any]) -> dict[str, Any]:
    """Convert those parts of an object that have times to the registry's form."""
    parts: dict[str, Any] = {}
    if transfer := fields.get("transfer"):
        parts["transfer"] = Transfer(**msgspec.structs.asdict(transfer))
    if extras := fields.get("extras"):
        parts["extras"] = Extras(**msgspec.structs.asdict(extras))
    if graces := fields.get("graces"):
        parts["graces"] = tuple(Grace(**msgspec.structs.asdict(grace)) for grace in graces)
    return parts


def shape_of(stored: type[msgspec.Struct], times: Collection[str] = TIMES) -> type[msgspec.Struct]:
    """Return a struct type for the API: the registry's, with readable times."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(stored):
        kind = field.type
        if field.name in times:
            kind = Time if field.required else Time | None
        elif field.name in PARTS_WITH_TIMES:
            kind = PARTS_WITH_TIMES[field.name]
        if field.required:
            fields.append((field.name, kind))
        elif field.default_factory is not msgspec.NODEFAULT:
            fields.append((field.name, kind, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.name, kind, field.default))
    own = {"meaning": vars(stored).get("meaning", "")}
    return msgspec.defstruct(
        stored.__name__,
        fields,
        namespace=own,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=stored.__struct_config__.omit_defaults and not issubclass(stored, Stored),
    )


PARTS_WITH_TIMES: dict[str, Any] = {}
PARTS_WITH_TIMES = {
    "transfer": shape_of(Transfer, NESTED_TIMES[Transfer]) | None,
    "extras": shape_of(Extras, NESTED_TIMES[Extras]),
    "graces": tuple[shape_of(Grace, NESTED_TIMES[Grace]), ...],  # type: ignore[misc]  # made here
}
"""Fields of objects whose own fields are times, with their types in the API."""


def _operations(kind: Kind) -> tuple[Operation, ...]:
    every = f"{WORLD}/registry/{kind.plural}"
    one = f"{every}/{{name}}"
    shape, name = kind.shape, kind.name
    return (
        Operation(
            method="GET",
            path=every,
            summary=f"The registry's {kind.plural}",
            description=f"Return {kind.plural} in the order they came to the registry. Pass `next` as `offset` to "
            "continue the list.",
            handler=named(kind.plural, kind.list_all),
            cli=f"homeport registry list {name}",
            query=kind.query,
            python=f"homeport.registry.{kind.plural}.all()",
            answer=kind.listing,
        ),
        Operation(
            method="GET",
            path=one,
            summary=f"A {name}",
            handler=named(name, kind.get),
            cli=f"homeport registry show {name} {{name}}",
            python=f"homeport.registry.{kind.plural}[{{name}}]",
            answer=shape,
        ),
        Operation(
            method="PUT",
            path=one,
            summary=f"Seed a {name} unchanged",
            handler=named(f"put_{name}", kind.put),
            cli=f"homeport registry put {name} {{name}}",
            python=f"homeport.registry.{kind.plural}.put({{name}})",
            problems=(NOT_DURABLE, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
            body=body_of(shape, kind.key, ASSIGNED),
            answer=shape,
        ),
        Operation(
            method="DELETE",
            path=one,
            summary=f"Delete a {name}, even if others refer to it",
            handler=named(f"delete_{name}", kind.delete),
            cli=f"homeport registry remove {name} {{name}}",
            python=f"del homeport.registry.{kind.plural}[{{name}}]",
            problems=(NOT_DURABLE,),
            answer=None,
            status=HTTPStatus.NO_CONTENT,
        ),
    )


def named(name: str, handler: Handler) -> Handler:
    """Return the handler under its own name: operations are identified by their handlers' names."""

    def named(farm: Farm, request: Request) -> Any:
        return handler(farm, request)

    named.__name__ = name
    return named


DOMAINS = Kind("domain", Domain, "name", canonical_name)
HOSTS = Kind("host", Host, "name", canonical_name)
CONTACTS = Kind("contact", Contact, "id", str.lower)
REGISTRARS = Kind("registrar", Registrar, "id", str.lower)
KINDS = (DOMAINS, HOSTS, CONTACTS, REGISTRARS)
OPERATIONS = tuple(operation for kind in KINDS for operation in _operations(kind))
