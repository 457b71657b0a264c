"""Faults work in turns: a turn of the reactor has a bounded number of pieces and bytes, for any amount of data.

A pipeline of stages stands for a connection here; a step of the clock is a turn.
"""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from homeport.io.net.corrupter import Corrupter
from homeport.io.net.datagram_changes import DELIVERY, MAX_LATE_BYTES, Delivery, Late
from homeport.io.net.fault_stages import BULK, ENTRY_BYTES, MAX_HELD_BYTES, MAX_IN_FLIGHT_BYTES, STAGES
from homeport.io.net.faults import Chain
from homeport.io.net.turns import ALLOWANCE, MAX_FARM_HELD_BYTES, PIECE, turns_of
from homeport.protocol.effects import Close, StartTls
from homeport.protocol.faults import Plan
from homeport.world.faults import Fault

PIECES = ALLOWANCE // PIECE
"""Maximum pieces per turn."""
MUCH = bytes(range(256)) * 1024
"""Size of a `Send` of Chargen."""


def fault(**do):
    return Fault("f1", msgspec.convert({"service": "chargen", "do": do}, Plan), "seed")


class Line:
    """A connection with faults: collects its output per turn."""

    def __init__(self, clock, *faults, inward=False):
        self.clock = clock
        self.turns = turns_of(clock)
        self.gone = False
        self.busy = False
        self.blocked = []
        self.through = []
        self.words = []
        self.chain = Chain(self.through.append, [STAGES[one.plan.do.kind](self, one, inward=inward) for one in faults])

    def seconds(self):
        return self.clock.seconds()

    def call_later(self, seconds, function):
        return self.clock.callLater(seconds, function)

    def blocks(self, *, inward):
        return self.busy

    def record(self, _fault, words, _original):
        self.words.append(words)

    def moved(self):
        self.chain.sweep()

    def say(self, item):
        self.through.append(item)

    def take(self):
        """Return the output since the last call."""
        taken = tuple(self.through)
        self.through.clear()
        return taken


class Turning(Clock):
    """A clock with turns, as reactors have them: a call scheduled for now by a call runs in the next turn."""

    def advance(self, amount):
        self.rightNow += amount
        for call in [one for one in self.calls if one.getTime() <= self.rightNow]:
            if call.active():
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)


@pytest.fixture
def clock():
    return Turning()


def test_a_piece_that_falls_due_while_it_is_looked_at_is_passed_on(clock):
    class Running(Line):
        """The clock moves with each look at it, as real ones do."""

        def seconds(self):
            clock.rightNow += 0.003
            return clock.rightNow

        def call_later(self, seconds, function):
            assert seconds >= 0
            return clock.callLater(seconds, function)

    for ms in range(1, 12):
        line = Running(clock, fault(latency={"ms": ms}))
        line.chain.put(b"ahoy")
        clock.advance(1)
        assert line.take() == (b"ahoy",)


def all_turns(clock, *lines, most=100_000):
    """Return the output of each turn, until nothing moves any more."""
    turns = []
    for _ in range(most):
        turns.append([line.take() for line in lines])
        if not clock.getDelayedCalls():
            return turns
        clock.advance(0)
    raise AssertionError("it does not end")


SLOW_WORK = [
    {"slice": {"size": 1}},
    {"slice": {"size": 100}},
    {"corrupt": {"rate": 0.001}},
    {"corrupt": {"rate": 0.01}},
    {"corrupt": {"rate": 0.9}},
    {"corrupt": {"rate": 1.0}},
    {"latency": {"ms": 0}},
    {"garbage": {"bytes": 1 << 20}},
    {"limit": {"bytes": 100_000}},
]


