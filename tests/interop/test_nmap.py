"""nmap's version detection identifies our services by their answers.

It knows Echo, Daytime, Chargen and Time over TCP and UDP, and Finger. Of Quote of the Day it knows one system's quotes,
so the service is given one of them. It has no pattern that matches Discard, which is silent, Active Users, or a Whois
without a persona.
"""

import os
import re

import pytest
from tests.interop.conftest import MOMENT

from homeport.world.world import WorldContents

OPEN_PORT = re.compile(r"^(\d+)/(tcp|udp) +open +(\S+)", re.MULTILINE)
DICKENS = '"It was as true as taxes is." And nothing is truer than them.'


@pytest.fixture
def scan(client, run):
    """Return the names that nmap gives to listeners, by port."""

    def scan(*options):
        printed = run(client("nmap"), "-n", "-Pn", "-sV", *options, "127.0.0.1").decode()
        return {int(port): name.rstrip("?") for port, _transport, name in OPEN_PORT.findall(printed)}

    return scan


def ports(farm, listener, *services):
    return {farm.port(service, listener): service for service in services}


def commas(numbers):
    return ",".join(map(str, numbers))


def test_nmap_names_services_over_tcp(scan, start_farm):
    farm = start_farm(contents=WorldContents(quotes=[DICKENS]))
    wanted = ports(farm, "tcp", "daytime", "time", "chargen", "qotd", "finger")
    assert scan("-p", commas(wanted)) == wanted


@pytest.mark.skipif(os.environ.get("HOMEPORT_REQUIRE_INTEROP") != "1", reason="it takes 40 s, so only CI runs it")
def test_nmap_names_echo_over_tcp_by_its_eighth_probe(scan, farm):
    wanted = ports(farm, "tcp", "echo")
    assert scan("-p", commas(wanted)) == wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="nmap scans UDP only for root")
def test_nmap_names_services_over_udp(scan, start_farm):
    # The UDP patterns know Daytime in the format of C's ctime, which most servers of that time sent,
    # from the tenth of a month on.
    farm = start_farm(daytime={"format": "inetutils"})
    farm.call(farm.world.clock.set, MOMENT)
    wanted = ports(farm, "udp", "echo", "daytime", "time", "chargen")
    assert scan("-sU", "-p", commas(wanted)) == wanted
