"""A world's people, presences and quotes over the API. What is put is shown by every service at once.

Passwords are shown: they are made up for tests, and whoever reads them here could set them as well.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.values import nearest
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.times import Time, shown_time, unix_time
from homeport.world.people import Person
from homeport.world.presence import Presence
from homeport.world.world import World


class PresenceState(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Somebody who is on."

    id: Annotated[str, Meta(description="in requests: as in the path, or left out")] = ""
    login: Annotated[str, Meta(min_length=1, max_length=64)]
    terminal: Annotated[str, Meta(max_length=32, description="the terminal's name")] = "tty1"
    origin: Annotated[str, Meta(max_length=255, description="the host they came from; empty: a local line")] = ""
    since: Annotated[Time | None, Meta(description="when they logged in; now if not given")] = None
    active: Annotated[Time | None, Meta(description="when they were last active; `since` if not given")] = None


class PersonList(msgspec.Struct, frozen=True):
    meaning = "All people."

    items: list[Person]
    total: int
    next: int | None = None


class PresenceStates(msgspec.Struct, frozen=True):
    meaning = "Everybody who is on."

    items: list[PresenceState]
    total: int
    next: int | None = None


class QuoteList(msgspec.Struct, frozen=True):
    meaning = "The book of quotes."

    items: list[str]
    total: int
    next: int | None = None


class NewQuotes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    meaning = "Another book of quotes."

    items: list[Annotated[str, Meta(min_length=1, max_length=65536)]]


def people(farm: Farm, request: Request) -> PersonList:
    found = list(world_of(farm, request).world.people)
    return PersonList(found, len(found))


def person(farm: Farm, request: Request) -> Person:
    return _person(world_of(farm, request).world, request)


def put_person(farm: Farm, request: Request) -> Person:
    world, body = world_of(farm, request).world, request.body
    demand_same("login", body.login.lower(), request.parameters["login"].lower())
    world.people.put(body)
    log_change(world, "person", body.login, "put")
    return body  # type: ignore[no-any-return]  # checked against the operation's body


def delete_person(farm: Farm, request: Request) -> None:
    world = world_of(farm, request).world
    login = _person(world, request).login
    world.people.remove(login)
    log_change(world, "person", login, "deleted")


def presences(farm: Farm, request: Request) -> PresenceStates:
    found = [_shown(one) for one in world_of(farm, request).world.presence]
    return PresenceStates(found, len(found))


def presence(farm: Farm, request: Request) -> PresenceState:
    return _shown(_presence(world_of(farm, request).world, request))


def put_presence(farm: Farm, request: Request) -> PresenceState:
    world, identifier = world_of(farm, request).world, request.parameters["id"]
    body: PresenceState = request.body
    demand_same("id", body.id or identifier, identifier)
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


def quotes(farm: Farm, request: Request) -> QuoteList:
    found = world_of(farm, request).world.quotes.all
    return QuoteList(found, len(found))


def put_quotes(farm: Farm, request: Request) -> QuoteList:
    return _replace_quotes(world_of(farm, request).world, request.body.items, "put")


def delete_quotes(farm: Farm, request: Request) -> None:
    _replace_quotes(world_of(farm, request).world, [], "deleted")


def demand_same(field: str, said: str, meant: str) -> None:
    """Raises: ProblemError if a body is about something else than its path."""
    if said != meant:
        text = f"the path says {meant!r} and the body's {field} {said!r}: write the same in both"
        raise ProblemError(HTTPStatus.BAD_REQUEST, text)


def absent(kind: str, name: str, there: Iterable[str]) -> ProblemError:
    """What is answered if there is no such thing."""
    names = list(there)
    return ProblemError(
        HTTPStatus.NOT_FOUND, f"there is no {kind} {name!r}; {nearest(name, names) if names else 'there is none'}"
    )


def log_change(world: World, thing: str, name: str, what: str) -> None:
    """Have the journal say that the world was changed from outside. what: put or deleted."""
    world.journal.log(None, "world", {"what": what, "thing": thing, "name": name})


def _person(world: World, request: Request) -> Person:
    login = request.parameters["login"]
    found = world.people.get(login)
    if found is None:
        raise absent("person", login, (one.login for one in world.people))
    return found


def _presence(world: World, request: Request) -> Presence:
    identifier = request.parameters["id"]
    found = world.presence.get(identifier)
    if found is None:
        raise absent("presence", identifier, (one.id for one in world.presence))
    return found


def _shown(one: Presence) -> PresenceState:
    times = {"since": shown_time(one.since), "active": shown_time(one.active)}
    return PresenceState(id=one.id, login=one.login, terminal=one.terminal, origin=one.origin, **times)


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
        summary="A world's people",
        description="All people.",
        handler=people,
        answer=PersonList,
    ),
    Operation(method="GET", path=PERSON, summary="A person", description="One person.", handler=person, answer=Person),
    Operation(
        method="PUT",
        path=PERSON,
        summary="Add or replace a person",
        description="Add a person, or replace one.",
        handler=put_person,
        body=Person,
        answer=Person,
    ),
    Operation(
        method="DELETE",
        path=PERSON,
        summary="Take a person out",
        handler=delete_person,
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(
        method="GET",
        path=PRESENCE,
        summary="Who is on",
        description="Everybody who is on.",
        handler=presences,
        answer=PresenceStates,
    ),
    Operation(method="GET", path=ONE_PRESENCE, summary="One who is on", handler=presence, answer=PresenceState),
    Operation(
        method="PUT",
        path=ONE_PRESENCE,
        summary="Have somebody be on",
        handler=put_presence,
        body=PresenceState,
        answer=PresenceState,
    ),
    Operation(
        method="DELETE",
        path=ONE_PRESENCE,
        summary="Have somebody leave",
        handler=delete_presence,
        answer=None,
        status=NO_CONTENT,
    ),
    Operation(method="GET", path=QUOTES, summary="The book of quotes", handler=quotes, answer=QuoteList),
    Operation(
        method="PUT",
        path=QUOTES,
        summary="Have another book of quotes",
        description="Have another book of quotes, from its first one on.",
        handler=put_quotes,
        body=NewQuotes,
        answer=QuoteList,
    ),
    Operation(
        method="DELETE",
        path=QUOTES,
        summary="Empty the book of quotes",
        handler=delete_quotes,
        answer=None,
        status=NO_CONTENT,
    ),
)
