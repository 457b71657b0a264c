"""Whois for networks, routes and AS numbers: longest match, RIPE's levels and RPSL, ARIN's form, wrong keys."""

import pytest
from services.test_whois import make_world

from homeport.world.numbers import AsNumbers, Network, NumbersContents, Route


@pytest.fixture
def lines(talk):
    """Return a function that returns the lines of an answer."""

    def ask(query, *, world=make_world, **options):
        told = talk("whois", f"{query}\r\n".encode(), world=world, **options)
        assert told.closed
        return told.sent.decode().split("\r\n")[:-1]

    return ask


@pytest.fixture
def keys(lines):
    """Return a function that returns the primary keys of RIPE's answer."""

    def ask(query, **options):
        return [
            line.replace(" ", "")
            for line in lines(f"-K {query}", layout="ripe", **options)
            if line[:1] not in ("", "%")
        ]

    return ask


def nested():
    networks = [
        Network(range=one, name="N") for one in ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.5 - 10.1.2.9")
    ]
    routes = [Route(prefix="10.1.0.0/16", origins=("AS64496",)), Route(prefix="10.1.2.0/24", origins=("AS64497",))]
    numbers = [AsNumbers(range="AS64496 - AS64511", name="BLOCK"), AsNumbers(range="AS64500", name="ONE")]
    return make_world(numbers=NumbersContents(networks=networks, routes=routes, as_numbers=numbers))


def test_an_address_finds_its_most_specific_network_and_route_in_rpsl(lines):
    assert lines("-r 192.0.2.77", layout="ripe") == [
        "% This is the Homeport database query service.",
        '% Information about "192.0.2.77"',
        "",
        "% Information related to '192.0.2.64 - 192.0.2.127'",
        "",
        "% Abuse contact for '192.0.2.64 - 192.0.2.127' is 'abuse@harbour.test'",
        "",
        "inetnum:        192.0.2.64 - 192.0.2.127",
        "netname:        HARBOUR-QUAY",
        "descr:          Berths of the east quay",
        "country:        GB",
        "org:            harbour",
        "admin-c:        HM-1",
        "tech-c:         AL-1",
        "status:         ASSIGNED PA",
        "mnt-by:         HARBOUR-MNT",
        "created:        2024-10-14T17:46:40Z",
        "last-modified:  2024-10-14T17:46:40Z",
        "source:         HOMEPORT",
        "",
        "route:          192.0.2.0/24",
        "origin:         AS64496",
        "mnt-by:         HARBOUR-MNT",
        "created:        2021-10-15T17:46:40Z",
        "last-modified:  2021-10-15T17:46:40Z",
        "source:         HOMEPORT",
    ]


def test_without_r_the_holder_and_the_contacts_follow(lines):
    shown = lines("192.0.2.77", layout="ripe")
    assert {"organisation:   harbour", "nic-hdl:        HM-1", "nic-hdl:        AL-1"} <= set(shown)
    assert not any(line.startswith("e-mail:") for line in shown)
    assert any(line.startswith("e-mail:") for line in lines("-B 192.0.2.77", layout="ripe"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("10.1.2.7", ["inetnum:10.1.2.5-10.1.2.9", "route:10.1.2.0/24", "origin:AS64497"]),
        ("10.1.2.10", ["inetnum:10.1.2.0-10.1.2.255", "route:10.1.2.0/24", "origin:AS64497"]),
        ("10.1.2.4 - 10.1.2.9", ["inetnum:10.1.2.0-10.1.2.255", "route:10.1.2.0/24", "origin:AS64497"]),
        ("10.1.0.0/17", ["inetnum:10.1.0.0-10.1.255.255", "route:10.1.0.0/16", "origin:AS64496"]),
        ("10.9.9.9", ["inetnum:10.0.0.0-10.255.255.255"]),
        ("-x 10.1.2.0/24", ["inetnum:10.1.2.0-10.1.2.255", "route:10.1.2.0/24", "origin:AS64497"]),
        ("-x -T inetnum 10.1.0.0/16", ["inetnum:10.1.0.0-10.1.255.255"]),
        ("-l -T inetnum 10.1.2.7", ["inetnum:10.1.2.5-10.1.2.9"]),
        ("-l -T inetnum 10.1.2.0/24", ["inetnum:10.1.0.0-10.1.255.255"]),
        (
            "-L -T inetnum 10.1.2.0/24",
            ["inetnum:10.0.0.0-10.255.255.255", "inetnum:10.1.0.0-10.1.255.255", "inetnum:10.1.2.0-10.1.2.255"],
        ),
        ("-m -T inetnum 10.0.0.0/8", ["inetnum:10.1.0.0-10.1.255.255"]),
        (
            "-M -T inetnum 10.0.0.0/8",
            ["inetnum:10.1.0.0-10.1.255.255", "inetnum:10.1.2.0-10.1.2.255", "inetnum:10.1.2.5-10.1.2.9"],
        ),
        ("-T route 10.1.2.7", ["route:10.1.2.0/24", "origin:AS64497"]),
        ("-i origin AS64496", ["route:10.1.0.0/16", "origin:AS64496"]),
        ("AS64500", ["aut-num:AS64500"]),
        ("as64500 ", ["aut-num:AS64500"]),
        ("AS64499", ["as-block:AS64496-AS64511"]),
        ("AS64496 - AS64511", ["as-block:AS64496-AS64511"]),
        ("-m AS64496-AS64511", ["aut-num:AS64500"]),
    ],
)
def test_the_level_of_a_look_up_is_that_of_ripes_flags(keys, query, found):
    assert keys(query, world=nested) == found


