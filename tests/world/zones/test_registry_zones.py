"""The zones of TLDs: what the registry publishes now, in the answer to the next question."""

import msgspec
import pytest
from conftest import make_world

from homeport.world.registry import DelegationSigner, Domain, Host, HostAttribute, Key, Zone
from homeport.world.registry.interventions import change_statuses, delete_domain
from homeport.world.registry.lifecycle import delete, restore
from homeport.world.zones.lookup import NOERROR, NXDOMAIN, look_up
from homeport.world.zones.name import name_text, parse_name
from homeport.world.zones.rdata import address, ds, key_tag
from homeport.world.zones.rrset import AAAA, DS, MX, NS, SOA, TXT, A, RRset

DAY = 86_400.0


def name(text):
    return parse_name(text)


class Asked:
    """A world that is asked for records."""

    def __init__(self, world):
        self.world = world
        self.registry = world.registry
        self.zones = world.zones

    def look(self, text, type_=A):
        return look_up(self.zones, name(text), type_)

    def rcode(self, text, type_=A):
        return self.look(text, type_).rcode

    def answers(self, text, type_=A):
        return [data for one in self.look(text, type_).answer for data in one.rrset.data]

    def tld(self, text="test"):
        return self.zones.find(name(text))

    def delegation(self, text):
        zone = self.tld(text.partition(".")[2])
        return {one for one in zone.node(name(text)) or {} if zone.cut(name(text))}

    def put(self, text, *servers, **fields):
        fields = {"created": self.registry.now(), "expires": self.registry.now() + 300 * DAY, **fields}
        roid = self.registry.new_roid("domain")
        self.registry.put(Domain(name=text, roid=roid, registrar="harbour", nameservers=servers, **fields))

    def host(self, text, *addresses):
        roid = self.registry.new_roid("host")
        now = self.registry.now()
        self.registry.put(Host(name=text, roid=roid, registrar="harbour", created=now, addresses=addresses))

    def change(self, text, **fields):
        self.registry.put(msgspec.structs.replace(self.registry.domain(text), **fields))

    def do(self, act, text, **named):
        changes = self.registry.begin()
        act(changes, changes.domain(text), **named)
        self.registry.commit(changes)


@pytest.fixture
def asked(world):
    return Asked(world)


# Delegations


def test_a_domain_resolves_as_soon_as_it_is_registered_and_no_longer_than_that(asked):
    assert asked.rcode("new.test") == NXDOMAIN
    asked.put("new.test", "ns1.quay.test")
    assert asked.rcode("new.test") == NOERROR
    assert asked.delegation("new.test") == {NS}
    asked.registry.remove(asked.registry.domain("new.test"))
    assert asked.rcode("new.test") == NXDOMAIN


def test_a_domain_without_servers_is_not_delegated(asked):
    assert asked.rcode("inactive.test") == NXDOMAIN
    asked.change("inactive.test", nameservers=("ns1.quay.test",))
    assert asked.rcode("inactive.test") == NOERROR


@pytest.mark.parametrize("hold", ["clientHold", "serverHold"])
def test_a_hold_takes_a_domain_out_of_the_zone_and_its_end_puts_it_back(asked, hold):
    asked.do(change_statuses, "beacon.test", add=(hold,))
    assert asked.rcode("beacon.test") == NXDOMAIN
    assert asked.rcode("www.beacon.test") == NXDOMAIN
    assert asked.delegation("beacon.test") == set()
    asked.do(change_statuses, "beacon.test", remove=(hold,))
    assert asked.rcode("beacon.test") == NOERROR


@pytest.mark.parametrize("gone", ["redemption", "pending-delete", "pending-create", "on-hold"])
def test_states_in_which_a_domain_is_in_no_zone(asked, gone):
    assert asked.rcode(f"{gone}.test") == NXDOMAIN


@pytest.mark.parametrize(
    "there",
    ["just-created", "leaving", "arriving", "locked", "server-locked", "pending-update", "auto-renewed"],
)
def test_states_in_which_a_domain_stays_in_its_zone(asked, there):
    assert asked.delegation(f"{there}.test") == {NS}


def test_a_domain_comes_back_with_the_restore_request_and_goes_again_without_the_report(asked):
    # RFC 3915 2: in pendingRestore it is in the zone.
    asked.do(delete, "beacon.test")
    assert asked.rcode("beacon.test") == NXDOMAIN
    asked.do(restore, "beacon.test")
    assert asked.rcode("beacon.test") == NOERROR
    asked.world.clock.advance(8 * DAY)
    assert asked.rcode("beacon.test") == NXDOMAIN


