"""signedMark-1.0: marks signed by a validator (RFC 7848 2.3), in base64; `signed_mark.py` has the element itself."""

from homeport.services.epp.grammar.declare import Attribute, Content, Element
from homeport.services.epp.grammar.eppcom import Words

NAMESPACE = "urn:ietf:params:xml:ns:signedMark-1.0"


class EncodedSignedMark(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.3"  # a signed mark in base64, so that nothing changes it on the way
    encoding: Attribute[Words] = "base64"
    value: Content[Words] = ""


ELEMENTS = (EncodedSignedMark,)
