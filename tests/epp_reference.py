"""The official schemas of EPP and sample frames, the oracle of these tests; they are not part of the repository.

HOMEPORT_EPP_REFERENCE names the folder with `epp-schemas` and `epp-frames`. Without it tests that need them skip;
where HOMEPORT_REQUIRE_EPP_REFERENCE=1 demands it, as .ci/run does on machines that have it, they fail.
"""

import os
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

FOLDER = os.environ.get("HOMEPORT_EPP_REFERENCE", "")
REQUIRED = os.environ.get("HOMEPORT_REQUIRE_EPP_REFERENCE") == "1"

OURS = (
    *("epp-1.0", "eppcom-1.0", "domain-1.0", "contact-1.0", "host-1.0", "rgp-1.0", "secDNS-1.1", "idn-1.0"),
    *("changePoll-1.0", "launch-1.0", "mark-1.0", "signedMark-1.0", "http://www.w3.org/2000/09/xmldsig#"),
    *("epp:maintenance-1.0", "epp:ttl-1.0", "epp:addlEmail-1.0", "epp:loginSec-1.0"),
    *("epp:fee-1.0", "allocationToken-1.0", "epp:org-1.0", "epp:orgext-1.0"),
    "http://www.verisign.com/epp/rgp-poll-1.0",
)
"""Namespaces that Homeport has a grammar for."""
FILES = {
    "http://www.w3.org/2000/09/xmldsig#": "xmldsig-core-schema.xsd",
    "http://www.verisign.com/epp/rgp-poll-1.0": "rgp-poll-1.0.xsd",
}
"""Files of schemas that are not named after their namespace."""
_XSD = "http://www.w3.org/2001/XMLSchema"
_URN = "urn:ietf:params:xml:ns:"
_SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False}


def folder() -> Path:
    """Return the folder of the reference; without it skip the test, or fail it where skips are forbidden."""
    if FOLDER and (Path(FOLDER) / "epp-schemas" / "all.xsd").exists():
        return Path(FOLDER)
    reason = "HOMEPORT_EPP_REFERENCE names no folder with epp-schemas and epp-frames"
    if REQUIRED:
        pytest.fail(f"{reason}, and HOMEPORT_REQUIRE_EPP_REFERENCE=1 demands it")
    pytest.skip(reason)


@cache
def whole_schema() -> etree.XMLSchema:
    """Return the schema of all namespaces."""
    return etree.XMLSchema(etree.parse(folder() / "epp-schemas" / "all.xsd", etree.XMLParser(**_SAFE)))


@cache
def our_schema() -> etree.XMLSchema:
    """Return the schema of our namespaces only, so that elements of others are unknown to it as to us."""
    driver = etree.Element(f"{{{_XSD}}}schema", nsmap={None: _XSD})
    for name in OURS:
        file = FILES.get(name, f"{name.removeprefix('epp:')}.xsd")
        location = (folder() / "epp-schemas" / file).as_uri()
        uri = name if "//" in name else f"{_URN}{name}"
        etree.SubElement(driver, f"{{{_XSD}}}import", namespace=uri, schemaLocation=location)
    return etree.XMLSchema(etree.fromstring(etree.tostring(driver), base_url=driver.base))


def parse(data: bytes) -> etree._Element:
    """Parse a frame as the oracle does."""
    return etree.fromstring(data, etree.XMLParser(**_SAFE))


def assert_valid(data: bytes) -> None:
    """Assert that a frame is valid by the schemas of all namespaces."""
    whole_schema().assertValid(parse(data))


def frames(pattern: str = "*.xml") -> dict[str, bytes]:
    """Return the sample frames by name; none without the reference."""
    if not FOLDER:
        return {}
    return {path.name: path.read_bytes() for path in sorted((Path(FOLDER) / "epp-frames").glob(pattern))}


def namespaces_of(data: bytes) -> set[str]:
    """Return the last parts of the namespaces in a frame, such as `domain-1.0`, ignoring those inside <value>."""
    nodes = parse(data).xpath("//*[not(ancestor::e:value)]", namespaces={"e": f"{_URN}epp-1.0"})
    return {(etree.QName(node).namespace or "").removeprefix(_URN) for node in nodes}


def is_ours(data: bytes) -> bool:
    """True if we have the grammars of all namespaces of a frame."""
    return namespaces_of(data) <= set(OURS)
