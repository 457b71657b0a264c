"""HTTP of DNS over HTTPS (RFC 8484): both versions, cut at every point, pipelined, multiplexed, and wrong."""

from base64 import urlsafe_b64encode

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nightly import examples
from tests.conftest import LOCAL, PEER, Talk, cuts, make_world

from homeport.protocol.effects import Effect
from homeport.protocol.events import Closed, Data, Eof, LimitReached, Opened, Stopping
from homeport.protocol.http.http2 import MAX_UNSENT_BYTES
from homeport.protocol.session import Context
from homeport.services import find_service
from homeport.services.dns.doh.query import MAX_VARIABLES
from homeport.services.dns.doh.session import HttpSession

QUERY = bytes.fromhex("0000 0100 0001 0000 0000 0000 0461736b65 04746573740000010001".replace(" ", ""))
TYPE = (b"content-type", b"application/dns-message")
ACCEPT = (b"accept", b"application/dns-message")


def double(_context: Context, message: bytes, _effects: list[Effect]) -> tuple[bytes, int]:
    """Answer a message with itself, twice, or not at all."""
    return (b"" if message == b"\0\0none" else message * 2), 300, ()


def get(message: bytes = QUERY, *headers: bytes) -> bytes:
    """Return a GET of HTTP/1.1."""
    path = b"/dns-query?dns=" + urlsafe_b64encode(message).rstrip(b"=")
    return b"\r\n".join([b"GET %s HTTP/1.1" % path, b"Host: dns.test", b": ".join(ACCEPT), *headers, b"", b""])


def post(message: bytes = QUERY, kind: bytes = TYPE[1]) -> bytes:
    """Return a POST of HTTP/1.1."""
    lines = [b"POST /dns-query HTTP/1.1", b"Host: dns.test", b": ".join(ACCEPT), b"Content-Type: " + kind]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(message), b"", message])


def feed(pieces: list[bytes], *, eof: bool = False) -> Talk:
    """Feed a session the pieces."""
    service = find_service("dns")
    session = HttpSession(Context(make_world(), service.options(), "https", PEER, LOCAL), double)
    talk = Talk(service)
    for event in [Opened(), *map(Data, pieces), *([Eof()] if eof else [])]:
        talk.do(session.handle(event))
    return talk


def feed_all_ways(data: bytes) -> Talk:
    """Feed the data in every segmentation and assert the same outcome."""
    first, *others = [feed(way) for way in cuts(data)]
    for other in others:
        assert other == first
    return first


class Client:
    """A client of HTTP/2 before a session."""

    def __init__(self, **settings: int) -> None:
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        values = {getattr(h2.settings.SettingCodes, name.upper()): value for name, value in settings.items()}
        self.h2.local_settings = h2.settings.Settings(client=True, initial_values=values)
        self.h2.initiate_connection()
        service = find_service("dns")
        self.session = HttpSession(Context(make_world(), service.options(), "https", PEER, LOCAL), double)
        self.talk = Talk(service)
        self.taken = 0
        self.talk.do(self.session.handle(Opened()))

    def post(self, message: bytes = QUERY, stream: int = 1, *, end: bool = True) -> None:
        """Ask; without an end the body is not complete."""
        pseudo = [
            (b":method", b"POST"),
            (b":path", b"/dns-query"),
            (b":scheme", b"https"),
            (b":authority", b"dns.test"),
        ]
        self.h2.send_headers(stream, [*pseudo, TYPE, ACCEPT])
        self.h2.send_data(stream, message, end_stream=end)

    def flush(self) -> list[h2.events.Event]:
        """Send what the client has, and return what the server's answers bring."""
        self.talk.do(self.session.handle(Data(self.h2.data_to_send())))
        answered = self.talk.sent[self.taken :]
        self.taken = len(self.talk.sent)
        return self.h2.receive_data(answered)


def bodies(events: list[h2.events.Event]) -> dict[int, bytes]:
    """Return the bodies of answers by stream."""
    found: dict[int, bytes] = {}
    for event in events:
        if isinstance(event, h2.events.DataReceived):
            found[event.stream_id] = found.get(event.stream_id, b"") + event.data
    return found


