"""Times to live of delegation records (RFC 9803): in EPP, and in the answers of DNS."""

import msgspec
import pytest
from conftest import make_world
from epp_reference import frames
from services.epp.desk import check
from services.epp.registrars import Clerk, create, make_desk, update

from homeport.services.epp import grammar
from homeport.services.epp.grammar import domain, host, ttl
from homeport.world.registry import Domain, Host, HostAttribute, Zone
from homeport.world.registry.dnssec import DIGEST_OCTETS
from homeport.world.registry.objects import DelegationSigner, with_extras
from homeport.world.registry.ttl import Ttl, TtlPolicy, TtlRange
from homeport.world.registry.validation import validate_zone
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import AAAA, DS, NS, A

RANGE = TtlRange(min=60, default=3600, max=86_400)
POLICY = TtlPolicy(ns=RANGE, ds=RANGE, a=RANGE, aaaa=RANGE)


@pytest.fixture
def harbour():
    """Return a registrar that has boat.test and boat.example, where hosts are attributes."""
    desk = make_desk(
        [Zone(name="test", ttl=POLICY), Zone(name="example", hosts="attributes", dnssec="key", ttl=POLICY)]
    )
    desk.services |= {ttl.NAMESPACE}
    clerk = Clerk(desk, "harbour")
    clerk.does(create("boat.test"))
    clerk.does(create("boat.example"))
    return clerk


def ttls(**seconds):
    return tuple(ttl.Ttl(for_=of, value=value) for of, value in seconds.items())


def shown(clerk, command, *, policy=False):
    """Return the TTLs of an answer to info: seconds, or seconds and range, by type."""
    for one in clerk.does(command, ttl.Info(policy=policy)).extensions:
        if isinstance(one, ttl.InfData):
            return {
                each.for_: (each.value, each.min, each.default, each.max) if policy else each.value for each in one.ttl
            }
    return {}


def info(name):
    return domain.Info(name=domain.InfoName(value=name))


def test_rfc_9803_2_2_1_a_create_gives_ttls_and_info_shows_them(harbour):
    harbour.does(create("ship.test"), ttl.Create(ttl=ttls(NS=7200, DS=300)))
    assert shown(harbour, info("ship.test")) == {"NS": 7200, "DS": 300}


def test_rfc_9803_2_1_1_only_who_asks_is_shown_ttls(harbour):
    harbour.does(create("ship.test"), ttl.Create(ttl=ttls(NS=7200)))
    assert not any(isinstance(one, ttl.InfData) for one in harbour.does(info("ship.test")).extensions)
    assert shown(harbour, info("boat.test")) == {}


def test_rfc_9803_2_1_1_with_policy_all_types_are_shown_with_their_ranges(harbour):
    harbour.does(update("boat.test"), ttl.Update(ttl=ttls(NS=7200)))
    assert shown(harbour, info("boat.test"), policy=True) == {
        "NS": (7200, 60, 3600, 86_400),
        "DS": (None, 60, 3600, 86_400),
    }
    assert list(shown(harbour, info("boat.example"), policy=True)) == ["NS", "DS", "A", "AAAA"]


def test_rfc_9803_2_2_2_an_update_changes_what_it_names_and_an_empty_one_is_the_default(harbour):
    harbour.does(update("boat.test"), ttl.Update(ttl=ttls(NS=7200, DS=300)))
    assert harbour.code(update("boat.test"), ttl.Update(ttl=ttls(DS=None))) == 1000
    assert shown(harbour, info("boat.test")) == {"NS": 7200}


def test_rfc_9803_2_hosts_have_ttls_of_their_addresses(harbour):
    address = host.Address(value="192.0.2.1")
    harbour.does(host.Create(name="ns1.boat.test", addr=(address,)), ttl.Create(ttl=ttls(A=300)))
    command = host.Info(name="ns1.boat.test")
    assert shown(harbour, command) == {"A": 300}
    assert harbour.code(host.Update(name="ns1.boat.test"), ttl.Update(ttl=ttls(A=None, AAAA=600))) == 1000
    assert shown(harbour, command, policy=True) == {"A": (None, 60, 3600, 86_400), "AAAA": (600, 60, 3600, 86_400)}


@pytest.mark.parametrize("seconds", [0, 59, 86_401, 2**31 - 1])
def test_rfc_9803_2_2_a_ttl_outside_of_the_range_is_out_of_range(harbour, seconds):
    error = harbour.refused(update("boat.test"), ttl.Update(ttl=ttls(NS=seconds)))
    assert (error.code, error.value.name, error.value.text) == (2004, "ttl", str(seconds))
    assert "60 to 86400" in error.reason
    assert harbour.refused(create("ship.test"), ttl.Create(ttl=ttls(NS=seconds))).code == 2004


