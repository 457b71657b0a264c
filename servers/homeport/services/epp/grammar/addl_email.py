"""addlEmail-1.0: an additional e-mail address of a contact, which may be internationalized (RFC 9873)."""

from homeport.services.epp.grammar.declare import Attribute, Content, Element
from homeport.services.epp.grammar.eppcom import Words

NAMESPACE = "urn:ietf:params:xml:ns:epp:addlEmail-1.0"


class Email(Element, frozen=True, kw_only=True):
    section = "RFC 9873 4"  # the address; empty: none. primary: it is preferred to that of the contact itself
    primary: Attribute[bool] = False
    value: Content[Words] = ""


class AddlEmail(Element, frozen=True, kw_only=True):
    section = "RFC 9873 4"  # the additional address of a contact
    email: Email


ELEMENTS = (AddlEmail,)
