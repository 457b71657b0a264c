"""People and presence, and the answers of Active Users and Finger as they would be sent."""

import pytest
from tests.page.looks import in_looks


def test_a_person_who_logs_on_is_in_active_users(show, farm, ready, shot):
    page = show(farm, "/people")
    ready(page)
    page.get_by_role("button", name="Add person").click()
    page.locator("[name=login]").fill("zoe")
    page.locator("[name=name]").fill("Zoe Mast")
    page.locator("[name=plan]").fill("Sail.\nAnchor.")
    assert '"login":"zoe"' in page.locator("hp-command code").inner_text()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("row", name="Zoe Mast").wait_for()
    page.locator(".sent-body", has_text="Anchor.").wait_for()
    page.get_by_role("button", name="Log on").click()
    assert page.locator("[name=login]").input_value() == "zoe"
    page.locator("[name=terminal]").fill("tty7")
    page.locator("form").get_by_role("button", name="Log on").click()
    page.get_by_role("row", name="tty7").wait_for()
    users = page.locator(".sent-body").first
    page.wait_for_function("() => document.querySelector('.sent-body').textContent.includes('zoe')")
    assert users.inner_text().split() == farm.exchange("users").decode().split()
    assert b"tty7" in farm.exchange("finger", b"zoe\r\n")
    shot(page)


def test_a_session_is_present_as_long_as_it_lasts(show, farm, ready):
    page = show(farm, "/people/present")
    ready(page)
    with farm.connect("ftp") as client, client.makefile("rwb", buffering=0) as lines:
        lines.readline()
        for line in (b"USER carol", b"PASS carol-pass"):
            lines.write(line + b"\r\n")
            lines.readline()
        row = page.get_by_role("row", name="carol")
        row.wait_for()
        row.get_by_role("link", name="c1").wait_for()
    row.wait_for(state="detached")


def test_a_query_for_finger_is_answered_without_a_connection(show, farm, traffic, ready):
    page = show(farm, "/people")
    ready(page)
    page.get_by_label("Query for Finger").fill("/W bob")
    page.locator(".sent-body", has_text="Directory: /home/bob").wait_for()
    assert traffic(farm).ask("GET", "/worlds/default/connections")["total"] == 0


def test_a_person_is_changed_and_deleted_and_comes_back(show, farm, ready):
    page = show(farm, "/people/alice")
    ready(page)
    page.locator("[name=office]").fill("Crow's nest")
    page.get_by_role("button", name="Save").click()
    page.locator(".sent-body", has_text="Crow's nest").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    undo = page.get_by_role("button", name="Undo")
    undo.hover()  # or it is gone after six seconds
    page.get_by_role("row", name="Alice Liddell").wait_for(state="detached")
    undo.click()
    page.get_by_role("row", name="Alice Liddell").wait_for()
    assert b"Crow's nest" in farm.exchange("finger", b"alice\r\n")


def test_a_value_that_the_api_refuses_is_refused_in_the_form(show, farm, ready):
    page = show(farm, "/people?new=1")
    ready(page)
    page.locator("[name=login]").fill("not a login")
    page.get_by_role("button", name="Add", exact=True).click()
    assert page.evaluate("() => document.querySelector('hp-form :invalid').name") == "login"


def test_people_of_another_world_are_others(show, farm, traffic, ready):
    people = [{"login": "yves", "name": "Yves Keel"}]
    traffic(farm).ask("POST", "/worlds", {"name": "other", "services": ["finger"], "config": {"people": people}})
    page = show(farm, "/w/other/people")
    ready(page)
    page.get_by_role("row", name="Yves Keel").wait_for()
    assert page.get_by_role("row", name="Alice").count() == 0
    page.get_by_text("This world does not have the service.").wait_for()


@pytest.mark.parametrize(("address", "size", "dark"), in_looks("/people/alice", "/people/present?logon=1", "/people"))
def test_people_are_accessible(show, farm, ready, axe, overflow, size, dark, address):
    page = show(farm, address, size=size, dark=dark)
    ready(page)
    page.locator(".sent-body .line").first.wait_for()
    assert axe(page) == []
    assert overflow(page) == []


@pytest.mark.parametrize("size", [(1440, 900), (360, 740)])
def test_an_address_of_no_person_says_so_and_how_to_add_one(show, farm, ready, shot, size):
    page = show(farm, "/people/zoe", size=size)
    ready(page)
    page.get_by_text("There is no such person").wait_for()
    assert "people/zoe" in page.locator("aside hp-command code").inner_text()
    shot(page, str(size[0]))


def test_a_world_without_people_says_which_one_it_lacks(show, farm, traffic, ready):
    for login in [one["login"] for one in traffic(farm).ask("GET", "/worlds/default/people")["items"]]:
        traffic(farm).ask("DELETE", f"/worlds/default/people/{login}")
    page = show(farm, "/people/alice")
    ready(page)
    page.get_by_text("There is no such person").wait_for()


def test_the_mailboxes_of_a_person_are_shown_and_kept_fresh(show, farm, traffic, ready, shot):
    validity = traffic(farm).ask("GET", "/worlds/default/mailboxes/alice/INBOX")["uid_validity"]
    page = show(farm, "/people/alice")
    ready(page)
    inbox = page.get_by_role("row", name="INBOX")
    inbox.wait_for()
    assert inbox.inner_text().split() == ["INBOX", "0", "0", "0", "B", str(validity)]
    traffic(farm).ask("PUT", "/worlds/default/mailboxes/alice/INBOX/messages", b"Subject: tides\r\n\r\nNoon.\r\n")
    page.wait_for_function(
        "() => [...document.querySelectorAll('tr')].some(one => /^INBOX\\s+1\\s+1/.test(one.innerText))"
    )
    traffic(farm).ask("PUT", "/worlds/default/mailboxes/alice/Work%2F2026", {})
    page.get_by_role("row", name="Work/2026").wait_for()
    shot(page)
    page.get_by_role("link", name="bob", exact=True).click()
    page.get_by_role("row", name="Work/2026").wait_for(state="detached")
