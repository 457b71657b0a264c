"""Everything shown was sent by others: no payload runs, asks another host for anything, or breaks the layout."""

from collections import Counter

import pytest
from nightly import NIGHTLY, of_day
from tests.page.addresses import ADDRESSES, views_of
from tests.page.conftest import PHONE, WIDE
from tests.page.payloads import GROUPS, through_every_door

MESSAGES = "/worlds/default/smtp/messages?limit=1000"
DOORS = {"people", "presence", "registry", "ftp", "quotes", "faults"}
"""What the API takes payloads for."""
NEWEST = 0 if NIGHTLY else 6
"""Messages and connections of each group that the browser visits; 0 for all."""
RAN = "() => 'ran' in self || 'ran' in {} || document.title === 'owned'"


def ids(answer: dict, key: str = "id") -> list[str]:
    """Return the identifiers of a list of the API."""
    return [one[key] for one in answer["items"]]


def addresses(traffic, views) -> list[str]:
    """Return the addresses of these views, and of the newest messages and connections, or of all of them.

    By day a message is seen in one of its forms, the next one in another.
    """
    messages = ids(traffic.ask("GET", MESSAGES))[-NEWEST:]
    connections = ids(traffic.ask("GET", "/worlds/default/connections?limit=1000"))[-NEWEST:]
    whole = {
        "mail": [
            f"/mail/{one}/{part}"
            for number, one in enumerate(messages)
            for part in of_day(("html", "headers", "parts"), number, 3)
        ],
        "connection": [f"/connections/{one}" for one in connections],
    }
    return [address for view in views for address in (*ADDRESSES[view], *whole.get(view, ()))]


def test_there_are_sixty_payloads():
    assert sum(map(len, GROUPS.values())) >= 60


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", GROUPS)
def test_no_payload_runs_loads_or_breaks_anything(show, farm, traffic, go, ready, overflow, shot, group):
    clients = traffic(farm)
    clients.everything()
    before = len(ids(clients.ask("GET", MESSAGES)))
    taken = Counter()
    for name, payload in GROUPS[group].items():
        taken.update(through_every_door(clients, name, payload))
    # Most doors are open to most payloads, or this test would prove nothing.
    assert len(ids(clients.ask("GET", MESSAGES))) == before + len(GROUPS[group])
    assert {door for door, number in taken.items() if 2 * number >= len(GROUPS[group])} == DOORS
    page = show(farm, "/overview", size=PHONE)
    # What is not there, such as the HTML of a message without any, is a 404 that the view shows.
    page.watch.allowed += [r"^response: 404 ", r"^console: Failed to load resource: .* 404 "]
    ready(page)
    wrong = {}
    for address in addresses(clients, views_of(page)):
        go(page, address)
        if page.evaluate(RAN):
            wrong[address] = "a script ran"
        elif found := overflow(page):
            wrong[address] = found
    shot(page, group)
    assert wrong == {}
    page.set_viewport_size(dict(zip(("width", "height"), WIDE, strict=True)))
    for view in of_day(views_of(page), [*GROUPS].index(group)):
        for address in ADDRESSES[view]:
            go(page, address)
            assert (address, overflow(page)) == (address, [])
    page.watch.check()


def test_every_view_of_the_table_is_visited(show, start_farm, ready):
    page = show(start_farm("echo"))
    ready(page)
    assert set(views_of(page)) <= set(ADDRESSES)
