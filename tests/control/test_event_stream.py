"""Server-sent events: everything as it comes, taken up where it was left, and no buffer for those who do not read."""

import http.client
import json
import socket
import threading

import pytest
from tests.control.test_journal import Turns

from homeport.config.quantities import Size
from homeport.control import event_stream
from homeport.control.event_stream import EventStream, frame
from homeport.world.followers import EventFilter
from homeport.world.journal import JournalOptions, Source

STREAM = "/api/v1/worlds/default/events/stream"
ECHO = Source("echo", "tcp")


class Reader:
    """Reads a stream of a running farm, frame by frame."""

    def __init__(self, farm, path=STREAM, version="1.1", **headers):
        self.socket = socket.create_connection(("127.0.0.1", farm.farm.control.port), timeout=10)
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(f"GET {path} HTTP/{version}\r\nHost: 127.0.0.1\r\n{head}\r\n".encode())
        self.response = http.client.HTTPResponse(self.socket)
        self.response.begin()

    def frame(self):
        """The next frame but for heartbeats: its fields."""
        fields = {}
        while (line := self.response.readline()) not in (b"\n", b""):
            name, _colon, value = line.decode().rstrip("\n").partition(": ")
            fields[name] = value
        return fields

    def event(self):
        """The next frame: the number in its id, name, and data."""
        fields = self.frame()
        return int(fields["id"].partition("-")[0]), fields["event"], json.loads(fields["data"])

    def close(self):
        self.response.close()
        self.socket.close()


@pytest.fixture
def read(farm):
    """Read a farm's stream; it is closed when the test ends."""
    readers = []

    def start(*arguments, **headers):
        readers.append(Reader(farm, *arguments, **headers))
        assert readers[-1].frame() == {"retry": "1000"}
        return readers[-1]

    yield start
    for reader in readers:
        reader.close()


def log(farm, verb, source=ECHO):
    farm.call(farm.world.journal.log, source, "command", {"verb": verb})


def test_events_come_as_they_happen_after_those_that_were_before(farm, read):
    log(farm, "before")
    reader = read()
    assert reader.response.getheader("content-type") == "text/event-stream"
    assert reader.response.getheader("cache-control") == "no-store"
    log(farm, "after")
    events = [reader.event(), reader.event()]
    assert [(seq, name, data["verb"], data["seq"]) for seq, name, data in events] == [
        (1, "command", "before", 1),
        (2, "command", "after", 2),
    ]


def test_events_are_chosen_as_in_the_list(farm, read):
    log(farm, "first", Source("time", "tcp"))
    reader = read(f"{STREAM}?service=time&type=command&since=1")
    log(farm, "other")
    log(farm, "second", Source("time", "tcp"))
    assert reader.event()[2]["verb"] == "second"


def test_a_reader_takes_up_where_it_was_whatever_it_first_asked_for(farm, read):
    for verb in "abc":
        log(farm, verb)
    assert read(f"{STREAM}?since=0", Last_Event_ID="2").event()[2]["verb"] == "c"


@pytest.mark.parametrize("identifier", ["x", "-1", "2-", "2-ab-c", "2 ab", "9" * 40])
def test_a_last_event_id_that_is_none_is_refused(farm, request_of, identifier):
    reply = request_of(farm, "GET", STREAM, {"Last-Event-ID": identifier})
    assert (reply.status, "a number" in reply.json["detail"]) == (400, True)


def test_a_reader_takes_up_by_the_id_of_the_last_event(farm, read):
    for verb in "abc":
        log(farm, verb)
    reader = read()
    reader.frame()
    identifier = reader.frame()["id"]
    assert read(STREAM, Last_Event_ID=identifier).event()[2]["verb"] == "c"


@pytest.mark.parametrize("identifier", ["2-0000aaaa", "99"])
def test_a_reader_of_another_epoch_is_told_and_begins_anew(farm, read, identifier):
    for verb in "abc":
        log(farm, verb)
    reader = read(STREAM, Last_Event_ID=identifier)
    epoch = farm.world.journal.epoch
    assert reader.event() == (0, "reset", {"epoch": epoch, "next": 0})
    assert reader.event()[2]["verb"] == "a"


