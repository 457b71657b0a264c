"""RDAP against the queries and answers of RFC 9082 and RFC 9083, and against Whois at the same clock."""

import json
import re
from urllib.parse import quote

import pytest
from msgspec.structs import replace
from tests.control.test_api import WORLD

from homeport.world.registry import Disclose

PROFILE = {"icann_rdap_technical_implementation_guide_1", "icann_rdap_response_profile_1"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ACTIONS = {"registration", "last changed", "expiration", "transfer", "last update of RDAP database"}
ROLES = {"registrant", "administrative", "technical", "billing", "registrar", "abuse"}
STATUSES = {"active", "associated", "inactive", "add period", "auto renew period", "renew period", "transfer period"}
STATUSES |= {"redemption period", "client hold", "server hold", "pending restore"}
STATUSES |= {f"{side} {what} prohibited" for side in ("client", "server") for what in ("delete", "renew", "transfer")}
STATUSES |= {"client update prohibited", "server update prohibited"}
STATUSES |= {f"pending {what}" for what in ("create", "update", "delete", "renew", "transfer")}


@pytest.fixture
def farm(start_farm):
    return start_farm("whois")


@pytest.fixture
def reply(farm, request_of):
    """Return RDAP's answer to a query."""
    return lambda path, method="GET": request_of(farm, method, f"{WORLD}/rdap/{path}")


@pytest.fixture
def rdap(reply):
    """Return an RDAP document after validating its form."""

    def ask(path, status=200):
        answer = reply(path)
        assert answer.status == status, answer.body
        assert answer.headers["content-type"] == "application/rdap+json"
        shown = answer.json
        assert {"rdap_level_0", *PROFILE} <= set(shown["rdapConformance"])
        assert answer.headers["access-control-allow-origin"] == "*"
        check(shown)
        return shown

    return ask


def check(shown):
    """Validate the members that objects have in common, at any depth (RFC 9083 4 and 5)."""
    if isinstance(shown, list):
        for one in shown:
            check(one)
    if not isinstance(shown, dict):
        return
    assert shown.get("objectClassName") in (None, "domain", "nameserver", "entity", "ip network", "autnum")
    for link in shown.get("links", ()):
        assert {"value", "rel", "href", "type"} == set(link)
        own = link["href"].startswith("http://127.0.0.1:")
        assert own or link["href"] in ("https://icann.org/epp", "https://icann.org/wicf")
    for event in shown.get("events", ()):
        assert event["eventAction"] in ACTIONS
        assert TIME.fullmatch(event["eventDate"])
    for notice in (*shown.get("notices", ()), *shown.get("remarks", ())):
        assert isinstance(notice["title"], str)
        assert all(isinstance(line, str) for line in notice["description"])
    assert set(shown.get("status", ())) <= STATUSES
    assert set(shown.get("roles", ())) <= ROLES
    if "vcardArray" in shown:
        check_jcard(shown["vcardArray"])
    for name, one in shown.items():
        if name != "vcardArray":
            check(one)


def check_jcard(card):
    """Validate a jCard (RFC 7095 3.2, 3.3; RFC 6350 6.7.9, 6.2.1): version first, fn present."""
    kind, properties = card
    assert kind == "vcard"
    assert properties[0] == ["version", {}, "text", "4.0"]
    assert sum(one[0] == "fn" for one in properties) == 1
    for name, parameters, type_, *values in properties:
        assert name == name.lower()
        assert isinstance(parameters, dict)
        assert type_ in ("text", "uri")
        assert values
        if name == "adr":
            assert len(values[0]) == 7


def properties(entity):
    """Return a jCard as a mapping, phones by their type."""
    return {one[1].get("type", one[0]): one[3] for one in entity["vcardArray"][1]}


def test_rfc_9083_5_3_a_domain_with_all_its_parts(rdap):
    domain = rdap("domain/homeport.test")
    assert (domain["objectClassName"], domain["ldhName"], domain["handle"]) == (
        "domain",
        "homeport.test",
        "D1-HOMEPORT",
    )
    assert domain["status"] == ["client transfer prohibited"]
    assert [one["ldhName"] for one in domain["nameservers"]] == ["ns1.homeport.test", "ns2.homeport.test"]
    assert domain["nameservers"][0]["ipAddresses"] == {"v4": ["192.0.2.53"], "v6": ["2001:db8::53"]}
    assert domain["secureDNS"]["delegationSigned"] is True
    assert domain["secureDNS"]["dsData"][0]["keyTag"] == 12345
    assert {tuple(one["roles"]): one["handle"] for one in domain["entities"]} == {
        ("registrar",): "9901",
        ("registrant", "administrative", "billing"): "C1-HOMEPORT",
        ("technical",): "C2-HOMEPORT",
    }
    actions = [one["eventAction"] for one in domain["events"]]
    assert actions == ["registration", "last changed", "expiration", "last update of RDAP database"]
    assert domain["links"][0]["href"].endswith("/rdap/domain/homeport.test")


def test_rfc_9083_5_3_keys_and_host_attributes(rdap):
    domain = rdap("domain/plain.example")
    assert domain["secureDNS"]["keyData"][0]["flags"] == 257
    assert domain["nameservers"] == [
        {"objectClassName": "nameserver", "ldhName": "ns1.plain.example", "ipAddresses": {"v4": ["203.0.113.80"]}},
        {"objectClassName": "nameserver", "ldhName": "ns.elsewhere.invalid"},
    ]


def test_rfc_9082_3_1_3_a_name_is_found_with_a_labels_and_with_u_labels_in_any_case(rdap):
    domain = rdap(f"domain/{quote('Leuchtfeuer-Süd.TEST')}")
    same = rdap("domain/xn--leuchtfeuer-sd-ssb.test")
    varying = ("events", "links", "notices")  # the time, and the URL of the query
    assert {**domain, **dict.fromkeys(varying)} == {**same, **dict.fromkeys(varying)}
    assert (domain["ldhName"], domain["unicodeName"]) == ("xn--leuchtfeuer-sd-ssb.test", "leuchtfeuer-süd.test")


def test_rfc_9083_5_3_registered_variants_of_a_domain_are_listed(api, rdap):
    for name in ("xn--strae-oqa.test", "strasse.test"):
        api("PUT", f"/registry/domains/{name}", {"registrar": "harbour", "expires": "+P1Y"})
    assert "variants" not in rdap("domain/homeport.test")
    for name, other, readable in (
        ("xn--strae-oqa.test", "strasse.test", "strasse.test"),
        ("strasse.test", "xn--strae-oqa.test", "straße.test"),
    ):
        assert rdap(f"domain/{name}")["variants"] == [
            {
                "relation": ["registered", "conjoined"],
                "idnTable": "latin",
                "variantNames": [{"ldhName": other, "unicodeName": readable}],
            }
        ]


def test_rfc_9083_5_2_a_nameserver(rdap):
    host = rdap("nameserver/ns1.homeport.test")
    assert (host["objectClassName"], host["handle"], host["status"]) == (
        "nameserver",
        "H1-HOMEPORT",
        ["associated", "active"],
    )
    assert host["ipAddresses"] == {"v4": ["192.0.2.53"], "v6": ["2001:db8::53"]}
    assert host["entities"][0]["roles"] == ["registrar"]


def test_rfc_9083_5_1_a_contact_as_an_entity(rdap):
    entity = rdap("entity/hm-1")
    assert (entity["objectClassName"], entity["handle"]) == ("entity", "C1-HOMEPORT")
    shown = properties(entity)
    assert (shown["fn"], shown["org"], shown["voice"], shown["fax"], shown["email"]) == (
        "Harbour Master",
        "Port Meridian Harbour Board",
        "tel:+44.1865550100",
        "tel:+44.1865550110",
        "master@homeport.test",
    )
    (address,) = [one for one in entity["vcardArray"][1] if one[0] == "adr"]
    assert address[1] == {"cc": "GB"}
    street = ["Control Tower", "1 Mole Road"]
    assert address[3] == ["", "", street, "Port Meridian", "Tideshire", "PM1 1AA", ""]
    assert rdap("entity/C1-HOMEPORT")["handle"] == "C1-HOMEPORT"


def test_rfc_9083_5_1_a_registrar_as_an_entity(rdap):
    entity = rdap("entity/harbour")
    assert (entity["roles"], entity["publicIds"]) == (
        ["registrar"],
        [{"type": "IANA Registrar ID", "identifier": "9901"}],
    )
    assert entity["entities"][0]["roles"] == ["abuse"]
    assert entity["port43"] == "localhost"
    assert rdap("entity/9901")["handle"] == rdap("entity/harbour")["handle"] == "9901"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quay.test", ["active"]),
        ("inactive.test", ["inactive"]),
        ("just-created.test", ["active", "add period"]),
        ("auto-renewed.test", ["active", "auto renew period"]),
        ("just-renewed.test", ["active", "renew period"]),
        ("just-transferred.test", ["active", "transfer period"]),
        ("redemption.test", ["pending delete", "redemption period"]),
        ("pending-restore.test", ["pending delete", "pending restore"]),
        ("pending-delete.test", ["pending delete"]),
        ("leaving.test", ["pending transfer"]),
        ("pending-create.test", ["pending create"]),
        ("on-hold.test", ["server hold"]),
        (
            "server-locked.test",
            [f"server {what} prohibited" for what in ("delete", "renew", "transfer", "update")],
        ),
    ],
)
def test_rfc_8056_statuses_of_epp_have_words_in_rdap(rdap, name, expected):
    assert rdap(f"domain/{name}")["status"] == expected


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("domains?name=homeport.test", ["homeport.test"]),
        ("domains?name=pending-*", None),
        ("domains?name=pending-c*.test", ["pending-create.test"]),
        ("domains?name=*.example", ["plain.example", "pilots.example"]),
        ("domains?name=leuchtfeuer-s%C3%BC*", ["xn--leuchtfeuer-sd-ssb.test"]),
        ("domains?nsLdhName=ns.lighthouse.test", ["lighthouse.test"]),
        ("domains?nsLdhName=ns1.pl*", ["plain.example"]),
        ("domains?nsIp=198.51.100.53", ["lighthouse.test"]),
        ("domains?nsIp=203.0.113.80", ["plain.example"]),
        ("nameservers?name=ns*.homeport.test", ["ns1.homeport.test", "ns2.homeport.test"]),
        ("nameservers?name=NS1.homeport.test.", ["ns1.homeport.test"]),
        ("nameservers?ip=2001:DB8:0::53", ["ns1.homeport.test"]),
        ("entities?fn=Harbour*", ["9901", "C1-HOMEPORT"]),
        ("entities?fn=J%C3%B6rg%20K*", ["C3-HOMEPORT"]),
        ("entities?handle=hm*", ["C1-HOMEPORT"]),
        ("entities?handle=pilot", ["9903"]),
        ("entities?handle=c3-*", ["C3-HOMEPORT"]),
        ("entities?handle=9903", ["9903"]),
    ],
)
def test_rfc_9082_3_2_searches_find_what_matches(rdap, query, found):
    kind = {"d": "domain", "n": "nameserver", "e": "entity"}[query[0]]
    results = rdap(query)[f"{kind}SearchResults"]
    names = [one["handle"] if kind == "entity" else one["ldhName"] for one in results]
    assert {one["objectClassName"] for one in results} == {kind}
    if found is None:
        assert all(name.startswith("pending-") for name in names)
        assert len(names) == 4
    else:
        assert names == found


