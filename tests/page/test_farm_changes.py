"""What the page says and does when the farm is gone, restarted, asks for a token, or has two worlds."""

import json
from urllib.request import Request, urlopen

import pytest
from msgspec.structs import replace
from tests.conftest import RunningFarm, farm_config
from tests.page.looks import LOOKS

SEEN = """seen => {
    Object.defineProperty(document, "hidden", { value: !seen, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Has a page believe that its tab is in front, or is not."""


def post(farm, path, body):
    url = f"http://127.0.0.1:{farm.farm.control.port}/api/v1{path}"
    with urlopen(Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}), timeout=20) as answer:
        return json.load(answer)


def test_the_token_is_asked_for_once_and_kept_in_the_tab(show, start_farm, ready, shot):
    farm = start_farm("echo", control={"token": "open-sesame"})
    farm.exchange("echo", b"ahoy")
    page = show(farm, "/live")
    field = page.get_by_label("Token", exact=True)
    field.fill("wrong")
    field.press("Enter")
    page.get_by_text("The farm does not take this token.").wait_for()
    shot(page)
    page.get_by_label("Token", exact=True).fill("open-sesame")
    page.get_by_role("button", name="Use it").click()
    page.locator("hp-list .row").first.wait_for()
    page.reload()
    page.locator("hp-list .row").first.wait_for()
    assert page.locator("dialog[open]").count() == 0
    assert "open-sesame" not in page.evaluate("() => JSON.stringify(localStorage) + document.cookie")
    assert [one for one in page.watch.wrong if "401" not in one] == []
    page.watch.wrong.clear()


def test_a_restarted_farm_is_noticed_and_followed(show, start_farm, ready, shot):
    farm = start_farm("echo")
    farm.exchange("echo", b"before")
    page = show(farm, "/live")
    ready(page)
    page.get_by_text("before").first.wait_for()
    page.watch.allowed += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE", "ERR_EMPTY", "ERR_CONNECTION_RESET"]
    port = farm.farm.control.port
    farm.stop()
    page.locator(".status[data-state=waiting]").wait_for()
    shot(page, "gone")
    config = farm_config("echo")
    again = RunningFarm(replace(config, control=replace(config.control, port=port)))
    try:
        page.locator(".status").click()
        page.locator(".status[data-state=live]").wait_for()
        page.get_by_text("This is a new journal since").wait_for()
        again.exchange("echo", b"after the restart")
        page.get_by_text("after the restart").first.wait_for()
        assert page.get_by_text("before").count() == 0
        shot(page, "back")
    finally:
        page.context.close()
        again.stop()


def test_a_reset_clears_the_picture(show, start_farm, ready):
    farm = start_farm("echo")
    farm.exchange("echo", b"before")
    page = show(farm, "/live")
    page.get_by_text("before").first.wait_for()
    post(farm, "/worlds/default/reset", {})
    page.get_by_text("This is a new journal since").wait_for()
    page.get_by_text("before").first.wait_for(state="hidden")


def test_worlds_are_apart_and_in_the_address(show, start_farm, ready, shot):
    farm = start_farm("echo")
    farm.exchange("echo", b"in the first world")
    post(farm, "/worlds", {"name": "second"})
    page = show(farm, "/live")
    page.get_by_text("in the first world").first.wait_for()
    page.get_by_role("button", name="World: default").click()
    page.get_by_role("menuitem", name="second").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.get_by_role("link", name="Live").first.click()
    page.get_by_text("Nothing has happened in this world yet").wait_for()
    assert "#/w/second/" in page.url
    assert "second" in page.title()
    shot(page)
    page.go_back()
    page.go_back()
    page.get_by_text("in the first world").first.wait_for()


def test_a_world_that_does_not_exist_says_so(show, start_farm):
    page = show(start_farm("echo"), "/w/nowhere/live")
    page.get_by_text("nowhere").first.wait_for()
    page.get_by_role("link", name="Go to the world default").click()
    page.get_by_role("heading", name="Overview").wait_for()
    assert [one for one in page.watch.wrong if "404" not in one] == []
    page.watch.wrong.clear()


def test_the_clock_moves_from_the_header_and_by_keys(show, start_farm, ready, shot):
    farm = start_farm("daytime", "epp")
    page = show(farm, "/live")
    ready(page)
    page.get_by_role("button", name="World clock").click()
    page.get_by_role("button", name="Freeze").click()
    page.locator(".pill.time.moved", has_text="frozen").wait_for()
    page.get_by_role("button", name="+1 y", exact=True).click()
    page.get_by_text("Advanced by one year").wait_for()
    shot(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    # The palette is loaded when it is first opened: what is typed before it is there goes to the view.
    palette = page.get_by_role("combobox", name="Go to, search, do")
    palette.press_sequentially("resume")
    palette.press("Enter")
    page.get_by_text("The clock runs.").wait_for()


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_live_and_connection_have_no_violation_and_no_sideways_scrolling(
    show, used, ready, go, axe, overflow, size, dark
):
    page = show(used, "/live", size=size, dark=dark)
    for address in ("/live", "/live?q=type:finding", "/connections", "/connections/c1", "/compare/c1/c2"):
        go(page, address)
        assert overflow(page) == []
        assert axe(page) == []


def test_a_tab_that_is_hidden_for_half_a_minute_asks_the_farm_for_nothing_and_catches_up_when_it_is_seen(
    show, start_farm, ready
):
    farm = start_farm("echo", "finger")
    page = show(farm, "/overview")
    ready(page)
    page.locator(".status-text", has_text="Live, ").wait_for()
    page.clock.install()
    page.evaluate(SEEN, False)
    page.clock.fast_forward(31_000)
    page.locator(".status-text", has_text="Hidden, not reading").wait_for()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    farm.exchange("finger", b"alice\n")
    page.clock.run_for(120_000)
    assert asked == []
    page.evaluate(SEEN, True)
    page.clock.resume()
    page.locator(".status-text", has_text="Live, ").wait_for()
    page.get_by_text("Ended the query with LF alone").first.wait_for()
