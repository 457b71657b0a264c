"""What the page could not read is drawn where it is missing: sampled events, gaps of the ring, bytes not kept."""

import re

from tests.page.expecting import expect


def happen(farm, number, kind="command", **fields):
    """Log events at once, faster than any page reads them."""
    farm.call(lambda: [farm.world.journal.log(None, kind, {"verb": "NOOP", **fields}) for _ in range(number)])


def shown(page, kind):
    return page.evaluate(
        "kind => document.querySelector('hp-list').items.filter(one => one.type === kind).length", kind
    )


def test_at_a_high_rate_the_page_samples_says_so_and_leaves_out_no_finding(show, start_farm, ready, shot):
    farm = start_farm("echo", "finger")
    farm.exchange("echo", b"ahoy")
    page = show(farm, "/live")
    ready(page)
    page.locator("hp-list .row").first.wait_for()
    for _ in range(5):
        happen(farm, 1000)
        farm.exchange("finger", b"alice\n")
    expect(page.locator("main .note")).to_contain_text(re.compile(r"[\d,]+ in the last second are not shown; findings"))
    shot(page)
    page.wait_for_function(
        "() => document.querySelector('hp-list').items.filter(one => one.type === 'finding').length === 5"
    )
    assert shown(page, "command") < 5000
    seq = farm.call(lambda: farm.world.journal.seq)
    expect(page.get_by_role("link", name="Live").first).to_contain_text(f"{seq:,}")


def test_events_that_left_the_ring_before_they_were_read_are_a_row_with_their_number(show, start_farm, ready, shot):
    farm = start_farm("echo", journal={"size": 256 << 10})
    farm.exchange("echo", b"before")
    page = show(farm, "/live")
    ready(page)
    page.get_by_text("before").first.wait_for()
    # The farm ends a stream whose reader has missed events for being slow; it resumes after them.
    page.watch.allowed += ["ERR_CONNECTION_RESET", "ERR_INCOMPLETE"]
    happen(farm, 20_000)
    page.wait_for_function("() => document.querySelector('hp-list').items.some(one => one.gap)")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function(
        """() => {
            const list = document.querySelector("hp-list");
            list.scrollTop = list.items.findIndex(one => one.gap) * list.height;
            return list.querySelector(".row.gap");
        }"""
    )
    expect(page.locator("hp-list .row.gap")).to_have_text(
        re.compile(r"[\d,]+ events left the ring before .* \(seq [\d,]+ to [\d,]+\)")
    )
    shot(page)
    farm.exchange("echo", b"after the gap")
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("after the gap").first.wait_for()


def test_bytes_that_the_journal_does_not_keep_are_a_gap_in_the_ladder(show, start_farm, ready, shot):
    farm = start_farm("echo")
    farm.exchange("echo", b"x" * 200_000)
    page = show(farm, "/connections/c1")
    ready(page)
    expect(page.locator("li.gap").first).to_have_text(
        re.compile(r"[\d,]+ bytes of the (client|server).* are not in the journal")
    )
    shot(page)
