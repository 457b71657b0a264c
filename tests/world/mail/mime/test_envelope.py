"""Envelopes: groups, missing parts, 8-bit headers, and agreement with Python's email package."""

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.world.mail.mime.envelope import (
    GROUP_END,
    MAX_ADDRESSES,
    NO_DOMAIN,
    NO_MAILBOX,
    Address,
    parse_address_list,
)
from homeport.world.mail.mime.parsed import ParsedMessage


def addresses(value):
    return [(one.name, one.route, one.mailbox, one.host) for one in parse_address_list(value)]


def envelope(raw):
    return ParsedMessage(raw).envelope


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"a@b", (None, None, b"a", b"b")),
        (b"<a@b>", (None, None, b"a", b"b")),
        (b" John Doe <j.d@b.org>\r\n", (b"John Doe", None, b"j.d", b"b.org")),
        (b'"Q, \\"x\\"" <q@y>', (b'Q, "x"', None, b"q", b"y")),
        (b"John Q. Public <jq@x.org>", (b"John Q. Public", None, b"jq", b"x.org")),
        (b'"a b"@c.d', (None, None, b"a b", b"c.d")),
        (b"x@[1.2.3.4]", (None, None, b"x", b"[1.2.3.4]")),
        (b"<@r1,@r2:z@z.org>", (None, b"@r1,@r2", b"z", b"z.org")),
        (b"joe@b (Joe (the) X)", (b"Joe (the) X", None, b"joe", b"b")),
        (b"Pete(A \\) chap) <pete(his)@silly.test(host)>", (b"Pete", None, b"pete", b"silly.test")),
        (b"=?utf-8?q?J=C3=BC?= <j@e>", (b"=?utf-8?q?J=C3=BC?=", None, b"j", b"e")),
        (b"caf\xc3\xa9 <c@d>", (b"caf\xc3\xa9", None, b"c", b"d")),
        (b"caf\xe9 <c@d>", (b"caf\xe9", None, b"c", b"d")),
        (b"One\r\n Two <c@d>", (b"One Two", None, b"c", b"d")),
        (b'"" <c@d>', (None, None, b"c", b"d")),
    ],
)
def test_addresses(value, found):
    assert addresses(value) == [found]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"plain", (None, None, b"plain", NO_DOMAIN)),
        (b"Name <plain>", (b"Name", None, b"plain", NO_DOMAIN)),
        (b"a@", (None, None, b"a", NO_DOMAIN)),
        (b"@b", (None, None, NO_MAILBOX, b"b")),
        (b"<>", (None, None, NO_MAILBOX, NO_DOMAIN)),
        (b"Name <a@b", (b"Name", None, b"a", b"b")),
    ],
)
def test_an_address_without_a_part_is_no_group(value, found):
    assert addresses(value) == [found]


def test_groups_begin_without_host_and_end_without_anything():
    assert parse_address_list(b"undisclosed-recipients:;") == (
        Address(None, None, b"undisclosed-recipients", None),
        GROUP_END,
    )
    assert addresses(b"A Group:Ed <joe@where>,j@one;, k@l, g: x@y") == [
        (None, None, b"A Group", None),
        (b"Ed", None, b"joe", b"where"),
        (None, None, b"j", b"one"),
        (None, None, None, None),
        (None, None, b"k", b"l"),
        (None, None, b"g", None),
        (None, None, b"x", b"y"),
        (None, None, None, None),
    ]


def test_an_empty_list_has_no_addresses():
    assert addresses(b" \r\n") == addresses(b"") == addresses(b" , ,") == addresses(b"(only a comment)") == []


def test_missing_fields_are_none_and_empty_ones_are_empty():
    found = envelope(b"Subject:\r\nIn-Reply-To: \r\nTo: \r\n\r\n")
    assert (found.subject, found.in_reply_to, found.date, found.message_id) == (b"", b"", None, None)
    assert (found.to, found.cc, found.from_) == ((), (), ())


def test_sender_and_reply_to_are_those_of_from_if_they_are_missing_or_empty():
    found = envelope(b"From: a@b\r\nSender: \r\n\r\n")
    assert found.sender == found.reply_to == found.from_ == (Address(None, None, b"a", b"b"),)
    found = envelope(b"From: a@b\r\nReply-To: c@d\r\n\r\n")
    assert found.reply_to == (Address(None, None, b"c", b"d"),)


def test_fields_are_on_one_line_and_encoded_words_stay():
    found = envelope(
        b"Subject: =?utf-8?q?a?=\r\n\t=?utf-8?q?b?=  c\r\nDate: Wed, 14 Oct\n 2026 x \r\nMessage-ID:<a@b>\r\n\r\n"
    )
    assert found.subject == b"=?utf-8?q?a?= =?utf-8?q?b?=  c"
    assert found.date == b"Wed, 14 Oct 2026 x"
    assert found.message_id == b"<a@b>"


def test_the_first_of_two_subjects_counts_and_addresses_are_joined():
    found = envelope(b"Subject: one\r\nSubject: two\r\nTo: a@b\r\nTo: c@d\r\n\r\n")
    assert found.subject == b"one"
    assert [one.mailbox for one in found.to] == [b"a", b"c"]


def test_the_number_of_addresses_is_bounded():
    assert len(parse_address_list(b"a b <c@d>(x)," * 6000)) <= MAX_ADDRESSES


ATOMS = st.text("abcXYZ019-", min_size=1, max_size=8)
DOMAINS = st.lists(ATOMS, min_size=1, max_size=3).map(".".join)
SPECS = st.tuples(DOMAINS, DOMAINS).map("@".join)
NAMES = st.lists(ATOMS, min_size=1, max_size=3).map(" ".join)
QUOTED = st.text('ab ,;:<>@()"\\', min_size=1, max_size=10).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)


@given(st.lists(SPECS | st.tuples(NAMES | QUOTED, SPECS).map(lambda pair: f"{pair[0]} <{pair[1]}>"), max_size=6))
def test_lists_agree_with_the_email_package(values):
    text = ", ".join(values)
    expected = [pair for pair in email.utils.getaddresses([text]) if pair != ("", "")]
    found = [((one.name or b"").decode(), f"{one.mailbox.decode()}@{one.host.decode()}")
             for one in parse_address_list(text.encode())]  # fmt: skip
    assert found == expected


PIECES = st.lists(
    st.sampled_from([b"a", b"@", b"<", b">", b",", b";", b":", b'"', b"(", b")", b"\\", b" ", b".", b"\r\n ", b"[",
                     b"]", b"\xff", b"\0", b"=?utf-8?q?x?="]),
    max_size=40,
).map(b"".join)  # fmt: skip


@given(PIECES)
def test_any_bytes_are_a_list_in_which_groups_are_closed(value):
    depth = 0
    for one in parse_address_list(value):
        assert one.name is None or b"\n" not in one.name
        if one.host is None:
            depth += 1 if one.mailbox is not None else -1
            assert depth in (0, 1)
        else:
            assert one.mailbox
            assert one.host
    assert depth == 0
