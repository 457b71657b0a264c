"""Additional e-mail addresses of contacts (RFC 9873)."""

import pytest
from services.epp.desk import check

from homeport.services.epp import grammar
from homeport.services.epp.grammar import addl_email, contact, epp
from homeport.services.epp.grammar.eppcom import Password

CREATE = contact.Create(
    id="maja-1",
    postal_info=(contact.PostalInfo(type="int", name="Maja Lund", addr=contact.Addr(city="Nordhafen", cc="DE")),),
    email="maja@lund.example",
    auth_info=contact.AuthInfo(pw=Password(value="Fjord.71-Moss")),
)
FRAME = """<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>
<contact:update xmlns:contact="urn:ietf:params:xml:ns:contact-1.0"><contact:id>sh8013</contact:id></contact:update>
</update><extension><addlEmail:addlEmail xmlns:addlEmail="urn:ietf:params:xml:ns:epp:addlEmail-1.0">
<addlEmail:email primary="1">麥克風@example.com</addlEmail:email></addlEmail:addlEmail></extension>
<clTRID>ABC-12345</clTRID></command></epp>"""


@pytest.fixture
def clerk(desk, harbour):
    desk.services |= {addl_email.NAMESPACE}
    return harbour


def email(address="", *, primary=False):
    return addl_email.AddlEmail(email=addl_email.Email(primary=primary, value=address))


def shown(clerk, name="maja-1"):
    (element,) = clerk.does(contact.Info(id=name)).extensions
    return element


@pytest.mark.parametrize(
    "address", ["m.lund@mail.example", "麥克風@example.com", "jörg@süd.example", '"ä b"@lund.example']
)
def test_rfc_9873_5_2_1_a_contact_is_created_with_an_additional_address(clerk, address):
    assert clerk.code(CREATE, email(address, primary=True)) == 1000
    assert shown(clerk) == email(address, primary=True)


def test_rfc_9873_5_1_2_without_one_info_shows_an_empty_element(clerk):
    clerk.does(CREATE)
    assert shown(clerk) == email()


def test_rfc_9873_5_2_5_an_update_sets_and_removes_it(clerk):
    clerk.does(CREATE)
    assert clerk.code(contact.Update(id="maja-1"), email("麥克風@example.com")) == 1000
    assert shown(clerk) == email("麥克風@example.com")
    assert clerk.code(contact.Update(id="maja-1"), email()) == 1000
    assert shown(clerk) == email()


@pytest.mark.parametrize(
    "address",
    ["lund", "@lund.example", "maja@", "ma ja@lund.example", "maja@lund", f"{'ü' * 40}@lund.example", "ü@-.example"],
)
def test_rfc_9873_4_an_invalid_address_is_refused(clerk, address):
    error = clerk.refused(CREATE, email(address))
    assert (error.code, error.value.name, error.value.namespace) == (2005, "email", addl_email.NAMESPACE)


def test_rfc_9873_4_none_is_not_primary(clerk):
    clerk.does(CREATE)
    assert clerk.refused(contact.Update(id="maja-1"), email(primary=True)).code == 2306


def test_rfc_9873_2_clients_without_the_extension_see_nothing_of_it(clerk, desk):
    clerk.does(CREATE, email("麥克風@example.com"))
    desk.services -= {addl_email.NAMESPACE}
    assert clerk.does(contact.Info(id="maja-1")).extensions == ()


def test_the_example_of_an_update_is_read_and_written():
    frame = grammar.read(FRAME.encode())
    assert isinstance(frame, epp.Command)
    assert frame.extension == (email("麥克風@example.com", primary=True),)
    check(grammar.write(frame))
