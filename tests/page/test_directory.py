"""The directory: its tree, searches, one entry, groups."""

import re
from urllib.parse import quote

import pytest
from tests.conftest import RunningFarm, farm_config
from tests.page.expecting import expect
from tests.page.looks import in_looks

from homeport.world.people import Person

BASE = "dc=homeport,dc=test"
ALICE = f"uid=alice,ou=people,{BASE}"
CREW = f"cn=crew,ou=groups,{BASE}"


def at(dn, more=""):
    """Return the address of an entry."""
    return f"/directory/{quote(dn, safe='')}{more}"


CREW_BODY = {"members": ["alice", "bob"], "description": "all hands"}


@pytest.fixture(scope="module")
def listed(traffic):
    """A farm with a group, shared by the tests that change nothing."""
    farm = RunningFarm(farm_config("ldap", "smtp", "imap"))
    try:
        traffic(farm).ask("PUT", "/worlds/default/groups/crew", CREW_BODY)
        yield farm
    finally:
        farm.stop()


@pytest.fixture
def own(start_farm, traffic):
    """A farm as `listed`, for a test that changes it."""
    farm = start_farm("ldap", "smtp", "imap")
    traffic(farm).ask("PUT", "/worlds/default/groups/crew", CREW_BODY)
    return farm


def test_the_tree_opens_step_by_step(show, listed, ready, shot):
    page = show(listed, "/directory")
    ready(page)
    expect(page.locator("main code")).to_have_text(
        f"ldapsearch -x -H ldap://127.0.0.1:{listed.port('ldap', 'starttls')} -b {BASE} uid=alice"
    )
    tree = page.locator(".tree-of")
    expect(tree.get_by_role("link", name="uid=alice")).to_have_count(0)
    tree.get_by_role("button", name="Entries below ou=people").click()
    tree.get_by_role("link", name="uid=alice Alice Liddell").click()
    expect(page.locator(".entry")).to_contain_text("alice@homeport.test")
    expect(tree.locator("[aria-current=true]")).to_contain_text("uid=alice")
    shot(page)
    page.keyboard.press("Escape")
    expect(page.locator(".entry")).to_have_count(0)


def test_a_link_to_an_entry_opens_the_tree_above_it(show, listed, ready):
    page = show(listed, at(ALICE))
    ready(page)
    expect(page.locator(".tree-of [aria-current=true]")).to_contain_text("uid=alice")


def test_passwords_are_not_shown_and_are_not_even_fetched(show, listed):
    page = show(listed, "/overview")
    bodies = []
    page.on("response", lambda response: "directory" in response.url and bodies.append(response))
    page.evaluate("address => { location.hash = address; }", at(ALICE, "?op=1"))
    row = page.get_by_role("row", name="userpassword")
    expect(row).to_contain_text("***")
    page.get_by_role("row", name=re.compile("entryuuid")).wait_for()
    texts = [one.text() for one in bodies]
    assert any("userpassword" in text for text in texts)
    assert not any("alice-pass" in text for text in texts)


def test_operational_attributes_are_shown_when_they_are_asked_for(show, listed, ready):
    page = show(listed, at(ALICE))
    ready(page)
    expect(page.get_by_role("row", name="entryuuid")).to_have_count(0)
    page.get_by_role("button", name="Operational").click()
    page.get_by_role("row", name="entryuuid").wait_for()
    expect(page.locator(".entry code")).to_contain_text("-s base '*' +")
    assert page.evaluate("() => location.hash").endswith("?op=1")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ali", ["uid=alice"]),
        ("uid=bob", ["uid=bob"]),
        ("(&(objectClass=person)(|(uid=bob)(uid=alice)))", ["uid=alice", "uid=bob"]),
        ("(cn=nobody)", []),
    ],
)
def test_a_search_takes_words_and_filters(show, listed, ready, typed, found):
    page = show(listed, f"/directory?base={quote(f'ou=people,{BASE}')}&scope=one")
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    rows = page.locator(".found a > .mono:first-child")
    page.get_by_role("status").filter(has_text=re.compile(f"^{len(found)} entr")).wait_for()
    assert sorted(text.split()[0] for text in rows.all_inner_texts()) == found