def test_rfc_9083_9_a_search_with_too_many_results_says_so(farm, rdap):
    def fill():
        registry = farm.world.registry
        model = registry.domain("quay.test")
        changes = registry.begin()
        for number in range(150):
            changes.put(replace(model, name=f"many-{number}.test", roid=registry.new_roid("domain")))
        registry.commit(changes)

    farm.call(fill)
    shown = rdap("domains?name=many-*")
    assert len(shown["domainSearchResults"]) == 100
    assert shown["notices"][-1]["type"] == "result set truncated due to excessive load"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("domain/nowhere.test", 404, "this registry has no domain 'nowhere.test'"),
        ("domain/a..b", 400, "is not a valid domain name"),
        ("nameserver/ns9.homeport.test", 404, "this registry has no nameserver"),
        ("entity/NOBODY", 404, "this registry has no entity"),
        ("entity/D1-HOMEPORT", 404, "this registry has no entity"),
        ("domains", 400, "one of these parameters: name, nsLdhName, nsIp"),
        ("domains?name=a&nsIp=192.0.2.1", 400, "one of these parameters"),
        ("domains?name=", 400, "the parameter name is empty"),
        ("domains?name", 400, "the parameter name is empty"),
        ("domains?nsIp=", 400, "the parameter nsIp is empty"),
        ("nameservers?name=", 400, "the parameter name is empty"),
        ("entities?fn=", 400, "the parameter fn is empty"),
        ("domains?name=a&name=b", 400, "given twice"),
        ("registrar/nobody/domain/quay.test", 404, "this registry has no registrar"),
        ("registrar/lighthouse/domain/homeport.test", 404, "lighthouse's RDAP has no domain"),
        ("registrar/harbour/domains", 400, "is not a query of a registrar's RDAP"),
        ("bootstrap/web.json", 404, "there is no bootstrap file"),
        ("domains?name=nowhere*", 404, "nothing matches (RFC 7480 5.3)"),
        ("domains?name=*port.test", 422, "RFC 9082 4.1"),
        ("domains?name=a**.test", 422, "RFC 9082 4.1"),
        ("entities?fn=*master", 422, "RFC 9082 4.1"),
        ("nameservers?ip=300.1.1.1", 400, "is not an IPv4 or IPv6 address"),
        ("ips/192.0.2.1", 501, "addresses and numbers"),
        ("autnums/64496", 501, "addresses and numbers"),
        ("ip/8.8.8.8", 404, "this registry has no network '8.8.8.8'"),
        ("ip/192.0.2.999", 400, "is not an IPv4 or IPv6 address"),
        ("ip/192.0.2.0/33", 400, "the length of an IPv4 prefix is 0 to 32"),
        ("ip/AS64496", 400, "is not a network"),
        ("ip/192.0.2.1-192.0.2.9", 400, "is not an address or a prefix (RFC 9082 3.1.1)"),
        ("autnum/1", 404, "this registry has no AS number '1'"),
        ("autnum/AS64496", 400, "is not an AS number in decimal digits"),
        ("autnum/4294967296", 400, "is not an AS number in decimal digits"),
        ("ships/1", 400, "is not a query of RDAP"),
        ("domain/homeport.test/x", 400, "is not a query of RDAP"),
    ],
)
def test_rfc_9083_6_errors_are_objects_of_rdap(rdap, query, status, words):
    error = rdap(query, status)
    assert error["errorCode"] == status
    assert isinstance(error["title"], str)
    assert words in error["description"][0]


