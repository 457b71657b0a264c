"""Allocation tokens (RFC 8495): in check, create and transfer; shown to the sponsor in info."""

from msgspec.structs import replace

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request
from homeport.services.epp.flows.allocation import given_token, token_for
from homeport.services.epp.flows.domain_values import RESERVED
from homeport.services.epp.grammar import allocation_token, domain
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.results import Code
from homeport.world.registry import Domain
from homeport.world.registry.tokens import fits, use

MISMATCH = "Allocation Token mismatch"


def check(request: Request[domain.Check], data: domain.ChkData) -> domain.ChkData:
    """Show which names the token of a check allocates (RFC 8495 3.1.1)."""
    given = given_token(request)
    if not given:
        return data
    one, now = request.registry.tokens.get(given.lower()), request.registry.now()
    checked = []
    for name in data.cd:
        if name.reason is None or name.reason.value == RESERVED:
            right = fits(one, given, name.name.value.lower(), request.registrar.id, now)
            named = replace(name.name, avail=right)
            name = domain.Checked(name=named, reason=None if right else Reason(value=MISMATCH))
        checked.append(name)
    return replace(data, cd=tuple(checked))


def allocate(request: Request[domain.Create], one: Domain) -> Domain:
    """Use a create's token (RFC 8495 3.2.1)."""
    token = token_for(request, one.name)
    return one if token is None else use(request.changes, token, one)


def transfer(request: Request[domain.Transfer], one: Domain) -> Domain:
    """Use the token of a request for a transfer (RFC 8495 3.2.4)."""
    if request.op != "request":
        return one
    token = token_for(request, one.name)
    return one if token is None else use(request.changes, token, one)


def info(request: Request[domain.Info], one: Domain) -> allocation_token.AllocationToken | None:
    """Return the token of a domain to its sponsor, if asked for (RFC 8495 3.1.2). Raises: EppError 2201, 2303."""
    if request.extension(allocation_token.Info) is None:
        return None
    if one.registrar != request.registrar.id:
        raise EppError(
            Code.AUTHORIZATION_ERROR, "RFC 8495 3.1.2: only the sponsoring client may see the allocation token"
        )
    if not one.extras.allocation_token:
        raise EppError(Code.OBJECT_DOES_NOT_EXIST, "RFC 8495 3.1.2: this domain was allocated without a token")
    return allocation_token.AllocationToken(value=one.extras.allocation_token)


EXTENSION = Extension(
    uri=allocation_token.NAMESPACE,
    rfc="8495",
    belongs={
        domain.Check: allocation_token.AllocationToken,
        domain.Create: allocation_token.AllocationToken,
        domain.Transfer: allocation_token.AllocationToken,
        domain.Info: allocation_token.Info,
    },
    changes={domain.Check: check, domain.Create: allocate, domain.Transfer: transfer},
    shows={domain.Info: info},
)
