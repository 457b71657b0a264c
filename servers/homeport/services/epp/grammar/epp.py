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
"""The result codes there are (RFC 5730 3)."""
ResultCode = Annotated[int, Number(frozenset(Code))]


class Hello(Element, frozen=True, kw_only=True):
    """Asks for the greeting."""

    section = "RFC 5730 2.3"


class ServiceExtensions(Element, frozen=True, kw_only=True):
    """The extensions of a greeting or a login."""

    section = "RFC 5730 2.4"
    ext_uri: tuple[ServiceUri, ...]


class ServiceMenu(Element, frozen=True, kw_only=True):
    """What the server offers."""

    section = "RFC 5730 2.4"
    version: tuple[Annotated[str, Version()], ...]
    lang: tuple[Lang, ...]
    obj_uri: tuple[ServiceUri, ...]
    svc_extension: ServiceExtensions | None = None


class Purpose(Element, frozen=True, kw_only=True):
    """What the data are for."""

    section = "RFC 5730 2.4"
    admin: Flag = False
    contact: Flag = False
    other: Flag = False
    prov: Flag = False


class Ours(Element, frozen=True, kw_only=True):
    """The server's owner as a recipient."""

    section = "RFC 5730 2.4"
    rec_desc: Annotated[str, Token(1, 255)] | None = None


class Recipient(Element, frozen=True, kw_only=True):
    """Who gets the data."""

    section = "RFC 5730 2.4"
    other: Flag = False
    ours: tuple[Ours, ...] = ()
    public: Flag = False
    same: Flag = False
    unrelated: Flag = False


class Statement(Element, frozen=True, kw_only=True):
    """One statement of the data collection policy."""

    section = "RFC 5730 2.4"
    purpose: Purpose
    recipient: Recipient
    retention: OneEmpty[Literal["business", "indefinite", "legal", "none", "stated"]]


class Expiry(Element, frozen=True, kw_only=True):
    """How long the policy holds."""

    section = "RFC 5730 2.4"
    one_of = (("absolute", "relative"),)

    absolute: Time | None = None
    relative: Annotated[str, Duration()] | None = None


class DataPolicy(Element, frozen=True, kw_only=True):
    """The data collection policy."""

    section = "RFC 5730 2.4"
    access: OneEmpty[Literal["all", "none", "null", "other", "personal", "personalAndOther"]]
    statement: tuple[Statement, ...]
    expiry: Expiry | None = None


class Greeting(Element, frozen=True, kw_only=True):
    """The first word of the server, and its answer to a hello."""

    section = "RFC 5730 2.4"
    sv_id: Annotated[str, Normalized(3, 64)]
    sv_date: Time
    svc_menu: ServiceMenu
    dcp: DataPolicy


class LoginOptions(Element, frozen=True, kw_only=True):
    """Version and language of the session."""

    section = "RFC 5730 2.9.1.1"
    version: Annotated[str, Version()]
    lang: Lang


class LoginServices(Element, frozen=True, kw_only=True):
    """What the session will use."""

    section = "RFC 5730 2.9.1.1"
    obj_uri: tuple[ServiceUri, ...]
    svc_extension: ServiceExtensions | None = None


class Login(Element, frozen=True, kw_only=True):
    """Opens a session."""

    section = "RFC 5730 2.9.1.1"
    cl_id: ClientId
    pw: LoginPassword
    new_pw: LoginPassword | None = None
    options: LoginOptions
    svcs: LoginServices


class Logout(Element, frozen=True, kw_only=True):
    """Ends the session."""

    section = "RFC 5730 2.9.1.2"


class Poll(Element, frozen=True, kw_only=True):
    """Asks for the oldest message, or acknowledges it."""

    section = "RFC 5730 2.9.2.3"
    op: Attribute[Literal["ack", "req"]]
    msg_id: Attribute[Words | None] = None

    def rule(self) -> Breach | None:
        if self.op == "ack" and not self.msg_id:
            return Breach(Code.MISSING_PARAMETER, 'op="ack" needs the attribute msgID, which says what is acknowledged')
        return None


