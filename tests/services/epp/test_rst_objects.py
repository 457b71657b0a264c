"""ICANN's vectors for contacts and hosts (RST 2.0: epp-07, 09, 11, 13, 23): the valid ones pass, the rest fails.

`{AUTO}` in a table is replaced by a valid value. Rows that depend on earlier ones run in one test.
"""

from xml.sax.saxutils import escape, quoteattr

import pytest
from tests.services.epp.desk import Desk
from tests.services.epp.rst_vectors import Row, table, vectors

from homeport.services.epp.grammar import contact, host
from homeport.services.epp.grammar.eppcom import Password

GOOD = {
    "id": "rst-contact-1",
    "postalInfoType": "int",
    "name": "Rita Tester",
    "org": "Testers Ltd.",
    "street1": "1 Vector Way",
    "city": "Los Angeles",
    "sp": "CA",
    "pc": "90094",
    "cc": "US",
    "voice": "+1.3103015800",
    "voiceExt": "123",
    "fax": "+1.3108238649",
    "faxExt": "456",
    "email": "rita@example.com",
    "authInfo": "Vector-7-Seven",
}
NAMES = {"$TLD": "test", "$RESERVEDNAME": "lighthouse.test"}
BASE = ("ns1.homeport.test", "harbour")


def filled(row: Row) -> dict[str, str]:
    return {key: GOOD.get(key, "") if value is None else value for key, value in row.items()}


def element(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(text)}</{name}>"


def postal(row: dict[str, str]) -> str:
    lines = "".join(element("street", row[f"street{n}"]) for n in (1, 2, 3) if row.get(f"street{n}"))
    address = lines + "".join(element(name, row[name]) for name in ("city", "sp", "pc", "cc"))
    inside = element("name", row["name"]) + element("org", row["org"]) + f"<addr>{address}</addr>"
    return f"<postalInfo type={quoteattr(row['postalInfoType'])}>{inside}</postalInfo>"


def reachable(row: dict[str, str]) -> str:
    return "".join(
        element(name, row[name], f" x={quoteattr(row[name + 'Ext'])}") for name in ("voice", "fax")
    ) + element("email", row["email"])


def contact_command(verb: str, inside: str) -> str:
    return f'<{verb}><{verb} xmlns="{contact.NAMESPACE}">{inside}</{verb}></{verb}>'


def host_command(verb: str, inside: str) -> str:
    return f'<{verb}><{verb} xmlns="{host.NAMESPACE}">{inside}</{verb}></{verb}>'


def passes(row: Row) -> bool:
    return row["passOrFail"] == "pass"


def addr(row: Row) -> str:
    return element("addr", str(row["addr"]), f" ip={quoteattr(str(row['ip']))}") if row["ip"] or row["addr"] else ""


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def rita(desk) -> Desk:
    """Return a desk after harbour has created a valid contact."""
    desk.frame("harbour", create_contact(dict(GOOD)))
    assert desk.registry.contact(GOOD["id"])
    return desk


def create_contact(row: dict[str, str]) -> str:
    secret = f"<authInfo><pw>{escape(row['authInfo'])}</pw></authInfo>"
    return contact_command("create", element("id", row["id"]) + postal(row) + reachable(row) + secret)


@vectors("epp-07-data")
def test_epp_07_contact_create(desk, row):
    given = filled(row)
    code, _outcome = desk.frame("harbour", create_contact(given))
    assert (code < 2000) == passes(row), f"{code}: {row['errorCode']}"
    if passes(row):
        told = desk.do("harbour", contact.Info(id=given["id"])).data
        one = told.postal_info[0]
        assert (told.id, one.type, one.name, one.org) == (given["id"], "int", given["name"], given["org"])
        assert one.addr.street == (given["street1"],)
        assert (one.addr.city, one.addr.sp, one.addr.pc, one.addr.cc) == tuple(
            given[name] for name in ("city", "sp", "pc", "cc")
        )
        assert told.voice == contact.Phone(value=given["voice"], x=given["voiceExt"])
        assert told.fax == contact.Phone(value=given["fax"], x=given["faxExt"])
        assert (told.email, told.auth_info) == (
            given["email"],
            contact.AuthInfo(pw=Password(value=given["authInfo"])),
        )


@vectors("epp-09-postalinfo-data")
def test_epp_09_contact_update_of_the_address(rita, row):
    given = filled(row)
    inside = element("id", GOOD["id"]) + f"<chg>{postal(given)}</chg>"
    code, _outcome = rita.frame("harbour", contact_command("update", inside))
    assert (code < 2000) == passes(row), f"{code}: {row['errorCode']}"


