"""Mail: boxes, list and message in a real browser, with mail of real clients."""

import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from nightly import NIGHTLY
from tests.page.conftest import PHONE
from tests.page.traffic import DATE, DOT

MESSAGES = "/worlds/default/smtp/messages"
PICTURE = bytes.fromhex("47494638396101000100800000ff0000ffffff21f90400000000002c00000000010001000002024401003b")


@pytest.fixture
def elsewhere():
    """Another host, with pictures and style sheets: its address, and the paths that were asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/css" if self.path.endswith(".css") else "image/gif")
            self.end_headers()
            self.wfile.write(b"h1 { display: none }" if self.path.endswith(".css") else PICTURE)

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def newsletter(elsewhere: str) -> bytes:
    """HTML with styles of its own, a script, a picture in the message, and what is on another host."""
    html = (
        "<!doctype html><html><head><style>h1 { color: rgb(1, 2, 3) } .deck { width: 600px; max-width: 100% }</style>"
        f'<link rel="stylesheet" href="{elsewhere}/mail.css">'
        f'<meta http-equiv="refresh" content="0; url={elsewhere}/r"></head>'
        f'<body background="{elsewhere}/ground.gif"><h1 style="letter-spacing: 3px">The Tide Table</h1>'
        '<div class="deck"><img id="dot" src="cid:dot" alt="dot" width="16" height="16">'
        f'<img id="pixel" src="{elsewhere}/pixel.gif?u=7" alt="banner" onload="document.title=1"></div>'
        f'<a href="{elsewhere}/read">Read it</a> <a target="_top" href="{elsewhere}/top">All of it</a>'
        "<script>document.querySelector('h1').textContent = 'ran'</script></body></html>"
    )
    lines = [
        "From: =?utf-8?q?The_Tide_Table?= <news@example.test>",
        "To: alice@homeport.test",
        "Subject: =?iso-2022-jp?b?GyRCRn45QU09RGobKEI=?=",
        f"Date: {DATE}",
        "Message-ID: <news-48@example.test>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="m"',
        "",
        "--m",
        'Content-Type: multipart/related; boundary="r"',
        "",
        "--r",
        "Content-Type: text/html; charset=utf-8",
        "",
        html,
        "--r",
        "Content-Type: image/png",
        "Content-ID: <dot>",
        "Content-Disposition: inline",
        "Content-Transfer-Encoding: base64",
        "",
        DOT,
        "--r--",
        "--m",
        "Content-Type: text/csv; charset=utf-8",
        "Content-Disposition: attachment; filename*=utf-8''%E4%BA%88%E5%AE%9A.csv",
        "",
        "berth,boat",
        "7,Seagull",
        "--m--",
        "",
    ]
    return "\r\n".join(lines).encode()


@pytest.fixture
def write(traffic, farm) -> Callable[..., None]:
    """Send plain messages: `write("First", "Second", to="bob@homeport.test")`."""

    def send(*subjects: str, to: str = "alice@homeport.test", sender: str = "carol@client.example") -> None:
        for subject in subjects:
            head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {DATE}\r\nMessage-ID: <{subject}@x.test>"
            traffic(farm).post(f"{head}\r\n\r\nText of {subject}.\r\n".encode(), sender, to)

    return send


def subjects(page) -> list[str]:
    """Return the subjects of the list, from above."""
    rows = page.locator(".msgs .row:not([hidden])").all()
    found = sorted((row.bounding_box()["y"], row.locator(".what").inner_text()) for row in rows)
    return [subject for _y, subject in found]


def wait_for(page, *wanted: str) -> None:
    """Wait until the list shows these messages, in any order."""
    page.wait_for_function(
        """wanted => {
            const rows = [...document.querySelectorAll(".msgs .row:not([hidden]) .what")].map(one => one.textContent);
            return rows.sort().join() === wanted.sort().join();
        }""",
        arg=list(wanted),
    )


def open_message(page, subject: str) -> None:
    """Click on a message of the list."""
    page.locator(".msgs .what", has_text=subject).click()


def mail(page):
    """Return the frame that shows the HTML of a message."""
    page.wait_for_selector("iframe.paper")
    frame = page.query_selector("iframe.paper").content_frame()
    frame.wait_for_load_state()
    return frame


def test_a_view_without_mail_gives_a_command_that_works(show, farm, ready, shot, run, client):
    page = show(farm, "/mail")
    ready(page)
    command = page.locator(".empty code").inner_text()
    shot(page)
    assert command == f"swaks --server 127.0.0.1:{farm.port('smtp', 'plain')} --to alice@homeport.test"
    program, *words = command.split()
    run(client(program), *words)
    page.locator(".msgs .what", has_text="test ").wait_for()
    page.locator(".mailboxes a", has_text="alice@homeport.test").wait_for()


def test_mail_appears_without_reload_and_never_under_the_reader(show, farm, ready, shot, write):
    write("First")
    page = show(farm, "/mail")
    ready(page)
    write("Second")
    wait_for(page, "Second", "First")
    open_message(page, "Second")
    page.locator(".letter h2", has_text="Second").wait_for()
    place = page.locator(".msgs .row", has_text="Second").bounding_box()
    write("Third", "Fourth")
    fresh = page.get_by_role("button", name="2 new")
    fresh.wait_for()
    shot(page, "announced")
    assert sorted(subjects(page)) == ["First", "Second"]
    assert page.locator(".msgs .row", has_text="Second").bounding_box()["height"] == place["height"]
    fresh.click()
    wait_for(page, "Fourth", "Third", "Second", "First")
    assert subjects(page) == ["Fourth", "Third", "Second", "First"]
    assert page.locator(".letter h2").inner_text() == "Second"


def test_what_was_opened_is_read_and_can_be_marked_unread(show, farm, ready, traffic, write):
    write("First", "Second")
    page = show(farm, "/mail?q=has:unread")
    ready(page)
    page.locator(".rail a", has_text="2 new").wait_for()
    open_message(page, "First")
    page.locator(".rail a", has_text="1 new").wait_for()
    unread = {one["id"]: one["unread"] for one in traffic(farm).ask("GET", MESSAGES)["items"]}
    assert unread == {"m1": False, "m2": True}
    # It matches the filter no longer, but it stays as long as it is open.
    wait_for(page, "Second", "First")
    page.keyboard.press("u")
    page.locator(".rail a", has_text="2 new").wait_for()
    page.get_by_role("button", name="Mark all read").click()
    page.wait_for_function("() => !document.querySelector('.rail [aria-current] .count').textContent")
    assert page.locator(".msgs .row.new:not([hidden])").count() == 0


def test_search_takes_the_filter_language_and_mailboxes(show, farm, ready, shot, write):
    write("Invoice 7", "Invoice 8")
    write("Reminder", to="bob@homeport.test")
    page = show(farm, "/mail")
    ready(page)
    page.keyboard.press("/")
    page.keyboard.type("subject:invoice -subject:8 ")
    wait_for(page, "Invoice 7")
    assert "q=subject" in page.url
    page.reload()
    ready(page)
    wait_for(page, "Invoice 7")
    page.goto(page.url.partition("#")[0] + "#/mail")
    page.locator(".mailboxes a", has_text="bob@").click()
    wait_for(page, "Reminder")
    assert page.locator(".mailboxes a[aria-current]").inner_text().split()[0] == "bob@homeport.test"
    open_message(page, "Reminder")
    page.locator(".letter h2", has_text="Reminder").wait_for()
    assert page.url.endswith("#/mail/m3?q=mailbox%3Abob%40homeport.test")
    page.keyboard.press("/")
    page.keyboard.type("nothing")
    page.get_by_text("None of 3 messages match").wait_for()
    shot(page)
    # A wrong value is the API's error, with what was meant; a wrong key is said at once.
    page.watch.allowed += [r"^response: 400 ", r"^console: Failed to load resource: .* 400 "]
    page.evaluate("() => { location.hash = '#/mail?q=has:atachment'; }")
    page.get_by_text("did you mean attachment").wait_for()


def test_delete_asks_for_several_only(show, farm, ready, shot, traffic, write):
    write("One", "Two", "Three", "Four", "Five")
    page = show(farm, "/mail")
    ready(page)
    open_message(page, "Four")
    page.locator(".letter h2", has_text="Four").wait_for()
    page.keyboard.press("Delete")
    wait_for(page, "One", "Two", "Three", "Five")
    page.locator(".letter h2", has_text="Three").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.localName === 'hp-list'")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Delete")
    assert page.locator("dialog h2").inner_text() == "Delete 2 messages?"
    page.get_by_role("button", name="Cancel").click()
    assert len(traffic(farm).ask("GET", MESSAGES)["items"]) == 4
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Delete them").click()
    wait_for(page, "One", "Five")
    page.goto(page.url.partition("#")[0] + "#/mail?q=subject:one")
    wait_for(page, "One")
    page.get_by_role("button", name="Delete shown").click()
    page.get_by_text("No message matches").wait_for()
    assert [one["subject"] for one in traffic(farm).ask("GET", MESSAGES)["items"]] == ["Five"]
    shot(page)


def test_delete_shown_leaves_what_came_later(show, farm, ready, traffic, write):
    write("One", "Two")
    page = show(farm, "/mail/m2")
    ready(page)
    write("Three")
    page.get_by_role("button", name="1 new").wait_for()
    page.get_by_role("button", name="Delete shown").click()
    assert page.locator("dialog h2").inner_text() == "Delete 2 messages?"
    page.get_by_role("button", name="Delete them").click()
    page.get_by_text("2 messages were deleted.").wait_for()
    assert [one["subject"] for one in traffic(farm).ask("GET", MESSAGES)["items"]] == ["Three"]


def test_html_is_shown_with_its_styles_and_nothing_of_it_runs_or_is_fetched(
    show, farm, ready, shot, axe, traffic, elsewhere
):
    url, asked = elsewhere
    traffic(farm).post(newsletter(url), "news@example.test", "alice@homeport.test")
    page = show(farm, "/mail/m1/html")
    ready(page)
    frame = mail(page)
    heading = frame.locator("h1")
    assert heading.inner_text() == "The Tide Table"
    assert heading.evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
    assert heading.evaluate("one => getComputedStyle(one).letterSpacing") == "3px"
    assert frame.locator("#dot").evaluate("one => one.naturalWidth") == 1
    assert frame.locator("#pixel").evaluate("one => one.naturalWidth") == 0
    assert page.locator(".remote .grow").inner_text() == "2 images and 1 style sheet on other hosts were not fetched."
    assert axe(page) == []
    shot(page, "blocked")
    for name in ("Read it", "All of it"):
        frame.get_by_text(name).click()
    # A link of a message opens nothing and does not replace the message; below, its target is shown.
    assert frame.locator("h1").inner_text() == "The Tide Table"
    targets = page.locator(".links a")
    assert targets.first.get_attribute("rel") == "noopener noreferrer"
    assert targets.first.inner_text() == f"{url}/read"
    assert asked == []
    page.watch.check()

    page.watch.allowed.append(f"^request: {url}/(pixel|ground).gif")
    page.get_by_role("button", name="Load once").click()
    page.get_by_text("2 images on other hosts were asked for, this once. Style sheets never are.").wait_for()
    frame = mail(page)
    frame.locator("#pixel").evaluate("one => one.decode()")
    assert frame.locator("#pixel").evaluate("one => one.naturalWidth") == 1
    assert frame.locator("h1").is_visible()
    assert sorted(asked) == ["/ground.gif", "/pixel.gif?u=7"]
    shot(page, "loaded")
    # Once: after another form, and after a reload, nothing is fetched.
    page.get_by_role("link", name="Phone").click()
    page.wait_for_selector(".content.phone")
    assert page.locator("iframe.paper").evaluate("one => one.offsetWidth") == 375
    page.reload()
    ready(page)
    mail(page)
    assert page.locator(".remote .grow").inner_text().endswith("were not fetched.")
    assert len(asked) == 2


def test_a_token_is_no_hindrance_to_frames_pictures_and_downloads(show, start_farm, ready, traffic, elsewhere):
    farm = start_farm("smtp", control={"token": "harbour-token"})
    traffic(farm).post(newsletter(elsewhere[0]), "news@example.test", "alice@homeport.test")
    page = show(farm, "/mail/m1/html")
    page.locator("dialog input").fill("harbour-token")
    page.watch.wrong.clear()  # the answers 401, which made it ask
    page.keyboard.press("Enter")
    ready(page)
    assert mail(page).locator("h1").inner_text() == "The Tide Table"
    with page.expect_download() as download:
        page.locator(".clips button").click()
    assert download.value.suggested_filename == "予定.csv"
    page.get_by_role("link", name="Parts").click()
    page.wait_for_function("() => document.querySelector('.tree img')?.naturalWidth === 1")
    assert elsewhere[1] == []


def test_a_message_is_shown_in_every_form(show, farm, ready, shot, traffic, elsewhere):
    traffic(farm).post(newsletter(elsewhere[0]), "news@example.test", "alice@homeport.test")
    page = show(farm, "/mail/m1/headers")
    ready(page)
    assert page.locator(".letter h2").inner_text() == "入港予定"
    assert "入港予定" in page.locator(".fields").inner_text()
    page.get_by_role("link", name="As sent").click()
    page.get_by_text("=?iso-2022-jp?b?GyRCRn45QU09RGobKEI=?=").wait_for()
    page.get_by_role("link", name="Parts").click()
    page.wait_for_selector(".tree li")
    types = [one.inner_text() for one in page.locator(".tree b").all()]
    assert types == ["multipart/mixed", "multipart/related", "text/html", "image/png", "text/csv"]
    page.wait_for_function("() => document.querySelector('.tree img').naturalWidth === 1")
    shot(page, "parts")
    with page.expect_download() as download:
        page.locator(".tree button").last.click()
    assert download.value.path().read_bytes() == b"berth,boat\r\n7,Seagull"
    page.get_by_role("link", name="Source").click()
    page.get_by_text("Content-ID: <dot>").wait_for()
    page.get_by_role("link", name="Talk", exact=True).click()
    page.get_by_text("MAIL FROM:<news@example.test>").wait_for()
    page.get_by_role("link", name="Text", exact=True).click()
    page.get_by_text("This message has no text").wait_for()
    page.go_back()
    page.get_by_text("MAIL FROM:<news@example.test>").wait_for()


def test_findings_stand_under_the_facts_and_lead_to_their_lines(show, farm, ready):
    with socket.create_connection(("127.0.0.1", farm.port("smtp", "plain"))) as client, client.makefile("rb") as lines:
        client.sendall(b"HELO vm\r\nMAIL FROM:<>\r\nRCPT TO:<alice@homeport.test>\r\nDATA\r\n.\r\nQUIT\r\n")
        assert lines.readlines()[-1].startswith(b"221")
    page = show(farm, "/mail/m1")
    ready(page)
    assert page.locator(".broken .level").first.inner_text() == "must"
    assert page.get_by_text("none in the envelope, as in reports").is_visible()
    page.locator(".broken").get_by_role("link", name="at its line").first.click()
    page.locator(".here").wait_for()
    assert "/connections/c1?at=" in page.url


def test_keys_lead_through_the_mail_and_back(show, farm, ready, write):
    write(*(f"Number {number:02}" for number in range(30)))
    page = show(farm, "/mail")
    ready(page)
    page.keyboard.press("j")
    for _ in range(20):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator(".letter h2").wait_for()
    opened = page.locator(".letter h2").inner_text()
    place = page.locator("hp-list").evaluate("one => one.scrollTop")
    page.keyboard.press("[")
    page.locator(".letter h2", has_text=f"Number {int(opened[-2:]) - 1:02}").wait_for()
    page.keyboard.press("]")
    page.locator(".letter h2", has_text=opened).wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector(".letter .pick")
    assert page.locator("hp-list").evaluate("one => one.scrollTop") == place > 0
    assert page.evaluate("() => document.activeElement.localName") == "hp-list"


@pytest.mark.parametrize("dark", [False, True] if NIGHTLY else [True])
def test_on_a_phone_list_and_message_are_two_screens(
    show, farm, ready, shot, go, axe, overflow, traffic, elsewhere, write, dark
):
    traffic(farm).post(newsletter(elsewhere[0]), "news@example.test", "alice@homeport.test")
    write("Second", to="a-very-long-local-part-of-an-address@a-very-long-domain.example.test")
    page = show(farm, "/mail", size=PHONE, dark=dark)
    ready(page)
    assert (axe(page), overflow(page)) == ([], [])
    shot(page, "list")
    open_message(page, "入港予定")
    page.locator(".letter h2").wait_for()
    ready(page)
    mail(page)
    assert not page.locator("hp-list").is_visible()
    assert (axe(page), overflow(page)) == ([], [])
    shot(page, "message")
    for tab in ("text", "headers", "parts", "source", "talk"):
        go(page, f"/mail/m1/{tab}")
        assert (tab, axe(page), overflow(page)) == (tab, [], [])
    page.get_by_role("link", name="Mail").first.click()
    page.locator("hp-list").wait_for()
    assert not page.locator(".letter").is_visible()


def test_a_message_that_is_gone_says_so(show, farm, ready, write):
    write("First")
    page = show(farm, "/mail/m7")
    page.watch.allowed += [r"^response: 404 ", r"^console: Failed to load resource: .* 404 "]
    ready(page)
    page.get_by_text("It is not here (any more)").wait_for()
    page.get_by_role("link", name="All mail").last.click()
    wait_for(page, "First")
