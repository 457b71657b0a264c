"""DNSSEC of answers: what a client gets with DO and without it. Validity is the concern of tests/world/zones."""

import dns.dnssec
import dns.message
import dns.name
import dns.rdatatype
import pytest
from conftest import NOW
from services.dns.conftest import APEX, Client, put_example_zone

from homeport.protocol.effects import AwaitFlush, Send
from homeport.protocol.events import Data, Flushed, Opened
from homeport.services import find_service
from homeport.world.journal import JournalOptions
from homeport.world.world import World, WorldContents
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import TYPES, RRset
from homeport.world.zones.signing import Policy
from homeport.world.zones.signing.signatures import Signatures

ORIGIN = parse_name(APEX)


def types(reply, section="answer"):
    return [dns.rdatatype.to_text(one.rdtype) for one in getattr(reply.message, section)]


def world_with(seed=0, **options):
    """Return a world with these options of [dns]."""
    contents = WorldContents(seed=seed)
    made = World("w", contents, JournalOptions(), lambda: NOW, {"dns": find_service("dns").options(**options)})
    put_example_zone(made)
    made.zones.keys.set_policy(ORIGIN, Policy())
    return made


@pytest.fixture
def world():
    """Return a world in which example.test is signed."""
    return world_with()


@pytest.fixture
def signed(client):
    """Return a function that asks with DO."""

    def ask(name, kind="A", **query):
        return client().ask(name, kind, want_dnssec=True, payload=4096, **query)

    return ask


def test_an_answer_has_signatures_only_with_do(client, signed):
    assert types(client().ask("www")) == ["A"]
    assert types(client().ask("www", use_edns=0)) == ["A"]
    assert types(signed("www")) == ["A", "RRSIG"]
    assert dns.flags.DO in dns.flags.EDNSFlag(signed("www").message.ednsflags)


def test_the_signature_is_valid_by_the_keys_that_are_served(client, signed):
    answer = signed("www").message
    keys = signed("", "DNSKEY").message.find_rrset("answer", dns.name.from_text(APEX), "IN", "DNSKEY")
    now = client().world.journal.real()
    dns.dnssec.validate(answer.answer[0], answer.answer[1], {keys.name: keys}, now=now)


def test_a_negative_answer_has_its_proof_only_with_do(client, signed):
    assert types(client().ask("nope"), "authority") == ["SOA"]
    assert sorted(types(signed("nope"), "authority")) == ["NSEC", "NSEC", "RRSIG", "RRSIG", "RRSIG", "SOA"]
    assert types(signed("www", "MX"), "authority") == ["SOA", "RRSIG", "NSEC", "RRSIG"]


def test_the_names_between_which_a_denied_one_lies_are_not_counted_as_data(signed):
    assert signed("nope").rcode == "NXDOMAIN"
    assert not signed("nope").message.answer


def test_a_referral_has_ds_only_with_do(world, client, signed):
    world.zones.stored[ORIGIN].put((b"sub", *ORIGIN), RRset(TYPES["DS"], 300, (b"\0\1\x0d\2" + bytes(32),)))
    world.zones.touch()
    assert types(client().ask("x.sub"), "authority") == ["NS"]
    assert types(signed("x.sub"), "authority") == ["NS", "DS", "RRSIG"]
    assert types(client().ask("sub", "DS")) == ["DS"]


def test_nsec_and_rrsig_can_be_asked_for(client, signed):
    assert types(client().ask("www", "NSEC")) == ["NSEC"]
    assert types(signed("www", "NSEC")) == ["NSEC", "RRSIG"]
    assert types(signed("any.wild", "NSEC")) == ["NSEC", "RRSIG"]  # the wildcard's: its bitmap says that there is one
    assert types(signed("any.wild", "NSEC"), "authority") == ["NSEC", "RRSIG"]  # any.wild itself does not exist
    assert types(client().ask("any.wild", "RRSIG")) == ["RRSIG"]
    assert types(client().ask("www", "RRSIG")) == ["RRSIG"]
    assert types(signed("www", "RRSIG")) == ["RRSIG"]


