"""Whatever commands, acts and the clock did: each answer is that of zones written out by hand at that time."""

from conftest import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.world.registry.test_properties import CONTACTS, HOSTS, NAMES, ZONES, Acts, living

from homeport.world.journal import JournalOptions
from homeport.world.registry import DelegationSigner, Domain, Host, Registrar, RegistryContents, Zone
from homeport.world.registry.interventions import change_statuses, delete_domain
from homeport.world.registry.lifecycle import restore
from homeport.world.world import World, WorldContents
from homeport.world.zones.lookup import look_up
from homeport.world.zones.name import is_below, parse_name
from homeport.world.zones.origins import SERVER, soa_rrset
from homeport.world.zones.rdata import address, ds, mx, txt
from homeport.world.zones.rrset import AAAA, ANY, DS, MX, NS, SOA, TXT, A, RRset
from homeport.world.zones.signing import Policy
from homeport.world.zones.zone import StoredZone

DAY = 86_400.0
TEST = parse_name("test")
HELD = parse_name("c.test")
HIDDEN = ("serverHold", "clientHold")
ASKED = sorted(
    {
        parse_name(f"{before}{one}")
        for before in ("", "www.", "x.", "a.www.")
        for one in (*NAMES, *HOSTS, "x.ns.b.test", "test", "nope.test", "homeport.test", "ns.homeport.test")
    }
    | {parse_name(f"x{one}") for one in HOSTS}
)
QUESTIONS = [(name, type_) for name in ASKED for type_ in (A, NS, DS, MX, SOA, ANY)]


class MoreActs(Acts):
    """Acts of which only zones see the effect."""

    def release(changes, name, _host, _contact):
        if one := living(changes, name):
            change_statuses(changes, one, remove=("serverHold",))

    def sign(changes, name, host, _contact):
        if one := living(changes, name):
            signer = DelegationSigner(key_tag=len(host), algorithm=13, digest_type=2, digest="AB" * 32)
            changes.put(replace(one, signers=() if one.signers else (signer,)))

    def move_host(changes, _name, host, contact):
        if one := changes.host(host):
            changes.put(replace(one, addresses=("192.0.2.7", "2001:db8::7") if contact == CONTACTS[0] else ()))

    def undelegate(changes, name, _host, _contact):
        if one := living(changes, name):
            changes.put(replace(one, nameservers=()))

    def lose_and_restore(changes, name, _host, contact):
        if one := living(changes, name):
            delete_domain(changes, one, at_once=False)
            if contact == CONTACTS[0]:
                restore(changes, changes.domain(name))


ACTS = (
    *Acts.ALL,
    *(value for key, value in vars(MoreActs).items() if callable(value) and not key.startswith("_")),
    "put zone",
    "remove zone",
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from(NAMES),
        st.sampled_from(HOSTS),
        st.sampled_from(CONTACTS),
        st.sampled_from((0, 0, 60, 5 * DAY, 30 * DAY, 45 * DAY, 400 * DAY)),
    ),
    max_size=12,
)


def make(**zone):
    registry = RegistryContents(
        zones=(Zone(name="test", **zone),),
        registrars=tuple(Registrar(id=one, name=one, balance=1000.0) for one in ("ours", "theirs")),
        hosts=tuple(
            Host(name=one, roid=f"H{at}-X", registrar="ours", created=0, addresses=(f"192.0.2.{at}",))
            for at, one in enumerate(HOSTS)
        ),
        domains=tuple(
            Domain(name=one, roid=f"D{at}-X", registrar="ours", created=0, expires=300 * DAY, nameservers=hosts)
            for at, (one, hosts) in enumerate(zip(NAMES, (HOSTS[1:], HOSTS[:2], HOSTS[2:]), strict=True))
        ),
    )
    world = World("default", WorldContents(registry=registry), JournalOptions(), lambda: NOW)
    world.zones.keys.set_default(Policy(signed=False))
    return world


def run(world, step):
    act, name, host, contact, seconds = step
    if act == "put zone":
        world.zones.put_zone(HELD, [((b"www", *HELD), RRset(A, 60, (address("192.0.2.33"),)))])
    elif act == "remove zone":
        world.zones.remove_zone(HELD)
    else:
        changes = world.registry.begin()
        act(changes, name, host, contact)
        world.registry.commit(changes)
    world.clock.advance(seconds)


