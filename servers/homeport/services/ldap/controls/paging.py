"""Searches in pages (RFC 2696): one that is not over waits in its session under a cookie."""

from collections.abc import Iterator
from typing import Any

from homeport.services.ldap.controls.requests import PAGED, page_response
from homeport.services.ldap.finding import Finder, Found, Item
from homeport.services.ldap.messages import Control, Result
from homeport.services.ldap.operation import PAUSE, Answer, Operation, Steps, Wait
from homeport.services.ldap.spoiling import ENTRY_DELAY_S
from homeport.world.directory.results import Code, DirectoryError


class PagedSearch:
    """A search that goes on with the next page."""

    def __init__(self, about: Any, items: Iterator[Item], first: Item = None) -> None:
        self.about = about
        """The parts of the request that must be the same for the next page."""
        self.items = items
        self.first = first
        """The item that was found already."""
        self.sent = 0


def begin(operation: Operation, finder: Finder, items: Iterator[Item], responses: tuple[Control, ...]) -> Steps:
    """Send the first page."""
    return (yield from _page(operation, PagedSearch(_about(finder), items), responses))


def go_on(operation: Operation, finder: Finder) -> Steps:
    """Send another page. Raises: DirectoryError for a cookie that is none of ours."""
    dialogue = operation.dialogue
    asked = operation.parsed[PAGED]
    waiting = dialogue.pages.pop(asked.cookie, None)
    if waiting is None or waiting.about != _about(finder):
        text = "the cookie is none of this connection's searches, or the search is another one (RFC 2696 3)"
        raise DirectoryError(Code.UNWILLING_TO_PERFORM, text, finding="paging-cookie")
    if not asked.size:  # RFC 2696 3: the client gives the search up
        return Answer(Result(), controls=(page_response(b""),))
    return (yield from _page(operation, waiting, ()))


def _about(finder: Finder) -> Any:
    request = finder.request
    return finder.base.key, request.scope, request.filter, request.attributes, request.types_only


def _page(operation: Operation, waiting: PagedSearch, responses: tuple[Control, ...]) -> Steps:
    dialogue, request = operation.dialogue, operation.request
    size, limit = operation.parsed[PAGED].size, request.size_limit
    page = 0
    while True:
        item, waiting.first = waiting.first or next(waiting.items, END), None
        if item is END:
            return Answer(Result(), controls=(*responses, page_response(b"")))
        if item is None:
            yield PAUSE
            continue
        if type(item) is Found:
            if limit and waiting.sent >= limit:
                text = f"there are more than {limit} entries"
                return Answer(Result(Code.SIZE_LIMIT_EXCEEDED, "", text), controls=(*responses, page_response(b"")))
            if page >= size:
                waiting.first = item
                return Answer(Result(), controls=(*responses, page_response(dialogue.keep_page(waiting))))
            page += 1
            waiting.sent += 1
            if operation.spoiling is not None and operation.spoiling.has("slow-entries"):
                yield Wait(ENTRY_DELAY_S)
        operation.send(item.wire)
        if operation.ends_piece():
            yield PAUSE


END: Any = object()
