"""orgext-1.0: organizations of domains (RFC 8544)."""

from homeport.services.epp.grammar.declare import Attribute, Content, Element
from homeport.services.epp.grammar.eppcom import Words

NAMESPACE = "urn:ietf:params:xml:ns:epp:orgext-1.0"


class Id(Element, frozen=True, kw_only=True):
    section = "RFC 8544 3.1"  # an organization in a role; empty where the role alone says what is removed
    role: Attribute[Words]
    value: Content[Words] = ""


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 8544 4.2.1"  # the organizations of a new domain
    id: tuple[Id, ...]


class AddRemChg(Element, frozen=True, kw_only=True):
    section = "RFC 8544 4.2.5"  # the organizations that are added, removed or replaced
    id: tuple[Id, ...]


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 8544 4.2.5"  # changes the organizations of a domain
    add: AddRemChg | None = None
    rem: AddRemChg | None = None
    chg: AddRemChg | None = None


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 8544 4.1.2"  # the organizations of a domain
    id: tuple[Id, ...] = ()


ELEMENTS = (Create, Update, InfData)
