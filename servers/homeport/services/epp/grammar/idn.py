"""idn-1.0: the IDN table of a domain, and its name in Unicode (draft-ietf-eppext-idnmap)."""

from homeport.services.epp.grammar.declare import Element
from homeport.services.epp.grammar.eppcom import Label, MinToken

NAMESPACE = "urn:ietf:params:xml:ns:idn-1.0"


class Data(Element, frozen=True, kw_only=True):
    section = "draft-ietf-eppext-idnmap 3"  # the table that a label is valid in, and the name with U-labels
    table: MinToken
    uname: Label | None = None


ELEMENTS = (Data,)
