"""domain-1.0: domain names (RFC 5731)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar import host
from homeport.services.epp.grammar.datatypes import Integer, Token
from homeport.services.epp.grammar.declare import AtMost, Attribute, Content, Element, Flag, Slot
from homeport.services.epp.grammar.epp import TransactionIds
from homeport.services.epp.grammar.eppcom import (
    ClientId,
    Date,
    Label,
    Lang,
    Password,
    Reason,
    Roid,
    Text,
    Time,
    TransferStatus,
)

NAMESPACE = "urn:ietf:params:xml:ns:domain-1.0"

StatusValue = Literal[
    "clientDeleteProhibited",
    "clientHold",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "inactive",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingRenew",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverHold",
    "serverRenewProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]


class Period(Element, frozen=True, kw_only=True):
    section = "RFC 5731 2.5"  # a validity, in years or months
    unit: Attribute[Literal["y", "m"]]
    value: Content[Annotated[int, Integer(1, 99)]]


class HostAttr(Element, frozen=True, kw_only=True):
    section = "RFC 5731 1.1"  # a name server as an attribute of the domain
    host_name: Label
    host_addr: tuple[host.Address, ...] = ()


class Ns(Element, frozen=True, kw_only=True):
    section = "RFC 5731 1.1"  # name servers, either as host objects or as attributes, never both
    one_of = (("host_obj", "host_attr"),)

    host_obj: tuple[Label, ...] = ()
    host_attr: tuple[HostAttr, ...] = ()


class ContactRef(Element, frozen=True, kw_only=True):
    section = "RFC 5731 2.2"  # a contact of the domain in a role
    type: Attribute[Literal["admin", "billing", "tech"] | None] = None
    value: Content[ClientId]


class AuthExt(Element, frozen=True, kw_only=True):
    section = "RFC 5731 2.6"  # authorization information of another kind; no namespace for it is known here
    object: Annotated[Element, Slot("any")]


class AuthInfo(Element, frozen=True, kw_only=True):
    section = "RFC 5731 2.6"  # authorization information
    one_of = (("pw", "ext"),)

    pw: Password | None = None
    ext: AuthExt | None = None


class AuthInfoChg(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.5"  # new authorization information, or with `null` none
    one_of = (("pw", "ext", "null"),)

    pw: Password | None = None
    ext: AuthExt | None = None
    null: Flag = False


class Check(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.1.1"  # asks if domains can be provisioned
    name: tuple[Label, ...]


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.1"  # makes a domain
    name: Label
    period: Period | None = None
    ns: Ns | None = None
    registrant: ClientId | None = None
    contact: tuple[ContactRef, ...] = ()
    auth_info: AuthInfo


class Delete(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.2"  # removes a domain
    name: Label


class InfoName(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.1.2"  # a name, and which hosts are wanted: delegated, subordinate, all or none
    hosts: Attribute[Literal["all", "del", "none", "sub"]] = "all"
    value: Content[Label]


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.1.2"  # asks for a domain's data
    name: InfoName
    auth_info: AuthInfo | None = None


class Renew(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.3"  # extends the validity of a domain
    name: Label
    cur_exp_date: Date
    period: Period | None = None


class Transfer(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.4"  # changes the sponsor of a domain (3.1.3 for the query)
    name: Label
    period: Period | None = None
    auth_info: AuthInfo | None = None


class Status(Element, frozen=True, kw_only=True):
    section = "RFC 5731 2.3"  # a status, with a text that may explain it
    s: Attribute[StatusValue]
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class AddRem(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.5"  # the parts that are added or removed
    ns: Ns | None = None
    contact: tuple[ContactRef, ...] = ()
    status: Annotated[tuple[Status, ...], AtMost(11)] = ()


class Chg(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.5"  # the parts that are replaced; an empty registrant ("") removes it
    registrant: Annotated[str, Token(0, 16)] | None = None
    auth_info: AuthInfoChg | None = None


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.5"  # changes a domain
    name: Label
    add: AddRem | None = None
    rem: AddRem | None = None
    chg: Chg | None = None


class Availability(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.1.1"  # a name; avail: it can be provisioned
    avail: Attribute[bool]
    value: Content[Label]


class Checked(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.1.1"  # the answer for one name
    name: Availability
    reason: Reason | None = None


class ChkData(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.1.1"  # the answers, in the order asked
    cd: tuple[Checked, ...]


class CreData(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.1"  # the created domain
    name: Label
    cr_date: Time
    ex_date: Time | None = None


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.1.2"  # the domain
    name: Label
    roid: Roid
    status: Annotated[tuple[Status, ...], AtMost(11)] = ()
    registrant: ClientId | None = None
    contact: tuple[ContactRef, ...] = ()
    ns: Ns | None = None
    host: tuple[Label, ...] = ()
    cl_id: ClientId
    cr_id: ClientId | None = None
    cr_date: Time | None = None
    up_id: ClientId | None = None
    up_date: Time | None = None
    ex_date: Time | None = None
    tr_date: Time | None = None
    auth_info: AuthInfo | None = None


class PendingName(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.3"  # the domain of a pending action; pa_result: it was approved
    pa_result: Attribute[bool]
    value: Content[Label]


class PanData(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.3"  # the end of a pending action
    name: PendingName
    pa_trid: TransactionIds
    pa_date: Time


class RenData(Element, frozen=True, kw_only=True):
    section = "RFC 5731 3.2.3"  # the new expiry
    name: Label
    ex_date: Time | None = None


class TrnData(Element, frozen=True, kw_only=True):
    # A transfer.
    #
    # While pending, ac_id and ac_date are who should act and the deadline; afterwards who acted, and when.
    # ex_date: the expiry after the transfer, if that changes it.
    section = "RFC 5731 3.2.4"
    name: Label
    tr_status: TransferStatus
    re_id: ClientId
    re_date: Time
    ac_id: ClientId
    ac_date: Time
    ex_date: Time | None = None


ELEMENTS = (
    *(Check, Create, Delete, Info, Renew, Transfer, Update),
    *(ChkData, CreData, InfData, PanData, RenData, TrnData),
)
