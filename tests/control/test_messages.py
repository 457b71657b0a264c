"""Messages over the API: listed, parsed, awaited, deleted; none of their content is served as a web page."""

import http.client
import json
import smtplib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from homeport.config.quantities import Duration
from homeport.control.mail_criteria import addressees
from homeport.control.mail_search import Search, Wait
from homeport.control.mail_shapes import MessageFilter
from homeport.control.problems import ProblemError
from homeport.protocol.events import Tls
from homeport.protocol.rules import Rule
from homeport.world.journal import Connection, Source
from homeport.world.mail.message import Envelope, Recipient

MESSAGES = "/api/v1/worlds/default/smtp/messages"
TIDES = b"From: Carol <carol@sea.example>\r\nTo: crew\r\nSubject: Tides\r\nX-Mark: Red\r\n\r\nHigh at noon.\r\n"
PAGE = (
    b"Subject: page\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>alert(1)</script>\r\n"
    b"--b\r\nContent-Type: image/svg+xml\r\n\r\n<svg/>\r\n"
    b'--b\r\nContent-Type: image/png\r\n'
    b'Content-Disposition: attachment; filename="../\xe2\x82\xac\\"x.png"\r\n\r\nP\r\n'
    b"--b\r\nContent-Type: text/plain; charset=\"x; y\"\r\n\r\nz\r\n"
    b"--b--\r\n"
)  # fmt: skip


def post(mail, *recipients, sender="bob@example.org", content=TIDES, **envelope):
    """Store a message, on the thread of the mail; return its identifier."""
    body = mail.begin()
    body.write(content)
    to = tuple(Recipient(address=one) for one in recipients or ("alice@example.org",))
    return body.keep(Envelope(reverse_path=sender, recipients=to, **envelope))


@pytest.fixture
def send(farm):
    """Have the farm receive a message; return its identifier."""
    return lambda *recipients, **details: farm.call(lambda: post(farm.world.mail, *recipients, **details))


def ids(answer):
    return [message["id"] for message in answer["items"]]


def test_messages_are_listed_page_by_page(get, send):
    for _ in range(5):
        send()
    first = get(f"{MESSAGES}?limit=2")
    assert (ids(first), first["total"], first["next"], first["number"]) == (["m1", "m2"], 5, 2, 5)
    last = get(f"{MESSAGES}?limit=3&since={first['next']}")
    assert (ids(last), last["total"], last["next"]) == (["m3", "m4", "m5"], 3, None)


def test_a_listed_message_has_sender_subject_and_connection(get, send):
    tls = Tls(version="TLSv1.3", cipher="x")
    send("alice@example.org", "bob@example.org", sender="", tls=tls, auth="carol", conn="c3", peer=("::1", 5))
    (message,) = get(MESSAGES)["items"]
    assert message.pop("time").endswith("Z")
    assert message == {
        "id": "m1",
        "number": 1,
        "size": len(TIDES),
        "envelope": {"from": "", "to": ["alice@example.org", "bob@example.org"]},
        "from": "Carol <carol@sea.example>",
        "to": "crew",
        "subject": "Tides",
        "auth": "carol",
        "tls": "TLSv1.3",
        "conn": "c3",
        "peer": "[::1]:5",
        "attachments": 0,
        "findings": {"count": 0, "worst": None},
        "unread": True,
        "snippet": "High at noon.",
        "mailboxes": ["alice@example.org", "bob@example.org"],
        "tags": [],
    }


@pytest.mark.parametrize(
    "query",
    [
        "to=alice@example.org", "to=ALICE@Example.org", "to=alice", "to=@example.org", "to=crew@example.org",
        "from=bob@example.org", "from=carol@sea.example", "from=@sea.example", "from=carol",
        "subject=tide", "subject=TIDES", "header=x-mark", "header=X-Mark:%20red", "text=NOON", "text=tides",
        "after=-1h", "before=%2B1h", "to=alice&from=bob&subject=tides&text=high&header=to:crew&after=-1m&since=0",
    ],
)  # fmt: skip
def test_messages_are_found(get, send, query):
    send("crew@example.org")
    assert ids(get(f"{MESSAGES}?{query}")) == ["m1"]


