"""Secondaries and update clients of other authors: BIND, NSD, Knot; nsupdate, certbot's plug-in; dig, kdig, drill."""

import sys
from importlib.util import find_spec

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update
import pytest
from dns_zone import APEX, put_example_zone
from tests.interop.conftest import lacking
from tests.interop.secondaries import KEY, KINDS, RING, SECRET, Secondary, free_port, records_of

from homeport.world.registry import Domain
from homeport.world.zones.edits import Edit
from homeport.world.zones.history import MAX_CHANGES
from homeport.world.zones.name import parse_name
from homeport.world.zones.rrset import TXT, RRset

ORIGIN = parse_name(APEX)
CERTBOT = """
import sys
import dns.tsig
from certbot_dns_rfc2136._internal.dns_rfc2136 import _RFC2136Client as Client
step, name, port, secret = sys.argv[1:]
client = Client("127.0.0.1", int(port), "homeport.", secret, dns.tsig.HMAC_SHA256, True)
if step == "add":
    client.add_txt_record(name, "token", 120)
else:
    client.del_txt_record(name, "token")
"""


@pytest.fixture
def own_port():
    return free_port()


@pytest.fixture
def primary(start_farm, own_port):
    """A farm whose DNS has the zone example.test and notifies a secondary on `own_port`."""
    farm = start_farm("dns", dns={"secondaries": [f"127.0.0.1:{own_port}#homeport"], "transfers": "signed"})
    farm.call(put_example_zone, farm.world)
    yield farm
    assert sum(farm.call(lambda: [one.errors for one in farm.world.counters.values()])) == 0
    assert {one["id"] for one in farm.events("finding") if one["level"] == "must"} == set()


@pytest.fixture
def start_secondary(client, primary, own_port, tmp_path):
    """Return a function that starts a secondary of the zone."""
    started = []

    def start(kind, zone=APEX):
        port = primary.port("dns", "tcp")
        started.append(Secondary(client(kind), kind, tmp_path / kind, own_port, port, zone.rstrip(".")))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def serial(farm, origin=ORIGIN):
    return farm.call(lambda: farm.world.zones.find(origin).serial)


def styles(farm):
    return [(one["qtype"], one["style"]) for one in farm.events("transfer")]


def own_records(farm, zone=APEX):
    return records_of(farm.port("dns", "tcp"), zone, signed=True)


def put_large(farm, number):
    """Have the zone grow beyond one message of a transfer."""
    data = tuple(b"\x64" + f"{one:100}".encode() for one in range(number))
    edits = [Edit((b"large%d" % at, *ORIGIN), TXT, RRset(TXT, 60, data[at : at + 100])) for at in range(0, number, 100)]
    farm.call(farm.world.zones.apply, ORIGIN, edits)


@pytest.mark.parametrize("kind", KINDS)
def test_a_secondary_has_the_zone_by_axfr_with_tsig_in_many_messages(primary, start_secondary, kind):
    put_large(primary, 3000)
    secondary = start_secondary(kind)
    secondary.wait_for(serial(primary))
    assert "whole" in [style for _, style in styles(primary)]
    assert all(one["key"] == "homeport." for one in primary.events("transfer"))
    assert secondary.records() == own_records(primary)


