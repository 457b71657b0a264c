"""The traffic of each second on event streams: counted once for all readers, and only while one of them reads."""

import json

import pytest
from tests.control.test_event_stream import ECHO, STREAM, Reader, Wire, frames, say
from tests.control.test_journal import Turns

from homeport.config.quantities import Size
from homeport.control import traffic_meter
from homeport.control.event_stream import EventStream, StreamQuery
from homeport.control.traffic_meter import STEP_SECONDS, meter_of
from homeport.protocol.rules import Rule
from homeport.world.journal import JournalOptions, Source


class Clock:
    """Real time of a journal, and the turns of a reactor with it."""

    def __init__(self, world):
        self.turns = Turns()
        self.now = 1000.0
        world.journal.real = lambda: self.now
        self.read = []
        batches = world.journal.batches

        def watched(since=0, until=None, weight=1):
            for batch in batches(since, until, weight):
                self.read.append(len(batch))
                yield batch

        world.journal.batches = watched

    def second(self, seconds=STEP_SECONDS):
        """Let a second pass, of which the reactor may notice the end late."""
        self.turns.settle()
        self.read.clear()
        self.now += seconds
        self.turns.turn(STEP_SECONDS)
        self.turns.settle()

    @property
    def measured(self):
        """True if a second is being measured."""
        return any(call.delay == STEP_SECONDS for call in self.turns.calls)


@pytest.fixture
def clock(world):
    return Clock(world)


@pytest.fixture
def stream(world, clock):
    """A stream of a world with the traffic of each second, and its sink. Its filter excludes all events."""

    def start(**query):
        stream = EventStream(clock.turns, world, StreamQuery(**{"stats": True, "type": "nothing", **query}))
        wire = Wire(stream)
        stream.start(wire)
        return stream, wire

    return start


def test_a_stream_has_the_traffic_of_each_second_by_service(world, clock, stream):
    say(world, "earlier")
    _one, wire = stream()
    connection = world.journal.open(ECHO, ("192.0.2.1", 7), ("127.0.0.1", 7))
    world.journal.record_bytes(connection, "in", b"12345")
    world.findings.add(Rule("odd", "must", "RFC 1", "was odd"), ECHO, b"x")
    say(world, "a")
    world.journal.datagrams(Source("chargen", "udp"), [(("192.0.2.1", 7), b"abc", 3, [b"abcd"], None, 4)])
    world.journal.log(None, "clock", {"what": "freeze"})
    clock.second()
    assert frames(wire, "stats") == [
        {
            "begin": "1970-01-01T00:16:40.000000Z",
            "step": 1.0,
            "complete": True,
            "services": {
                "chargen": {"events": [1], "connections": [0], "bytes": [7], "findings": [0]},
                "echo": {"events": [4], "connections": [1], "bytes": [5], "findings": [1]},
            },
        }
    ]


def test_each_event_is_counted_in_one_second_and_a_quiet_second_is_empty(world, clock, stream):
    _one, wire = stream()
    for number in (1, 0, 3):
        say(world, *("a" * number))
        clock.second()
    found = frames(wire, "stats")
    assert [one["services"].get("echo", {}).get("events") for one in found] == [[1], None, [3]]
    assert [one["begin"][17:19] for one in found] == ["40", "41", "42"]


def test_events_that_happen_while_a_second_is_counted_belong_to_the_next(world, clock, stream):
    _one, wire = stream()
    say(world, *"ab" * 1000)
    clock.turns.settle()
    clock.turns.turn(STEP_SECONDS)
    say(world, "late")
    clock.turns.settle()
    clock.second()
    assert [one["services"]["echo"]["events"] for one in frames(wire, "stats")] == [[2000], [1]]


def test_a_second_that_ended_late_says_how_long_it_was(clock, stream):
    _one, wire = stream()
    for seconds in (1.02, 3.24, -50.0):  # at last, real time is set back
        clock.second(seconds)
    assert [one["step"] for one in frames(wire, "stats")] == [1.0, 3.2, 1.0]


def test_a_second_of_which_the_journal_lost_events_is_not_complete(world, clock, stream):
    world.journal.configure(JournalOptions(size=Size(10_000)))
    _one, wire = stream()
    say(world, *"a" * 200)
    clock.second()
    say(world, "b")
    clock.second()
    assert [one["complete"] for one in frames(wire, "stats")] == [False, True]


def test_a_reset_empties_the_count_of_its_second(world, clock, stream):
    _one, wire = stream()
    say(world, *"abc")
    world.journal.clear()
    say(world, "d")
    clock.second()
    assert [one["services"]["echo"]["events"] for one in frames(wire, "stats")] == [[1]]


def test_nothing_is_measured_without_a_reader_that_asks(world, clock, stream):
    _one, wire = stream(stats=False)
    assert not clock.measured
    first, second = stream()[0], stream()[0]
    assert clock.measured
    first.drop()
    assert clock.measured
    second.drop()
    assert not clock.measured
    assert frames(wire, "stats") == []


def test_events_are_counted_once_for_all_readers(world, clock, stream):
    wires = [stream()[1] for _ in range(50)]
    say(world, *"a" * 100)
    clock.second()
    assert sum(clock.read) == 100
    assert [frames(wire, "stats")[0]["services"]["echo"]["events"] for wire in wires] == [[100]] * 50


def test_a_long_count_is_spread_over_turns(world, clock, stream):
    stream()
    say(world, *"a" * 20_000)
    clock.turns.settle()
    clock.read.clear()
    clock.turns.turn(STEP_SECONDS)
    assert sum(clock.read) <= 4 * 130
    clock.turns.settle()
    assert sum(clock.read) == 20_000


def test_a_reader_under_back_pressure_gets_nothing_and_costs_nothing(world, clock, stream):
    one, wire = stream()
    one.pause()
    say(world, *"abc")
    clock.second()
    assert (frames(wire, "stats"), clock.read, clock.measured) == ([], [], False)
    clock.now += 100
    one.resume()
    say(world, "d")
    clock.second()
    (found,) = frames(wire, "stats")
    assert (found["services"]["echo"]["events"], found["step"]) == ([1], 1.0)


def test_a_reader_that_pauses_for_a_moment_misses_no_second(world, clock, stream):
    one, wire = stream()
    say(world, *"abc")
    one.pause()
    one.resume()
    clock.second()
    assert frames(wire, "stats")[0]["services"]["echo"]["events"] == [3]


def test_one_reader_that_stalls_keeps_nothing_from_another(clock, stream, world):
    stalled, other = stream(), stream()
    stalled[0].pause()
    say(world, "a")
    clock.second()
    assert (len(frames(stalled[1], "stats")), len(frames(other[1], "stats"))) == (0, 1)


def test_a_closed_world_is_not_measured(world, clock, stream):
    _one, wire = stream()
    for closed in list(world.on_close):
        closed()
    assert (wire.state, clock.measured) == ("ended", False)
    assert meter_of(world, clock.turns) is meter_of(world, clock.turns)


def test_the_farm_sends_the_figures(farm, monkeypatch):
    monkeypatch.setattr(traffic_meter, "STEP_SECONDS", 0.001)
    reader = Reader(farm, f"{STREAM}?stats=true&type=finding")
    try:
        assert reader.frame() == {"retry": "1000"}
        farm.exchange("echo", b"12345")
        while not (services := json.loads((found := reader.frame())["data"])["services"]):
            pass
    finally:
        reader.close()
    assert (found["event"], services["echo"]["connections"]) == ("stats", [1])
