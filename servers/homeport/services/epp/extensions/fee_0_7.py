"""Prices by the draft that fee-0.7 is: asked for name by name, and in info."""

from homeport.services.epp.extensions import Extension, fee_prices
from homeport.services.epp.flow import Request
from homeport.services.epp.grammar import domain, fee_0_7
from homeport.world.registry import Domain


def info(request: Request[domain.Info], one: Domain) -> fee_0_7.InfData | None:
    """Return the price that an info asks for."""
    asked = request.extension(fee_0_7.Info)
    return None if asked is None else fee_0_7.InfData(**fee_prices.priced(request, one.name, asked))


EXTENSION = Extension(
    uri=fee_0_7.NAMESPACE,
    rfc="8748",
    belongs={domain.Info: fee_0_7.Info, **fee_prices.commands(fee_0_7)},
    changes=fee_prices.agreements(),
    shows={domain.Check: fee_prices.named_prices(fee_0_7), domain.Info: info, **fee_prices.answers(fee_0_7)},
)
