"""balance-1.0: a registrar's account (Verisign, in IANA's registry of EPP extensions)."""

from decimal import Decimal
from typing import Annotated

from homeport.services.epp.grammar.datatypes import Amount, Integer
from homeport.services.epp.grammar.declare import Element

NAMESPACE = "http://www.verisign.com/epp/balance-1.0"

Money = Annotated[Decimal, Amount(places=2)]


def money(amount: float) -> Decimal:
    """Return an amount in hundredths."""
    return Decimal(f"{amount:.2f}")


class Info(Element, frozen=True, kw_only=True):
    section = "balance-1.0 2.1"  # asks for the client's account


class Threshold(Element, frozen=True, kw_only=True):
    section = "balance-1.0 2.1"  # the available credit below which the client gets a message
    one_of = (("fixed", "percent"),)

    fixed: Money | None = None
    percent: Annotated[int, Integer(-(2**63), 2**63 - 1)] | None = None


class InfData(Element, frozen=True, kw_only=True):
    section = "balance-1.0 2.1"  # the client's account
    credit_limit: Money
    balance: Money
    available_credit: Money
    credit_threshold: Threshold


ELEMENTS = (Info, InfData)
