"""XML Signature (RFC 3275): only that there is one. What it holds matters to its verification, not to the grammar."""

from homeport.services.epp.grammar.declare import AnyAttributes, Element, Mixed

NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"


class Signature(Element, frozen=True, kw_only=True):
    section = "RFC 3275 4.1"  # a signature
    attributes: AnyAttributes = ()
    content: Mixed


ELEMENTS = ()
