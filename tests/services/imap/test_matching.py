"""Which messages a search finds, and how much of each it reads."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.services.imap.grammar.search_keys import parse_search
from homeport.services.imap.grammar.tokens import Cursor
from homeport.services.imap.matching import Context, make_search
from homeport.world.mail.mime.parsed import HEAD_BYTES
from homeport.world.mail.mime.sent_date import parse_sent_date
from homeport.world.mail.searched_message import SearchedMessage

NOW = 1_792_000_000  # 2026-10-14
DAY = 86_400
MAIL = (
    b'From: "Smith, J" <smith@example.org>\r\nTo: =?utf-8?q?Andr=C3=A9?= <andre@example.org>\r\n'
    b"Subject: =?iso-8859-1?q?Caf=E9?=\r\n =?iso-8859-1?q?_au_lait?=\r\nDate: Tue, 13 Oct 2026 23:30:00 -0700\r\n"
    b"X-Empty:\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"The gr=C3=BC=\r\n=C3=9Fe of\r\nMonday\r\n"
    b'--x\r\nContent-Type: text/html\r\n\r\n<a href="http://x/?code=1">Sail <b>a</b>way</a>\r\n'
    b"--x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nc2VjcmV0IHdvcmQ=\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: forwarded thing\r\n\r\ninner text\r\n"
    b"--x\r\nContent-Type: image/png; name=picture.png\r\n\r\nbinary-noise\r\n--x--\r\n"
)


def entry(uid=1, *flags, size=1000, internal=NOW, saved=NOW, modseq=5, zone=0):
    dates = {"internal": internal, "saved": saved, "zone": zone}
    return SimpleNamespace(uid=uid, flags=frozenset(flags), size=size, modseq=modseq, **dates)


def search(text, *literals, **context):
    return make_search(parse_search(Cursor(text, literals)).key,
                       Context(**{"count": 10, "highest_uid": 20, "now": NOW} | context))  # fmt: skip


def found(text, one=None, *literals, number=1, raw=MAIL, **context):
    message = SearchedMessage(lambda limit: raw[:limit], len(raw))
    return search(text, *literals, **context).matches(number, one or entry(), message)


@pytest.mark.parametrize(
    "text",
    [b"FROM smith", b"FROM EXAMPLE.ORG", b'FROM "smith, j"', b"TO andre", b"SUBJECT {4}\r\n", b'SUBJECT "au lait"',
     b'HEADER X-Empty ""', b"HEADER x-empty: {0}\r\n",
     b"BODY {7}\r\n", b'BODY "of monday"', b'BODY "sail away"', b'BODY "code=1"', b'BODY "secret word"',
     b'TEXT "forwarded thing"', b"BODY inner", b'TEXT "secret word"', b'TEXT "subject: caf"', b"TEXT picture.png",
     b'BODY ""', b'TEXT ""'],
)  # fmt: skip
def test_texts_are_decoded_and_compared_without_case(text):
    literals = {b"{4}": ["CAFÉ".encode()], b"{7}": ["GRÜßE".encode()], b"{0}": [b""]}
    given = next((value for mark, value in literals.items() if mark in text), [])
    assert found(text, None, *given)


@pytest.mark.parametrize(
    "text",
    [b"FROM andre", b"SUBJECT monday", b'HEADER X-None ""', b"BODY smith", b'BODY "picture.png"', b"BODY binary-noise",
     b"BODY forwarded",
     b'BODY "=C3"', b"CC x", b"TEXT nothing"],
)  # fmt: skip
def test_other_texts_do_not_match(text):
    assert not found(text)


@pytest.mark.parametrize(
    "value",
    [b"<ann.lee@example.org>", b"<ann.lee (at work)@ (her employer's) example.org>", b'"ann.lee"@example.org',
     b"ann . lee @ example.org", b"Bob <bob@example.org>, <ann.lee@\r\n example.org>",
     b"team: bob@example.org, ann.lee (x) @example.org;"],
)  # fmt: skip
@pytest.mark.parametrize("field", [b"From", b"To", b"Cc", b"Bcc"])
def test_an_address_is_found_as_the_envelope_has_it(field, value):
    """RFC 9051 6.4.4: the string is in the envelope structure's field"""
    raw = field + b": " + value + b"\r\n\r\n"
    assert found(field.upper() + b" ann.lee@example.org", raw=raw)
    assert not found(field.upper() + b" lee@example.com", raw=raw)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"SENTON 13-Oct-2026", True), (b"SENTON 14-Oct-2026", False), (b"SENTBEFORE 14-Oct-2026", True),
     (b"SENTBEFORE 13-Oct-2026", False), (b"SENTSINCE 13-Oct-2026", True), (b"SENTSINCE 14-Oct-2026", False)],
)  # fmt: skip
def test_the_day_of_sending_is_the_one_in_the_message(text, expected):
    assert found(text) is expected