@vectors("epp-09-other-data")
def test_epp_09_contact_update_of_phones_and_email(rita, row):
    given = filled(row)
    inside = element("id", GOOD["id"]) + f"<chg>{reachable(given)}</chg>"
    code, _outcome = rita.frame("harbour", contact_command("update", inside))
    assert (code < 2000) == passes(row), f"{code}: {row['errorCode']}"


@vectors("epp-11-data", NAMES)
def test_epp_11_host_create(desk, row):
    name = str(row["name"])
    if row["createParentFirst"] == "true":
        register(desk, ".".join(name.split(".")[-2:]))
    code, _outcome = desk.frame("harbour", host_command("create", element("name", name) + addr(row)))
    assert (code < 2000) == passes(row), f"{code}: {row['errorCode']}"
    if passes(row):
        told = desk.do("harbour", host.Info(name=name)).data
        assert told.name == name
        assert [one.value for one in told.addr] == ([row["addr"]] if row["addr"] else [])


@vectors("epp-13-addr-data")
def test_epp_13_host_update_of_addresses(desk, row):
    inside = element("name", BASE[0]) + f"<{row['action']}>{addr(row)}</{row['action']}>"
    code, _outcome = desk.frame("harbour", host_command("update", inside))
    assert (code < 2000) == passes(row), f"{code}: {row['errorCode']}"


@pytest.mark.parametrize(
    ("name", "command", "which"),
    [
        ("epp-09-status-data", contact_command, element("id", GOOD["id"])),
        ("epp-13-status-data", host_command, element("name", BASE[0])),
    ],
)
def test_epp_09_and_13_statuses(rita, name, command, which):
    rows = table(name)
    if not rows:
        pytest.skip("HOMEPORT_EPP_REFERENCE does not name a folder with epp-rst-vectors")
    for number, row in enumerate(rows, 2):
        change = f"<{row['action']}><status s={quoteattr(str(row['status']))}/></{row['action']}>"
        code, _outcome = rita.frame("harbour", command("update", which + change))
        assert (code < 2000) == passes(row), f"row {number}: {code}: {row['errorCode']}"


def test_epp_23_host_rename(desk):
    rows = table("epp-23-data", NAMES)
    if not rows:
        pytest.skip("HOMEPORT_EPP_REFERENCE does not name a folder with epp-rst-vectors")
    name = "ns9.homeport.test"
    assert desk.frame("harbour", host_command("create", element("name", name)))[0] == 1000
    for number, row in enumerate(rows, 2):
        wanted = str(row["name"])
        if row["createParentFirst"] == "true":
            register(desk, ".".join(wanted.split(".")[-2:]))
        change = element("name", name) + f"<chg>{element('name', wanted)}</chg>"
        code, _outcome = desk.frame("harbour", host_command("update", change))
        assert (code < 2000) == passes(row), f"row {number}: {code}: {row['errorCode']}"
        if passes(row):
            assert desk.do("harbour", host.Info(name=wanted)).data.name == wanted
            name = wanted


def register(desk: Desk, name: str) -> None:
    """Register a domain for harbour."""
    from homeport.services.epp.grammar import domain

    creation = domain.Create(name=name, auth_info=domain.AuthInfo(pw=Password(value="Vector-7-Seven")))
    assert desk.do("harbour", creation).code == 1000


@pytest.mark.parametrize("verb", ["renew", 'transfer op="request"'])
def test_hosts_are_never_renewed_or_transferred_alone(desk, verb):
    """RFC 5732 3.1.3, 3.2.3, 3.2.4: 2101"""
    name = verb.split()[0]
    frame = f'<{verb}><{name} xmlns="{host.NAMESPACE}"><name>ns1.homeport.test</name></{name}></{name}>'
    assert desk.frame("harbour", frame)[0] == 2101


def test_contacts_are_never_renewed(desk):
    """RFC 5733 3.2.3: 2101"""
    assert desk.frame("harbour", contact_command("renew", element("id", "HM-1")))[0] == 2101


def test_an_update_without_a_change_is_refused(desk):
    """RFC 5732 3.2.5, RFC 5733 3.2.5: at least one of add, rem, chg: 2003"""
    assert desk.frame("harbour", contact_command("update", element("id", "HM-1")))[0] == 2003
    assert desk.frame("harbour", host_command("update", element("name", BASE[0])))[0] == 2003
