"""An EPP extension of a registry of its own: each domain may have a berth in the port.

<create>  <berth:create xmlns:berth="urn:example:berth-1.0"><berth:number>7</berth:number></berth:create>
<update>  <berth:update>, with the number, or without one to leave the berth
<info>    <berth:infData> in the answer
"""

from typing import Annotated, Any

from homeport.services.epp.extensions import Extension
from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.grammar import Element, domain
from homeport.services.epp.grammar.datatypes import Integer
from homeport.services.epp.results import Code
from homeport.world.registry import Domain
from homeport.world.registry.objects import with_extras

NAMESPACE = "urn:example:berth-1.0"
PREFIX = "berth"
FACT = "berth.number"
"""Where the number stands in a domain's `extras.others`."""
BERTHS = 12

Number = Annotated[int, Integer(1, 999)]


class Create(Element, frozen=True, kw_only=True):
    section = "the port's rules, 1"  # the extension of a domain's create
    number: Number


class Update(Element, frozen=True, kw_only=True):
    section = "the port's rules, 2"  # the extension of a domain's update; without a number it leaves its berth
    number: Number | None = None


class InfData(Element, frozen=True, kw_only=True):
    section = "the port's rules, 3"  # a domain's berth
    number: Number


ELEMENTS = (Create, Update, InfData)


def moor(request: Request[Any], one: Domain) -> Domain:
    """Give a domain the berth that the command asks for."""
    given = request.extension(Create) or request.extension(Update)
    if given is None:
        return one
    others = {key: value for key, value in one.extras.others.items() if key != FACT}
    if given.number is None:
        return with_extras(one, others=others)
    if given.number > BERTHS:
        raise EppError(
            Code.PARAMETER_POLICY,
            f"the port's rules, 1: there are {BERTHS} berths",
            value=Value("number", str(given.number), NAMESPACE),
        )
    return with_extras(one, others={**others, FACT: str(given.number)})


def berth_of(_request: Request[domain.Info], one: Domain) -> InfData | None:
    """Return a domain's berth for the answer to info; None: it has none."""
    number = one.extras.others.get(FACT)
    return None if number is None else InfData(number=int(number))


EXTENSION = Extension(
    uri=NAMESPACE,
    rfc="",
    belongs={domain.Create: Create, domain.Update: Update},
    changes={domain.Create: moor, domain.Update: moor},
    shows={domain.Info: berth_of},
)
