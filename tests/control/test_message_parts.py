"""Messages over the API: the tree of their parts, what a list shows of them, marks and mailboxes."""

import json
import smtplib

import pytest

from homeport.world.mail.message import Envelope, Recipient

WORLD = "/api/v1/worlds/default"
MESSAGES = f"{WORLD}/smtp/messages"
NESTED = "\r\n".join(
    [
        "Subject: outer",
        "Content-Type: multipart/mixed; boundary=a",
        "",
        "--a",
        "Content-Type: multipart/alternative; boundary=b",
        "",
        "--b",
        "",
        "plain   text",
        "--b",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<b>caf=C3=A9</b>",
        "--b--",
        "--a",
        "Content-Type: message/rfc822",
        "Content-Disposition: attachment; filename=old.eml",
        "",
        "Subject: =?utf-8?q?inn=C3=A9r?=",
        "Content-Type: multipart/mixed; boundary=c",
        "",
        "--c",
        "",
        "deep",
        "--c",
        "Content-Type: message/rfc822",
        "",
        "Subject: innermost",
        "",
        "deepest",
        "--c--",
        "--a",
        "Content-Type: image/png; name=logo.png",
        "Content-ID: <logo@x>",
        "Content-Disposition: inline",
        "Content-Transfer-Encoding: base64",
        "",
        "UE5H",
        "--a--",
        "",
    ]
).encode()


def post(mail, content, *recipients):
    body = mail.begin()
    body.write(content)
    to = tuple(Recipient(address=one) for one in recipients or ("alice@example.org",))
    return body.keep(Envelope(reverse_path="bob@example.org", recipients=to))


@pytest.fixture
def send(farm):
    """Have the farm store a message; return its identifier."""
    return lambda content, *recipients: farm.call(post, farm.world.mail, content, *recipients)


@pytest.fixture
def mark(farm, request_of):
    """Send a mark of a message; return the answer."""
    return lambda message, body: request_of(farm, "PATCH", f"{MESSAGES}/{message}", {}, json.dumps(body))


def rows(node):
    """Return the tree as rows: section, part, type, subject."""
    yield node["section"], node["part"], node["content_type"], node["subject"]
    for child in node["children"]:
        yield from rows(child)


def walk(node):
    yield node
    for child in node["children"]:
        yield from walk(child)


def test_a_message_is_a_tree_of_parts(get, send):
    send(NESTED)
    message = get(f"{MESSAGES}/m1")
    assert list(rows(message["tree"])) == [
        ("", None, "multipart/mixed", "outer"),
        ("1", None, "multipart/alternative", None),
        ("1.1", "1", "text/plain", None),
        ("1.2", "2", "text/html", None),
        ("2", "3", "message/rfc822", None),
        ("", None, "multipart/mixed", "innér"),
        ("2.1", "2.1", "text/plain", None),
        ("2.2", "2.2", "message/rfc822", None),
        ("2.2.1", "2.2.1", "text/plain", "innermost"),
        ("3", "4", "image/png", None),
    ]
    assert [part["index"] for part in message["parts"]] == [1, 2, 3, 4]


def test_a_node_has_what_a_reader_needs_of_its_part(get, send):
    send(NESTED)
    message = get(f"{MESSAGES}/m1")
    logo = message["tree"]["children"][2]
    assert (logo["filename"], logo["content_id"], logo["disposition"]) == ("logo.png", "logo@x", "inline")
    assert (logo["encoding"], logo["charset"], logo["size"], logo["attachment"]) == ("base64", "", 3, True)
    assert NESTED[logo["header"] : logo["body"]].startswith(b"Content-Type: image/png")
    assert NESTED[logo["body"] : logo["end"]] == b"UE5H"
    part = message["parts"][3]
    assert (part["disposition"], part["encoding"], NESTED[part["begin"] : part["end"]]) == ("inline", "base64", b"UE5H")
    assert all(node["complete"] for node in walk(message["tree"]))


def test_each_part_of_the_tree_is_served_under_its_name(farm, get, request_of, send):
    send(NESTED)
    parts = {
        node["part"]: request_of(farm, "GET", f"{MESSAGES}/m1/parts/{node['part']}").body
        for node in walk(get(f"{MESSAGES}/m1")["tree"])
        if node["part"]
    }
    assert (parts["1"], parts["2"], parts["4"]) == (b"plain   text", "<b>café</b>".encode(), b"PNG")
    assert (parts["2.1"], parts["2.2.1"]) == (b"deep", b"deepest")
    assert parts["3"].startswith(b"Subject: =?utf-8")
    assert parts["2.2"] == b"Subject: innermost\r\n\r\ndeepest"
    assert request_of(farm, "GET", f"{MESSAGES}/m1/parts/1.2").body == parts["2"]


def test_an_unknown_part_is_404_and_names_the_parts(farm, request_of, send):
    send(NESTED)
    reply = request_of(farm, "GET", f"{MESSAGES}/m1/parts/9.1")
    assert reply.status == 404
    assert reply.json["detail"] == (
        "unknown part '9.1'; the message has parts 1 to 4; in enclosed messages: 2.1, 2.2, 2.2.1"
    )