def test_rfc_7480_4_3_unknown_parameters_are_ignored(rdap):
    assert rdap("domain/homeport.test?__cache=1&x")["ldhName"] == "homeport.test"
    assert rdap("domains?name=homeport.test&__cache=1")["domainSearchResults"]


def test_rfc_7480_4_1_head_is_answered_without_a_body(reply):
    there = reply("domain/homeport.test", "HEAD")
    assert (there.status, there.body) == (200, b"")
    assert reply("domain/nowhere.test", "HEAD").status == 404


def test_rfc_9082_3_1_6_help_is_a_list_of_notices(rdap):
    shown = rdap("help")
    assert set(shown) == {"rdapConformance", "notices"}
    assert "redacted" in shown["rdapConformance"]
    assert "domains?name=" in " ".join(shown["notices"][0]["description"])


def test_rfc_5733_2_9_hidden_elements_of_a_contact_are_neither_shown_nor_found(farm, rdap):
    def hide(flag=False):
        registry = farm.world.registry
        wanted = Disclose(flag=flag, elements=("name.int", "voice", "email"))
        registry.put(replace(registry.contact("AL-1"), disclose=wanted))

    farm.call(hide)
    entity = rdap("entity/AL-1")
    assert properties(entity) == {
        "version": "4.0",
        "fn": "",
        "adr": ["", "", "Harbour House 12", "Port Meridian", "", "PM1 2BB", ""],
        "contact-uri": "mailto:names@harbour.test",
    }
    assert entity["remarks"][0]["type"] == "object truncated due to authorization"
    assert "name, voice, email" in entity["remarks"][0]["description"][0]
    rdap("entities?fn=Alice*", 404)
    farm.call(hide, True)
    assert properties(rdap("entity/AL-1"))["fn"] == "Alice Liddell"


