"""Search for messages over the API: what a reader sees, names and addresses, files, sizes, and the filter language."""

from urllib.parse import urlencode

import pytest

from homeport.world.mail.message import Envelope, Recipient

MESSAGES = "/api/v1/worlds/default/smtp/messages"


def lines(*text):
    return "\r\n".join([*text, ""]).encode()


INVOICE = lines(
    'From: "Jones, Carol" <carol@sea.example>',
    "To: Alice Harbour <alice@example.org>, crew@example.org",
    "Cc: =?utf-8?q?Ren=C3=A9e?= <renee@example.org>",
    "Subject: Invoice",
    "Content-Type: multipart/mixed; boundary=m",
    "",
    "--m",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "<style>.secret{}</style><p>Please <b>pa</b>y the&nbsp;caf=C3=A9",
    "bill &amp; tip</p><p title=3D\"unseen\">by&#32;noon</p><a href=3D\"https://pay.example/x\">here</a>",
    "--m",
    "Content-Type: text/csv; name=rows.csv",
    "Content-Disposition: attachment; filename=rows.csv",
    "Content-Transfer-Encoding: base64",
    "",
    "cXVhbnRpdHksc2VhYmlzY3VpdA==",
    "--m",
    "Content-Type: message/rfc822",
    "",
    "Subject: Order",
    "Content-Type: multipart/alternative; boundary=n",
    "",
    "--n",
    "",
    "the original grog",
    "--n",
    "Content-Type: text/html",
    "",
    "<i>the</i> original <i>rum</i>",
    "--n--",
    "--m",
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: base64",
    "",
    "aGlkZGVuYmluYXJ5",
    "--m--",
)  # fmt: skip
PLAIN = lines(
    "From: dave@land.example (Dave =?utf-8?q?Cron?=)", "To: alice@example.org", "Subject: Lunch", "", "Soup at noon."
)


@pytest.fixture
def posted(farm):
    """Store the two messages: m1, the invoice, and m2."""

    def post(content, *recipients, sender):
        body = farm.world.mail.begin()
        body.write(content)
        to = tuple(Recipient(address=one) for one in recipients)
        return body.keep(Envelope(reverse_path=sender, recipients=to, conn="c7", peer=("192.0.2.1", 5), auth="carol"))

    def post_both():
        post(INVOICE, "alice@example.org", "eve@example.org", sender="bounces@sea.example")
        post(PLAIN, "alice@example.org", sender="dave@land.example")

    farm.call(post_both)


@pytest.fixture
def search(get, posted):
    """Return the identifiers of the messages that match conditions."""
    return lambda **conditions: [one["id"] for one in get(f"{MESSAGES}?{urlencode(conditions)}")["items"]]


