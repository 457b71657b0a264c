"""The examples of RFC 5731, RFC 3915 and RFC 5910, in an order in which one registry can answer them all."""

import pytest
from epp_reference import folder, frames
from msgspec.structs import replace
from services.epp.desk import DAY, Desk

from homeport.services.epp import grammar
from homeport.services.epp.flow import EppError
from homeport.world.registry import Contact, Host, PostalInfo, Registrar, RegistryContents, Zone
from homeport.world.registry.dnssec import DnssecPolicy

CONTACTS = ("jd1234", "sh8013", "mak21")
SHORT_DIGESTS = DnssecPolicy(digests="any")
"""The examples of RFC 5910 have digests of ten octets, which no type has."""


@pytest.fixture
def desk() -> Desk:
    """Return the registry of the examples: TheRegistrar's example.com is to become NewRegistrar's."""
    folder()
    contacts = [
        Contact(id=name, roid=f"{name.upper()}-REP", registrar="TheRegistrar", postal=PostalInfo(), created=-DAY)
        for name in CONTACTS
    ]
    return Desk(
        RegistryContents(
            zones=[Zone(name="com", dnssec="either", secdns=SHORT_DIGESTS), Zone(name="tld"), Zone(name="net")],
            registrars=[Registrar(id="TheRegistrar", name="One"), Registrar(id="NewRegistrar", name="Other")],
            contacts=[replace(contacts[0], password="2fooBAR"), *contacts[1:]],
            hosts=[_host(f"ns{n}.example.{zone}", f"{zone}{n}-REP") for n in (1, 2) for zone in ("net", "com")],
        )
    )


def _host(name: str, roid: str) -> Host:
    return Host(name=name, roid=roid, registrar="TheRegistrar", addresses=("192.0.2.1",), created=-DAY)


def sends(desk: Desk, who: str, name: str) -> int:
    """Send a sample and return the code of the answer."""
    ((_name, data),) = frames(f"{name}.cmd.xml").items()
    command = grammar.read(data)
    operation = command.operation
    try:
        return desk.do(who, operation.object, getattr(operation, "op", ""), command.extension).code
    except EppError as error:
        return error.code


def test_rfc_5731_the_examples_from_create_to_transfer(desk):
    for who, name, code in (
        ("TheRegistrar", "rfc5731-domain-info", 2303),
        ("TheRegistrar", "rfc5731-domain-check", 1000),
        ("TheRegistrar", "rfc5731-domain-create", 1000),
        ("TheRegistrar", "rfc5731-domain-create", 2302),
        ("TheRegistrar", "rfc5731-domain-info", 1000),
        ("NewRegistrar", "rfc5731-domain-info-with-auth", 1000),
        ("NewRegistrar", "own-rfc5731-info-hosts-sub", 1000),
        ("NewRegistrar", "own-rfc9154-info-verify-pw", 2202),
        ("TheRegistrar", "rfc5731-domain-renew", 2004),
        ("TheRegistrar", "rfc5731-domain-transfer-query", 2301),
        ("NewRegistrar", "rfc5731-domain-transfer-request", 1001),
        ("NewRegistrar", "rfc5731-domain-transfer-query", 1000),
        ("TheRegistrar", "rfc5731-domain-transfer-cancel", 2201),
        ("NewRegistrar", "rfc5731-domain-transfer-cancel", 1000),
        ("NewRegistrar", "rfc5731-domain-transfer-request", 1001),
        ("TheRegistrar", "rfc5731-domain-transfer-reject", 1000),
        ("TheRegistrar", "rfc5731-domain-transfer-approve", 2301),
        ("NewRegistrar", "rfc5731-domain-transfer-request", 1001),
        ("NewRegistrar", "rfc5731-domain-transfer-approve", 2201),
        ("TheRegistrar", "rfc5731-domain-transfer-approve", 1000),
        ("TheRegistrar", "own-rfc5731-update-authinfo-null", 2201),
        ("NewRegistrar", "own-rfc5731-update-authinfo-null", 1000),
        ("NewRegistrar", "own-rfc5731-update-registrant-empty", 1000),
        ("NewRegistrar", "rfc5731-domain-delete", 2305),
    ):
        assert (name, sends(desk, who, name)) == (name, code)


def test_rfc_5731_3_2_5_the_example_of_an_update_lifts_its_own_prohibition(desk):
    sends(desk, "TheRegistrar", "rfc5731-domain-create")
    assert sends(desk, "TheRegistrar", "rfc5731-domain-update") == 2306  # nothing that it removes exists
    one = desk.registry.domain("example.com")
    desk.registry.put(replace(one, statuses=("clientUpdateProhibited",), nameservers=("ns1.example.com",)))
    assert sends(desk, "TheRegistrar", "rfc5731-domain-update") == 1000
    one = desk.registry.domain("example.com")
    assert (one.statuses, one.nameservers, one.registrant) == (("clientHold",), ("ns2.example.com",), "sh8013")
    assert (one.password, [(each.role, each.id) for each in one.contacts]) == (
        "2BARfoo",
        [("admin", "sh8013"), ("tech", "mak21")],
    )


def test_rfc_3915_the_examples_restore_a_domain(desk):
    sends(desk, "TheRegistrar", "rfc5731-domain-create")
    for name in ("ns1.example.com", "ns2.example.com"):
        desk.registry.remove(desk.registry.host(name))
    desk.clock.advance(10 * DAY)
    for name, code in (
        ("rfc3915-restore-request", 2304),
        ("rfc5731-domain-delete", 1001),
        ("rfc3915-restore-report", 2304),
        ("rfc3915-restore-request", 1000),
        ("rfc3915-restore-report", 1000),
        ("rfc5731-domain-info", 1000),
    ):
        assert (name, sends(desk, "TheRegistrar", name)) == (name, code)
    assert desk.registry.domain("example.com").shown_statuses == ("ok",)


def test_rfc_5910_the_examples_of_updates(desk):
    command = grammar.read(frames("own-rfc9154-create-empty-pw.cmd.xml").popitem()[1]).operation.object
    desk.do("TheRegistrar", replace(command, name="example.tld"))
    for name, code in (
        ("rfc5910-update-add", 1000),
        ("rfc5910-update-add", 2306),
        ("rfc5910-update-rem-all-false", 1000),
        ("rfc5910-update-rem", 2306),
        ("rfc5910-update-maxsiglife", 2102),
        ("rfc5910-update-urgent", 2102),
        ("rfc5910-update-add-rem", 2306),  # the digest differs
        ("rfc5910-update-rem-all", 1000),
    ):
        assert (name, sends(desk, "TheRegistrar", name)) == (name, code)
    assert desk.registry.domain("example.tld").signers == ()


def test_rfc_5910_5_2_1_the_examples_of_creates(desk):
    for name, code in (
        ("rfc5910-create-ds", 2102),  # with maxSigLife
        ("rfc5910-create-ds-key", 2102),
        ("rfc5910-create-key", 1000),
        ("own-rfc5910-update-rem-all-urgent", 2102),
        ("own-rfc5910-update-rem-add-chg", 2102),
        ("own-rfc5910-update-key", 2306),
    ):
        assert (name, sends(desk, "TheRegistrar", name)) == (name, code)