def test_what_time_does_is_in_the_zone_at_that_time(asked):
    asked.registry.put_zone(Zone(name="test", at_expiry="delete"))
    assert asked.rcode("expiring-tomorrow.test") == NOERROR
    asked.world.clock.advance(DAY - 1)
    assert asked.rcode("expiring-tomorrow.test") == NOERROR
    asked.world.clock.advance(1)
    assert asked.rcode("expiring-tomorrow.test") == NXDOMAIN


def test_due_events_act_before_the_answer_where_no_timer_has_fired(make_now):
    # The driver's timer may come a little late.
    asked, now = make_now
    asked.registry.put_zone(Zone(name="test", at_expiry="delete"))
    assert asked.rcode("expiring-tomorrow.test") == NOERROR
    now[0] += DAY
    assert asked.rcode("expiring-tomorrow.test") == NXDOMAIN


@pytest.fixture
def make_now():
    from homeport.world.journal import JournalOptions
    from homeport.world.world import World, WorldContents

    now = [1_792_000_000.0]
    return Asked(World("default", WorldContents(), JournalOptions(), lambda: now[0])), now


def test_a_delegation_has_ds_from_secdns(asked):
    signer = DelegationSigner(key_tag=7, algorithm=13, digest_type=2, digest="AB" * 32)
    assert asked.answers("quay.test", DS) == []
    asked.change("quay.test", signers=(signer,))
    assert asked.answers("quay.test", DS) == [ds(7, 13, 2, b"\xab" * 32)]
    asked.change("quay.test", signers=())
    assert asked.answers("quay.test", DS) == []


def test_ds_is_made_from_a_key_as_dnspython_makes_it(asked):
    import dns.dnssec
    import dns.name
    import dns.rdata

    (key,) = asked.registry.domain("plain.example").keys
    made = dns.rdata.from_text("IN", "DNSKEY", f"257 3 13 {key.public_key}")
    expected = dns.dnssec.make_ds(dns.name.from_text("plain.example."), made, "SHA256")
    assert asked.answers("plain.example", DS) == [expected.to_wire()]
    assert key_tag(made.to_wire()) == dns.dnssec.key_id(made)


def test_a_key_that_is_no_base64_gives_no_ds(asked):
    asked.change("plain.example", keys=(Key(algorithm=13, public_key="*"),))
    assert asked.delegation("plain.example") == {NS}


def test_ds_is_answered_by_the_parent(asked):
    # RFC 4035 3.1.4.1: also its absence, with the parent's SOA.
    found = asked.look("quay.test", DS)
    assert [name_text(one.owner) for one in found.authority] == ["test."]
    assert found.authoritative


def test_a_tld_below_another_is_delegated_by_it(asked):
    assert asked.delegation("lab.test") == {NS, DS}  # it is signed
    assert [one.zone.origin for one in asked.look("lab.test", DS).answer] == [name("test")]
    assert asked.answers("lab.test", NS) == [b"\x02ns\x08homeport\x04test\0"]
    asked.registry.remove_zone("lab.test")
    assert asked.delegation("lab.test") == set()
    assert asked.rcode("quick.lab.test") == NXDOMAIN


def test_a_tld_that_is_added_has_a_zone_at_once(asked):
    assert asked.tld("new") is None
    asked.registry.put_zone(Zone(name="new"))
    assert asked.tld("new").origin == name("new")
    assert set(asked.tld("new").node(name("new"))) >= {SOA, NS}


# Glue


def test_a_referral_has_the_glue_of_the_registrys_hosts(asked):
    asked.host("ns.far.test", "192.0.2.99", "2001:db8::99")
    asked.put("far.test", "ns.far.test")
    zone = asked.tld()
    assert zone.cut(name("ns.far.test")) == name("far.test")
    assert zone.node(name("ns.far.test")) == {
        A: RRset(A, 60, (address("192.0.2.99"),)),
        AAAA: RRset(AAAA, 60, (address("2001:db8::99"),)),
    }


def test_a_host_that_no_delegation_names_is_no_glue(asked):
    asked.host("spare.quay.test", "192.0.2.99")
    assert asked.tld().node(name("spare.quay.test")) is None


def test_attributes_are_glue_of_their_own_domain_only(asked):
    assert asked.tld("example").node(name("ns1.plain.example")) == {A: RRset(A, 60, (address("203.0.113.80"),))}
    given = (HostAttribute(name="ns9.plain.example", addresses=("192.0.2.9",)),)
    asked.put("other.example", attributes=given)
    assert asked.tld("example").node(name("ns9.plain.example")) is None


