"""Server-sent events: everything as it comes, taken up where it was left, and no buffer for those who do not read."""

import http.client
import json
import socket
import threading

import pytest
from tests.control.test_journal import Turns

from homeport.config.quantities import Size
from homeport.control import event_stream
from homeport.control.event_stream import EventStream, StreamQuery, serialize_event
from homeport.farm import http as control_http
from homeport.protocol.rules import Rule
from homeport.world.journal import JournalOptions, Source

STREAM = "/api/v1/worlds/default/events/stream"
ECHO = Source("echo", "tcp")


class Reader:
    """Reads the stream of a running farm, event by event."""

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


def test_earlier_events_are_streamed_first_then_new_ones_as_they_happen(farm, read):
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


def test_streams_have_the_filters_of_lists(farm, read):
    log(farm, "first", Source("time", "tcp"))
    reader = read(f"{STREAM}?service=time&type=command&since=1")
    log(farm, "other")
    log(farm, "second", Source("time", "tcp"))
    assert reader.event()[2]["verb"] == "second"


def test_last_event_id_overrides_since(farm, read):
    for verb in "abc":
        log(farm, verb)
    assert read(f"{STREAM}?since=0", Last_Event_ID="2").event()[2]["verb"] == "c"


@pytest.mark.parametrize("identifier", ["x", "-1", "2-", "2-ab-c", "2 ab", "9" * 40])
def test_an_invalid_last_event_id_is_refused(farm, request_of, identifier):
    reply = request_of(farm, "GET", STREAM, {"Last-Event-ID": identifier})
    assert (reply.status, "NUMBER-EPOCH" in reply.json["detail"]) == (400, True)


def test_a_reader_resumes_with_the_id_of_its_last_event(farm, read):
    for verb in "abc":
        log(farm, verb)
    reader = read()
    reader.frame()
    identifier = reader.frame()["id"]
    assert read(STREAM, Last_Event_ID=identifier).event()[2]["verb"] == "c"


@pytest.mark.parametrize("identifier", ["2-0000aaaa", "99"])
def test_a_reader_of_another_epoch_gets_reset_and_starts_at_the_first_event(farm, read, identifier):
    for verb in "abc":
        log(farm, verb)
    reader = read(STREAM, Last_Event_ID=identifier)
    epoch = farm.world.journal.epoch
    assert reader.event() == (0, "reset", {"epoch": epoch, "next": 0})
    assert reader.event()[2]["verb"] == "a"


def test_readers_are_informed_of_a_reset(farm, read, request_of):
    log(farm, "before")
    reader = read()
    assert reader.event()[2]["verb"] == "before"
    before = farm.world.journal.epoch
    assert request_of(farm, "POST", "/api/v1/worlds/default/reset").status == 200
    seq, name, data = reader.event()
    assert (name, data) == ("reset", {"epoch": farm.world.journal.epoch, "next": seq})
    assert data["epoch"] != before
    assert reader.event()[2]["what"] == "reset"


def test_events_that_the_ring_dropped_are_reported_as_lost(start_farm):
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


def test_a_reader_that_does_not_read_delays_no_other_and_is_disconnected(farm, read, monkeypatch):
    monkeypatch.setattr(control_http, "STALL_TIMEOUT_S", 0.05)
    reader = read()
    argument = "x" * 1000

    def flood():
        for _ in range(100):
            farm.world.journal.log(ECHO, "command", {"argument": argument})

    # More than the network holds; and the ring holds all of it, so that only the timeout can end it.
    for _ in range(100):
        farm.call(flood)
    for _ in range(100_000):
        if not farm.call(lambda: farm.world.on_close):
            break
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        while reader.response.readline():
            pass
    assert farm.call(lambda: farm.world.journal.watchers) == []


class Wire:
    """A sink that can apply back-pressure."""

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
    """A stream of a world, and its sink."""

    def start(room=10**9, **query):
        stream = EventStream(turns, world, StreamQuery(**query))
        wire = Wire(stream, room)
        stream.start(wire)
        return stream, wire

    return start