@pytest.mark.parametrize("kind", KINDS)
def test_a_secondary_follows_changes_by_notify_and_ixfr(primary, start_secondary, kind):
    secondary = start_secondary(kind)
    secondary.wait_for(serial(primary))
    for change in ("add", "replace", "delete"):
        update = dns.update.UpdateMessage(APEX, keyring=RING)
        if change == "add":
            update.add("new", 60, "TXT", "one")
            update.add("new", 60, "A", "192.0.2.77")
        elif change == "replace":
            update.replace("new", 120, "TXT", "two", "three")
            update.add("www", 5, "A", "192.0.2.81")
        else:
            update.delete("new")
            update.delete("sub")
        answer = dns.query.tcp(update, "127.0.0.1", port=primary.port("dns", "tcp"), timeout=20)
        assert answer.rcode() == dns.rcode.NOERROR
        secondary.wait_for(serial(primary))
        assert secondary.records() == own_records(primary)
    assert ("IXFR", "incremental") in styles(primary)
    heard = primary.wait_for(lambda: [one for one in primary.world.journal.events() if one["type"] == "notify"])
    assert {one["outcome"] for one in heard} == {"NOERROR"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_secondary_that_is_too_far_behind_has_the_whole_zone_again(primary, start_secondary, kind):
    secondary = start_secondary(kind)
    secondary.wait_for(serial(primary))

    def change_often():
        for number in range(MAX_CHANGES + 1):
            edit = Edit((b"new", *ORIGIN), TXT, RRset(TXT, 60, (b"\4" + number.to_bytes(4),)))
            primary.world.zones.apply(ORIGIN, [edit])

    primary.call(change_often)
    secondary.wait_for(serial(primary))
    assert [style for _, style in styles(primary)].count("whole") >= 2
    assert secondary.records() == own_records(primary)


def register(world, name):
    """Register a name with a server outside of the zone, as EPP does it."""
    now = world.registry.now()
    fields = {"created": now, "expires": now + 1e7, "nameservers": ("ns1.quay.test",)}
    world.registry.put(Domain(name=name, roid=world.registry.new_roid("domain"), registrar="harbour", **fields))


@pytest.mark.parametrize("kind", KINDS)
def test_a_secondary_follows_a_signed_tld_of_the_registry(primary, start_secondary, kind):
    tld = parse_name("test")
    before = serial(primary, tld)
    secondary = start_secondary(kind, "test.")
    secondary.wait_for(before)
    primary.call(register, primary.world, "new.test")
    assert serial(primary, tld) != before
    secondary.wait_for(serial(primary, tld))
    found = secondary.records()
    assert "new 60 NS ns1.quay" in found
    assert any(" RRSIG SOA " in one for one in found)
    assert found == own_records(primary, "test.")


def updated(farm, name, kind="TXT"):
    answer = dns.query.udp(dns.message.make_query(f"{name}.{APEX}", kind), "127.0.0.1", port=farm.port("dns", "udp"))
    return [one.to_text() for one in answer.answer[0]] if answer.answer else []


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_nsupdate_changes_a_zone(primary, client, run, transport):
    script = f"""
server 127.0.0.1 {primary.port("dns", "udp")}
zone example.test
prereq nxdomain new.example.test
prereq yxrrset www.example.test A
update add new.example.test 60 TXT "hello world"
update add new.example.test 60 TYPE65281 \\# 2 0102
update delete alias.example.test CNAME
send
"""
    words = ["-v"] if transport == "tcp" else []
    run(client("nsupdate"), *words, "-y", KEY, stdin=script.encode())
    assert updated(primary, "new") == ['"hello world"']
    assert updated(primary, "alias", "A") == []
    assert primary.events("update")[-1]["transport"] == transport
    assert primary.events("update")[-1]["key"] == "homeport."


def test_nsupdate_finds_the_zone_and_its_primary_by_itself(primary, client, run):
    script = f"server 127.0.0.1 {primary.port('dns', 'udp')}\nupdate add a.b.example.test 60 TXT x\nsend\n"
    run(client("nsupdate"), "-y", KEY, stdin=script.encode())
    assert updated(primary, "a.b") == ['"x"']


def test_the_plug_in_of_certbot_publishes_and_removes_its_challenge(primary, run):
    """`certbot_dns_rfc2136` finds the zone by queries for SOA, and adds and deletes over TCP with TSIG."""
    if find_spec("certbot_dns_rfc2136") is None:
        lacking("there is no certbot-dns-rfc2136 on this machine")
    name = "_acme-challenge.host.example.test"
    for step, published in (("add", ['"token"']), ("del", [])):
        run(sys.executable, "-c", CERTBOT, step, name, primary.port("dns", "tcp"), SECRET)
        assert updated(primary, name.removesuffix(".example.test")) == published
    assert [one["rcode"] for one in primary.events("update")] == ["NOERROR", "NOERROR"]


def test_dig_kdig_and_drill_transfer_a_zone(start_farm, client, run):
    farm = start_farm("dns")
    farm.call(put_example_zone, farm.world)
    port = farm.port("dns", "tcp")
    before = serial(farm)
    wanted = len(records_of(port, APEX)) + 1  # the SOA is there twice
    put_large(farm, 100)
    wanted += 100
    dig = run(client("dig"), "@127.0.0.1", "-p", port, "example.test", "AXFR", "-y", KEY, "+noall", "+answer").decode()
    assert len([line for line in dig.splitlines() if line and not line.startswith(";")]) == wanted
    kdig = run(client("kdig"), "@127.0.0.1", "-p", port, "-y", KEY, "example.test", f"IXFR={before}").decode()
    assert kdig.count("large0.example.test.") == 100
    assert "NOERROR" in kdig
    tls = ("+tls", "-p", farm.port("dns", "tls"), "-y", KEY, "example.test", "AXFR")  # RFC 9103
    assert "large0.example.test." in run(client("kdig"), "@127.0.0.1", *tls).decode()
    drill = run(client("drill"), "-p", port, "AXFR", "example.test", "@127.0.0.1").decode()
    assert "www.example.test." in drill
    dig = run(client("dig"), "@127.0.0.1", "-p", port, "example.test", f"IXFR={before}", "+noall", "+answer").decode()
    assert dig.count("SOA") == 4


def test_dig_shows_the_error_of_a_key_that_is_unknown(start_farm, client, run):
    farm = start_farm("dns")
    farm.call(put_example_zone, farm.world)
    wrong = KEY.replace("homeport", "unknown")
    words = ("@127.0.0.1", "-p", farm.port("dns", "udp"), "-y", wrong, "www.example.test", "A")
    assert b"BADKEY" in run(client("dig"), *words)
    assert {one["id"] for one in farm.events("finding")} == {"dns.tsig-key"}
