"""signedMark-1.0: the signed mark itself (RFC 7848 2.3). It is imported when the first one is read."""

from typing import Annotated

from homeport.services.epp.grammar import mark, smd
from homeport.services.epp.grammar.datatypes import Pattern
from homeport.services.epp.grammar.declare import Attribute, Element, Markup, Verbatim
from homeport.services.epp.grammar.eppcom import MinToken, Time, Words

NAMESPACE = smd.NAMESPACE

XmlId = Annotated[str, Pattern(r"[^\W\d][\w.\-]*", "a name of XML without colon, such as signedMark")]


class IssuerInfo(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.3"  # the validator that signed
    issuer_id: Attribute[Words]
    org: Words
    email: MinToken
    url: Words | None = None
    voice: mark.E164 | None = None


class SignedMark(Element, frozen=True, kw_only=True):
    section = "RFC 7848 2.3"  # a signed mark
    id: Attribute[XmlId]
    id_: Annotated[str, *mark.MarkId.__metadata__]
    issuer_info: IssuerInfo
    not_before: Time
    not_after: Time
    mark: Annotated[Markup, Verbatim("mark.Mark")]
    signature: Annotated[Markup, Verbatim("dsig.Signature", "Signature")]
