"""Connections: their list, the ladder of one, two side by side."""

import json
from urllib.request import urlopen

import pytest
from tests.page.expecting import expect


@pytest.fixture
def newest(used):
    """Return the identifier of the newest connection to a service."""

    def newest(service):
        url = f"http://127.0.0.1:{used.farm.control.port}/api/v1/worlds/default/connections"
        with urlopen(f"{url}?service={service}&order=desc&limit=1", timeout=20) as answer:
            return json.load(answer)["items"][0]["id"]

    return newest


def step_by_step(farm, *commands):
    """Send commands to SMTP, each after the reply to the one before."""
    with farm.connect("smtp") as client, client.makefile("rwb") as lines:
        lines.readline()
        for command in commands:
            lines.write(command + b"\r\n")
            lines.flush()
            while lines.readline()[3:4] == b"-":
                pass


def test_the_list_grows_and_opens_a_connection(show, used, ready, shot):
    page = show(used, "/connections")
    ready(page)
    page.locator("hp-list .row").first.wait_for()
    used.exchange("echo", b"one more")
    page.locator("hp-list .row").first.get_by_text("echo").wait_for()
    shot(page)
    page.locator("hp-list").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Connection c").wait_for()


def test_a_finding_stands_under_the_line_that_broke_the_rule(show, used, newest, ready, shot):
    used.exchange("smtp", b"HELO me\r\nMAIL FROM: <a@b.test>\r\nQUIT\r\n")
    page = show(used, f"/connections/{newest('smtp')}")
    ready(page)
    rung = page.locator("li.rung:not(.s)", has_text="MAIL FROM:")
    rung.wait_for()
    assert rung.locator("mark").count() >= 1
    below = rung.evaluate(
        """one => {
            const all = [];
            while ((one = one.nextElementSibling)?.matches(".broke")) all.push(one.textContent);
            return all;
        }"""
    )
    assert any("smtp.space-after-colon" in text and "§3.3" in text for text in below)
    shot(page)


def test_commands_of_one_read_are_rungs_with_a_reply_each(show, used, newest, ready):
    used.exchange("smtp", b"EHLO client.example\r\nRSET\r\nNOOP\r\nQUIT\r\n")
    page = show(used, f"/connections/{newest('smtp')}")
    ready(page)
    page.locator("li.rung.s", has_text="221").wait_for()
    said = page.locator("li.rung").evaluate_all(
        "all => all.map(one => [one.matches('.s'), one.querySelector('.say').textContent.slice(0, 4)])"
    )
    commands = [text for server, text in said if not server]
    assert commands == ["EHLO", "RSET", "NOOP", "QUIT"]
    assert [server for server, _text in said[1:]] == [False, True] * 4


def test_keys_go_through_findings_and_the_address_names_the_line(show, used, newest, ready):
    used.exchange("finger", b"alice\n")
    page = show(used, f"/connections/{newest('finger')}")
    ready(page)
    page.locator("li.broke").wait_for()
    page.keyboard.press("n")
    page.locator("li.broke.here").wait_for()
    assert "at=" in page.evaluate("location.hash")
    page.reload()
    page.locator("li.broke.here").wait_for()


def test_bytes_that_are_no_text_are_hex_and_controls_have_names(show, used, newest, ready, shot):
    used.exchange("echo", bytes(range(128, 256)))
    page = show(used, f"/connections/{newest('echo')}")
    ready(page)
    page.locator(".say .hex").first.get_by_text("80 81 82").wait_for()
    used.exchange("echo", b"a\x00b then a long line of text\n")
    page = show(used, f"/connections/{newest('echo')}")
    page.locator(".say .eol", has_text="NUL").first.wait_for()
    page.locator(".say .eol", has_text="LF").first.wait_for()
    page.keyboard.press("h")
    page.locator(".say .hex").first.wait_for()
    shot(page)


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        (b"Subject: Gr\xfc\xdfe aus dem Hafen\r\n", ["\\xFC", "\\xDF"]),
        ("a line whose last character is cut: é".encode()[:-1], ["\\xC3"]),
        ("é, € and \U0001f6a2 are UTF-8, \xff and these are not: ".encode() + b"\xe2\x82 \xf0\x9f", ["\\xE2", "\\x82"]),
    ],
)
def test_a_few_bytes_that_are_no_utf_8_are_named_in_a_text(show, used, newest, ready, sent, names):
    used.exchange("echo", sent)
    page = show(used, f"/connections/{newest('echo')}")
    ready(page)
    page.locator("li.rung").first.wait_for()
    shown = page.locator("li.rung").first.locator(".say .eol").all_inner_texts()
    assert shown[: len(names)] == names
    assert page.locator(".say .hex").count() == 0