def test_nesting_over_the_limit_stays_unparsed(get, send):
    send(b"Content-Type: message/rfc822\r\n\r\n" * 30 + b"x\r\n")
    nodes = list(walk(get(f"{MESSAGES}/m1")["tree"]))
    assert len(nodes) == 21
    assert nodes[-1]["complete"] is False


def test_a_list_shows_attachments_and_the_beginning_of_the_text(get, send):
    send(NESTED)
    send(b"Content-Type: text/html\r\n\r\n<style>p{}</style><p>Hello&nbsp;<b>wor</b>ld</p>" + b"<p>x y</p>" * 100)
    send(b"\xff")
    nested, page, binary = get(MESSAGES)["items"]
    assert (nested["attachments"], nested["snippet"], nested["mailboxes"]) == (2, "plain text", ["alice@example.org"])
    assert page["snippet"].startswith("Hello world x y x y")
    assert (len(page["snippet"]), page["snippet"][-1], page["attachments"]) == (160, "…", 0)
    assert binary["snippet"] == "\ufffd"


def test_a_whole_message_is_parsed_once_for_all_lists(farm, get, send):
    send(NESTED)
    get(MESSAGES)
    store, limits = farm.world.mail.store, []
    read = store.read
    store.read = lambda message, limit=None: limits.append(limit) or read(message, limit)
    assert get(MESSAGES)["items"][0]["attachments"] == 2
    assert None not in limits


def test_a_list_shows_the_number_and_the_worst_level_of_findings(farm, get):
    with smtplib.SMTP("127.0.0.1", farm.port("smtp", "plain"), local_hostname="client.example", timeout=10) as client:
        client.sendmail("a@client.example", ["alice@homeport.test"], b"no header\r\n")
        client.sendmail(
            "a@client.example",
            ["alice@homeport.test"],
            b"Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: a@client.example\r\nMessage-ID: <1@client.example>\r\n"
            b"Subject: hello\r\n\r\nhello\r\n",
        )
    bad, good = get(MESSAGES)["items"]
    detail = get(f"{MESSAGES}/m1")["findings"]
    assert bad["findings"] == {"count": len(detail), "worst": "must"}
    assert good["findings"] == {"count": 0, "worst": None}
    for query in ("has=finding", "q=has:finding", "q=level:must", "q=level:advice"):
        assert [one["id"] for one in get(f"{MESSAGES}?{query}")["items"]] == ["m1"]


def test_a_message_is_unread_until_it_is_marked(get, mark, send):
    send(NESTED)
    send(NESTED)
    assert get(f"{MESSAGES}/m1")["unread"] is True
    assert mark("m1", {"read": True}).json == {"read": True, "tags": []}
    assert [one["unread"] for one in get(MESSAGES)["items"]] == [False, True]
    assert [one["id"] for one in get(f"{MESSAGES}?has=unread")["items"]] == ["m2"]
    assert get(f"{MESSAGES}/m1")["unread"] is False
    assert mark("m1", {"read": False}).json == {"read": False, "tags": []}
    assert [one["unread"] for one in get(MESSAGES)["items"]] == [True, True]


@pytest.mark.parametrize(
    ("message", "body", "status"),
    [("m9", {"read": True}, 404), ("m1", {"red": True}, 400), ("m1", {}, 400), ("m1", {"tags": ["a b"]}, 400)],
)
def test_a_wrong_mark_is_refused(mark, send, message, body, status):
    send(NESTED)
    assert mark(message, body).status == status


def test_tags_and_the_mark_are_those_of_the_mailbox_all(farm, get, mark, send):
    for content in (b"one", b"two"):
        send(content)
    assert mark("m1", {"tags": ["tide", "ebb"]}).json == {"read": False, "tags": ["ebb", "tide"]}
    assert mark("m1", {"read": True}).json == {"read": True, "tags": ["ebb", "tide"]}
    everything = farm.world.mailboxes.everything
    assert [{*entry.flags} for entry in everything.entries] == [{"\\Seen", "tide", "ebb"}, set()]
    alice = farm.world.mailboxes.account("alice")
    farm.call(alice.store, everything, [1, 2], "replace", ["slack"])
    assert [(one["unread"], one["tags"]) for one in get(MESSAGES)["items"]] == [(True, ["slack"])] * 2
    assert get(f"{MESSAGES}/m1")["tags"] == ["slack"]


def test_mailboxes_are_counted(get, mark, send):
    send(b"x\r\n", "bob@example.org", "alice@example.org")
    send(b"y\r\n")
    mark("m1", {"read": True})
    assert get(f"{WORLD}/smtp/mailboxes")["items"] == [
        {"mailbox": "alice@example.org", "messages": 2, "unread": 1, "size": 6},
        {"mailbox": "bob@example.org", "messages": 1, "unread": 0, "size": 3},
    ]
