"""Networks, routes and AS numbers over the API, in the configuration, and in the test library."""

import pytest

from homeport.config.reading import load
from homeport.config.values import ConfigError
from homeport.testing import Farm

NETWORKS = "/numbers/networks"


@pytest.mark.parametrize("path", ["192.0.2.128/25", "192.0.2.128%2F25", "192.0.2.128-192.0.2.255", "192.0.2.200/25"])
def test_a_network_is_put_read_and_deleted_by_its_range_in_any_form(api, farm, path):
    made = api("PUT", f"{NETWORKS}/{path}", {"name": "NEW-NET", "country": "PT", "created": "2026-10-13T17:46:40Z"})
    assert (made["range"], made["name"], made["created"][:19]) == ("192.0.2.128/25", "NEW-NET", "2026-10-13T17:46:40")
    assert api("GET", f"{NETWORKS}/192.0.2.128/25") == made
    assert b"NetName:        NEW-NET" in farm.exchange("whois", b"192.0.2.129\r\n")
    api("DELETE", f"{NETWORKS}/{path}", status=204)
    gone = api("GET", f"{NETWORKS}/192.0.2.128/25", status=404)
    assert gone["detail"] == "there is no network 192.0.2.128/25; the smallest that contains it is 192.0.2.0/24"
    assert b"NetName:        TEST-NET-1" in farm.exchange("whois", b"192.0.2.129\r\n")


def test_routes_and_as_numbers_are_put_read_and_deleted(api, farm):
    api("PUT", "/numbers/routes/192.0.2.128/25", {"origins": ["as64499"]})
    assert api("GET", "/numbers/routes/192.0.2.128/25")["origins"] == ["AS64499"]
    api("PUT", "/numbers/as-numbers/as64499", {"name": "NEW-AS"})
    assert api("GET", "/numbers/as-numbers/AS64499")["range"] == "AS64499"
    assert b"ASName:         NEW-AS" in farm.exchange("whois", b"AS64499\r\n")
    api("DELETE", "/numbers/as-numbers/AS64499", status=204)
    api("DELETE", "/numbers/routes/192.0.2.128/25", status=204)
    assert b"DOCUMENTATION-16" in farm.exchange("whois", b"AS64499\r\n")
    assert [one["range"] for one in api("GET", "/numbers/as-numbers")["items"]][:1] == ["AS64496 - AS64511"]
    assert api("GET", NETWORKS)["total"] == 7


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("networks/192.0.2.0/33", {"name": "N"}, 400, "the length of an IPv4 prefix is 0 to 32"),
        ("networks/AS64496", {"name": "N"}, 400, "is not a network"),
        ("networks/", {"name": "N"}, 400, "is not an IPv4 or IPv6 address"),
        ("networks/192.0.2.0/24", {"name": "N", "range": "192.0.2.0/25"}, 400, "write the same in both"),
        ("networks/192.0.2.0/24", {"name": "N", "range": "x"}, 400, "is not an IPv4 or IPv6 address"),
        ("networks/192.0.2.0/24", {}, 400, "name"),
        ("networks/192.0.2.0-192.0.2.64", {"name": "N"}, 409, "shares only a part with 192.0.2.64/26"),
        ("routes/192.0.2.1", {"origins": ["AS1"]}, 400, "is not a prefix"),
        ("routes/192.0.2.0/24", {"origins": ["1"]}, 400, "is not an AS number"),
        ("as-numbers/64496", {"name": "N"}, 400, "is not an IPv4 or IPv6 address"),
        ("as-numbers/192.0.2.1", {"name": "N"}, 400, "is not an AS number"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_changes(api, path, body, status, words):
    before = api("GET", NETWORKS)
    assert words in api("PUT", f"/numbers/{path}", body, status=status)["detail"]
    assert api("GET", NETWORKS) == before


def test_a_reset_restores_the_networks_unless_they_are_kept(api):
    api("DELETE", f"{NETWORKS}/192.0.2.64/26", status=204)
    api("POST", "/reset", {"keep": ["numbers"]})
    assert api("GET", NETWORKS)["total"] == 6
    api("POST", "/reset")
    assert api("GET", NETWORKS)["total"] == 7


def test_the_test_library_has_them_as_tables():
    with Farm(services=["whois"]) as farm:
        networks = farm.whois.networks
        networks.put("192.0.2.0/28", name="BERTHS")
        assert networks["192.0.2.0/28"]["name"] == "BERTHS"
        assert networks.change("192.0.2.0/28", country="PT")["name"] == "BERTHS"
        del networks["192.0.2.0/28"]
        assert "192.0.2.0/28" not in networks
        assert next(iter(farm.whois.routes)) == "192.0.2.0/24"
        assert "AS64496" in farm.whois.as_numbers


CONFIGURED = """
[[numbers.network]]
range = "192.0.2.1/24"
name = "ONE"
created = -86400
[[numbers.network]]
range = "{second}"
name = "TWO"
[[numbers.route]]
prefix = "192.0.2.0/24"
origins = ["{origin}"]
"""


def configured(tmp_path, second="192.0.2.0/25", origin="AS64496"):
    file = tmp_path / "homeport.toml"
    file.write_text(CONFIGURED.format(second=second, origin=origin))
    return load(file, {}, [])


def test_networks_are_configured(tmp_path):
    contents = configured(tmp_path).contents.numbers
    assert [one.name for one in contents.networks] == ["ONE", "TWO"]
    assert contents.as_numbers == ()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"second": "192.0.2.0/33"}, ":7: numbers.network.range: '192.0.2.0/33': the length of an IPv4 prefix"),
        ({"second": "192.0.2.0 - 192.0.2.255"}, ":7: numbers.network.range: 192.0.2.0/24 is there twice"),
        ({"second": "192.0.1.0 - 192.0.2.7"}, ":7: numbers.network.range: 192.0.1.0 - 192.0.2.7 shares only a part"),
        ({"origin": "64496"}, ":10: numbers.route.prefix: '64496' is not an AS number"),
    ],
)
def test_a_wrong_range_in_the_configuration_is_an_error_with_its_line(tmp_path, wrong, problem):
    with pytest.raises(ConfigError) as error:
        configured(tmp_path, **wrong)
    assert problem in str(error.value)
