"""No request does much work in one turn of the reactor, however large the journal, the answer or the request is.

Work is counted in calls of functions, Python's and C's, on the reactor's thread: 5 ms are some 20,000 of them.
"""

import http.client
import json
import socket
import sys
from contextlib import contextmanager, suppress

import pytest
from tests.conftest import read_all

from homeport.config.quantities import Size
from homeport.protocol.rules import Rule
from homeport.world.journal import Source
from homeport.world.people import Person

MAX_CALLS = 18_000
"""A new world with the listeners of every service is the largest turn."""
WORLD = "/api/v1/worlds/default"
ECHO = Source("echo", "tcp")


class Turns:
    """Counts the calls of each turn of a farm's reactor."""

    def __init__(self, farm):
        self.farm = farm
        self.most = self.calls = 0
        self._ticking = True
        self._calls = farm.call(self._start)

    def _start(self):
        sys.setprofile(self._count)
        self._tick()

    def _count(self, _frame, event, _argument):
        if event in ("call", "c_call"):
            self.calls += 1

    def _tick(self):
        self.most = max(self.most, self.calls)
        self.calls = 0
        if self._ticking:
            self.farm.farm.reactor.callLater(0, self._tick)

    def stop(self):
        """Count no more, and return the number of calls in the largest turn."""

        def stop():
            self._ticking = False
            sys.setprofile(None)
            self.most = max(self.most, self.calls)

        self.farm.call(stop)
        return self.most


@contextmanager
def bounded(farm):
    """Demand that no turn has many calls."""
    turns = Turns(farm)
    try:
        yield
    finally:
        most = turns.stop()
    assert most < MAX_CALLS


@pytest.fixture
def ask(farm):
    """Send a request to a farm, read the answer to its end, and return status and body."""

    def send(method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", farm.farm.control.port, timeout=60)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    send("GET", "/livez")  # the server is loaded when a client first connects
    return send


def open_stream(farm, path):
    client = socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=60)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def log(farm, number, text="x" * 60):
    def run():
        for _ in range(number):
            farm.world.journal.log(None, "world", {"what": "put", "thing": "quotes", "name": text})

    farm.call(run)


def talk(farm, pieces, size):
    """Have the journal hold a long connection."""

    def run():
        journal = farm.world.journal
        journal.configure(type(journal.options)(size=Size(64 << 20), kept_per_connection=Size(60 << 20)))
        connection = journal.open(ECHO, ("127.0.0.1", 7), ("127.0.0.1", 10007))
        for number in range(pieces):
            data = (b"%d, a line of text\r\n" % number * size)[:size]
            connection.received += len(data)
            journal.record_bytes(connection, "in", data)
            journal.log(connection, "command", {"verb": "SAY", "code": 200})
        journal.close(connection, "closed")

    farm.call(run)


@pytest.mark.parametrize(
    "query",
    [
        "events?limit=10000",
        "events?limit=1&text=nothing",
        "events/wait?count=10000",
        "events/wait?count=1&type=login&text=nothing&timeout=1ms",
        "connections",
        "findings",
    ],
)
def test_a_list_of_a_full_journal(farm, ask, query):
    log(farm, 30_000)

    def find():
        for _ in range(1000):
            farm.world.findings.add(Rule("odd", "should", "RFC 1123 1.2.2", "was odd"), ECHO, b"x" * 60)
        for number in range(2000):
            farm.world.journal.open(ECHO, ("127.0.0.1", number), ("127.0.0.1", 7))

    farm.call(find)
    with bounded(farm):
        status, _body = ask("GET", f"{WORLD}/{query}")
    assert status == 200


def test_a_stream_from_the_beginning(farm, ask):
    log(farm, 20_000)
    with bounded(farm):
        client = open_stream(farm, f"{WORLD}/events/stream?type=world")
        received = b""
        while b'"seq":20000,' not in received:
            received = received[-100:] + client.recv(1 << 20)
        client.close()


@pytest.mark.parametrize("form", ["json", "text", "pcapng"])
@pytest.mark.parametrize(("pieces", "size"), [(10_000, 60), (40, 200_000)])
def test_a_long_transcript(farm, ask, form, pieces, size):
    talk(farm, pieces, size)
    with bounded(farm):
        status, body = ask("GET", f"{WORLD}/connections/c1/transcript?format={form}")
    assert (status, len(body) > pieces * size) == (200, True)


