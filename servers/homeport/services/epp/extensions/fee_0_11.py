"""Prices by the draft that fee-0.11 is: asked for all names of a check, of one command."""

from homeport.services.epp.extensions import Extension, fee_prices
from homeport.services.epp.flow import Request
from homeport.services.epp.grammar import Markup, domain, fee, fee_0_11
from homeport.services.epp.grammar.writing import escape


def check(request: Request[domain.Check], data: domain.ChkData) -> fee_0_11.ChkData | None:
    """Return the prices that a check asks for."""
    asked = request.extension(fee_0_11.Check)
    if asked is None:
        return None
    names = [one.name.value for one in data.cd]
    fee_prices.check_count(len(names))
    currency = fee_prices.chosen_currency(request, names, asked.currency, asked)
    return fee_0_11.ChkData(cd=tuple(_price(request, asked, name, currency) for name in names))


def _price(request: Request[domain.Check], asked: fee_0_11.Check, name: str, currency: str) -> fee_0_11.Cd:
    found = fee_prices.quote(request, name, asked.command.value, asked.period, currency)
    shown = f'<domain:name xmlns:domain="{domain.NAMESPACE}">{escape(name)}</domain:name>'
    return fee_0_11.Cd(
        avail=not found.reason,
        object=fee_0_11.Object(content=Markup(shown)),
        command=asked.command,
        currency=currency,
        period=found.period,
        fee=found.fee,
        credit=found.credit,
        class_=found.tier,
        reason=fee.Reason(value=found.reason) if found.reason else None,
    )


EXTENSION = Extension(
    uri=fee_0_11.NAMESPACE,
    rfc="8748",
    belongs=fee_prices.commands(fee_0_11),
    changes=fee_prices.agreements(),
    shows={domain.Check: check, **fee_prices.answers(fee_0_11)},
)
