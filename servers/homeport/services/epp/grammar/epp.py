"""epp-1.0: the frame of every message (RFC 5730 2 and 4.1): hello, greeting, commands, responses.

The protocol extension (`<epp><extension>`, RFC 5730 2.7.1) is left out: no extension uses it.
"""

from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Duration, Normalized, Number, Token, Version
from homeport.services.epp.grammar.declare import (
    AnyAttributes,
    Attribute,
    Breach,
    Choice,
    Content,
    Element,
    Flag,
    Mixed,
    OneElement,
    OneEmpty,
    Secret,
    Slot,
    Wrapped,
)
from homeport.services.epp.grammar.eppcom import ClientId, Lang, MinToken, ServiceUri, Text, Time, Uint64, Words
from homeport.services.epp.results import Code

NAMESPACE = "urn:ietf:params:xml:ns:epp-1.0"

TrId = Annotated[str, Token(3, 64)]
LoginPassword = Annotated[str, Token(6, 16), Secret()]
ResultCode = Annotated[int, Number(frozenset(Code))]


class Hello(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.3"  # asks for the greeting


class ServiceExtensions(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # the extensions of a greeting or a login
    ext_uri: tuple[ServiceUri, ...]


class ServiceMenu(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # versions, languages and namespaces that the server offers
    version: tuple[Annotated[str, Version()], ...]
    lang: tuple[Lang, ...]
    obj_uri: tuple[ServiceUri, ...]
    svc_extension: ServiceExtensions | None = None


class Purpose(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # purposes of the data
    admin: Flag = False
    contact: Flag = False
    other: Flag = False
    prov: Flag = False


class Ours(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # the server's owner as a recipient
    rec_desc: Annotated[str, Token(1, 255)] | None = None


class Recipient(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # recipients of the data
    other: Flag = False
    ours: tuple[Ours, ...] = ()
    public: Flag = False
    same: Flag = False
    unrelated: Flag = False


class Statement(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # one statement of the data collection policy
    purpose: Purpose
    recipient: Recipient
    retention: OneEmpty[Literal["business", "indefinite", "legal", "none", "stated"]]


class Expiry(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # how long the policy holds
    one_of = (("absolute", "relative"),)

    absolute: Time | None = None
    relative: Annotated[str, Duration()] | None = None


class DataPolicy(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # the data collection policy
    access: OneEmpty[Literal["all", "none", "null", "other", "personal", "personalAndOther"]]
    statement: tuple[Statement, ...]
    expiry: Expiry | None = None


class Greeting(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.4"  # the server's first message, and its answer to hello
    sv_id: Annotated[str, Normalized(3, 64)]
    sv_date: Time
    svc_menu: ServiceMenu
    dcp: DataPolicy


class LoginOptions(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.1.1"  # version and language of the session
    version: Annotated[str, Version()]
    lang: Lang


class LoginServices(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.1.1"  # namespaces that the session will use
    obj_uri: tuple[ServiceUri, ...]
    svc_extension: ServiceExtensions | None = None


class Login(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.1.1"  # opens a session
    cl_id: ClientId
    pw: LoginPassword
    new_pw: LoginPassword | None = None
    options: LoginOptions
    svcs: LoginServices


class Logout(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.1.2"  # ends the session


class Poll(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.2.3"  # asks for the oldest message, or acknowledges it
    op: Attribute[Literal["ack", "req"]]
    msg_id: Attribute[Words | None] = None

    def rule(self) -> Breach | None:
        if self.op == "ack" and not self.msg_id:
            return Breach(Code.MISSING_PARAMETER, 'op="ack" needs the attribute msgID, which says what is acknowledged')
        return None


class Check(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.2.1"  # asks if objects can be provisioned
    object: Annotated[Element, Slot("object")]


class Create(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.3.1"  # makes an object
    object: Annotated[Element, Slot("object")]


class Delete(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.3.2"  # removes an object
    object: Annotated[Element, Slot("object")]


class Info(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.2.2"  # asks for an object's data
    object: Annotated[Element, Slot("object")]


class Renew(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.3.3"  # extends the validity of an object
    object: Annotated[Element, Slot("object")]


class Transfer(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.3.4"  # changes the sponsor of an object (2.9.2.4 for the query)
    op: Attribute[Literal["approve", "cancel", "query", "reject", "request"]]
    object: Annotated[Element, Slot("object")]


class Update(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.9.3.5"  # changes an object
    object: Annotated[Element, Slot("object")]


ObjectCommand = Check | Create | Delete | Info | Renew | Transfer | Update
Operation = Check | Create | Delete | Info | Login | Logout | Poll | Renew | Transfer | Update


class Command(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.5"  # one command, with its extensions and the client's transaction identifier
    operation: Choice[Operation]
    extension: Annotated[tuple[Element, ...], Wrapped("extension")] = ()
    cl_trid: TrId | None = None

    def rule(self) -> Breach | None:
        if not isinstance(self.operation, Update) or self.extension:
            return None
        changes = (getattr(self.operation.object, part, None) for part in ("add", "rem", "chg"))
        if any(change is not None for change in changes):
            return None
        return Breach(
            Code.MISSING_PARAMETER,
            "an update without an extension needs at least one of add, rem and chg (RFC 5731 to 5733, 3.2.5)",
        )


class Message(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.6"  # a text for people
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class Value(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.6"  # the element of the client's frame that is wrong: exactly one, of any namespace
    attributes: AnyAttributes = ()
    content: OneElement


class ExtValue(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.6"  # the element that is wrong, and the reason
    value: Value
    reason: Message


class Result(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.6"  # success, or one failure
    code: Attribute[ResultCode]
    msg: Message
    values: Choice[tuple[Value | ExtValue, ...]] = ()


class MixedMessage(Element, frozen=True, kw_only=True):
    # Text of a queued message, which may contain markup; `markup_of` converts plain text.
    section = "RFC 5730 2.6"
    lang: Attribute[Lang] = "en"
    content: Mixed


class MessageQueue(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.6"  # the queue, and its oldest message
    count: Attribute[Uint64]
    id: Attribute[MinToken]
    q_date: Time | None = None
    msg: MixedMessage | None = None


class TransactionIds(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.6"  # the client's identifier of the transaction, and the server's
    cl_trid: TrId | None = None
    sv_trid: TrId


class Response(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2.6"  # the answer to one command
    result: tuple[Result, ...]
    msg_q: MessageQueue | None = None
    res_data: Annotated[tuple[Element, ...], Wrapped("data")] = ()
    extension: Annotated[tuple[Element, ...], Wrapped("extension")] = ()
    tr_id: TransactionIds


Frame = Hello | Greeting | Command | Response


class Epp(Element, frozen=True, kw_only=True):
    section = "RFC 5730 2"  # the root of every message
    message: Choice[Frame]


ELEMENTS = (Epp,)
