"""Operations under a behaviour: what comes before a handler, and after it."""

from collections.abc import Generator
from types import GeneratorType
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.protocol.effects import Effect
from homeport.services.ldap.controls.requests import PAGED, Paged
from homeport.services.ldap.messages import ExtendedRequest, SearchRequest
from homeport.services.ldap.operation import Answer, Operation, Pause, Steps, answered, opened
from homeport.world.directory.results import Code, DirectoryError

if TYPE_CHECKING:
    from homeport.services.ldap.dialogue import LdapDialogue
    from homeport.services.ldap.operation import Handler


def handler_of(dialogue: "LdapDialogue", handler: "Handler") -> "Handler":
    """Return a handler as the session's behaviour and its limits have it."""
    options = dialogue.options
    if dialogue.behaviour.prepare is None and options.anonymous_search and not options.max_entries:
        return handler

    def handle(operation: Operation) -> Steps:
        received = operation.request
        try:
            yield from _prepared(operation)
            answer = handler(operation)
            if isinstance(answer, GeneratorType):
                answer = yield from answer
            return operation.dialogue.behaviour.finish(operation, _limited(operation, answered(answer)))
        finally:
            operation.request = received  # for the journal

    return handle


def _prepared(operation: Operation) -> Generator[Pause | Effect, Any, None]:
    dialogue, request = operation.dialogue, operation.request
    behaviour = dialogue.behaviour
    if type(request) is ExtendedRequest:
        if request.oid in behaviour.lacks:
            raise DirectoryError(Code.PROTOCOL_ERROR, "no such extended operation", finding="unknown-operation")
        if request.oid in behaviour.needs_tls and dialogue.tls is None:
            raise DirectoryError(Code.CONFIDENTIALITY_REQUIRED, "this operation needs TLS")
        return
    yield from opened(dialogue)
    if type(request) is SearchRequest:
        _require_login(operation)
        _limit(operation)
    if behaviour.prepare is not None:
        yield from behaviour.prepare(operation)


def _require_login(operation: Operation) -> None:
    """Require a login for all but the root DSE and the schema."""
    request, options = operation.request, operation.dialogue.options
    if not options.anonymous_search and not operation.bound.dn and (request.base or request.scope):
        raise DirectoryError(Code.OPERATIONS_ERROR, "log in before you search ([ldap] anonymous_search)")


def _limit(operation: Operation) -> None:
    """Have a search return at most `max_entries`."""
    behaviour, request = operation.dialogue.behaviour, operation.request
    limit = int(operation.dialogue.options.max_entries)
    if not limit or (operation.bound.admin and behaviour.spares_administrators):
        return
    paged = operation.parsed.get(PAGED)
    if paged is not None and behaviour.limits == "page":
        operation.parsed[PAGED] = Paged(min(paged.size, limit), paged.cookie)
    elif not request.size_limit or request.size_limit > limit:
        operation.request = msgspec.structs.replace(request, size_limit=limit)


def _limited(operation: Operation, answer: Answer) -> Answer:
    """Return an answer with the behaviour's text of the size limit."""
    text = operation.dialogue.behaviour.size_limit_text
    if text is None or answer.result.code != Code.SIZE_LIMIT_EXCEEDED:
        return answer
    return msgspec.structs.replace(answer, result=msgspec.structs.replace(answer.result, text=text))
