"""Filters of the registry's lists: the conditions of the parameters, and the filter language."""

from collections.abc import Callable, Generator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.control.connection_filter import split
from homeport.control.farm import Farm
from homeport.control.filter_language import Key, Value, parse_q
from homeport.control.json_pieces import MAX_RENDERED, batched, list_pieces, serialize
from homeport.control.slices import STEP_ITEMS, Body
from homeport.world.names import readable_name
from homeport.world.registry import Domain, Host, Registrar, Registry, RegistryObject
from homeport.world.registry.objects import name_of, names_of

OBJECT_KEYS = dict.fromkeys(("name", "registrar", "status"), Key())
"""Keys of the filter language for objects."""
REGISTRAR_KEYS = {"name": Key()}
"""Keys of the filter language for registrars."""


class RegistrarsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of registrars."""

    name: Annotated[
        str, Meta(description="only those whose name contains this; with `*`, whose whole name is this")
    ] = ""
    q: Annotated[str, Meta(description="filter language, with the key `name`; a word is a part of a name")] | None = (
        None
    )
    order: Annotated[
        Literal["asc", "desc"], Meta(description="asc: in the order they came to the registry; desc: newest first")
    ] = "asc"
    offset: Annotated[int, Meta(ge=0, description="number of items to skip: `next` of the answer before")] = 0
    limit: Annotated[int, Meta(ge=1, description="maximum number of items; all without it")] | None = None


class ObjectsQuery(RegistrarsQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of domains, hosts or contacts."""

    q: (
        Annotated[
            str,
            Meta(description=f"filter language; keys: {', '.join(OBJECT_KEYS)}; a word is a part of a name"),
        ]
        | None
    ) = None
    registrar: Annotated[str, Meta(description="only objects of this sponsor; or of several: harbour,pilot")] | None = (
        None
    )
    status: (
        Annotated[
            str,
            Meta(
                description="only objects that have this status now, set or derived: ok, inactive, linked, "
                "pendingDelete, redemptionPeriod, ...; or one of several"
            ),
        ]
        | None
    ) = None


def find_objects(
    farm: Farm, registry: Registry, objects: Sequence[RegistryObject], query: Any, show: Callable[[Any], Any]
) -> Generator[None, None, Body]:
    """Find objects in steps, and return the body of their list. show: returns an object as the API does."""
    wanted = object_filter(registry, query)
    found: list[RegistryObject] = []
    for some in batched(objects, STEP_ITEMS // 4):
        found += filter(wanted, some)
        yield
    if query.order == "desc":
        found.reverse()
    end = len(found) if query.limit is None else min(query.offset + query.limit, len(found))
    shown = found[query.offset : end]
    batches = ([serialize(show(one)) for one in some] for some in batched(shown, MAX_RENDERED))
    rest = {"total": len(found), "next": end if end < len(found) else None}
    return Body(farm, list_pieces("items", batches, lambda: rest))


def object_filter(registry: Registry, query: Any) -> Callable[[RegistryObject], bool]:
    """Return a predicate of objects. Raise ProblemError, 400, for a malformed filter."""
    of_objects = isinstance(query, ObjectsQuery)
    clauses = parse_q(query.q, OBJECT_KEYS if of_objects else REGISTRAR_KEYS)
    registrars = {one.lower() for one in split(query.registrar)} if of_objects else set()
    statuses = {one.lower() for one in split(query.status)} if of_objects else set()
    name = query.name.lower()

    def wanted(one: RegistryObject) -> bool:
        return (
            (not name or has_name(one, name))
            and (not registrars or getattr(one, "registrar", "").lower() in registrars)
            and (not statuses or not statuses.isdisjoint(statuses_of(registry, one)))
            and all(any(term.holds(partial(judge, registry, one, term.key)) for term in clause) for clause in clauses)
        )

    return wanted


def judge(registry: Registry, one: RegistryObject, key: str, value: Value) -> bool:
    """Return True if an object matches one value of the filter language."""
    wanted = value.text.lower()
    if key == "registrar":
        return getattr(one, "registrar", "").lower() == wanted
    if key == "status":
        return wanted in statuses_of(registry, one)
    return has_name(one, wanted)


def has_name(one: RegistryObject, wanted: str) -> bool:
    """Return True if one of an object's names contains a text, or matches it if it has an asterisk."""
    names: Sequence[str] = (name_of(one),)
    if isinstance(one, Domain | Host):
        names = (one.name, readable_name(one.name)) if "xn--" in one.name else names
    else:
        names = (one.id, *names_of(one))
    if "*" in wanted:
        return any(fnmatchcase(name.lower(), wanted) for name in names)
    return any(wanted in name.lower() for name in names)


def statuses_of(registry: Registry, one: RegistryObject) -> set[str]:
    """Return the statuses of an object now in lower case, set and derived; a registrar has none."""
    if isinstance(one, Registrar):
        return set()
    shown = registry.statuses(one)
    of_life = registry.rgp_statuses(one) if isinstance(one, Domain) else ()
    return {status.lower() for status in chain(shown, of_life)}