@pytest.mark.parametrize("inward", [False, True])
@pytest.mark.parametrize("do", SLOW_WORK)
def test_a_turn_has_a_bounded_number_of_pieces_and_of_bytes_that_are_worked_on(clock, do, inward):
    line = Line(clock, fault(**do), inward=inward)
    line.chain.put(MUCH[:20_000] if "slice" in do else MUCH)
    for (through,) in all_turns(clock, line):
        pieces = [one for one in through if type(one) is bytes]
        assert len(pieces) <= PIECES
        if "corrupt" in do:
            assert sum(map(len, pieces)) <= ALLOWANCE


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_slices_are_of_their_size_and_whole_in_their_order(clock, size):
    line = Line(clock, fault(slice={"size": size}))
    line.chain.put(MUCH[:50_000])
    line.chain.put(b"the end")
    line.chain.put(Close())
    pieces = [one for (through,) in all_turns(clock, line) for one in through]
    assert pieces.pop() == Close()
    assert b"".join(pieces) == MUCH[:50_000] + b"the end"
    assert max(map(len, pieces)) == size


@pytest.mark.parametrize("do", [{"slice": {"size": 1}}, {"latency": {"ms": 5}}, {"corrupt": {"rate": 0.5}}])
def test_tls_begins_in_the_turn_of_the_last_bytes_before_it(clock, do):
    line = Line(clock, fault(**do))
    for _ in range(PIECES):
        line.chain.put(b"x")
    line.chain.put(b"220 ready\r\n")
    line.chain.put(StartTls())
    clock.advance(0.005)
    turns = [through for (through,) in all_turns(clock, line) if through]
    assert turns[-1][-1] == StartTls()
    assert len(turns[-1]) > 1