def test_whois_and_rdap_show_the_same_domain_at_the_same_clock(farm, api, rdap):
    def whois(name):
        lines = farm.exchange("whois", f"domain {name}\r\n".encode()).decode().splitlines()
        fields = {}
        for line in lines:
            key, _colon, value = line.partition(": ")
            fields.setdefault(key, []).append(value.split(" https:")[0])
        return fields

    def as_epp(status):
        first, *others = status.split()
        return {"active": "ok"}.get(status) or first + "".join(map(str.capitalize, others))

    api("POST", "/clock", {"freeze": True})
    for step in ("PT0S", "P1D", "P5D", "P40D", "P1Y"):
        api("POST", "/clock", {"advance": step})
        for one in api("GET", "/registry/domains")["items"]:
            shown, said = rdap(f"domain/{one['name']}"), whois(one["name"])
            times = {event["eventAction"]: event["eventDate"][:19] for event in shown["events"]}
            assert times["expiration"] == said["Registry Expiry Date"][0][:19]
            assert times["registration"] == said["Creation Date"][0][:19]
            assert {as_epp(status) for status in shown["status"]} >= set(said["Domain Status"])
            assert [server["ldhName"] for server in shown["nameservers"]] == said.get("Name Server", [])
            sponsor = [entity for entity in shown["entities"] if "registrar" in entity["roles"]]
            assert properties(sponsor[0])["fn"] == said["Registrar"][0]
    assert json.dumps(rdap("domain/quay.test"))


