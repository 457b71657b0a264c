"""Live: the journal as it happens, filtered, paused, and with what was lost."""


def test_events_appear_as_they_happen(show, start_farm, ready, shot):
    farm = start_farm("echo", "smtp")
    page = show(farm, "/live")
    ready(page)
    page.get_by_text("Nothing has happened in this world yet").wait_for()
    page.get_by_text("</dev/null").wait_for()
    farm.exchange("echo", b"ahoy\r\n")
    page.locator("hp-list .row.in").get_by_text("ahoy").wait_for()
    shot(page)


def test_a_filter_is_in_the_address_and_holds_for_events_that_follow(show, seeded, ready, shot):
    page = show(seeded, "/live?q=type:finding")
    ready(page)
    page.locator("hp-list .row.finding").first.wait_for()
    assert page.locator("hp-list .row:not(.finding):visible").count() == 0
    before = page.locator("main .note").inner_text()
    seeded.exchange("finger", b"alice\n")
    page.locator("hp-list .row.finding").get_by_text("finger.bare-lf").first.wait_for()
    seeded.exchange("echo", b"not shown")
    page.get_by_label("Filter events").fill("level:must service:smtp")
    page.get_by_label("Filter events").press("Enter")
    page.wait_for_function("() => location.hash.includes('level')")
    assert "of" in before
    shot(page)


def test_a_filter_that_matches_nothing_says_so_and_shows_all_on_request(show, used, ready):
    page = show(used, "/live?q=no-such-word-anywhere")
    page.get_by_text("events match").first.wait_for()
    page.get_by_role("link", name="Show all").click()
    page.locator("hp-list .row").first.wait_for()


def test_an_unknown_key_of_a_filter_is_named_with_the_nearest_one(show, used, ready):
    page = show(used, "/live")
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("sevice:smtp")
    page.get_by_text("no key 'sevice'; did you mean service?").wait_for()


def test_a_pause_stops_the_view_and_counts_what_waits(show, seeded, ready):
    page = show(seeded, "/live?q=service:echo")
    ready(page)
    page.locator("hp-list .row").first.wait_for()
    page.keyboard.press("Space")
    seeded.exchange("echo", b"while it stands still")
    page.get_by_role("button", name="Resume,").wait_for()
    page.keyboard.press("End")
    page.get_by_text("while it stands still").first.wait_for()
    page.get_by_role("button", name="Pause").wait_for()


def test_an_event_opens_beside_the_list_with_its_bytes(show, used, ready, shot):
    page = show(used, "/live?q=type:in service:finger")
    ready(page)
    page.locator("hp-list").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator(".detail .hex").wait_for()
    shot(page)
    page.keyboard.press("Escape")
    page.locator(".detail .hex").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.localName") == "hp-list"


def test_a_list_of_many_events_holds_few_rows(show, start_farm, ready):
    farm = start_farm("echo")
    page = show(farm, "/live")
    ready(page)
    for _ in range(100):
        farm.exchange("echo", b"ahoy")
    page.wait_for_function("() => document.querySelector('hp-list')?.items.length >= 400")
    assert page.locator("hp-list .row").count() < 80
    page.evaluate("document.querySelector('hp-list').scrollTop = 0")
    page.get_by_role("button", name="Resume").wait_for()
    page.locator("hp-list .row.opened").first.wait_for()


def test_at_the_beginning_older_events_come_above_and_the_place_stays(show, start_farm, ready):
    farm = start_farm("echo")
    for number in range(1100):
        assert farm.udp("echo", b"%d" % number)
    page = show(farm, "/live")
    ready(page)
    page.wait_for_function("() => document.querySelector('hp-list')?.items.length === 1000")
    page.evaluate("document.querySelector('hp-list').scrollTop = 0")
    page.wait_for_function("() => document.querySelector('hp-list').items.length === 1100")
    first = "() => { const one = document.querySelector('hp-list'); return one.items[one.scrollTop / one.height]; }"
    assert page.evaluate(first)["seq"] == 101
    page.evaluate("document.querySelector('hp-list').scrollTop = 0")
    page.locator("hp-list .row", has_text=":").first.wait_for()
    assert page.evaluate(first)["seq"] == 1


def test_the_number_of_rows_that_all_rows_inherit_does_not_change_in_a_long_list(show, start_farm, ready):
    farm = start_farm("echo")
    for number in range(600):
        assert farm.udp("echo", b"%d" % number)
    page = show(farm, "/live")
    ready(page)
    rows = "() => document.querySelector('hp-list').style.getPropertyValue('--rows')"
    before = page.evaluate(rows)
    farm.udp("echo", b"one more")
    page.wait_for_function("() => document.querySelector('hp-list').items.length === 601")
    assert page.evaluate(rows) == before
