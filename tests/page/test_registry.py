"""Registry: lists, the line of a domain's life, the registry's acts, what a year changes, the other objects."""

import pytest
from nightly import NIGHTLY
from tests.interop.epp_client import Client
from tests.page.traffic import INFO

from homeport.world.registry.objects import with_extras

PHONE = (360, 740)
DOMAIN = "/registry/domains/{}"
START = "2026-10-14T12:00:00Z"


def stand_still(farm, traffic):
    """Stop the clock of a farm at START, and return its registry to its beginning."""
    ask = traffic(farm).ask
    ask("POST", "/worlds/default/clock", {"set": START, "freeze": True})
    ask("POST", "/worlds/default/registry/reset")
    return farm


@pytest.fixture
def harbour(seeded, traffic):
    """A farm whose registry is as at its beginning and whose clock stands still."""
    return stand_still(seeded, traffic)


@pytest.fixture(scope="module")
def quiet_harbour(used, traffic):
    """The same, shared by tests that only look at it."""
    return stand_still(used, traffic)


def test_the_line_of_a_life_shows_phases_moments_now_and_what_a_year_leaves(quiet_harbour, show, ready, shot, axe):
    page = show(quiet_harbour, DOMAIN.format("redemption.test"))
    ready(page)
    line = page.locator(".life svg")
    line.get_by_text("after +1 year: no such domain").wait_for()
    line.get_by_text("now, 2026-10-14").wait_for()
    assert line.locator(".strong").all_text_contents() == ["created", "updated, deleted", "redemption ends", "purged"]
    rows = page.locator(".moments tbody tr")
    assert rows.locator("td:nth-child(2)").all_inner_texts()[-2:] == [
        "redemption ends; it cannot be restored any more",
        "is purged; the name is free",
    ]
    shot(page)
    assert axe(page) == []


def test_a_year_changes_the_line_and_the_changes_are_said(harbour, show, ready, shot):
    page = show(harbour, DOMAIN.format("expiring-tomorrow.test"))
    ready(page)
    page.locator(".life").get_by_text("after +1 year: renewed, expires 2027-10-15").wait_for()
    page.locator(".move").get_by_role("button", name="+1 y").click()
    page.locator(".toast", has_text="2027-10-15 renewed").first.wait_for()
    page.locator(".life").get_by_text("now, 2027-10-14").wait_for()
    page.locator(".life").get_by_text("after +1 year: renewed, expires 2028-10-15").wait_for()
    shot(page)


def test_a_moment_offers_to_advance_to_it_by_pointer_and_by_key(harbour, show, ready):
    page = show(harbour, DOMAIN.format("redemption.test"))
    ready(page)
    page.locator(".life").get_by_role("button", name="redemption ends").press("Enter")
    page.locator(".life").get_by_text("now, 2026-11-03").wait_for()
    page.watch.allowed.append("404")  # its name is free then
    page.locator(".life").get_by_role("button", name="purged").click()
    page.locator(".toast", has_text="redemption.test is gone").wait_for()
    page.get_by_role("link", name="All domains").first.wait_for()


def test_restore_is_what_a_redemption_asks_for_and_ends_it(harbour, show, ready, shot):
    page = show(harbour, DOMAIN.format("redemption.test"))
    ready(page)
    restore = page.locator(".acts .go", has_text="Restore")
    restore.hover()
    page.get_by_text("The same as a command").click()
    page.locator(".cmd", has_text="restore").wait_for()
    refused = page.locator(".cannot li", has_text="it is deleted already")
    assert refused.get_by_role("button", name="Renew 1 year").is_disabled()
    restore.click()
    page.locator(".toast", has_text="restore done").wait_for()
    page.locator(".cannot li", has_text="it is not deleted").get_by_role("button", name="Restore").wait_for()
    page.locator(".life").get_by_text("after +1 year: renewed").or_(
        page.locator(".life").get_by_text("registered, expires")
    ).wait_for()
    shot(page)


