"""Organizations (RFC 8543), and those of domains (RFC 8544)."""

import msgspec
import pytest
from services.epp.desk import check
from services.epp.registrars import create, update

from homeport.services.epp import grammar
from homeport.services.epp.grammar import contact, domain, epp, org, orgext
from homeport.services.epp.options import EppOptions
from homeport.world.registry.organizations import OrgRole

ADDR = org.Addr(street=("1 Mole Road",), city="Port Meridian", cc="GB")
CREATE = """<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><create>
<org:create xmlns:org="urn:ietf:params:xml:ns:epp:org-1.0"><org:id>res1523</org:id>
<org:role><org:type>reseller</org:type></org:role><org:parentId>1523res</org:parentId>
<org:postalInfo type="int"><org:name>Example Organization Inc.</org:name><org:addr>
<org:street>123 Example Dr.</org:street>
<org:street>Suite 100</org:street><org:city>Dulles</org:city><org:sp>VA</org:sp><org:pc>20166-6503</org:pc>
<org:cc>US</org:cc>
</org:addr></org:postalInfo><org:voice x="1234">+1.7035555555</org:voice><org:fax>+1.7035555556</org:fax>
<org:email>contact@organization.example</org:email><org:url>https://organization.example</org:url>
<org:contact type="admin">sh8011</org:contact><org:contact type="billing">sh8012</org:contact></org:create>
</create><clTRID>ABC-12345</clTRID></command></epp>"""
UPDATE = """<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>
<domain:update xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>example.com</domain:name></domain:update>
</update><extension><orgext:update xmlns:orgext="urn:ietf:params:xml:ns:epp:orgext-1.0"><orgext:rem>
<orgext:id role="privacyproxy"/></orgext:rem>
<orgext:chg><orgext:id role="reseller">reseller1523</orgext:id></orgext:chg>
</orgext:update></extension><clTRID>ABC-12345</clTRID></command></epp>"""


@pytest.fixture(autouse=True)
def known(desk):
    desk.options = EppOptions(services=("org",), extensions=("orgext",))
    desk.services |= {org.NAMESPACE, orgext.NAMESPACE}


def role(type_name="reseller", **fields):
    return org.Role(type=type_name, **fields)


def made(name="res1523", *roles, **fields):
    return org.Create(id=name, role=roles or (role(),), **fields)


def seen(clerk, name="res1523"):
    return clerk.does(org.Info(id=name)).data


def ids(**roles):
    return tuple(orgext.Id(role=of.replace("_", "-"), value=name) for of, name in roles.items())


def linked(clerk, name="boat.test"):
    """Return the organizations of a domain by role."""
    for one in clerk.does(domain.Info(name=domain.InfoName(value=name))).extensions:
        if isinstance(one, orgext.InfData):
            return {each.role: each.value for each in one.id}
    return {}


def test_rfc_8543_4_2_1_the_example_of_a_create_is_carried_out_and_shown(harbour, lighthouse):
    harbour.does(made("1523res"))
    frame = grammar.read(CREATE.encode())
    assert isinstance(frame, epp.Command)
    check(grammar.write(frame))
    assert harbour.code(frame.operation.object) == 1000
    data = seen(lighthouse)
    assert (data.parent_id, data.cl_id, data.cr_id, data.status) == ("1523res", "harbour", "harbour", ("ok",))
    assert data.postal_info == frame.operation.object.postal_info
    assert (data.voice, data.fax, data.email) == (
        org.Phone(value="+1.7035555555", x="1234"),
        org.Phone(value="+1.7035555556"),
        "contact@organization.example",
    )
    assert [(one.type, one.value) for one in data.contact] == [("admin", "sh8011"), ("billing", "sh8012")]
    assert seen(harbour, "1523res").status == ("linked", "ok")