def say(world, *verbs):
    for verb in verbs:
        world.journal.log(ECHO, "command", {"verb": verb})


def test_back_pressure_pauses_the_stream_which_continues_from_the_journal(world, turns, stream):
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
    assert wire.state == "open"


def test_dropped_events_that_do_not_match_the_filter_are_not_lost(world, turns, stream):
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


def test_events_during_a_pause_are_written_afterwards(world, turns, stream):
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


def test_events_of_one_turn_are_written_before_the_ring_drops_them(world, turns, stream):
    world.journal.configure(JournalOptions(size=Size(1000)))
    _one, wire = stream()
    say(world, *"abcdefghijkl")
    turns.turn()
    assert wire.verbs == [*"abcdefghijkl"]
    assert not any(b"event: lost" in data for data in wire.written)


def test_a_reset_within_a_turn_is_reported(world, turns, stream):
    _one, wire = stream()
    say(world, "a", "b")
    world.journal.clear()
    say(world, "c")
    turns.turn()
    assert [b"event: reset" in data for data in wire.written] == [False, True, False]
    assert b'"next":2}' in wire.written[1]
    assert wire.verbs == ["c"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_reader_that_the_ring_overtakes_is_disconnected(world, turns, stream, turned):
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


def test_a_heartbeat_is_sent_except_under_back_pressure(turns, stream):
    one, wire = stream()
    turns.turn(event_stream.HEARTBEAT_SECONDS)
    assert wire.written[-1] == b": heartbeat\n\n"
    one.pause()
    turns.turn(event_stream.HEARTBEAT_SECONDS)
    assert len(wire.written) == 2


def test_a_stream_that_raises_is_disconnected_and_logged(world, turns, stream, caplog):
    _one, wire = stream()
    world.journal.log(ECHO, "command", {"verb": object()})
    turns.turn()
    assert wire.state == "aborted"
    assert "a stream of events failed" in caplog.text


def test_an_events_data_is_one_line():
    assert (
        serialize_event("in", {"text": "a\nb\r\u2028"}, "7")
        == b'id: 7\nevent: in\ndata: {"text":"a\\nb\\r\xe2\x80\xa8"}\n\n'
    )


# What a reader asks to be spared.


def frames(wire, name):
    """The data of the frames of this name."""
    parts = [one.split(b"event: ")[1].split(b"\ndata: ") for one in wire.written if b"event: " in one]
    return [json.loads(data) for found, data in parts if found.decode() == name]


def test_a_stream_begins_with_the_journals_identity_if_asked(world, turns, stream):
    say(world, "a", "b")
    _one, wire = stream(journal=True, since=2)
    assert frames(wire, "journal") == [
        {"world": "default", "epoch": world.journal.epoch, "oldest": 1, "seq": 2, "time": "2026-10-14T17:46:40.000000Z"}
    ]
    assert b"event: journal" in wire.written[1]
    assert not any(b"event: journal" in data for data in stream()[1].written)


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, {}), (3, {"text": "abc"}), (100, {"text": "abcdef"})],
)
def test_a_stream_shows_as_many_bytes_as_asked(world, turns, stream, size, shown):
    connection = world.journal.open(ECHO, ("192.0.2.1", 7), ("127.0.0.1", 7))
    world.journal.record_bytes(connection, "in", b"abcdef")
    world.journal.datagrams(ECHO, [(("192.0.2.1", 7), b"abcdef", 6, [b"abcdef"], None, 6)])
    _one, wire = stream(bytes=size)
    (chunk,), (datagram,) = frames(wire, "in"), frames(wire, "datagram")
    assert {key: chunk[key] for key in chunk if key in ("size", "bytes", "text")} == {"size": 6, **shown}
    assert datagram["answers"] == [{"size": 6, **shown}]
    assert "bytes" not in datagram


