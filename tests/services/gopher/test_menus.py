"""Menus of a world (RFC 1436 2, 3.8)."""

import os

import pytest

from homeport.world.endpoints import Endpoint
from homeport.world.people import Person


def shown(lines: list[list[str]]) -> list[str]:
    """Return type and display string of each item that is no information."""
    return [line[0] for line in lines if not line[0].startswith("i")]


def test_the_empty_selector_gets_the_root_menu_byte_for_byte(ask):
    one = ask(b"")
    assert one.talk.sent == (
        b"iHomeport\tfake\tnull.host\t1\r\n"
        b"i\tfake\tnull.host\t1\r\n"
        b"1Files\t/files\t127.0.0.1\t10070\t+\r\n"
        b"1People\t/people\t127.0.0.1\t10070\t+\r\n"
        b"0Who is present\t/who\t127.0.0.1\t10070\t+\r\n"
        b"0Quote of the day\t/quote\t127.0.0.1\t10070\t+\r\n"
        b"1All quotes\t/quotes\t127.0.0.1\t10070\t+\r\n"
        b"7Search people and files\t/search\t127.0.0.1\t10070\t+\r\n"
        b"0About this server\t/about\t127.0.0.1\t10070\t+\r\n"
        b".\r\n"
    )
    assert one.findings == []
    assert one.talk.logs == [("command", {"verb": "menu", "argument": "", "code": "found"})]


@pytest.mark.parametrize("selector", [b"/", b"", b"//"])
def test_a_slash_is_the_root_too(ask, selector):
    assert ask(selector).talk.sent == ask(b"").talk.sent


def test_the_root_has_the_configured_title_and_no_plus_where_that_is_off(menu):
    lines = menu(title="Gopher of the mole", gopher_plus=False)
    assert lines[0] == ["iGopher of the mole", "fake", "null.host", "1"]
    assert lines[2] == ["1Files", "/files", "127.0.0.1", "10070"]


@pytest.mark.parametrize(
    ("local", "options", "place"),
    [
        (("::1", 10070), {}, ["::1", "10070"]),
        (("fe80::1%eth0", 7070), {}, ["fe80::1", "7070"]),
        (("127.0.0.1", 10070), {"host_name": "gopher.homeport.test"}, ["gopher.homeport.test", "10070"]),
        (("172.17.0.2", 10070), {"host_name": "localhost", "public_port": 70}, ["localhost", "70"]),
    ],
)
def test_items_are_at_the_host_and_port_by_which_the_client_came(menu, local, options, place):
    assert menu(b"", local=local, **options)[2][2:4] == place


def test_a_folder_lists_its_files_by_type(menu, root):
    folder = root / "kinds"
    folder.mkdir()
    contents = {
        "a.gif": b"x", "b.jpg": b"x", "c.html": b"x", "d.pdf": b"x", "e.wav": b"x", "f.zip": b"x", "g.hqx": b"x",
        "h.uu": b"x", "i.mbox": b"x", "j": b"plain words\n", "k": b"\x00\x01", "l": b"GIF89a",
        "m": b"\x89PNG\r\n\x1a\n", "n": b"", "o.weird": "Überfahrt".encode(), "p.mp4": b"x", "q": b"%PDF-1.4",
        "r.TXT": b"\x00",
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "s").mkdir()
    assert [line[0][0] for line in menu(b"/files/kinds")] == [*"gIhds546M09gI00;d01"]


def test_a_selector_of_a_menu_leads_to_what_it_names(menu, ask):
    lines = menu(b"/files/pub")
    assert lines[3] == ["0log of the day.txt", "/files/pub/log of the day.txt", "127.0.0.1", "10070", "+"]
    for line in lines:
        answer = ask(line[1].encode()).talk
        assert answer.logs[0][1]["code"] == "found"
        assert not answer.findings


def test_a_name_that_is_not_utf_8_survives_the_way_there_and_back(ask, root):
    (root / "pub" / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"strong\n")
    assert b"\t/files/pub/caf\xe9.txt\t" in ask(b"/files/pub").talk.sent
    one = ask(b"/files/pub/caf\xe9.txt")
    assert one.talk.sent == b"strong\r\n.\r\n"
    assert one.findings == ["not-utf-8"]