def test_rfc_8543_4_1_1_a_check_says_which_identifiers_are_in_use(harbour):
    harbour.does(made())
    data = harbour.does(org.Check(id=("res1523", "RES1523", "other", "b c"))).data
    assert [(one.id.avail, one.reason and one.reason.value) for one in data.cd] == [
        (False, "In use"),
        (False, "In use"),
        (True, None),
        (False, "Not an identifier here"),
    ]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (made(), 2302),
        (made("a b c"), 2005),
        (made("new", role("landlord")), 2306),
        (made("new", role(), role()), 2306),
        (made("new", role(status=("serverLinkProhibited",))), 2306),
        (made("new", status=("hold",)), 2306),
        (made("new", status=("clientLinkProhibited", "clientLinkProhibited")), 2306),
        (made("new", parent_id="nobody"), 2303),
        (made("new", contact=(org.Contact(type="tech", value="nobody"),)), 2303),
        (made("new", email="no address"), 2005),
        (made("new", postal_info=(org.PostalInfo(type="int", name="Süd"),)), 2005),
        (made("new", postal_info=(org.PostalInfo(type="loc", name="Süd", addr=org.Addr(city="B", cc="XX")),)), 2005),
        (made("new", postal_info=2 * (org.PostalInfo(type="int", name="South"),)), 2306),
        (org.Info(id="nobody"), 2303),
        (org.Delete(id="nobody"), 2303),
        (org.Update(id="nobody", rem=org.AddRem()), 2303),
        (org.Update(id="res1523", rem=org.AddRem()), 2003),
        (org.Update(id="res1523", rem=org.AddRem(role=(role(),))), 2306),
        (org.Update(id="res1523", rem=org.AddRem(role=(role("registrar"),))), 2306),
        (org.Update(id="res1523", add=org.AddRem(role=(role(),))), 2306),
        (org.Update(id="res1523", add=org.AddRem(status=("terminated",))), 2306),
        (org.Update(id="res1523", rem=org.AddRem(status=("clientUpdateProhibited",))), 2306),
        (org.Update(id="res1523", chg=org.Chg(parent_id="res1523")), 2306),
        (org.Update(id="res1523", chg=org.Chg(postal_info=(org.ChgPostalInfo(type="int", addr=ADDR),))), 2003),
        (org.Update(id="res1523", rem=org.AddRem(contact=(org.Contact(type="tech", value="sh8011"),))), 2306),
    ],
)
def test_what_an_organization_cannot_be_is_refused(harbour, command, code):
    harbour.does(made())
    assert harbour.refused(command).code == code


def test_rfc_8543_4_2_5_an_update_removes_adds_and_replaces(harbour):
    harbour.does(made(contact=(org.Contact(type="tech", value="sh8011"),)))
    command = org.Update(
        id="res1523",
        add=org.AddRem(
            contact=(org.Contact(type="custom", type_name="legal", value="sh8012"),),
            role=(role("privacyproxy", role_id="7"),),
            status=("clientLinkProhibited",),
        ),
        rem=org.AddRem(contact=(org.Contact(type="tech", value="sh8011"),), role=(role(),)),
        chg=org.Chg(
            postal_info=(org.ChgPostalInfo(type="loc", name="Süd", addr=ADDR),),
            voice=org.Phone(value="+49.30"),
            fax=org.Phone(),
            email="a@lund.example",
            url="https://lund.example",
        ),
    )
    assert harbour.code(command) == 1000
    data = seen(harbour)
    assert data.role == (org.Role(type="privacyproxy", status=("ok",), role_id="7"),)
    assert data.contact == (org.Contact(type="custom", type_name="legal", value="sh8012"),)
    assert data.status == ("clientLinkProhibited",)
    assert data.postal_info == (org.PostalInfo(type="loc", name="Süd", addr=ADDR),)
    assert (data.voice, data.fax, data.email, data.url) == (
        org.Phone(value="+49.30"),
        None,
        "a@lund.example",
        "https://lund.example",
    )
    assert data.up_id == "harbour"


def test_rfc_8543_3_4_only_the_sponsor_changes_and_statuses_forbid_it(harbour, lighthouse):
    harbour.does(made())
    assert lighthouse.refused(org.Delete(id="res1523")).code == 2201
    assert lighthouse.refused(org.Update(id="res1523", add=org.AddRem(status=("clientLinkProhibited",)))).code == 2201
    harbour.does(org.Update(id="res1523", add=org.AddRem(status=("clientUpdateProhibited", "clientDeleteProhibited"))))
    assert harbour.refused(org.Update(id="res1523", chg=org.Chg(email="a@lund.example"))).code == 2304
    assert harbour.refused(org.Delete(id="res1523")).code == 2304
    lifted = org.Update(id="res1523", rem=org.AddRem(status=("clientUpdateProhibited", "clientDeleteProhibited")))
    assert harbour.code(lifted) == 1000
    assert harbour.code(org.Delete(id="res1523")) == 1000
    assert harbour.refused(org.Info(id="res1523")).code == 2303


def test_rfc_8543_3_5_parents_make_no_loops_and_are_not_deleted(harbour):
    for name in ("one", "two", "three"):
        harbour.does(made(name))
    harbour.does(org.Update(id="two", chg=org.Chg(parent_id="one")))
    harbour.does(org.Update(id="three", chg=org.Chg(parent_id="TWO")))
    assert seen(harbour, "three").parent_id == "two"
    assert harbour.refused(org.Update(id="one", chg=org.Chg(parent_id="three"))).code == 2306
    assert harbour.refused(org.Delete(id="two")).code == 2305


