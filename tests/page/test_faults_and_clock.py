"""Faults and the clock in a browser: plan, watch, undo, move time, and see what it did."""

import pytest
from tests.page.expecting import expect
from tests.page.looks import in_looks


@pytest.mark.parametrize(
    ("address", "size", "dark"), in_looks("/faults", "/faults/f1", "/faults/new?from=greylist", "/clock")
)
def test_the_views_are_accessible_and_fit(show, used, ready, axe, overflow, shot, address, size, dark):
    page = show(used, address, size=size, dark=dark)
    ready(page)
    page.wait_for_function("() => document.querySelector('.recipe, .day') !== null")
    shot(page, full_page=True)
    assert axe(page) == []
    assert overflow(page) == []


def test_a_planned_fault_is_a_sentence_with_its_acts_and_its_last_connection(seeded, show, ready):
    page = show(seeded, "/faults")
    ready(page)
    row = page.locator("tr[data-id=f1]")
    row.get_by_text("Replies 451 4.7.1 to the next RCPT").wait_for()
    assert "f1 smtp reply code=451 enhanced=4.7.1" in row.inner_text()
    assert "1 of 1" in row.inner_text()
    assert row.locator(".boxes i.on").count() == 1
    row.locator("a.mono").click()
    page.wait_for_url("**/connections/c*")
    ready(page)


def test_a_removed_fault_is_planned_again_by_undo(show, seeded, ready):
    page = show(seeded, "/faults")
    ready(page)
    page.get_by_role("button", name="Remove f2").click()
    undo = page.get_by_role("button", name="Undo")
    undo.hover()  # or it is gone after six seconds
    page.locator("tr[data-id=f2]").wait_for(state="detached")
    undo.click()
    row = page.locator("tr[data-id=f3]")
    row.wait_for()
    assert "Answers 250 ms late, for the next 3 connections" in row.inner_text()


def test_a_fault_is_paused_and_resumed(show, seeded, ready, traffic):
    page = show(seeded, "/faults")
    ready(page)
    page.get_by_role("button", name="Pause f2").click()
    page.get_by_role("button", name="Resume f2").wait_for()
    assert traffic(seeded).ask("GET", "/worlds/default/faults/f2")["paused"] is True


def test_without_faults_the_recipes_are_what_is_shown_and_one_click_plans_one(show, farm, ready, traffic):
    page = show(farm, "/faults")
    ready(page)
    page.get_by_text("Nothing is planned.").wait_for()
    page.get_by_role("button", name="Greylist the first RCPT twice").click()
    page.locator("tr[data-id=f1]").get_by_text("Replies 451 4.7.1 to the next 2 RCPT").wait_for()
    assert traffic(farm).ask("GET", "/worlds/default/faults/f1")["times"] == 2


def test_the_form_follows_the_schema_and_shows_the_command_before_it_plans(show, farm, ready, traffic):
    page = show(farm, "/faults/new?from=greylist")
    ready(page)
    form = page.locator("#plan")
    form.get_by_text("homeport fault add smtp reply code=451").wait_for()
    form.locator("[name=code]").fill("452")
    form.get_by_text("homeport fault add smtp reply code=452").wait_for()
    form.get_by_label("Service and listener").select_option("echo")
    assert form.get_by_role("button", name="reply").count() == 0
    form.get_by_role("button", name="latency").click()
    form.locator("[name=ms]").fill("40")
    form.get_by_role("button", name="Plan it").click()
    page.locator("tr[data-id=f1]").wait_for()
    assert traffic(farm).ask("GET", "/worlds/default/faults/f1")["do"] == {"latency": {"ms": 40, "jitter_ms": 0}}


def test_faults_of_imaps_answers_are_planned_in_the_form(show, farm, ready, traffic):
    page = show(farm, "/faults/new")
    ready(page)
    form = page.locator("#plan")
    form.get_by_label("Service and listener").select_option("imap")
    form.get_by_role("button", name="frame").click()
    form.get_by_text("homeport fault add imap frame uidvalidity").wait_for()
    form.get_by_role("button", name="unsolicited").click()
    form.locator("[name=text]").fill("OK [ALERT] moved")
    form.get_by_text("Sends “* OK [ALERT] moved” unasked, for the next command").wait_for()
    form.get_by_role("button", name="Plan it").click()
    page.locator("tr[data-id=f1]").wait_for()
    assert traffic(farm).ask("GET", "/worlds/default/faults/f1")["do"] == {"unsolicited": {"text": "OK [ALERT] moved"}}


def test_what_the_api_refuses_is_said_in_the_form(show, farm, ready):
    page = show(farm, "/faults/new")
    page.watch.allowed.append(r"response: 422")
    page.watch.allowed.append(r"console: .*422")
    ready(page)
    form = page.locator("#plan")
    form.locator("[name=enhanced]").fill("5.7.1")
    form.get_by_role("button", name="Plan it").click()
    form.get_by_text("did you mean '4.7.1'").wait_for()


