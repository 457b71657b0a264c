"""The life of a domain over the API: moments, phases, graces, the outcome of a jump, acts; and filters of lists."""

from urllib.parse import quote

import pytest

from homeport.control.registry_possible import NO_EFFECT

DAY = 86_400
NOW = "2026-10-14T12:00:00Z"
LIFE = "/registry/domains/{}/timeline"
EVERY_STATE = [
    "homeport.test",
    "expiring-tomorrow.test",
    "just-created.test",
    "auto-renewed.test",
    "redemption.test",
    "pending-restore.test",
    "pending-delete.test",
    "leaving.test",
    "arriving.test",
    "on-hold.test",
]


@pytest.fixture
def farm(start_farm):
    return start_farm("whois")


@pytest.fixture(autouse=True)
def frozen(api):
    api("POST", "/clock", {"set": NOW, "freeze": True})
    api("POST", "/registry/reset", status=204)


def projected(life):
    return [(one["at"][:10], one["what"]) for one in life["moments"] if one["time"] == "projected"]


def test_a_domain_in_redemption_cannot_be_restored_after_it_is_purged_and_leaves_its_name_free(api):
    life = api("GET", LIFE.format("redemption.test") + "?advance=P1Y")
    assert projected(life) == [("2026-11-03", "redemption ends"), ("2026-11-08", "purged")]
    assert [one["certain"] for one in life["moments"] if one["time"] == "projected"] == [False, False]
    waiting = api("GET", LIFE.format("pending-delete.test"))
    assert [one["certain"] for one in waiting["moments"] if one["time"] == "projected"] == [True]
    assert [one["kind"] for one in life["phases"]] == ["registered", "redemption", "pendingDelete", "free"]
    assert life["after"]["text"] == "no such domain"
    assert life["after"]["registrar"] is None
    assert life["periods"]["redemption"] == 30 * DAY


def test_a_domain_that_expires_is_renewed_and_its_grace_ends(api):
    life = api("GET", LIFE.format("expiring-tomorrow.test") + "?advance=P1Y")
    assert projected(life)[:2] == [("2026-10-15", "renewed"), ("2026-11-29", "auto-renew grace ends")]
    assert life["graces"][0] == {
        "kind": "auto-renew grace",
        "begin": "2026-10-15T12:00:00.000000Z",
        "end": "2026-11-29T12:00:00.000000Z",
    }
    assert life["after"]["text"].startswith("renewed, expires 2027-10-15")


def test_an_update_of_a_deleted_domain_changes_no_phase(api):
    life = api("GET", LIFE.format("pending-restore.test"))
    assert [(one["what"], one["phase"]) for one in life["moments"] if one["time"] == "past"] == [
        ("created", "registered"),
        ("deleted", "redemption"),
        ("updated", "redemption"),
        ("restore requested", "pendingRestore"),
    ]
    kinds = [one["kind"] for one in life["phases"]]
    assert kinds == ["registered", "redemption", "pendingRestore", "redemption", "pendingDelete", "free"]


@pytest.mark.parametrize("name", EVERY_STATE)
def test_each_moment_comes_when_the_clock_is_advanced_to_it(api, name):
    life = api("GET", LIFE.format(name))
    for one in life["moments"]:
        if one["time"] != "projected":
            continue
        api("POST", "/clock", {"set": one["at"]})
        if one["phase"] == "free":
            assert api("GET", f"/registry/domains/{name}", status=404)
            return
        then = api("GET", LIFE.format(name))
        assert next(each["phase"] for each in then["moments"] if each["time"] == "now") == one["phase"]
        future = [each for each in life["moments"] if each["at"] > one["at"] and each["time"] == "projected"]
        kept = [(each["at"], each["what"]) for each in then["moments"] if each["time"] == "projected"]
        assert kept[: len(future)] == [(each["at"], each["what"]) for each in future]


def test_the_outcome_of_a_jump_is_what_the_jump_leaves(api):
    before = {name: api("GET", LIFE.format(name) + "?advance=P1Y")["after"] for name in EVERY_STATE}
    api("POST", "/clock", {"advance": "P1Y"})
    for name, after in before.items():
        state = api("GET", f"/registry/domains/{name}/state", status=404 if after["registrar"] is None else 200)
        if after["registrar"] is not None:
            assert state["object"]["expires"] == after["expires"]
            assert state["statuses"] == after["statuses"]
            assert state["rgp_statuses"] == after["rgp_statuses"]


