"""Allocation tokens and accounts over the API."""

EVERY = "/registry/tokens"


def test_a_token_is_made_listed_changed_and_deleted(api):
    assert api("GET", EVERY) == {"items": [], "total": 0, "next": None}
    made = api("PUT", f"{EVERY}/abc123", {"names": ["vip.test"], "registrar": "harbour", "expires": "+1d"})
    assert (made["id"], made["uses"], made["expires"] is not None) == ("abc123", 1, True)
    assert api("GET", f"{EVERY}/ABC123") == made
    api("PUT", f"{EVERY}/abc123", {"names": ["*.test"], "uses": None})
    (one,) = api("GET", EVERY)["items"]
    assert (one["names"], one["uses"], one["registrar"]) == (["*.test"], None, "")
    api("DELETE", f"{EVERY}/abc123", status=204)
    assert "there is no token" in api("GET", f"{EVERY}/abc123", status=404)["detail"].lower()


def test_a_token_is_for_some_name(api):
    problem = api("PUT", f"{EVERY}/abc123", {"names": []}, status=400)
    assert "names" in problem["detail"]


def test_the_prices_of_a_zone_are_set_at_run_time(api):
    fees = {"currency": "EUR", "tiers": [{"name": "gold", "labels": ["gold"], "create": 500}], "required": "always"}
    zone = api("PUT", "/registry/zones/test", {"name": "test", "fees": fees})
    assert (zone["fees"]["currency"], zone["fees"]["tiers"][0]["create"]) == ("EUR", 500)
    bad = api("PUT", "/registry/zones/test", {"name": "test", "fees": {"currency": "euro"}}, status=400)
    assert "currency" in bad["detail"]
