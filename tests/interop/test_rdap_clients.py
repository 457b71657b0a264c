"""RDAP as clients of other authors speak it, over HTTPS, with our bootstrap files: curl, whodap, rdapper."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from interop.conftest import lacking
from msgspec.structs import replace

from homeport.world.registry import Disclose


@pytest.fixture
def served(start_farm):
    """A farm with RDAP, its base URL, and its CA file; its clients break no rule."""
    farm = start_farm("rdap", "whois")
    yield farm, f"https://localhost:{farm.port('rdap', 'https')}/", farm.farm.certificates.ca_file
    assert not farm.call(lambda: dict(farm.world.findings.counts))


@pytest.mark.parametrize(("version", "shown"), [("--http1.1", "1.1"), ("--http2", "2")])
def test_curl_gets_an_answer_in_either_version_of_http(client, run, served, version, shown):
    _farm, base, ca_file = served
    words = run(
        client("curl"), "-s", "--cacert", ca_file, version, "-w", "\n%{http_version} %{http_code} %{content_type}",
        f"{base}rdap/domain/homeport.test",
    ).decode()  # fmt: skip
    body, _end, summary = words.rpartition("\n")
    assert summary == f"{shown} 200 application/rdap+json"
    assert json.loads(body)["handle"] == "D1-HOMEPORT"


def test_whodap_finds_domains_networks_and_as_numbers_by_bootstrap_files(served):
    if find_spec("whodap") is None:
        lacking("there is no whodap (PYTHONPATH)")
    _farm, base, ca_file = served
    script = Path(__file__).with_name("rdap_whodap.py")
    done = subprocess.run(
        [sys.executable, script, base, ca_file], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expires = found.pop("expires_date")
    assert expires.startswith("20")
    assert found == {
        "domain_name": "homeport.test",
        "registrar_name": "Harbour Names Ltd.",
        "registrant_name": "Harbour Master",
        "dnssec": "signed",
        "nameservers": ["ns1.homeport.test", "ns2.homeport.test"],
        "status": ["client transfer prohibited"],
        "link": f"{base}rdap/registrar/harbour/domain/homeport.test",  # it follows the registry's link "related"
        "absent": True,
        "network": "HARBOUR-QUAY",
        "network6": "LIGHTHOUSE-V6",
        "asn": "HARBOUR-AS",
    }


def test_rdapper_reads_domains_follows_to_the_registrar_and_sees_redaction(client, served):
    node = client("node")
    places = os.environ.get("NODE_PATH", "").split(os.pathsep)
    package = next((path for one in places if (path := Path(one) / "rdapper/dist/index.mjs").exists()), None)
    if package is None:
        lacking("Node does not find rdapper (NODE_PATH)")
    farm, base, ca_file = served

    def hide():
        registry = farm.world.registry
        wanted = Disclose(flag=False, elements=("name.int", "email"))
        registry.put(replace(registry.contact("HM-1"), disclose=wanted))

    farm.call(hide)
    script = Path(__file__).with_name("rdap_rdapper.mjs")
    done = subprocess.run(
        [node, script, package, base, "homeport.test", "nowhere.test"],
        env={**os.environ, "NODE_EXTRA_CA_CERTS": ca_file},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    domain = found["homeport.test"]
    (registrant,) = [one for one in domain["contacts"] if one["type"] == "registrant"]
    assert (registrant["redacted"], registrant["redactedFields"]) == (True, ["name", "email"])
    assert registrant["organization"] == "Port Meridian Harbour Board"
    assert domain["registrar"]["ianaId"] == "9901"
    assert {"Registrant Name", "Registrant Email"} <= {one["name"] for one in domain["redactions"]}
    assert domain["rdapServers"] == [f"{base}rdap/", f"{base}rdap/registrar/harbour/domain/homeport.test"]
    assert found["nowhere.test"]["isRegistered"] is False