def test_pipelined_requests_for_long_lists(farm, ask):
    log(farm, 10_000)
    request = f"GET {WORLD}/events?limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with bounded(farm):
        client = socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=60)
        client.setblocking(False)
        with suppress(BlockingIOError):
            client.send(request * 600)
        for _ in range(2000):
            farm.call(lambda: None)
        client.close()


def test_one_event_for_many_waits_and_streams(farm, ask):
    waits = [open_stream(farm, f"{WORLD}/events/wait?timeout=1h&type=login") for _ in range(200)]
    streams = [open_stream(farm, f"{WORLD}/events/stream?type=login") for _ in range(100)]
    while farm.call(lambda: sum(map(len, farm.world.followers._by_key.values()))) < 300:
        pass
    with bounded(farm):
        farm.call(farm.world.journal.log, ECHO, "login", {"login": "alice"})
        for client in waits:
            assert client.recv(12) == b"HTTP/1.1 200"
        for client in streams:
            received = b""
            while b"event: login" not in received:
                received += client.recv(1000)
    for client in (*waits, *streams):
        client.close()


def test_many_events_of_one_turn_for_many_streams(farm, ask):
    streams = [open_stream(farm, f"{WORLD}/events/stream?type=login") for _ in range(50)]
    while farm.call(lambda: sum(map(len, farm.world.followers._by_key.values()))) < 50:
        pass

    def flood():
        for number in range(200):
            farm.world.journal.log(ECHO, "login", {"login": f"user{number}"})

    with bounded(farm):
        farm.call(flood)
        for client in streams:
            received = b""
            while b'"user199"' not in received:
                received = received[-1000:] + client.recv(100_000)
    for client in streams:
        client.close()


def test_metrics_of_many_worlds(farm, ask):
    for _ in range(8):
        assert ask("POST", "/api/v1/worlds", b"{}")[0] == 201
    with bounded(farm):
        status, body = ask("GET", "/metrics")
        ask("GET", "/api/v1/worlds")
        ask("GET", "/api/v1/openapi.json")
    assert (status, body.count(b"homeport_connections_total{")) >= (200, 9)


def test_a_world_with_many_people(farm, ask):
    people = [{"login": f"user{number}", "name": "Some User"} for number in range(2000)]
    with bounded(farm):
        status, _body = ask("POST", "/api/v1/worlds", json.dumps({"name": "w", "config": {"people": people}}).encode())
        assert status == 201
    with bounded(farm):
        status, body = ask("GET", "/api/v1/worlds/w/people")
    assert json.loads(body)["total"] == 2000


@pytest.mark.parametrize(
    "body",
    [
        b'{"config": {"a": [' + b"[]," * 19_000 + b"[]]}}",
        b'{"config": {"a": [' + b"[]," * 300_000 + b"[]]}}",
        b'{"config": {"a": "' + b"x" * 1_000_000 + b'"}}',
        b'{"config": ' + b'{"a":' * 9_000 + b"1" + b"}" * 9_001,
    ],
)
def test_a_large_body(farm, ask, body):
    with bounded(farm):
        status, _answer = ask("POST", "/api/v1/worlds", body)
    assert status in (400, 413, 422)


def test_many_people_and_quotes(farm, ask):
    def add():
        for number in range(5000):
            farm.world.people.put(Person(login=f"user{number}", name="Some User"))

    farm.call(add)
    quotes = json.dumps({"items": ["Some words."] * 15_000}).encode()
    with bounded(farm):
        assert ask("PUT", f"{WORLD}/quotes", quotes)[0] == 200
        assert json.loads(ask("GET", f"{WORLD}/quotes")[1])["total"] == 15_000
        assert json.loads(ask("GET", f"{WORLD}/people")[1])["total"] > 5000


def test_a_jump_of_the_clock_over_many_timers(farm, ask):
    fired = []

    def set_timer():
        fired.append(1)
        farm.world.clock.call_at(farm.world.clock.now() + 60, set_timer)

    farm.call(set_timer)
    with bounded(farm):
        status, body = ask("POST", f"{WORLD}/clock", b'{"advance": "P3D"}')
    assert (status, json.loads(body)["fired"] >= 4320, len(fired) >= 4320) == (200, True, True)


def test_a_request_in_many_pieces(farm, ask):
    with bounded(farm):
        client = socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=60)
        head = f"PUT {WORLD}/ftp/files/pub/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.sendall(head.encode() + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert read_all(client).startswith(b"HTTP/1.1 20")
        client.close()
