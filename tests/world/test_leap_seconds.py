"""Leap seconds of the world's clock: inserted, deleted, smeared, announced."""

import pytest

from homeport.config.quantities import Duration
from homeport.disk.clock_store import ClockFile
from homeport.world.clock import Clock, ClockOptions
from homeport.world.leap_seconds import LeapOptions

MIDNIGHT = 1_798_761_600.0
"""2027-01-01T00:00:00Z."""
HOUR = 3600.0


class Real:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.now = MIDNIGHT - 2 * HOUR

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def real():
    return Real()


def clock_with(real, *leaps):
    clock = Clock(real)
    clock.begin(ClockOptions(leap=[LeapOptions(**{"day": "2026-12-31", **one}) for one in leaps or ({},)]))
    return clock


def test_an_inserted_second_shows_the_last_second_of_the_day_twice(real):
    clock = clock_with(real)
    shown = []
    for half_seconds in range(-4, 5):
        real.now = MIDNIGHT + half_seconds / 2
        shown.append((clock.now() - MIDNIGHT, clock.inserts_second))
    assert shown == [
        (-2.0, False),
        (-1.5, False),
        (-1.0, False),
        (-0.5, False),
        (-1.0, True),
        (-0.5, True),
        (0.0, False),
        (0.5, False),
        (1.0, False),
    ]


def test_a_deleted_second_is_not_shown(real):
    clock = clock_with(real, {"kind": "delete"})
    shown = []
    for half_seconds in range(-4, 2):
        real.now = MIDNIGHT + half_seconds / 2
        shown.append(clock.now() - MIDNIGHT)
    assert shown == [-2.0, -1.5, 0.0, 0.5, 1.0, 1.5]


@pytest.mark.parametrize(("kind", "step"), [("insert", 1), ("delete", -1)])
def test_a_smeared_second_is_spread_evenly_around_midnight(real, kind, step):
    real.now = MIDNIGHT - 12 * HOUR - 100
    clock = clock_with(real, {"kind": kind, "smear": Duration(24 * HOUR)})
    assert clock.now() == real.now
    real.now = MIDNIGHT + step / 2
    assert clock.now() == pytest.approx(MIDNIGHT, abs=1e-5)
    real.now = MIDNIGHT - 6 * HOUR + step / 4
    assert clock.now() == pytest.approx(MIDNIGHT - 6 * HOUR, abs=1e-5)
    real.now = MIDNIGHT + 13 * HOUR
    assert clock.now() == pytest.approx(MIDNIGHT + 13 * HOUR - step, abs=1e-5)
    assert clock.leap_announced == 0


def test_it_is_announced_for_a_day_and_until_it_has_passed(real):
    clock = clock_with(real)
    announced = {}
    for distance in (-24 * HOUR - 1, -24 * HOUR, -1, 0, 0.5, 1, 2):
        clock.set(MIDNIGHT - 25 * HOUR)
        real.now += 25 * HOUR + distance
        announced[distance] = clock.leap_announced
    assert announced == {-24 * HOUR - 1: 0, -24 * HOUR: 1, -1: 1, 0: 1, 0.5: 1, 1: 0, 2: 0}


def test_a_deletion_is_announced_by_minus_one(real):
    assert clock_with(real, {"kind": "delete", "announced": Duration(3 * HOUR)}).leap_announced == -1


def test_a_set_clock_shows_the_time_that_it_was_set_to_before_and_after(real):
    clock = clock_with(real)
    for distance in (-10, 5):
        clock.set(MIDNIGHT + distance)
        assert clock.now() == MIDNIGHT + distance
    clock.set(MIDNIGHT - 10)
    real.now += 20
    assert clock.now() == MIDNIGHT + 9, "it comes again if the clock is set back"


def test_a_clock_that_is_set_into_a_smear_shows_that_time_and_ends_as_others(real):
    clock = clock_with(real, {"smear": Duration(HOUR)})
    clock.set(MIDNIGHT)
    assert clock.now() == pytest.approx(MIDNIGHT, abs=1e-5)
    real.now += HOUR
    assert clock.now() == pytest.approx(MIDNIGHT + HOUR - 0.5, abs=1e-5)


def test_a_clock_that_is_frozen_within_an_inserted_second_goes_on_within_it(real):
    clock = clock_with(real)
    real.now = MIDNIGHT + 0.25
    clock.freeze()
    real.now += 1000
    assert (clock.now(), clock.inserts_second) == (MIDNIGHT - 0.75, True)
    clock.resume()
    real.now += 0.5
    assert (clock.now(), clock.inserts_second) == (MIDNIGHT - 0.25, True)
    real.now += 0.5
    assert (clock.now(), clock.inserts_second) == (MIDNIGHT + 0.25, False)


def test_an_advance_over_it_follows_the_calendar(real):
    clock = clock_with(real)
    clock.advance(3 * HOUR)
    assert clock.now() == MIDNIGHT + HOUR


def test_several_come_one_after_the_other(real):
    clock = clock_with(real, {"day": "2027-06-30"}, {})
    real.now = MIDNIGHT + 10
    assert clock.now() == MIDNIGHT + 9
    real.now = MIDNIGHT + 365 * 24 * HOUR
    assert clock.now() == real.now - 2


@pytest.mark.parametrize(("kind", "step"), [("insert", 1), ("delete", -1)])
def test_timers_wait_for_their_time_of_the_world(real, kind, step):
    clock, fired = clock_with(real, {"kind": kind}), []
    clock.call_at(MIDNIGHT + 5, lambda: fired.append(clock.now()))
    assert clock.seconds_to_next() == 2 * HOUR + 5 + step
    real.now += 2 * HOUR + 4.75 + step
    assert clock.fire() == 0
    real.now += 0.25
    assert clock.fire() == 1
    assert fired == [MIDNIGHT + 5]


def test_a_timer_in_a_smear_is_due_when_the_clock_shows_its_time(real):
    clock = clock_with(real, {"smear": Duration(HOUR)})
    clock.call_at(MIDNIGHT, lambda: None)
    left = clock.seconds_to_next()
    assert left == pytest.approx(2 * HOUR + 0.5, abs=1e-5)
    real.now += left + 1e-5
    assert clock.fire() == 1


def test_a_clock_with_leap_seconds_is_kept_on_disk(real, tmp_path):
    options = ClockOptions(leap=[LeapOptions(day="2026-12-31", smear=Duration(HOUR))])
    clock = Clock(real)
    clock.begin(options)
    clock.set(MIDNIGHT - 100)
    store = ClockFile(tmp_path)
    store.save(clock.state(options))
    kept = store.load()
    assert kept.options == options
    again = Clock(real)
    again.begin(options, kept)
    assert again.now() == pytest.approx(clock.now(), abs=1e-5)


@pytest.mark.parametrize("wrong", [{"day": "2026-13-01"}, {"day": "soon"}, {"smear": Duration(8 * 24 * HOUR)}])
def test_impossible_leap_seconds_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LeapOptions(**{"day": "2026-12-31", **wrong}).leap()
