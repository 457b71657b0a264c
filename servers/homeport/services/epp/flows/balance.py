"""The client's account (balance-1.0), and the message that its balance is low (lowbalance-poll-1.0)."""

from typing import Any

from homeport.services.epp.flow import Outcome, Request, flow
from homeport.services.epp.grammar import Element, balance, lowbalance_poll
from homeport.services.epp.offers import offer_of
from homeport.world.registry.messages import BalanceState

NO_LIMIT = 999_999_999.99
"""Credit that an account without a balance shows, because the element cannot be left out."""


@flow(balance.Info, reference="balance-1.0 2.1")
def info(request: Request[balance.Info]) -> Outcome:
    """Return the client's account."""
    one = request.registrar
    held = 0.0 if one.balance is None else one.balance
    limit = NO_LIMIT if one.balance is None else one.credit_limit
    data = balance.InfData(
        credit_limit=balance.money(limit),
        balance=balance.money(held),
        available_credit=balance.money(held + limit),
        credit_threshold=balance.Threshold(fixed=balance.money(one.low_balance)),
    )
    return Outcome(data=data)


def low_balance(request: Request[Any], about: BalanceState) -> Element | None:
    """Return the account when the message was made, if the greeting announces such data."""
    offer = offer_of(request.options.services, request.options.extensions)
    if lowbalance_poll.NAMESPACE not in offer.objects:
        return None
    return lowbalance_poll.PollData(
        registrar_name=about.registrar,
        credit_limit=f"{about.credit_limit:.2f}",
        credit_threshold=lowbalance_poll.Threshold(type="FIXED", value=f"{about.threshold:.2f}"),
        available_credit=f"{about.balance + about.credit_limit:.2f}",
    )
