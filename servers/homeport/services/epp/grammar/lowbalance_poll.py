"""lowbalance-poll-1.0: a message about a low balance (Verisign, in IANA's registry of EPP extensions)."""

from typing import Literal

from homeport.services.epp.grammar.declare import Attribute, Content, Element
from homeport.services.epp.grammar.eppcom import Label, Text

NAMESPACE = "http://www.verisign.com/epp/lowbalance-poll-1.0"


class Threshold(Element, frozen=True, kw_only=True):
    section = "lowbalance-poll-1.0 2"  # the available credit below which the message is sent
    type: Attribute[Literal["FIXED", "PERCENT"]]
    value: Content[Text]


class PollData(Element, frozen=True, kw_only=True):
    section = "lowbalance-poll-1.0 2"  # the account when the message was made
    registrar_name: Label
    credit_limit: Text
    credit_threshold: Threshold
    available_credit: Text


ELEMENTS = (PollData,)