def test_a_contact_of_an_organization_is_linked(harbour):
    harbour.does(made(contact=(org.Contact(type="tech", value="sh8014"),)))
    assert harbour.refused(contact.Delete(id="sh8014")).code == 2305
    harbour.does(org.Delete(id="res1523"))
    assert harbour.code(contact.Delete(id="sh8014")) == 1000


def test_rfc_8544_4_2_1_a_domain_is_created_with_organizations(harbour, lighthouse):
    harbour.does(made("res1523", role(), role("privacyproxy")))
    assert harbour.code(create("boat.test"), orgext.Create(id=ids(reseller="RES1523", privacyproxy="res1523"))) == 1000
    assert linked(harbour) == {"reseller": "res1523", "privacyproxy": "res1523"}
    assert seen(lighthouse).role[0].status == ("linked", "ok")
    assert harbour.refused(org.Delete(id="res1523")).code == 2305
    harbour.does(domain.Delete(name="boat.test"))
    assert harbour.code(org.Delete(id="res1523")) == 1000


def test_rfc_8544_4_2_5_an_update_removes_adds_and_changes(harbour):
    for name in ("one", "two"):
        harbour.does(made(name, role(), role("dns-operator")))
    harbour.does(create("boat.test"), orgext.Create(id=ids(reseller="one")))
    for element, left in (
        (orgext.Update(add=orgext.AddRemChg(id=ids(dns_operator="two"))), {"reseller": "one", "dns-operator": "two"}),
        (orgext.Update(chg=orgext.AddRemChg(id=ids(reseller="two"))), {"reseller": "two", "dns-operator": "two"}),
        (orgext.Update(rem=orgext.AddRemChg(id=ids(reseller=""))), {"dns-operator": "two"}),
        (orgext.Update(rem=orgext.AddRemChg(id=ids(dns_operator="TWO"))), {}),
    ):
        assert harbour.code(update("boat.test"), element) == 1000
        assert linked(harbour) == left
    assert harbour.code(org.Delete(id="two")) == 1000


@pytest.mark.parametrize(
    ("element", "code"),
    [
        (orgext.Update(), 2003),
        (orgext.Update(add=orgext.AddRemChg(id=ids(reseller="one"))), 2305),
        (orgext.Update(add=orgext.AddRemChg(id=ids(dns_operator="one"))), 2306),
        (orgext.Update(add=orgext.AddRemChg(id=ids(privacyproxy="nobody"))), 2303),
        (orgext.Update(rem=orgext.AddRemChg(id=ids(privacyproxy="one"))), 2303),
        (orgext.Update(rem=orgext.AddRemChg(id=ids(reseller="other"))), 2303),
        (orgext.Update(chg=orgext.AddRemChg(id=ids(privacyproxy="one"))), 2303),
        (orgext.Update(chg=orgext.AddRemChg(id=ids(reseller="locked"))), 2304),
        (orgext.Update(chg=orgext.AddRemChg(id=ids(reseller="half"))), 2304),
    ],
)
def test_rfc_8544_4_2_5_what_a_domain_cannot_be_linked_to_is_refused(harbour, element, code):
    harbour.does(made("one"))
    harbour.does(made("locked", status=("clientLinkProhibited",)))
    harbour.does(made("half", role(status=("clientLinkProhibited",))))
    harbour.does(create("boat.test"), orgext.Create(id=ids(reseller="one")))
    assert harbour.refused(update("boat.test"), element).code == code
    assert linked(harbour) == {"reseller": "one"}


def test_the_registry_can_put_an_organization_on_hold(desk, harbour):
    harbour.does(made("one"))
    one = desk.registry.organizations["one"]
    desk.registry.put(msgspec.structs.replace(one, statuses=("hold",)))
    assert harbour.refused(org.Delete(id="one")).code == 2304
    assert harbour.refused(create("boat.test"), orgext.Create(id=ids(reseller="one"))).code == 2304


def test_organizations_and_their_links_are_in_a_snapshot(desk, harbour):
    harbour.does(made("one"))
    harbour.does(create("boat.test"), orgext.Create(id=ids(reseller="one")))
    desk.registry.restore(desk.registry.snapshot())
    assert desk.registry.organizations["one"].roles == (OrgRole(type="reseller"),)
    assert linked(harbour) == {"reseller": "one"}
    assert harbour.refused(org.Delete(id="one")).code == 2305


def test_rfc_8544_4_2_5_the_example_of_an_update_is_read_and_written():
    frame = grammar.read(UPDATE.encode())
    assert isinstance(frame, epp.Command)
    assert frame.extension == (
        orgext.Update(
            rem=orgext.AddRemChg(id=ids(privacyproxy="")), chg=orgext.AddRemChg(id=ids(reseller="reseller1523"))
        ),
    )
    check(grammar.write(frame))
