"""The world's clock with --data: after a restart time goes on where it was."""

import json

import pytest

from homeport.disk.clock_store import ClockFile
from homeport.world.clock import ClockOptions
from homeport.world.row_store import StoreError

CLOCK = "/api/v1/worlds/default/clock"
NAME = "expiring-tomorrow.test"
DAY = 86_400


@pytest.fixture
def run(start_farm, tmp_path):
    """Return a function that starts a farm with the data of the one before, which it stops."""
    farms = []

    def start(**options):
        if farms:
            farms[-1].stop()
        farms.append(start_farm("epp", "whois", data=tmp_path, **options))
        return farms[-1]

    return start


@pytest.fixture
def change(request_of):
    """Change a farm's clock over the API, and return the answer."""

    def send(farm, **fields):
        reply = request_of(farm, "POST", CLOCK, body=json.dumps(fields).encode())
        assert reply.status == 200, reply.body
        return reply.json

    return send


def test_time_goes_on_after_a_restart_so_that_no_object_is_in_the_future(run, change):
    farm = run()
    change(farm, advance="P1Y")
    before, offset = farm.world.clock.now(), farm.world.clock.offset
    expires = farm.call(lambda: farm.world.registry.domain(NAME).expires)
    later = run()
    assert later.world.clock.now() >= before
    assert later.world.clock.offset == pytest.approx(offset, abs=1e-3)
    assert later.call(lambda: later.world.registry.domain(NAME).expires) == expires
    assert all(one.date <= later.world.clock.now() for one in later.call(lambda: [*later.world.registry.messages]))


def test_a_clock_that_stands_still_does_so_after_a_restart_until_it_is_resumed(run, change):
    change(run(), set="2031-05-06T07:08:09Z", freeze=True)
    later = run()
    assert later.world.clock.moment().isoformat() == "2031-05-06T07:08:09+00:00"
    assert later.world.clock.frozen
    change(later, resume=True)
    assert not run().world.clock.frozen
    assert run().world.clock.moment().year == 2031


def test_a_clock_that_was_never_moved_has_real_time_after_a_restart(run):
    run()
    assert run().world.clock.offset == pytest.approx(0.0, abs=1e-3)


def test_a_reset_of_the_world_is_kept_too(run, change, request_of):
    farm = run()
    change(farm, advance="P1Y")
    assert request_of(farm, "POST", "/api/v1/worlds/default/reset", body=b"{}").status < 300
    assert run().world.clock.offset == pytest.approx(0.0, abs=1e-3)


def test_options_of_the_clock_take_effect_when_they_change(run, change):
    change(run(clock=ClockOptions(set="+1d")), advance="P1Y")
    assert run(clock=ClockOptions(set="+1d")).world.clock.offset > 300 * DAY
    assert run(clock=ClockOptions(set="+2d")).world.clock.offset == pytest.approx(2 * DAY, abs=10)


def test_the_clock_is_not_kept_if_that_is_switched_off(run, change, tmp_path):
    change(run(clock=ClockOptions(kept=False)), advance="P1Y")
    assert not (tmp_path / "registry" / "default" / "clock.json").exists()
    assert run(clock=ClockOptions(kept=False)).world.clock.offset == pytest.approx(0.0, abs=1e-3)


def test_a_damaged_file_is_refused_with_what_to_do_and_left_unchanged(tmp_path):
    file = tmp_path / "clock.json"
    file.write_text('{"shift": ')
    with pytest.raises(StoreError, match="move it away"):
        ClockFile(tmp_path).load()
    assert file.read_text() == '{"shift": '


def test_a_jump_that_was_cut_by_a_kill_is_completed_after_the_restart(run):
    farm = run()
    clock = farm.world.clock
    goal = clock.now() + 3 * 366 * DAY
    farm.call(farm.world.keep_clock, goal)  # as the API does before the jump; then the farm is killed
    farm.world.clock_store = None
    later = run()
    assert later.world.clock.now() >= goal
    assert later.call(lambda: later.world.registry.domain(NAME).expires) > goal
