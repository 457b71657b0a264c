"""Search (RFC 4511 4.5): entries in pieces, between which other operations and connections are served."""

from collections.abc import Generator, Iterable, Iterator
from typing import Any

from homeport.services.ldap.advice import advise, has_wildcard, note_found
from homeport.services.ldap.controls import following, paging, sorting
from homeport.services.ldap.controls.requests import PAGED, PERSISTENT_SEARCH, SORT, SYNC_REQUEST, VLV
from homeport.services.ldap.dialogue import LdapDialogue
from homeport.services.ldap.finding import Finder, Found, Item
from homeport.services.ldap.limits import step_of
from homeport.services.ldap.messages import Control, Result, SearchRequest
from homeport.services.ldap.operation import PAUSE, Answer, Operation, Pause, Steps, Wait, opened
from homeport.services.ldap.root_dse import root_dse, subschema
from homeport.services.ldap.selection import Selection
from homeport.services.ldap.spoiling import ENTRY_DELAY_S
from homeport.world.directory.directory import BASE, SUBSCHEMA
from homeport.world.directory.entry import Entry
from homeport.world.directory.evaluation import compile_filter
from homeport.world.directory.results import Code
from homeport.world.directory.tree import STEP

Attributes = list[tuple[str, tuple[bytes, ...]]]


def search(operation: Operation) -> Steps:
    """Answer a search request."""
    yield from opened(operation.dialogue)
    if _is_special(operation):
        return Result()
    if step_of(operation.request.filter) < STEP:
        yield PAUSE  # what follows compiles the filter
    advise(operation)
    finder = Finder(operation)
    controls = operation.parsed
    if PAGED in controls and controls[PAGED].cookie:
        return (yield from paging.go_on(operation, finder))
    if SYNC_REQUEST in controls:
        return (yield from following.synchronize(operation, finder))
    if PERSISTENT_SEARCH in controls:
        return (yield from following.watch(operation, finder))
    items: Iterator[Item] = finder.items()
    responses: tuple[Control, ...] = ()
    if SORT in controls:
        items, responses = yield from sorting.in_order(operation, finder)
    elif VLV in controls:
        sorting.refuse_window(operation)
    if PAGED in controls:
        return (yield from paging.begin(operation, finder, items, responses))
    result = yield from deliver(operation, items, operation.request.size_limit)
    return Answer(result, controls=responses)


def deliver(operation: Operation, items: Iterable[Item], limit: int) -> Generator[Pause | Wait, Any, Result]:
    """Send what a search finds, in pieces. limit: maximum of entries; 0: none. Return the result."""
    sent = 0
    spoiling = operation.spoiling
    notes_first = has_wildcard(operation.request.filter)
    for item in items:
        if item is None:
            yield PAUSE
            continue
        if type(item) is Found:
            if limit and sent >= limit:
                operation.dialogue.report_once("no-paging")
                return Result(Code.SIZE_LIMIT_EXCEEDED, "", f"there are more than {limit} entries")
            sent += 1
            if notes_first:
                note_found(operation, item.dn)
                notes_first = False
            if spoiling is not None and spoiling.has("slow-entries"):
                yield Wait(ENTRY_DELAY_S)
        operation.send(item.wire)
        if operation.ends_piece():
            yield PAUSE
    return Result()


def _is_special(operation: Operation) -> bool:
    """Answer a search for the root DSE or the subschema; return False for any other."""
    dialogue, request = operation.dialogue, operation.request
    special = _special(dialogue, request)
    if special is None:
        return False
    name, attributes = special
    directory = dialogue.context.world.directory
    made = Entry(name, (), {each.lower(): values for each, values in attributes})
    if compile_filter(request.filter, directory.schema)(made):
        selection = Selection(directory, request.attributes, operation.bound, types_only=request.types_only)
        operation.send(Found(name, selection.of_special(attributes)).wire)
    return True


def _special(dialogue: LdapDialogue, request: SearchRequest) -> tuple[str, Attributes] | None:
    """Return name and attributes of the root DSE, or of the subschema, if the search asks for it."""
    if request.scope == BASE and not request.base:
        return "", root_dse(dialogue)
    if request.base.replace(" ", "").lower() == SUBSCHEMA:
        return dialogue.behaviour.subschema, subschema(dialogue.context.world.directory.schema)
    return dialogue.behaviour.special(dialogue, request)
