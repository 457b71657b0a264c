"""Prices by the draft that fee-0.8 is: asked for name by name."""

from homeport.services.epp.extensions import Extension, fee_prices
from homeport.services.epp.grammar import domain, fee_0_8

EXTENSION = Extension(
    uri=fee_0_8.NAMESPACE,
    rfc="8748",
    belongs=fee_prices.commands(fee_0_8),
    changes=fee_prices.agreements(),
    shows={domain.Check: fee_prices.named_prices(fee_0_8), **fee_prices.answers(fee_0_8)},
)
