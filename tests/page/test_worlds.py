"""Worlds: the list, the form that makes one, reset and close."""

import pytest
from tests.page.looks import LOOKS


def test_a_world_is_made_used_and_closed(show, farm, traffic, ready, shot):
    page = show(farm, "/worlds")
    ready(page)
    page.get_by_label("Name").fill("trial")
    page.get_by_label("Configuration").fill('{"smtp": {"max_sise": 1}}')
    page.get_by_text("did you mean 'max_size'?").wait_for()
    page.get_by_label("Configuration").fill('{"smtp": ')
    page.get_by_text("The configuration is not JSON").wait_for()
    page.get_by_label("Configuration").fill('{"smtp": {"max_size": "1MiB"}}')
    for service in ("epp", "ftp"):
        page.get_by_label(service, exact=True).uncheck()
    services = len(traffic(farm).ask("GET", "/worlds/default/services")["items"])
    page.get_by_text(f"It would have {services - 2} services").wait_for()
    page.get_by_role("button", name="Make it").click()
    row = page.get_by_role("row", name="trial")
    row.wait_for()
    assert "epp" not in traffic(farm).ask("GET", "/worlds/trial")["services"]
    traffic(farm).ask("PUT", "/worlds/trial/people/zoe", {"login": "zoe", "name": "Zoe Mast"})
    shot(page)
    row.get_by_role("button", name="Actions for trial").click()
    page.get_by_role("menuitem", name="Close").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("button", name="Close").is_disabled()
    dialog.get_by_label("Type trial").first.fill("trial")
    dialog.get_by_role("button", name="Close").click()
    row.wait_for(state="detached")
    assert [one["name"] for one in traffic(farm).ask("GET", "/worlds")["items"]] == ["default"]


def test_a_world_that_a_program_makes_appears(show, farm, traffic, ready):
    page = show(farm, "/worlds")
    ready(page)
    traffic(farm).ask("POST", "/worlds", {"name": "ci-7", "services": ["echo"]})
    page.get_by_role("link", name="ci-7").click()
    page.wait_for_function("() => document.title.includes('ci-7')")


def test_a_world_is_reset_and_the_first_one_cannot_be_closed(show, farm, traffic, ready):
    traffic(farm).ask("PUT", "/worlds/default/people/zoe", {"login": "zoe", "name": "Zoe Mast"})
    page = show(farm, "/worlds")
    ready(page)
    page.get_by_role("button", name="Actions for default").click()
    assert page.get_by_role("menuitem", name="Close").is_disabled()
    page.get_by_role("menuitem", name="Reset").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    page.get_by_text("default was reset.").wait_for()
    assert "zoe" not in [one["login"] for one in traffic(farm).ask("GET", "/worlds/default/people")["items"]]


def test_a_world_that_is_open_can_be_closed(show, farm, traffic, ready):
    traffic(farm).ask("POST", "/worlds", {"name": "other", "services": ["echo"]})
    page = show(farm, "/w/other/worlds")
    ready(page)
    page.get_by_role("button", name="Actions for other").click()
    page.get_by_role("menuitem", name="Close").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_text("other was closed.").wait_for()
    page.wait_for_function("() => location.hash === '#/worlds'")


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_worlds_are_accessible(show, used, ready, axe, overflow, size, dark):
    page = show(used, "/worlds", size=size, dark=dark)
    ready(page)
    page.get_by_text("It would have").wait_for()
    assert axe(page) == []
    assert overflow(page) == []