def test_a_wrong_filter_is_explained_at_the_field(show, listed, ready):
    page = show(listed, "/directory")
    ready(page)
    page.watch.allowed.append("400")
    page.get_by_label("Filter of entries").fill("(uid=alice")
    page.keyboard.press("Enter")
    expect(page.locator(".hint")).to_contain_text("')' is missing")
    page.get_by_role("link", name="Show the tree").click()
    page.locator(".tree-of").wait_for()


def test_an_entry_leads_to_its_groups_and_they_to_their_members(show, listed, ready, shot):
    page = show(listed, at(ALICE))
    ready(page)
    page.get_by_role("link", name="cn=crew").click()
    page.get_by_role("row", name=re.compile(r"^member\b")).wait_for()
    shot(page)
    page.get_by_role("link", name=f"uid=bob,ou=people,{BASE}").click()
    expect(page.locator(".entry")).to_contain_text("uid=bob")
    page.get_by_role("link", name="Person bob").click()
    expect(page.locator("main h1")).to_have_text("People")
    page.get_by_role("button", name="Entry").click()
    expect(page.locator("main h1")).to_have_text("Directory")
    expect(page.locator(".entry")).to_contain_text("uid=bob")


def test_a_change_is_seen_at_once(show, own, traffic, ready):
    page = show(own, at(CREW))
    ready(page)
    expect(page.locator(".entry")).to_contain_text("all hands")
    traffic(own).ask("PUT", "/worlds/default/groups/crew", {"members": ["alice"], "description": "fewer"})
    expect(page.locator(".entry")).to_contain_text("fewer")


def test_groups_are_added_changed_and_deleted(show, own, traffic, ready):
    page = show(own, "/directory")
    ready(page)
    page.get_by_role("link", name="Add group").click()
    page.locator("[name=name]").fill("pilots")
    page.locator("[name=members]").fill("alice")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="Edit group").click()
    page.locator("[name=description]").fill("those who steer")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".entry")).to_contain_text("those who steer")
    page.get_by_role("link", name="Edit group").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("pilots was deleted.").wait_for()
    assert "pilots" not in [one["name"] for one in traffic(own).ask("GET", "/worlds/default/groups")["items"]]


def test_members_by_dn_stay_when_a_group_is_saved(show, own, traffic, ready):
    other = f"cn=buoy,ou=things,{BASE}"
    traffic(own).ask("PUT", "/worlds/default/groups/crew", {"members": ["alice"], "others": [other]})
    page = show(own, "/directory?group=crew")
    ready(page)
    page.locator("[name=members]").fill("bob")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("crew was saved.").wait_for()
    crew = traffic(own).ask("GET", "/worlds/default/groups/crew")
    assert (crew["members"], crew["others"]) == (["bob"], [other])


def test_a_large_container_is_shown_in_parts(show, own, ready):
    def add():
        for number in range(250):
            own.world.people.put(Person(login=f"u{number:03}", name=f"User {number}"))

    own.call(add)
    page = show(own, "/directory")
    ready(page)
    page.get_by_role("button", name="Entries below ou=people").click()
    page.get_by_role("button", name="Show 100").click()
    page.get_by_role("link", name="uid=u150").wait_for()


def test_an_entry_is_copied_and_saved_as_ldif_without_its_password(show, listed, ready):
    page = show(listed, at(ALICE), accept_downloads=True)
    ready(page)
    page.get_by_role("button", name="LDIF of this entry").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Save this entry").click()
    text = download.value.path().read_text()
    assert f"dn: {ALICE}" in text
    assert "assword" not in text
    assert download.value.suggested_filename == "uid=alice.ldif"


@pytest.mark.parametrize(
    ("address", "size", "dark"),
    in_looks("/directory", at(ALICE, "?op=1"), "/directory?q=ali", "/directory?group=new", at(CREW)),
)
def test_the_directory_is_accessible(show, listed, ready, axe, overflow, shot, address, size, dark):
    page = show(listed, address, size=size, dark=dark)
    ready(page)
    assert axe(page) == []
    assert overflow(page) == []
    shot(page, f"{size[0]}")