def test_a_purge_is_asked_for_before_it_is_done(quiet_harbour, show, ready):
    page = show(quiet_harbour, DOMAIN.format("homeport.test"))
    ready(page)
    page.locator(".acts").get_by_role("button", name="Purge now").click()
    page.get_by_role("heading", name="Purge now homeport.test?").wait_for()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.locator(".life svg").wait_for()


def test_commands_that_touched_a_domain_open_to_their_frames_and_lead_to_their_connection(
    harbour, show, traffic, ready, shot
):
    page = show(harbour, DOMAIN.format("quay.test"))
    ready(page)
    page.get_by_text("No EPP command has named it yet.").wait_for()
    traffic(harbour).epp(INFO.format(name="quay.test", transaction="touch-1"))
    touched = page.locator(".touched", has_text="touch-1")
    touched.locator("summary").click()
    touched.locator(".frames").get_by_text("quay.test").first.wait_for()
    touched.locator(".frames .frame", has_text="1000").wait_for()
    shot(page)
    touched.get_by_role("link").click()
    page.get_by_role("heading", name="Connection c").wait_for()


def test_the_object_is_shown_as_facts_and_as_whois_and_rdap_answer(quiet_harbour, show, ready):
    page = show(quiet_harbour, DOMAIN.format("homeport.test"))
    ready(page)
    page.get_by_text("DS 12345, algorithm 13").wait_for()
    page.get_by_role("link", name="Whois").click()
    page.locator(".raw", has_text="Registrar: Harbour Names Ltd.").wait_for()
    page.get_by_role("link", name="RDAP").click()
    page.locator(".raw", has_text='"ldhName": "homeport.test"').wait_for()
    page.reload()
    page.locator(".raw").wait_for()


def test_facts_of_extensions_are_rows_of_the_object(harbour, show, ready):
    registry = harbour.world.registry
    harbour.call(lambda: registry.put(with_extras(registry.domain("quay.test"), idn_table="latin")))
    page = show(harbour, DOMAIN.format("quay.test"))
    ready(page)
    page.get_by_text("idn table", exact=True).wait_for()
    page.get_by_text("latin", exact=True).wait_for()


def test_a_list_is_filtered_by_the_registry_and_the_filter_is_in_the_address(quiet_harbour, show, ready, shot, axe):
    page = show(quiet_harbour, "/registry/domains?q=status:redemptionPeriod")
    ready(page)
    page.locator(".objects .row", has_text="redemption.test").wait_for()
    assert page.locator(".objects .row:visible").count() == 1
    page.get_by_label("Filter domains").fill("no-such-name")
    page.get_by_label("Filter domains").press("Enter")
    page.get_by_text("None of the domains match").wait_for()
    assert "no-such-name" in page.evaluate("location.hash")
    page.get_by_role("link", name="Show all").click()
    page.locator(".objects .row", has_text="homeport.test").first.click()
    page.locator(".life svg").wait_for()


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/registry/hosts/ns1.homeport.test", "192.0.2.53"),
        ("/registry/contacts/HM-1", "Harbour Master"),
        ("/registry/registrars/harbour", "Harbour Names Ltd."),
        ("/registry/registrars/harbour/messages", "oldest first"),
        ("/registry/queues", "lighthouse"),
        ("/registry/reviews", "Nothing waits for review"),
    ],
)
def test_other_objects_have_their_pages(quiet_harbour, show, ready, axe, overflow, address, text):
    page = show(quiet_harbour, address)
    ready(page)
    page.get_by_text(text).first.wait_for()
    assert axe(page) == []
    assert overflow(page) == []


def test_the_operational_test_of_a_registrar_follows_its_commands(quiet_harbour, show, ready, axe, overflow):
    page = show(quiet_harbour, "/registry/registrars/pilot")
    ready(page)
    page.get_by_text("No step is tried yet").wait_for()
    client = Client(quiet_harbour.port("epp"), quiet_harbour.farm.describe("default")["ca_file"], "pilot")
    client.command("delete", "host", "<host:name>ns9.homeport.test</host:name>")
    client.close()
    page.get_by_text("1 of 67 done, 1 wrong, 65 open").wait_for()
    wrong = page.locator("ul.lines li", has_text="answered 2303").first
    assert wrong.locator(".level").inner_text() == "wrong"
    assert axe(page) == []
    assert overflow(page) == []


