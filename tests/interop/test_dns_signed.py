"""Validators of other authors: delv, drill, unbound; and those of whole zones: ldns, Knot, BIND."""

import subprocess

import pytest
from msgspec.structs import replace
from world.zones.test_signing import example

from homeport.protocol.faults import Do, Plan
from homeport.world.registry.objects import DelegationSigner
from homeport.world.zones.edits import edits_to
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import DNSKEY
from homeport.world.zones.signing import Policy, denial
from homeport.world.zones.signing.keys import generate
from homeport.world.zones.signing.numbers import ALGORITHMS

ORIGIN = parse_name("example.test")
KINDS = ("nsec", "nsec3")
SECURE = [
    ("ns.example.test", "A"),
    ("example.test", "DNSKEY"),
    ("example.test", "CDS"),
    ("any.wild.example.test", "TXT"),
    ("any.any.wild.example.test", "TXT"),
    ("alias.example.test", "TXT"),
    ("a.b.old.example.test", "TXT"),
]
DENIED = [
    ("nope.example.test", "A"),
    ("deep.nope.example.test", "A"),
    ("below.x.wild.example.test", "TXT"),
    ("x.b.c.example.test", "A"),
    ("ns.example.test", "AAAA"),
    ("c.example.test", "A"),
    ("b.c.example.test", "A"),
    ("any.wild.example.test", "A"),
    ("sub.example.test", "DS"),
]


@pytest.fixture
def signed_farm(start_farm):
    """Return a function that starts a farm with a signed example.test."""

    def start(kind="nsec", algorithm="ecdsap256sha256"):
        farm = start_farm("dns")

        def sign():
            zones, zone = farm.world.zones, example()
            zones.put_zone(ORIGIN, [(one.name, one.rrset) for one in edits_to(zone, dict(zone.nodes())) if one.rrset])
            zones.keys.set_policy(ORIGIN, Policy(denial=kind))
            if algorithm != "ecdsap256sha256":
                old = zones.keys.of(ORIGIN).keys[0].tag
                zones.keys.add(ORIGIN, generate(zones.keys.next_recipe(ORIGIN, ALGORITHMS[algorithm])))
                zones.keys.remove(ORIGIN, old)

        farm.call(sign)
        return farm

    return start


@pytest.fixture
def anchors(tmp_path):
    """Return a function that writes the trust anchors of example.test as BIND has them, and as zone files do."""

    def write(farm, origin="example.test"):
        import dns.rdata

        name = parse_name(origin)
        data = farm.call(lambda: farm.world.zones.find(name).node(name)[DNSKEY].data)
        keys = [dns.rdata.from_wire("IN", "DNSKEY", one, 0, len(one)).to_text().split(" ", 3) for one in data]
        bind, plain = tmp_path / "anchors.conf", tmp_path / "anchors.key"
        lines = [f'{origin}. static-key {" ".join(one[:3])} "{one[3].replace(" ", "")}";' for one in keys]
        bind.write_text(f"trust-anchors {{ {' '.join(lines)} }};\n")
        plain.write_text("".join(f"{origin}. 3600 IN DNSKEY {' '.join(one)}\n" for one in keys))
        return bind, plain

    return write


@pytest.mark.parametrize("size", ["chain", "minimal"])
@pytest.mark.parametrize("kind", KINDS)
def test_delv_validates_every_kind_of_answer(signed_farm, anchors, client, run, monkeypatch, kind, size):
    if size == "minimal":
        monkeypatch.setattr(denial, "MAX_CHAIN_NAMES", 1)
    farm = signed_farm(kind)
    bind, _plain = anchors(farm)

    def validated(name, type_text):
        words = ("@127.0.0.1", "-p", farm.port("dns", "udp"), "-a", bind, "+root=example.test", name, type_text)
        return run(client("delv"), *words).decode()

    for name, type_text in SECURE:
        assert "; fully validated" in validated(name, type_text), (name, type_text)
    for name, type_text in DENIED:
        assert "; negative response, fully validated" in validated(name, type_text), (name, type_text)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_delv_validates_every_algorithm(signed_farm, anchors, client, run, algorithm):
    farm = signed_farm(algorithm=algorithm)
    bind, _plain = anchors(farm)
    words = ("@127.0.0.1", "-p", farm.port("dns", "udp"), "-a", bind, "+root=example.test")
    assert b"; fully validated" in run(client("delv"), *words, "ns.example.test", "A")
    assert b"; negative response, fully validated" in run(client("delv"), *words, "nope.example.test", "A")