def test_a_message_without_a_valid_date_was_sent_on_no_day():
    for raw in (b"Subject: x\r\n\r\n", b"Date: yesterday\r\n\r\n", b"Date: 32 Oct 2026 00:00 +0000\r\n\r\n"):
        assert not found(b"SENTSINCE 1-Jan-1900", raw=raw)
        assert found(b"NOT SENTSINCE 1-Jan-1900", raw=raw)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"ON 14-Oct-2026", True), (b"BEFORE 14-Oct-2026", False), (b"BEFORE 15-Oct-2026", True),
     (b"SINCE 14-Oct-2026", True), (b"SINCE 15-Oct-2026", False), (b"SAVEDON 14-Oct-2026", True),
     (b"YOUNGER 10", True), (b"OLDER 10", False)],
)  # fmt: skip
def test_dates_of_entries(text, expected):
    assert found(text) is expected
    assert search(text).level == "entry"


def test_days_begin_at_midnight():
    midnight = NOW - NOW % DAY
    assert found(b"ON 14-Oct-2026", entry(internal=midnight))
    assert not found(b"ON 14-Oct-2026", entry(internal=midnight - 1))
    assert found(b"BEFORE 14-Oct-2026", entry(internal=midnight - 1))
    assert found(b"OLDER 10", entry(internal=NOW - 11))


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [(b"ON 15-Oct-2026", 120, True), (b"ON 14-Oct-2026", 120, False), (b"SINCE 15-Oct-2026", 120, True),
     (b"BEFORE 15-Oct-2026", 120, False), (b"ON 14-Oct-2026", -60, True), (b"ON 14-Oct-2026", 0, True),
     (b"SAVEDON 14-Oct-2026", 120, True), (b"YOUNGER 7199", 120, False)],
)  # fmt: skip
def test_the_date_of_an_entry_is_that_of_its_own_zone(text, zone, expected):
    late = NOW - NOW % DAY + DAY - 1800  # half past eleven in UTC
    internal = NOW - 7200 if b"YOUNGER" in text else late
    assert found(text, entry(internal=internal, saved=late, zone=zone)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"SEEN", True), (b"UNSEEN", False), (b"FLAGGED", False), (b"KEYWORD $X", True), (b"KEYWORD $x", True),
     (b"UNKEYWORD $y", True), (b"LARGER 99", True), (b"LARGER 100", False), (b"SMALLER 101", True), (b"ALL", True),
     (b"SMALLER 100", False), (b"MODSEQ 5", True), (b"MODSEQ 6", False), (b"7", True), (b"8", False), (b"UID 12", True),
     (b"UID 7", False), (b"1,3,5:9", True), (b"1,3,5,9", False), (b"UID 1,10:15,20", True), (b"99:*", False),
     (b"UID 99:*", False), (b"$", True), (b"NEW", False), (b"RECENT", True), (b"OLD", False), (b"SEEN LARGER 1", True),
     (b"SEEN UNSEEN ALL", False), (b"OR UNSEEN LARGER 1", True), (b"OR UNSEEN OR FLAGGED SEEN", True),
     (b"NOT (SEEN FLAGGED)", True)],
)  # fmt: skip
def test_entries(text, expected):
    one = entry(12, "\\Seen", "$X", size=100)
    assert found(text, one, number=7, keywords={"$x": "$X"}, saved={12}, recent={12}) is expected
    assert search(text).level == "entry"


