"""Gopher+ (the specification of 1993): lengths, attributes, views, errors."""

import pytest

INFO = b"+INFO: 0tides.txt\t/files/pub/tides.txt\t127.0.0.1\t10070\t+\r\n"
ADMIN = (
    b"+ADMIN:\r\n Admin: Harbour Operator <operator@homeport.test>\r\n"
    b" Mod-Date: Sat Jul 02 00:00:00 1988 <19880702000000>\r\n"
)
VIEWS = b"+VIEWS:\r\n text/plain: <1k>\r\n"


def test_a_binary_has_its_length(ask):
    one = ask(b"/files/pub/chart.bin\t+")
    assert one.talk.sent == b"+4096\r\n" + bytes(range(256)) * 16
    assert one.talk.logs[0] == (
        "command",
        {"verb": "file", "argument": "/files/pub/chart.bin", "code": "found", "plus": "+"},
    )


def test_a_text_ends_with_a_dot_or_with_the_close(ask):
    plain = ask(b"/files/README.txt").talk.sent
    assert ask(b"/files/README.txt\t+").talk.sent == b"+-1\r\n" + plain
    assert ask(b"/files/README.txt\t+", text_end="close").talk.sent == b"+-2\r\n" + plain.removesuffix(b".\r\n")


@pytest.mark.parametrize("selector", [b"", b"/files", b"/people", b"/quotes", b"/who", b"/people/alice", b"/about"])
def test_menus_and_generated_texts_are_those_without_plus_after_the_length(ask, selector):
    assert ask(selector + b"\t+").talk.sent == b"+-1\r\n" + ask(selector).talk.sent


def test_attributes_of_an_item(ask):
    assert ask(b"/files/pub/tides.txt\t!").talk.sent == b"+-1\r\n" + INFO + ADMIN + VIEWS + b".\r\n"


@pytest.mark.parametrize(
    ("wanted", "blocks"),
    [
        (b"!+INFO", INFO),
        (b"!+ADMIN", INFO + ADMIN),
        (b"!+VIEWS+ADMIN", INFO + ADMIN + VIEWS),
        (b"!+NONSENSE", INFO),
    ],
)
def test_attributes_can_be_chosen(ask, wanted, blocks):
    assert ask(b"/files/pub/tides.txt\t" + wanted).talk.sent == b"+-1\r\n" + blocks + b".\r\n"


@pytest.mark.parametrize(
    "selector", [b"", b"/files", b"/people", b"/who", b"/quote", b"/quotes", b"/search", b"/about"]
)
def test_every_place_has_attributes(ask, selector):
    one = ask(selector + b"\t!")
    assert one.talk.sent.startswith(b"+-1\r\n+INFO: ")
    assert one.talk.sent.count(b"+INFO: ") == 1
    assert one.talk.sent.endswith(b"\r\n.\r\n")
    assert one.findings == []


def test_attributes_of_all_items_of_a_menu(ask):
    sent = ask(b"/files/pub\t$").talk.sent
    assert sent.count(b"+INFO: ") == 7
    assert INFO + ADMIN + VIEWS in sent
    sent = ask(b"\t$+INFO").talk.sent
    assert sent.splitlines()[1] == b"+INFO: 1Files\t/files\t127.0.0.1\t10070\t+"
    assert b"+ADMIN" not in sent
    assert b"+INFO: i" not in sent


def test_the_menu_of_attributes_is_a_view_of_a_menu(ask):
    assert ask(b"/files/pub\t+application/gopher+-menu").talk.sent == ask(b"/files/pub\t$").talk.sent
    assert ask(b"/files/pub\t+application/gopher-menu").talk.sent == ask(b"/files/pub\t+").talk.sent


def test_attributes_of_the_items_of_what_is_no_menu_are_an_error(ask):
    for selector in (b"/files/README.txt", b"/who"):
        sent = ask(selector + b"\t$").talk.sent
        assert sent.startswith(b"--1\r\n1 Harbour Operator <operator@homeport.test>\r\nthis item is no menu")
        assert sent.endswith(b"\r\n.\r\n")


@pytest.mark.parametrize("request_line", [b"/nope\t+", b"/nope\t!", b"/nope\t$", b"/people/nobody\t+"])
def test_an_error_has_its_number_and_the_administrator(ask, request_line):
    sent = ask(request_line, admin="Ann <ann@homeport.test>").talk.sent
    assert sent.startswith(b"--1\r\n1 Ann <ann@homeport.test>\r\nthere is nothing at '/")


def test_a_view_is_given_if_it_is_there(ask):
    plain = ask(b"/files/README.txt\t+").talk.sent
    assert ask(b"/files/README.txt\t+text/plain").talk.sent == plain
    assert ask(b"/files/README.txt\t+text/plain En_US\t0").talk.sent == plain
    for selector in (b"/files/README.txt", b"/who", b"/files"):
        assert ask(selector + b"\t+image/gif").talk.sent.startswith(b"--1\r\n1 ")


def test_data_for_an_item_that_asks_for_none_are_a_finding(connect):
    one = connect()
    one.send(b"/who\t+\t1\r\n+-1\r\nanswer\r\n.\r\n")
    assert one.talk.sent.startswith(b"+-1\r\nalice")
    assert one.findings == ["plus-data", "data-after-query"]


def test_a_malformed_request_is_a_finding_and_refused_where_it_is_strict(ask):
    assert ask(b"/who\t+\t7").findings == ["plus-malformed"]
    assert ask(b"/who\t+\t7", syntax="strict").talk.sent.startswith(b"3a request of Gopher+ ends with a mark")


def test_where_it_is_off_a_request_is_answered_without(ask):
    one = ask(b"/who\t+", gopher_plus=False)
    assert one.talk.sent == ask(b"/who").talk.sent
    assert one.findings == ["plus-not-offered"]


def test_a_search_has_a_length_too(ask):
    assert ask(b"/search\ttides\t+").talk.sent == b"+-1\r\n" + ask(b"/search\ttides").talk.sent