class Written:
    """Zones written out from all objects of the registry."""

    def __init__(self, world):
        self.zones = dict(world.zones.stored)
        own = world.zones.find(SERVER)
        if own is not None and own.origin != TEST:
            self.zones[own.origin] = own
        self.registry = world.registry
        self.serial = world.zones.find(TEST).serial
        self.gone = [parse_name(one.name) for one in self.registry.domains.values() if self.hidden(one)]
        delegated = {
            parse_name(one.name): one
            for one in self.registry.domains.values()
            if not self.hidden(one) and one.nameservers
        }
        self.tld = self.zones[TEST] = StoredZone(TEST, soa_rrset(self.serial))
        self.tld.put(TEST, RRset(NS, 60, (b"\x02ns\x08homeport\x04test\0",)))
        self.tld.put(SERVER, RRset(A, 60, (address("127.0.0.1"),)))
        for origin, zone in world.zones.stored.items():
            if origin not in delegated and not self.is_gone(origin):
                self.tld.put(origin, zone.node(origin)[NS])
        if own is not None and own.origin != TEST:
            self.tld.put(own.origin, own.node(own.origin)[NS])
        for origin, domain in delegated.items():
            self.tld.put(origin, servers(domain))
            if domain.signers:
                signers = tuple(ds(one.key_tag, one.algorithm, 2, b"\xab" * 32) for one in domain.signers)
                self.tld.put(origin, RRset(DS, 60, signers))
            for host in domain.nameservers:
                if host.endswith(".test"):
                    self.put_addresses(self.tld, host)
            if origin not in self.zones and any(one.endswith(".test") for one in domain.nameservers):
                self.zones[origin] = self.child(origin, domain)

    def hidden(self, domain):
        states = self.registry.rgp_statuses(domain)
        return (
            bool({"redemptionPeriod", "pendingDelete"} & {*states})
            or any(one in HIDDEN for one in domain.statuses)
            or domain.pending == "create"
        )

    def is_gone(self, origin):
        return any(is_below(origin, one) for one in self.gone)

    def put_addresses(self, zone, text):
        host = self.registry.hosts.get(text)
        for type_, marked in ((A, "."), (AAAA, ":")):
            data = tuple(address(one) for one in (host.addresses if host else ()) if marked in one)
            if data:
                zone.put(parse_name(text), RRset(type_, 60, data))

    def child(self, origin, domain):
        zone = StoredZone(origin, soa_rrset(self.serial))
        zone.put(origin, servers(domain))
        zone.put(origin, RRset(MX, 60, (mx(10, parse_name("mail.homeport.test")),)))
        zone.put(origin, RRset(TXT, 60, (txt(b"v=spf1 mx -all"),)))
        for name in (origin, (b"www", *origin)):
            zone.put(name, RRset(A, 60, (address("127.0.0.1"),)))
        for text in self.registry.hosts:
            if is_below(parse_name(text), origin):
                self.put_addresses(zone, text)
        return zone

    def find(self, name):
        for at in range(len(name)):
            if name[at:] in self.zones and not self.is_gone(name[at:]):
                return self.zones[name[at:]]
        return None


def servers(domain):
    wires = (
        b"".join(bytes((len(label),)) + label.encode() for label in (*one.split("."), "")) for one in domain.nameservers
    )
    return RRset(NS, 60, tuple(dict.fromkeys(wires)))


def shown(found):
    """Return an answer in a form that compares: zones by origin, sections without their order."""
    sections = [
        sorted(
            ((one.owner, one.rrset.type, one.rrset.ttl, sorted(one.rrset.data), one.zone.origin, one.source or ()))
            for one in section
        )
        for section in (found.answer, found.authority, found.additional)
    ]
    proofs = [(one.kind, one.zone.origin, one.name, one.encloser) for one in found.proofs]
    return found.rcode, found.authoritative, found.in_bailiwick, sections, sorted(proofs)


def records(zone):
    return {
        (name, rrset.type, rrset.ttl, frozenset(rrset.data))
        for name, node in zone.nodes()
        for rrset in node.values()
        if rrset.type != SOA
    }


@settings(max_examples=80)
@given(ZONES, STEPS, st.randoms(use_true_random=False))
def test_answers_are_those_of_zones_written_out(zone, steps, chance):
    world = make(**zone)
    before, serial, version = None, None, None
    for step in steps:
        run(world, step)
        written = Written(world)
        tld = world.zones.find(TEST)
        assert records(tld) == records(written.tld)
        if before is not None and before != records(tld):
            assert tld.serial > serial
            assert world.zones.version != version
        before, serial, version = records(tld), tld.serial, world.zones.version
        for name, type_ in chance.sample(QUESTIONS, 40):
            assert shown(look_up(world.zones, name, type_)) == shown(look_up(written, name, type_)), (name, type_)
        for origin, one in written.zones.items():
            if not written.is_gone(origin):
                assert records(world.zones.find(origin)) == records(one)
