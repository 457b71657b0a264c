"""whoisInf-1.0: what Whois says of a domain's registrar (Verisign's Whois Info extension)."""

from typing import Annotated

from homeport.services.epp.grammar.datatypes import String
from homeport.services.epp.grammar.declare import Element
from homeport.services.epp.grammar.eppcom import Label, Words

NAMESPACE = "http://www.verisign.com/epp/whoisInf-1.0"


class WhoisInf(Element, frozen=True, kw_only=True):
    section = "whoisInf 3.1"  # the extension of a domain's info; `flag` true asks for the data
    flag: bool


class WhoisInfData(Element, frozen=True, kw_only=True):
    section = "whoisInf 3.1"  # of the registrar that sponsors the domain
    registrar: Annotated[str, String()]
    whois_server: Label | None = None
    url: Words | None = None
    iris_server: Label | None = None


ELEMENTS = (WhoisInf, WhoisInfData)
