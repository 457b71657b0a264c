"""The default gateways, parsed from Linux's routing table."""

from homeport.io.net.gateway import parse_routes

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth1\t000A0A0A\t0100A8C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth2\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0

"""


def test_a_default_route_that_goes_through_a_router_names_it():
    import sys

    assert sys.byteorder == "little", "the text above is of such a machine"
    assert parse_routes(ROUTES) == {"172.17.0.1"}


def test_without_routes_there_is_none():
    assert parse_routes("") == parse_routes(ROUTES.splitlines()[0]) == frozenset()
