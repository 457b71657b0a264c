"""The page as a whole: it loads in a real browser under its own policy, from this farm alone."""

import re

import pytest


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_opens_and_asks_nobody_else(show, used, shot, dark):
    page = show(used, "/overview", dark=dark)
    page.wait_for_selector("main h1")
    shot(page)
    page.watch.check()


def test_what_breaks_the_policy_is_noticed(show, start_farm):
    page = show(start_farm("echo"))
    page.wait_for_selector("main h1")
    page.evaluate(
        """() => {
            const image = document.createElement("img");
            image.src = "http://localhost:9/x.png";
            document.body.append(image);
            const inline = document.createElement("style");
            inline.textContent = "body { color: red }";
            document.head.append(inline);
            console.error("oops");
            setTimeout(() => { document.body.innerHTML = "<b>x</b>"; });
        }"""
    )
    page.evaluate("() => new Promise(done => setTimeout(done))")
    wrong = "\n".join(page.watch.wrong)
    assert "console: oops" in wrong
    assert "localhost:9/x.png" in wrong
    assert "style-src 'self'" in wrong
    assert "TrustedHTML" in wrong
    page.watch.wrong.clear()


def test_axe_finds_violations(show, start_farm, axe):
    page = show(start_farm("echo"))
    page.wait_for_selector("main h1")
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert [one for one in axe(page) if one.startswith("button-name")]


def test_compact_rows_are_lower_and_stay_so_after_a_reload(show, seeded, ready, shot, axe):
    page = show(seeded, "/live")
    ready(page)
    row = page.locator("hp-list .row:visible").first
    row.wait_for()
    usual = row.bounding_box()["height"]
    text = page.locator("hp-list .txt").first.evaluate("one => getComputedStyle(one).fontSize")
    page.get_by_role("button", name="Display").click()
    page.get_by_role("menuitemradio", name="Compact rows").click()
    page.wait_for_function("usual => document.querySelector('hp-list').height < usual", arg=usual)
    assert row.bounding_box()["height"] < usual
    assert page.locator("hp-list .txt").first.evaluate("one => getComputedStyle(one).fontSize") == text
    page.reload()
    ready(page)
    row.wait_for()
    assert row.bounding_box()["height"] < usual
    shot(page)
    page.get_by_role("button", name="Display").click()
    assert page.get_by_role("menuitemradio", name="Compact rows").get_attribute("aria-checked") == "true"
    assert axe(page) == []


def test_dark_is_chosen_and_kept_and_the_system_decides_again(show, start_farm, ready):
    page = show(start_farm("echo"))
    ready(page)
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    for name, expected in (("Dark", False), ("Light or dark as the system", True)):
        page.get_by_role("button", name="Display").click()
        page.get_by_role("menuitemradio", name=name, exact=True).click()
        page.reload()
        ready(page)
        assert (page.evaluate(ground) == light) is expected


@pytest.mark.parametrize(
    ("typed", "chosen", "address"),
    [
        ("alice", "alice, Alice Liddell", "#/people/alice"),
        ("alice@homeport.test", "Mail to alice@homeport.test", "#/mail?q=to%3Aalice%40homeport.test"),
        ("127.0.0.1", "Connections of 127.0.0.1", "#/connections?q=peer%3A127.0.0.1"),
        ("homeport.test", "Domain homeport.test", "#/registry/domains/homeport.test"),
        ("c1", "Connection c1", "#/connections/c1"),
    ],
)
def test_the_palette_opens_what_is_typed(show, seeded, ready, typed, chosen, address):
    page = show(seeded, "/live")
    ready(page)
    page.keyboard.press("Control+k")
    page.locator(".palette input").wait_for()
    page.keyboard.type(typed)
    page.locator(".palette .entry", has_text=chosen).click()
    page.wait_for_function("address => location.hash.startsWith(address)", arg=address)


def test_the_palette_plans_a_recipe(show, farm, ready, traffic):
    page = show(farm, "/live")
    ready(page)
    page.keyboard.press("Control+k")
    page.locator(".palette input").wait_for()
    page.keyboard.type("plan greylist")
    page.locator(".palette .entry", has_text="Plan a fault: Greylist").wait_for()
    page.keyboard.press("Enter")
    page.locator(".toast", has_text="Planned: Greylist the first RCPT twice.").wait_for()
    assert traffic(farm).ask("GET", "/worlds/default/faults")["total"] == 1


def test_the_menu_of_worlds_has_their_findings_and_makes_one(show, seeded, ready, shot):
    page = show(seeded, "/live")
    ready(page)
    page.get_by_role("button", name="World: default").click()
    page.get_by_role("menuitem", name=re.compile(r"\d+ services, 0 open, \d+ must")).wait_for()
    shot(page)
    page.get_by_role("menuitem", name="New world").click()
    page.get_by_text("It would have").wait_for()
    assert page.evaluate("() => document.activeElement.closest('label').textContent").startswith("Name")


def test_the_status_changes_each_second_and_is_spoken_at_most_every_ten(show, farm, ready):
    page = show(farm)
    ready(page)
    page.clock.install()  # time passes as usual, and can be moved on
    page.reload()
    page.locator(".status[data-state=live]").wait_for()
    page.evaluate(
        """() => {
            self.changes = {};
            for (const place of [".has-status [role=status]", ".status-text"]) {
                self.changes[place] = 0;
                const look = new MutationObserver(() => { self.changes[place] += 1; });
                look.observe(document.querySelector(place), {childList: true});
            }
        }"""
    )
    for size in range(1, 4):
        before = page.evaluate("() => self.changes['.status-text']")
        for _ in range(size):
            farm.exchange("echo", b"ahoy")
        page.wait_for_function("before => self.changes['.status-text'] > before", arg=before)
        page.clock.run_for(1000)
    changes = page.evaluate("() => self.changes")
    assert changes[".status-text"] >= 3
    assert changes[".has-status [role=status]"] <= 1
