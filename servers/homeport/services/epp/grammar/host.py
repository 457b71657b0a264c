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
    """An IP address; `v4` when its kind is not said."""

    section = "RFC 5732 2.5"
    ip: Attribute[Literal["v4", "v6"]] = "v4"
    value: Content[Annotated[str, Token(3, 45)]]


class Status(Element, frozen=True, kw_only=True):
    """A status, with a text that may explain it."""

    section = "RFC 5732 2.3"
    s: Attribute[StatusValue]
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class Check(Element, frozen=True, kw_only=True):
    """Whether hosts can be provisioned."""

    section = "RFC 5732 3.1.1"
    name: tuple[Label, ...]


class Create(Element, frozen=True, kw_only=True):
    """Makes a host."""

    section = "RFC 5732 3.2.1"
    name: Label
    addr: tuple[Address, ...] = ()


class Delete(Element, frozen=True, kw_only=True):
    """Removes a host."""

    section = "RFC 5732 3.2.2"
    name: Label


class Info(Element, frozen=True, kw_only=True):
    """What is known of a host."""

    section = "RFC 5732 3.1.2"
    name: Label


class AddRem(Element, frozen=True, kw_only=True):
    """What is added or removed."""

    section = "RFC 5732 3.2.5"
    addr: tuple[Address, ...] = ()
    status: Annotated[tuple[Status, ...], AtMost(7)] = ()


class Chg(Element, frozen=True, kw_only=True):
    """The new name."""

    section = "RFC 5732 3.2.5"
    name: Label


class Update(Element, frozen=True, kw_only=True):
    """Changes a host."""

    section = "RFC 5732 3.2.5"
    name: Label
    add: AddRem | None = None
    rem: AddRem | None = None
    chg: Chg | None = None


class Availability(Element, frozen=True, kw_only=True):
    """A name, and whether it can be provisioned."""

    section = "RFC 5732 3.1.1"
    avail: Attribute[bool]
    value: Content[Label]


class Checked(Element, frozen=True, kw_only=True):
    """The answer for one name."""

    section = "RFC 5732 3.1.1"
    name: Availability
    reason: Reason | None = None


class ChkData(Element, frozen=True, kw_only=True):
    """The answers, in the order asked."""

    section = "RFC 5732 3.1.1"
    cd: tuple[Checked, ...]


class CreData(Element, frozen=True, kw_only=True):
    """What was made."""

    section = "RFC 5732 3.2.1"
    name: Label
    cr_date: Time


class InfData(Element, frozen=True, kw_only=True):
    """The host."""

    section = "RFC 5732 3.1.2"
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
    """The host of a pending action; pa_result: whether it was approved."""

    section = "RFC 5732 3.3"
    pa_result: Attribute[bool]
    value: Content[Label]


class PanData(Element, frozen=True, kw_only=True):
    """The end of a pending action."""

    section = "RFC 5732 3.3"
    name: PendingName
    pa_trid: TransactionIds
    pa_date: Time


ELEMENTS = (Check, Create, Delete, Info, Update, ChkData, CreData, InfData, PanData)