def test_a_reset_is_told_to_those_who_read_on(farm, read, request_of):
    log(farm, "before")
    reader = read()
    assert reader.event()[2]["verb"] == "before"
    before = farm.world.journal.epoch
    assert request_of(farm, "POST", "/api/v1/worlds/default/reset").status == 200
    seq, name, data = reader.event()
    assert (name, data) == ("reset", {"epoch": farm.world.journal.epoch, "next": seq})
    assert data["epoch"] != before
    assert reader.event()[2]["what"] == "reset"


def test_what_the_ring_has_lost_is_told(start_farm):
    farm = start_farm("echo", journal={"size": 1000})
    for verb in "abcdefgh":
        log(farm, verb)
    reader = Reader(farm)
    reader.frame()
    seq, name, data = reader.event()
    assert (seq, name, data) == (4, "lost", {"lost": 4, "next": 4, "epoch": farm.world.journal.epoch})
    assert reader.event()[2]["verb"] == "e"
    reader.close()


def test_a_stream_ends_when_its_world_closes(farm, read):
    log(farm, "last")
    reader = read()
    closed = threading.Event()
    farm.call(farm.farm.close_world, "default", closed.set)
    assert reader.event()[2]["verb"] == "last"
    assert reader.frame() == {"event": "closed", "data": '{"world":"default"}'}
    assert reader.response.read() == b""
    assert closed.wait(10)


def test_head_has_the_headers_alone_and_leaves_nothing_behind(farm, request_of):
    reply = request_of(farm, "HEAD", STREAM)
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, "text/event-stream", b"")
    assert farm.call(lambda: (farm.world.journal.watchers, farm.world.on_close)) == ([], [])


def test_an_http_1_0_client_gets_the_stream_up_to_the_close(farm, read):
    reader = read(STREAM, "1.0")
    assert reader.response.getheader("transfer-encoding") is None
    log(farm, "verb")
    assert reader.event()[2]["verb"] == "verb"


def test_a_reader_that_goes_away_leaves_nothing_behind(farm, read):
    reader = read()
    assert farm.call(lambda: len(farm.world.journal.watchers)) == 1
    reader.close()
    for _ in range(100_000):
        if not farm.call(lambda: farm.world.journal.watchers):
            break
    assert farm.call(lambda: farm.world.on_close) == []


def test_a_reader_that_does_not_read_holds_up_nobody_and_is_cut_off(farm, read, monkeypatch):
    monkeypatch.setattr(event_stream, "PATIENCE_SECONDS", 0.05)
    reader = read()
    argument = "x" * 1000

    def flood():
        for _ in range(100):
            farm.world.journal.log(ECHO, "command", {"argument": argument})

    # More than the network holds; and the ring holds all of it, so that only patience can end.
    for _ in range(100):
        farm.call(flood)
    for _ in range(100_000):
        if not farm.call(lambda: farm.world.journal.watchers):
            break
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        while reader.response.readline():
            pass
    assert farm.call(lambda: farm.world.on_close) == []


class Wire:
    """Where a stream goes, which can be full."""

    def __init__(self, stream, room=10**9):
        self.stream = stream
        self.room = room
        self.written = []
        self.state = "open"

    def write(self, data):
        self.written.append(data)
        if len(self.written) >= self.room:
            self.stream.pause()

    def end(self):
        self.state = "ended"

    def abort(self):
        self.state = "aborted"

    @property
    def verbs(self):
        return [json.loads(one.split(b"data: ")[1])["verb"] for one in self.written if b"command" in one]


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def stream(world, turns):
    """A stream of a world that stands still, and its wire."""

    def start(room=10**9, **query):
        stream = EventStream(turns, world, EventFilter(**query))
        wire = Wire(stream, room)
        stream.start(wire)
        return stream, wire

    return start