def test_a_host_named_as_its_domain_is_beside_the_delegation(asked):
    asked.host("far.test", "192.0.2.99")
    asked.put("far.test", "far.test")
    assert set(asked.tld().node(name("far.test"))) == {NS, A}


def test_hosts_of_a_withheld_domain_go_on_serving_others(asked):
    # Orphan glue: without it all domains of these servers would be lost with the one.
    asked.do(change_statuses, "quay.test", add=("serverHold",))
    assert asked.answers("ns1.quay.test") == [address("203.0.113.53")]
    assert asked.rcode("quay.test") == NOERROR, "an empty non-terminal is no NXDOMAIN"
    assert asked.answers("quay.test") == []
    assert asked.rcode("www.quay.test") == NXDOMAIN


def test_hosts_of_a_withheld_domain_that_only_it_uses_go_with_it(asked):
    asked.do(change_statuses, "arriving.test", add=("clientHold",))
    assert asked.rcode("ns.arriving.test") == NXDOMAIN
    assert asked.rcode("arriving.test") == NXDOMAIN


def test_a_renamed_host_takes_its_delegations_along(asked):
    changes = asked.registry.begin()
    changes.rename(changes.host("ns1.quay.test"), "ns9.quay.test")
    asked.registry.commit(changes)
    assert asked.answers("beacon.test", NS) == [b"\3ns9\4quay\4test\0", b"\3ns2\4quay\4test\0"]
    assert asked.tld().node(name("ns1.quay.test")) is None


# Serials


def test_the_serial_moves_with_what_the_zone_shows_and_with_nothing_else(asked):
    serial, version = asked.tld().serial, asked.zones.version
    asked.change("beacon.test", registrant="QM-1", password="other", expires=asked.registry.now() + 900 * DAY)
    assert (asked.tld().serial, asked.zones.version) == (serial, version)
    others = [asked.tld(one).serial for one in ("lab.test", "example")]
    asked.change("beacon.test", nameservers=("ns1.quay.test",))
    assert asked.tld().serial == serial + 1
    assert asked.zones.version != version
    assert [asked.tld(one).serial for one in ("lab.test", "example")] == others


def test_the_serial_moves_with_addresses_of_hosts(asked):
    serial = asked.tld().serial
    asked.host("ns2.quay.test", "203.0.113.99")
    assert asked.tld().serial == serial + 1
    assert asked.answers("ns2.quay.test") == [address("203.0.113.99")]


def test_a_change_is_announced_for_the_zone_that_it_is_in(asked):
    assert asked.zones.version
    heard = []
    asked.zones.on_change.append(heard.append)
    asked.put("new.test", "ns1.quay.test")
    asked.put("idle.test")
    asked.put("new.example", "ns1.quay.test")
    assert heard == [name("test"), name("example")]


def test_serials_go_on_through_resets_restores_and_a_clock_that_goes_back(asked):
    seen = [asked.tld().serial]
    snapshot = asked.registry.snapshot()
    asked.world.reset()
    seen.append(asked.tld().serial)
    asked.world.registry.restore(snapshot)
    seen.append(asked.tld().serial)
    asked.world.clock.set(asked.world.clock.now() - 1000 * DAY)
    asked.registry = asked.world.registry
    asked.put("new.test", "ns1.quay.test")
    seen.append(asked.tld().serial)
    asked.world.reset(keep=("zones",))
    seen.append(asked.tld().serial)
    assert seen == sorted(set(seen))


# The child's side


def test_a_registered_name_with_servers_in_the_world_has_a_zone(asked):
    origin = name("beacon.test")
    zone = asked.zones.find(name("www.beacon.test"))
    assert zone.origin == origin
    assert set(zone.node(origin)) >= {SOA, NS, A, MX, TXT}
    assert asked.answers("beacon.test") == asked.answers("www.beacon.test") == [address("127.0.0.1")]
    assert asked.answers("beacon.test", MX) == [b"\0\x0a\4mail\x08homeport\4test\0"]
    assert asked.answers("beacon.test", TXT) == [b"\x0ev=spf1 mx -all"]
    assert asked.answers("beacon.test", NS) == [b"\3ns1\4quay\4test\0", b"\3ns2\4quay\4test\0"]
    assert asked.rcode("nope.beacon.test") == NXDOMAIN