@pytest.mark.parametrize("request_octets", [get(), post()], ids=["GET", "POST"])
def test_a_query_is_answered_over_http_1_however_it_is_cut(request_octets):
    talk = feed_all_ways(request_octets)
    head, _, body = talk.sent.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\ncontent-type: application/dns-message\r\n" in head
    assert b"\r\ncache-control: max-age=300" in head
    assert body == QUERY * 2
    assert talk.findings == []
    assert not talk.closed


def test_pipelined_requests_are_answered_in_order():
    talk = feed_all_ways(get() + post(QUERY + b"1") + get(QUERY + b"2"))
    assert [part.rpartition(b"\r\n\r\n")[2] for part in talk.sent.split(b"HTTP/1.1 200 ")[1:]] == [
        QUERY * 2,
        (QUERY + b"1") * 2,
        (QUERY + b"2") * 2,
    ]


def test_a_client_that_says_close_is_closed_after_its_answer():
    talk = feed([get(QUERY, b"Connection: close")])
    assert talk.sent.endswith(QUERY * 2)
    assert talk.closed


def test_head_has_the_head_of_get_alone():
    talk = feed([get().replace(b"GET", b"HEAD")])
    assert talk.sent.startswith(b"HTTP/1.1 200 ")
    assert b"content-length: %d" % len(QUERY * 2) in talk.sent
    assert talk.sent.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("octets", "status", "finding"),
    [
        (get().replace(b"/dns-query", b"/resolve"), 404, "doh-path"),
        (get().replace(b"GET", b"PUT"), 405, "doh-method"),
        (post(kind=b"application/json"), 415, "doh-media-type"),
        (post(b""), 400, "doh-no-message"),
        (post(bytes(65_536)), 413, "doh-no-message"),
        (b"GET /dns-query HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", 400, "doh-no-message"),
        (b"GET /dns-query?dns=AAAA+ HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", 400, "doh-no-message"),
        (b"GET /dns-query?dns=AAAAA HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", 400, "doh-no-message"),
        (
            b"GET /dns-query?dns=AAAA" + b"&a=b" * MAX_VARIABLES + b" HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
            400,
            "doh-no-message",
        ),
        (get(b"\0\0none"), 400, "doh-no-message"),
    ],
)
def test_a_request_without_a_message_gets_an_error_that_says_so(octets, status, finding):
    talk = feed_all_ways(octets) if len(octets) < 1000 else feed([octets])
    assert talk.sent.startswith(b"HTTP/1.1 %d " % status)
    assert talk.findings == [finding]
    assert not talk.closed


@pytest.mark.parametrize(
    ("octets", "finding"),
    [
        (get(b"\x12\x34" + QUERY[2:]), "doh-id"),
        (get().replace(b": ".join(ACCEPT), b"Accept: text/html"), "doh-accept"),
        (get().replace(b": ".join(ACCEPT) + b"\r\n", b""), "doh-accept"),
        (get(QUERY[:-1] + b"\0\0").replace(b" HTTP/", b"%3D HTTP/"), "doh-base64-padding"),
    ],
)
def test_what_a_client_should_not_have_done_is_answered_and_found(octets, finding):
    talk = feed_all_ways(octets)
    assert talk.sent.startswith(b"HTTP/1.1 200 ")
    assert talk.findings == [finding]


