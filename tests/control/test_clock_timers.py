"""What falls due in a world, and what time did by itself: each an event, and bounded however far the clock jumps."""

import json

import pytest
from msgspec.structs import replace

from homeport.world.act_log import MAX_LOGGED


def acts(api, query=""):
    return [(one["object"], one["what"]) for one in api("GET", f"/events?type=registry{query}")["items"]]


@pytest.fixture
def frozen(api):
    """The time of a world whose clock stands still."""
    return api("POST", "/clock", {"freeze": True})["now"]


def test_what_falls_due_is_listed_in_order_with_the_object_and_what_happens(api, frozen):
    timers = api("GET", "/clock/timers?limit=1000")
    assert timers["total"] == len(timers["items"]) > 20
    times = [one["at"] for one in timers["items"]]
    assert times == sorted(times)
    assert times[0] == api("GET", "/clock")["next_timer"]
    assert all(one["text"] and one["kind"] == "domain" for one in timers["items"])
    by_object = {one["object"]: one["what"] for one in timers["items"]}
    assert by_object["pending-delete.test"] == "purge"
    assert by_object["redemption.test"] == "end-redemption"
    assert acts(api) == []


def test_the_list_is_bounded_by_number_and_by_time(api, frozen):
    first = api("GET", "/clock/timers")["items"]
    assert api("GET", "/clock/timers?limit=2")["items"] == first[:2]
    until = first[2]["at"]
    assert len(api("GET", f"/clock/timers?until={until}")["items"]) == sum(one["at"] <= until for one in first)
    assert api("GET", "/clock/timers?until=%2B1s")["items"] == []


def test_what_is_listed_is_what_happens_and_each_act_is_an_event_with_the_worlds_time(api, frozen):
    first = api("GET", "/clock/timers?limit=1")["items"][0]
    moved = api("POST", "/clock", {"set": first["at"]})
    (event,) = api("GET", f"/events?type=registry&since={moved['seq']}")["items"]
    assert (moved["acts"], event["object"], event["what"]) == (1, first["object"], first["what"])
    assert event["world_time"][:19] == first["at"][:19]
    assert event["text"] == first["text"]


def test_a_year_is_seen_in_the_journal_in_order_after_the_change_of_the_clock(api, frozen):
    moved = api("POST", "/clock", {"advance": "P1Y"})
    items = api("GET", f"/events?since={moved['seq']}")["items"]
    assert [one["type"] for one in items] == ["clock", *["registry"] * moved["acts"]]
    assert moved["acts"] > 20
    times = [one["world_time"] for one in items[1:]]
    assert times == sorted(times)
    assert ("redemption.test", "purge") in acts(api)
    assert {what for _, what in acts(api, "&object=redemption.test")} == {"end-redemption", "purge"}


def test_a_jump_over_many_domains_logs_a_bounded_number_of_acts_and_counts_the_others(farm, api, frozen):
    def fill():
        registry = farm.world.registry
        like = registry.domain("homeport.test")
        changes = registry.begin()
        for number in range(400):
            changes.put(replace(like, name=f"d{number}.test", roid=f"X{number}-HOMEPORT", nameservers=()))
        registry.commit(changes)

    farm.call(fill)
    moved = api("POST", "/clock", {"advance": "P10Y"})
    assert moved["acts"] > 3 * MAX_LOGGED
    items = api("GET", f"/events?type=registry&since={moved['seq']}&limit=1000")["items"]
    rest = api("GET", f"/events?type=registry&since={items[-1]['seq']}")["items"]
    events = [*items, *rest]
    assert len(events) == MAX_LOGGED + 1
    assert events[-1]["what"] == "more"
    assert events[-1]["text"].startswith(f"{moved['acts'] - MAX_LOGGED} more acts: renew ")
    again = api("POST", "/clock", {"advance": "P1D"})
    assert len(api("GET", f"/events?type=registry&since={again['seq']}")["items"]) == again["acts"]


def test_the_first_events_of_a_large_schedule_are_found_without_walking_it(farm, api, frozen):
    def steps():
        registry = farm.world.registry
        like = registry.domain("homeport.test")
        changes = registry.begin()
        for number in range(2000):
            changes.put(replace(like, name=f"d{number}.test", roid=f"X{number}-HOMEPORT", nameservers=()))
        registry.commit(changes)
        found = 0
        for looked, one in enumerate(registry.upcoming(), 1):
            found += one is not None
            if found == 10:
                return looked
        return None

    assert farm.call(steps) < 50


def test_a_wrong_time_is_refused(farm, request_of):
    reply = request_of(farm, "GET", "/api/v1/worlds/default/clock/timers?until=soon")
    assert reply.status == 400
    assert "soon" in json.loads(reply.body)["detail"]