def test_hosts_of_a_child_zone_have_the_registrys_addresses(asked):
    assert asked.answers("ns2.quay.test") == [address("203.0.113.54")]
    asked.host("www.quay.test", "192.0.2.80")
    assert asked.answers("www.quay.test") == [address("192.0.2.80")]
    asked.host("a.b.quay.test", "192.0.2.81")
    assert asked.rcode("b.quay.test") == NOERROR
    assert asked.answers("ns1.plain.example") == [address("203.0.113.80")]


def test_a_name_with_servers_elsewhere_has_no_zone_but_a_delegation(asked):
    asked.put("away.test", "ns.elsewhere.invalid")
    found = asked.look("www.away.test")
    assert not found.authoritative
    assert [(name_text(one.owner), one.rrset.type) for one in found.authority] == [("away.test.", NS)]
    assert found.additional == []


def test_child_zones_can_be_turned_off(asked):
    class Options:
        child_zones = False

    asked.world.options["dns"] = Options()
    asked.zones.reconfigure()
    found = asked.look("www.beacon.test")
    assert not found.authoritative
    assert [name_text(one.owner) for one in found.additional if one.rrset.type == A] == [
        "ns1.quay.test.",
        "ns2.quay.test.",
    ]


def test_a_stored_zone_takes_the_place_of_the_child_zone(asked):
    asked.zones.put_zone(name("beacon.test"))
    assert asked.answers("www.beacon.test") == []
    assert asked.delegation("beacon.test") == {NS}
    asked.zones.remove_zone(name("beacon.test"))
    assert asked.answers("www.beacon.test") == [address("127.0.0.1")]


def test_a_stored_zone_in_a_tld_is_delegated_though_it_is_not_registered(asked):
    serial = asked.tld().serial
    asked.zones.put_zone(name("a.b.test"))
    zone = asked.tld()
    assert zone.cut(name("x.a.b.test")) == name("a.b.test")
    assert zone.node(name("b.test")) == {}
    assert [name_text(one.owner) for one in asked.look("a.b.test", DS).authority] == ["test."]
    assert zone.serial != serial
    asked.zones.remove_zone(name("a.b.test"))
    assert zone.node(name("b.test")) is None


def test_a_stored_zone_is_gone_while_its_name_is_withheld(asked):
    asked.zones.put_zone(name("beacon.test"))
    asked.do(change_statuses, "beacon.test", add=("clientHold",))
    assert asked.rcode("www.beacon.test") == NXDOMAIN
    assert asked.delegation("beacon.test") == set()
    asked.do(delete_domain, "beacon.test", at_once=True)
    assert asked.zones.find(name("beacon.test")).origin == name("beacon.test")


def test_a_stored_zone_of_a_registered_name_without_servers_stays(asked):
    asked.zones.put_zone(name("inactive.test"))
    assert asked.zones.find(name("inactive.test")).origin == name("inactive.test")
    assert asked.delegation("inactive.test") == {NS}


# Names that the registry cannot have


@pytest.mark.parametrize("label", [b"a.b", b"\xe9", b"\0", b" ", b"*", b"quay.test"])
def test_names_that_no_registry_has_do_not_exist(asked, label):
    for tail in ((b"test",), (b"quay", b"test")):
        assert look_up(asked.zones, (label, *tail), A).rcode == NXDOMAIN


def test_servers_and_addresses_that_dns_cannot_carry_are_left_out(asked):
    # The API takes objects that EPP would refuse.
    asked.put("odd.test", f"{'x' * 64}.test", "ns1.quay.test")
    assert asked.answers("odd.test", NS) == [b"\3ns1\4quay\4test\0"]
    asked.put("odder.test", f"{'x' * 64}.test")
    assert asked.rcode("odder.test") == NXDOMAIN


def test_a_world_makes_no_zone_and_no_registry_before_the_first_question():
    world = make_world()
    world.reset()
    assert not world.registry._begun
    assert world.zones._computed._layout_now is None


def test_who_hears_of_a_zone_finds_it(asked):
    # The announcement was made before the zone was found, and the miss was remembered.
    assert asked.zones.version
    heard = []
    asked.zones.on_change.append(lambda origin: heard.append((origin, asked.zones.find(origin).origin)))
    asked.zones.put_zone(name("a.b.test"))
    asked.zones.remove_zone(name("a.b.test"))
    assert heard == [
        (name("a.b.test"), name("a.b.test")),
        (name("test"), name("test")),
        (name("a.b.test"), name("test")),
        (name("test"), name("test")),
    ]
