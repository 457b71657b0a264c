"""A world's people, presences and quotes over the API. Every service shows a change at once.

Answers contain passwords: they are test data, and a client that can read them here could also set them.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from homeport.config.values import nearest
from homeport.control.farm import Farm
from homeport.control.json_pieces import whole_list
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body
from homeport.control.times import Time, shown_time, unix_time
from homeport.world.people import Person
from homeport.world.presence import Presence
from homeport.world.world import World

T = TypeVar("T")


class PresenceState(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A presence: a user who is logged in."

    id: Annotated[str, Meta(description="identifier; in requests the same as in the path, or omitted")] = ""
    login: Annotated[str, Meta(min_length=1, max_length=64, description="login name; need not be one of the people")]
    terminal: Annotated[str, Meta(max_length=32, description="the terminal's name")] = "tty1"
    origin: Annotated[str, Meta(max_length=255, description="the host they logged in from; empty for a local line")] = (
        ""
    )
    since: Annotated[Time | None, Meta(description="when they logged in; now if not given")] = None
    active: Annotated[Time | None, Meta(description="when they were last active; `since` if not given")] = None
    conn: Annotated[
        str | None, Meta(description="connection of the session that it belongs to; ignored in requests")
    ] = None


def body_of(
    shape: type[msgspec.Struct], key: str, omitted: Mapping[str, str] = MappingProxyType({})
) -> type[msgspec.Struct]:
    """Return the struct of a request's body: that of an answer, but its key, which the path has, may be omitted.

    omitted: descriptions of other required fields that may be omitted, by name.
    """
    fields: list[Any] = []
    omitted = {key: "the same as in the path, or omitted", **omitted}
    for field in msgspec.structs.fields(shape):
        if field.name in omitted:
            described: Any = Annotated[field.type, Meta(description=omitted[field.name])]
            fields.append((field.name, described | msgspec.UnsetType, msgspec.UNSET))
        elif field.required:
            fields.append((field.name, field.type))
        else:
            given = {name: getattr(field, name) for name in ("default", "default_factory")}
            given = {name: value for name, value in given.items() if value is not msgspec.NODEFAULT}
            fields.append((field.name, field.type, msgspec.field(name=field.encode_name, **given)))
    own = {"meaning": f"{getattr(shape, 'meaning', '')} In a request."}
    return msgspec.defstruct(
        f"{shape.__name__}Body", fields, namespace=own, frozen=True, kw_only=True, forbid_unknown_fields=True
    )


PersonBody = body_of(Person, "login")


class PersonList(msgspec.Struct, frozen=True):
    meaning = "The people of a world."

    items: list[Person]
    total: int
    next: int | None = None


class PresenceStates(msgspec.Struct, frozen=True):
    meaning = "The presences of a world, in the order of their log-ins."

    items: list[PresenceState]
    total: int
    next: int | None = None


class QuoteList(msgspec.Struct, frozen=True):
    meaning = "The quotes of a world, in order."

    items: list[str]
    total: int
    next: int | None = None


class NewQuotes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "Quotes that replace those of a world."

    items: list[Annotated[str, Meta(min_length=1, max_length=65536)]]


def people(farm: Farm, request: Request) -> Body:
    return whole_list(farm, world_of(farm, request).world.people, lambda one: one)


def person(farm: Farm, request: Request) -> Person:
    return _person(world_of(farm, request).world, request)


def put_person(farm: Farm, request: Request) -> Person:
    world, person = world_of(farm, request).world, with_key(request, Person, "login")
    world.people.put(person)
    log_change(world, "person", person.login, "put")
    return person


def delete_person(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    login = _person(world, request).login
    world.people.remove(login)
    log_change(world, "person", login, "deleted")


def presences(farm: Farm, request: Request) -> Body:
    return whole_list(farm, world_of(farm, request).world.presence, _shown)


def presence(farm: Farm, request: Request) -> PresenceState:
    return _shown(_presence(world_of(farm, request).world, request))


def put_presence(farm: Farm, request: Request) -> PresenceState:
    world, identifier = world_of(farm, request).world, request.parameters["id"]
    body: PresenceState = request.body
    require_same("id", body.id or identifier, identifier)
    now = world.clock.now()
    since = now if body.since is None else unix_time(body.since, now)
    active = since if body.active is None else unix_time(body.active, now)
    one = Presence(
        id=identifier, login=body.login, terminal=body.terminal, origin=body.origin, since=since, active=active
    )
    world.presence.put(one)
    log_change(world, "presence", identifier, "put")
    return _shown(one)


def delete_presence(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    identifier = _presence(world, request).id
    world.presence.leave(identifier)
    log_change(world, "presence", identifier, "deleted")


def quotes(farm: Farm, request: Request) -> Body:
    return whole_list(farm, world_of(farm, request).world.quotes.all, lambda one: one, size=8)


def put_quotes(farm: Farm, request: Request) -> QuoteList:
    return _replace_quotes(world_of(farm, request).world, request.body.items, "put")


def delete_quotes(farm: Farm, request: Request) -> None:
    _replace_quotes(world_of(farm, request).world, [], "deleted")


def with_key(request: Request, shape: type[T], key: str, fold: Callable[[str], str] = str.lower) -> T:
    """Return the body of a request, as `body_of` describes it, with its key from the path if it has none.

    fold: returns a key for comparison with that of the path. Raises: ProblemError, 400.
    """
    fields, meant = msgspec.structs.asdict(request.body), request.parameters[key]
    fields[key] = fields[key] or meant
    require_same(key, fold(fields[key]), fold(meant))
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"the path: {error}") from None


def require_same(field: str, said: str, meant: str) -> None:
    """Raise ProblemError, 400, if a field of the body differs from the path."""
    if said != meant:
        detail = f"the path has {meant!r}, but {field} in the body is {said!r}: write the same in both"
        raise ProblemError(HTTPStatus.BAD_REQUEST, detail)


def not_found(kind: str, name: str, there: Iterable[str]) -> ProblemError:
    """Return the error, 404, for an unknown name, with the most similar known one."""
    names = list(there)
    hint = nearest(name, names) if names else "none exists"
    return ProblemError(HTTPStatus.NOT_FOUND, f"there is no {kind} {name!r}; {hint}")


def log_change(world: World, thing: str, name: str, what: str) -> None:
    """Log in the journal that the API changed the world. what: put or deleted."""
    world.journal.log(None, "world", {"what": what, "thing": thing, "name": name})


def _person(world: World, request: Request) -> Person:
    login = request.parameters["login"]
    found = world.people.get(login)
    if found is None:
        raise not_found("person", login, (one.login for one in world.people))
    return found


def _presence(world: World, request: Request) -> Presence:
    identifier = request.parameters["id"]
    found = world.presence.get(identifier)
    if found is None:
        raise not_found("presence", identifier, (one.id for one in world.presence))
    return found


def _shown(one: Presence) -> PresenceState:
    times = {"since": shown_time(one.since), "active": shown_time(one.active)}
    return PresenceState(
        id=one.id, login=one.login, terminal=one.terminal, origin=one.origin, conn=one.conn or None, **times
    )


def _replace_quotes(world: World, items: list[str], what: str) -> QuoteList:
    world.quotes.replace(items)
    log_change(world, "quotes", f"{len(items)} quotes", what)
    return QuoteList(items, len(items))


NO_CONTENT = HTTPStatus.NO_CONTENT
PEOPLE, PRESENCE, QUOTES = f"{WORLD}/people", f"{WORLD}/presence", f"{WORLD}/quotes"
PERSON, ONE_PRESENCE = f"{PEOPLE}/{{login}}", f"{PRESENCE}/{{id}}"
OPERATIONS = (
    Operation(
        method="GET",
        path=PEOPLE,
        summary="List the people of a world",
        description="Return all people: the users whom the services know.",
        handler=people,
        cli="homeport people list",
        python="homeport.people.all()",
        answer=PersonList,
    ),
    Operation(
        method="GET",
        path=PERSON,
        summary="Get a person",
        description="Return the person with this login name.",
        handler=person,
        cli="homeport people show {login}",
        python="homeport.people[{login}]",
        answer=Person,
    ),
    Operation(
        method="PUT",
        path=PERSON,
        summary="Add or replace a person",
        description="Add a person, or replace the one with the same login name.",
        handler=put_person,
        cli="homeport people put {login} name={name}",
        python="homeport.people.put({login})",
        body=PersonBody,
        answer=Person,
    ),
    Operation(
        method="DELETE",
        path=PERSON,
        summary="Delete a person",
        description="Delete the person with this login name.",
        handler=delete_person,
        cli="homeport people remove {login}",
        python="del homeport.people[{login}]",
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="GET",
        path=PRESENCE,
        summary="List the presences of a world",
        description="Return all users who are logged in: those of sessions, and those configured or put here.",
        handler=presences,
        cli="homeport presence list",
        python="homeport.presence.all()",
        answer=PresenceStates,
    ),
    Operation(
        method="GET",
        path=ONE_PRESENCE,
        summary="Get a presence",
        description="Return one presence.",
        handler=presence,
        python="homeport.presence[{id}]",
        answer=PresenceState,
    ),
    Operation(
        method="PUT",
        path=ONE_PRESENCE,
        summary="Add or replace a presence",
        description="Add a presence, or replace the one with the same identifier. Finger and Active Users show it.",
        handler=put_presence,
        cli="homeport presence put {id} {login}",
        python="homeport.presence.put({id}, login={login})",
        body=PresenceState,
        answer=PresenceState,
    ),
    Operation(
        method="DELETE",
        path=ONE_PRESENCE,
        summary="Delete a presence",
        description="Delete a presence. The connection of a session stays open.",
        handler=delete_presence,
        cli="homeport presence remove {id}",
        python="del homeport.presence[{id}]",
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="GET",
        path=QUOTES,
        summary="List the quotes of a world",
        description="Return the quotes that the Quote of the Day service serves.",
        handler=quotes,
        python="homeport.quotes.all()",
        answer=QuoteList,
    ),
    Operation(
        method="PUT",
        path=QUOTES,
        summary="Replace the quotes of a world",
        description="Replace all quotes; the service starts again at the first one.",
        handler=put_quotes,
        python="homeport.quotes.set({items})",
        body=NewQuotes,
        answer=QuoteList,
    ),
    Operation(
        method="DELETE",
        path=QUOTES,
        summary="Delete the quotes of a world",
        description="Delete all quotes.",
        handler=delete_quotes,
        answer=None,
        status=NO_CONTENT,
    ),
)
