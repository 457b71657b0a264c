"""Commands on objects of namespaces that we do not have: they succeed, and nothing happens."""

from homeport.services.epp.flow import Outcome, Request, flow
from homeport.services.epp.grammar.foreign import Foreign


@flow(Foreign, reference="RFC 5730 2.7.2")
def take(_request: Request[Foreign]) -> Outcome:
    """Do nothing. The answer may have an element of its own (`canned.py`)."""
    return Outcome()