def test_a_mailbox_that_is_also_a_recipient_is_an_addressee_once(world):
    def addressed(*recipients):
        return addressees(world.mail.get(post(world.mail, *recipients)))

    assert addressed("alice@example.org") == ["alice@example.org"]
    assert addressed("crew@example.org") == ["crew@example.org", *members(world)]
    both = addressed("crew@example.org", members(world)[0])
    assert sorted(both) == sorted({"crew@example.org", *members(world)})


def members(world):
    """The mailboxes of the alias `crew`."""
    message = world.mail.get(post(world.mail, "crew@example.org"))
    return [one.mailbox for one in message.delivered_to]


def test_a_malformed_from_has_no_sender(get, send):
    send(content=b"From: =?x?b?\xff?= <<(\r\n\r\n")
    send(content=b'From: "a\r\n\r\n')
    assert ids(get(f"{MESSAGES}?from=carol")) == []
    assert ids(get(f"{MESSAGES}?from=bob@example.org")) == ["m1", "m2"]


@pytest.mark.parametrize(
    "query",
    [
        "to=lice@example.org", "to=example.org", "to=@ample.org", "to=", "from=alice", "subject=tides!",
        "header=x-mar", "header=X-Mark:blue", "text=low", "after=%2B1h", "before=-1h", "since=1", "to=alice&from=alice",
    ],
)  # fmt: skip
def test_messages_that_do_not_match_are_not_found(get, send, query):
    send("crew@example.org")
    assert ids(get(f"{MESSAGES}?{query}")) == []


def test_a_malformed_time_is_explained(farm, request_of):
    for path in ("", "/wait"):
        reply = request_of(farm, "GET", f"{MESSAGES}{path}?after=noon")
        assert (reply.status, "'noon' is not a time" in reply.json["detail"]) == (400, True)


GARBLED = (
    "From: =?utf-8?q?x_=3Cevil=40a.example=3E=2C?= <real@b.example>\r\n"
    "Subject: 日 =?utf-8?q?caf=C3=A9?= 日\r\n"
    "Content-Type: multipart/mixed; =?utf-8?q?x=3B_boundary=3Dfalse=3B?=; boundary*0=tr; boundary*1=ue\r\n\r\n"
    "--false\r\n\r\nhidden\r\n--false--\r\n"
    "--true\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n6UY=\r\n"
    "--true\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "=93=80=94\r\n"
    '--true\r\nContent-Disposition: attachment; filename="=?utf-8?q?a=3B_=22=C3=A9.txt?="\r\n\r\nx\r\n--true--\r\n'
).encode()


def test_a_message_is_decoded_as_mail_programs_decode_it(get, send):
    send(content=GARBLED)
    message = get(f"{MESSAGES}/m1")
    assert (message["subject"], message["text"], message["html"]) == ("日 café 日", "镕", "“€”")
    assert [part["filename"] for part in message["parts"]] == ["", "", 'a; "é.txt']
    assert get(MESSAGES)["items"][0]["subject"] == "日 café 日"


def test_an_encoded_name_brings_in_no_sender(get, send):
    send(content=GARBLED)
    assert ids(get(f"{MESSAGES}?from=evil@a.example")) == []
    assert ids(get(f"{MESSAGES}?from=real@b.example")) == ["m1"]


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: x\r\nHigh at noon.\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nHigh at noon.\r\n",
        b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nHigh at noon.\r\n",
        b"High at noon.\r\n",
    ],
)
def test_the_text_of_a_malformed_message_is_shown_and_found(get, send, content):
    send(content=content)
    assert get(f"{MESSAGES}/m1")["text"] == "High at noon.\r\n"
    assert ids(get(f"{MESSAGES}?text=noon")) == ["m1"]


