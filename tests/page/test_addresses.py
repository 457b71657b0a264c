"""The address is the state: each view survives a reload and comes back by Back; a new view is one row of the table."""

import re

from tests.page.addresses import ADDRESSES
from tests.page.expecting import expect

TITLES = """() => [document.title.replace(/^\\(\\d+\\) /, ""), document.querySelector("main h1").textContent]"""


def test_each_view_is_the_same_after_a_reload_and_after_back(show, seeded, ready, go, shot):
    page = show(seeded, "/overview")
    ready(page)
    seen = []
    for view, (address, *_) in ADDRESSES.items():
        go(page, address)
        title = page.evaluate(TITLES)
        page.reload()
        ready(page)
        assert (view, page.evaluate(TITLES)) == (view, title)
        seen.append((page.evaluate("() => location.hash"), title))
        shot(page, view)
    for hash_before, title in seen[-2::-1]:
        page.go_back()
        page.wait_for_function("hash => location.hash === hash", arg=hash_before)
        ready(page)
        page.wait_for_function(f"title => JSON.stringify(({TITLES})()) === JSON.stringify(title)", arg=title)


ROW = """
views.push({
  name: "zones", group: "World", icon: "file", title: "Zones", goto: "z",
  count: (world, show) => show("7"),
});
"""
MODULE = """
export const zones = () => ({
  mount(main, route) {
    const title = document.createElement("h1");
    title.textContent = `Zones ${route.path[1] ?? ""}`;
    main.replaceChildren(title);
  },
  keys: [["w", "walk the zone"]],
});
"""


def test_a_view_that_is_added_to_the_table_has_its_place_everywhere(show, seeded, ready, shot):
    page = show(seeded, "/overview")
    ready(page)
    page.route("**/views.js", lambda route: route.fulfill(response=(got := route.fetch()), body=got.text() + ROW))
    page.route("**/views/zones.js", lambda route: route.fulfill(content_type="text/javascript", body=MODULE))
    page.reload()
    ready(page)
    expect(page.locator("#rail").get_by_role("link", name="Zones 7")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("z")
    expect(page.locator("main h1")).to_have_text("Zones ")
    expect(page).to_have_title(re.compile("Zones · default · Homeport"))
    expect(page.locator("#rail [aria-current=page]")).to_contain_text("Zones")
    shot(page)
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("walk the zone")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator(".palette input").wait_for()
    page.keyboard.type("zones")
    expect(page.locator(".palette [aria-selected=true]")).to_contain_text("Zones")
    page.keyboard.press("Escape")
    page.evaluate("() => { location.hash = '#/zones/homeport.test'; }")
    expect(page.locator("main h1")).to_have_text("Zones homeport.test")


def is_at(transport, port):
    """Return True for a TCP connection to this port of ours."""
    return hasattr(transport, "abortConnection") and transport.getHost().port == port


def test_what_happened_while_the_stream_was_cut_is_read_afterwards_once(show, start_farm, ready, shot):
    farm = start_farm("echo")
    farm.exchange("echo", b"before")
    page = show(farm, "/live")
    ready(page)
    page.get_by_text("before").first.wait_for()
    page.watch.allowed += ["ERR_FAILED", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE"]
    page.route("**/events/stream?*", lambda route: route.abort())
    port = farm.farm.control.port
    farm.call(lambda: [one.abortConnection() for one in farm.reactor.getReaders() if is_at(one, port)])
    page.locator(".status[data-state=waiting]").wait_for()
    expect(page.locator(".status")).to_contain_text(re.compile(r"Reconnecting in \d+ s, from \d\d:\d\d:\d\d"))
    farm.exchange("echo", b"meanwhile")
    shot(page)
    page.unroute("**/events/stream?*")
    page.locator(".status").click()
    page.locator(".status[data-state=live]").wait_for()
    page.locator("hp-list .row.in", has_text="meanwhile").wait_for()
    seqs = page.evaluate("() => document.querySelector('hp-list').items.map(one => one.seq)")
    assert seqs == list(range(1, farm.call(lambda: farm.world.journal.seq) + 1))
