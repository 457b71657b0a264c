"""Prices (RFC 8748): asked for in check, stated and agreed to in commands, charged and credited in answers."""

from collections.abc import Iterator

from homeport.services.epp.extensions import Extension, fee_prices
from homeport.services.epp.flow import Request
from homeport.services.epp.grammar import domain, fee


def check(request: Request[domain.Check], data: domain.ChkData) -> fee.ChkData | None:
    """Return the prices that a check asks for (RFC 8748 5.1.1)."""
    asked = request.extension(fee.Check)
    if asked is None:
        return None
    names = [one.name.value for one in data.cd]
    fee_prices.check_count(len(names) * len(asked.command))
    currency = fee_prices.chosen_currency(request, names, asked.currency, asked)
    return fee.ChkData(currency=currency, cd=tuple(_prices(request, asked, names, currency)))


def _prices(request: Request[domain.Check], asked: fee.Check, names: list[str], currency: str) -> Iterator[fee.Cd]:
    for name in names:
        found = [fee_prices.quote(request, name, one.name, one.period, currency) for one in asked.command]
        yield fee.Cd(
            avail=not any(one.reason for one in found),
            obj_id=fee.ObjectId(value=name),
            class_=found[0].tier,
            command=tuple(map(_shown, asked.command, found)),
        )


def _shown(asked: fee.Command, found: fee_prices.Quote) -> fee.CommandData:
    return fee.CommandData(
        name=asked.name,
        custom_name=asked.custom_name,
        phase=asked.phase,
        subphase=asked.subphase,
        standard=found.standard,
        period=found.period,
        fee=found.fee,
        credit=found.credit,
        reason=fee.Reason(value=found.reason) if found.reason else None,
    )


EXTENSION = Extension(
    uri=fee.NAMESPACE,
    rfc="8748",
    belongs=fee_prices.commands(fee),
    changes=fee_prices.agreements(),
    shows={domain.Check: check, **fee_prices.answers(fee)},
)
