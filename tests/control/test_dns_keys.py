"""How DNS zones are signed, over the API: policies, trust anchors, rollovers."""

import json

import dns.dnssec
import dns.rrset
import pytest

from homeport.world.zones.name import parse_name

SHOP = "/dns/zones/shop.example"
SIGNING = f"{SHOP}/dnssec"


@pytest.fixture
def shop(api):
    """Add a zone, and return its state."""
    return api("PUT", SHOP, {"records": "www A 127.0.0.1"})


def test_a_stored_zone_is_signed_when_it_is_told_to_be(api, shop):
    assert api("GET", SIGNING) == {"signed": False, "denial": "nsec", "keys": []}
    signed = api("PUT", SIGNING, {"denial": "nsec3", "algorithm": "ed25519"})
    assert (signed["signed"], signed["denial"]) == (True, "nsec3")
    assert [one["algorithm"] for one in signed["keys"]] == ["ed25519"]
    assert api("GET", SIGNING) == signed
    assert api("GET", SHOP)["serial"] > shop["serial"]
    assert api("PUT", SIGNING, {"signed": False})["keys"] == []


def test_trust_anchors_are_records_that_belong_together(api, shop):
    (key,) = api("PUT", SIGNING)["keys"]
    owner, _class, kind, data = key["dnskey"].split(" ", 3)
    dnskey = dns.rrset.from_text(owner, 1, "IN", kind, data)[0]
    assert dns.dnssec.key_id(dnskey) == key["tag"]
    ds = dns.dnssec.make_ds(owner, dnskey, "SHA256")
    assert key["ds"].upper() == f"{owner} IN DS {ds}".upper()


def test_keys_are_rolled(api, shop):
    (old,) = api("PUT", SIGNING)["keys"]
    for algorithm in ("rsasha256", ""):
        new = api("POST", f"{SIGNING}/keys", {"algorithm": algorithm}, status=201)
        assert new["algorithm"] == "rsasha256"
    assert [one["tag"] for one in api("GET", SIGNING)["keys"]][0::2] == [old["tag"], new["tag"]]
    api("DELETE", f"{SIGNING}/keys/{old['tag']}", status=204)
    assert len(api("GET", SIGNING)["keys"]) == 2
    assert "has no key" in api("DELETE", f"{SIGNING}/keys/{old['tag']}", status=409)["detail"]
    assert api("DELETE", f"{SIGNING}/keys/first", status=400)["detail"] == "a key tag is a number"


def test_the_last_key_stays_and_a_zone_without_keys_gets_none(api, shop):
    assert "is not signed" in api("POST", f"{SIGNING}/keys", status=409)["detail"]
    (key,) = api("PUT", SIGNING)["keys"]
    assert "the only key" in api("DELETE", f"{SIGNING}/keys/{key['tag']}", status=409)["detail"]
    for _ in range(3):
        api("POST", f"{SIGNING}/keys", status=201)
    assert "remove one first" in api("POST", f"{SIGNING}/keys", status=409)["detail"]


def test_zones_that_the_world_makes_are_signed_and_can_be_rolled(api):
    (key,) = api("GET", "/dns/zones/test/dnssec")["keys"]
    assert key["ds"].startswith("test. IN DS ")
    api("POST", "/dns/zones/test/dnssec/keys", status=201)
    api("DELETE", f"/dns/zones/test/dnssec/keys/{key['tag']}", status=204)
    assert key not in api("GET", "/dns/zones/test/dnssec")["keys"]
    api("GET", "/dns/zones/nope.invalid/dnssec", status=404)


def test_no_answer_and_no_event_has_a_private_key(api, shop, farm):
    seen = [api("PUT", SIGNING), api("POST", f"{SIGNING}/keys", {"algorithm": "rsasha256"}, status=201)]
    seen += [api("GET", SIGNING), api("GET", "/events"), api("GET", SHOP)]
    origin = parse_name("shop.example")
    recipe = farm.call(lambda: farm.world.zones.keys.of(origin).keys[1].recipe)
    text = json.dumps(seen)
    assert recipe.der.hex()[:40] not in text
    assert farm.world.zones.keys.secret.hex() not in text
