"""What clients of other authors print and do when DNS is wrong on demand: dig, kdig, delv, Node, Python."""

import subprocess

import dns.message
import dns.nameserver
import dns.query
import dns.rcode
import dns.resolver
import msgspec
import pytest
from dns_zone import put_example_zone

from homeport.protocol.faults import Plan
from homeport.world.zones.rrset import DNSKEY

NODE = r"""
const { Resolver } = require("dns").promises;
const resolver = new Resolver({ timeout: 500, tries: 2 });
resolver.setServers([`127.0.0.1:${process.argv[2]}`]);
(async () => {
  for (const name of process.argv.slice(3))
    console.log(await resolver.resolve4(name).then(String, (error) => error.code));
})();
"""


@pytest.fixture
def farm(start_farm):
    """A farm with the zone example.test, whose clients may ask for faults."""
    farm = start_farm("dns")
    farm.call(put_example_zone, farm.world)
    farm.call(setattr, farm.world.faults, "by_client", True)
    yield farm
    assert farm.call(lambda: farm.world.counters_of("dns", "udp").errors) == 0


@pytest.fixture
def plan(farm):
    """Return a function that plans a fault of the answers to A."""

    def add(times=1, **do):
        made = msgspec.convert({"service": "dns", "do": do, "match": {"verb": "A"}, "times": times}, Plan)
        return farm.call(farm.world.faults.add, made)

    return add


@pytest.fixture
def asks(farm, client):
    """Return a function that runs a query tool and returns what it prints on both outputs."""

    def run(tool, *words, listener="udp"):
        where = ("@127.0.0.1", "-p", str(farm.port("dns", listener)))
        done = subprocess.run([client(tool), *where, *words], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize(
    ("do", "printed", "then"),
    [
        ({"reply": {"rcode": "SERVFAIL", "ede": 22, "text": "none answered"}}, "status: SERVFAIL", ""),
        ({"reply": {"rcode": "REFUSED", "text": "not you"}}, "EDE: 0 (Other): (not you)", ""),
        ({"frame": "truncated"}, "Truncated, retrying in TCP mode", "192.0.2.80"),
        ({"frame": "tcp-refuse"}, "connection reset", "192.0.2.80"),
        ({"frame": "wrong-id"}, "ID mismatch: expected ID", "192.0.2.80"),
        ({"frame": "wrong-question"}, "Question section mismatch: got xww.example.test/A/IN", "192.0.2.80"),
        ({"frame": "wrong-source"}, "timed out", "192.0.2.80"),
        ({"frame": "no-aa"}, "flags: qr rd ra;", "192.0.2.80"),
        ({"frame": "lame"}, "a.root-servers.net.", ""),
        ({"frame": "nxdomain"}, "status: NXDOMAIN", ""),
        ({"frame": "nodata"}, "ANSWER: 0, AUTHORITY: 1", ""),
        ({"frame": "cname-loop"}, "CNAME\twww.example.test.", ""),
        ({"frame": "edns-formerr"}, "WARNING: EDNS query returned status FORMERR - retry with '+noedns'", ""),
        ({"frame": "edns-drop"}, "timed out", "192.0.2.80"),
        ({"frame": "badcookie"}, "BADCOOKIE, retrying", "192.0.2.80"),
        ({"ttl": {"seconds": 0}}, "www.example.test.\t0\tIN", "192.0.2.80"),
        ({"ttl": {"seconds": 0xFFFF_FFFF}}, "www.example.test.\t4294967295 IN", "192.0.2.80"),
        ({"drop": {}}, "timed out", "192.0.2.80"),
        ({"truncate": {"size": 20}}, "Message parser reports malformed message packet", ""),
        ({"duplicate": {}}, "status: NOERROR", "192.0.2.80"),
    ],
    ids=lambda value: next(iter(value.items()))[1] if isinstance(value, dict) and "frame" in value else None,
)
def test_dig_says_what_is_wrong_and_goes_on(plan, asks, do, printed, then):
    fault = plan(**do)
    shown = asks("dig", "+timeout=1", "+tries=2", "www.example.test", "A")
    assert printed in shown
    assert then in shown
    assert fault.acted == 1
    assert "192.0.2.80" in asks("dig", "+short", "www.example.test", "A")


@pytest.mark.parametrize(
    ("do", "printed"),
    [
        ({"reply": {"rcode": "SERVFAIL"}}, "status: SERVFAIL"),
        ({"frame": "truncated"}, "truncated reply from"),
        ({"frame": "wrong-id"}, "is different from query ID"),
        ({"frame": "wrong-question"}, "question sections are different"),
        ({"frame": "wrong-source"}, "unexpected reply source"),
        ({"drop": {}}, "response timeout for"),
    ],
)
def test_kdig_warns_of_what_is_wrong(plan, asks, do, printed):
    fault = plan(**do)
    assert printed in asks("kdig", "+timeout=1", "+retry=1", "www.example.test", "A")
    assert fault.acted == 1


@pytest.mark.parametrize(("listener", "way"), [("tcp", "+tcp"), ("tls", "+tls"), ("https", "+https")])
@pytest.mark.parametrize(
    ("do", "printed"),
    [
        ({"reply": {"rcode": "REFUSED"}}, "status: REFUSED"),
        ({"frame": "wrong-id"}, "is different from query ID"),
        ({"close": {}}, "ERROR: failed to query server"),
        ({"hang": {}}, "ERROR: failed to query server"),
    ],
)
def test_kdig_over_streams(plan, asks, listener, way, do, printed):
    fault = plan(**do)
    shown = asks("kdig", way, "+timeout=1", "+retry=0", "www.example.test", "A", listener=listener)
    assert printed in shown
    assert fault.acted == 1
    assert "192.0.2.80" in asks("kdig", way, "+short", "www.example.test", "A", listener=listener)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("servfail", "status: SERVFAIL"),
        ("tc", "Truncated, retrying in TCP mode"),
        ("drop-1", "timed out"),
        ("slow-300", "127.0.0.1"),
        ("nxdomain", "status: NXDOMAIN"),
        ("x7.ttl-5", "x7.ttl-5.fault.test.\t5\tIN"),
        ("servfial", "did you mean 'servfail'?"),
    ],
)
def test_dig_asks_for_a_fault_by_name(asks, name, printed):
    assert printed in asks("dig", "+timeout=1", "+tries=2", f"{name}.fault.test", "A")


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("slow-1", "; fully validated"),
        ("bogus", "resolution failed: RRSIG failed to verify"),
        ("expired", "resolution failed: RRSIG has expired"),
    ],
)
def test_delv_trusts_no_signature_that_is_bogus_or_expired(farm, asks, tmp_path, name, printed):
    import dns.rdata

    origin = (b"fault", b"test")
    (key,) = farm.call(lambda: farm.world.zones.find(origin).node(origin)[DNSKEY].data)
    flags, protocol, algorithm, text = dns.rdata.from_wire("IN", "DNSKEY", key, 0, len(key)).to_text().split(" ", 3)
    anchors = tmp_path / "anchors.conf"
    text = text.replace(" ", "")
    anchors.write_text(f'trust-anchors {{ fault.test. static-key {flags} {protocol} {algorithm} "{text}"; }};\n')
    assert printed in asks("delv", "-a", str(anchors), "+root=fault.test", f"{name}.fault.test", "A")