def test_a_message_is_parsed(farm, get, send):
    def find():
        source = Connection(Source("smtp", "starttls"), 3, ("127.0.0.1", 5), ("127.0.0.1", 25), 0, 0.0, 1)
        farm.world.findings.add(Rule("odd", "must", "RFC 5321", "was odd"), source, b"")
        farm.world.findings.add(Rule("other", "must", "RFC 5321", "was other"), Source("smtp", "tls"), b"")

    farm.call(find)
    tls = Tls(version="TLSv1.3", cipher="x", server_name="mx.example", certificate=b"der", verified=True)
    send(
        "crew@example.org", tls=tls, auth="carol", mechanism="PLAIN", conn="c3", helo="me", size=9, received=b"R: x\r\n"
    )
    message = get(f"{MESSAGES}/m1")
    assert message["headers"][3] == ["X-Mark", "Red"]
    assert (message["subject"], message["text"], message["html"]) == ("Tides", "High at noon.\r\n", "")
    assert [box["mailbox"] for box in message["delivered_to"]] == ["alice@example.org", "bob@example.org"]
    envelope = message["envelope"]
    assert envelope["tls"] == {
        "version": "TLSv1.3",
        "cipher": "x",
        "server_name": "mx.example",
        "client_certificate": True,
        "verified": True,
    }
    assert (envelope["auth"], envelope["mechanism"], envelope["size"], envelope["received"]) == (
        "carol",
        "PLAIN",
        9,
        "R: x\r\n",
    )
    assert [finding["id"] for finding in message["findings"]] == ["smtp.odd"]
    assert message["conn"] == "c3"


def test_the_raw_message_equals_the_received_bytes(farm, request_of, send):
    octets = bytes(range(256)) * 3
    send(content=octets)
    reply = request_of(farm, "GET", f"{MESSAGES}/m1/raw")
    assert reply.body == octets
    assert reply.headers["content-type"] == "message/rfc822"
    assert_sealed(reply)


@pytest.mark.parametrize(
    ("part", "media_type", "content"),
    [
        (1, "text/plain; charset=utf-8", b"<script>alert(1)</script>"),
        (2, "application/octet-stream", b"<svg/>"),
        (3, "image/png", b"P"),
        (4, "text/plain; charset=utf-8", b"z"),
    ],
)
def test_nothing_of_a_part_runs_in_a_browser(farm, request_of, send, part, media_type, content):
    send(content=PAGE)
    reply = request_of(farm, "GET", f"{MESSAGES}/m1/parts/{part}")
    assert (reply.headers["content-type"], reply.body) == (media_type, content)
    assert_sealed(reply)


def assert_sealed(reply):
    """Check that a browser would save it, and run nothing of it."""
    assert reply.headers["content-disposition"].startswith("attachment; ")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in reply.headers["content-security-policy"]


def test_the_filename_of_a_part_cannot_leave_the_folder(farm, request_of, send):
    send(content=PAGE)
    reply = request_of(farm, "GET", f"{MESSAGES}/m1/parts/3")
    assert reply.headers["content-disposition"] == (
        "attachment; filename=\"..___x.png\"; filename*=UTF-8''.._%E2%82%AC_x.png"
    )


@pytest.mark.parametrize("path", ["/m9", "/m9/raw", "/m9/parts/1", "/m1/parts/5", "/m1/parts/x", "/m1/parts/0"])
def test_a_missing_message_or_part_is_404(farm, request_of, send, path):
    send(content=PAGE)
    assert request_of(farm, "GET", f"{MESSAGES}{path}").status == 404


def test_messages_are_deleted_one_by_one_and_all_together(farm, get, request_of, send):
    for _ in range(3):
        send()
    assert request_of(farm, "DELETE", f"{MESSAGES}/m2").json == {"deleted": 1}
    assert request_of(farm, "DELETE", f"{MESSAGES}/m2").status == 404
    assert ids(get(MESSAGES)) == ["m1", "m3"]
    assert request_of(farm, "DELETE", MESSAGES).json == {"deleted": 2}
    assert ids(get(MESSAGES)) == []


def test_a_wait_returns_messages_received_before_it(get, send):
    since = get(MESSAGES)["number"]
    send("alice@example.org")
    waited = get(f"{MESSAGES}/wait?since={since}&to=alice@example.org&timeout=10s")
    assert ([message["id"] for message in waited["messages"]], waited["timed_out"], waited["next"]) == (
        ["m1"],
        False,
        1,
    )


