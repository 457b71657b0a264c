"""DNS zones over the API: read, added, changed, removed, in and out as zone files."""

import json

import pytest

from homeport.control.dns_zones import FrozenZone
from homeport.world.world import WorldContents
from homeport.world.zones.contents import ZoneContents
from homeport.world.zones.edits import Edit
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import MX, A, RRset

ADDRESS = RRset(A, 60, (b"\x7f\0\0\1",))
SHOP = "/dns/zones/shop.example"
FILE = """\
$TTL 300
@ SOA ns.shop.example. hostmaster 7 1h 10m 1w 60
@ NS ns
ns A 127.0.0.1
* 5 TXT "any name"
"""


@pytest.fixture
def shop(api):
    """Add a zone, and return its state."""
    return api("PUT", SHOP, {"records": "www A 127.0.0.1\n@ MX 10 mail"})


def node(farm, name):
    zone = farm.world.zones.find(parse_name(name))
    return farm.call(lambda: dict(zone.node(parse_name(name)) or {}))


def test_a_zone_is_added_with_its_records_and_found(api, shop, farm):
    assert shop["name"] == "shop.example"
    assert shop["changeable"] is True
    assert api("GET", SHOP) == shop
    assert shop in api("GET", "/dns/zones")["items"]
    assert node(farm, "www.shop.example")[A].ttl == 60
    assert MX in node(farm, "shop.example")


def test_a_zone_may_be_empty_and_stays_as_it_is_when_it_is_put_without_records(api, shop):
    assert api("PUT", SHOP, {}) == shop
    assert api("PUT", "/dns/zones/quay.example")["servers"] == ["ns.homeport.test"]


def test_records_are_replaced_and_the_serial_moves_forward(api, shop, farm):
    body = {"ttl": 5, "data": ["127.0.0.2", "127.0.0.3"]}
    put = api("PUT", f"{SHOP}/records/www/A", body)
    assert put == {"name": "www.shop.example", "type": "A", **body}
    assert node(farm, "www.shop.example")[A].data == (b"\x7f\0\0\2", b"\x7f\0\0\3")
    assert api("GET", SHOP)["serial"] > shop["serial"]
    assert api("GET", f"{SHOP}/records/WWW.Shop.Example/a") == put


@pytest.mark.parametrize(
    ("place", "data", "shown"),
    [
        ("@/MX", "10 mail", "10 mail.shop.example."),
        ("_acme-challenge/TXT", "some token", '"some token"'),
        ("_443._tcp.www/TLSA", "3 1 1 " + "ab" * 32, "3 1 1 " + "ab" * 32),
        ("*/CNAME", "www", "www.shop.example."),
        ("odd/TYPE65280", r"\# 3 010203", r"\# 3 010203"),
        ("www/HTTPS", "1 . alpn=h2", '1 . alpn="h2"'),
        ("b%C3%BCcher/A", "127.0.0.9", "127.0.0.9"),
    ],
)
def test_records_of_any_type_are_in_the_format_of_zone_files(api, shop, place, data, shown):
    assert api("PUT", f"{SHOP}/records/{place}", {"data": [data]})["data"] == [shown]
    assert api("GET", f"{SHOP}/records/{place}")["data"] == [shown]
    api("DELETE", f"{SHOP}/records/{place}", status=204)
    api("GET", f"{SHOP}/records/{place}", status=404)


def test_records_are_listed_and_searched(api, shop):
    whole = api("GET", f"{SHOP}/records")
    assert [(one["name"], one["type"]) for one in whole["items"]] == [
        ("shop.example", "SOA"),
        ("shop.example", "NS"),
        ("shop.example", "MX"),
        ("www.shop.example", "A"),
    ]
    assert (whole["total"], whole["next"]) == (4, None)
    assert [one["type"] for one in api("GET", f"{SHOP}/records?type=MX,A")["items"]] == ["MX", "A"]
    assert [one["name"] for one in api("GET", f"{SHOP}/records?name=www")["items"]] == ["www.shop.example"]
    page = api("GET", f"{SHOP}/records?limit=3&offset=2")
    assert ([one["type"] for one in page["items"]], page["next"]) == (["MX", "A"], None)
    assert api("GET", f"{SHOP}/records?limit=3")["next"] == 3


