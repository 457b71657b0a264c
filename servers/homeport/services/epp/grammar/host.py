"""host-1.0: name servers (RFC 5732)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Token
from homeport.services.epp.grammar.declare import AtMost, Attribute, Content, Element
from homeport.services.epp.grammar.epp import TransactionIds
from homeport.services.epp.grammar.eppcom import ClientId, Label, Lang, Reason, Roid, Text, Time

NAMESPACE = "urn:ietf:params:xml:ns:host-1.0"

StatusValue = Literal[
    "clientDeleteProhibited",
    "clientUpdateProhibited",
    "linked",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverUpdateProhibited",
]


class Address(Element, frozen=True, kw_only=True):
    section = "RFC 5732 2.5"  # an IP address; `v4` is the default
    ip: Attribute[Literal["v4", "v6"]] = "v4"
    value: Content[Annotated[str, Token(3, 45)]]


class Status(Element, frozen=True, kw_only=True):
    section = "RFC 5732 2.3"  # a status, with a text that may explain it
    s: Attribute[StatusValue]
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class Check(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.1.1"  # asks if hosts can be provisioned
    name: tuple[Label, ...]


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.2.1"  # makes a host
    name: Label
    addr: tuple[Address, ...] = ()


class Delete(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.2.2"  # removes a host
    name: Label


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.1.2"  # asks for a host's data
    name: Label


class AddRem(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.2.5"  # the parts that are added or removed
    addr: tuple[Address, ...] = ()
    status: Annotated[tuple[Status, ...], AtMost(7)] = ()


class Chg(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.2.5"  # the new name
    name: Label


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.2.5"  # changes a host
    name: Label
    add: AddRem | None = None
    rem: AddRem | None = None
    chg: Chg | None = None


class Availability(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.1.1"  # a name; avail: it can be provisioned
    avail: Attribute[bool]
    value: Content[Label]


class Checked(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.1.1"  # the answer for one name
    name: Availability
    reason: Reason | None = None


class ChkData(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.1.1"  # the answers, in the order asked
    cd: tuple[Checked, ...]


class CreData(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.2.1"  # the created host
    name: Label
    cr_date: Time


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.1.2"  # the host
    name: Label
    roid: Roid
    status: Annotated[tuple[Status, ...], AtMost(7)]
    addr: tuple[Address, ...] = ()
    cl_id: ClientId
    cr_id: ClientId
    cr_date: Time
    up_id: ClientId | None = None
    up_date: Time | None = None
    tr_date: Time | None = None


class PendingName(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.3"  # the host of a pending action; pa_result: it was approved
    pa_result: Attribute[bool]
    value: Content[Label]


class PanData(Element, frozen=True, kw_only=True):
    section = "RFC 5732 3.3"  # the end of a pending action
    name: PendingName
    pa_trid: TransactionIds
    pa_date: Time


ELEMENTS = (Check, Create, Delete, Info, Update, ChkData, CreData, InfData, PanData)
