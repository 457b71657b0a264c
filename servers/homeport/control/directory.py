"""A world's directory over the API: searches and LDIF, with all attributes, as an administrator of LDAP finds them."""

from collections.abc import Callable, Generator, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.json_pieces import batched, list_pieces, serialize
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body, Steps
from homeport.world.directory.secret_attributes import MASK, is_secret
from homeport.world.journal import printable
from homeport.world.world import World

if TYPE_CHECKING:
    from homeport.world.directory.directory import Directory
    from homeport.world.directory.entry import Entry, Values

LDIF = "text/plain; charset=utf-8"
SCOPES = {"base": 0, "one": 1, "sub": 2, "subordinates": 3}
STEP = 20
"""Entries that are looked at, or rendered, in one step."""


class DirectoryState(msgspec.Struct, frozen=True):
    meaning = "A world's directory."

    base: Annotated[str, Meta(description="DN below which people, groups, hosts and registrars are")]
    suffixes: Annotated[list[str], Meta(description="all suffixes, that one first")]


class DirectoryEntry(msgspec.Struct, frozen=True):
    meaning = "An entry of a directory."

    dn: str
    attributes: Annotated[
        dict[str, list[str]],
        Meta(description="values by name in lower case; bytes that are no printable text are escaped, as in `text`"),
    ]


class DirectoryEntries(msgspec.Struct, frozen=True):
    meaning = "Entries of a directory."

    items: list[DirectoryEntry]
    total: int
    next: int | None = None


KEPT, FOLLOWING = "*", "+"
PASSWORDS = Annotated[bool, Meta(description="with the values of passwords; false: without them")]


class DirectoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of a list of entries."""

    base: Annotated[
        str, Meta(description="DN of the entry where the search begins; that of the directory if empty")
    ] = ""
    scope: Annotated[
        Literal["base", "one", "sub", "subordinates"],
        Meta(description="the base itself, one level below it, all its subtree, or that without the base"),
    ] = "sub"
    filter: Annotated[str, Meta(max_length=10_000, description="as RFC 4515 has it, such as (uid=alice)")] = (
        "(objectClass=*)"
    )
    attributes: Annotated[
        str,
        Meta(
            max_length=10_000,
            description="attributes to return, separated by commas: `*` for those that entries keep, `+` for the "
            "operational ones that follow from other state, such as entryUUID, and names",
        ),
    ] = KEPT
    passwords: PASSWORDS = True
    """False: each is `***`."""
    offset: Annotated[int, Meta(ge=0, description="number of items to skip: `next` of the answer before")] = 0
    limit: Annotated[int, Meta(ge=1, le=10_000, description="maximum number of items")] = 1000


class LdifQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query of an export."""

    base: Annotated[str, Meta(description="DN of the entry where it begins; that of the directory if empty")] = ""
    scope: Annotated[
        Literal["base", "one", "sub", "subordinates"], Meta(description="as in a search of the directory")
    ] = "sub"
    passwords: PASSWORDS = True


def directory(farm: Farm, request: Request) -> DirectoryState:
    held = world_of(farm, request).world.contents.directory
    return DirectoryState(held.base, [held.base, *held.suffixes])


def directory_entries(farm: Farm, request: Request) -> Steps:
    world, query = world_of(farm, request).world, request.query
    return Steps(farm, _list(farm, world, query))


def directory_ldif(farm: Farm, request: Request) -> Steps:
    return Steps(farm, _export(farm, world_of(farm, request).world, request.query))


def _list(farm: Farm, world: World, query: DirectoryQuery) -> Generator[None, None, Body]:
    """Find entries in steps, and return the body of their list."""
    from homeport.world.directory.evaluation import compile_filter
    from homeport.world.directory.filter_text import FilterProblem, parse_filter

    try:
        chosen = parse_filter(query.filter)
    except FilterProblem as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"filter: {error}") from None
    held = world.directory
    yield from held.opening()
    test = compile_filter(chosen, held.schema, special=held.special_rules, operational=held.operational)
    found: list[Any] = []
    total = 0
    looked_at = held.search(_base(world, query.base), SCOPES[query.scope], chosen)
    for some in batched(looked_at, STEP):
        for entry in some:
            if entry is not None and test(entry):
                if query.offset <= total < query.offset + query.limit:
                    found.append(entry)
                total += 1
        yield
    show = _view(held, query.attributes, passwords=query.passwords)
    batches = ([serialize(show(one)) for one in some] for some in batched(found, STEP))
    end = query.offset + len(found)
    rest = {"total": total, "next": end if found and end < total else None}
    return Body(farm, list_pieces("items", batches, lambda: rest))


