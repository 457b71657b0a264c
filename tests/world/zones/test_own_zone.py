"""The zone of the world's own hosts: its services with the ports of this world, and changes that stay."""

import pytest
from conftest import make_world

from homeport.world.endpoints import Endpoint, reachable
from homeport.world.registry.interventions import change_statuses
from homeport.world.zones.edits import Edit
from homeport.world.zones.lookup import NXDOMAIN, look_up
from homeport.world.zones.name import parse_name
from homeport.world.zones.rdata import address
from homeport.world.zones.rrset import AAAA, CAA, DS, MX, NS, SOA, SRV, TLSA, TXT, A, RRset
from homeport.world.zones.signing import Policy
from homeport.world.zones.zone import next_serial

OWN = parse_name("homeport.test")
WWW = parse_name("www.homeport.test")


def endpoints(smtp=10025, *more):
    loopback = ("127.0.0.1", "::1")
    return [
        Endpoint("smtp", "starttls", "tcp", smtp, loopback),
        Endpoint("smtp", "submission", "tcp", 10587, loopback),
        Endpoint("smtp", "plain", "tcp", 12525, loopback),
        Endpoint("imap", "tls", "tcp", 10993, loopback),
        Endpoint("whois", "tcp", "tcp", 10043, loopback),
        Endpoint("echo", "udp", "udp", 10007, loopback),
        *more,
    ]


@pytest.fixture
def own():
    return made(make_world())


def made(world):
    world.zones.keys.set_default(Policy(signed=False))
    world.set_endpoints(endpoints())
    return world


def data(world, text, type_):
    return [data for one in look_up(world.zones, parse_name(text), type_).answer for data in one.rrset.data]


def srv_of(world, text):
    """Return port and host of each SRV record."""
    return [(int.from_bytes(one[4:6]), one[6:]) for one in data(world, text, SRV)]


def test_services_are_found_by_srv_with_the_ports_of_this_world(own):
    mail = b"\4mail\x08homeport\4test\0"
    assert srv_of(own, "_submission._tcp.homeport.test") == [(10587, mail)]
    assert srv_of(own, "_imaps._tcp.homeport.test") == [(10993, mail)]
    assert srv_of(own, "_smtp._tcp.homeport.test") == [(10025, mail)]
    assert srv_of(own, "_nicname._tcp.homeport.test") == [(10043, b"\5whois\x08homeport\4test\0")]
    assert srv_of(own, "_echo._udp.homeport.test") == [(10007, b"\4echo\x08homeport\4test\0")]
    found = look_up(own.zones, parse_name("_imaps._tcp.homeport.test"), SRV)
    assert {one.rrset.type for one in found.additional} == {A, AAAA}


def test_another_port_is_in_the_next_answer_with_another_serial(own):
    serial = own.zones.find(OWN).serial
    own.set_endpoints(endpoints(smtp=20025))
    assert srv_of(own, "_smtp._tcp.homeport.test")[0][0] == 20025
    assert own.zones.find(OWN).serial == next_serial(serial)
    own.set_endpoints([])
    assert srv_of(own, "_smtp._tcp.homeport.test") == []


def test_hosts_have_the_addresses_of_this_world(own):
    for host in ("homeport.test", "www.homeport.test", "mail.homeport.test", "ns.homeport.test", "imap.homeport.test"):
        assert data(own, host, A) == [address("127.0.0.1")]
        assert data(own, host, AAAA) == [address("::1")]
    assert look_up(own.zones, parse_name("pop3.homeport.test"), A).rcode == NXDOMAIN


def test_wildcard_addresses_of_listeners_are_published_as_loopback():
    assert reachable(("0.0.0.0",)) == ("127.0.0.1",)
    assert reachable(("::", "fe80::1%lo", "192.0.2.1", "192.0.2.1", "what")) == ("127.0.0.1", "::1", "192.0.2.1")


def test_mail_has_its_records(own):
    assert data(own, "homeport.test", MX) == [b"\0\x0a\4mail\x08homeport\4test\0"]
    assert data(own, "homeport.test", TXT) == [b"\x0ev=spf1 mx -all"]
    assert data(own, "_dmarc.homeport.test", TXT)[0].startswith(b"\x37v=DMARC1; p=reject")
    assert data(own, "_mta-sts.homeport.test", TXT) == [b"\x0dv=STSv1; id=1"]
    assert data(own, "_smtp._tls.homeport.test", TXT)
    assert data(own, "homeport.test", CAA) == [b"\0\5issuehomeport.test"]


def test_servers_and_hosts_are_those_of_the_registry(own):
    assert data(own, "homeport.test", NS) == [b"\3ns1\x08homeport\4test\0", b"\3ns2\x08homeport\4test\0"]
    assert data(own, "ns2.homeport.test", A) == [address("192.0.2.54")]
    own.registry.remove(own.registry.domain("homeport.test"))
    assert data(own, "homeport.test", NS) == [b"\2ns\x08homeport\4test\0"]
    assert own.zones.find(parse_name("test")).cut(WWW) == OWN


def test_it_is_gone_while_its_name_is_on_hold(own):
    changes = own.registry.begin()
    change_statuses(changes, changes.domain("homeport.test"), add=("serverHold",))
    own.registry.commit(changes)
    assert look_up(own.zones, WWW, A).rcode == NXDOMAIN


