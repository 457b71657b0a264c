"""ICANN's test vectors for domains (RST 2.0, epp-14 and epp-16), sent as frames to every kind of zone they define."""

from itertools import product

import pytest
from services.epp import rst_vectors
from services.epp.desk import Desk
from services.epp.registrars import make_desk

from homeport.services.epp.grammar import domain, secdns
from homeport.world.registry import Host, Zone

ZONES = [
    Zone(name=f"{hosts}-{model}-{dnssec}.test", hosts=hosts, data_model=model, dnssec=dnssec)
    for hosts, model, dnssec in product(("objects", "attributes"), ("maximum", "minimum"), ("ds", "key"))
]
INTERFACES = {"ds": "dsData", "key": "keyData"}
GOOD = {"keyTag": "12345", "registrant": "sh8011"}
"""Valid values for {AUTO}."""


def desk_with_servers() -> Desk:
    desk = make_desk(ZONES)
    for number in range(1, 3):
        name = f"ns{number}.epp-14.rst.icann"
        desk.registry.put(Host(name=name, roid=f"H10{number}-HOMEPORT", registrar="harbour", created=0.0))
    return desk


def applies(row, zone):
    """True if a row applies to zones of this kind."""
    return (
        row.get("hostModel", "either") in ("either", zone.hosts)
        and row.get("dataModel", "any") in ("any", zone.data_model)
        and row.get("secDNSInterface", "either") in ("either", INTERFACES[zone.dnssec])
    )


def cell(row, key):
    value = row[key]
    return GOOD.get(key, "") if value is None else value


def records(row, zone):
    """Return the DNSSEC data of a row, in the zone's form."""
    key = (
        f"<s:flags>{cell(row, 'flags')}</s:flags><s:protocol>{cell(row, 'protocol')}</s:protocol>"
        f"<s:alg>{cell(row, 'keyDataAlg')}</s:alg><s:pubKey>{cell(row, 'pubKey')}</s:pubKey>"
    )
    signer = (
        f"<s:keyTag>{cell(row, 'keyTag')}</s:keyTag><s:alg>{cell(row, 'dsDataAlg')}</s:alg>"
        f"<s:digestType>{cell(row, 'digestType')}</s:digestType><s:digest>{cell(row, 'digest')}</s:digest>"
    )
    return f"<s:dsData>{signer}</s:dsData>" if zone.dnssec == "ds" else f"<s:keyData>{key}</s:keyData>"


def servers(row, zone):
    found = ""
    for number in ("ns1", "ns2"):
        name = cell(row, number)
        if not name:
            continue
        if zone.hosts == "objects":
            found += f"<d:hostObj>{name}</d:hostObj>"
            continue
        addresses = "".join(
            f'<d:hostAddr ip="{ip}">{text}</d:hostAddr>'
            for ip in ("v4", "v6")
            if (text := cell(row, f"{number}ip{ip}"))
        )
        found += f"<d:hostAttr><d:hostName>{name}</d:hostName>{addresses}</d:hostAttr>"
    return f"<d:ns>{found}</d:ns>"


def create(row, zone):
    contacts = ""
    if zone.data_model == "maximum":
        contacts = f"<d:registrant>{cell(row, 'registrant')}</d:registrant>"
        contacts += "".join(f'<d:contact type="{role}">sh8012</d:contact>' for role in ("admin", "tech"))
    return (
        f'<create><d:create xmlns:d="{domain.NAMESPACE}"><d:name>{cell(row, "name")}</d:name>'
        f'<d:period unit="{cell(row, "periodUnit")}">{cell(row, "period")}</d:period>'
        f"{servers(row, zone)}{contacts}<d:authInfo><d:pw/></d:authInfo></d:create></create>"
    ).replace("$ZONE", zone.name)


def secured(row, zone):
    return f'<extension><s:create xmlns:s="{secdns.NAMESPACE}">{records(row, zone)}</s:create></extension>'


