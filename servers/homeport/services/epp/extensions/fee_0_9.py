"""Prices by the draft that fee-0.9 is: asked for object by object."""

from homeport.services.epp.extensions import Extension, fee_prices
from homeport.services.epp.flow import Request
from homeport.services.epp.grammar import domain, fee_0_9


def check(request: Request[domain.Check], _data: domain.ChkData) -> fee_0_9.ChkData | None:
    """Return the prices that a check asks for."""
    asked = request.extension(fee_0_9.Check)
    if asked is None:
        return None
    fee_prices.check_count(len(asked.object))
    return fee_0_9.ChkData(cd=tuple(_price(request, one) for one in asked.object))


def _price(request: Request[domain.Check], one: fee_0_9.CheckObject) -> fee_0_9.Cd:
    return fee_0_9.Cd(obj_uri=one.obj_uri, obj_id=one.obj_id, **fee_prices.priced(request, one.obj_id.value, one))


EXTENSION = Extension(
    uri=fee_0_9.NAMESPACE,
    rfc="8748",
    belongs=fee_prices.commands(fee_0_9),
    changes=fee_prices.agreements(),
    shows={domain.Check: check, **fee_prices.answers(fee_0_9)},
)