def test_sets_with_a_star_mean_the_last_message():
    assert found(b"*", number=10)
    assert found(b"99:*", number=10)
    assert found(b"UID 99:*", entry(20))
    assert not found(b"UID *", entry(19))
    assert not found(b"*", count=0, highest_uid=0)


def test_identifiers_and_labels():
    context = {"email_id": lambda one: f"M{one.uid}", "labels": lambda one: {"\\inbox", "a-b"},
               "gmail_id": lambda one: "17"}  # fmt: skip
    for text in (b"EMAILID M1", b"X-GM-MSGID 17", b"X-GM-LABELS \\Inbox", b'X-GM-LABELS "A b"'):
        assert found(text, **context)
    assert not found(b"EMAILID M2", **context)


WORDS = st.sampled_from(
    [b"alpha", b"beta", b"ALPHA", b"=?utf-8?q?alpha?=", b"caf\xc3\xa9", b"al\rpha", b"al=\r\npha", b"x\x1cy"]
)
LINES = st.lists(WORDS, max_size=4).map(b" ".join)


FIELDS = st.sampled_from(
    [b"", b"Content-Type: text/html\r\n", b"Content-Transfer-Encoding: base64\r\n", b"X: utf-8\r\n",
     b"Content-Type: text/plain; charset=utf-7\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"]
)  # fmt: skip


@given(LINES, LINES, LINES, FIELDS)
def test_messages_without_a_word_are_known_without_taking_them_apart(subject, folded, body, field):
    raw = b"Subject: " + subject + b"\r\n " + folded + b"\r\n" + field + b"\r\n" + body
    message = SearchedMessage(lambda limit: raw[:limit], len(raw))
    for word in ("alpha", "beta", "y", "gamma"):
        if message.lacks(word.encode()):
            assert word not in message.whole_text
            assert word not in message.body_text


def test_a_plain_message_without_the_word_is_not_taken_apart():
    raw = b"Subject: here\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nand there\r\n"
    message = SearchedMessage(lambda limit: raw[:limit], len(raw))
    assert not search(b'OR BODY elsewhere TEXT "and elsewhere"').matches(1, entry(), message)
    assert vars(message.whole) == {"raw": raw}


def test_only_searches_for_content_read_it_and_cheap_keys_are_first():
    def never(_limit):
        raise AssertionError("read")

    message = SearchedMessage(never, 5)
    assert not search(b"BODY x SEEN FROM y").matches(1, entry(), message)
    assert search(b"OR BODY x UNSEEN").matches(1, entry(), message)
    assert [search(text).level for text in (b"SEEN", b"FROM x SEEN", b"OR FROM x BODY x", b"NOT TEXT x")] == [
        "entry", "header", "body", "body",
    ]  # fmt: skip


def test_a_search_in_the_header_reads_no_more_than_its_beginning():
    raw = b"Subject: here\r\n\r\n" + b"x" * (2 * HEAD_BYTES)
    limits = []

    def read(limit):
        limits.append(limit)
        return raw[:limit]

    assert search(b"SUBJECT here SENTSINCE 1-Jan-2000").matches(1, entry(), SearchedMessage(read, len(raw))) is False
    assert limits == [HEAD_BYTES]


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (b"Wed, 14 Oct 2026 17:46:40 +0000", 1792000000),
        (b" Wed, 14 Oct 2026 19:46:40 +0200 (CEST)\r\n", 1792000000),
        (b"14 Oct 26 10:46:40 PDT", 1792000000),
        (b"14 Oct 2026 17:46:40 GMT", 1792000000),
        (b"Fri, 31 Feb 2026 00:00:00 +0000", None),
        (b"14 Oct 99999 00:00:00 +0000", None),
        (b"", None),
    ],
)
def test_dates_of_messages(value, time):
    sent = parse_sent_date(value)
    assert (sent and sent.time) == time
