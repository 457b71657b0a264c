"""Answers: which steps a selector leads to."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from homeport.protocol.effects import ReportFinding
from homeport.services.gopher.client_faults import NAMES
from homeport.services.gopher.files import OpenFile, folder_rows, look, send_file
from homeport.services.gopher.form import TRY_LATER, Form, has_view
from homeport.services.gopher.items import TEXT_TYPES, Item
from homeport.services.gopher.options import GopherOptions
from homeport.services.gopher.places import (
    PLACES,
    about_lines,
    card,
    people_items,
    pointers,
    present_lines,
    quote_item,
    redirect_page,
)
from homeport.services.gopher.request import URL_LINK, Request, mistakes
from homeport.services.gopher.searching import person_item, search, split_terms
from homeport.services.gopher.steps import Begin, Steps
from homeport.world.files import FileProblem
from homeport.world.public_files import PublicFiles
from homeport.world.world import World

LINKED = ("http://", "https://", "ftp://", "gopher://", "gophers://", "telnet://", "dict://", "finger://", "mailto:")
"""Beginnings of URLs that a redirect page leads to; no others, because a browser would run some."""
ROOT = Item("1", "", "")
CODES = {"missing": "none", "no directory": "none", "bad name": "none", "denied": "refused"}
"""Codes of events by the kind of a FileProblem; any other is `failed`."""


class Answers:
    """The answers of one world. host: the name or address of this server, for items of other listeners."""

    def __init__(self, world: World, options: GopherOptions, host: str) -> None:
        self._world = world
        self._options = options
        self._host = host

    def respond(self, request: Request) -> Steps:
        """Return the steps of the answer."""
        if link := URL_LINK.fullmatch(request.selector):
            return self._redirect(link[1])
        head, _slash, rest = request.selector.strip("/").partition("/")
        route: Callable[[Request, str], Steps] | None = {
            "": self._root,
            "files": self._files,
            "people": self._people,
            "who": self._who,
            "quote": self._quote,
            "quotes": self._quotes,
            "search": self._search,
            "about": self._about,
        }.get(head)
        if route is None or (rest and head in ("who", "quote", "search", "about")):
            return self._missing(request)
        return route(request, rest)

    # The world's places.

    def _root(self, request: Request, _rest: str) -> Steps:
        if request.mark == "!":
            yield from self._attributes(ROOT._replace(display=self._options.title))
            return
        found = None
        with suppress(FileProblem):  # a world without files has a root menu, too
            found = yield partial(look, PublicFiles(self._world), (), OpenFile(), self._options.gophermap)
        form = yield Begin("menu", "found", "menu")
        yield form.begin("menu")
        own = self._root_rows(form)
        yield from own if found is None or found.map is None else folder_rows(form, found, (), own)
        yield form.end("menu")

    def _root_rows(self, form: Form) -> Steps:
        yield form.info(self._options.title) + form.info("")
        for item in PLACES.values():
            yield form.item(item)
        others = list(pointers(self._world, self._host))
        if others:
            yield form.info("") + form.info("Other services of this world:")
        for item in others:
            yield form.item(item)

    def _people(self, request: Request, login: str) -> Steps:
        if not login:
            yield from self._menu(request, PLACES["people"], people_items(list(self._world.people)))
            return
        person = self._world.people.get(login)
        if person is None:
            yield from self._missing(request)
            return
        yield from self._text(request, person_item(person), card(self._world, person))

    def _who(self, request: Request, _rest: str) -> Steps:
        yield from self._text(request, PLACES["who"], present_lines(self._world, list(self._world.presence)))

    def _quote(self, request: Request, _rest: str) -> Steps:
        quote = self._world.quotes.pick("day", self._world.clock.now())
        yield from self._text(request, PLACES["quote"], iter(quote.splitlines()))

    def _quotes(self, request: Request, number: str) -> Steps:
        quotes = self._world.quotes.all
        if not number:
            items = (quote_item(at, quote) for at, quote in enumerate(list(quotes), 1))
            yield from self._menu(request, PLACES["quotes"], items)
        elif number.isascii() and number.isdigit() and len(number) < 8 and 1 <= int(number) <= len(quotes):
            quote = quotes[int(number) - 1]
            yield from self._text(request, quote_item(int(number), quote), iter(quote.splitlines()))
        else:
            yield from self._missing(request)

    def _about(self, request: Request, _rest: str) -> Steps:
        names = NAMES if self._world.faults.by_client else ()
        yield from self._text(
            request, PLACES["about"], about_lines(self._options.title, self._options.admin, faults=names)
        )

    def _search(self, request: Request, _rest: str) -> Steps:
        if request.mark in ("!", "$"):
            yield from self._attributes(PLACES["search"])
            return
        terms = split_terms(request.terms or "")
        if not terms:
            yield from self._error("search", "failed", "no search terms: they follow the selector and a TAB")
            return
        hits, more = yield from search(PublicFiles(self._world), list(self._world.people), terms)
        form = yield Begin("search", "found" if hits else "none", "menu")
        yield form.begin("menu")
        for item in hits:
            yield form.item(item)
        if not hits:
            yield form.info(f"Nothing contains: {' '.join(terms)}")
        if more:
            yield form.info("There may be more: add a term.")
        yield form.end("menu")

    # Files.

    def _files(self, request: Request, rest: str) -> Steps:
        path = tuple(part for part in rest.split("/") if part)
        if not {".", ".."}.isdisjoint(path):
            yield ReportFinding("dot-segments", request.selector.encode("utf-8", "surrogateescape")[:64])
            yield from self._error("file", "none", "selectors have no . and .. here: send them as menus have them")
            return
        opened = OpenFile()
        try:
            try:
                found = yield partial(look, PublicFiles(self._world), path, opened, self._options.gophermap)
            except FileProblem as problem:
                if problem.kind in ("missing", "no directory", "bad name"):
                    yield from self._missing(request)
                else:
                    code = TRY_LATER if problem.kind == "busy" else 1
                    yield from self._error("file", CODES.get(problem.kind, "failed"), problem.text, code)
                return
            if request.mark == "!" or (request.mark == "$" and found.entries is None):
                yield from self._attributes_if_menu(request, found.item)
            elif found.entries is not None:
                yield from self._framed(request, found.item, lambda form: folder_rows(form, found, path))
            elif not has_view(found.item, request.wanted):
                yield from self._no_view(request)
            else:
                kind: Any = "text" if found.item.type in TEXT_TYPES else "file"
                form = yield Begin("file", "found", kind, found.item.size)
                if header := form.begin(kind, found.item.size):
                    yield header
                yield from send_file(form, found, path, opened)
        finally:
            opened.close()

    # Forms of answers.

    def _menu(self, request: Request, item: Item, items: Iterator[Item]) -> Steps:
        """Yield a menu of items that are in memory, or its own attributes."""
        if request.mark == "!":
            yield from self._attributes(item)
        else:
            yield from self._framed(request, item, lambda form: (form.item(one) for one in items))

    def _framed(self, request: Request, item: Item, rows: Callable[[Form], Any]) -> Steps:
        """Yield a menu, framed by its beginning and its end."""
        if not has_view(item, request.wanted if request.mark == "+" else ""):
            yield from self._no_view(request)
            return
        form = yield Begin("menu", "found", "menu")
        yield form.begin("menu")
        yield from rows(form)
        yield form.end("menu")

    def _text(self, request: Request, item: Item, lines: Iterator[str]) -> Steps:
        """Yield a generated text, or its attributes."""
        if request.mark in ("!", "$"):
            yield from self._attributes_if_menu(request, item)
            return
        if not has_view(item, request.wanted):
            yield from self._no_view(request)
            return
        form = yield Begin("text", "found", "text")
        text = form.text()
        yield form.begin("text")
        for line in lines:
            yield text.feed(form.encode([line]))
        yield text.finish() + form.end("text")

    def _attributes_if_menu(self, request: Request, item: Item) -> Steps:
        """Yield the attributes of an item that is no menu; an error if those of its items were asked for."""
        if request.mark == "$":
            return self._error("attributes", "none", "this item is no menu: ask for its own attributes by !")
        return self._attributes(item)

    def _attributes(self, item: Item) -> Steps:
        form = yield Begin("attributes", "found", "menu")
        yield form.begin("menu") + form.item(item) + form.end("menu")

    def _redirect(self, url: str) -> Steps:
        yield ReportFinding("url-selector", url.encode("utf-8", "surrogateescape")[:64])
        if not url.lower().startswith(LINKED):
            yield from self._error("redirect", "refused", "links lead only to the web, files, mail and text services")
            return
        page = redirect_page(url).encode("utf-8", "replace")
        form = yield Begin("redirect", "found", "file", len(page))
        yield form.begin("file", len(page)) + page

    def _no_view(self, request: Request) -> Steps:
        return self._error("file", "none", f"there is no view {request.wanted}: ask for the attributes by !")

    def _missing(self, request: Request) -> Steps:
        """Yield an error for a selector that leads nowhere; where it is lenient, the answer to what was meant."""
        finding, meant = mistakes(request.selector)
        if finding and not request.corrected:
            yield ReportFinding(finding, request.selector.encode("utf-8", "surrogateescape")[:64])
            if self._options.is_lenient:
                again = Request(meant, request.terms, request.mark, request.wanted, corrected=True)
                yield from self.respond(again)
                return
        yield from self._error("unknown", "none", f"there is nothing at {request.selector[:100]!r}")

    def _error(self, verb: str, code: str, text: str, number: int = 1) -> Steps:
        form = yield Begin(verb, code, "menu")
        yield form.error(text, number)
