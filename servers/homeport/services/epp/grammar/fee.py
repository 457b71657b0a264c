"""fee-1.0: prices of commands (RFC 8748). The drafts of the same model are `fee_0_7.py` to `fee_0_11.py`."""

from decimal import Decimal
from typing import Annotated, Literal

from homeport.services.epp.grammar.datatypes import Amount, Duration, Exactly, Pattern
from homeport.services.epp.grammar.declare import Attribute, Content, Element, Named
from homeport.services.epp.grammar.domain import Period
from homeport.services.epp.grammar.eppcom import Label, Lang, Text, Words

NAMESPACE = "urn:ietf:params:xml:ns:epp:fee-1.0"

Currency = Annotated[str, Exactly("[A-Z]{3}", "a currency code of three upper-case letters (ISO 4217)")]
Balance = Annotated[Decimal, Amount()]
CommandName = Literal["create", "delete", "renew", "update", "transfer", "restore", "custom"]
Class = Annotated[Words, Named("class")]


class Fee(Element, frozen=True, kw_only=True):
    section = "RFC 8748 3.4"  # an amount that is charged; refundable within grace_period
    description: Attribute[Text | None] = None
    lang: Attribute[Lang] = "en"
    refundable: Attribute[bool | None] = None
    grace_period: Attribute[Annotated[str, Duration(), Named("grace-period")] | None] = None
    applied: Attribute[Literal["immediate", "delayed"] | None] = None
    value: Content[Annotated[Decimal, Amount(sign=1)]]


class Credit(Element, frozen=True, kw_only=True):
    section = "RFC 8748 3.4"  # an amount that is credited: zero or negative
    description: Attribute[Text | None] = None
    lang: Attribute[Lang] = "en"
    value: Content[Annotated[Decimal, Amount(sign=-1)]]


class Reason(Element, frozen=True, kw_only=True):
    section = "RFC 8748 3.9"  # why there is no price
    lang: Attribute[Lang] = "en"
    value: Content[Words]


class ObjectId(Element, frozen=True, kw_only=True):
    section = "RFC 8748 3.1"  # the object of a price; element: of the object's command that names it
    element: Attribute[Annotated[str, Pattern(r"[\w.:·-]+", "a name of an element")]] = "name"
    value: Content[Label]


class Command(Element, frozen=True, kw_only=True):
    section = "RFC 8748 3.7"  # a command whose price is asked for
    name: Attribute[CommandName]
    custom_name: Attribute[Words | None] = None
    phase: Attribute[Words | None] = None
    subphase: Attribute[Words | None] = None
    period: Period | None = None


class CommandData(Element, frozen=True, kw_only=True):
    section = "RFC 8748 5.1.1"  # the price of a command, or why there is none; standard: of an ordinary name
    name: Attribute[CommandName]
    custom_name: Attribute[Words | None] = None
    phase: Attribute[Words | None] = None
    subphase: Attribute[Words | None] = None
    standard: Attribute[bool] = False
    period: Period | None = None
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    reason: Reason | None = None


class Cd(Element, frozen=True, kw_only=True):
    section = "RFC 8748 5.1.1"  # the prices of one object; avail: all that were asked for are there
    avail: Attribute[bool] = True
    obj_id: Annotated[ObjectId, Named("objID")]
    class_: Class | None = None
    command: tuple[CommandData, ...] = ()
    reason: Reason | None = None


class Asking(Element, frozen=True, kw_only=True):
    section = "RFC 8748 5.1.1"  # asks for prices, in any version of the model


class Check(Asking, frozen=True, kw_only=True):
    section = "RFC 8748 5.1.1"  # asks for prices of a check's objects
    currency: Currency | None = None
    command: tuple[Command, ...]


class ChkData(Element, frozen=True, kw_only=True):
    section = "RFC 8748 5.1.1"  # the prices, in the order asked
    currency: Currency
    cd: tuple[Cd, ...]


class Transform(Element, frozen=True, kw_only=True):
    section = "RFC 8748 5.2"  # the price that the client expects of a command
    currency: Currency | None = None
    fee: tuple[Fee, ...]
    credit: tuple[Credit, ...] = ()


class Result(Element, frozen=True, kw_only=True):
    section = "RFC 8748 5.2"  # what was charged and credited, and the client's balance then
    currency: Currency | None = None
    period: Period | None = None
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    balance: Balance | None = None
    credit_limit: Balance | None = None


class Create(Transform, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.1"  # the price of a create


class CreData(Result, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.1"  # what a create cost


class DelData(Result, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.2"  # what a delete cost and credited


class Renew(Transform, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.3"  # the price of a renewal


class RenData(Result, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.3"  # what a renewal cost


class Transfer(Transform, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.4"  # the price of a transfer


class TrnData(Result, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.4"  # what a transfer costs


class Update(Transform, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.5"  # the price of an update or a restore


class UpdData(Result, frozen=True, kw_only=True):
    section = "RFC 8748 5.2.5"  # what an update or a restore cost


ELEMENTS = (
    *(Check, Create, Renew, Transfer, Update),
    *(ChkData, CreData, DelData, RenData, TrnData, UpdData),
)