def test_a_truncated_answer_over_udp_is_whole_over_tcp(client):
    query = {"want_dnssec": True, "payload": 512}
    truncated = client().ask("no.such.name", **query)
    assert "TC" in truncated.flags
    assert len(truncated.wire) <= 512
    whole = client().ask("no.such.name", transport="tcp", **query)
    assert sorted(types(whole, "authority")) == ["NSEC", "NSEC", "RRSIG", "RRSIG", "RRSIG", "SOA"]


def test_ad_is_set_only_by_option_and_for_clients_that_know_it(client):
    trusted = client(authentic_data=True)
    assert "AD" not in client().ask("www", want_dnssec=True).flags
    assert "AD" in trusted.ask("www", want_dnssec=True).flags
    assert "AD" in trusted.ask("www", flags=dns.flags.AD).flags
    assert "AD" in trusted.ask("nope", flags=dns.flags.AD).flags
    assert "AD" not in trusted.ask("www").flags
    assert "AD" not in trusted.ask("x.sub", flags=dns.flags.AD).flags  # a referral


def test_a_zone_that_is_not_signed_has_no_signatures(world, client):
    world.zones.keys.set_policy(ORIGIN, Policy(signed=False))
    assert types(client().ask("nope", want_dnssec=True), "authority") == ["SOA"]
    assert not client().ask("", "DNSKEY").message.answer
    assert "AD" not in client(authentic_data=True).ask("www", flags=dns.flags.AD).flags


def test_signatures_follow_the_real_clock_or_by_option_that_of_the_world():
    for signed_by, ahead in (("real", 0), ("world", 365)):
        world = world_with(signed_by=signed_by)
        world.clock.advance(365 * 86_400)
        signature = Client(world).ask("www", want_dnssec=True, payload=4096).message.answer[1][0]
        days = (signature.expiration - world.journal.real()) / 86_400
        assert ahead + 29 <= days <= ahead + 30


def test_worlds_have_the_same_keys_only_if_they_were_given_a_seed():
    def key(seed):
        return Client(world_with(seed)).ask("", "DNSKEY").texts()

    assert key(7) == key(7)
    assert key(7) != key(8)
    assert key(0) != key(0)


def test_keys_are_the_same_after_a_reset(world, client):
    before = client().ask("", "DNSKEY").texts()
    world.zones.keys.add(ORIGIN, world.zones.keys.next_recipe(ORIGIN))
    assert len(client().ask("", "DNSKEY").texts()) == 2
    world.reset()
    put_example_zone(world)
    world.zones.keys.set_policy(ORIGIN, Policy())
    assert client().ask("", "DNSKEY").texts() == before


def test_a_roll_of_keys_moves_the_serial_number(world, client):
    changed = []
    world.zones.on_change.append(changed.append)
    before, version = world.zones.stored[ORIGIN].serial, world.zones.version
    world.zones.keys.add(ORIGIN, world.zones.keys.next_recipe(ORIGIN))
    assert world.zones.stored[ORIGIN].serial > before
    assert world.zones.version > version
    assert changed[0] == ORIGIN  # and its TLD, which has the DS


def test_a_signed_zone_is_transferred_in_steps_of_a_few_signatures(world, client, monkeypatch):
    made = []
    sign = Signatures.sign
    monkeypatch.setattr(Signatures, "sign", lambda *words: made.append(1) or sign(*words))
    service = find_service("dns")
    session = service.session(client().context("tcp"))
    session.handle(Opened())
    query = dns.message.make_query(APEX, "AXFR", flags=0).to_wire()
    effects, most, sent = list(session.handle(Data(len(query).to_bytes(2) + query))), 0, b""
    while AwaitFlush() in effects:
        sent += b"".join(bytes(one.data) for one in effects if isinstance(one, Send))
        before = len(made)
        effects = list(session.handle(Flushed()))
        most = max(most, len(made) - before)
    assert len(made) > 50
    assert most <= 30
    records = []
    while sent:
        size = int.from_bytes(sent[:2])
        records += dns.message.from_wire(sent[2 : 2 + size], one_rr_per_rrset=True).answer
        sent = sent[2 + size :]
    assert (records[0].rdtype, records[-1].rdtype) == (dns.rdatatype.SOA, dns.rdatatype.SOA)
    assert sum(one.rdtype == dns.rdatatype.RRSIG for one in records) == len(made)
    assert {dns.rdatatype.NSEC, dns.rdatatype.DNSKEY, dns.rdatatype.CDS} <= {one.rdtype for one in records}
