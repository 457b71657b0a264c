"""The places of a world besides its files, as menus and texts: people, who is present, quotes, the root menu."""

from collections.abc import Iterable, Iterator, Sequence

from homeport.services.gopher.items import Item
from homeport.services.gopher.searching import person_item
from homeport.world.clock import to_moment
from homeport.world.people import Person
from homeport.world.presence import Presence
from homeport.world.world import World

MINUTE = 60
TITLE_WIDTH = 60
"""Characters of a quote that its item shows."""

PLACES: dict[str, Item] = {
    "files": Item("1", "Files", "/files", abstract="What anonymous may read over FTP"),
    "people": Item("1", "People", "/people", abstract="The people of this world, with office and plan"),
    "who": Item(
        "0", "Who is present", "/who", media="text/plain", abstract="Users who are logged in, over any service"
    ),
    "quote": Item("0", "Quote of the day", "/quote", media="text/plain", abstract="By the clock of this world"),
    "quotes": Item("1", "All quotes", "/quotes", abstract="The book of quotes"),
    "search": Item("7", "Search people and files", "/search", abstract="Names and texts that contain all terms"),
    "about": Item("0", "About this server", "/about", media="text/plain", abstract="Selectors, and who runs it"),
}
"""The items of the root menu by their selectors, without the slash."""
POINTERS = {
    ("telnet", "tcp"): ("8", "Telnet", ""),
    ("finger", "tcp"): ("0", "Finger", ""),
    ("ftp", "tcp"): ("h", "FTP", "ftp"),
    ("dict", "tcp"): ("h", "DICT", "dict"),
}
"""Listeners of the world that the root menu points to: type, display string, and the scheme of a URL: link."""


def pointers(world: World, host: str) -> Iterator[Item]:
    """Yield items for the world's other services. host: the address by which the client has reached this one."""
    for endpoint in list(world.endpoints.values()):
        found = POINTERS.get((endpoint.service, endpoint.listener))
        if found is None:
            continue
        kind, display, scheme = found
        literal = f"[{host}]" if ":" in host else host
        if scheme:
            yield Item(kind, display, f"URL:{scheme}://{literal}:{endpoint.port}/", plus=False)
        else:
            yield Item(kind, display, "", host, endpoint.port, plus=False)


def people_items(people: Sequence[Person]) -> Iterator[Item]:
    """Yield an item for each person."""
    yield from map(person_item, people)


def card(world: World, person: Person) -> Iterator[str]:
    """Yield the lines about a person."""
    yield person.name
    yield ""
    told = {
        "Login": person.login,
        "Mail": person.email,
        "Office": person.office,
        "Phone": person.phone,
        "Project": person.project,
    }
    for label, text in told.items():
        if text:
            yield f"{label + ':':9}{text}"
    for one in world.presence.of(person.login):
        yield f"Present: {presence_line(world, one)}"
    if person.plan:
        yield ""
        yield "Plan:"
        yield from person.plan.splitlines()


def present_lines(world: World, present: Sequence[Presence]) -> Iterator[str]:
    """Yield a line for each user who is logged in."""
    if not present:
        yield "No one is logged in."
    for one in present:
        person = world.people.get(one.login)
        yield f"{one.login:12} {person.name if person else '???':24} {presence_line(world, one)}"


def presence_line(world: World, one: Presence) -> str:
    """Return terminal, origin, time and idle time of a presence."""
    origin = f" from {one.origin}" if one.origin else ""
    idle = int(world.clock.now() - one.active) // MINUTE
    shown = f", idle {idle} min" if idle > 0 else ""
    return f"on {one.terminal}{origin} since {to_moment(one.since):%Y-%m-%d %H:%M} UTC{shown}"


def quote_item(number: int, quote: str) -> Item:
    """Return the item of a quote. number: from 1 on."""
    first = next(iter(quote.splitlines()), "")
    title = first if len(first) <= TITLE_WIDTH else f"{first[: TITLE_WIDTH - 3]}..."
    return Item("0", title, f"/quotes/{number}", media="text/plain")


def about_lines(title: str, admin: str, *, faults: Iterable[str]) -> Iterator[str]:
    """Yield the text about the server. faults: names of faults that clients may ask for; empty if they may not."""
    yield title
    yield ""
    yield "A Gopher server (RFC 1436, with Gopher+) that clients are tested against."
    yield f"Administrator: {admin}"
    yield ""
    for item in PLACES.values():
        yield f"{item.selector:10} {item.display}: {item.abstract}"
    names = list(faults)
    if names:
        yield ""
        yield "/fault/NAME/SELECTOR answers with a fault. Some names:"
        yield f"  {', '.join(names)}"


def redirect_page(url: str) -> str:
    """Return the HTML page for a URL: selector, by which clients without such links get there."""
    from html import escape

    safe = escape(url, quote=True)
    return (
        "<!DOCTYPE html>\n<html><head>\n"
        f'<meta http-equiv="refresh" content="5; url={safe}">\n'
        f"<title>{safe}</title></head>\n"
        f'<body><p>This is a link out of Gopher: <a href="{safe}">{safe}</a></p></body></html>\n'
    )
