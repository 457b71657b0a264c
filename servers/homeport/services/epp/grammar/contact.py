"""contact-1.0: people and organizations (RFC 5733)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Normalized, Pattern, Token
from homeport.services.epp.grammar.declare import AtMost, Attribute, Breach, Content, Element, Flag, Slot
from homeport.services.epp.grammar.epp import TransactionIds
from homeport.services.epp.grammar.eppcom import (
    ClientId,
    Lang,
    MinToken,
    Password,
    Reason,
    Roid,
    Text,
    Time,
    TransferStatus,
    Words,
)
from homeport.services.epp.results import Code

NAMESPACE = "urn:ietf:params:xml:ns:contact-1.0"

PostalType = Literal["loc", "int"]
PostalLine = Annotated[str, Normalized(1, 255)]
OptionalLine = Annotated[str, Normalized(0, 255)]
StatusValue = Literal[
    "clientDeleteProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "linked",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]


class Phone(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.5"  # a telephone number such as +1.7035555555, with its extension
    x: Attribute[Words | None] = None
    value: Content[
        Annotated[
            str, Pattern(r"(\+[0-9]{1,3}\.[0-9]{1,14})?", "+CC.NUMBER such as +1.7035555555, or empty", longest=17)
        ]
    ] = ""


class Addr(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.4"  # a postal address; cc is a country code of two letters
    street: Annotated[tuple[OptionalLine, ...], AtMost(3)] = ()
    city: PostalLine
    sp: OptionalLine | None = None
    pc: Annotated[str, Token(0, 16)] | None = None
    cc: Annotated[str, Token(2, 2)]


class PostalInfo(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.4"  # name and address, in US-ASCII (`int`) or in any script (`loc`)
    type: Attribute[PostalType]
    name: PostalLine
    org: OptionalLine | None = None
    addr: Addr

    def rule(self) -> Breach | None:
        return _beyond_ascii(self.type, self.name, self.org, self.addr)


class ChgPostalInfo(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.5"  # the parts of name and address that are replaced
    type: Attribute[PostalType]
    name: PostalLine | None = None
    org: OptionalLine | None = None
    addr: Addr | None = None

    def rule(self) -> Breach | None:
        return _beyond_ascii(self.type, self.name, self.org, self.addr)


class AuthExt(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.8"  # authorization information of another kind; no namespace for it is known here
    object: Annotated[Element, Slot("any")]


class AuthInfo(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.8"  # authorization information
    one_of = (("pw", "ext"),)

    pw: Password | None = None
    ext: AuthExt | None = None


class IntLoc(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.9"  # which form of a postal element is meant
    type: Attribute[PostalType]


class Disclose(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.9"  # what may (flag true) or may not be disclosed
    flag: Attribute[bool]
    name: Annotated[tuple[IntLoc, ...], AtMost(2)] = ()
    org: Annotated[tuple[IntLoc, ...], AtMost(2)] = ()
    addr: Annotated[tuple[IntLoc, ...], AtMost(2)] = ()
    voice: Flag = False
    fax: Flag = False
    email: Flag = False

    def rule(self) -> Breach | None:
        if self.name or self.org or self.addr or self.voice or self.fax or self.email:
            return None
        return Breach(Code.MISSING_PARAMETER, "disclose needs at least one of name, org, addr, voice, fax and email")


class Check(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.1.1"  # asks if identifiers can be provisioned
    id: tuple[ClientId, ...]


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.1"  # makes a contact
    id: ClientId
    postal_info: Annotated[tuple[PostalInfo, ...], AtMost(2)]
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken
    auth_info: AuthInfo
    disclose: Disclose | None = None

    def rule(self) -> Breach | None:
        return _twice(self.postal_info)


class Delete(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.2"  # removes a contact
    id: ClientId


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.1.2"  # asks for a contact's data
    id: ClientId
    auth_info: AuthInfo | None = None


class Transfer(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.4"  # changes the sponsor of a contact (3.1.3 for the query)
    id: ClientId
    auth_info: AuthInfo | None = None


class Status(Element, frozen=True, kw_only=True):
    section = "RFC 5733 2.2"  # a status, with a text that may explain it
    s: Attribute[StatusValue]
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class AddRem(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.5"  # the statuses that are added or removed
    status: Annotated[tuple[Status, ...], AtMost(7)]


class Chg(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.5"  # what is replaced
    postal_info: Annotated[tuple[ChgPostalInfo, ...], AtMost(2)] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken | None = None
    auth_info: AuthInfo | None = None
    disclose: Disclose | None = None

    def rule(self) -> Breach | None:
        return _twice(self.postal_info)


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.5"  # changes a contact
    id: ClientId
    add: AddRem | None = None
    rem: AddRem | None = None
    chg: Chg | None = None


class Availability(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.1.1"  # an identifier; avail: it can be provisioned
    avail: Attribute[bool]
    value: Content[ClientId]


class Checked(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.1.1"  # the answer for one identifier
    id: Availability
    reason: Reason | None = None


class ChkData(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.1.1"  # the answers, in the order asked
    cd: tuple[Checked, ...]


class CreData(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.1"  # the created contact
    id: ClientId
    cr_date: Time


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.1.2"  # the contact
    id: ClientId
    roid: Roid
    status: Annotated[tuple[Status, ...], AtMost(7)]
    postal_info: Annotated[tuple[PostalInfo, ...], AtMost(2)]
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken
    cl_id: ClientId
    cr_id: ClientId
    cr_date: Time
    up_id: ClientId | None = None
    up_date: Time | None = None
    tr_date: Time | None = None
    auth_info: AuthInfo | None = None
    disclose: Disclose | None = None


class PendingId(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.3"  # the contact of a pending action; pa_result: it was approved
    pa_result: Attribute[bool]
    value: Content[ClientId]


class PanData(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.3"  # the end of a pending action
    id: PendingId
    pa_trid: TransactionIds
    pa_date: Time


class TrnData(Element, frozen=True, kw_only=True):
    section = "RFC 5733 3.2.4"  # a transfer; ac_id and ac_date as in a domain's
    id: ClientId
    tr_status: TransferStatus
    re_id: ClientId
    re_date: Time
    ac_id: ClientId
    ac_date: Time


ELEMENTS = (Check, Create, Delete, Info, Transfer, Update, ChkData, CreData, InfData, PanData, TrnData)


def _beyond_ascii(postal_type: str, name: str | None, org: str | None, addr: Addr | None) -> Breach | None:
    if postal_type == "loc":
        return None
    address = (*addr.street, addr.city, addr.sp, addr.pc, addr.cc) if addr else ()
    if all((line or "").isascii() for line in (name, org, *address)):
        return None
    return Breach(
        Code.VALUE_SYNTAX, 'type="int" is for US-ASCII only; other scripts go into a postalInfo of type="loc"'
    )


def _twice(postal: tuple[PostalInfo, ...] | tuple[ChgPostalInfo, ...]) -> Breach | None:
    if len(postal) < 2 or postal[0].type != postal[1].type:
        return None
    return Breach(Code.VALUE_SYNTAX, f'two postalInfo of type="{postal[0].type}": one of each type at most')