def test_the_resolver_of_node_tells_errors_apart(farm, client, run, tmp_path):
    script = tmp_path / "ask.js"
    script.write_text(NODE)
    names = ["servfail", "refused", "nxdomain", "nodata", "tc", "wrong-id", "drop-1", "drop"]
    shown = run(client("node"), script, farm.port("dns", "udp"), *(f"{one}.fault.test" for one in names)).decode()
    assert shown.split() == [
        *("ESERVFAIL", "EREFUSED", "ENOTFOUND", "ENODATA"),
        *("127.0.0.1", "ETIMEOUT", "127.0.0.1", "ETIMEOUT"),
    ]


def test_dnspython_takes_no_answer_from_another_port_and_none_with_another_id(farm, plan):
    query = dns.message.make_query("www.example.test", "A")
    port = farm.port("dns", "udp")
    plan(frame="wrong-source")
    with pytest.raises(dns.query.UnexpectedSource):
        dns.query.udp(query, "127.0.0.1", port=port, timeout=10)
    plan(frame="wrong-id")
    with pytest.raises(dns.query.BadResponse):
        dns.query.udp(query, "127.0.0.1", port=port, timeout=10)
    assert dns.query.udp(query, "127.0.0.1", port=port, timeout=10).rcode() == dns.rcode.NOERROR


def test_a_resolver_asks_its_second_server_when_the_first_is_silent(farm, start_farm, plan):
    other = start_farm("dns")
    other.call(put_example_zone, other.world)
    plan(times=0, drop={})
    resolver = dns.resolver.Resolver(configure=False)
    resolver.timeout, resolver.lifetime = 0.3, 10
    servers = [("127.0.0.1", one.port("dns", "udp")) for one in (farm, other)]
    resolver.nameservers = [dns.nameserver.Do53Nameserver(*one) for one in servers]
    assert [str(one) for one in resolver.resolve("www.example.test", "A")] == ["192.0.2.80"]


@pytest.fixture
def unbound(farm, start_unbound):
    """Return a function that asks a caching resolver, which asks the farm about example.test and fault.test."""
    return start_unbound(farm.port("dns", "udp"), ("example.test", "fault.test"), 'module-config: "iterator"')


@pytest.mark.parametrize(
    "do",
    [
        {"reply": {"rcode": "SERVFAIL"}},
        {"drop": {}},
        {"frame": "truncated"},
        {"frame": "wrong-id"},
        {"frame": "wrong-question"},
        {"frame": "wrong-source"},
        {"frame": "edns-formerr"},
        {"frame": "edns-drop"},
        {"duplicate": {}},
    ],
    ids=str,
)
def test_a_resolver_has_the_answer_although_the_first_one_was_wrong(unbound, plan, do):
    fault = plan(**do)
    assert "192.0.2.80" in unbound("www.example.test", "A")
    assert fault.acted == 1


def test_a_resolver_keeps_answers_and_denials_for_their_ttl(farm, unbound, plan):
    def asked():
        return [one["name"] for one in farm.events("query")].count("www.example.test.")

    plan(ttl={"seconds": 600})
    assert all("600" in unbound("www.example.test", "A") for _ in range(1))
    assert "192.0.2.80" in unbound("www.example.test", "A")
    assert asked() == 1
    assert "status: NXDOMAIN" in unbound("nxdomain.fault.test", "A")
    before = len(farm.events("query"))
    assert "status: NXDOMAIN" in unbound("nxdomain.fault.test", "A")
    assert len(farm.events("query")) == before


def test_a_resolver_does_not_follow_a_loop_for_ever(unbound):
    assert "status: SERVFAIL" in unbound("cname-loop.fault.test", "A")