def test_ipv6_is_found_in_every_notation(keys):
    found = ["inet6num:2001:db8:7::/48", "route6:2001:db8:7::/48", "origin:AS64497"]
    for query in ("2001:db8:7::1", "2001:0DB8:0007:0:0:0:0:1", "2001:db8:7:5::/64", "2001:db8:7::1/48"):
        assert keys(query) == found
    assert keys("-T inet6num 2001:db8:7::1") == found[:1]
    assert keys("-T inetnum 2001:db8:7::1") == []


def test_a_route_with_several_origins_is_an_object_for_each(lines):
    shown = lines("-T route 203.0.113.1", layout="ripe")
    assert [line for line in shown if line.startswith(("route:", "origin:"))] == [
        "route:          203.0.113.0/24",
        "origin:         AS64498",
        "route:          203.0.113.0/24",
        "origin:         AS65536",
    ]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("192.0.2.999", "%ERROR:115: invalid search key: '192.0.2.999' is not an IPv4 or IPv6 address"),
        ("192.0.02.1", "%ERROR:115: invalid search key: '192.0.02.1' is not an IPv4 or IPv6 address"),
        ("192.0.2", "%ERROR:115: invalid search key: '192.0.2' is not an IPv4 or IPv6 address"),
        ("192.0.2.0/33", "%ERROR:115: invalid search key: '192.0.2.0/33': the length of an IPv4 prefix is 0 to 32"),
        ("192.0.2.0/", "%ERROR:115: invalid search key: '192.0.2.0/': the length of an IPv4 prefix is 0 to 32"),
        ("192.0.2.9 - 192.0.2.1", "%ERROR:115: invalid search key: '192.0.2.9 - 192.0.2.1' ends before it begins"),
        (
            "192.0.2.9 - 2001:db8::",
            "%ERROR:115: invalid search key: '192.0.2.9 - 2001:db8::' has addresses of both families",
        ),
        ("2001:db8::g", "%ERROR:115: invalid search key: '2001:db8::g' is not an IPv4 or IPv6 address"),
        ("fe80::1%eth0", "%ERROR:115: invalid search key: 'fe80::1%eth0' is not an IPv4 or IPv6 address"),
        (
            "AS4294967296",
            "%ERROR:115: invalid search key: 'AS4294967296' is not an AS number: they are AS0 to AS4294967295",
        ),
        ("AS1.10", "%ERROR:115: invalid search key: 'AS1.10' is not an AS number: they are AS0 to AS4294967295"),
        (
            "-M homeport.test",
            "%ERROR:115: invalid search key: -M takes an address, a network or an AS number, not 'homeport.test'",
        ),
        (
            "-i origin 192.0.2.1",
            "%ERROR:115: invalid search key '192.0.2.1': -i origin takes an AS number, such as AS64496",
        ),
        ("-i mnt-by HARBOUR-MNT", "%ERROR:104: unknown attribute mnt-by: known is origin"),
        ("-l -M 192.0.2.1", "%ERROR:109: -l and -M cannot be combined: give one of them"),
        ("8.8.8.8", "%ERROR:101: no entries found"),
        ("AS4294967295", "%ERROR:101: no entries found"),
    ],
)
def test_a_key_that_is_wrong_is_an_error_that_says_what(lines, query, error):
    assert error in lines(query, layout="ripe")