def test_another_worlds_rdap_shows_that_world(api, request_of, farm):
    api("POST", "/api/v1/worlds", {"name": "other", "services": ["whois"]}, status=201)
    api("DELETE", "/api/v1/worlds/other/registry/domains/quay.test", status=204)
    assert request_of(farm, "GET", "/api/v1/worlds/other/rdap/domain/quay.test").status == 404
    shown = request_of(farm, "GET", "/api/v1/worlds/other/rdap/domain/homeport.test").json
    assert "/worlds/other/rdap/domain/homeport.test" in shown["links"][0]["href"]


def test_rfc_9083_5_4_a_network_is_the_most_specific_one(rdap):
    network = rdap("ip/192.0.2.77")
    entities = {role: one for one in network["entities"] for role in one["roles"]}
    assert {name: network[name] for name in ("handle", "startAddress", "endAddress", "ipVersion", "name", "type")} == {
        "handle": "192.0.2.64/26",
        "startAddress": "192.0.2.64",
        "endAddress": "192.0.2.127",
        "ipVersion": "v4",
        "name": "HARBOUR-QUAY",
        "type": "ASSIGNED PA",
    }
    assert (network["country"], network["parentHandle"], network["status"]) == ("GB", "192.0.2.0/24", ["active"])
    assert {role: one.get("handle") for role, one in entities.items()} == {
        "registrant": "9901",
        "administrative": "C1-HOMEPORT",
        "technical": "C2-HOMEPORT",
        "abuse": None,
    }
    assert network["links"][0]["href"].endswith("/rdap/ip/192.0.2.64/26")
    assert network["port43"] == "localhost"


def test_rfc_9082_3_1_1_networks_are_found_by_address_and_prefix_of_both_families(rdap):
    for query, handle in (
        ("192.0.2.0/25", "192.0.2.0/24"),
        ("192.0.2.0%2F24", "192.0.2.0/24"),
        ("2001:db8:7::1", "2001:db8:7::/48"),
        ("2001:db8::/40", "2001:db8::/32"),
        ("2001%3Adb8%3A%3A/40", "2001:db8::/32"),
        ("198.51.100.15", "198.51.100.10 - 198.51.100.29"),
    ):
        assert rdap(f"ip/{query}")["handle"] == handle


def test_rfc_9083_5_5_an_as_number_and_a_block(rdap):
    one, block = rdap("autnum/64496"), rdap("autnum/64500")
    assert (one["handle"], one["startAutnum"], one["endAutnum"], one["name"]) == ("AS64496", 64496, 64496, "HARBOUR-AS")
    assert (block["startAutnum"], block["endAutnum"], block["name"]) == (64496, 64511, "DOCUMENTATION-16")