def test_what_falls_due_is_listed_by_day_and_advancing_to_it_shows_what_happened(show, farm, ready, traffic):
    traffic(farm).ask("POST", "/worlds/default/clock", {"freeze": True})
    first = traffic(farm).ask("GET", "/worlds/default/clock/timers?limit=1")["items"][0]
    page = show(farm, "/clock")
    ready(page)
    page.locator(".card > header").get_by_text("frozen").wait_for()
    page.locator(".day").first.get_by_text(first["object"]).wait_for()
    page.locator(".day").first.get_by_role("button").click()
    page.locator(".happened").get_by_text(first["object"]).first.wait_for()
    page.get_by_text("happened. Show").first.wait_for()


def test_a_fault_is_planned_and_time_is_moved_by_keyboard_only(show, farm, ready, traffic):
    page = show(farm, "/live")
    ready(page)
    page.keyboard.press("g")
    page.keyboard.press("x")
    page.wait_for_url("**/faults")
    page.get_by_text("Nothing is planned.").wait_for()
    page.keyboard.press("n")
    page.wait_for_url("**/faults/new")
    page.wait_for_function("() => document.activeElement.closest('#plan') !== null")
    page.keyboard.type("echo")
    for _ in range(60):
        if page.evaluate("() => document.activeElement.textContent") == "Plan it":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("tr[data-id=f1]").wait_for()
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/clock")
    page.locator(".day").first.wait_for()
    page.keyboard.press(".")
    page.locator(".happened li").first.wait_for()
    assert traffic(farm).ask("GET", "/worlds/default/clock")["offset_seconds"] > 0


def test_the_form_plans_a_response_code_and_a_defect_of_dns(show, farm, ready, traffic):
    page = show(farm, "/faults/new")
    ready(page)
    form = page.locator("#plan")
    form.get_by_label("Service and listener").select_option("dns")
    form.get_by_role("button", name="reply", exact=True).click()
    form.locator("[name=rcode]").select_option("SERVFAIL")
    form.locator("[name=ede]").fill("22")
    form.locator("[name=verb]").select_option("MX")
    form.get_by_text("homeport fault add dns reply rcode=SERVFAIL ede=22 --verb MX").wait_for()
    form.get_by_role("button", name="Plan it").click()
    page.locator("tr[data-id=f1]").get_by_text("Replies SERVFAIL to the next MX").wait_for()
    planned = traffic(farm).ask("GET", "/worlds/default/faults/f1")
    assert (planned["do"]["reply"]["rcode"], planned["do"]["reply"]["ede"]) == ("SERVFAIL", 22)


SENTENCES = [
    ("tftp", "RRQ", {"reply": {"error": 0}}, "Replies error 0 to the next RRQ", "reply error=0"),
    ("ldap", "search", {"reply": {"result": "busy"}}, "Replies busy to the next search", "reply result=busy"),
    ("ntp", "CLIENT", {"offset": {"ms": -250}}, "Tells a time 250 ms behind, for the next CLIENT", "offset ms=-250"),
    ("ntp", "CLIENT", {"offset": {"ms": 0, "ppm": 40}}, "Tells a time that drifts by 40 ppm", "offset ms=0 ppm=40"),
    ("ntp", "CLIENT", {"stratum": {"number": 16}}, "Claims stratum 16", "stratum number=16"),
    ("telnet", None, {"frame": "option-storm"}, "Spoils the answer (option storm)", "frame option-storm"),
]


def test_faults_of_each_service_are_sentences(show, start_farm, ready, traffic):
    farm = start_farm("tftp", "ldap", "ntp", "telnet")
    for service, verb, do, _words, _command in SENTENCES:
        traffic(farm).plan(service=service, match={"verb": verb} if verb else {}, do=do)
    page = show(farm, "/faults")
    ready(page)
    for number, (_service, _verb, _do, words, command) in enumerate(SENTENCES, 1):
        row = page.locator(f"tr[data-id=f{number}]")
        expect(row).to_contain_text(words)
        expect(row).to_contain_text(command)


def test_the_form_begins_with_the_service_that_the_address_names(show, start_farm, ready):
    page = show(start_farm("smtp", "ntp"), "/faults/new?service=ntp")
    ready(page)
    expect(page.get_by_label("Service and listener")).to_have_value("ntp")


def test_recipes_of_one_service_are_shown(show, start_farm, ready):
    page = show(start_farm("smtp", "tftp"), "/faults")
    ready(page)
    page.get_by_label("Service of the recipes").select_option("tftp")
    expect(page.locator(".recipe", has_text="Greylist")).to_have_count(0)
    expect(page.locator(".recipe").first).to_contain_text("tftp")
