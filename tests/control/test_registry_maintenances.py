"""Maintenances over the API: announced, changed, listed, withdrawn; refused where they make no sense."""

EVERY = "/registry/maintenances"
ONE = f"{EVERY}/upgrade-7"


def test_a_maintenance_is_announced_listed_changed_and_withdrawn(api):
    made = api("PUT", ONE, {"start": "2030-01-01T00:00:00Z", "end": "2030-01-01T04:00:00Z", "remind": 60})
    assert (made["id"], made["start"], made["reason"]) == ("upgrade-7", "2030-01-01T00:00:00.000000Z", "planned")
    assert (made["updated"], made["ended"], made["systems"][0]["name"]) == (None, False, "EPP")
    changed = api("PUT", ONE, made | {"name": "Upgrade", "environment": "production"})
    assert changed["created"] == made["created"]
    assert changed["updated"] is not None
    assert api("GET", ONE) == changed
    assert api("GET", EVERY) == {"items": [changed], "total": 1, "next": None}
    messages = [
        one for one in api("GET", "/registry/registrars/harbour/messages")["items"] if "maintenance" in one["key"]
    ]
    assert [(one["key"], one["about"]) for one in messages] == [
        ("maintenance.create", {"kind": "maintenance", "name": "upgrade-7"}),
        ("maintenance.update", {"kind": "maintenance", "name": "upgrade-7"}),
    ]
    assert api("DELETE", ONE, status=204) is None
    assert "upgrade-7" in api("GET", ONE, status=404)["detail"]


def test_what_happens_to_a_maintenance_is_among_the_timers(api):
    api("PUT", ONE, {"start": "+1h", "end": "+2h"})
    due = [one for one in api("GET", "/clock/timers")["items"] if one["kind"] == "maintenance"]
    assert [(one["object"], one["what"]) for one in due] == [("upgrade-7", "end")]


def test_a_maintenance_that_makes_no_sense_is_refused_with_every_problem(api):
    wrong = api("PUT", ONE, {"start": "+2h", "end": "+1h", "environment": "custom"}, status=422)
    assert len(wrong["problems"]) == 2
    assert "without white space" in api("PUT", f"{EVERY}/a%20b", {"start": "+1h", "end": "+2h"}, status=400)["detail"]
    assert api("PUT", ONE, {"id": "other", "start": "+1h", "end": "+2h"}, status=400)
