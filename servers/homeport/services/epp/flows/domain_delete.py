"""delete (RFC 5731 3.2.2, RFC 3915): gone at once in add grace (1000), else into redemption (1001).

A domain with subordinate hosts stays (2305): others may be delegated to them, and RFC 9874 tells what would become of
those. Delete or rename the hosts first.
"""

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.domain_access import sponsored
from homeport.services.epp.grammar.domain import Delete
from homeport.services.epp.results import Code
from homeport.world.registry import lifecycle


@flow(Delete)
def delete(request: Request[Delete]) -> Outcome:
    """Delete the domain."""
    domain = sponsored(request, request.command.name)
    statuses.refuse_if_prohibited(statuses.DOMAIN, domain, "Delete")
    hosts = [host.name for host in request.registry.subordinate_hosts(domain.name)]
    if hosts:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5731 3.2.2: it has subordinate hosts; delete or rename them first: {statuses.named(hosts)}",
        )
    domain = extensions.changed(request, domain)
    left = lifecycle.delete(request.changes, domain)
    return Outcome(code=Code.OK if left is None else Code.PENDING, extensions=extensions.shown(request, left or domain))