def _export(farm: Farm, world: World, query: LdifQuery) -> Generator[None, None, Body]:
    """Open the directory in steps, and return its entries as LDIF."""
    from homeport.world.directory.entry import described
    from homeport.world.directory.filters import Present
    from homeport.world.directory.ldif import write_entry

    yield from world.directory.opening()
    key = _base(world, query.base)

    def pieces() -> Iterator[bytes]:
        yield b"version: 1\n\n"
        found = world.directory.search(key, SCOPES[query.scope], Present("objectClass"))
        for some in batched(found, STEP):
            yield "".join(write_entry(one.dn, kept(one)) for one in some if one is not None).encode()

    def kept(entry: "Entry") -> Iterable[tuple[str, "Values"]]:
        held = entry.attributes.items()
        wanted = held if query.passwords else ((name, values) for name, values in held if not is_secret(name))
        return ((described(world.directory.schema, name), values) for name, values in wanted)

    return Body(farm, pieces(), LDIF)


def _base(world: World, name: str) -> Any:
    """Return the name where a search begins, which is open. Raises: ProblemError, 400 or 404."""
    from homeport.world.directory.names import NameProblem

    held = world.directory
    try:
        key = held.fold(name or held.suffix)
    except NameProblem as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"base: {error}") from None
    if held.find(key) is None:
        hint = held.nearest(key)
        text = f"there is no entry {name!r}"
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{text}; the nearest above it is {hint!r}" if hint else text)
    return key


def _view(held: "Directory", wanted: str, *, passwords: bool) -> Callable[["Entry"], DirectoryEntry]:
    """Return a function that shows an entry with the attributes of a list as `DirectoryQuery` has it."""
    from homeport.world.directory.directory import OPERATIONAL
    from homeport.world.directory.entry import describe

    asked = [one.strip() for one in wanted.split(",")]
    every = KEPT in asked
    following = dict.fromkeys(OPERATIONAL) if FOLLOWING in asked else {}
    names = dict.fromkeys(describe(held.schema, one) for one in asked if one not in ("", KEPT, FOLLOWING))

    def attributes(entry: "Entry") -> Iterator[tuple[str, "Values"]]:
        for name, values in entry.attributes.items():
            if every or name in names:
                yield name, values
        for name in {**following, **names}:
            if name not in entry.attributes and (values := held.operational(entry, name)):
                yield name, values

    def texts(name: str, values: "Values") -> list[str]:
        return [MASK if not passwords and is_secret(name) else _text(value) for value in values]

    return lambda entry: DirectoryEntry(entry.dn, {name: texts(name, values) for name, values in attributes(entry)})


def _text(value: bytes) -> str:
    """Return a value as text: UTF-8, or with escapes."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return printable(value)
    return text if text.isprintable() else printable(value)


DIRECTORY = f"{WORLD}/directory"
OPERATIONS = (
    Operation(
        method="GET",
        path=DIRECTORY,
        summary="Get a world's directory",
        description="Return the suffixes of the directory, which LDAP serves.",
        handler=directory,
        answer=DirectoryState,
    ),
    Operation(
        method="GET",
        path=f"{DIRECTORY}/entries",
        summary="Search a world's directory",
        description="Return entries with all their attributes, passwords included, as an administrator finds them.",
        handler=directory_entries,
        python="homeport.ldap.entries({filter})",
        query=DirectoryQuery,
        answer=DirectoryEntries,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path=f"{DIRECTORY}/ldif",
        summary="Get a world's directory as LDIF",
        description="Return the entries, parents first (RFC 2849), passwords included.",
        handler=directory_ldif,
        cli="homeport ldif",
        python="homeport.ldap.ldif()",
        query=LdifQuery,
        answer=str,
        media_type=LDIF,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
)