class Check(Element, frozen=True, kw_only=True):
    """Whether objects can be provisioned."""

    section = "RFC 5730 2.9.2.1"
    object: Annotated[Element, Slot("object")]


class Create(Element, frozen=True, kw_only=True):
    """Makes an object."""

    section = "RFC 5730 2.9.3.1"
    object: Annotated[Element, Slot("object")]


class Delete(Element, frozen=True, kw_only=True):
    """Removes an object."""

    section = "RFC 5730 2.9.3.2"
    object: Annotated[Element, Slot("object")]


class Info(Element, frozen=True, kw_only=True):
    """What is known of an object."""

    section = "RFC 5730 2.9.2.2"
    object: Annotated[Element, Slot("object")]


class Renew(Element, frozen=True, kw_only=True):
    """Lengthens the validity of an object."""

    section = "RFC 5730 2.9.3.3"
    object: Annotated[Element, Slot("object")]


class Transfer(Element, frozen=True, kw_only=True):
    """Changes the sponsor of an object (2.9.2.4 for the query)."""

    section = "RFC 5730 2.9.3.4"
    op: Attribute[Literal["approve", "cancel", "query", "reject", "request"]]
    object: Annotated[Element, Slot("object")]


class Update(Element, frozen=True, kw_only=True):
    """Changes an object."""

    section = "RFC 5730 2.9.3.5"
    object: Annotated[Element, Slot("object")]


ObjectCommand = Check | Create | Delete | Info | Renew | Transfer | Update
Operation = Check | Create | Delete | Info | Login | Logout | Poll | Renew | Transfer | Update


class Command(Element, frozen=True, kw_only=True):
    """One command, with its extensions and the client's transaction identifier."""

    section = "RFC 5730 2.5"
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
    """A text for people."""

    section = "RFC 5730 2.6"
    lang: Attribute[Lang] = "en"
    value: Content[Text] = ""


class Value(Element, frozen=True, kw_only=True):
    """The element of the client's frame that is wrong: exactly one, of whatever namespace."""

    section = "RFC 5730 2.6"
    attributes: AnyAttributes = ()
    content: OneElement


class ExtValue(Element, frozen=True, kw_only=True):
    """What is wrong, and why."""

    section = "RFC 5730 2.6"
    value: Value
    reason: Message


class Result(Element, frozen=True, kw_only=True):
    """Success, or one failure."""

    section = "RFC 5730 2.6"
    code: Attribute[ResultCode]
    msg: Message
    values: Choice[tuple[Value | ExtValue, ...]] = ()


class MixedMessage(Element, frozen=True, kw_only=True):
    """Text of a queued message, in which there may be markup; `markup_of` makes it of plain text."""

    section = "RFC 5730 2.6"
    lang: Attribute[Lang] = "en"
    content: Mixed


class MessageQueue(Element, frozen=True, kw_only=True):
    """The queue, and its oldest message."""

    section = "RFC 5730 2.6"
    count: Attribute[Uint64]
    id: Attribute[MinToken]
    q_date: Time | None = None
    msg: MixedMessage | None = None


class TransactionIds(Element, frozen=True, kw_only=True):
    """The client's identifier of the transaction, and the server's."""

    section = "RFC 5730 2.6"
    cl_trid: TrId | None = None
    sv_trid: TrId


class Response(Element, frozen=True, kw_only=True):
    """The answer to one command."""

    section = "RFC 5730 2.6"
    result: tuple[Result, ...]
    msg_q: MessageQueue | None = None
    res_data: Annotated[tuple[Element, ...], Wrapped("data")] = ()
    extension: Annotated[tuple[Element, ...], Wrapped("extension")] = ()
    tr_id: TransactionIds


Frame = Hello | Greeting | Command | Response


class Epp(Element, frozen=True, kw_only=True):
    """What every message is."""

    section = "RFC 5730 2"
    message: Choice[Frame]


ELEMENTS = (Epp,)