def say(world, *verbs):
    for verb in verbs:
        world.journal.log(ECHO, "command", {"verb": verb})


def test_a_full_network_stops_the_stream_which_goes_on_from_the_journal(world, turns, stream):
    one, wire = stream(room=3)
    say(world, "a", "b", "c", "d")
    turns.turn()
    assert wire.verbs == ["a", "b"]
    say(world, "e")
    turns.turn()
    assert wire.verbs == ["a", "b"]
    wire.room = 10**9
    one.resume()
    assert wire.verbs == ["a", "b", "c", "d", "e"]
    assert turns.turn(event_stream.PATIENCE_SECONDS) == 0
    assert wire.state == "open"


def test_a_reader_of_few_events_has_lost_none_when_the_ring_has_lost_others(world, turns, stream):
    one, wire = stream(type="command")
    for _ in range(5):
        world.journal.log(ECHO, "login", {})
    turns.turn()
    one.pause()
    world.journal.configure(JournalOptions(size=Size(200)))
    one.resume()
    say(world, "a")
    turns.turn()
    assert wire.verbs == ["a"]
    assert not any(b"event: lost" in data for data in wire.written)


def test_a_pause_without_news_loses_nothing_and_one_with_news_gives_them_afterwards(world, turns, stream):
    one, wire = stream()
    say(world, "a")
    turns.turn()
    one.pause()
    one.resume()
    one.pause()
    say(world, "b", "c")
    turns.turn()
    assert wire.verbs == ["a"]
    one.resume()
    say(world, "d")
    turns.turn()
    assert wire.verbs == ["a", "b", "c", "d"]


def test_what_the_ring_cannot_hold_of_one_turn_is_written_before_it_is_lost(world, turns, stream):
    world.journal.configure(JournalOptions(size=Size(1000)))
    _one, wire = stream()
    say(world, *"abcdefghijkl")
    turns.turn()
    assert wire.verbs == [*"abcdefghijkl"]
    assert not any(b"event: lost" in data for data in wire.written)


def test_a_journal_that_begins_anew_within_a_turn_is_told(world, turns, stream):
    _one, wire = stream()
    say(world, "a", "b")
    world.journal.clear()
    say(world, "c")
    turns.turn()
    assert [b"event: reset" in data for data in wire.written] == [False, True, False]
    assert b'"next":2}' in wire.written[1]
    assert wire.verbs == ["c"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_reader_whom_the_ring_overtakes_is_cut_off(world, turns, stream, turned):
    world.journal.configure(JournalOptions(size=Size(1000)))
    one, wire = stream(room=1)
    say(world, "a", "b")
    if turned:
        turns.turn()
    say(world, *"cdefghijkl")
    turns.turn()
    one.resume()
    assert wire.state == "aborted"
    assert world.journal.watchers == []


def test_a_reader_that_takes_nothing_for_too_long_is_cut_off(world, turns, stream):
    _one, wire = stream(room=1)
    turns.turn(event_stream.PATIENCE_SECONDS)
    assert wire.state == "aborted"
    assert not any(call.active() for call in turns.calls)


def test_a_heartbeat_comes_unless_the_network_is_full(turns, stream):
    one, wire = stream()
    turns.turn(event_stream.HEARTBEAT_SECONDS)
    assert wire.written[-1] == b": heartbeat\n\n"
    one.pause()
    turns.turn(event_stream.HEARTBEAT_SECONDS)
    assert len(wire.written) == 2


def test_a_stream_that_fails_is_cut_off_and_logged(world, turns, stream, caplog):
    _one, wire = stream()
    world.journal.log(ECHO, "command", {"verb": object()})
    turns.turn()
    assert wire.state == "aborted"
    assert "a stream of events failed" in caplog.text


def test_a_frame_is_one_line_of_data_whatever_is_in_it():
    assert frame("in", {"text": "a\nb\r\u2028"}, "7") == b'id: 7\nevent: in\ndata: {"text":"a\\nb\\r\xe2\x80\xa8"}\n\n'