@pytest.mark.parametrize("octets", [b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_gets_400_and_a_close(octets):
    talk = feed_all_ways(octets)
    assert talk.sent.startswith(b"HTTP/1.1 400 ")
    assert talk.findings == ["doh-http"]
    assert talk.closed


def test_a_head_without_an_end_is_refused_when_it_is_too_long():
    talk = feed([b"GET / HTTP/1.1\r\n"] + [b"A: %s\r\n" % (b"a" * 1000)] * 20)
    assert talk.sent.startswith(b"HTTP/1.1 431 ")
    assert talk.closed


def test_a_body_that_is_too_long_is_not_read_to_its_end():
    talk = feed([post(bytes(200_000))[:70_000], bytes(1000)])
    assert talk.sent.startswith(b"HTTP/1.1 413 ")
    assert talk.sent.count(b"HTTP/1.1") == 1
    assert talk.closed


def test_after_a_body_that_is_too_long_and_whole_the_connection_goes_on():
    talk = feed([post(bytes(65_536)) + get()])
    assert [int(part[:3]) for part in talk.sent.split(b"HTTP/1.1 ")[1:]] == [413, 200]
    assert not talk.closed


def test_streams_of_http_2_are_answered_each():
    client = Client()
    for stream in (1, 3, 5):
        client.post(QUERY + bytes((stream,)), stream)
    assert bodies(client.flush()) == {stream: (QUERY + bytes((stream,))) * 2 for stream in (1, 3, 5)}
    assert client.talk.findings == []


def test_http_2_is_the_same_however_it_is_cut():
    client = Client()
    client.post()
    octets = client.h2.data_to_send()
    whole, *others = [feed(way) for way in cuts(octets)]
    answers = []
    for talk in (whole, *others):
        fresh = Client()
        fresh.post()
        fresh.h2.data_to_send()
        answers.append(bodies(fresh.h2.receive_data(talk.sent)))
    assert answers == [{1: QUERY * 2}] * len(answers)


def test_an_answer_waits_for_the_window_of_the_client():
    client = Client(initial_window_size=10)
    client.flush()
    client.post()
    events = client.flush()
    assert bodies(events) == {1: (QUERY * 2)[:10]}
    client.h2.increment_flow_control_window(1000, 1)
    assert bodies(client.flush()) == {1: (QUERY * 2)[10:]}


def test_answers_that_a_client_does_not_take_are_bounded():
    client = Client(initial_window_size=0)
    client.flush()
    events = []
    size = 15_000
    for stream in range(1, 80, 2):
        client.post(bytes(size), stream)
        events += client.flush()
    refused = [one for one in events if isinstance(one, h2.events.StreamReset)]
    assert len(refused) == 40 - MAX_UNSENT_BYTES // (2 * size)
    assert {one.error_code for one in refused} == {h2.errors.ErrorCodes.REFUSED_STREAM}


def test_a_stream_that_is_reset_gets_no_answer_and_the_others_get_theirs():
    client = Client()
    client.post(stream=1, end=False)
    client.h2.reset_stream(1)
    client.post(stream=3)
    assert bodies(client.flush()) == {3: QUERY * 2}


def test_a_body_of_http_2_longer_than_a_message_gets_413():
    client = Client()
    client.flush()
    client.post(bytes(16_000), end=False)
    client.flush()
    for number in range(4):
        client.h2.send_data(1, bytes(16_000), end_stream=number == 3)
        events = client.flush()
    (answer,) = [one for one in events if isinstance(one, h2.events.ResponseReceived)]
    assert dict(answer.headers)[b":status"] == b"413"


def test_broken_http_2_gets_goaway_and_a_close():
    talk = feed_all_ways(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9 + 255))
    assert talk.findings == ["doh-http"]
    assert talk.closed


@pytest.mark.parametrize("event", [Stopping(), LimitReached("idle")], ids=["stopping", "idle"])
def test_a_client_of_http_2_is_told_of_the_end(event):
    client = Client()
    client.flush()
    client.talk.do(client.session.handle(event))
    (told,) = client.h2.receive_data(client.talk.sent[client.taken :])
    assert isinstance(told, h2.events.ConnectionTerminated)
    assert client.talk.closed


@given(
    st.lists(st.binary(max_size=200), max_size=8), st.sampled_from([b"", b"GET ", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
)
@examples(200)
def test_no_input_raises(pieces, first):
    service = find_service("dns")
    session = HttpSession(Context(make_world(), service.options(), "https", PEER, LOCAL), double)
    for event in [
        Opened(),
        Data(first + b"\0"),
        *(Data(piece) for piece in pieces if piece),
        Eof(),
        Closed("closed by peer"),
    ]:
        session.handle(event)
