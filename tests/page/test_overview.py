"""The overview: figures, services, clock, findings, presence, what the world holds."""

import json
import re
from urllib.request import urlopen

from tests.page.expecting import expect


def ask(farm, path):
    with urlopen(f"http://127.0.0.1:{farm.farm.control.port}/api/v1/worlds/default/{path}") as answer:
        return json.load(answer)


def row_of(page, title):
    return page.locator(".services tr", has=page.get_by_text(title, exact=True))


def test_the_overview_shows_figures_services_and_what_the_world_holds(used, show, ready, shot, axe, overflow):
    page = show(used, "/overview")
    ready(page)
    facts = ask(used, "facts")
    total = sum(facts["findings"].values())
    strip = page.locator(".strip")
    expect(strip.get_by_role("link", name=re.compile(f"Findings {total} .* must"))).to_be_visible()
    expect(strip.get_by_role("link", name=re.compile(f"Connections {facts['holds']['connections']}"))).to_be_visible()
    expect(strip.get_by_role("link", name=re.compile(f"Messages {facts['holds']['messages']}"))).to_be_visible()
    expect(page.locator(".services tbody tr")).to_have_count(len(ask(used, "services")["items"]))
    expect(row_of(page, "SMTP").get_by_role("img", name=re.compile("SMTP: .* events, with findings"))).to_be_visible()
    expect(row_of(page, "SMTP").get_by_text("RFC 5321")).to_be_visible()
    expect(row_of(page, "SMTP").get_by_text(re.compile(r"^\d+ tls$"))).to_be_visible()
    expect(page.locator(".holds")).to_contain_text(f"{facts['holds']['domains']} domains")
    expect(page.locator("section", has_text="Present")).to_contain_text("boat.homeport.test")
    shot(page)
    assert axe(page) == []
    assert overflow(page) == []


def test_the_overview_fits_a_phone_in_the_dark(used, show, ready, shot, axe, overflow):
    page = show(used, "/overview", size=(360, 740), dark=True)
    ready(page)
    expect(row_of(page, "SMTP")).to_be_visible()
    shot(page, full_page=True)
    assert axe(page) == []
    assert overflow(page) == []


def test_a_fresh_farm_says_where_to_start(farm, show, ready, shot, axe):
    page = show(farm, "/overview")
    ready(page)
    expect(page.locator(".strip b")).to_have_text(["0", "0", "0", "0", "0"])
    expect(page.get_by_role("columnheader", name="Try it Start here")).to_be_visible()
    expect(row_of(page, "Echo").locator(".ring")).to_be_visible()
    expect(page.get_by_text("No client has broken a rule.")).to_be_visible()
    shot(page)
    assert axe(page) == []
    farm.exchange("echo", b"ahoy")
    expect(page.get_by_text("Start here")).to_have_count(0)
    expect(page.locator(".ring")).to_have_count(0)
    expect(page.locator(".strip").get_by_role("link", name=re.compile("Connections 1"))).to_be_visible()


def test_a_service_is_stopped_in_its_menu_and_started_in_its_row(farm, show, ready, shot):
    page = show(farm, "/overview")
    ready(page)
    row, count = row_of(page, "Finger"), len(ask(farm, "services")["items"])
    row.get_by_role("button", name="More about Finger").click()
    page.get_by_role("menuitem", name="Stop").click()
    expect(row.get_by_text("stopped")).to_be_visible()
    expect(page.get_by_text(f"{count - 1} running of {count}")).to_be_visible()
    assert {one["name"]: one["state"] for one in ask(farm, "services")["items"]}["finger"] == "stopped"
    shot(page)
    row.get_by_role("button", name="Start").click()
    expect(page.get_by_text(f"{count} running of {count}")).to_be_visible()


def test_the_figures_follow_what_clients_do(farm, show, traffic, ready):
    page = show(farm, "/overview")
    ready(page)
    traffic(farm).mail(subject="Ahoy", sender="a@b.test", to="alice@homeport.test")
    farm.exchange("finger", b"bob\n")
    expect(page.locator(".strip").get_by_role("link", name=re.compile("Messages 1"))).to_be_visible()
    finding = page.get_by_role("link", name="Ended the query with LF alone")
    expect(finding).to_be_visible()
    finding.click()
    expect(page.locator("h1")).to_have_text("Ended the query with LF alone")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Overview")


def test_the_traffic_of_each_second_is_drawn_as_it_happens_without_asking_for_it(farm, show, ready):
    page = show(farm, "/overview")
    ready(page)
    spark = row_of(page, "Echo").get_by_role("img", name=re.compile("Echo: 0 events"))
    expect(spark).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/stats" in request.url else None)
    farm.exchange("echo", b"ahoy")
    expect(row_of(page, "Echo").get_by_role("img", name=re.compile("Echo: 4 events"))).to_be_visible()
    farm.exchange("finger", b"bob\n")
    expect(row_of(page, "Finger").get_by_role("img", name=re.compile("Finger: .* with findings"))).to_be_visible()
    assert asked == []


def test_the_clock_is_frozen_and_advanced_from_the_overview(farm, show, ready):
    page = show(farm, "/overview")
    ready(page)
    clock = page.locator("section", has=page.get_by_role("heading", name="Clock", exact=True))
    clock.get_by_role("button", name="Freeze").click()
    expect(clock.get_by_text("frozen", exact=True)).to_be_visible()
    before = ask(farm, "clock")["now"]
    clock.get_by_role("button", name="+1 y").click()
    expect(page.get_by_text("Advanced by one year")).to_be_visible()
    after = ask(farm, "clock")["now"]
    assert int(after[:4]) == int(before[:4]) + 1
    expect(clock.locator(".now")).to_have_text(after[:19].replace("T", " "))
    clock.get_by_role("button", name="Resume").click()
    expect(clock.get_by_role("button", name="Freeze")).to_be_visible()


def test_the_port_of_a_service_is_copied_with_its_host(farm, show, ready):
    page = show(farm, "/overview", permissions=["clipboard-read", "clipboard-write"])
    ready(page)
    where = f"127.0.0.1:{farm.port('echo')}"
    page.get_by_role("button", name=f", {where}").click()
    expect(page.get_by_role("button", name=f", {where}")).to_have_text("Copied")
    assert page.evaluate("() => navigator.clipboard.readText()") == where
