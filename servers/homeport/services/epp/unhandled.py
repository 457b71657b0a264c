"""Unhandled namespaces (RFC 9038): elements of an answer whose namespace the client's login did not list.

A client that lists `URI` gets them within `<extValue>`, beside the reason, in a result that is a success: so it loses
nothing of a poll message that it is about to acknowledge. For other clients they are left out.
"""

from msgspec.structs import replace

from homeport.services.epp.flow import Outcome, Value
from homeport.services.epp.grammar import Element
from homeport.services.epp.naming import namespace_of

URI = "urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0"


def handled(outcome: Outcome, services: frozenset[str]) -> Outcome:
    """Return an outcome whose data and extensions are of the namespaces that a login listed; the others as RFC 9038
    says (3.1, 3.2).
    """
    data, extensions = outcome.data, outcome.extensions
    foreign = [one for one in (data, *extensions) if one is not None and namespace_of(one) not in services]
    if not foreign:
        return outcome
    values: tuple[tuple[Element | Value, str], ...] = outcome.values
    if URI in services:
        values += tuple((one, f"{namespace_of(one)} not in login services") for one in foreign)
    elif data in foreign:
        foreign += extensions  # they would say something of an object that is not shown
    return replace(
        outcome,
        data=None if data in foreign else data,
        extensions=tuple(one for one in extensions if one not in foreign),
        values=values,
    )
