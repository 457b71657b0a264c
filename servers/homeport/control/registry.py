"""A world's registry over the API: domains, hosts, contacts and registrars, read, seeded as they stand, taken out.

The four kinds have the same four operations, so those are made here for each. An object looks as `world/registry.py`
declares it, but for its times, which are RFC 3339, in whole seconds. What makes no sense in itself is refused
(`world/registry/validation.py`); what one object says of others is not checked: tests need broken registries too.
"""

from collections.abc import Callable, Collection
from http import HTTPStatus
from math import floor
from typing import Any

import msgspec

from homeport.control.durable import NOT_KEPT, when_kept
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Handler, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.state import absent, demand_same, log_change
from homeport.control.times import Time, shown_time, unix_time
from homeport.world.names import canonical_name
from homeport.world.registry import TIMES, Contact, Domain, Grace, Host, Registrar, Registry, RegistryObject, Transfer
from homeport.world.registry.changes import key_of
from homeport.world.registry.objects import NESTED_TIMES, kind_of, name_of, with_times
from homeport.world.registry.validation import problems_of


class Kind:
    """A kind of objects, and what can be done with them.

    key: the field that names an object. canonical: what a name is known by; None if it is no name.
    """

    def __init__(
        self, name: str, stored: type[RegistryObject], key: str, canonical: Callable[[str], str | None]
    ) -> None:
        self.name = name
        self.plural = f"{name}s"
        self.shape = shape_of(stored)
        self.listing = msgspec.defstruct(
            self.plural.capitalize(),
            [("items", list[self.shape]), ("total", int), ("next", int | None, None)],  # type: ignore[name-defined]  # made above
        )
        self._stored = stored
        self._key = key
        self._canonical = canonical

    def list_all(self, farm: Farm, request: Request) -> Any:
        """All of the kind."""
        items = [self.show(one) for one in self.objects(world_of(farm, request).world.registry).values()]
        return self.listing(items, len(items))

    def get(self, farm: Farm, request: Request) -> Any:
        """One of them."""
        return self.show(self.find(world_of(farm, request).world.registry, request.parameters["name"]))

    def put(self, farm: Farm, request: Request) -> Any:
        """Seed an object as it stands, or replace one."""
        world = world_of(farm, request).world
        fields = msgspec.structs.asdict(request.body)
        meant, said = request.parameters["name"], fields[self._key]
        known = self._canonical(said)
        if known is None:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"{said!r} is no name of a {self.name}")
        demand_same(self._key, known, self._canonical(meant) or meant)
        if self._canonical is canonical_name:
            fields[self._key] = known
        now = world.clock.now()
        stored = with_times(self._stored(**fields | _parts(fields)), lambda time: float(floor(unix_time(time, now))))
        if problems := problems_of(stored):
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, problems[0], problems=problems)
        self._refuse_roid_of_another(world.registry, stored)
        ticket = world.registry.put(stored)
        log_change(world, self.name, fields[self._key], "put")
        return when_kept(farm, world, ticket, self.show(stored))

    def delete(self, farm: Farm, request: Request) -> Any:
        """Take an object out."""
        world = world_of(farm, request).world
        found = self.find(world.registry, request.parameters["name"])
        ticket = world.registry.remove(found)
        log_change(world, self.name, getattr(found, self._key), "deleted")
        return when_kept(farm, world, ticket, None)

    @staticmethod
    def _refuse_roid_of_another(registry: Registry, stored: RegistryObject) -> None:
        if isinstance(stored, Registrar):
            return
        other = registry.by_roid(stored.roid)
        if other is not None and key_of(other) != key_of(stored):
            text = f"roid: {stored.roid} is that of the {kind_of(other)} {name_of(other)}; each object has its own"
            raise ProblemError(HTTPStatus.CONFLICT, text)

    def objects(self, registry: Registry) -> dict[str, Any]:
        """All of the kind as they are now, by what each is known by."""
        registry.catch_up()
        return getattr(registry, self.plural)  # type: ignore[no-any-return]  # its dict of that kind

    def find(self, registry: Registry, name: str) -> Any:
        """The object of that name. Raises: ProblemError."""
        found = self.objects(registry).get(self._canonical(name) or "")
        if found is None:
            raise absent(self.name, name, self.objects(registry))
        return found

    def show(self, one: Any) -> Any:
        """An object as the API has it."""
        return self.shape(**msgspec.structs.asdict(with_times(one, shown_time)))


def _parts(fields: dict[str, Any]) -> dict[str, Any]:
    """Those parts of an object that have times, as the registry has them."""
    parts: dict[str, Any] = {}
    if transfer := fields.get("transfer"):
        parts["transfer"] = Transfer(**msgspec.structs.asdict(transfer))
    if graces := fields.get("graces"):
        parts["graces"] = tuple(Grace(**msgspec.structs.asdict(grace)) for grace in graces)
    return parts


def shape_of(stored: type[msgspec.Struct], times: Collection[str] = TIMES) -> type[msgspec.Struct]:
    """A struct of the registry as the API shows it: with times that people can read."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(stored):
        kind = field.type
        if field.name in times:
            kind = Time if field.required else Time | None
        elif field.name in PARTS_WITH_TIMES:
            kind = PARTS_WITH_TIMES[field.name]
        fields.append((field.name, kind) if field.required else (field.name, kind, field.default))
    own = {"meaning": vars(stored).get("meaning", "")}
    return msgspec.defstruct(stored.__name__, fields, namespace=own, kw_only=True, forbid_unknown_fields=True)


PARTS_WITH_TIMES: dict[str, Any] = {}
PARTS_WITH_TIMES = {
    "transfer": shape_of(Transfer, NESTED_TIMES[Transfer]) | None,
    "graces": tuple[shape_of(Grace, NESTED_TIMES[Grace]), ...],  # type: ignore[misc]  # made here
}
"""The fields of objects whose own fields are times, with their shapes."""


def _operations(kind: Kind) -> tuple[Operation, ...]:
    every = f"{WORLD}/registry/{kind.plural}"
    one = f"{every}/{{name}}"
    shape, name = kind.shape, kind.name
    return (
        Operation(
            method="GET",
            path=every,
            summary=f"The registry's {kind.plural}",
            handler=_named(kind.plural, kind.list_all),
            answer=kind.listing,
        ),
        Operation(method="GET", path=one, summary=f"A {name}", handler=_named(name, kind.get), answer=shape),
        Operation(
            method="PUT",
            path=one,
            summary=f"Seed a {name} as it stands",
            handler=_named(f"put_{name}", kind.put),
            problems=(NOT_KEPT, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
            body=shape,
            answer=shape,
        ),
        Operation(
            method="DELETE",
            path=one,
            summary=f"Take a {name} out, whatever others say of it",
            handler=_named(f"delete_{name}", kind.delete),
            problems=(NOT_KEPT,),
            answer=None,
            status=HTTPStatus.NO_CONTENT,
        ),
    )


def _named(name: str, handler: Handler) -> Handler:
    """The handler under a name of its own, since an operation is known by its handler's."""

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
