"""DNS over HTTPS as clients speak it: HTTP/2 and HTTP/1.1, GET and POST (RFC 8484)."""

import subprocess

import pytest

from homeport.world.zones.name import name_wire, parse_name
from homeport.world.zones.rdata import address
from homeport.world.zones.rrset import NS, A, RRset

ORIGIN = parse_name("example.test")
ADDRESS = "127.0.0.1"
WIRE = "AAABAAABAAAAAAAAA3d3dwdleGFtcGxlBHRlc3QAAAEAAQ"
"""The question for the address of www.example.test in base64url."""


@pytest.fixture
def port(start_farm):
    """The HTTPS port of a farm with a zone; afterwards the farm's findings are those that are expected."""
    farm = start_farm("dns")
    records = [
        (ORIGIN, RRset(NS, 300, (name_wire(parse_name("ns", ORIGIN)),))),
        (parse_name("www", ORIGIN), RRset(A, 300, (address(ADDRESS),))),
    ]
    farm.call(farm.world.zones.put_zone, ORIGIN, records)
    yield farm.port("dns", "https")
    # dig and curl give a request over HTTPS a random ID.
    assert set(farm.call(lambda: dict(farm.world.findings.counts))) <= {"dns.doh-id"}


@pytest.mark.parametrize("way", ["+https", "+https-get"])
def test_kdig_asks_over_http_2(client, run, port, way):
    answer = run(client("kdig"), "@127.0.0.1", "-p", port, way, "www.example.test").decode()
    assert "HTTP/2" in answer
    assert "(status: 200)" in answer
    assert f"IN\tA\t{ADDRESS}" in answer


@pytest.mark.parametrize("way", ["+https", "+https-get"])
def test_dig_asks_over_http_2(client, run, port, way):
    answer = run(client("dig"), "@127.0.0.1", "-p", port, way, "+short", "www.example.test").decode()
    assert answer == f"{ADDRESS}\n"


@pytest.mark.parametrize(("version", "shown"), [("--http1.1", "1.1"), ("--http2", "2")])
def test_curl_gets_the_answer_in_either_version_of_http(client, run, port, version, shown):
    url = f"https://127.0.0.1:{port}/dns-query?dns={WIRE}"
    words = run(
        client("curl"), "-sk", version, "-H", "Accept: application/dns-message", "-o", "/dev/null",
        "-w", "%{http_version} %{http_code} %{content_type}", url,
    )  # fmt: skip
    assert words.decode() == f"{shown} 200 application/dns-message"


def test_curl_resolves_the_host_of_a_url(client, port):
    words = [client("curl"), "-sv", "--doh-insecure", "--doh-url", f"https://127.0.0.1:{port}/dns-query"]
    done = subprocess.run([*words, "http://www.example.test:1/"], capture_output=True, timeout=60, check=False)
    assert f"Trying {ADDRESS}:1..." in done.stderr.decode()