def test_a_finding_without_bytes_still_shows_its_text(world, stream):
    world.findings.add(Rule("x", "must", "RFC 1", "A client must not."), ECHO, b"input")
    (found,) = frames(stream(bytes=0)[1], "finding")
    assert (found["shown"], "bytes" in found) == ("input", False)


def test_a_rate_leaves_out_events_and_reports_how_many(world, turns, stream):
    _one, wire = stream(rate=2)
    say(world, *"abcde")
    world.journal.log(ECHO, "login", {})
    turns.turn()
    assert (wire.verbs, len(frames(wire, "login")), frames(wire, "sampled")) == (["a", "b"], 1, [])
    turns.turn(event_stream.REPORT_SECONDS)
    assert frames(wire, "sampled") == [{"left_out": 3, "first": 3, "last": 5, "rate": 2}]
    turns.turn(event_stream.REPORT_SECONDS)
    assert len(frames(wire, "sampled")) == 1


def test_the_room_of_a_rate_returns_with_the_time_of_the_events(world, turns, stream):
    now = [0.0]
    world.journal.real = lambda: now[0]
    for seconds in (0.0, 0.1, 0.5, 0.6, 1.1, 0.2):  # at last, real time is set back
        now[0] = 1000 + seconds
        say(world, str(seconds))
    assert stream(rate=2)[1].verbs == ["0.0", "0.1", "0.5", "1.1"]


def test_findings_faults_logins_messages_and_changes_of_clock_and_world_pass_every_rate(world, turns, stream):
    _one, wire = stream(rate=1)
    say(world, "a")
    for kind in ("fault", "login", "message", "clock", "world"):
        world.journal.log(ECHO, kind, {})
        world.journal.log(ECHO, kind, {})
        turns.turn()
        assert len(frames(wire, kind)) == 2


def test_a_batch_is_one_message_with_an_array_and_the_id_of_its_last_event(world, turns, stream):
    _one, wire = stream(batch=50)
    say(world, "a", "b")
    turns.turn()
    assert not frames(wire, "events")
    turns.turn(0.05)
    assert [[event["verb"] for event in batch] for batch in frames(wire, "events")] == [["a", "b"]]
    assert wire.written[-1].startswith(f"id: 2-{world.journal.epoch}\n".encode())


def test_a_batch_is_sent_before_its_time_if_it_is_large(world, turns, stream):
    _one, wire = stream(batch=5000)
    for _ in range(7):
        world.journal.log(ECHO, "command", {"verb": "x" * 10_000})
    turns.turn()
    assert [len(batch) for batch in frames(wire, "events")] == [7]


def test_what_is_not_an_event_of_the_journal_comes_after_the_batch_before_it(world, turns, stream):
    _one, wire = stream(batch=5000)
    say(world, "a")
    turns.turn()
    world.journal.clear()
    say(world, "b")
    turns.turn()
    names = [one.split(b"event: ")[1].split(b"\n")[0] for one in wire.written if b"event: " in one]
    assert names == [b"events", b"reset"]


def test_back_pressure_holds_a_batch_back_and_loses_nothing(world, turns, stream):
    one, wire = stream(batch=50)
    say(world, "a")
    turns.turn()
    one.pause()
    say(world, "b")
    turns.turn()
    turns.turn(0.05)
    assert not frames(wire, "events")
    one.resume()
    turns.turn(0.05)
    assert [[event["verb"] for event in batch] for batch in frames(wire, "events")] == [["a"], ["b"]]


def test_a_reader_that_does_not_read_costs_nothing_for_each_event(world, turns, stream):
    one, _wire = stream()
    one.pause()
    say(world, "a")
    turns.turn()
    assert world.journal.watchers == []
    one.resume()
    assert len(world.journal.watchers) == 1


def test_a_stream_that_ends_leaves_no_timer_behind(world, turns, stream):
    one, _wire = stream(batch=50, rate=1)
    say(world, "a", "b")
    turns.turn()
    one.drop()
    assert [call for call in turns.calls if call.active()] == []
