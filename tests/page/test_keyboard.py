"""By keyboard alone: a client sends, its finding is seen, a fault is planned and seen, the clock is moved."""

import pytest
from tests.page.expecting import expect


def goto(page, letter, title):
    """Go to a view by `g` and its letter."""
    page.keyboard.press("g")
    page.keyboard.press(letter)
    expect(page.locator("main h1")).to_have_text(title)


def command_of_palette(page, words):
    """Do something by the palette."""
    page.keyboard.press("Control+k")
    page.locator(".palette input").wait_for()
    page.keyboard.type(words)
    expect(page.locator(".palette [aria-selected=true]")).to_contain_text(words)
    page.keyboard.press("Enter")


def focused(page):
    """Return the words of what has the focus; empty for the page as a whole."""
    return page.evaluate(
        "() => document.activeElement.matches('body, main') ? '' : document.activeElement.textContent.trim()"
    )


def tab_to(page, text, *, key="Tab"):
    """Move the focus until it is on what has that text."""
    for _ in range(80):
        if text in focused(page):
            return
        page.keyboard.press(key)
    pytest.fail(f"the focus never came to {text!r}")


def test_send_see_fault_and_clock_without_a_pointer(show, farm, traffic, ready, shot):
    clients = traffic(farm)
    page = show(farm, "/overview")
    ready(page)
    tab_to(page, "Skip to content", key="Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    assert page.locator("main h1").inner_text() == "Overview"

    # Send, and see what was wrong, at its line.
    clients.mail(subject="By hand", sender="a@b.test", to="alice@homeport.test")
    clients.sloppy_mail()
    goto(page, "c", "Connections")
    page.locator("hp-list .row").nth(1).wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("Connection c2")
    page.locator("li.broke").first.wait_for()
    page.keyboard.press("n")
    page.locator("li.broke.here").wait_for()
    shot(page, "finding")
    page.keyboard.press("Escape")
    expect(page.locator("main h1")).to_have_text("Connections")
    goto(page, "m", "Mail")
    page.locator("hp-list .row", has_text="By hand").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="By hand").wait_for()

    # Plan a fault by a recipe, and see that it acts.
    goto(page, "x", "Faults")
    page.locator(".recipe").first.wait_for()
    tab_to(page, "Greylist the first RCPT twice")
    page.keyboard.press("Enter")
    page.locator("tr[data-id=f1]").wait_for()
    clients.greylisted()
    expect(page.locator("tr[data-id=f1]")).to_contain_text("2 of 2")
    shot(page, "fault")

    # Move the clock.
    before = clients.ask("GET", "/worlds/default/clock")["now"]
    command_of_palette(page, "Freeze the clock")
    page.locator(".pill.time.moved", has_text="frozen").wait_for()
    command_of_palette(page, "Advance the clock by one year")
    page.locator(".toast", has_text="Advanced by one year").wait_for()
    goto(page, "t", "Clock")
    after = clients.ask("GET", "/worlds/default/clock")["now"]
    assert int(after[:4]) == int(before[:4]) + 1
    page.keyboard.press(".")
    page.locator(".toast", has_text="Advanced to").wait_for()
    assert clients.ask("GET", "/worlds/default/clock")["now"] > after
    shot(page, "clock")
