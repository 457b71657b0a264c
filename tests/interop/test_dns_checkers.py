"""Programs that judge a server of DNS, against a farm on port 53 in a network of its own: Zonemaster and DNSViz."""

import re

import pytest

SERVERS = {"ns1.homeport.test": "192.0.2.53", "ns2.homeport.test": "192.0.2.54"}
SCRIPT = f"""\
set -e
for address in {" ".join(SERVERS.values())}; do ip address add "$address/32" dev lo; done
"$@" up --host {" --host ".join(SERVERS.values())} -q --services dns,smtp --set dns.port=53 >ready.json &
trap 'kill %1; wait' EXIT
"$@" ready --wait >/dev/null
CHECK
"""
ZONEMASTER = "zonemaster-cli --no-ipv6 --no-progress --level WARNING --show-testcase --no-time " + " ".join(
    f"--ns {name}/{address}" for name, address in SERVERS.items()
)
DNSVIZ = """\
echo "test. IN DNSKEY $(dig +short @192.0.2.53 test DNSKEY)" >anchor
dnsviz probe -4 -A -a test -x test+:ns.homeport.test=192.0.2.53 homeport.test lighthouse.test >probe.json
dnsviz print -t anchor -r probe.json
"""
OF_THE_PLACE = {"ADDRESS01", "ADDRESS02", "DELEGATION01", "DNSSEC07"}
"""Zonemaster's test cases that judge the addresses for documentation, that one server has no IPv6, and that the root of
the namespace has no DS."""


@pytest.fixture
def check(client, in_own_network):
    """Run a script beside a farm on port 53; return what it prints."""

    def run(program: str, script: str) -> str:
        client(program)
        return in_own_network(SCRIPT.replace("CHECK", script))

    return run


def test_zonemaster_finds_no_error_but_those_of_the_addresses(check):
    printed = check("zonemaster-cli", f"{ZONEMASTER} homeport.test")
    judged = set(re.findall(r"^(?:WARNING|ERROR|CRITICAL) +(\S+)", printed, re.MULTILINE))
    assert "ADDRESS01" in judged, printed  # it has judged
    assert judged <= OF_THE_PLACE, printed


def test_dnsviz_validates_the_chain_and_finds_nothing_to_warn_of(check):
    printed = check("dnsviz", DNSVIZ)
    marks = re.findall(r"\[(.)\]", printed)
    assert set(marks) == {".", "-"}, printed  # secure, and insecure: lighthouse.test has no DS
    own = printed[printed.index("\nhomeport.test ") : printed.index("\nlighthouse.test ")]
    assert set(re.findall(r"\[(.)\]", own)) == {"."}, printed