def test_a_zone_file_goes_in_and_comes_out(farm, request_of):
    path = f"/api/v1/worlds/default{SHOP}/zonefile"
    put = request_of(farm, "PUT", path, body=FILE.encode())
    assert put.status == 200
    assert put.json["serial"] == 7
    reply = request_of(farm, "GET", path)
    assert reply.headers["content-type"] == "text/dns"
    lines = reply.body.decode().splitlines()
    assert lines[1].endswith(" IN SOA ns.shop.example. hostmaster.shop.example. 7 3600 600 604800 60")
    assert '*.shop.example. 5 IN TXT "any name"' in lines
    again = request_of(farm, "PUT", path, body=reply.body)
    assert again.json["serial"] == 7  # nothing changed


def test_a_removed_zone_is_gone_and_its_serial_is_not_forgotten(api, shop):
    serial = api("PUT", f"{SHOP}/records/www/A", {"data": ["127.0.0.2"]}) and api("GET", SHOP)["serial"]
    api("DELETE", SHOP, status=204)
    assert "there is no zone 'shop.example'" in api("GET", SHOP, status=404)["detail"]
    assert api("PUT", SHOP, {})["serial"] > serial


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "detail"),
    [
        ("PUT", f"{SHOP}/records/www/A", {"data": ["127.0.0.300"]}, 422, "'127.0.0.300' is no data of type A"),
        ("PUT", f"{SHOP}/records/www/CNAME", {"data": ["a"]}, 422, "has a CNAME and"),
        ("PUT", f"{SHOP}/records/www/CNAM", {"data": ["a"]}, 400, "'CNAM' is no type of DNS records"),
        ("PUT", f"{SHOP}/records/www/ANY", {"data": ["a"]}, 422, "a type of questions or messages"),
        ("PUT", f"{SHOP}/records/www/RRSIG", {"data": ["a"]}, 422, "added when a signed zone answers"),
        ("PUT", f"{SHOP}/records/www/A", {"data": []}, 400, "data"),
        ("PUT", f"{SHOP}/records/www/A", {"data": ["127.0.0.1"], "ttl": -1}, 400, "ttl"),
        ("PUT", f"{SHOP}/records/a..b/A", {"data": ["127.0.0.1"]}, 400, "the path: 'a..b' has an empty label"),
        ("PUT", f"{SHOP}/records/{'x' * 64}/A", {"data": ["127.0.0.1"]}, 400, "the path: a label of "),
        ("PUT", f"{SHOP}/records/www.other.test./A", {"data": ["127.0.0.1"]}, 422, "is outside the zone shop.example."),
        ("PUT", SHOP, {"records": "www A\n"}, 422, "line 1: "),
        ("PUT", SHOP, {"records": "$INCLUDE /etc/passwd"}, 422, "$INCLUDE is not read"),
        ("PUT", "/dns/zones/a..b", {}, 400, "the path: 'a..b' has an empty label"),
        ("GET", f"{SHOP}/records/www/AAAA", None, 404, "www.shop.example has no AAAA records: it has A"),
        ("GET", f"{SHOP}/records/nothing/A", None, 404, "there is no such name"),
        ("DELETE", f"{SHOP}/records/www/AAAA", None, 404, "www.shop.example has no AAAA records: it has A"),
        ("DELETE", f"{SHOP}/records/@/SOA", None, 422, "a zone has one SOA"),
        ("GET", "/dns/zones/shop.exampel", None, 404, "did you mean 'shop.example'?"),
        ("DELETE", "/dns/zones/no.example", None, 404, "there is no zone 'no.example'"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(api, shop, method, path, body, status, detail):
    assert detail in api(method, path, body, status)["detail"]
    assert api("GET", SHOP) == shop


def test_a_zone_file_that_is_no_text_is_refused(farm, request_of):
    reply = request_of(farm, "PUT", f"/api/v1/worlds/default{SHOP}/zonefile", body=b"www TXT \xff")
    assert reply.status == 422
    assert "not UTF-8 at byte 8" in reply.json["detail"]


def test_changes_are_events(api, shop):
    api("PUT", f"{SHOP}/records/www/A", {"data": ["127.0.0.2"]})
    api("DELETE", f"{SHOP}/records/www/A", status=204)
    api("DELETE", SHOP, status=204)
    events = api("GET", "/events?type=world")["items"]
    assert [(one["thing"], one["name"], one["what"]) for one in events[-4:]] == [
        ("dns-zone", "shop.example", "put"),
        ("dns-records", "www.shop.example A", "put"),
        ("dns-records", "www.shop.example A", "deleted"),
        ("dns-zone", "shop.example", "deleted"),
    ]


def test_a_large_zone_is_listed_while_it_changes(api, farm, request_of):
    lines = "\n".join(f"h{number} A 127.0.0.1" for number in range(3000))
    api("PUT", SHOP, {"records": lines})
    reply = request_of(farm, "GET", f"/api/v1/worlds/default{SHOP}/records?limit=100000")
    assert len(json.loads(reply.body)["items"]) == 3002
    assert reply.headers.get("transfer-encoding") == "chunked"


def test_zones_that_follow_from_the_registry_are_shown_and_not_changed(api, farm):
    test = api("GET", "/dns/zones/test")
    assert test["changeable"] is False
    assert test in api("GET", "/dns/zones")["items"]
    delegated = [one["name"] for one in api("GET", "/dns/zones/test/records?type=NS&limit=10")["items"]]
    assert len(delegated) > 1
    for method, path, body in (
        ("PUT", "/dns/zones/test", {"records": "www A 127.0.0.1"}),
        ("PUT", "/dns/zones/test/records/www/A", {"data": ["127.0.0.1"]}),
        ("DELETE", "/dns/zones/test/records/@/NS", None),
        ("DELETE", "/dns/zones/test", None),
    ):
        detail = api(method, path, body, status=409)["detail"]
        assert detail.startswith("the zone test follows from the registry or other state of the world")
    assert api("GET", "/dns/zones/test") == test


def test_a_zone_holds_the_names_below_it_and_those_of_no_other(api, shop):
    def holding(name):
        return [one["name"] for one in api("GET", f"/dns/zones?holding={name}")["items"]]

    assert holding("a.b.www.shop.example") == ["shop.example"]
    assert holding("nowhere.invalid") == []
    assert "x..y" in api("GET", "/dns/zones?holding=x..y", status=400)["detail"]


def test_a_large_zone_is_put_and_read_without_delay_for_others(api, farm, request_of):
    """It is checked and built in a thread, and put in one step that copies nothing."""
    path = f"/api/v1/worlds/default{SHOP}/zonefile"
    before = request_of(farm, "PUT", path, body=b"$GENERATE 1-2000 h$ A 127.0.0.1").json["serial"]
    again = request_of(farm, "PUT", path, body=b"$GENERATE 1-2000 h$ A 127.0.0.2").json["serial"]
    assert again > before
    assert node(farm, "h7.shop.example")[A].data == (b"\x7f\0\0\2",)
    reply = request_of(farm, "GET", path)
    assert reply.headers["transfer-encoding"] == "chunked"
    assert reply.body.count(b"127.0.0.2") == 2000
    assert api("GET", f"{SHOP}/records?limit=1")["total"] == 2002


def test_the_zone_of_the_worlds_own_hosts_takes_records_and_is_not_replaced(api, farm):
    own = "/dns/zones/homeport.test"
    assert api("GET", own)["changeable"] is True
    assert api("PUT", f"{own}/records/_acme-challenge/TXT", {"data": ["token"]})["data"] == ['"token"']
    assert api("GET", f"{own}/records/_acme-challenge.homeport.test/TXT")["data"] == ['"token"']
    assert api("GET", f"{own}/records?type=SOA")["total"] == 1
    detail = "the zone homeport.test follows from the registry or other state of the world: change that, or set its"
    assert api("PUT", own, {"records": "www A 127.0.0.1"}, status=409)["detail"].startswith(detail)
    assert api("DELETE", own, status=409)["detail"].startswith(detail)
    api("DELETE", f"{own}/records/_acme-challenge/TXT", status=204)


def test_a_signed_zone_comes_out_as_it_went_in_and_is_listed_while_it_changes(start_farm, request_of):
    contents = WorldContents(dns=[ZoneContents(name="shop.example", records="www A 127.0.0.1", dnssec=True)])
    farm = start_farm("dns", contents=contents)
    path = f"/api/v1/worlds/default{SHOP}"
    whole = request_of(farm, "GET", f"{path}/zonefile")
    assert b"www.shop.example. 3600 IN A 127.0.0.1" in whole.body
    assert b"DNSKEY" not in whole.body
    serial = request_of(farm, "GET", path).json["serial"]
    assert request_of(farm, "PUT", f"{path}/zonefile", body=whole.body).json["serial"] == serial
    records = farm.world.zones.find(parse_name("shop.example"))
    walk = FrozenZone(records, fixed=True).nodes()
    farm.call(next, walk)
    farm.call(farm.world.zones.apply, parse_name("shop.example"), [Edit(parse_name("new.shop.example"), A, ADDRESS)])
    assert farm.call(list, walk)
