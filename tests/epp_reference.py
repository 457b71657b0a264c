"""The official schemas of EPP and sample frames, which judge ours; they are not part of the repository.

HOMEPORT_EPP_REFERENCE names the folder that holds `epp-schemas` and `epp-frames`. Without it tests that need them skip;
where HOMEPORT_REQUIRE_EPP_REFERENCE=1 demands it, as .ci/run does on machines that have it, they fail.
"""

import os
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

FOLDER = os.environ.get("HOMEPORT_EPP_REFERENCE", "")
REQUIRED = os.environ.get("HOMEPORT_REQUIRE_EPP_REFERENCE") == "1"

OURS = ("epp-1.0", "eppcom-1.0", "domain-1.0", "contact-1.0", "host-1.0", "rgp-1.0", "secDNS-1.1")
"""The namespaces that Homeport has a grammar of."""
_XSD = "http://www.w3.org/2001/XMLSchema"
_URN = "urn:ietf:params:xml:ns:"
_SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False}


def folder() -> Path:
    """Where the reference is; skips the test that asks, or fails it where nothing may be skipped."""
    if FOLDER and (Path(FOLDER) / "epp-schemas" / "all.xsd").exists():
        return Path(FOLDER)
    reason = "HOMEPORT_EPP_REFERENCE names no folder with epp-schemas and epp-frames"
    if REQUIRED:
        pytest.fail(f"{reason}, and HOMEPORT_REQUIRE_EPP_REFERENCE=1 demands it")
    pytest.skip(reason)


@cache
def whole_schema() -> etree.XMLSchema:
    """The schemas of all namespaces."""
    return etree.XMLSchema(etree.parse(folder() / "epp-schemas" / "all.xsd", etree.XMLParser(**_SAFE)))


@cache
def our_schema() -> etree.XMLSchema:
    """The schemas of our namespaces alone, so that elements of others are as unknown to it as to us."""
    driver = etree.Element(f"{{{_XSD}}}schema", nsmap={None: _XSD})
    for name in OURS:
        location = (folder() / "epp-schemas" / f"{name}.xsd").as_uri()
        etree.SubElement(driver, f"{{{_XSD}}}import", namespace=f"{_URN}{name}", schemaLocation=location)
    return etree.XMLSchema(etree.fromstring(etree.tostring(driver), base_url=driver.base))


def parse(octets: bytes) -> etree._Element:
    """A tree as the oracle reads it."""
    return etree.fromstring(octets, etree.XMLParser(**_SAFE))


def assert_valid(octets: bytes) -> None:
    """That a frame obeys the schemas of all namespaces."""
    whole_schema().assertValid(parse(octets))


def frames(pattern: str = "*.xml") -> dict[str, bytes]:
    """The sample frames by name; none where the reference is not there."""
    if not FOLDER:
        return {}
    return {path.name: path.read_bytes() for path in sorted((Path(FOLDER) / "epp-frames").glob(pattern))}


def namespaces_of(octets: bytes) -> set[str]:
    """The last parts of the namespaces in a frame, `domain-1.0`, but for what a <value> repeats."""
    nodes = parse(octets).xpath("//*[not(ancestor::e:value)]", namespaces={"e": f"{_URN}epp-1.0"})
    return {(etree.QName(node).namespace or "").removeprefix(_URN) for node in nodes}


def is_ours(octets: bytes) -> bool:
    """Whether we have the grammar of all its namespaces."""
    return namespaces_of(octets) <= set(OURS)
