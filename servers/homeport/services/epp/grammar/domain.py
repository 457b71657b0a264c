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
    """A validity, in years or months."""

    section = "RFC 5731 2.5"
    unit: Attribute[Literal["y", "m"]]
    value: Content[Annotated[int, Integer(1, 99)]]


class HostAttr(Element, frozen=True, kw_only=True):
    """A name server as an attribute of the domain."""

    section = "RFC 5731 1.1"
    host_name: Label
    host_addr: tuple[host.Address, ...] = ()


class Ns(Element, frozen=True, kw_only=True):
    """Name servers, either as host objects or as attributes, never both."""

    section = "RFC 5731 1.1"
    one_of = (("host_obj", "host_attr"),)

    host_obj: tuple[Label, ...] = ()
    host_attr: tuple[HostAttr, ...] = ()


class ContactRef(Element, frozen=True, kw_only=True):
    """A contact of the domain in a role."""

    section = "RFC 5731 2.2"
    type: Attribute[Literal["admin", "billing", "tech"] | None] = None
    value: Content[ClientId]


class AuthExt(Element, frozen=True, kw_only=True):
    """Authorization information of another kind; no namespace for it is known here."""

    section = "RFC 5731 2.6"
    object: Annotated[Element, Slot("any")]


class AuthInfo(Element, frozen=True, kw_only=True):
    """Authorization information."""

    section = "RFC 5731 2.6"
    one_of = (("pw", "ext"),)

    pw: Password | None = None
    ext: AuthExt | None = None


class AuthInfoChg(Element, frozen=True, kw_only=True):
    """New authorization information, or with `null` none."""

    section = "RFC 5731 3.2.5"
    one_of = (("pw", "ext", "null"),)

    pw: Password | None = None
    ext: AuthExt | None = None
    null: Flag = False


class Check(Element, frozen=True, kw_only=True):
    """Whether domains can be provisioned."""

    section = "RFC 5731 3.1.1"
    name: tuple[Label, ...]


class Create(Element, frozen=True, kw_only=True):
    """Makes a domain."""

    section = "RFC 5731 3.2.1"
    name: Label
    period: Period | None = None
    ns: Ns | None = None
    registrant: ClientId | None = None
    contact: tuple[ContactRef, ...] = ()
    auth_info: AuthInfo


class Delete(Element, frozen=True, kw_only=True):
    """Removes a domain."""

    section = "RFC 5731 3.2.2"
    name: Label


class InfoName(Element, frozen=True, kw_only=True):
    """A name, and which hosts are wanted: delegated, subordinate, all or none."""

    section = "RFC 5731 3.1.2"
    hosts: Attribute[Literal["all", "del", "none", "sub"]] = "all"
    value: Content[Label]


class Info(Element, frozen=True, kw_only=True):
    """What is known of a domain."""

    section = "RFC 5731 3.1.2"
    name: InfoName
    auth_info: AuthInfo | None = None


class Renew(Element, frozen=True, kw_only=True):
    """Lengthens the validity of a domain."""

    section = "RFC 5731 3.2.3"
    name: Label
    cur_exp_date: Date
    period: Period | None = None


class Transfer(Element, frozen=True, kw_only=True):
    """Changes the sponsor of a domain (3.1.3 for the query)."""

    section = "RFC 5731 3.2.4"
    name: Label
    period: Period | None = None
    auth_info: AuthInfo | None = None


class Status(Element, frozen=True, kw_only=True):
    """A status, with a text that may explain it."""

    section = "RFC 5731 2.3"
    s: Attribute[StatusValue]
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class AddRem(Element, frozen=True, kw_only=True):
    """What is added or removed."""

    section = "RFC 5731 3.2.5"
    ns: Ns | None = None
    contact: tuple[ContactRef, ...] = ()
    status: Annotated[tuple[Status, ...], AtMost(11)] = ()


class Chg(Element, frozen=True, kw_only=True):
    """What is replaced; an empty registrant ("") takes it away."""

    section = "RFC 5731 3.2.5"
    registrant: Annotated[str, Token(0, 16)] | None = None
    auth_info: AuthInfoChg | None = None


class Update(Element, frozen=True, kw_only=True):
    """Changes a domain."""

    section = "RFC 5731 3.2.5"
    name: Label
    add: AddRem | None = None
    rem: AddRem | None = None
    chg: Chg | None = None


class Availability(Element, frozen=True, kw_only=True):
    """A name, and whether it can be provisioned."""

    section = "RFC 5731 3.1.1"
    avail: Attribute[bool]
    value: Content[Label]


class Checked(Element, frozen=True, kw_only=True):
    """The answer for one name."""

    section = "RFC 5731 3.1.1"
    name: Availability
    reason: Reason | None = None


class ChkData(Element, frozen=True, kw_only=True):
    """The answers, in the order asked."""

    section = "RFC 5731 3.1.1"
    cd: tuple[Checked, ...]


class CreData(Element, frozen=True, kw_only=True):
    """What was made."""

    section = "RFC 5731 3.2.1"
    name: Label
    cr_date: Time
    ex_date: Time | None = None


class InfData(Element, frozen=True, kw_only=True):
    """The domain."""

    section = "RFC 5731 3.1.2"
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
    """The domain of a pending action; pa_result: whether it was approved."""

    section = "RFC 5731 3.3"
    pa_result: Attribute[bool]
    value: Content[Label]


class PanData(Element, frozen=True, kw_only=True):
    """The end of a pending action."""

    section = "RFC 5731 3.3"
    name: PendingName
    pa_trid: TransactionIds
    pa_date: Time


class RenData(Element, frozen=True, kw_only=True):
    """The new expiry."""

    section = "RFC 5731 3.2.3"
    name: Label
    ex_date: Time | None = None


class TrnData(Element, frozen=True, kw_only=True):
    """A transfer.

    While pending, ac_id is who should act and ac_date by when; afterwards who did, and when.
    ex_date: the expiry that the transfer brings, where it changes it.
    """

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