def test_a_wait_returns_messages_that_arrive_meanwhile(farm, get, send):
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(get, f"{MESSAGES}/wait?to=alice@example.org&count=2&timeout=10s")
        spin_until(farm, lambda: len(farm.world.mail.on_message) == 1)
        for name in ("alice", "bob", "alice", "alice"):
            send(f"{name}@example.org")
        assert [message["id"] for message in waiting.result(10)["messages"]] == ["m1", "m3"]
    spin_until(farm, lambda: farm.world.mail.on_message == [])


def test_waits_that_continue_with_next_never_miss_a_message(get, send):
    def knock():
        for _ in range(100):
            send()

    knocking = threading.Thread(target=knock)
    knocking.start()
    seen, since = [], 0
    while len(seen) < 100:
        waited = get(f"{MESSAGES}/wait?since={since}&count=7&timeout=300ms")
        seen += [message["number"] for message in waited["messages"]]
        since = waited["next"]
        assert waited["messages"] or knocking.is_alive() or len(seen) == 100
    knocking.join()
    assert seen == list(range(1, 101))


def test_a_timeout_returns_matches_and_near_matches(get, send):
    send("alice@example.org")
    send("alice@example.org", content=b"Subject: other\r\n\r\n")
    send("dave@example.org", content=b"Subject: other\r\n\r\n")
    waited = get(f"{MESSAGES}/wait?to=alice@example.org&subject=tides&count=2&timeout=10ms")
    assert waited["timed_out"] is True
    assert [message["id"] for message in waited["messages"]] == ["m1"]
    assert [message["id"] for message in waited["near"]] == ["m2"]
    assert waited["next"] == 3


def test_a_wait_ends_when_its_client_disconnects_or_its_world_closes(farm):
    gone, waiting = (http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=10) for _ in range(2))
    for connection in (gone, waiting):
        connection.request("GET", f"{MESSAGES}/wait?to=nobody&timeout=1h")
    world = farm.world
    spin_until(farm, lambda: len(world.mail.on_message) == 2)
    gone.close()
    spin_until(farm, lambda: len(world.mail.on_message) == 1)
    closed = threading.Event()
    farm.call(farm.farm.close_world, "default", closed.set)
    response = waiting.getresponse()
    assert response.status == 410
    assert json.load(response)["detail"] == "world 'default' was closed"
    waiting.close()
    assert closed.wait(10)
    assert (world.mail.on_message, world.on_close) == ([], [])


def spin_until(farm, condition):
    """Check a condition once in every turn of the reactor until it holds."""
    for _ in range(100_000):
        if farm.call(condition):
            return
    raise AssertionError("it never came to hold")


class Turns:
    """A reactor that a test turns by hand, and its farm."""

    def __init__(self):
        self.calls = []
        self.reactor = self

    def callLater(self, delay, action, *args):
        call = Call(delay, action, args)
        self.calls.append(call)
        return call

    def call_off(self, work, done):
        """Queue work for the thread pool: it runs with the next turn."""

        def run():
            try:
                result = work()
            except Exception as error:
                done(None, error)
            else:
                done(result, None)

        self.callLater(0.0, run)

    def turn(self, delay=0.0):
        """Run the calls scheduled for that delay; return their number."""
        due = [call for call in self.calls if call.delay == delay]
        self.calls = [call for call in self.calls if call.delay != delay]
        for call in due:
            call.action(*call.args)
        return len(due)


class Call:
    """A scheduled call."""

    def __init__(self, delay, action, args):
        self.delay, self.action, self.args = delay, action, args

    def active(self):
        return self.delay is not None

    def cancel(self):
        self.delay = None


def found(messages, near=()):
    return [message.id for message in messages], [message.id for message in near]


def test_a_large_search_takes_many_turns(world):
    for _ in range(50):
        post(world.mail, content=b"Subject: x\r\n\r\n" + b"y" * 100_000)
    turns, answers = Turns(), []
    Search(turns, world, MessageFilter(text="z"), found).then(answers.append)
    number = 0
    while not answers:
        assert turns.turn() == 1
        number += 1
    assert 3 <= number <= 10
    assert answers == [([], [])]