def test_an_object_that_is_not_there_says_so(harbour, show):
    page = show(harbour, DOMAIN.format("nowhere.test"))
    page.watch.allowed.append("404")
    page.get_by_text("It is not here (any more)").wait_for()
    page.get_by_role("link", name="All domains").first.click()
    page.locator(".objects .row").first.wait_for()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "name", ["redemption.test", *(["expiring-tomorrow.test", "pending-delete.test", "leaving.test"] if NIGHTLY else [])]
)
def test_on_a_phone_the_table_has_all_that_the_line_has(quiet_harbour, show, ready, shot, axe, overflow, name, dark):
    page = show(quiet_harbour, DOMAIN.format(name), size=PHONE, dark=dark)
    ready(page)
    page.locator(".moments tr.now").wait_for()
    assert page.locator(".life").is_hidden()
    page.locator(".after", has_text="After +1 year:").wait_for()
    shot(page, full_page=True)
    assert axe(page) == []
    assert overflow(page) == []


def test_a_domain_is_added_by_a_form_and_undone(harbour, show, traffic, ready, shot, axe, overflow):
    page = show(harbour, "/registry/domains")
    ready(page)
    page.get_by_role("link", name="Add domain").click()
    form = page.locator(".put-form")
    form.locator("[name=name]").fill("Fresh.TEST")
    form.locator("[name=registrar]").select_option(label="lighthouse")
    form.locator("[name=nameservers]").fill("ns1.homeport.test, ns2.homeport.test")
    form.locator("[name=statuses]").fill("ok")
    form.get_by_text("/registry/domains/Fresh.TEST").wait_for()
    assert '"registrar":"lighthouse"' in form.locator("hp-command code").inner_text()
    shot(page)
    assert (axe(page), overflow(page)) == ([], [])
    page.watch.allowed.append("422")
    form.get_by_role("button", name="Add", exact=True).click()
    form.get_by_text("statuses: ok cannot be set").wait_for()
    form.locator("[name=statuses]").fill("")
    form.get_by_role("button", name="Add", exact=True).click()
    page.locator(".life svg").get_by_text("now, 2026-10-14").wait_for()
    ask = traffic(harbour).ask
    added = ask("GET", "/worlds/default/registry/domains/fresh.test")
    assert (added["registrar"], added["expires"][:10]) == ("lighthouse", "2027-10-14")
    assert added["nameservers"] == ["ns1.homeport.test", "ns2.homeport.test"]
    assert b"Fresh.TEST".lower() in harbour.exchange("whois", b"fresh.test\r\n").lower()
    page.watch.allowed.append("404")  # what is shown is gone
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("It is not here (any more)").wait_for()


@pytest.mark.parametrize(
    ("kind", "given", "seen"),
    [
        ("host", {"name": "ns9.quay.test", "addresses": "192.0.2.9"}, {"addresses": ["192.0.2.9"]}),
        ("contact", {"id": "NEW-1", "postal_name": "Anne", "postal_city": "Kiel"}, {"email": ""}),
        ("registrar", {"id": "newcomer", "name": "Newcomer Inc.", "sessions": "2"}, {"sessions": 2}),
    ],
)
def test_other_objects_are_added_as_well(harbour, show, traffic, ready, kind, given, seen):
    page = show(harbour, f"/registry/{kind}s?new=1", size=PHONE)
    ready(page)
    form = page.locator(".put-form")
    if kind != "registrar":
        form.locator("[name=registrar]").select_option(label="harbour")
    for field, value in given.items():
        form.locator(f"[name={field}]").fill(value)
    form.get_by_role("button", name="Add", exact=True).click()
    name = given.get("id") or given["name"]
    page.locator(".toast", has_text=f"{name} was added.").wait_for()
    added = traffic(harbour).ask("GET", f"/worlds/default/registry/{kind}s/{name}")
    assert seen.items() <= added.items()
    if kind == "contact":
        assert (added["postal"]["name"], added["postal"]["city"]) == ("Anne", "Kiel")
