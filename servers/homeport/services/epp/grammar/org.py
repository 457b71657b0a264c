"""org-1.0: organizations (RFC 8543)."""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Normalized, Pattern, Token
from homeport.services.epp.grammar.declare import AtMost, Attribute, Content, Element, Named
from homeport.services.epp.grammar.epp import TransactionIds
from homeport.services.epp.grammar.eppcom import ClientId, MinToken, Reason, Roid, ServiceUri, Time, Words

NAMESPACE = "urn:ietf:params:xml:ns:epp:org-1.0"

PostalType = Literal["loc", "int"]
PostalLine = Annotated[str, Normalized(1, 255)]
OptionalLine = Annotated[str, Normalized(0, 255)]
StatusValue = Literal[
    "ok",
    "hold",
    "terminated",
    "clientDeleteProhibited",
    "clientUpdateProhibited",
    "clientLinkProhibited",
    "linked",
    "pendingCreate",
    "pendingUpdate",
    "pendingDelete",
    "serverDeleteProhibited",
    "serverUpdateProhibited",
    "serverLinkProhibited",
]
RoleStatus = Literal["ok", "clientLinkProhibited", "linked", "serverLinkProhibited"]


class Role(Element, frozen=True, kw_only=True):
    section = "RFC 8543 3.2"  # a role, with its identifier elsewhere
    type: Words
    status: Annotated[tuple[RoleStatus, ...], AtMost(3)] = ()
    role_id: Words | None = None


class Phone(Element, frozen=True, kw_only=True):
    section = "RFC 8543 3.6"  # a telephone number, with its extension
    x: Attribute[Words | None] = None
    value: Content[
        Annotated[
            str, Pattern(r"(\+[0-9]{1,3}\.[0-9]{1,14})?", "+CC.NUMBER such as +1.7035555555, or empty", longest=17)
        ]
    ] = ""


class Addr(Element, frozen=True, kw_only=True):
    section = "RFC 8543 3.6"  # a postal address; cc is a country code of two letters
    street: Annotated[tuple[OptionalLine, ...], AtMost(3)] = ()
    city: PostalLine
    sp: OptionalLine | None = None
    pc: Annotated[str, Token(0, 16)] | None = None
    cc: Annotated[str, Token(2, 2)]


class PostalInfo(Element, frozen=True, kw_only=True):
    section = "RFC 8543 3.6"  # name and address, in US-ASCII (`int`) or in any script (`loc`)
    type: Attribute[PostalType]
    name: PostalLine
    addr: Addr | None = None


class ChgPostalInfo(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.2.5"  # the parts of name and address that are replaced
    type: Attribute[PostalType]
    name: PostalLine | None = None
    addr: Addr | None = None


class Contact(Element, frozen=True, kw_only=True):
    section = "RFC 8543 3.3"  # a contact in a role
    type: Attribute[Literal["admin", "billing", "tech", "abuse", "custom"]]
    type_name: Attribute[Words | None] = None
    value: Content[ClientId]


class Check(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.1.1"  # asks if identifiers can be provisioned
    id: tuple[ClientId, ...]


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.1.2"  # asks for an organization's data
    id: ClientId


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.2.1"  # makes an organization
    id: ClientId
    role: tuple[Role, ...]
    status: Annotated[tuple[StatusValue, ...], AtMost(4)] = ()
    parent_id: Annotated[ClientId | None, Named("parentId")] = None
    postal_info: Annotated[tuple[PostalInfo, ...], AtMost(2)] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken | None = None
    url: ServiceUri | None = None
    contact: tuple[Contact, ...] = ()


class Delete(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.2.2"  # removes an organization
    id: ClientId


class AddRem(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.2.5"  # the parts that are added or removed
    contact: tuple[Contact, ...] = ()
    role: tuple[Role, ...] = ()
    status: Annotated[tuple[StatusValue, ...], AtMost(9)] = ()


class Chg(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.2.5"  # the parts that are replaced
    parent_id: Annotated[ClientId | None, Named("parentId")] = None
    postal_info: Annotated[tuple[ChgPostalInfo, ...], AtMost(2)] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken | None = None
    url: ServiceUri | None = None


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.2.5"  # changes an organization
    id: ClientId
    add: AddRem | None = None
    rem: AddRem | None = None
    chg: Chg | None = None


class Availability(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.1.1"  # an identifier; avail: it can be provisioned
    avail: Attribute[bool]
    value: Content[ClientId]


class Checked(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.1.1"  # the answer for one identifier
    id: Availability
    reason: Reason | None = None


class ChkData(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.1.1"  # the answers, in the order asked
    cd: tuple[Checked, ...]


class CreData(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.2.1"  # the created organization
    id: ClientId
    cr_date: Time


class InfData(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.1.2"  # the organization
    id: ClientId
    roid: Roid
    role: tuple[Role, ...]
    status: Annotated[tuple[StatusValue, ...], AtMost(9)]
    parent_id: Annotated[ClientId | None, Named("parentId")] = None
    postal_info: Annotated[tuple[PostalInfo, ...], AtMost(2)] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken | None = None
    url: ServiceUri | None = None
    contact: tuple[Contact, ...] = ()
    cl_id: ClientId | None = None
    cr_id: ClientId
    cr_date: Time
    up_id: ClientId | None = None
    up_date: Time | None = None


class PendingId(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.3"  # the organization of a pending action; pa_result: it was approved
    pa_result: Attribute[bool]
    value: Content[ClientId]


class PanData(Element, frozen=True, kw_only=True):
    section = "RFC 8543 4.3"  # the end of a pending action
    id: PendingId
    pa_trid: TransactionIds
    pa_date: Time


ELEMENTS = (Check, Info, Create, Delete, Update, ChkData, CreData, InfData, PanData)