def test_delv_refuses_an_answer_whose_signature_a_fault_has_broken(signed_farm, anchors, client):
    farm = signed_farm()
    bind, _plain = anchors(farm)
    farm.call(farm.world.faults.add, Plan(service="dns", do=Do(frame="bogus"), times=0))
    words = ("@127.0.0.1", "-p", str(farm.port("dns", "udp")), "-a", str(bind), "+root=example.test")
    done = subprocess.run([client("delv"), *words, "ns.example.test", "A"], capture_output=True, text=True, check=False)
    assert "resolution failed: broken trust chain" in done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_delv_validates_a_tld_and_the_worlds_own_zone_by_the_key_of_the_tld(start_farm, anchors, client, run, kind):
    farm = start_farm("dns", dns={"denial": kind})
    bind, _plain = anchors(farm, "test")

    def asked(name, type_text):
        words = ("@127.0.0.1", "-p", farm.port("dns", "udp"), "-a", bind, "+root=test", name, type_text)
        return run(client("delv"), *words).decode()

    for name, type_text in (
        ("test", "SOA"),
        ("homeport.test", "DS"),
        ("homeport.test", "SOA"),
        ("homeport.test", "NS"),
    ):
        assert "; fully validated" in asked(name, type_text), (name, type_text)
    for name, type_text in (
        ("nope.test", "A"),
        ("nope.homeport.test", "A"),
        ("test", "TXT"),
        ("lighthouse.test", "DS"),
    ):
        assert "; negative response, fully validated" in asked(name, type_text), (name, type_text)
    assert "; unsigned answer" in asked("lighthouse.test", "A")  # whose registrar has given no DS


def test_a_registered_name_is_secure_once_the_registry_has_its_cds(start_farm, anchors, client, run):
    farm = start_farm("dns")
    bind, _plain = anchors(farm, "test")
    server = ("@127.0.0.1", "-p", farm.port("dns", "udp"))

    def validated():
        return run(client("delv"), *server, "-a", bind, "+root=test", "www.lighthouse.test", "A").decode()

    tag, algorithm, kind, *digest = run(client("dig"), *server, "+short", "lighthouse.test", "CDS").decode().split()
    signer = DelegationSigner(
        key_tag=int(tag), algorithm=int(algorithm), digest_type=int(kind), digest="".join(digest).upper()
    )

    def register():
        changes = farm.world.registry.begin()
        changes.put(replace(changes.domain("lighthouse.test"), signers=(signer,)))
        farm.world.registry.commit(changes)

    assert "; unsigned answer" in validated()
    farm.call(register)
    assert "; fully validated" in validated()


def test_drill_chases_signatures_to_the_key(signed_farm, anchors, client, run):
    farm = signed_farm()
    _bind, plain = anchors(farm)
    words = ("-S", "-k", plain, "@127.0.0.1", "-p", farm.port("dns", "udp"))
    shown = run(client("drill"), *words, "ns.example.test", "A").decode()
    assert ";; Chase successful" in shown


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("ldns-verify-zone", ["{file}"]),
        ("kzonecheck", ["-o", "example.test", "-d", "on", "{file}"]),
        ("dnssec-verify", ["-z", "-o", "example.test", "{file}"]),
        ("named-checkzone", ["-i", "none", "example.test", "{file}"]),
    ],
)
def test_checkers_of_zones_accept_a_transferred_one(signed_farm, client, run, tmp_path, kind, command, words):
    farm = signed_farm(kind)
    transferred = run(
        client("dig"), "@127.0.0.1", "-p", farm.port("dns", "tcp"), "+onesoa", "+nocookie", "example.test", "AXFR"
    )
    file = tmp_path / "zone"
    file.write_bytes(transferred)
    assert transferred.count(b"RRSIG") > 20
    run(client(command), *(one.format(file=file) for one in words))


@pytest.mark.parametrize("kind", KINDS)
def test_unbound_validates_for_its_clients(signed_farm, anchors, start_unbound, kind):
    farm = signed_farm(kind)
    _bind, plain = anchors(farm)
    lines = (f'trust-anchor-file: "{plain}"', 'module-config: "validator iterator"')
    asked = start_unbound(farm.port("dns", "udp"), ("example.test",), *lines)
    for name, type_text in SECURE:
        assert " ad;" in asked("+adflag", name, type_text), (name, type_text)
    for name, type_text in DENIED:
        answer = asked("+adflag", name, type_text)
        assert " ad;" in answer, (name, type_text)
        assert "ANSWER: 0" in answer