@rst_vectors.vectors("epp-14-data", {"$PREFIX": "rst", "$TLD": "$ZONE"})
def test_rst_epp_14_creates(row):
    zones = [zone for zone in ZONES if applies(row, zone)]
    assert zones
    for zone in zones:
        code, _outcome = desk_with_servers().frame("harbour", create(row, zone) + secured(row, zone))
        assert (code < 2000) == (row["passOrFail"] == "pass"), (zone.name, code)
        assert code != 2400


def table(name, names=None):
    rows = rst_vectors.table(name, names)
    if not rows:
        pytest.skip("HOMEPORT_EPP_REFERENCE does not name a folder with epp-rst-vectors")
    return rows


def update(name, inside, extension=""):
    return (
        f'<update><d:update xmlns:d="{domain.NAMESPACE}"><d:name>{name}</d:name>{inside}</d:update></update>'
        f"{f'<extension>{extension}</extension>' if extension else ''}"
    )


def registered(zone):
    """Return a desk, and the name of a domain of that zone."""
    desk, name = desk_with_servers(), f"boat.{zone.name}"
    row = {"name": name, "period": "1", "periodUnit": "y", "registrant": None, "ns1": "ns1.epp-14.rst.icann", "ns2": ""}
    code, _outcome = desk.frame("harbour", create(row | {"ns1ipv4": "", "ns1ipv6": ""}, zone))
    assert code == 1000
    return desk, name


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.name)
def test_rst_epp_16_statuses(zone):
    rows = table("epp-16-status-data")
    desk, name = registered(zone)
    for number, row in enumerate(rows, 2):
        code, _outcome = desk.frame(
            "harbour", update(name, f'<d:{row["action"]}><d:status s="{row["status"]}"/></d:{row["action"]}>')
        )
        assert (code < 2000) == (row["passOrFail"] == "pass"), (number, row, code)


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.name)
def test_rst_epp_16_servers(zone):
    rows = table("epp-16-ns-data", {"$DOMAIN": f"boat.{zone.name}"})
    desk, name = registered(zone)
    for number, row in enumerate(rows, 2):
        if not applies(row, zone):
            continue
        if row["createIfNeeded"] == "true" and desk.registry.host(row["hostname"]) is None:
            desk.registry.put(Host(name=row["hostname"], roid="H8-HOMEPORT", registrar="harbour", created=0.0))
        code, _outcome = desk.frame("harbour", update(name, server_change(row)))
        assert (code < 2000) == (row["passOrFail"] == "pass"), (number, row, code)


def server_change(row):
    action, name = row["action"], row["hostname"]
    if row["hostModel"] == "objects":
        return f"<d:{action}><d:ns><d:hostObj>{name}</d:hostObj></d:ns></d:{action}>"
    address = f'<d:hostAddr ip="{row["ipType"]}">{row["ip"]}</d:hostAddr>' if row["ipType"] else ""
    return f"<d:{action}><d:ns><d:hostAttr><d:hostName>{name}</d:hostName>{address}</d:hostAttr></d:ns></d:{action}>"


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.name)
def test_rst_epp_16_dnssec_data(zone):
    rows = table("epp-16-dnssec-data")
    desk, name = registered(zone)
    for number, row in enumerate(rows, 2):
        if not applies(row, zone):
            continue
        action = row["action"]
        extension = f'<s:update xmlns:s="{secdns.NAMESPACE}"><s:{action}>{records(row, zone)}</s:{action}></s:update>'
        code, _outcome = desk.frame("harbour", update(name, "", extension))
        assert (code < 2000) == (row["passOrFail"] == "pass"), (number, row, code)


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.name)
def test_rst_epp_16_the_other_model_of_servers_is_refused(zone):
    desk, name = registered(zone)
    other = "<d:hostAttr><d:hostName>ns2.epp-14.rst.icann</d:hostName></d:hostAttr>"
    if zone.hosts == "attributes":
        other = "<d:hostObj>ns2.epp-14.rst.icann</d:hostObj>"
    code, _outcome = desk.frame("harbour", update(name, f"<d:add><d:ns>{other}</d:ns></d:add>"))
    assert code == 2306