def test_a_dropped_search_stops(world):
    for _ in range(50):
        post(world.mail, content=b"Subject: x\r\n\r\n" + b"y" * 100_000)
    turns = Turns()
    search = Search(turns, world, MessageFilter(text="z"), found)
    search.then([].append)
    search.drop()
    world.mail.raw = None  # nothing is read any more
    assert turns.turn() == 1
    assert turns.turn() == 0


def test_messages_removed_during_a_search_are_not_found(world):
    for _ in range(50):
        post(world.mail, content=b"Subject: x\r\n\r\n" + b"y" * 100_000)
    turns, answers = Turns(), []
    Search(turns, world, MessageFilter(text="y"), found).then(answers.append)
    turns.turn()
    world.mail.reset()
    while not answers:
        turns.turn()
    ((messages, _near),) = answers
    assert 0 < len(messages) < 50


def test_many_messages_in_one_turn_cost_one_search(world):
    turns, answers = Turns(), []
    Wait(turns, world, MessageFilter(to="dave"), 2, Duration(5), found).then(answers.append)
    for name in ("alice", "dave", "dave", "dave"):
        post(world.mail, f"{name}@example.org")
    assert turns.turn() == 1
    assert turns.turn() == 1
    assert answers == [(["m2", "m3"], [])]
    assert (world.mail.on_message, world.on_close) == ([], [])
    assert not any(call.active() for call in turns.calls)


def test_a_wait_that_times_out_searches_the_queued_messages(world):
    turns, answers = Turns(), []
    Wait(turns, world, MessageFilter(to="dave"), 1, Duration(5), found).then(answers.append)
    post(world.mail, "dave@example.org")
    turns.turn(5.0)
    turns.turn()
    assert answers == [(["m1"], [])]


def test_a_wait_whose_world_closes_is_410(world):
    answers = []
    Wait(Turns(), world, MessageFilter(), 1, Duration(5), found).then(answers.append)
    for notify in list(world.on_close):
        notify()
    assert isinstance(answers[0], ProblemError)


def test_messages_are_listed_newest_first_page_by_page(get, send):
    for _ in range(5):
        send()
    first = get(f"{MESSAGES}?order=newest&limit=2")
    assert (ids(first), first["total"], first["next"], first["number"]) == (["m5", "m4"], 5, 4, 5)
    last = get(f"{MESSAGES}?order=newest&limit=3&until={first['next']}")
    assert (ids(last), last["next"]) == (["m3", "m2", "m1"], None)


def test_only_matching_messages_are_deleted(farm, get, request_of, send):
    send("alice@example.org")
    send("carol@sea.example", content=b"Subject: Other\r\n\r\nx\r\n")
    send("alice@example.org")
    assert request_of(farm, "DELETE", f"{MESSAGES}?to=alice").json == {"deleted": 2}
    assert ids(get(MESSAGES)) == ["m2"]
    assert request_of(farm, "DELETE", f"{MESSAGES}?subject=tides").json == {"deleted": 0}
    refused = request_of(farm, "DELETE", f"{MESSAGES}?too=carol")
    assert (refused.status, refused.json["nearest"]) == (400, "to")
    assert ids(get(MESSAGES)) == ["m2"]


def test_a_message_has_its_links_and_codes(get, send):
    content = (
        b"Subject: Welcome\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Your code is 4829=\r\n13. Confirm: https://app.test/confirm?token=3Dabc=\r\ndef.\r\n"
        b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b'<p>Your code is <b>482913</b></p><a href="https://app.test/confirm?token=abcdef">Confirm</a>'
        b'<a href="https://app.test/?a=1&amp;b=2">More</a>\r\n--b--\r\n'
    )
    send(content=content)
    message = get(f"{MESSAGES}/m1")
    assert message["links"] == ["https://app.test/confirm?token=abcdef", "https://app.test/?a=1&b=2"]
    assert message["codes"] == ["482913"]


def many(world, number):
    for _ in range(number):
        post(world.mail)
    return Turns(), []