@pytest.mark.parametrize(
    "given",
    [
        ttl.Ttl(for_="A", value=300),
        ttl.Ttl(for_="DNAME", value=300),
        ttl.Ttl(for_="custom", custom="SVCB", value=300),
        ttl.Ttl(for_="custom", value=300),
        ttl.Ttl(for_="NS", custom="NS", value=300),
    ],
)
def test_rfc_9803_2_2_types_that_the_object_does_not_have_are_against_the_policy(harbour, given):
    assert harbour.refused(update("boat.test"), ttl.Update(ttl=(given,))).code == 2306


def test_where_hosts_are_attributes_their_ttls_are_the_domains(harbour):
    assert harbour.code(update("boat.example"), ttl.Update(ttl=ttls(A=300, AAAA=600))) == 1000


@pytest.mark.parametrize("name", [one for one in frames() if "rfc9803" in one])
def test_the_samples_are_read_and_written(name):
    check(grammar.write(grammar.read(frames()[name])))


def test_a_zone_whose_default_is_outside_of_its_range_is_wrong():
    zone = Zone(name="test", ttl=TtlPolicy(ns=TtlRange(min=100, default=60)))
    assert validate_zone(zone) == ["ttl.ns: its default is not from min to max"]


class Published:
    """A world with boat.test, its host and its DS record, and what DNS publishes of them."""

    def __init__(self):
        self.world = make_world()
        self.registry = self.world.registry
        now = self.registry.now()
        signer = DelegationSigner(key_tag=1, algorithm=13, digest_type=2, digest="AB" * DIGEST_OCTETS[2])
        self.registry.put(
            Host(
                name="ns1.boat.test",
                roid="H1-X",
                registrar="harbour",
                created=now,
                addresses=("192.0.2.1", "2001:db8::1"),
            )
        )
        self.registry.put(
            Domain(
                name="boat.test",
                roid="D1-X",
                registrar="harbour",
                created=now,
                expires=now + 9**9,
                nameservers=("ns1.boat.test",),
                signers=(signer,),
            )
        )

    @property
    def zone(self):
        return self.world.zones.find(parse_name("test"))

    def ttl(self, text, type_number):
        return self.zone.node(parse_name(text))[type_number].ttl

    def give(self, one, **seconds):
        given = tuple(Ttl(type=of, seconds=value) for of, value in seconds.items())
        self.registry.put(with_extras(one, ttls=given))


def test_rfc_9803_2_dns_answers_with_the_ttls_of_the_domain():
    dns = Published()
    serial = dns.zone.serial
    dns.give(dns.registry.domain("boat.test"), NS=7200, DS=300)
    assert (dns.ttl("boat.test", NS), dns.ttl("boat.test", DS)) == (7200, 300)
    assert dns.ttl("ns1.boat.test", A) == 60
    assert dns.zone.serial != serial


def test_rfc_9803_2_dns_answers_with_the_ttls_of_the_host():
    dns = Published()
    serial = dns.zone.serial
    dns.give(dns.registry.host("ns1.boat.test"), A=300, AAAA=600)
    assert (dns.ttl("ns1.boat.test", A), dns.ttl("ns1.boat.test", AAAA)) == (300, 600)
    assert dns.zone.serial != serial


def test_a_zone_of_the_world_below_the_delegation_has_the_same_ttls():
    dns = Published()
    dns.registry.put(msgspec.structs.replace(dns.registry.host("ns1.boat.test"), addresses=("127.0.0.1",)))
    dns.give(dns.registry.domain("boat.test"), NS=7200)
    dns.give(dns.registry.host("ns1.boat.test"), A=300)
    zone = dns.world.zones.find(parse_name("boat.test"))
    assert zone.origin == parse_name("boat.test")
    assert zone.node(parse_name("boat.test"))[NS].ttl == 7200
    assert zone.node(parse_name("ns1.boat.test"))[A].ttl == 300


def test_dns_answers_with_the_defaults_of_the_zone():
    dns = Published()
    dns.registry.put_zone(Zone(name="test", ttl=POLICY))
    assert (dns.ttl("boat.test", NS), dns.ttl("ns1.boat.test", A)) == (3600, 3600)


def test_where_hosts_are_attributes_dns_answers_with_the_ttls_of_the_domain():
    dns = Published()
    now = dns.registry.now()
    server = HostAttribute(name="ns1.pier.test", addresses=("192.0.2.1",))
    pier = Domain(
        name="pier.test", roid="D2-X", registrar="harbour", created=now, expires=now + 9**9, attributes=(server,)
    )
    dns.give(pier, A=300)
    assert dns.ttl("ns1.pier.test", A) == 300