def test_it_can_be_changed_and_stays_so(own):
    own.zones.apply(OWN, [Edit(WWW, A, RRset(A, 5, (address("192.0.2.1"),))), Edit(OWN, TXT)])
    assert data(own, "www.homeport.test", A) == [address("192.0.2.1")]
    assert data(own, "homeport.test", TXT) == []
    own.set_endpoints([Endpoint("smtp", "starttls", "tcp", 25, ("127.0.0.9",))])
    assert data(own, "www.homeport.test", A) == [address("192.0.2.1")]
    assert data(own, "homeport.test", TXT) == []
    assert data(own, "mail.homeport.test", A) == [address("127.0.0.9")]


def test_a_change_back_to_what_the_world_says_follows_the_world_again(own):
    before = own.zones.find(OWN).node(WWW)[A]
    own.zones.apply(OWN, [Edit(WWW, A, RRset(A, 5, (address("192.0.2.1"),)))])
    own.zones.apply(OWN, [Edit(WWW, A, before)])
    own.set_endpoints([Endpoint("smtp", "starttls", "tcp", 25, ("127.0.0.9",))])
    assert data(own, "www.homeport.test", A) == [address("127.0.0.9")]


def test_a_reset_takes_changes_back_and_the_serial_on(own):
    own.zones.apply(OWN, [Edit(WWW, A)])
    serial = own.zones.find(OWN).serial
    own.reset()
    assert data(own, "www.homeport.test", A) == [address("127.0.0.1")]
    assert own.zones.find(OWN).serial > serial


def test_what_changes_nothing_moves_no_serial(own):
    own.zones.apply(OWN, [Edit(WWW, A)])
    serial, version = own.zones.find(OWN).serial, own.zones.version
    own.set_endpoints(endpoints())
    assert own.zones.find(OWN).serial == serial
    own.registry.put(own.registry.domain("homeport.test"))
    own.registry.put(own.registry.host("ns1.homeport.test"))
    assert own.zones.find(OWN).serial == serial
    assert own.zones.version == version + 1, "the ports were told again"


def test_each_change_is_announced_once_and_is_in_the_history(own):
    serial = own.zones.find(OWN).serial
    heard = []
    own.zones.on_change.append(heard.append)
    own.zones.apply(OWN, [Edit(WWW, A)])
    own.set_endpoints(endpoints(smtp=20025))
    assert heard == [OWN, OWN]
    assert len(own.zones.changeable(OWN).history.since(serial)) == 2


def test_a_stored_zone_of_the_name_takes_its_place(own):
    own.zones.put_zone(OWN)
    assert data(own, "www.homeport.test", A) == []
    own.set_endpoints(endpoints(smtp=20025))
    own.zones.remove_zone(OWN)
    assert data(own, "www.homeport.test", A) == [address("127.0.0.1")]
    assert srv_of(own, "_smtp._tcp.homeport.test")[0][0] == 20025


def test_its_ds_is_that_of_its_keys_in_the_tld():
    world = make_world()
    world.set_endpoints(endpoints())
    keys = world.zones.keys.of(OWN)
    assert data(world, "homeport.test", DS) == list(keys.delegation_signer(60).data)
    serial = world.zones.find(parse_name("test")).serial
    world.zones.keys.add(OWN, world.zones.keys.next_recipe(OWN))
    assert len(data(world, "homeport.test", DS)) == 2
    assert world.zones.find(parse_name("test")).serial > serial


def test_no_zone_is_made_before_the_first_question():
    world = make_world()
    world.set_endpoints(endpoints())
    assert world.zones._computed.own is None
    assert not world.registry._begun


def test_the_soa_can_be_changed(own):
    zone = own.zones.find(OWN)
    before = zone.node(OWN)[SOA]
    own.zones.apply(OWN, [Edit(OWN, SOA, RRset(SOA, 999, before.data))])
    own.set_endpoints(endpoints(smtp=20025))
    assert own.zones.find(OWN).node(OWN)[SOA].ttl == 999


def test_listeners_with_tls_have_tlsa_at_their_ports(own):
    trusted = b"\2\1\0key"
    own.set_endpoints(
        [
            Endpoint("smtp", "starttls", "tcp", 25, ("127.0.0.9",), has_tls=True),
            Endpoint("ftp", "tls", "tcp", 10990, ("127.0.0.9",), has_tls=True),
            Endpoint("whois", "tcp", "tcp", 43, ("127.0.0.9",)),
        ],
        lambda: (trusted,),
    )
    assert data(own, "_25._tcp.mail.homeport.test", TLSA) == [trusted]
    assert data(own, "_10990._tcp.ftp.homeport.test", TLSA) == [trusted]
    assert not data(own, "_43._tcp.whois.homeport.test", TLSA)


def test_a_signed_tld_has_its_ds_in_the_tld_above():
    world = make_world()
    signer = world.zones.keys.of(parse_name("lab.test")).delegation_signer(60)
    assert data(world, "lab.test", DS) == list(signer.data)
    world.zones.keys.set_default(Policy(signed=False))
    world.zones.touch()
    assert data(world, "lab.test", DS) == []
