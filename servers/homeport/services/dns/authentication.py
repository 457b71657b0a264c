"""The check of a request's TSIG, with the findings and errors that follow from it."""

from collections.abc import Callable

from homeport.services.dns import tsig
from homeport.services.dns.exchange import FORMERR, INVALID_DATA, NOTAUTH, PROHIBITED, Exchange, Response

OF_ERRORS = {
    tsig.BADSIG: ("tsig-signature", "the signature is wrong: another secret, or the message was changed on the way"),
    tsig.BADKEY: ("tsig-key", "the key is unknown, or of another algorithm: [dns] keys has the known ones"),
    tsig.BADTIME: ("tsig-time", "the clocks differ by more than the allowed time: [dns] signed_by"),
    tsig.BADTRUNC: ("tsig-truncated", "the MAC is shorter than that of the algorithm"),
}
"""Findings, and words for the client, by error of TSIG."""


def authenticate(exchange: Exchange) -> Response | None:
    """Check the TSIG of a request, if it has one. Return the error that it is answered with, or None."""
    message = exchange.message
    if message.tsig is None:
        return None
    try:
        exchange.signature = tsig.check(
            exchange.data, message.tsig, message.tsig_at, tsig.known_keys(tuple(exchange.options.keys)), clock(exchange)
        )
    except tsig.MalformedTsig as error:
        exchange.report("tsig-form", message.tsig.data)
        return exchange.refuse(FORMERR, INVALID_DATA, f"TSIG: {error}")
    if not exchange.signature.error:
        return None
    finding, words = OF_ERRORS[exchange.signature.error]
    exchange.report(finding)
    return exchange.refuse(NOTAUTH, PROHIBITED, f"{tsig.ERRORS[exchange.signature.error]}: {words}")


def clock(exchange: Exchange) -> Callable[[], float]:
    """Return the clock of signatures, by the option `signed_by`."""
    world = exchange.context.world
    return world.clock.now if exchange.options.signed_by == "world" else world.journal.real
