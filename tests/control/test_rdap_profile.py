"""RDAP against ICANN's profile for gTLDs of February 2024: each object of a fresh world, and contacts that hide data.

A check is named by the section of the response profile (RP) or the technical implementation guide (TIG) that demands
it. Redactions (RFC 9537) are evaluated: their paths find what is there, and nothing of what was removed.
"""

import re

import pytest
from msgspec.structs import replace
from tests.control.test_api import WORLD

from homeport.world.registry import Disclose

HANDLE = re.compile(r"(\w|_){1,80}-\w{1,8}")
STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[\?\((.*?)\)\]")
CONDITION = re.compile(r"@\[(\d)\](?:\.(\w+))?=='([\w-]+)'")
PENDING = {f"pending {what}" for what in ("create", "delete", "renew", "transfer", "update")}
ALL = ("name.int", "org.int", "addr.int", "voice", "fax", "email")


@pytest.fixture
def farm(start_farm):
    return start_farm("whois", "epp", epp={"port": 0})


@pytest.fixture
def rdap(farm, request_of):
    def ask(path, origin=None):
        headers = {} if origin is None else {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        return request_of(farm, "GET", f"{WORLD}/rdap/{path}", headers=headers)

    return ask


@pytest.fixture
def hide(farm):
    """Have a contact hide elements."""

    def change(contact, elements, *, flag=False, **more):
        def put():
            registry = farm.world.registry
            wanted = Disclose(flag=flag, elements=elements) if elements else None
            registry.put(replace(registry.contact(contact), disclose=wanted, **more))

        farm.call(put)

    return change


def values_at(document, path):
    """Evaluate a JSONPath (RFC 9535) of names, indexes and filters that compare members of arrays."""
    assert path.startswith("$"), path
    found, at = [document], 1
    while at < len(path):
        step = STEP.match(path, at)
        assert step, path[at:]
        name, index, condition = step.groups()
        if name is not None:
            found = [one[name] for one in found if isinstance(one, dict) and name in one]
        elif index is not None:
            found = [one[int(index)] for one in found if isinstance(one, list) and int(index) < len(one)]
        else:
            tests = CONDITION.findall(condition)
            found = [
                each
                for one in found
                for each in one
                if all((each[int(n)].get(of) if of else each[int(n)]) == value for n, of, value in tests)
            ]
        at = step.end()
    return found


def notice(shown, title):
    (one,) = [one for one in shown["notices"] if one["title"] == title]
    return one


def entities(shown, role):
    return [one for one in shown.get("entities", ()) if role in one["roles"]]


def card(entity):
    return {name: (parameters, value) for name, parameters, _type, value in entity["vcardArray"][1]}


def check_common(shown, url):
    conformance = shown["rdapConformance"]
    assert "icann_rdap_technical_implementation_guide_1" in conformance, "TIG 1.3"
    assert "icann_rdap_response_profile_1" in conformance, "RP 1.2"
    assert ("redacted" in conformance) == ("redacted" in shown), "RP 1.2"
    (terms,) = [link for one in shown["notices"] for link in one.get("links", ()) if link["rel"] == "terms-of-service"]
    assert (terms["value"], terms["href"][:4]) == (url, "http"), "TIG 3.3"
    for one in shown.get("redacted", ()):
        check_redaction(shown, one)


def check_redaction(shown, one):
    assert one["name"].keys() <= {"type", "description"}
    assert one["pathLang"] == "jsonpath"
    if one["method"] == "removal":
        assert values_at(shown, one["prePath"]) == []
    elif one["method"] == "emptyValue":
        (value,) = values_at(shown, one["postPath"])
        assert value == ""
    else:
        assert one["method"] == "replacementValue"
        assert values_at(shown, one["prePath"]) == []
        assert len(values_at(shown, one["replacementPath"])) == 1


def check_statuses(statuses):
    assert statuses, "RP 2.6.1"
    for operation in ("delete", "renew", "transfer", "update"):
        if f"pending {operation}" in statuses:
            assert not {f"{side} {operation} prohibited" for side in ("client", "server")} & set(statuses)
    assert len(PENDING & set(statuses)) <= 1
    if {"redemption period", "pending restore"} & set(statuses):
        assert "pending delete" in statuses, "RFC 3915"


def check_registrar(shown):
    (registrar,) = entities(shown, "registrar")
    (public,) = registrar["publicIds"]
    assert public["identifier"] == registrar["handle"], "RP 2.4.3"
    assert int(registrar["handle"]) > 0, "RP 2.4.2"
    assert card(registrar)["fn"][1], "RP 2.4.1"
    (abuse,) = [one for one in registrar["entities"] if one["roles"] == ["abuse"]]
    assert {"tel", "email"} <= card(abuse).keys(), "RP 2.4.5"
    (about,) = [link for link in registrar["links"] if link["rel"] == "about"]
    assert about["value"] == about["href"], "RP 2.4.6"


def check_domain(shown, url):
    assert HANDLE.fullmatch(shown["handle"]), "RP 2.2"
    assert shown["ldhName"], "RP 2.1"
    actions = {one["eventAction"] for one in shown["events"]}
    assert {"registration", "expiration", "last update of RDAP database"} <= actions, "RP 2.3.1"
    check_statuses(shown["status"])
    secure = shown["secureDNS"]
    assert secure["delegationSigned"] == bool(secure.get("dsData") or secure.get("keyData")), "RP 2.8"
    for server in shown["nameservers"]:
        assert server["ldhName"], "RP 2.9.1"
        assert HANDLE.fullmatch(server.get("handle", "H1-HOMEPORT")), "RP 2.9.2"
    codes, complaints = notice(shown, "Status Codes"), notice(shown, "RDDS Inaccuracy Complaint Form")
    assert codes["description"] == [
        "For more information on domain status codes, please visit https://icann.org/epp"
    ], "RP 2.6.3"
    assert [(one["rel"], one["href"], one["value"]) for one in codes["links"]] == [
        ("glossary", "https://icann.org/epp", url)
    ]
    assert complaints["description"] == ["URL of the ICANN RDDS Inaccuracy Complaint Form: https://icann.org/wicf"], (
        "RP 2.10"
    )
    assert [(one["rel"], one["href"], one["value"]) for one in complaints["links"]] == [
        ("help", "https://icann.org/wicf", url)
    ]
    (related,) = [link for link in shown["links"] if link["rel"] == "related"]
    assert related["value"] == url, "TIG 3.2"
    assert related["href"].endswith(f"/domain/{shown['ldhName']}"), "TIG 3.2"
    check_registrar(shown)
    for role, called in (("registrant", "Registrant"), ("technical", "Tech")):
        for entity in entities(shown, role):
            check_contact(shown, entity, called)


def check_contact(shown, entity, called):
    """RP 2.7: what a contact lacks is redacted, with its name in the profile."""
    assert HANDLE.fullmatch(entity["handle"]), "RP 2.7.3"
    redacted = {one["name"].get("type"): one["method"] for one in shown.get("redacted", ())}
    properties = card(entity)
    phones = {one[1]["type"] for one in entity["vcardArray"][1] if one[0] == "tel"}
    if not properties["fn"][1]:
        assert redacted[f"{called} Name"] == "emptyValue", "RP 2.7.4.1"
    if "voice" not in phones:
        assert redacted[f"{called} Phone"] == "removal", "RP 2.7.4.8"
    if "email" not in properties:
        assert redacted[f"{called} Email"] == "replacementValue", "RP 2.7.4.9"
        assert "contact-uri" in properties, "RP 2.7.4.9"
    else:
        assert f"{called} Email" not in redacted
    if called == "Registrant":
        parts = properties["adr"][1]
        for at, part in ((2, "Street"), (3, "City"), (5, "Postal Code")):
            assert parts[at] or redacted[f"Registrant {part}"] == "emptyValue", "RP 2.7.4.3"
        assert parts[6] == "", "RP 1.4"


def test_every_domain_of_a_fresh_world_is_as_the_profile_has_it(api, rdap):
    for one in api("GET", "/registry/domains")["items"]:
        reply = rdap(f"domain/{one['name']}")
        assert reply.headers["access-control-allow-origin"] == "*", "TIG 1.14"
        url = next(link["href"] for link in reply.json["links"] if link["rel"] == "self")
        check_common(reply.json, url)
        check_domain(reply.json, url)


def test_every_host_contact_and_registrar_is_as_the_profile_has_it(api, rdap):
    for kind, path, key in (
        ("hosts", "nameserver", "name"),
        ("contacts", "entity", "id"),
        ("registrars", "entity", "id"),
    ):
        for one in api("GET", f"/registry/{kind}")["items"]:
            shown = rdap(f"{path}/{one[key]}").json
            (terms,) = notice(shown, "Terms of Service")["links"]
            check_common(shown, terms["value"])
            assert "last update of RDAP database" in {event["eventAction"] for event in shown["events"]}, "RP 3.3, 4.4"
            if kind == "hosts":
                assert HANDLE.fullmatch(shown["handle"]), "RP 4.1"
                check_registrar(shown)


@pytest.mark.parametrize("element", ALL)
def test_rfc_9537_what_a_registrant_hides_is_redacted_by_name(rdap, hide, element):
    hide("HM-1", (element,))
    shown = rdap("domain/homeport.test").json
    url = next(link["href"] for link in shown["links"] if link["rel"] == "self")
    check_common(shown, url)
    check_domain(shown, url)
    named = {one["name"].get("type") or one["name"]["description"] for one in shown["redacted"]}
    expected = {
        "name.int": {"Name"},
        "org.int": {"Organization"},
        "addr.int": {"Street", "City", "State/Province", "Postal Code", "Country"},
        "voice": {"Phone"},
        "fax": {"Fax"},
        "email": {"Email"},
    }[element]
    assert named == {f"{role} {field}" for role in ("Registrant", "Admin", "Billing") for field in expected}
    assert shown["redacted"][0]["reason"] == {"description": "The contact does not disclose it (RFC 5733 2.9)."}


def test_rfc_9537_extensions_of_numbers_are_redacted_with_them(rdap, hide):
    hide("HM-1", ("voice", "fax"), voice_ext="12", fax_ext="34")
    shown = rdap("domain/homeport.test").json
    named = {one["name"].get("type") for one in shown["redacted"]}
    assert {"Registrant Phone Ext", "Registrant Fax Ext"} <= named
    check_common(shown, shown["links"][0]["href"])


def test_rfc_9537_a_whole_contact_that_is_hidden_in_a_search_and_by_itself(rdap, hide):
    hide("AL-1", ALL)
    for path in ("domains?name=home*", "domain/homeport.test", "entity/AL-1", "entities?handle=AL-*"):
        shown = rdap(path).json
        assert "Liddell" not in str(shown)
        assert shown["redacted"]
        for one in shown["redacted"]:
            check_redaction(shown, one)
    assert rdap("entity/AL-1").json["redacted"][0]["name"] == {"description": "Contact Name"}


def test_a_contact_that_hides_nothing_has_no_redaction(rdap, hide):
    hide("HM-1", ALL, flag=True)
    shown = rdap("domain/homeport.test").json
    assert "redacted" not in shown
    assert "redacted" not in shown["rdapConformance"]


def test_a_registry_that_discloses_little_redacts_by_its_policy(start_farm, request_of):
    policy = {"not_disclosed": ("name", "org", "addr", "voice", "fax", "email"), "always_disclosed": ("country",)}
    farm = start_farm("whois", "epp", epp={"port": 0, **policy})
    shown = request_of(farm, "GET", f"{WORLD}/rdap/domain/homeport.test").json
    url = next(link["href"] for link in shown["links"] if link["rel"] == "self")
    check_common(shown, url)
    check_domain(shown, url)
    (registrant,) = entities(shown, "registrant")
    assert card(registrant)["adr"] == ({"cc": "GB"}, ["", "", "", "", "", "", ""])
    assert "discloses it only where" in shown["redacted"][0]["reason"]["description"]


def test_tig_3_2_the_registrar_s_own_rdap_shows_the_contacts_of_a_thin_registry(farm, rdap):
    def thin():
        registry = farm.world.registry
        registry.put_zone(replace(registry.zones["test"], whois="thin"))

    farm.call(thin)
    registry = rdap("domain/homeport.test").json
    assert not entities(registry, "registrant")
    (related,) = [link["href"] for link in registry["links"] if link["rel"] == "related"]
    shown = rdap(related.partition("/rdap/")[2]).json
    assert entities(shown, "registrant")
    assert "registrar expiration" in {one["eventAction"] for one in shown["events"]}
    assert "related" not in {link["rel"] for link in shown["links"]}
    assert shown["links"][0]["href"] == related


def test_rfc_7480_5_6_pages_of_any_origin_may_read_answers_and_errors(rdap):
    for path in ("domain/homeport.test", "domain/nowhere.test", "domains?name=a&name=b", "help"):
        reply = rdap(path, origin="https://app.example")
        assert reply.headers["access-control-allow-origin"] == "*"
        assert reply.headers["content-type"] == "application/rdap+json"
        assert reply.headers["cross-origin-resource-policy"] == "cross-origin"


def test_other_operations_stay_closed_to_pages_of_other_origins(farm, request_of):
    headers = {"Origin": "https://app.example"}
    assert request_of(farm, "GET", f"{WORLD}/registry/domains", headers=headers).status == 403


def test_an_error_of_the_api_has_rdap_s_form_there(farm, request_of):
    reply = request_of(farm, "GET", "/api/v1/worlds/nowhere/rdap/domain/quay.test")
    assert (reply.status, reply.headers["content-type"]) == (404, "application/rdap+json")
    assert reply.json["errorCode"] == 404
    assert request_of(farm, "GET", "/api/v1/worlds/nowhere/registry/domains").headers["content-type"] == (
        "application/problem+json"
    )
