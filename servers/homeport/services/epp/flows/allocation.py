"""Allocation tokens in commands of domains (RFC 8495)."""

from typing import Any

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.results import Code
from homeport.world.registry.tokens import Token, fits

TOKEN = "allocationToken"  # noqa: S105 - the name of an element


def given_token(request: Request[Any]) -> str:
    """Return the token that a command gives; empty if it gives none."""
    if not request.extensions:
        return ""
    from homeport.services.epp.grammar.allocation_token import AllocationToken  # few commands have one

    element = request.extension(AllocationToken)
    return "" if element is None else element.value


def token_for(request: Request[Any], name: str) -> Token | None:
    """Return the token that a command gives, if it is for that canonical name; None if it gives none.

    Raises: EppError 2201 if it is for another name or registrar, used up, expired or unknown.
    """
    given = given_token(request)
    if not given:
        return None
    one = request.registry.tokens.get(given.lower())
    if one is None or not fits(one, given, name, request.registrar.id, request.registry.now()):
        from homeport.services.epp.grammar.allocation_token import NAMESPACE

        raise EppError(
            Code.AUTHORIZATION_ERROR,
            "RFC 8495 3.2.1: this allocation token is not for this name and client, or it was used or has expired",
            value=Value(TOKEN, given, NAMESPACE),
            finding="allocation-token",
        )
    return one
