"""Organizations and IDN tables over the API: put, read, listed, deleted; refused where they make no sense."""

import pytest

ORGANIZATIONS = "/registry/organizations"
TABLES = "/registry/idn-tables"
LGR = '<lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"><data><range first-cp="0061" last-cp="007A"/></data></lgr>'


def test_an_organization_is_put_read_listed_and_deleted(api):
    made = api("PUT", f"{ORGANIZATIONS}/quay-1", {"registrar": "harbour", "roles": [{"type": "reseller"}]})
    assert (made["id"], made["statuses"], made["roles"][0]["type"]) == ("quay-1", [], "reseller")
    assert made["roid"].startswith("O")
    held = api("PUT", f"{ORGANIZATIONS}/quay-1", made | {"statuses": ["hold"]})
    assert (held["roid"], held["created"], held["statuses"]) == (made["roid"], made["created"], ["hold"])
    assert api("GET", f"{ORGANIZATIONS}/QUAY-1") == held
    assert api("GET", ORGANIZATIONS) == {"items": [held], "total": 1, "next": None}
    assert api("DELETE", f"{ORGANIZATIONS}/quay-1", status=204) is None
    assert "quay-1" in api("GET", f"{ORGANIZATIONS}/quay-1", status=404)["detail"]


def test_an_organization_that_makes_no_sense_is_refused(api):
    one = {"registrar": "harbour", "roles": [{"type": "reseller"}, {"type": "reseller"}], "statuses": ["ok"]}
    assert len(api("PUT", f"{ORGANIZATIONS}/quay-1", one, status=422)["problems"]) == 2
    assert api("PUT", f"{ORGANIZATIONS}/quay-1", one | {"roles": []}, status=400)
    assert api("PUT", f"{ORGANIZATIONS}/quay-1", {"id": "other", **one}, status=400)


def test_the_tables_that_are_built_in_are_listed_and_read(api):
    listed = api("GET", TABLES)["items"]
    assert [one["name"] for one in listed] == ["latin", "greek", "cyrillic", "han"]
    assert {one["lgr"] for one in listed} == {""}
    greek = api("GET", f"{TABLES}/greek")
    assert (greek["language"], greek["zones"][0]) == ("und-Grek", "test")
    assert '<char cp="03C2"><var cp="03C3" type="allocatable"/></char>' in greek["lgr"]


def test_a_table_is_put_and_a_zone_uses_it(api):
    assert api("PUT", f"{TABLES}/own", {"lgr": LGR})["characters"] == 26
    assert api("GET", f"{TABLES}/own")["lgr"] == LGR
    zone = api("GET", "/registry/zones/test")
    zone["idn"]["tables"] = ["own"]
    assert api("PUT", "/registry/zones/test", zone)["idn"]["tables"] == ["own"]
    assert api("GET", f"{TABLES}/own")["zones"] == ["test"]
    zone["idn"]["tables"] = ["onw"]
    assert "onw" in api("PUT", "/registry/zones/test", zone, status=422)["detail"]


@pytest.mark.parametrize(("text", "part"), [("<lgr", "not well-formed"), ("<lgr/>", "namespace")])
def test_a_text_that_is_no_ruleset_is_refused(api, text, part):
    assert part in api("PUT", f"{TABLES}/own", {"lgr": text}, status=422)["detail"]
    assert "klingon" in api("GET", f"{TABLES}/klingon", status=404)["detail"]