def test_a_list_of_many_messages_is_read_in_slices(world):
    from homeport.control.mail_work import SLICE_MAPPED, Mapped

    turns, answers = many(world, 3 * SLICE_MAPPED + 1)
    read = []
    work = Mapped(turns, lambda one: read.append(one) or one.id, world.mail.messages(), len)
    work.then(answers.append)
    for number in range(1, 5):
        assert turns.turn() == 1
        assert len(read) == min(number * SLICE_MAPPED, 3 * SLICE_MAPPED + 1)
    assert answers == [3 * SLICE_MAPPED + 1]


def test_many_messages_are_deleted_in_slices_and_a_dropped_deletion_stops(world):
    from homeport.control.mail_work import SLICE_REMOVED, Removal

    turns, answers = many(world, 3 * SLICE_REMOVED)
    Removal(turns, world.mail, world.mail.messages(), lambda number: number).then(answers.append)
    for number in range(1, 4):
        assert turns.turn() == 1
        assert len(world.mail) <= 3 * SLICE_REMOVED - number * SLICE_REMOVED
    assert answers == [3 * SLICE_REMOVED]
    turns, _ = many(world, 2 * SLICE_REMOVED)
    dropped = Removal(turns, world.mail, world.mail.messages(), int)
    dropped.then(answers.append)
    dropped.drop()
    turns.turn()
    assert turns.turn() == 0
    assert len(world.mail) == SLICE_REMOVED


def test_a_caller_that_cannot_wait_gets_the_list_of_many_messages_at_once(world):
    from homeport.control.mail_work import SLICE_MAPPED, Mapped

    turns, answers = many(world, 3 * SLICE_MAPPED + 1)
    work = Mapped(turns, lambda one: one.id, world.mail.messages(), len)
    work.hurry()
    work.then(answers.append)
    assert answers == [3 * SLICE_MAPPED + 1]
    assert turns.turn() == 0


def test_an_error_in_the_thread_pool_is_the_answer(world):
    from homeport.control.slices import OffReactor

    turns, answers = many(world, 0)
    OffReactor(turns, lambda: 1 // 0).then(answers.append)
    turns.turn()
    assert isinstance(answers[0], ZeroDivisionError)


@pytest.mark.parametrize(
    "method_path",
    ["GET ", "GET /m1", "GET /latest", "GET /m1/raw", "GET /m1/view", "GET /m1/parts/1", "GET /wait", "DELETE /m1"],
)
def test_no_message_is_read_parsed_or_deleted_on_the_reactor(farm, send, request_of, method_path):
    send(content=PAGE)
    reactor_thread = farm.call(threading.get_ident)
    threads = set()
    store = farm.world.mail.store

    class Watched:
        def __getattr__(self, name):
            method = getattr(store, name)

            def watched(*args):
                threads.add(threading.get_ident())
                return method(*args)

            return watched if name in ("read", "remove") else method

    farm.world.mail.store = Watched()
    method, path = method_path.split(" ")
    assert request_of(farm, method, MESSAGES + path).status == 200
    assert threads
    assert reactor_thread not in threads


PERFECT = (
    b"Date: Wed, 14 Oct 2026 17:46:40 +0000\r\nFrom: a@client.example\r\nMessage-ID: <1@client.example>\r\n"
    b"Subject: hello\r\n\r\nhello\r\n"
)


def test_a_message_shows_its_own_findings_and_those_of_the_session_before_it(farm, get):
    with smtplib.SMTP("127.0.0.1", farm.port("smtp", "plain"), local_hostname="client", timeout=10) as client:
        for content in (b"no header\r\n", PERFECT):
            client.sendmail("a@client.example", ["alice@homeport.test"], content)
        client.docmd("FROB")
    first, second = (get(f"{MESSAGES}/{name}") for name in ("m1", "m2"))
    assert {"smtp.missing-date", "smtp.missing-from", "smtp.helo-not-fqdn"} <= {one["id"] for one in first["findings"]}
    assert [one["id"] for one in second["findings"]] == ["smtp.helo-not-fqdn"]
    conn = second["conn"]
    assert second["envelope"]["transaction"] == f"{conn}-2"
    listed = get("/api/v1/worlds/default/findings")["items"]
    assert {one["transaction"] for one in listed if one["id"] == "smtp.missing-date"} == {f"{conn}-1"}
