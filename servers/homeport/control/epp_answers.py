"""Canned elements in EPP's answers over the API: they stand for extensions that the farm does not have.

PUT    W/epp/answers/domain:info    {"xml": "<x:infData xmlns:x='urn:example:x'>{object}</x:infData>"}
DELETE W/epp/answers/domain:info

They replace what `[epp] answers` has for the command; a reset deletes them.
"""

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from homeport.config.values import nearest
from homeport.control.farm import Farm
from homeport.control.operation import WORLD, Operation, Request, world_of
from homeport.control.problems import ProblemError
from homeport.control.slices import OffReactor
from homeport.control.state import log_change, not_found
from homeport.services import find_service
from homeport.world.canned_answers import MAX_BYTES, MAX_COMMANDS, CannedAnswers, parse
from homeport.world.world import World

PATH = f"{WORLD}/epp/answers"


class EppAnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "Elements that are added to the answers to a command."

    xml: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_BYTES,
            description="one element or several, each with its xmlns; `{object}` in them is the object's name",
            examples=["<x:infData xmlns:x='urn:example:x'>{object}</x:infData>"],
        ),
    ]


class EppAnswer(msgspec.Struct, frozen=True, kw_only=True):
    meaning = "Elements that are added to the answers to a command of EPP."

    command: Annotated[str, Meta(description="such as domain:info, or foreign:create: on objects of an unknown URI")]
    xml: str
    configured: Annotated[bool, Meta(description="true if they are configured; false if they were set over the API")]


class EppAnswers(msgspec.Struct, frozen=True):
    meaning = "The canned elements of a world's answers."

    items: list[EppAnswer]
    total: int
    next: int | None = None


def epp_answers(farm: Farm, request: Request) -> EppAnswers:
    world = world_of(farm, request).world
    options = world.options.get("epp")
    texts = {**(options.answers if options is not None else {}), **_set_in(world)}
    items = [EppAnswer(command=name, xml=xml, configured=name not in _set_in(world)) for name, xml in texts.items()]
    return EppAnswers(items, len(items))


def put_epp_answer(farm: Farm, request: Request) -> OffReactor:
    world, command, text = world_of(farm, request).world, request.parameters["command"], request.body.xml
    verbs = find_service("epp").verbs
    if command not in verbs:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"{command!r} is no command of EPP; {nearest(command, [*verbs])}")

    def change(problem: str) -> EppAnswer:
        if problem:
            raise ProblemError(HTTPStatus.BAD_REQUEST, f"xml: {problem}")
        texts = _set_in(world)
        if len(texts) >= MAX_COMMANDS and command not in texts:
            raise ProblemError(HTTPStatus.CONFLICT, f"there are {MAX_COMMANDS} answers already; delete one")
        texts[command] = text
        log_change(world, "epp-answer", command, "put")
        return EppAnswer(command=command, xml=text, configured=False)

    return OffReactor(farm, lambda: _problem_of(text), change)


def delete_epp_answer(farm: Farm, request: Request) -> None:
    world, command = world_of(farm, request).world, request.parameters["command"]
    texts = _set_in(world)
    if command not in texts:
        raise not_found("answer set over the API for", command, texts)
    del texts[command]
    log_change(world, "epp-answer", command, "deleted")


def _set_in(world: World) -> dict[str, str]:
    return world.of_service(CannedAnswers.SERVICE, CannedAnswers).texts


def _problem_of(text: str) -> str:
    """Return what is wrong with a text; empty: nothing. It imports the XML parser."""
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return ""


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        summary="List the canned elements of EPP's answers",
        description="Return the elements that are added to answers of EPP, by command.",
        handler=epp_answers,
        answer=EppAnswers,
    ),
    Operation(
        method="PUT",
        path=f"{PATH}/{{command}}",
        summary="Add elements to the answers to a command of EPP",
        description="Add elements to all successful answers to a command, for clients whose login lists their "
        "namespace: in the extension, or for commands on objects of an unknown namespace in resData.",
        handler=put_epp_answer,
        problems=(HTTPStatus.CONFLICT,),
        body=EppAnswerBody,
        answer=EppAnswer,
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{command}}",
        summary="Delete the canned elements of a command of EPP",
        description="Delete what was set over the API; configured elements are added again.",
        handler=delete_epp_answer,
        answer=None,
        status=HTTPStatus.NO_CONTENT,
    ),
)
