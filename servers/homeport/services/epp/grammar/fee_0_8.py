"""fee-0.8: prices of commands (draft-brown-epp-fees-05), which registries still announce."""

from homeport.services.epp.grammar.declare import Element
from homeport.services.epp.grammar.domain import Period
from homeport.services.epp.grammar.eppcom import Label
from homeport.services.epp.grammar.fee import Asking, Class, Credit, Currency, Fee
from homeport.services.epp.grammar.fee_drafts import Command, Result, TransferResult, Transform

NAMESPACE = "urn:ietf:params:xml:ns:fee-0.8"


class CheckDomain(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # a name whose price is asked for
    name: Label
    currency: Currency | None = None
    command: Command
    period: Period | None = None


class Cd(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # the price of one name
    name: Label
    currency: Currency
    command: Command
    period: Period | None = None
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    class_: Class | None = None


class Check(Asking, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # asks for prices, each of one command on one name
    domain: tuple[CheckDomain, ...]


class ChkData(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # the prices, in the order asked
    cd: tuple[Cd, ...]


class Create(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # the price of a create


class CreData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # what a create cost


class DelData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # what a delete cost and credited


class Renew(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # the price of a renewal


class RenData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # what a renewal cost


class Transfer(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # the price of a transfer


class TrnData(TransferResult, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # what a transfer costs


class Update(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # the price of an update or a restore


class UpdData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-05"  # what an update or a restore cost


ELEMENTS = (
    *(Check, Create, Renew, Transfer, Update),
    *(ChkData, CreData, DelData, RenData, TrnData, UpdData),
)
