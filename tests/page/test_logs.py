"""Log messages: the list, its filter and its updates, one message with its data and bytes, hostile content."""

import re
import socket

import pytest
from tests.page.expecting import expect
from tests.page.looks import in_looks

ORDER = (
    b"<134>1 2026-10-14T17:46:40.123456Z web1.example.com shop 4711 ORDER "
    b'[basket@32473 order="o-1\\"x" total="9.99"] \xef\xbb\xbforder placed'
)
HOSTILE = b"<12>1 2026-10-14T17:46:40Z <b>web2</b> app - - - <img src=x onerror=alert(1)> \x1b[31mred \xe2\x80\xae\x00"
OLD = b"<11>Oct 14 17:46:40 web3 till: card refused"


@pytest.fixture
def logged(start_farm):
    return start_farm("syslog", "smtp")


def log(farm, *messages):
    """Send messages by UDP, and wait until the farm has them."""
    wanted = farm.world.logs.number + len(messages)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for message in messages:
            client.sendto(message, ("127.0.0.1", farm.port("syslog", "udp")))
    farm.wait_for(lambda: farm.world.logs.number >= wanted)


def test_an_empty_list_teaches_and_the_first_message_enters_at_once(show, logged, ready, shot):
    page = show(logged, "/logs")
    ready(page)
    expect(page.locator("main code")).to_contain_text(f"logger -n 127.0.0.1 -P {logged.port('syslog', 'udp')} ")
    shot(page)
    log(logged, ORDER)
    row = page.get_by_role("option")
    for text in ("info", "local0", "web1.example.com", "shop", "order placed"):
        expect(row).to_contain_text(text)
    expect(page.locator("#rail").get_by_role("link", name=re.compile(r"^Logs\s*1$"))).to_be_visible()


def test_a_message_that_comes_while_one_is_read_waits(show, logged, ready):
    log(logged, ORDER)
    page = show(logged, "/logs/l1")
    ready(page)
    log(logged, OLD)
    page.get_by_role("button", name="1 new").click()
    expect(page.get_by_role("option").first).to_contain_text("card refused")
    expect(page.get_by_role("article")).to_contain_text("order placed")


def test_a_filter_is_in_the_address_and_says_what_it_hides(show, logged, ready, go, shot):
    log(logged, ORDER, OLD, HOSTILE)
    page = show(logged, "/logs")
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("severity:>=err -host:web9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("option")).to_contain_text("card refused")
    page.get_by_text("1 of 3 match").wait_for()
    assert "q=severity" in page.evaluate("() => location.hash")
    shot(page)
    go(page, "/logs?q=app:nothing")
    page.get_by_role("heading", name="None of 3 messages match").wait_for()
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("option")).to_have_count(3)


def test_a_message_shows_its_fields_its_data_and_its_bytes(show, logged, ready, shot):
    log(logged, ORDER)
    page = show(logged, "/logs")
    ready(page)
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.get_by_role("option").click()
    article = page.get_by_role("article")
    for text in (
        "local0.info",
        "134: local0 (local use), info (informational)",
        "RFC 5424, version 1",
        "a datagram over udp",
        "2026-10-14T17:46:40.123456Z",
        "web1.example.com",
        "4711",
        "ORDER",
        "basket@32473",
        'o-1"x',
    ):
        expect(article).to_contain_text(text)
    expect(article.locator(".bytes")).to_contain_text('[basket@32473 order="o-1\\"x"')
    shot(page)
    page.keyboard.press("h")
    expect(article.locator(".hex")).to_contain_text("000000  3c 31 33 34 3e 31")
    assert page.evaluate("() => location.hash") == "#/logs/l1?as=hex"
    page.keyboard.press("Escape")
    expect(article).to_be_hidden()


def test_what_was_wrong_stands_at_the_message_the_worst_first(show, logged, ready):
    log(logged, HOSTILE)
    page = show(logged, "/logs/l1")
    ready(page)
    broken = page.get_by_role("list", name="Findings").get_by_role("listitem")
    expect(broken.first).to_contain_text("must")
    broken.filter(has_text="NUL").get_by_role("link").first.click()
    expect(page.locator("main h1")).to_have_text("Ended a message with NUL")
    expect(page.locator("main")).to_contain_text("syslog.nul-ends")


def test_hostile_content_stays_text(show, logged, ready, shot):
    log(logged, HOSTILE)
    page = show(logged, "/logs/l1")
    ready(page)
    said = page.locator(".said")
    expect(said).to_contain_text("<img src=x onerror=alert(1)>")
    expect(said.locator(".eol")).to_have_text(["ESC", "U+202E"])
    assert page.locator("main img, main b.web2").count() == 0
    expect(page.locator(".lines .row")).to_contain_text("<b>web2</b>")
    shot(page)


def test_brackets_go_to_the_newer_and_the_older_message(show, logged, ready):
    log(logged, ORDER, OLD)
    page = show(logged, "/logs/l1")
    ready(page)
    page.keyboard.press("]")
    expect(page.locator(".said")).to_have_text("card refused")
    page.keyboard.press("[")
    expect(page.locator(".said")).to_have_text("order placed")
    page.keyboard.press("[")
    page.get_by_text("This is the oldest message.").wait_for()


def test_what_is_shown_is_deleted_and_nothing_that_came_later(show, logged, ready):
    log(logged, ORDER, OLD)
    page = show(logged, "/logs?q=app:till")
    ready(page)
    page.get_by_role("button", name="Delete shown").click()
    page.get_by_role("dialog").get_by_text("Delete 1 log message?").wait_for()
    log(logged, OLD)
    page.get_by_role("button", name="Delete them").click()
    page.get_by_text("1 log message was deleted.").wait_for()
    assert [one.id for one in logged.world.logs.messages()] == ["l1", "l3"]


@pytest.mark.parametrize(
    ("address", "size", "dark"), in_looks("/logs", "/logs/l1", "/logs/l3?as=hex", "/logs?q=app:nothing")
)
def test_logs_are_accessible(show, logged, ready, axe, overflow, shot, address, size, dark):
    log(logged, ORDER, OLD, HOSTILE, b"x" * 3000)
    page = show(logged, address, size=size, dark=dark)
    ready(page)
    assert axe(page) == []
    assert overflow(page) == []
    shot(page, f"{size[0]}")
