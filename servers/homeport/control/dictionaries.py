"""The databases of DICT over the API: all of them, and the words of those that can be changed."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.control.farm import Farm
from homeport.control.json_pieces import whole_list
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import Body
from homeport.control.state import body_of, log_change, not_found, with_key
from homeport.services.dict.options import DictOptions
from homeport.world.dictionary import Dictionary, Headword, TooManyWords, fold
from homeport.world.world import World


class DatabaseState(msgspec.Struct, frozen=True):
    meaning = "A database of DICT."

    name: str
    title: Annotated[str, Meta(description="as configured; empty: DICT shows that of its file, or the name")]
    path: Annotated[str, Meta(description="of its files, if it has any")]
    restricted: Annotated[bool, Meta(description="true if only clients that have logged in see it")]
    words: Annotated[int | None, Meta(description="number of headwords, of a database that can be changed")]


class DatabaseList(msgspec.Struct, frozen=True):
    meaning = "The databases of DICT, in the order of SHOW DB."

    items: list[DatabaseState]
    total: int
    next: int | None = None


class HeadwordList(msgspec.Struct, frozen=True):
    meaning = "The headwords of a database, in the order of their keys."

    items: list[Headword]
    total: int
    next: int | None = None


HeadwordBody = body_of(Headword, "word")


def options_of(world: World) -> DictOptions:
    """Return the options of DICT, which a world without it has too: its defaults."""
    found: DictOptions | None = world.options.get("dict")
    return found or DictOptions()


def databases(farm: Farm, request: Request) -> DatabaseList:
    world = world_of(farm, request).world
    options = options_of(world)
    writable = options.writable
    items = [DatabaseState(name, "", "", restricted=False, words=None) for name in options.built_in]
    items += [DatabaseState(one.name, one.title, one.path, one.restricted, None) for one in options.database]
    items = [
        msgspec.structs.replace(one, words=len(world.dictionaries.of(one.name))) if one.name in writable else one
        for one in items
    ]
    return DatabaseList(items, len(items))


def words(farm: Farm, request: Request) -> Body:
    return whole_list(farm, _dictionary(farm, request).all, lambda one: one)


def word(farm: Farm, request: Request) -> Headword:
    return _headword(_dictionary(farm, request), request)


def put_word(farm: Farm, request: Request) -> Headword:
    dictionary, one = _dictionary(farm, request), with_key(request, Headword, "word", fold)
    try:
        dictionary.put(one)
    except TooManyWords as error:
        raise ProblemError(HTTPStatus.CONFLICT, f"{error}: delete some") from None
    log_change(world_of(farm, request).world, "word", f"{request.parameters['database']}/{one.word}", "put")
    return one


def delete_word(farm: Farm, request: Request) -> None:
    dictionary = _dictionary(farm, request)
    one = _headword(dictionary, request)
    dictionary.remove(one.word)
    log_change(world_of(farm, request).world, "word", f"{request.parameters['database']}/{one.word}", "deleted")


def _dictionary(farm: Farm, request: Request) -> Dictionary:
    """Return the database of the path. Raises: ProblemError if there is none, or it cannot be changed."""
    world, name = world_of(farm, request).world, request.parameters["database"]
    options = options_of(world)
    if name in options.writable:
        return world.dictionaries.of(name)
    known = [*options.built_in, *(one.name for one in options.database)]
    if name in known:
        detail = f"the database {name!r} is made of files, or of what the world has: its words cannot be changed here"
        raise ProblemError(HTTPStatus.CONFLICT, detail)
    raise not_found("database", name, known)


def _headword(dictionary: Dictionary, request: Request) -> Headword:
    named = request.parameters["word"]
    found = dictionary.get(named)
    if found is None:
        raise not_found("word", named, (one.word for one in dictionary.all[:1000]))
    return found


DATABASES = f"{WORLD}/dict/databases"
WORDS = f"{DATABASES}/{{database}}/words"
ONE_WORD = f"{WORDS}/{{word}}"
CONFLICT = (HTTPStatus.CONFLICT,)
OPERATIONS = (
    Operation(
        method="GET",
        path=DATABASES,
        summary="List the databases of DICT",
        description="Return all databases, restricted ones too.",
        handler=databases,
        python="homeport.dict.databases()",
        answer=DatabaseList,
    ),
    Operation(
        method="GET",
        path=WORDS,
        summary="List the words of a database of DICT",
        description="Return the headwords of a database that can be changed, with their definitions.",
        handler=words,
        problems=CONFLICT,
        python="homeport.dict.words({database}).all()",
        answer=HeadwordList,
    ),
    Operation(
        method="GET",
        path=ONE_WORD,
        rest="word",
        summary="Get a word of a database of DICT",
        description="Return the headword of that spelling, in any case.",
        handler=word,
        problems=CONFLICT,
        python="homeport.dict.words({database})[{word}]",
        answer=Headword,
    ),
    Operation(
        method="PUT",
        path=ONE_WORD,
        rest="word",
        summary="Add or replace a word of a database of DICT",
        description="Add a headword with definitions, or replace the one of that spelling. DICT defines it at once.",
        handler=put_word,
        problems=CONFLICT,
        python="homeport.dict.define({word}, {definitions})",
        body=HeadwordBody,
        answer=Headword,
    ),
    Operation(
        method="DELETE",
        path=ONE_WORD,
        rest="word",
        summary="Delete a word of a database of DICT",
        description="Delete the headword of that spelling, with all its definitions.",
        handler=delete_word,
        problems=CONFLICT,
        python="del homeport.dict.words({database})[{word}]",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