def test_other_layouts_say_that_nothing_matches(lines):
    assert lines("192.0.2.999", layout="plain") == ['No match for "192.0.2.999".']


def test_icanns_layout_shows_a_network_in_arins_form(lines):
    assert lines("192.0.2.77")[:11] == [
        "NetRange:       192.0.2.64 - 192.0.2.127",
        "CIDR:           192.0.2.64/26",
        "NetName:        HARBOUR-QUAY",
        "NetHandle:      NET-192-0-2-64-1",
        "Parent:         TEST-NET-1 (NET-192-0-2-0-1)",
        "NetType:        ASSIGNED PA",
        "OriginAS:       AS64496",
        "Organization:   Harbour Names Ltd. (harbour)",
        "RegDate:        2024-10-14",
        "Updated:        2024-10-14",
        "Comment:        Berths of the east quay",
    ]
    assert (
        "CIDR:           198.51.100.10/31, 198.51.100.12/30, 198.51.100.16/29, 198.51.100.24/30, 198.51.100.28/31"
        in lines("198.51.100.15")
    )


def test_icanns_layout_shows_an_as_number_in_arins_form(lines):
    assert lines("AS64496")[:3] == ["ASNumber:       64496", "ASName:         HARBOUR-AS", "ASHandle:       AS64496"]
    assert lines("as64500")[0] == "ASNumber:       64496 - 64511"


@pytest.mark.parametrize(
    "query", ["n 192.0.2.77", "n + 192.0.2.77", "N = 192.0.2.77", "network 192.0.2.77", "network HARBOUR-QUAY"]
)
def test_a_network_is_found_by_the_forms_of_arin_and_by_its_name(lines, query):
    assert "NetName:        HARBOUR-QUAY" in lines(query)


@pytest.mark.parametrize("query", ["a 64496", "a + AS64496", "HARBOUR-AS"])
def test_an_as_number_is_found_by_the_forms_of_arin_and_by_its_name(lines, query):
    assert "ASName:         HARBOUR-AS" in lines(query)


def test_an_address_that_a_host_has_shows_the_host_and_its_network_where_that_is_asked_for(lines, keys):
    assert lines("192.0.2.53")[0] == "Server Name: ns1.homeport.test"
    assert lines("network 192.0.2.53")[0] == "NetRange:       192.0.2.0 - 192.0.2.255"
    assert keys("192.0.2.53") == [
        "inetnum:192.0.2.0-192.0.2.255",
        "route:192.0.2.0/24",
        "origin:AS64496",
        "host:ns1.homeport.test",
    ]


@pytest.mark.parametrize("layout", ["icann", "ripe", "plain"])
def test_objects_with_as_little_as_possible_are_shown(lines, layout):
    assert any("10.1.2" in line for line in lines("10.1.2.7", layout=layout, world=nested))
    assert any("64500" in line for line in lines("AS64500", layout=layout, world=nested))


def test_a_referral_of_a_network_is_that_of_its_longest_match(lines):
    refer = {
        "10.0.0.0/8": "whois.far.test",
        "10.1.0.0/16": "whois.near.test:4343",
        "AS64496 - AS64511": "as.test",
        "test": "t",
    }
    assert lines("10.1.2.3", refer=refer) == [
        "refer:        whois.near.test:4343",
        "",
        "inetnum:      10.1.0.0 - 10.1.255.255",
        "",
        "whois:        whois.near.test:4343",
        "",
        "ReferralServer:  whois://whois.near.test:4343",
    ]
    assert lines("10.2.2.3", refer=refer, layout="ripe")[0] == "refer:        whois.far.test"
    assert "as-block:     AS64496 - AS64511" in lines("AS64500", refer=refer)
    assert lines("homeport.test", refer=refer)[0] == "refer:        t"


def test_more_than_a_hundred_networks_are_cut(keys, lines):
    def many():
        networks = [Network(range=f"10.0.{number}.0/24", name="N") for number in range(250)]
        return make_world(numbers=NumbersContents(networks=networks))

    assert len(keys("-M 10.0.0.0/8", world=many)) == 100
    assert "% More records are not shown; narrow the query." in lines("-M 10.0.0.0/8", layout="ripe", world=many)
