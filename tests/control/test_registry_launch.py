"""Launches over the API: marks with their signed form, claims notices, applications, phases of a zone."""

import base64
import json

import pytest
from lxml import etree
from services.epp.caller import URN, Caller, create

LAUNCH = f"{URN}launch-1.0"
MARKS, APPLICATIONS = "/registry/marks", "/registry/applications"
BOAT = {"name": "Boat & Sons", "labels": ["boat", "boat-sons"]}
SUNRISE = {"phases": [{"phase": "sunrise", "lasts": "10d"}, {"phase": "claims"}]}


@pytest.fixture
def sunrise(api):
    """Put the zone test into sunrise."""
    zone = api("GET", "/registry/zones/test")
    api("PUT", "/registry/zones/test", zone | {"launch": SUNRISE})


def extended(name, extension):
    """Return a create in a launch phase."""
    return f'{create(name)}<extension><l:create xmlns:l="{LAUNCH}">{extension}</l:create></extension>'


def apply_for(farm, name, encoded):
    """Apply for a name in sunrise, and return the applicationID."""
    caller = Caller(farm.farm.hosts["default"].world)
    caller.login(exts=(LAUNCH,))
    smd = f'<s:encodedSignedMark xmlns:s="{URN}signedMark-1.0">{encoded}</s:encodedSignedMark>'
    answer = caller.ask(extended(name, f"<l:phase>sunrise</l:phase>{smd}"))
    assert answer.code == 1001, answer.reasons
    return answer.xml.partition("applicationID>")[2].partition("<")[0]


@pytest.mark.parametrize("field", ["name", "holder", "goods"])
@pytest.mark.parametrize("text", ["a\x01", "a\nsmdID: 1", "\ufffe"])
def test_a_text_that_cannot_stand_in_a_signed_mark_is_refused(api, field, text):
    assert (
        api("POST", MARKS, BOAT | {field: text}, status=400)["detail"]
        == f"{field}: write one line of text without control characters"
    )


def test_a_mark_comes_with_its_signed_form_in_every_notation(api):
    made = api("POST", MARKS, BOAT, status=201)
    assert (made["labels"], made["revoked"], made["fault"]) == (["boat", "boat-sons"], False, "")
    assert base64.b64decode(made["encoded"]).decode() == made["xml"]
    assert f"smdID: {made['id']}\n" in made["file"]
    assert etree.fromstring(made["xml"]).findtext("{*}id") == made["id"]
    other = api("POST", MARKS, BOAT, status=201)
    assert other["id"] != made["id"]
    assert api("GET", MARKS)["total"] == 2
    assert api("GET", f"{MARKS}/{made['id']}") == made
    api("DELETE", f"{MARKS}/{made['id']}", status=204)
    assert made["id"] in api("GET", f"{MARKS}/{made['id']}", status=404)["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Boat", "labels": []},
        BOAT | {"labels": ["Boat"]},
        BOAT | {"fault": "x"},
        BOAT | {"not_before": "+2d", "not_after": "+1d"},
    ],
)
def test_a_mark_that_makes_no_sense_is_refused(api, wrong):
    api("POST", MARKS, wrong, status=400)


def test_a_claims_key_leads_to_the_notice_and_a_wrong_one_nowhere(api):
    made = api("POST", MARKS, BOAT, status=201)
    notice = api("GET", f"/registry/claims?key={made['claims_keys']['boat']}")
    assert (notice["label"], [one["name"] for one in notice["claims"]]) == ("boat", ["Boat & Sons"])
    assert len(notice["id"]) == 27
    api("POST", f"{MARKS}/{made['id']}/revoke")
    assert "no name" in api("GET", f"/registry/claims?key={made['claims_keys']['boat']}", status=404)["detail"]


def test_the_phases_of_a_zone_have_their_times_and_one_runs(api, sunrise):
    phases = api("GET", "/registry/zones/test/launch")["items"]
    assert [(one["phase"], one["runs"], one["applications"], one["marks"], one["claims"]) for one in phases] == [
        ("sunrise", True, True, "signed", False),
        ("claims", False, False, "none", True),
    ]
    assert phases[0]["ends"] == phases[1]["begins"]
    assert api("GET", "/registry/zones/lab.test/launch") == {"items": [], "total": 0, "next": None}
    api("GET", "/registry/zones/none/launch", status=404)


def test_a_launch_that_makes_no_sense_is_refused(api):
    zone = api("GET", "/registry/zones/test")
    wrong = {"launch": {"phases": [{"phase": "sunrise"}, {"phase": "open"}]}}
    assert "needs lasts" in api("PUT", "/registry/zones/test", zone | wrong, status=422)["detail"]


def test_an_application_is_seen_moved_and_final(farm, api, sunrise):
    made = api("POST", MARKS, BOAT, status=201)
    id_ = apply_for(farm, "boat.test", made["encoded"])
    assert api("GET", APPLICATIONS)["items"] == [api("GET", f"{APPLICATIONS}/{id_}")]
    seen = api("GET", f"{APPLICATIONS}/{id_}")
    assert (seen["name"], seen["registrar"], seen["phase"]) == ("boat.test", "harbour", "sunrise")
    assert (seen["marks"], seen["domain"]["pending"]) == ([made["id"]], "create")
    assert api("POST", f"{APPLICATIONS}/{id_}/acts", {"status": "allocated"})["status"] == "allocated"
    extras = api("GET", "/registry/domains/boat.test")["extras"]
    assert (extras["launch"]["application"], extras["launch"]["phase"]) == (id_, "sunrise")
    assert "final" in api("POST", f"{APPLICATIONS}/{id_}/acts", {"status": "rejected"}, status=409)["detail"]
    last = api("GET", "/registry/registrars/harbour/messages")["items"][-1]
    assert (last["key"], last["about"]) == ("application.allocated", {"kind": "application", "name": "boat.test"})
    api("GET", f"{APPLICATIONS}/none", status=404)
    assert json.dumps(extras).count("<mark:mark ") == 1