@pytest.mark.parametrize("name", ["a\tb", "a\rb", "a\nb"])
def test_a_name_that_no_selector_can_have_is_told_and_not_offered(menu, root, name):
    (root / "pub" / "old" / name).write_bytes(b"")
    lines = menu(b"/files/pub/old")
    assert lines[0] == [f"i({name!r} cannot be asked for)", "fake", "null.host", "1"]
    assert len(lines) == 2


def test_a_control_character_in_a_name_is_escaped_in_the_display_and_kept_in_the_selector(ask, root):
    (root / "pub" / "old" / "bell\x07").write_bytes(b"")
    assert rb"0bell\x07" + b"\t/files/pub/old/bell\x07\t" in ask(b"/files/pub/old").talk.sent


def test_a_huge_folder_comes_in_pieces_each_when_the_client_has_taken_the_last(connect, root):
    folder = root / "huge"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number:06}.txt").touch()
    one = connect()
    one.send(b"/files/huge\r\n")
    assert one.talk.sent.count(b"\r\n") == 3001
    assert one.pieces >= 2
    assert one.talk.closed


def test_the_root_points_to_other_services_of_this_world(menu, world):
    for service, port in (("telnet", 10023), ("ftp", 10021), ("finger", 10079), ("dict", 12628), ("smtp", 10025)):
        world.endpoints[service] = Endpoint(service, "tcp", "tcp", port, ("127.0.0.1",))
    others = {line[0]: line[1:] for line in menu(local=("::1", 10070))[-4:]}
    assert others == {
        "8Telnet": ["", "::1", "10023"],
        "hFTP": ["URL:ftp://[::1]:10021/", "::1", "10070"],
        "0Finger": ["", "::1", "10079"],
        "hDICT": ["URL:dict://[::1]:12628/", "::1", "10070"],
    }


# People, presence, quotes


def test_each_person_has_a_card(menu, ask):
    assert shown(menu(b"/people"))[0] == "0Alice Liddell (alice)"
    text = ask(b"/people/alice").talk.sent.decode()
    assert text.startswith("Alice Liddell\r\n\r\nLogin:   alice\r\n")
    assert "Present: on tty1 since 2026-10-14 14:46 UTC, idle 4 min\r\n" in text
    assert text.endswith("Answer every letter by noon.\r\n.\r\n")


def test_a_plan_cannot_end_the_text_nor_act_on_a_terminal(ask, world):
    world.people.put(Person(login="eve", name="Eve", plan=".\n..\n\x1b[2J"))
    assert ask(b"/people/eve").talk.sent.endswith(b"Plan:\r\n..\r\n...\r\n\\x1b[2J\r\n.\r\n")


def test_who_shows_a_login_over_any_service_at_once(ask, world):
    entered = world.presence.enter("carol", "imap", "192.0.2.7", world.clock.now())
    assert b"carol        " in ask(b"/who").talk.sent
    world.presence.leave(entered)
    assert b"carol" not in ask(b"/who").talk.sent


def test_who_of_an_empty_world_says_so(ask, world):
    world.presence.begin((), world.clock.now())
    assert ask(b"/who").talk.sent == b"No one is logged in.\r\n.\r\n"


def test_quotes_have_a_menu_and_the_day_has_one(menu, ask, world):
    world.quotes.replace(["first\nline two", "x" * 100])
    assert shown(menu(b"/quotes")) == ["0first", "0" + "x" * 57 + "..."]
    assert ask(b"/quotes/1").talk.sent == b"first\r\nline two\r\n.\r\n"
    today = ask(b"/quote").talk.sent
    assert today in (b"first\r\nline two\r\n.\r\n", b"x" * 100 + b"\r\n.\r\n")
    world.clock.advance(86_400)
    assert ask(b"/quote").talk.sent != today


