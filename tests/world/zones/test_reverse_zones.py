"""The names of addresses: of the world's own, and of the registry's hosts."""

from ipaddress import ip_address

import pytest
from conftest import make_world
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from homeport.world.endpoints import Endpoint
from homeport.world.registry import Host
from homeport.world.zones.lookup import NOERROR, NXDOMAIN, REFUSED, look_up
from homeport.world.zones.name import name_text, parse_name, read_name
from homeport.world.zones.reverse_zones import reverse_name
from homeport.world.zones.rrset import PTR, SOA
from homeport.world.zones.zone import StoredZone


@pytest.fixture
def asked():
    world = make_world()
    world.set_endpoints([Endpoint("echo", "tcp", "tcp", 10007, ("127.0.0.1", "::1"))])
    return world


def look(world, text):
    return look_up(world.zones, parse_name(text), PTR)


def names_of(world, address):
    found = look(world, ip_address(address).reverse_pointer)
    return [name_text(read_name(data)[0]) for one in found.answer for data in one.rrset.data]


def put(world, text, *addresses):
    roid = world.registry.new_roid("host")
    world.registry.put(Host(name=text, roid=roid, registrar="harbour", created=0, addresses=addresses))


def test_addresses_of_the_world_have_its_name(asked):
    assert names_of(asked, "127.0.0.1") == ["homeport.test."]
    assert names_of(asked, "::1") == ["homeport.test."]
    assert look(asked, "2.0.0.127.in-addr.arpa").rcode == NXDOMAIN


def test_addresses_of_hosts_have_their_names(asked):
    assert names_of(asked, "192.0.2.53") == ["ns1.homeport.test."]
    assert names_of(asked, "2001:db8:c::53") == ["ns1.quay.test."]
    put(asked, "ns3.quay.test", "203.0.113.53")
    assert names_of(asked, "203.0.113.53") == ["ns1.quay.test.", "ns3.quay.test."]
    asked.registry.remove(asked.registry.host("ns1.quay.test"))
    assert names_of(asked, "203.0.113.53") == ["ns3.quay.test."]


def test_networks_above_addresses_are_empty_non_terminals(asked):
    assert look(asked, "0.127.in-addr.arpa").rcode == NOERROR
    assert look(asked, "1.127.in-addr.arpa").rcode == NXDOMAIN
    assert look(asked, "c.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa").rcode == NOERROR
    assert look(asked, "d.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa").rcode == NXDOMAIN


@pytest.mark.parametrize("label", ["256", "01", "a", "-1", "1.1", r"\046"])
def test_names_that_are_no_addresses_do_not_exist(asked, label):
    assert look(asked, f"{label}.2.0.192.in-addr.arpa").rcode == NXDOMAIN


def test_networks_of_others_are_refused(asked):
    assert look(asked, "1.1.1.1.in-addr.arpa").rcode == REFUSED


def test_the_serial_moves_with_addresses_in_the_network_alone(asked):
    before = {one: asked.zones.find(reverse_name(one)).serial for one in ("192.0.2.1", "203.0.113.1", "127.0.0.1")}
    host = asked.registry.host("ns1.homeport.test")
    asked.registry.put(replace(host, addresses=("192.0.2.99",)))
    assert asked.zones.find(reverse_name("192.0.2.1")).serial > before["192.0.2.1"]
    assert asked.zones.find(reverse_name("203.0.113.1")).serial == before["203.0.113.1"]
    asked.set_endpoints([Endpoint("echo", "tcp", "tcp", 10007, ("127.0.0.9",))])
    assert asked.zones.find(reverse_name("127.0.0.1")).serial > before["127.0.0.1"]
    assert names_of(asked, "127.0.0.9") == ["homeport.test."]


ADDRESSES = ("192.0.2.1", "192.0.2.2", "127.0.0.1", "127.1.0.1", "2001:db8::1", "2001:db8:1::1", "2001:db8:1::2", "::1")
HOSTS = st.dictionaries(
    st.sampled_from(("a.test", "b.test", "c.example", "d.invalid")), st.sets(st.sampled_from(ADDRESSES), max_size=3)
)


@settings(max_examples=50)
@given(st.lists(HOSTS, max_size=3))
def test_answers_are_those_of_zones_written_out(steps):
    world = make_world()
    for one in list(world.registry.hosts.values()):
        world.registry.remove(one)
    assert names_of(world, "127.0.0.1") == ["homeport.test."]
    for hosts in steps:
        for text, addresses in hosts.items():
            put(world, text, *sorted(addresses))
        for address in ADDRESSES:
            name = reverse_name(address)
            zone = world.zones.find(name)
            written = StoredZone(zone.origin, zone.node(zone.origin)[SOA])
            expected = [f"{one.name}." for one in world.registry.hosts.values() if address in one.addresses]
            assert sorted(names_of(world, address)) == sorted(expected or ["homeport.test."] * (address == "127.0.0.1"))
            for other, node in zone.nodes():
                for rrset in node.values():
                    written.put(other, rrset)
            for at in range(len(name) - len(zone.origin)):
                assert (zone.node(name[at:]) is None) == (written.node(name[at:]) is None)
