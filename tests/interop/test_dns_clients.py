"""Resolvers and query tools of other authors: dig, kdig, drill, host, delv, Node, Perl, Go, dnspython."""

import asyncio
from importlib.util import find_spec

import dns.message
import dns.query
import pytest
from dns_zone import put_example_zone
from tests.interop.conftest import lacking

NODE = r"""
const { Resolver } = require("dns").promises;
const resolver = new Resolver({ timeout: 5000, tries: 1 });
resolver.setServers([`127.0.0.1:${process.argv[2]}`]);
(async () => {
  console.log(JSON.stringify(await resolver.resolve4("www.example.test", { ttl: true })));
  console.log(JSON.stringify(await resolver.resolve6("www.example.test")));
  console.log(JSON.stringify((await resolver.resolveMx("example.test")).length));
  console.log(JSON.stringify(await resolver.resolveSrv("_imaps._tcp.example.test")));
  console.log(JSON.stringify((await resolver.resolveTxt("huge.example.test")).length));
  console.log(await resolver.resolve4("nope.example.test").catch((error) => error.code));
  console.log(await resolver.resolve4("unknown.invalid").catch((error) => error.code));
})().catch((error) => { console.error(error); process.exit(1); });
"""
PERL = r"""
use Net::DNS;
my $resolver = Net::DNS::Resolver->new(nameservers => ["127.0.0.1"], port => $ARGV[0], recurse => 0, retry => 1,
    udp_timeout => 5);
print $_->string, "\n" for $resolver->send("alias.example.test", "A")->answer;
print scalar($resolver->send("huge.example.test", "TXT")->answer), "\n";
print $resolver->send("nope.example.test", "A")->header->rcode, "\n";
$resolver->usevc(1);
print $_->string, "\n" for $resolver->send("odd.example.test", "TYPE65280")->answer;
"""
GO = r"""
package main

import (
	"context"
	"fmt"
	"net"
	"os"
)

func main() {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+os.Args[1])
	}}
	addresses, err := resolver.LookupHost(context.Background(), "alias.example.test.")
	fmt.Println(addresses, err)
	texts, err := resolver.LookupTXT(context.Background(), "huge.example.test.")
	fmt.Println(len(texts), err)
	_, err = resolver.LookupHost(context.Background(), "nope.example.test.")
	fmt.Println(err.(*net.DNSError).IsNotFound)
}
"""


@pytest.fixture
def port(start_farm):
    """The port of a farm whose DNS has the zone example.test."""
    farm = start_farm("dns")
    farm.call(put_example_zone, farm.world)
    yield farm.port("dns", "udp")
    assert farm.call(lambda: farm.world.counters_of("dns", "udp").errors) == 0


@pytest.fixture
def tls_farm(start_farm):
    farm = start_farm("dns")
    farm.call(put_example_zone, farm.world)
    return farm


@pytest.mark.requirement("DNS-6.1.3.2-1", "DNS-6.1.3.5-1", "DNS-6.1.3.6-D1")
def test_dig_reads_every_kind_of_answer(port, client, run):
    dig = client("dig")

    def asked(*words):
        return run(dig, "@127.0.0.1", "-p", port, "+time=10", "+tries=1", *words).decode()

    assert "192.0.2.80" in asked("www.example.test", "A", "+short")
    whole = asked("www.example.test", "AAAA")
    assert "status: NOERROR" in whole
    assert "flags: qr aa rd ra" in whole
    assert "(good)" in whole  # the cookie
    assert "WARNING" not in whole
    assert asked("example.test", "MX", "+short").count("mx") == 10
    assert "status: NXDOMAIN" in asked("nope.example.test")
    assert "EDE: 20 (Not Authoritative): (www.invalid. is in no zone of this world)" in asked("www.invalid")
    assert "\\# 4 0A000001" in asked("odd.example.test", "TYPE65280", "+short")
    assert '"VAX" "UNIX"' in asked("old.example.test", "HINFO", "+short")
    assert "ns.sub.example.test" in asked("x.sub.example.test", "+norecurse")