@pytest.mark.parametrize("selector", [b"/quotes/0", b"/quotes/99999999999", b"/quotes/x", b"/people/nobody", b"/who/x"])
def test_what_is_not_there_is_an_error_item(ask, selector):
    one = ask(selector)
    assert one.talk.sent == b"3there is nothing at '%s'\t\tnull.host\t1\r\n.\r\n" % selector
    assert one.talk.logs[0][1]["code"] == "none"


def test_about_names_the_selectors_and_the_faults_where_clients_may_ask(ask, world):
    assert b"/search" in ask(b"/about").talk.sent
    assert b"/fault/" not in ask(b"/about").talk.sent
    world.faults.by_client = True
    assert b"/fault/NAME/SELECTOR" in ask(b"/about").talk.sent


# Gophermaps


def test_a_gophermap_replaces_the_menu_of_its_folder(menu, root):
    (root / "pub" / "gophermap").write_bytes(
        b"# not shown\nThe pier\n\n0Tides\ttides.txt\n1Elsewhere\t/x\texample.org\t7070\n1Default\t/y\texample.org\n"
        b"hHome\tURL:https://example.org/\n0Absolute\t/who\niInfo\tx\ty\t1\n.\n0Never\tnever\n"
    )
    assert menu(b"/files/pub") == [
        ["iThe pier", "fake", "null.host", "1"],
        ["i", "fake", "null.host", "1"],
        ["0Tides", "/files/pub/tides.txt", "127.0.0.1", "10070", "+"],
        ["1Elsewhere", "/x", "example.org", "7070"],
        ["1Default", "/y", "example.org", "70"],
        ["hHome", "URL:https://example.org/", "127.0.0.1", "10070"],
        ["0Absolute", "/who", "127.0.0.1", "10070", "+"],
        ["iInfo", "fake", "null.host", "1"],
    ]


def test_a_star_in_a_map_stands_for_the_folder_and_ends_it(menu, root):
    (root / "pub" / "old" / "gophermap").write_bytes(b"Old things\r\n*\r\nnever\r\n")
    assert [line[0] for line in menu(b"/files/pub/old")] == ["iOld things", "0ledger-1987.txt"]


def test_a_map_in_the_root_replaces_the_root_menu(menu, root):
    (root / "gophermap").write_bytes(b"Mine\n1Public\tpub\n")
    assert menu(b"") == [
        ["iMine", "fake", "null.host", "1"],
        ["1Public", "/files/pub", "127.0.0.1", "10070", "+"],
    ]
    (root / "gophermap").write_bytes(b"Mine\n*\n")
    assert [line[0] for line in menu(b"")][:3] == ["iMine", "iHomeport", "i"]


def test_maps_have_another_name_or_none_by_option(menu, root):
    (root / "pub" / "gophermap").write_bytes(b"Mine\n")
    (root / "pub" / "index").write_bytes(b"Other\n")
    assert len(menu(b"/files/pub")) == 1
    assert menu(b"/files/pub", gophermap="index")[0][0] == "iOther"
    assert len(menu(b"/files/pub", gophermap="")) == 9


@pytest.mark.parametrize("port", ["99999", "x", "-1", "٣"])
def test_a_map_with_a_port_that_is_none_gets_that_of_gopher(menu, root, port):
    (root / "pub" / "gophermap").write_text(f"1X\t/x\texample.org\t{port}\n")
    assert menu(b"/files/pub")[0][3] == "70"


def test_menus_are_in_the_configured_encoding_and_selectors_as_they_are(ask):
    one = ask(b"/files/pub", encoding="latin-1").talk.sent
    assert b"0\xfcberfahrt.txt\t/files/pub/\xc3\xbcberfahrt.txt\t" in one
    assert b"0?berfahrt.txt\t/files/pub/\xc3\xbcberfahrt.txt\t" in ask(b"/files/pub", encoding="ascii").talk.sent


def test_a_world_without_files_has_a_root_menu_and_an_error_for_files(ask, world):
    world.file_store = None
    assert b"1Files" in ask(b"").talk.sent
    assert ask(b"/files").talk.sent == b"3this world has no files\t\tnull.host\t1\r\n.\r\n"