def test_a_comparison_without_two_connections_says_how_to_choose_them(show, used, ready):
    page = show(used, "/compare/c1")
    page.get_by_text("Two connections are compared").wait_for()


def test_a_refused_login_says_so_in_the_facts(show, used, newest, ready):
    used.exchange("pop3", b"AUTH PLAIN AGFsaWNlAHdyb25n\r\nQUIT\r\n")
    page = show(used, f"/connections/{newest('pop3')}")
    ready(page)
    page.locator("main").get_by_text("refused, PLAIN, -ERR").wait_for()


def test_frames_of_epp_are_indented_and_secrets_are_stars(show, used, newest, ready, shot):
    page = show(used, f"/connections/{newest('epp')}")
    ready(page)
    page.locator("li.rung:not(.s)", has_text="<login>").first.wait_for()
    assert "harbour-pass" not in page.locator("main").inner_text()
    shot(page)


def test_a_transcript_is_saved_as_text_json_and_capture(show, used, newest, ready):
    page = show(used, f"/connections/{newest('finger')}")
    ready(page)
    for name, ending in (("Save as text", ".txt"), ("Save as JSON", ".json"), ("pcapng", ".pcapng")):
        page.get_by_role("button", name="Save as").click()
        with page.expect_download() as saved:
            page.get_by_role("menuitem", name=name).click()
        assert saved.value.suggested_filename.endswith(ending)
        assert saved.value.path().stat().st_size > 0


def test_two_connections_are_compared_step_by_step(show, used, newest, ready, shot):
    step_by_step(used, b"HELO me", b"NOOP", b"QUIT")
    before = newest("smtp")
    step_by_step(used, b"EHLO client.example", b"NOOP", b"QUIT")
    page = show(used, f"/compare/{before}/{newest('smtp')}")
    ready(page)
    page.locator(".diff li", has_text="HELO me").get_by_text("fixed").wait_for()
    page.locator(".diff li", has_text="NOOP").get_by_text("same").first.wait_for()
    page.get_by_role("button", name="Only what differs").click()
    page.locator(".diff li", has_text="NOOP").first.wait_for(state="detached")
    shot(page)


def test_a_fault_stands_before_the_reply_that_it_changed_and_explains_a_difference(
    show, used, traffic, newest, ready, go, shot
):
    step_by_step(used, b"EHLO client.example", b"NOOP")
    before = newest("smtp")
    traffic(used).plan(service="smtp", match={"verb": "NOOP"}, do={"reply": {"code": 451}})
    step_by_step(used, b"EHLO client.example", b"NOOP")
    page = show(used, f"/connections/{newest('smtp')}")
    ready(page)
    act = page.locator("li.act")
    act.wait_for()
    assert "replied 451 instead of executing NOOP" in act.text_content()
    assert "451" in act.evaluate("one => one.nextElementSibling.textContent")
    shot(page)
    go(page, f"/compare/{before}/{newest('smtp')}")
    ready(page)
    page.locator(".diff li", has_text="451").get_by_text("fault f").wait_for()


def test_a_connection_that_is_gone_says_so(show, used):
    page = show(used, "/connections/c99999")
    page.watch.allowed.append("404")
    page.get_by_text("It is not here (any more)").wait_for()
    page.get_by_role("link", name="All connections").click()
    page.locator("hp-list .row").first.wait_for()


def test_what_a_terminal_says_is_text_with_its_commands_and_options(show, start_farm, ready, shot):
    farm = start_farm("telnet")
    with farm.connect("telnet") as client:
        client.sendall(b"\xff\xfb\x18\xff\xfd\x03alice\r\n")
        heard = b""
        while not heard.endswith(b"Password: "):
            heard += client.recv(4096)
        client.sendall(b"alice-pass\r\nexit\r\n")
        while client.recv(4096):
            pass
    page = show(farm, "/connections/c1")
    ready(page)
    said = page.locator(".rung .say")
    expect(said.filter(has_text="<IAC WILL TTYPE>")).to_contain_text("<IAC DO SGA>")
    expect(said.filter(has_text="Password:")).not_to_contain_text("\\")
    expect(page.locator("li.mark", has_text="TTYPE on at the client")).to_be_visible()
    assert page.locator(".say", has_text="alice-pass").count() == 0
    assert page.locator(".say", has_text="response").count() == 0
    shot(page)
