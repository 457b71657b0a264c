"""Declarations that the drafts of fee-1.0 share: commands are texts, and only results of transfers have a period.

| namespace | draft | prices are asked for |
|---|---|---|
| fee-0.7 | draft-brown-epp-fees-04 | for each name with its own command; in info, too |
| fee-0.8 | draft-brown-epp-fees-05 | for each name with its own command |
| fee-0.9 | draft-brown-epp-fees-06 | for each object with its own command; `objID` |
| fee-0.11 | draft-brown-epp-fees-07 | for all names of the check, of one command; with `avail` and `reason` |
"""

from typing import Literal

from homeport.services.epp.grammar.declare import Attribute, Content, Element
from homeport.services.epp.grammar.domain import Period
from homeport.services.epp.grammar.eppcom import Words
from homeport.services.epp.grammar.fee import NAMESPACE, Balance, Class, Credit, Currency, Fee, Transform

__all__ = ["NAMESPACE", "Answer", "Command", "Priced", "Result", "TransferResult", "Transform"]


class Command(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees"  # a command whose price is asked for, in a phase of a launch
    phase: Attribute[Words | None] = None
    subphase: Attribute[Words | None] = None
    value: Content[Literal["create", "delete", "renew", "update", "transfer", "restore"]]


class Priced(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees"  # a price that is asked for
    currency: Currency | None = None
    command: Command
    period: Period | None = None


class Answer(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees"  # a price
    currency: Currency
    command: Command
    period: Period | None = None
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    class_: Class | None = None


class Result(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees"  # what was charged and credited, and the client's balance then
    currency: Currency
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    balance: Balance | None = None
    credit_limit: Balance | None = None


class TransferResult(Element, frozen=True, kw_only=True):
    section = "draft-brown-epp-fees"  # what a transfer costs, and the years it adds
    currency: Currency
    period: Period | None = None
    fee: tuple[Fee, ...] = ()
    credit: tuple[Credit, ...] = ()
    balance: Balance | None = None
    credit_limit: Balance | None = None
