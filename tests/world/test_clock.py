"""The world's clock: every mode, and timers that follow it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.world.clock import Clock


class Real:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def real():
    return Real()


@pytest.fixture
def clock(real):
    return Clock(real)


def test_it_follows_real_time(real, clock):
    assert clock.now() == 1000
    real.now += 5
    assert clock.now() == 1005


def test_set_makes_an_offset_that_lasts(real, clock):
    clock.set(5000)
    real.now += 5
    assert clock.now() == 5005
    assert clock.offset == 4000


def test_frozen_it_stands_still_and_can_be_moved(real, clock):
    clock.freeze()
    real.now += 100
    assert clock.now() == 1000
    clock.advance(7)
    assert clock.now() == 1007
    clock.resume()
    real.now += 1
    assert clock.now() == 1008


def test_advancing_fires_due_timers_in_order_each_at_its_own_time(clock):
    fired = []
    for due in (1300, 1100, 1200, 9000):
        clock.call_at(due, lambda due=due: fired.append((due, clock.now())))
    clock.advance(500)
    assert fired == [(1100, 1100), (1200, 1200), (1300, 1300)]
    assert clock.now() == 1500


def test_a_timer_started_by_a_timer_fires_in_the_same_jump(clock):
    fired = []

    def again():
        fired.append(clock.now())
        if len(fired) < 4:
            clock.call_at(clock.now() + 10, again)

    clock.call_at(1010, again)
    clock.advance(100)
    assert fired == [1010, 1020, 1030, 1040]


def test_a_cancelled_timer_does_not_fire(clock):
    clock.call_at(1010, lambda: pytest.fail("it fired")).cancel()
    clock.advance(100)


def test_going_back_fires_nothing_and_keeps_timers(clock):
    fired = []
    clock.call_at(1010, lambda: fired.append(clock.now()))
    clock.set(10)
    assert fired == []
    clock.set(2000)
    assert fired == [1010]


def test_the_driver_gets_the_delay_to_the_next_timer(real, clock):
    told = []
    clock.on_change = lambda: told.append(clock.seconds_to_next())
    timer = clock.call_at(1030, lambda: None)
    clock.freeze()
    assert clock.seconds_to_next() is None
    clock.resume()
    clock.advance(10)
    assert told == [30, 30, 20]
    timer.cancel()
    assert clock.seconds_to_next() is None
    real.now = 1021
    assert clock.fire() == 0


def test_fire_runs_due_timers(real, clock):
    fired = []
    clock.call_at(1010, lambda: fired.append(1))
    assert clock.fire() == 0
    real.now = 1010
    assert clock.seconds_to_next() == 0
    assert clock.fire() == 1
    assert fired == [1]


def test_a_negative_advance_is_refused(clock):
    with pytest.raises(ValueError, match="set it"):
        clock.advance(-1)


def test_the_moment_is_utc_and_never_out_of_range(clock):
    clock.set(0)
    assert clock.moment().isoformat() == "1970-01-01T00:00:00+00:00"
    for far in (1e15, -1e15):
        clock.set(far)
        assert 1 <= clock.moment().year <= 9999


@given(st.lists(st.floats(0, 1000), max_size=20), st.lists(st.floats(0, 200), max_size=10))
def test_timers_never_fire_early_late_or_out_of_order(dues, jumps):
    clock = Clock(lambda: 0.0)
    clock.freeze()
    fired = []
    for due in dues:
        clock.call_at(due, lambda due=due: fired.append((due, clock.now())))
    for jump in jumps:
        clock.advance(jump)
        assert [due for due, _ in fired] == sorted(due for due in dues if due <= clock.now())
    assert all(due == now for due, now in fired)