def test_connections_share_a_turn_and_each_goes_on(clock):
    lines = [Line(clock, fault(slice={"size": 1})) for _ in range(4)]
    for line in lines:
        line.chain.put(MUCH[:5000])
    turns = all_turns(clock, *lines)
    assert max(sum(map(len, turn)) for turn in turns) <= PIECES
    half_time = [sum(len(turn[number]) for turn in turns[: len(turns) // 2]) for number in range(4)]
    assert min(half_time) > 1000
    assert [sum(len(turn[number]) for turn in turns) for number in range(4)] == [5000] * 4


def test_nothing_comes_through_while_the_network_takes_no_more(clock):
    line = Line(clock, fault(slice={"size": 1}))
    line.busy = True
    line.chain.put(MUCH)
    assert all_turns(clock, line) == [[()]]
    assert line.chain.full
    (stage,) = line.blocked
    line.busy = False
    stage.resume()
    assert line.through


def test_latency_holds_what_a_fast_network_brings_and_no_more(clock):
    line = Line(clock, fault(latency={"ms": 100}))
    put = 0
    while not line.chain.full:
        line.chain.put(MUCH)
        put += len(MUCH)
    assert 0 <= put - MAX_IN_FLIGHT_BYTES <= len(MUCH)
    clock.advance(0.099)
    assert line.take() == ()
    clock.advance(0.001)
    assert sum(sum(map(len, through)) for (through,) in all_turns(clock, line)) == put
    assert (line.turns.held, line.chain.full) == (0, False)


def test_latency_counts_the_room_of_small_pieces_too(clock):
    line = Line(clock, fault(latency={"ms": 100}))
    for _ in range(MAX_IN_FLIGHT_BYTES // (ENTRY_BYTES + 1) + 1):
        line.chain.put(b"x")
    assert line.chain.full


def test_a_farm_holds_a_bounded_number_of_bytes_and_every_connection_its_least_share(clock):
    lines = [Line(clock, fault(latency={"ms": 100})) for _ in range(8)]
    for line in lines:
        while not line.chain.full:
            line.chain.put(MUCH)
    assert MAX_FARM_HELD_BYTES <= lines[0].turns.held <= MAX_FARM_HELD_BYTES + 8 * (MAX_HELD_BYTES + 2 * len(MUCH))
    for line in lines:
        line.chain.drop()
    assert lines[0].turns.held == 0
    assert clock.getDelayedCalls() == []


def test_jitter_keeps_the_order(clock):
    line = Line(clock, fault(latency={"ms": 10, "jitter_ms": 500}))
    sent = [b"%d" % number for number in range(200)]
    for one in sent:
        line.chain.put(one)
        clock.advance(0.001)
    clock.advance(1)
    assert [one for (through,) in all_turns(clock, line) for one in through] == sent


def test_a_removed_fault_lets_all_go_in_order_and_what_comes_then_after_it(clock):
    removed = fault(latency={"ms": 3_600_000})
    line = Line(clock, removed)
    for number in range(1000):
        line.chain.put(b"%d," % number)
    removed.removed = True
    line.chain.refresh()
    line.chain.put(b"last")
    came = all_turns(clock, line)
    assert max(len(through) for (through,) in came) <= PIECES
    assert (
        b"".join(one for (through,) in came for one in through) == b"".join(b"%d," % n for n in range(1000)) + b"last"
    )
    assert line.chain.stages == []


def test_a_latency_before_slices_has_both_bounds(clock):
    line = Line(clock, fault(latency={"ms": 100}), fault(slice={"size": 1}))
    line.chain.put(MUCH[:20_000])
    clock.advance(0.1)
    turns = all_turns(clock, line)
    assert max(len(through) for (through,) in turns) <= PIECES
    assert sum(len(through) for (through,) in turns) == 20_000


@given(st.sampled_from([0.001, 0.01, 0.05, 0.3, 0.9, 1.0]), st.lists(st.integers(0, 6000), max_size=6))
def test_corruption_follows_from_the_place_in_the_stream_for_every_segmentation(rate, sizes):
    data = (MUCH * 2)[: sum(sizes)]
    whole, changed = Corrupter(fault(corrupt={"rate": rate})).corrupt(data)
    corrupter, at, parts = Corrupter(fault(corrupt={"rate": rate})), 0, []
    for size in sizes:
        parts.append(corrupter.corrupt(data[at : at + size])[0])
        at += size
    assert b"".join(parts) == whole
    assert changed == sum(one != other for one, other in zip(data, whole, strict=True))


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.02, 0.3, 0.9, 1.0])
def test_as_large_a_share_is_changed_as_is_planned(rate):
    _data, changed = Corrupter(fault(corrupt={"rate": rate})).corrupt(bytes(BULK))
    assert changed == pytest.approx(rate * BULK, rel=0.2)


def test_late_datagrams_are_delivered_in_turns_and_in_order(clock):
    come = []
    late = Late(clock, lambda: come.append("lost"))
    for number in range(100):
        late.put(Delivery(fault(latency={"ms": 5}), 10, lambda number=number: come.append(number)), 0.005)
    clock.advance(0.005)
    seen = [len(come)]
    while clock.getDelayedCalls():
        clock.advance(0)
        seen.append(len(come))
    assert come == list(range(100))
    assert max(after - before for before, after in pairwise(seen)) <= ALLOWANCE // DELIVERY
    assert (late.octets, turns_of(clock).held) == (0, 0)


def test_a_listener_holds_a_bounded_number_of_late_datagrams_and_loses_the_rest(clock):
    lost = []
    late = Late(clock, lambda: lost.append(1))
    for _ in range(2000):
        late.put(Delivery(fault(latency={"ms": 5}), 65_000, lambda: None), 60)
    assert late.octets <= MAX_LATE_BYTES
    assert 900 < len(lost) < 1100
    late.drop()
    assert turns_of(clock).held == 0
    assert [call for call in clock.getDelayedCalls() if call.getTime() > 0] == []


def test_an_error_of_one_that_waits_leaves_the_others_their_turn(clock):
    turns, served = turns_of(clock), []
    turns.wait(lambda: 1 / 0)
    turns.wait(lambda: served.append("next"))
    with pytest.raises(ZeroDivisionError):
        clock.advance(0)
    clock.advance(0)
    assert served == ["next"]