def test_a_projection_changes_nothing(api):
    before = api("GET", "/registry/domains"), api("GET", "/clock"), api("GET", "/registry/registrars/harbour/messages")
    for name in EVERY_STATE:
        api("GET", LIFE.format(name) + "?advance=P20Y")
    after = api("GET", "/registry/domains"), api("GET", "/clock"), api("GET", "/registry/registrars/harbour/messages")
    assert [one["items"] for one in (before[0], before[2])] == [one["items"] for one in (after[0], after[2])]
    assert before[1]["now"] == after[1]["now"]


@pytest.mark.parametrize(
    ("advance", "detail"),
    [("soon", "advance:"), ("P21Y", "at most"), ("-1d", "not a duration"), ("P9999Y", "advance:")],
)
def test_a_jump_that_cannot_be_projected_is_refused(api, advance, detail):
    problem = api("GET", LIFE.format("homeport.test") + f"?advance={advance}", status=400)
    assert detail in problem["detail"] or "give a duration" in problem["detail"]


@pytest.mark.parametrize("name", EVERY_STATE)
def test_an_act_is_possible_exactly_if_it_succeeds_and_changes_something(api, name):
    for one in api("GET", LIFE.format(name))["acts"]:
        body = {"act": one["act"]}
        if one["act"] in ("set", "unset"):
            continue  # some statuses exclude each other
        if "registrar" in one["takes"]:
            body["registrar"] = one["choices"][0]
        before = api("GET", f"/registry/domains/{name}")
        if one["possible"]:
            api("POST", f"/registry/domains/{name}/acts", body)
        else:
            assert one["reason"]
            status = 200 if one["reason"] in NO_EFFECT.values() else 409
            api("POST", f"/registry/domains/{name}/acts", body, status=status)
            assert api("GET", f"/registry/domains/{name}") == before
        api("POST", "/registry/reset", status=204)


def test_acts_of_hosts_and_contacts_have_reasons_too(api):
    acts = {one["act"]: one for one in api("GET", "/registry/contacts/HM-1/acts")["items"]}
    assert acts["approve_transfer"]["reason"] == "no transfer of HM-1 is pending"
    assert "renew" not in acts
    hosts = {one["act"]: one["possible"] for one in api("GET", "/registry/hosts/ns1.homeport.test/acts")["items"]}
    assert hosts["delete"] is True
    assert "request_transfer" not in hosts


def test_zones_have_their_effective_periods_and_can_be_put_as_they_were_read(api):
    zones = {one["name"]: one for one in api("GET", "/registry/zones")["items"]}
    assert zones["test"]["redemption"] is None
    assert zones["test"]["periods"]["redemption"] == 30 * DAY
    assert zones["lab.test"]["periods"]["redemption"] == 30 * 60
    changed = api("PUT", "/registry/zones/test", zones["test"] | {"redemption": "1h"})
    assert changed["periods"]["redemption"] == 3600
    assert api("PUT", "/registry/zones/test", zones["test"]) == zones["test"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=redemp", ["redemption.test"]),
        ("name=*.lab.test", ["quick.lab.test"]),
        ("status=redemptionPeriod,pendingRestore", ["redemption.test", "pending-restore.test"]),
        ("q=status:addPeriod -registrar:harbour", []),
        ("q=leuchtfeuer-süd", ["xn--leuchtfeuer-sd-ssb.test"]),
        ("q=status:pendingTransfer name:leaving", ["leaving.test"]),
    ],
)
def test_domains_are_filtered(api, query, names):
    assert [one["name"] for one in api("GET", f"/registry/domains?{quote(query, safe='=&')}")["items"]] == names


def test_lists_come_in_pages_from_either_end(api):
    every = [one["name"] for one in api("GET", "/registry/domains")["items"]]
    first = api("GET", "/registry/domains?limit=4")
    assert ([one["name"] for one in first["items"]], first["total"], first["next"]) == (every[:4], len(every), 4)
    rest = api("GET", "/registry/domains?offset=4")
    assert ([one["name"] for one in rest["items"]], rest["next"]) == (every[4:], None)
    last = api("GET", "/registry/domains?order=desc&limit=2")
    assert [one["name"] for one in last["items"]] == every[:-3:-1]
    assert [one["id"] for one in api("GET", "/registry/registrars?name=lighthouse")["items"]] == ["lighthouse"]


def test_an_unknown_key_of_the_filter_is_named_with_the_nearest_one(api):
    assert "did you mean status?" in api("GET", "/registry/hosts?q=statsu:ok", status=400)["detail"]
