"""What one client of the API can cost: requests refused at their head, one request at a time, answers never read."""

import json
import socket
from contextlib import suppress
from itertools import pairwise

import pytest
from tests.conftest import read_all

from homeport.farm.http import ControlChannel

WORLD = "/api/v1/worlds/default"
HOST = b"Host: localhost\r\n"


@pytest.fixture
def dial():
    """Connect to a farm's API: `dial(farm)`."""
    opened = []

    def connect(farm, receive_buffer=None):
        client = socket.socket()
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(10)
        client.connect(("127.0.0.1", farm.farm.control.port))
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()


def channels(farm):
    """Return the HTTP connections of a farm."""

    def find():
        reactor = farm.farm.reactor
        ends = {*reactor.getReaders(), *reactor.getWriters()}
        return [end.protocol for end in ends if isinstance(getattr(end, "protocol", None), ControlChannel)]

    return farm.call(find)


def head_of(client):
    """Read a head, byte by byte, so that nothing behind it is taken."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += client.recv(1)
    return data


def turns(farm, number=20):
    """Let the reactor have some turns."""
    for _ in range(number):
        farm.call(lambda: None)


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        (b"POST /api/v1/reload", b"Host: evil.example\r\n", 403),
        (b"POST /api/v1/reload", HOST + b"Origin: http://evil.example\r\n", 403),
        (b"POST /api/v1/reload", HOST + b"Sec-Fetch-Site: cross-site\r\n", 403),
        (b"POST /api/v1/reload", HOST + b"Content-Type: text/plain\r\n", 415),
        (b"POST /livez", HOST, 405),
        (b"POST /nowhere", HOST, 404),
        (b"POST /api/v1/reload", HOST + HOST, 400),
    ],
)
@pytest.mark.parametrize("framing", [b"Content-Length: 1000000\r\n", b"Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_a_request_is_refused_at_its_head_before_its_body_is_read(farm, dial, line, headers, status, framing, expect):
    client = dial(farm)
    client.sendall(line + b" HTTP/1.1\r\n" + headers + framing + expect + b"\r\n")
    head, _blank, body = read_all(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(body)["status"] == status


def test_a_body_that_is_too_large_is_refused_by_its_announcement(farm, dial):
    client = dial(farm)
    client.sendall(b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999\r\n\r\n")
    assert read_all(client).startswith(b"HTTP/1.1 413 ")


def test_without_the_token_a_body_is_not_read(start_farm, dial):
    farm = start_farm("echo", control={"token": "secret"})
    client = dial(farm)
    client.sendall(b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Content-Length: 900000\r\n\r\n" + bytes(500_000))
    turns(farm)
    assert [request._body for channel in channels(farm) for request in channel.requests] == [[]]
    assert client.recv(12) == b"HTTP/1.1 401"


def test_the_client_of_a_refused_request_can_send_its_body_and_then_read_the_answer(farm, dial):
    client = dial(farm)
    client.sendall(b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: 5000000\r\n\r\n")
    for _ in range(50):
        client.sendall(bytes(100_000))
    assert read_all(client).startswith(b"HTTP/1.1 404 ")


def test_nothing_of_a_refused_request_is_parsed_as_another(farm, dial):
    client = dial(farm)
    inner = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    client.sendall(b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(inner) + inner * 2)
    assert read_all(client).count(b"HTTP/1.1 ") == 1


def test_bodies_share_the_farms_budget_and_give_it_back(farm, dial, request_of):
    request = b"PUT " + WORLD.encode() + b"/ftp/files/pub/a HTTP/1.1\r\n" + HOST + b"Content-Length: 300000\r\n\r\n"
    clients = [dial(farm) for _ in range(3)]
    assert request_of(farm, "GET", "/livez").status == 200
    (server,) = {channel.factory for channel in channels(farm)}
    server.budget.limit = 700_000
    for client in clients[:2]:
        client.sendall(request + bytes(299_999))
    while farm.call(lambda: server.budget.used) < 599_998:
        pass
    clients[2].sendall(request)
    refused = read_all(clients[2])
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in refused
    clients[0].sendall(b"\0")
    assert head_of(clients[0]).startswith(b"HTTP/1.1 20")
    clients[1].close()
    while farm.call(lambda: server.budget.used):
        pass


def test_a_chunked_body_that_the_budget_has_no_room_for_is_refused(farm, dial, request_of):
    client = dial(farm)
    assert request_of(farm, "GET", "/livez").status == 200
    (server,) = {channel.factory for channel in channels(farm)}
    server.budget.limit = 100_000
    client.sendall(b"PUT " + WORLD.encode() + b"/ftp/files/pub/a HTTP/1.1\r\n" + HOST)
    client.sendall(b"Transfer-Encoding: chunked\r\n\r\n40000\r\n" + bytes(0x40000))
    assert read_all(client).startswith(b"HTTP/1.1 503 ")
    assert farm.call(lambda: server.budget.used) == 0


@pytest.mark.parametrize(
    "request_bytes",
    [
        *(
            b"GET /livez HTTP/1.1\r\n" + HOST + name + b": a\xe9b\r\n\r\n"
            for name in (b"Authorization", b"Origin", b"Content-Type", b"Last-Event-ID", b"Sec-Fetch-Site", b"X-Any")
        ),
        b"GET /livez HTTP/1.1\r\n" + HOST + b"Cookie: a=\xff; \xfe=b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + HOST + b"Connection: \xff\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + HOST + b"Expect: \xff\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + HOST + b"X\xff: a\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + HOST + b"X: a\nb\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + HOST + b"X: a\r\n folded\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n folded\r\n" + HOST + b"\r\n",
        b"GET /livez\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /liv\x80ez HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /livez?a=\xa0 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET http://localh\x80st/livez HTTP/1.1\r\n" + HOST + b"\r\n",
        b"G\xffT /livez HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2;a=\x00\r\n{}\r\n0\r\n\r\n",
        b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: \xff\r\n\r\n",
        b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nno header\r\n\r\n",
        b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: \x00\r\n\r\n",
        b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: \xff\r\n\r\n",
        b"POST /api/v1/reload HTTP/1.1\r\n" + HOST + b"Content-Length: \xb2\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_bytes_that_do_not_belong_in_a_request_are_answered_400_and_log_nothing(
    farm, dial, caplog, request_bytes, size
):
    client = dial(farm)
    for at in range(0, len(request_bytes), size):
        client.sendall(request_bytes[at : at + size])
    head, _blank, body = read_all(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["detail"]
    assert not caplog.records


def fill(farm, events=2000):
    """Fill the journal, so that a list of its events is an answer of some 400 kB."""

    def log():
        for number in range(events):
            farm.world.journal.log(None, "world", {"what": "put", "thing": "quotes", "name": f"{number:0100}"})

    farm.call(log)


def test_of_pipelined_requests_that_nobody_reads_the_answer_to_few_are_parsed_and_little_is_unsent(farm, dial):
    fill(farm)
    client = dial(farm, receive_buffer=4096)
    request = b"GET " + WORLD.encode() + b"/events?limit=10000 HTTP/1.1\r\n" + HOST + b"\r\n"
    client.setblocking(False)
    sent = 0
    try:
        while sent < 500_000:
            sent += client.send(request * 100)
    except BlockingIOError:
        pass
    turns(farm, 200)
    (channel,) = channels(farm)
    transport = channel.transport
    held = farm.call(lambda: len(transport.dataBuffer) - transport.offset + transport._tempDataLen)
    assert held < 256 << 10
    assert farm.call(lambda: sum(map(len, channel._dataBuffer))) < 128 << 10
    assert len(channel.requests) == 1


def test_each_turn_parses_one_request_of_a_connection(farm, dial):
    client = dial(farm)
    request = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    client.sendall(request)
    head_of(client)
    (channel,) = channels(farm)
    server, parsed = channel.factory, []
    admit = server.api.admit

    def count(head):
        parsed.append(farm.farm.reactor.seconds)
        return admit(head)

    farm.call(lambda: setattr(server.api, "admit", count))
    before = []

    def look():
        before.append(len(parsed))
        if len(parsed) < 50:
            farm.farm.reactor.callLater(0, look)

    farm.call(look)
    client.sendall(request * 50)
    while len(parsed) < 50:
        farm.call(lambda: None)
    assert max(later - earlier for earlier, later in pairwise(before)) == 1


def test_further_requests_are_read_only_so_far_while_an_answer_waits(farm, dial):
    client = dial(farm)
    client.sendall(b"GET " + WORLD.encode() + b"/events/wait?timeout=1h&type=login HTTP/1.1\r\n" + HOST + b"\r\n")
    (channel,) = channels(farm)
    client.setblocking(False)
    sent, before = 0, -1
    while sent != before:
        before = sent
        turns(farm)
        with suppress(BlockingIOError):
            while True:
                sent += client.send(bytes(100_000))
    assert farm.call(lambda: sum(map(len, channel._dataBuffer))) < 512 << 10


def test_a_reader_that_moves_is_kept_and_one_that_does_not_is_disconnected(farm, dial):
    fill(farm, 20_000)
    client = dial(farm, receive_buffer=4096)
    client.sendall(b"GET " + WORLD.encode() + b"/events?limit=10000 HTTP/1.1\r\n" + HOST + b"\r\n")
    (channel,) = channels(farm)
    while not farm.call(lambda: channel._stall):
        pass
    for _ in range(5):
        left = 50_000
        while left > 0:
            left -= len(client.recv(left))
        turns(farm)
        farm.call(channel._check_progress)
        assert channel.transport.connected
    farm.call(channel._check_progress)
    turns(farm)
    farm.call(lambda: channel.transport.connected and channel._check_progress())
    with pytest.raises(ConnectionError):
        while client.recv(100_000):
            pass
    assert not farm.call(lambda: channel.transport.connected)


def test_a_half_closed_client_gets_the_whole_of_a_long_answer(farm, dial):
    fill(farm, 20_000)
    client = dial(farm)
    client.sendall(b"GET " + WORLD.encode() + b"/events?limit=10000 HTTP/1.1\r\n" + HOST + b"\r\n")
    client.shutdown(socket.SHUT_WR)
    assert read_all(client).count(b'"thing":"quotes"') == 10_000


def test_a_half_closed_client_is_not_kept_by_a_wait_behind_another_request(farm, dial):
    client = dial(farm)
    livez = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    client.sendall(livez + b"GET " + WORLD.encode() + b"/events/wait?timeout=1h HTTP/1.1\r\n" + HOST + b"\r\n")
    client.shutdown(socket.SHUT_WR)
    assert read_all(client).count(b"HTTP/1.1 200 OK") == 1
    assert farm.call(lambda: farm.world.on_close) == []