def test_dig_asks_again_over_tcp_when_the_answer_was_truncated(port, client, run):
    answer = run(client("dig"), "@127.0.0.1", "-p", port, "+time=10", "huge.example.test", "TXT").decode()
    assert "Truncated, retrying in TCP mode" in answer
    assert "ANSWER: 240" in answer


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("+norec", "+noad", "+edns=0"), "EDNS: version: 0"),
        (("+norec", "+noad", "+edns=100", "+noednsneg"), "status: BADVERS"),
        (("+norec", "+noad", "+ednsopt=100"), "status: NOERROR"),
        (("+norec", "+noad", "+ednsflags=0x80"), "status: NOERROR"),
        (("+norec", "+noad", "+dnssec"), "flags: do"),
        (("+norec", "+noad", "+nsid"), "NSID:"),
        (("+norec", "+noad", "+edns=0", "+tcp"), "EDNS: version: 0"),
        (("+norec", "+noad", "+noedns"), "status: NOERROR"),
        (("+norec", "+noad", "+subnet=0.0.0.0/0"), "status: NOERROR"),
        (("+norec", "+noad", "+header-only", "+noedns"), "status: FORMERR"),
        (("+norec", "+noad", "+opcode=15", "+header-only"), "status: NOTIMP"),
        (("+norec", "+noad", "+zflag"), "status: NOERROR"),
        (("+norec", "+noad", "+qr", "+bufsize=512", "+ignore"), "status: NOERROR"),
        (("+norec", "+noad", "-t", "TYPE1000"), "status: NOERROR"),
    ],
)
def test_the_queries_of_edns_compliance_tests_are_answered_as_they_should(port, client, run, words, expected):
    answer = run(
        client("dig"), "@127.0.0.1", "-p", port, "+time=10", "+tries=1", *words, "example.test", "SOA"
    ).decode()
    assert expected in answer
    assert "MBZ" not in answer


@pytest.mark.parametrize("way", [(), ("+tcp",), ("+tcp", "+keepopen"), ("+edns", "+nsid", "+padding")])
def test_kdig_over_udp_and_tcp(port, client, run, way):
    answer = run(client("kdig"), "@127.0.0.1", "-p", port, *way, "www.example.test", "A", "www.example.test", "AAAA")
    assert b"192.0.2.80" in answer
    assert b"2001:db8::80" in answer
    assert b"WARNING" not in answer


def test_kdig_over_tls_with_padding(tls_farm, client, run):
    answer = run(
        *(
            client("kdig"),
            "@127.0.0.1",
            "-p",
            tls_farm.port("dns", "tls"),
            f"+tls-ca={tls_farm.farm.certificates.ca_file}",
        ),
        *("+tls-hostname=localhost", "+padding", "www.example.test"),
    ).decode()
    assert "192.0.2.80" in answer
    assert "Received 468 B" in answer
    assert "WARNING" not in answer


def test_drill_and_host(port, client, run):
    assert b"192.0.2.80" in run(client("drill"), "-p", port, "@127.0.0.1", "alias.example.test", "A")
    answer = run(client("host"), "-p", port, "www.example.test", "127.0.0.1")
    assert b"www.example.test has address 192.0.2.80" in answer
    assert b"www.example.test has IPv6 address 2001:db8::80" in answer


def test_node_resolves(port, client, run, tmp_path):
    script = tmp_path / "resolve.js"
    script.write_text(NODE)
    assert run(client("node"), script, port).decode().splitlines() == [
        '[{"address":"192.0.2.80","ttl":300}]',
        '["2001:db8::80"]',
        "10",
        '[{"name":"www.example.test","port":10993,"priority":0,"weight":1}]',
        "240",
        "ENOTFOUND",
        "EREFUSED",
    ]


def test_perl_resolves(port, client, run):
    lines = run(client("perl"), "-e", PERL, port).decode().splitlines()
    assert [line.split() for line in lines] == [
        ["alias.example.test.", "300", "IN", "CNAME", "www.example.test."],
        ["www.example.test.", "300", "IN", "A", "192.0.2.80"],
        ["240"],
        ["NXDOMAIN"],
        ["odd.example.test.", "300", "IN", "TYPE65280", "\\#", "4", "0a000001"],
    ]


def test_go_resolves(port, client, run, tmp_path):
    (tmp_path / "resolve.go").write_text(GO)
    lines = run(client("go"), "run", tmp_path / "resolve.go", port).decode().splitlines()
    assert lines == ["[192.0.2.80 2001:db8::80] <nil>", "240 <nil>", "true"]


def test_dnspython_resolves_over_udp_and_tcp(port):
    query = dns.message.make_query("huge.example.test", "TXT", use_edns=0)
    answer, over_tcp = dns.query.udp_with_fallback(query, "127.0.0.1", timeout=10, port=port)
    assert over_tcp
    assert len(answer.answer[0]) == 240


def test_aiodns_resolves_and_tells_errors_apart(port):
    if find_spec("aiodns") is None:
        lacking("aiodns is not installed")
    import aiodns

    async def ask(name, kind):
        resolver = aiodns.DNSResolver(nameservers=[f"127.0.0.1:{port}"], timeout=10, tries=1)
        try:
            return await resolver.query_dns(name, kind)
        except aiodns.error.DNSError as error:
            return error.args[0]

    found = asyncio.run(ask("www.example.test", "A"))
    assert [one.data.addr for one in found.answer] == ["192.0.2.80"]
    assert len(asyncio.run(ask("huge.example.test", "TXT")).answer) == 240  # over TCP
    assert asyncio.run(ask("nope.example.test", "A")) == aiodns.error.ARES_ENOTFOUND
    assert asyncio.run(ask("www.example.test", "MX")) == aiodns.error.ARES_ENODATA
