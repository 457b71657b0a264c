"""The world's clock over the API."""

import pytest

from homeport.world.clock import ClockOptions
from homeport.world.leap_seconds import LeapOptions


def test_a_clock_follows_real_time_until_it_is_changed(api):
    clock = api("GET", "/clock")
    assert (clock["offset_seconds"], clock["frozen"]) == (0, False)
    # What is due next is the registry's: something happens to one of its domains.
    assert (clock["timers"], clock["next_timer"] > clock["now"]) == (1, True)
    assert clock["now"][:15] == clock["real"][:15]


def test_set_and_freeze_are_seen_by_the_services_at_once(farm, api):
    moved = api("POST", "/clock", {"set": "2036-02-07T06:28:16Z", "freeze": True})
    assert (moved["now"], moved["frozen"]) == ("2036-02-07T06:28:16.000000Z", True)
    assert farm.exchange("time") == bytes(4)
    assert api("GET", "/clock")["now"] == moved["now"]
    api("POST", "/clock", {"advance": "PT1S"})
    assert farm.exchange("time") == b"\x00\x00\x00\x01"
    assert b"2036" in farm.exchange("daytime")


def test_changes_are_made_in_the_order_set_advance_freeze(api):
    moved = api("POST", "/clock", {"freeze": True, "advance": "P1M", "set": "2026-01-31T00:00:00Z"})
    assert moved["now"] == "2026-02-28T00:00:00.000000Z"
    assert api("POST", "/clock", {"resume": True})["frozen"] is False


@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"advance": "P1Y"}, "2027-10-14T12:00:00.000000Z"),
        ({"advance": "P1M"}, "2026-11-14T12:00:00.000000Z"),
        ({"advance": "PT5M"}, "2026-10-14T12:05:00.000000Z"),
        ({"advance": "90s"}, "2026-10-14T12:01:30.000000Z"),
        ({"set": "+P1D"}, "2026-10-15T12:00:00.000000Z"),
        ({"set": "-1h"}, "2026-10-14T11:00:00.000000Z"),
        ({"set": "2000-01-01T01:00:00+01:00"}, "2000-01-01T00:00:00.000000Z"),
    ],
)
def test_times_and_distances_are_parsed(api, change, now):
    api("POST", "/clock", {"set": "2026-10-14T12:00:00Z", "freeze": True})
    assert api("POST", "/clock", change)["now"] == now


def test_due_timers_fire_in_order_before_the_answer(farm, api):
    fired = []
    farm.call(farm.world.registry.close)  # its own acts are not what is counted here
    now = farm.call(farm.world.clock.now)
    for seconds in (7200, 60, 3600):
        farm.call(farm.world.clock.call_at, now + seconds, lambda seconds=seconds: fired.append(seconds))
    assert api("GET", "/clock")["timers"] == 3
    moved = api("POST", "/clock", {"advance": "PT1H1M"})
    assert fired == [60, 3600]
    assert (moved["fired"], moved["timers"]) == (2, 1)
    assert moved["next_timer"] is not None
    assert api("POST", "/clock", {"set": "+1d"})["fired"] == 1


def test_every_change_is_logged_before_its_effects(farm, api):
    api("POST", "/clock", {"set": "2026-10-14T12:00:00Z", "freeze": True})
    due = farm.call(farm.world.clock.now) + 5
    farm.call(farm.world.clock.call_at, due, lambda: farm.world.journal.log(None, "timer", {}))
    api("POST", "/clock", {"advance": "10s"})
    api("POST", "/clock", {"resume": True})
    events = [event for event in api("GET", "/events")["items"] if event["type"] in ("clock", "timer")]
    assert [event.get("what", "fired") for event in events] == ["set", "freeze", "advance", "fired", "resume"]
    advance = events[2]
    assert (advance["from"], advance["to"]) == ("2026-10-14T12:00:00.000000Z", "2026-10-14T12:00:10.000000Z")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({}, "nothing to do"),
        ({"freeze": False}, "nothing to do"),
        ({"freeze": True, "resume": True}, "freeze and resume exclude each other: give one of them"),
        ({"advance": "-5m"}, "'-5m' is not a duration"),
        ({"advance": "-P1D"}, "'-P1D' is not a duration"),
        ({"advance": "P"}, "'P' is not an ISO 8601 duration"),
        ({"advance": "P9000Y"}, "is outside the years 1 to 9999"),
        ({"advance": 5}, "Expected `str | null`, got `int` - at `advance`"),
        ({"set": "tomorrow"}, "'tomorrow' is not a time"),
        ({"set": "2026-13-01T00:00:00Z"}, "is not a time"),
        ({"set": "2000-01-01T00:00:00Z", "advance": "soon"}, "'soon' is not a duration"),
        ({"sett": "x"}, "unknown field `sett`"),
    ],
)
def test_invalid_changes_are_explained_and_change_nothing(farm, api, change, detail):
    assert detail in api("POST", "/clock", change, status=400)["detail"]
    assert farm.call(lambda: (farm.world.clock.offset, farm.world.clock.frozen)) == (0, False)
    assert farm.events("clock") == []


@pytest.mark.parametrize("kind", ["insert", "delete"])
def test_the_clock_says_which_leap_second_is_announced(start_farm, request_of, kind):
    leap = LeapOptions(day="2030-06-30", kind=kind)
    farm = start_farm("echo", clock=ClockOptions(set="2030-06-29T23:59:00Z", frozen=True, leap=[leap]))

    def said():
        return request_of(farm, "GET", "/api/v1/worlds/default/clock").json["leap"]

    assert said() == "none"
    farm.call(farm.world.clock.advance, 120)
    assert said() == kind
    farm.call(farm.world.clock.advance, 86_400)
    assert said() == "none"
