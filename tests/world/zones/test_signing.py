"""Signed zones: signatures and denials, as a validator sees them."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world.zones.stored import soa_of
from world.zones.validator import Validator

from homeport.world.zones.edits import Edit, ZoneProblem, apply_edits
from homeport.world.zones.lookup import look_up
from homeport.world.zones.name import is_below, name_wire, parse_name
from homeport.world.zones.rrset import (
    AAAA,
    CDNSKEY,
    CDS,
    CNAME,
    DNAME,
    DNSKEY,
    DS,
    MX,
    NS,
    NSEC,
    NSEC3,
    NSEC3PARAM,
    RRSIG,
    SOA,
    TXT,
    A,
    RRset,
)
from homeport.world.zones.signing import Keys, Policy, ask_records, complete, denial, whole
from homeport.world.zones.signing.keys import KeyProblem, generate
from homeport.world.zones.signing.numbers import ECDSA_P256, ED25519, RSA_SHA256
from homeport.world.zones.zone import StoredZone

NOW = 1_792_000_000.0
ORIGIN = parse_name("example.test")
TEXT = RRset(TXT, 300, (b"\x01x",))
HOST = RRset(A, 300, (b"\xc0\0\2\1",))
KINDS = ("nsec", "nsec3")


def named(text):
    return parse_name(text, ORIGIN)


class Zones:
    """The zones of a world, those that are signed as they are served."""

    def __init__(self, *zones, policy=Policy()):  # noqa: B008 - immutable
        self.stored = {one.origin: one for one in zones}
        self.keys = Keys(b"secret", self.stored.__contains__)
        self.keys.configure(dict.fromkeys(self.stored, policy))
        self.changes = 0

    @property
    def version(self):
        return self.changes

    def find(self, name):
        for at in range(len(name) + 1):
            if name[at:] in self.stored:
                return self.keys.view(self.stored[name[at:]])
        return None

    def answer(self, text, type_number, origin=ORIGIN):
        found = look_up(self, parse_name(text, origin), type_number)
        complete(self, found, NOW)
        return found


def example(*more):
    """Return a zone with every kind of name."""
    zone = StoredZone(ORIGIN, soa_of(7))
    zone.put(ORIGIN, RRset(NS, 3600, (name_wire(named("ns")),)))
    zone.put(ORIGIN, RRset(MX, 3600, (b"\0\x0a" + name_wire(named("mail")),)))
    zone.put(named("ns"), HOST)
    zone.put(named("mail"), HOST)
    zone.put(named("a.b.c"), TEXT)  # b.c and c are empty non-terminals
    zone.put(named("*.wild"), TEXT)
    zone.put(named("x.wild"), HOST)
    zone.put(named("sub"), RRset(NS, 3600, (name_wire(named("ns.sub")),)))
    zone.put(named("ns.sub"), HOST)
    zone.put(named("secure"), RRset(NS, 3600, (name_wire(named("ns")),)))
    zone.put(named("secure"), RRset(DS, 3600, (b"\0\1\x0d\2" + bytes(32),)))
    zone.put(named("alias"), RRset(CNAME, 60, (name_wire(named("any.wild")),)))
    zone.put(named("old"), RRset(DNAME, 60, (name_wire(named("c")),)))
    for name, rrset in more:
        zone.put(named(name), rrset)
    return zone


@pytest.fixture(params=[(kind, size) for kind in KINDS for size in ("chain", "minimal")], ids="-".join)
def zones(request, monkeypatch):
    kind, size = request.param
    if size == "minimal":
        monkeypatch.setattr(denial, "MAX_CHAIN_NAMES", 1)
    return Zones(example(), policy=Policy(denial=kind))


def validate(zones, text, type_number, origin=ORIGIN):
    """Return an answer that a validator accepts."""
    found = zones.answer(text, type_number, origin)
    zone = zones.find(origin)
    Validator.of(zone, NOW).validate(found, parse_name(text, origin), type_number)
    return found


@pytest.mark.parametrize(
    ("name", "type_number", "rcode"),
    [
        ("", SOA, 0),
        ("", DNSKEY, 0),
        ("", CDS, 0),
        ("", CDNSKEY, 0),
        ("", MX, 0),
        ("", AAAA, 0),
        ("ns", A, 0),
        ("ns", AAAA, 0),
        ("nope", A, 3),
        ("deep.below.nope", A, 3),
        ("0", A, 3),
        ("zzz", A, 3),
        (r"\000", A, 3),
        (r"\255", A, 3),
        (r"ns\000", A, 3),
        (r"\000.ns", A, 3),
        ("[", A, 3),
        ("@", A, 3),
        ("x" * 63, A, 3),
        (r"\255" * 63, A, 3),
        ("c", A, 0),
        ("b.c", A, 0),
        ("x.c", A, 3),
        ("x.b.c", A, 3),
        ("y.x.a.b.c", A, 3),
        ("wild", TXT, 0),
        ("any.wild", TXT, 0),
        ("any.any.wild", TXT, 0),
        ("any.wild", A, 0),
        ("*.wild", TXT, 0),
        ("*.wild", A, 0),
        ("x.wild", TXT, 0),
        ("below.x.wild", TXT, 3),
        ("alias", TXT, 0),
        ("alias", A, 0),
        ("alias", CNAME, 0),
        ("sub", A, 0),
        ("deep.sub", A, 0),
        ("sub", DS, 0),
        ("secure", A, 0),
        ("deep.secure", A, 0),
        ("secure", DS, 0),
        ("old", A, 0),
        ("old", DNAME, 0),
        ("x.old", A, 3),
        ("b.old", A, 0),
        ("a.b.old", TXT, 0),
    ],
)
def test_a_validator_accepts_the_answer(zones, name, type_number, rcode):
    assert validate(zones, name, type_number).rcode == rcode


def test_a_referral_to_an_unsigned_zone_proves_that_it_has_no_ds(zones):
    found = validate(zones, "www.sub", A)
    kinds = [one.rrset.type for one in found.authority]
    assert kinds in ([NS, NSEC, RRSIG], [NS, NSEC3, RRSIG])
    assert [one.rrset.type for one in found.additional] == [A]  # glue has no signature


def test_a_referral_to_a_signed_zone_has_its_ds_and_no_denial(zones):
    found = validate(zones, "www.secure", A)
    assert [one.rrset.type for one in found.authority] == [NS, DS, RRSIG]


def test_additional_addresses_of_the_zone_are_signed(zones):
    found = validate(zones, "", MX)
    assert [one.rrset.type for one in found.additional] == [A, RRSIG]


def test_a_large_zone_answers_without_a_look_at_its_names(monkeypatch):
    monkeypatch.setattr(denial, "MAX_CHAIN_NAMES", 3)
    zones = Zones(example())
    validate(zones, "nope", A)
    seen = []
    stored = zones.stored[ORIGIN]
    monkeypatch.setattr(StoredZone, "nodes", lambda _self: seen.append(1) or iter(()))
    stored.put(named("new"), HOST)
    zones.changes += 1
    validate(zones, "nope2", A)
    assert validate(zones, "new", A).rcode == 0
    assert not seen


def test_the_chain_follows_changes():
    zones = Zones(example())
    assert validate(zones, "new", A).rcode == 3
    zones.stored[ORIGIN].put(named("new"), HOST)
    zones.changes += 1
    validate(zones, "new", A)
    validate(zones, "new", AAAA)
    validate(zones, "newer", A)
    zones.stored[ORIGIN].remove(named("new"), A)
    zones.changes += 1
    assert validate(zones, "new", A).rcode == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("algorithm", [ECDSA_P256, ED25519, RSA_SHA256])
def test_each_algorithm_signs(algorithm, kind):
    zones = Zones(example())
    zones.keys.set_policy(ORIGIN, Policy(denial=kind))
    first = zones.keys.of(ORIGIN).keys[0]
    zones.keys.add(ORIGIN, generate(zones.keys.next_recipe(ORIGIN, algorithm)))
    zones.keys.remove(ORIGIN, first.tag)
    assert zones.keys.of(ORIGIN).keys[0].algorithm == algorithm
    validate(zones, "nope.nope", A)
    validate(zones, "any.wild", TXT)
    validate(zones, "", DNSKEY)


def test_the_same_secret_gives_the_same_keys_and_another_one_others():
    first, second, other = (Keys(one).of(ORIGIN) for one in (b"secret", b"secret", b"other"))
    assert first.keys[0].dnskey == second.keys[0].dnskey
    assert first.keys[0].dnskey != other.keys[0].dnskey
    assert first.keys[0].dnskey != Keys(b"secret").of(named("sub")).keys[0].dnskey


def test_no_representation_has_a_secret():
    keys = Keys(b"do-not-tell")
    recipe = generate(keys.next_recipe(ORIGIN, RSA_SHA256))
    key = keys.add(ORIGIN, recipe)
    shown = repr([keys, key, recipe, keys.rows(), keys.of(ORIGIN), vars(keys.of(ORIGIN))])
    assert "do-not-tell" not in shown
    assert repr(recipe.der)[2:40] not in shown


def test_a_roll_signs_with_both_keys_until_the_old_one_is_removed():
    zones = Zones(example())
    old = zones.keys.of(ORIGIN).keys[0]
    new = zones.keys.add(ORIGIN, zones.keys.next_recipe(ORIGIN, ED25519))
    found = validate(zones, "ns", A)  # which wants a signature of each algorithm (RFC 6840 5.11)
    assert len(found.answer[1].rrset.data) == 2
    assert len(zones.find(ORIGIN).node(ORIGIN)[CDS].data) == 2
    zones.keys.remove(ORIGIN, old.tag)
    assert [one.tag for one in zones.keys.of(ORIGIN).keys] == [new.tag]
    assert len(validate(zones, "ns", A).answer[1].rrset.data) == 1
    kept = Keys(b"secret")
    kept.restore(zones.keys.rows())
    assert kept.of(ORIGIN).keys[0].dnskey == new.dnskey


def test_the_last_key_stays_and_their_number_is_bounded():
    keys = Zones(example()).keys
    with pytest.raises(KeyProblem, match="the only key"):
        keys.remove(ORIGIN, keys.of(ORIGIN).keys[0].tag)
    with pytest.raises(KeyProblem, match="no key"):
        keys.remove(ORIGIN, 65_536)
    for _ in range(3):
        keys.add(ORIGIN, keys.next_recipe(ORIGIN))
    with pytest.raises(KeyProblem, match="remove one first"):
        keys.next_recipe(ORIGIN)


def test_a_stored_zone_is_signed_only_if_it_has_a_policy():
    zones = Zones(example())
    zones.keys.configure({})
    assert zones.find(ORIGIN) is zones.stored[ORIGIN]
    assert zones.keys.of(parse_name("other.test")) is not None
    zones.keys.set_policy(ORIGIN, Policy())
    validate(zones, "ns", A)


def test_a_zone_that_is_not_signed_has_nothing_added():
    zones = Zones(example(), policy=Policy(signed=False))
    found = zones.answer("nope", A)
    assert [one.rrset.type for one in found.authority] == [SOA]
    assert DNSKEY not in zones.find(ORIGIN).node(ORIGIN)
    with pytest.raises(KeyProblem, match="not signed"):
        zones.keys.next_recipe(ORIGIN)


def test_the_parent_has_the_ds_of_a_signed_zone_of_the_world():
    parent, child = example(), StoredZone(named("sub"), soa_of(1))
    zones = Zones(parent, child)
    found = validate(zones, "sub", DS)
    assert found.answer[0].rrset.data == (zones.keys.of(named("sub")).keys[0].ds,)
    assert found.answer[0].zone.origin == ORIGIN
    zones.keys.set_policy(named("sub"), Policy(signed=False))
    zones.changes += 1
    validate(zones, "sub", DS)
    assert not look_up(zones, named("sub"), DS).answer


def test_the_ds_of_the_worlds_own_zone_is_that_of_its_keys_whatever_the_registry_has():
    registered = RRset(DS, 300, (b"\0\1\x0d\2" + bytes(32),))
    parent = example(("sub", registered), ("secure", registered))
    zones = Zones(parent, StoredZone(named("sub"), soa_of(1)), StoredZone(named("secure"), soa_of(1)))
    zones.keys = Keys(b"secret", zones.stored.__contains__, named("sub"))
    zones.keys.configure(dict.fromkeys(zones.stored, Policy()))
    assert validate(zones, "sub", DS).answer[0].rrset.data == (zones.keys.of(named("sub")).keys[0].ds,)
    assert validate(zones, "secure", DS).answer[0].rrset.data == registered.data
    zones.keys.set_policy(named("sub"), Policy(signed=False))
    zones.changes += 1
    assert not look_up(zones, named("sub"), DS).answer


def test_a_ds_is_the_digest_that_dnspython_makes():
    import dns.dnssec
    import dns.rdata

    key = Keys(b"secret").of(ORIGIN).keys[0]
    parsed = dns.rdata.from_wire("IN", "DNSKEY", key.dnskey, 0, len(key.dnskey))
    assert dns.dnssec.key_id(parsed) == key.tag
    assert dns.dnssec.make_ds("example.test.", parsed, "SHA256").to_wire() == key.ds


def test_standby_keys_and_cds_of_the_zone_itself_are_served():
    standby, delete = b"\1\1\3\x0d" + bytes(64), b"\0\0\0\0\0"
    zones = Zones(example(("", RRset(DNSKEY, 60, (standby,))), ("", RRset(CDS, 60, (delete,)))))
    node = zones.find(ORIGIN).node(ORIGIN)
    assert len(node[DNSKEY].data) == 2
    assert standby in node[DNSKEY].data
    assert node[CDS].data == (delete,)
    assert len(node) == len(list(node)) == len(set(node))
    validate(zones, "", DNSKEY)


def test_only_zones_with_nsec3_have_its_parameters():
    assert NSEC3PARAM not in Zones(example()).find(ORIGIN).node(ORIGIN)
    with_them = Zones(example(), policy=Policy(denial="nsec3")).find(ORIGIN).node(ORIGIN)
    assert with_them[NSEC3PARAM].data == (b"\1\0\0\0\0",)  # RFC 9276 3.1
    assert with_them[NSEC3PARAM].ttl == 0


def test_a_question_for_nsec_is_answered_at_a_name():
    zones = Zones(example())
    found = look_up(zones, named("ns"), NSEC)
    ask_records(zones, found, NSEC, NOW)
    assert [one.rrset.type for one in found.answer] == [NSEC]
    assert not found.authority
    complete(zones, found, NOW)
    Validator.of(zones.find(ORIGIN), NOW).validate(found, named("ns"), NSEC)
    empty = look_up(zones, named("c"), NSEC)
    ask_records(zones, empty, NSEC, NOW)
    assert not empty.answer


def test_a_question_for_rrsig_gets_one_of_the_names_signatures():
    zones = Zones(example())
    found = look_up(zones, named("ns"), RRSIG)
    ask_records(zones, found, RRSIG, NOW)
    assert [one.rrset.type for one in found.answer] == [RRSIG]


def test_signatures_stay_for_a_day_and_are_valid_before_and_after_it():
    zones = Zones(example())
    zone = zones.find(ORIGIN)
    rrset = zone.node(named("ns"))[A]
    sign = zones.keys.signatures.sign
    midnight = NOW // 86_400 * 86_400
    first = sign(zone.keys, named("ns"), rrset, midnight)
    assert sign(zone.keys, named("ns"), rrset, midnight + 86_399) is not first
    assert sign(zone.keys, named("ns"), rrset, midnight + 86_399) == first
    assert sign(zone.keys, named("ns"), rrset, midnight + 86_400) != first
    expiration, inception = (int.from_bytes(first.data[0][at : at + 4]) for at in (8, 12))
    assert (inception, expiration) == (midnight - 86_400, midnight + 30 * 86_400)


def test_the_cache_of_signatures_is_bounded(monkeypatch):
    from homeport.world.zones.signing import signatures

    monkeypatch.setattr(signatures, "MAX_KEPT", 10)
    zones = Zones(example())
    for number in range(50):
        validate(zones, f"n{number}", A)
    cache = zones.keys.signatures
    assert len(cache._young) + len(cache._old) <= 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_signed_zone_has_each_record_signed_and_one_chain(kind):
    zones = Zones(example(), policy=Policy(denial=kind))
    zone = zones.find(ORIGIN)
    pieces = list(whole(zones.keys, zone, NOW))
    records = [one for piece in pieces for one in piece]
    assert (records[0].owner, len(records[0].rrset.data)) == (ORIGIN, 1)
    checked = Validator.of(zone, NOW).signed_sets(records)
    unsigned = {(str(one.name), one.rdtype) for one, signed in checked if not signed}
    assert unsigned == {
        ("sub.example.test.", NS),
        ("secure.example.test.", NS),
        ("ns.sub.example.test.", A),
    }
    chain = {one.name: one[0].next for one, _ in checked if one.rdtype == (NSEC if kind == "nsec" else NSEC3)}
    if kind == "nsec3":
        from base64 import b32hexdecode

        chain = {b32hexdecode(name.labels[0].upper()): following for name, following in chain.items()}
    assert len(chain) == (10 if kind == "nsec" else 13)  # NSEC3 also at c, b.c and wild
    at, seen = next(iter(chain)), set()
    while at not in seen:
        seen.add(at)
        at = chain[at]
    assert seen == set(chain)


@pytest.mark.parametrize("kind", KINDS)
def test_answers_of_a_small_zone_have_the_records_of_its_whole_chain(kind):
    zones = Zones(example(), policy=Policy(denial=kind))
    records = [(one.owner, one.rrset) for piece in whole(zones.keys, zones.find(ORIGIN), NOW) for one in piece]
    for name in ("nope", "c", "x.wild", "deep.sub", "any.any.wild"):
        for owned in zones.answer(name, AAAA).authority:
            if owned.rrset.type in (NSEC, NSEC3):
                assert (owned.owner, owned.rrset) in records


LABELS = st.sampled_from([b"a", b"b", b"*", b"\0", b"a\0", b"\xff", b"[", b"@", b"-", b"z" * 63, b"b\xff"])
NAMES = st.lists(LABELS, min_size=0, max_size=4).map(lambda labels: (*labels, *ORIGIN))
SETS = st.sampled_from(
    [
        HOST,
        TEXT,
        RRset(NS, 60, (name_wire(parse_name("ns.other.test")),)),
        RRset(DNAME, 60, (name_wire(parse_name("other.test")),)),
        RRset(CNAME, 60, (name_wire(parse_name("www.other.test")),)),
    ]
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=150,
    report_multiple_bugs=False,
)
@given(st.lists(st.tuples(NAMES, SETS), max_size=8), st.lists(NAMES, min_size=1, max_size=4), st.data())
def test_any_answer_of_any_zone_is_valid(monkeypatch, contents, questions, data):
    monkeypatch.setattr(denial, "MAX_CHAIN_NAMES", data.draw(st.sampled_from([0, 1000])))
    zone = StoredZone(ORIGIN, soa_of(7))
    zone.put(ORIGIN, RRset(NS, 3600, (name_wire(parse_name("ns.other.test")),)))
    for name, rrset in contents:
        if not (rrset.type in (NS, DNAME) and b"*" in name):  # which is undefined (RFC 4592 4.2, 4.4)
            with suppress(ZoneProblem):
                apply_edits(zone, [Edit(name, rrset.type, rrset)])
    zones = Zones(zone, policy=Policy(denial=data.draw(st.sampled_from(KINDS))))
    validator = Validator.of(zones.find(ORIGIN), NOW)
    for name in [*questions, *(name for name, _ in contents)]:
        type_number = data.draw(st.sampled_from([A, TXT, DS, NS]))
        found = look_up(zones, name, type_number)
        if name[0] == b"*" and any(one.source for one in found.answer):
            continue  # dnspython takes the name for the wildcard of the signature
        complete(zones, found, NOW)
        validator.wildcards.clear()
        validator.validate(found, name, type_number)
        assert is_below(name, ORIGIN)
