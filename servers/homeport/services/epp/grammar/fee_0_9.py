"""fee-0.9: prices of commands (draft-brown-epp-fees-06), which registries still announce."""

from typing import Annotated

from homeport.services.epp.grammar.declare import Attribute, Element, Named
from homeport.services.epp.grammar.domain import Period
from homeport.services.epp.grammar.eppcom import ServiceUri
from homeport.services.epp.grammar.fee import Asking, Class, Credit, Currency, Fee, ObjectId
from homeport.services.epp.grammar.fee_drafts import Command, Result, TransferResult, Transform

NAMESPACE = "urn:ietf:params:xml:ns:fee-0.9"


class CheckObject(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.1.1"  # an object whose price is asked for
    obj_uri: Annotated[Attribute[ServiceUri | None], Named("objURI")] = None
    obj_id: Annotated[ObjectId, Named("objID")]
    currency: Currency | None = None
    command: Command
    period: Period | None = None


class Cd(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.1.1"  # the price of one object
    obj_uri: Annotated[Attribute[ServiceUri | None], Named("objURI")] = None
    obj_id: Annotated[ObjectId, Named("objID")]
    currency: Currency
    command: Command
    period: Period | None = None
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    class_: Class | None = None


class Check(Asking, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.1.1"  # asks for prices, each of one command on one object
    object: tuple[CheckObject, ...]


class ChkData(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.1.1"  # the prices, in the order asked
    cd: tuple[Cd, ...]


class Create(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.1"  # the price of a create


class CreData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.1"  # what a create cost


class DelData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.2"  # what a delete cost and credited


class Renew(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.3"  # the price of a renewal


class RenData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.3"  # what a renewal cost


class Transfer(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.4"  # the price of a transfer


class TrnData(TransferResult, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.4"  # what a transfer costs


class Update(Transform, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.5"  # the price of an update or a restore


class UpdData(Result, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees-06 5.2.5"  # what an update or a restore cost


ELEMENTS = (
    *(Check, Create, Renew, Transfer, Update),
    *(ChkData, CreData, DelData, RenData, TrnData, UpdData),
)
