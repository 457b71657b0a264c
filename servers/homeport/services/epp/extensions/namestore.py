"""The product that a command is for (namestoreExt-1.1): a gateway has several registries, ours one for each zone.

A zone's product is its name in capitals (`TEST`), with or without `dot` before it. `[epp] products = "required"`
demands the extension with every command on objects. An answer names the product that its command named.
"""

from typing import Any

from msgspec.structs import replace

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Flow, Outcome, Request, Value
from homeport.services.epp.grammar import contact, domain, host, namestore
from homeport.services.epp.results import Code
from homeport.world.names import canonical_name
from homeport.world.registry import Zone

COMMANDS: tuple[type, ...] = (
    *(domain.Check, domain.Create, domain.Delete, domain.Info, domain.Renew, domain.Transfer, domain.Update),
    *(host.Check, host.Create, host.Delete, host.Info, host.Update),
    *(contact.Check, contact.Create, contact.Delete, contact.Info, contact.Transfer, contact.Update),
)


def routed(request: Request[Any], flow: Flow) -> Outcome:
    """Carry out a command for the product that it names. Raises: EppError (2003, 2306)."""
    given = request.extension(namestore.NamestoreExt)
    if given is None:
        if request.options.products == "required":
            raise EppError(
                Code.MISSING_PARAMETER,
                'namestoreExt 2: this registry needs the extension with every command ([epp] products = "required")',
            )
        return flow(request)
    zone = _zone_of(request, given.sub_product)
    name = getattr(request.command, "name", "")
    name = name if isinstance(name, str) else getattr(name, "value", "")
    at = request.registry.zone_of(canonical_name(name) or "") if name else None
    if at is not None and at.name != zone.name:
        raise _refused(given.sub_product, f"{name} is in the product {product_of(at)}")
    del request.extensions[namestore.NamestoreExt]  # it changes nothing; a restore, for example, stands alone
    outcome = flow(request)
    return replace(outcome, extensions=(*outcome.extensions, given))


def product_of(zone: Zone) -> str:
    """Return the product of a zone."""
    return zone.name.upper()


def _zone_of(request: Request[Any], product: str) -> Zone:
    wanted = product.upper().removeprefix("DOT")
    for zone in request.registry.zones.values():
        if product_of(zone) in (wanted, product.upper()):
            return zone
    there = ", ".join(map(product_of, request.registry.zones.values()))
    raise _refused(product, f"there is no such product; there are {there}")


def _refused(product: str, why: str) -> EppError:
    message = namestore.ErrorMessage(code=1, value="Specified sub-product does not exist")
    return EppError(
        Code.PARAMETER_POLICY,
        f"namestoreExt 2.2: {why}",
        value=Value("subProduct", product, namestore.NAMESPACE),
        extensions=(namestore.NsExtErrData(msg=message),),
    )


EXTENSION = Extension(
    uri=namestore.NAMESPACE,
    rfc="",
    belongs=dict.fromkeys(COMMANDS, namestore.NamestoreExt),
    wraps=dict.fromkeys(COMMANDS, routed),
)