BOTH, FIRST, SECOND, NONE = ["m1", "m2"], ["m1"], ["m2"], []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pay the café bill & tip", FIRST),
        ("PAY  THE CAFÉ", FIRST),
        ("cafe\u0301", FIRST),
        ("by noon", FIRST),
        ("noon", BOTH),
        ("quantity,seabiscuit", FIRST),
        ("the original grog", FIRST),
        ("the original rum", FIRST),
        ("Order", FIRST),
        ("invoice", FIRST),
        ("secret", NONE),
        ("unseen", NONE),
        ("pay.example", NONE),
        ("=C3", NONE),
        ("&nbsp;", NONE),
        ("<b>", NONE),
        ("hiddenbinary", NONE),
        ("tip by", FIRST),
    ],
)
def test_text_is_searched_as_a_reader_sees_it(search, text, found):
    assert search(text=text) == found


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"from": "Jones, Carol"}, FIRST),
        ({"from": "jones"}, FIRST),
        ({"from": "carol@sea.example"}, FIRST),
        ({"from": "bounces"}, FIRST),
        ({"from": "Dave Cron"}, SECOND),
        ({"from": ""}, NONE),
        ({"to": "Alice Harbour"}, FIRST),
        ({"to": "eve"}, FIRST),
        ({"to": "renee@example.org"}, NONE),
        ({"cc": "renée"}, FIRST),
        ({"cc": "renee@example.org"}, FIRST),
        ({"cc": "@example.org"}, FIRST),
        ({"cc": "alice"}, NONE),
        ({"bcc": "eve@example.org"}, FIRST),
        ({"bcc": "@example.org"}, FIRST),
        ({"bcc": "alice"}, NONE),
        ({"mailbox": "alice@example.org"}, BOTH),
        ({"mailbox": "eve"}, FIRST),
        ({"has": "attachment"}, FIRST),
        ({"has": "html"}, FIRST),
        ({"has": "text"}, SECOND),
        ({"has": "link"}, FIRST),
        ({"has": "unread"}, BOTH),
        ({"has": "finding"}, NONE),
        ({"larger": "500"}, FIRST),
        ({"smaller": "0.5KiB", "larger": "10"}, SECOND),
        ({"after": "2000-01-01"}, BOTH),
        ({"before": "2000-01-01"}, NONE),
    ],
)
def test_named_parameters_find_messages(search, conditions, found):
    assert search(**conditions) == found


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", BOTH),
        ("noon", BOTH),
        ("noon -soup", FIRST),
        ("seabiscuit", FIRST),
        ("rows.csv", FIRST),
        ("land.example", SECOND),
        ("renée", FIRST),
        ('"original grog"', FIRST),
        ('"grog original"', NONE),
        ("subject:lunch,invoice", BOTH),
        ("-subject:lunch", FIRST),
        ("NOT subject:lunch", FIRST),
        ("subject:lunch OR cc:renee", BOTH),
        ("subject:lunch OR cc:nobody", SECOND),
        ("noon subject:lunch OR subject:dinner", SECOND),
        ("from:jones to:alice", FIRST),
        ('from:"Jones, Carol"', FIRST),
        ("has:attachment", FIRST),
        ("-has:attachment", SECOND),
        ("has:attachment,text", BOTH),
        ("size:>500", FIRST),
        ("size:<=500", SECOND),
        ("-size:>500", SECOND),
        ("header:cc", FIRST),
        ("header:subject:lunch", SECOND),
        ('header:"Subject: lunch"', SECOND),
        ("text:soup", SECOND),
        ("filename:ROWS", FIRST),
        ("link:pay.example", FIRST),
        ("after:2000-01-01 before:+1d", BOTH),
        ("after:-1h", BOTH),
        ("conn:c7 peer:192.0.2.1 auth:Carol service:smtp", BOTH),
        ("peer:192.0.2.1:5", BOTH),
        ("id:m2,m9", SECOND),
        ("level:advice", NONE),
        ("bcc:eve", FIRST),
    ],
)
def test_the_filter_language_finds_messages(search, q, found):
    assert search(q=q) == found


def test_named_parameters_and_the_filter_language_must_both_hold(search):
    assert search(q="noon", subject="lunch") == SECOND


@pytest.mark.parametrize(
    ("q", "words", "at"),
    [
        ("noon form:carol", "no key 'form'; did you mean from?", 5),
        ("has:atachment", "did you mean attachment?", 4),
        ("size:>big", "'big' is not a size: write 512", 5),
        ("before:noon", "'noon' is not a time", 7),
    ],
)
def test_a_malformed_filter_is_refused_with_its_position(farm, request_of, q, words, at):
    for method, path in (("GET", ""), ("GET", "/wait"), ("DELETE", "")):
        reply = request_of(farm, method, f"{MESSAGES}{path}?{urlencode({'q': q})}")
        assert (reply.status, reply.json["at"]) == (400, at)
        assert words in reply.json["detail"]


def test_messages_are_deleted_by_a_filter(farm, get, request_of, posted):
    assert request_of(farm, "DELETE", f"{MESSAGES}?q=-has:attachment").json == {"deleted": 1}
    assert [one["id"] for one in get(MESSAGES)["items"]] == FIRST


def test_a_filter_without_terms_deletes_nothing(farm, get, request_of, posted):
    reply = request_of(farm, "DELETE", f"{MESSAGES}?q=")
    assert (reply.status, "q is empty" in reply.json["detail"]) == (400, True)
    assert [one["id"] for one in get(MESSAGES)["items"]] == BOTH


def test_a_wait_takes_the_filter_language(get, posted):
    waited = get(f"{MESSAGES}/wait?q=has:attachment&timeout=10s")
    assert [one["id"] for one in waited["messages"]] == FIRST


def test_the_orders_have_two_names_each(search):
    assert search(order="asc") == BOTH
    assert search(order="desc") == BOTH[::-1]


def test_the_latest_message_that_matches_is_shown_with_its_content(farm, get, request_of, posted):
    assert get(f"{MESSAGES}/latest")["id"] == "m2"
    assert get(f"{MESSAGES}/latest?q=has:attachment")["id"] == "m1"
    assert request_of(farm, "GET", f"{MESSAGES}/latest/raw").body == PLAIN
    reply = request_of(farm, "GET", f"{MESSAGES}/latest?subject=dinner")
    assert (reply.status, reply.json["detail"]) == (404, "no message matches")


def test_without_a_message_there_is_no_latest(farm, request_of):
    for path in ("latest", "latest/raw"):
        assert request_of(farm, "GET", f"{MESSAGES}/{path}").status == 404
