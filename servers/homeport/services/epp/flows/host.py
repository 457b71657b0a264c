"""host check, info, create and delete (RFC 5732 3.1, 3.2.1, 3.2.2). Hosts are never renewed or transferred alone."""

from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.host_data import (
    addresses_of,
    check_superordinate,
    found,
    inf_data,
    is_external,
    refuse_addresses,
)
from homeport.services.epp.flows.host_values import host_name, is_host_name
from homeport.services.epp.flows.new_objects import put
from homeport.services.epp.grammar import host as grammar
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.results import Code
from homeport.world.registry import Host


@flow(grammar.Check)
def check(request: Request[grammar.Check]) -> Outcome:
    """Say of each name, in the order asked, whether a host can be created by it."""
    return Outcome(data=grammar.ChkData(cd=tuple(_checked(request, wanted) for wanted in request.command.name)))


def _checked(request: Request[grammar.Check], wanted: str) -> grammar.Checked:
    reason = ""
    if not is_host_name(wanted):
        reason = "Not a host name"
    elif request.registry.host(wanted) is not None:
        reason = "In use"
    return grammar.Checked(
        name=grammar.Availability(avail=not reason, value=wanted), reason=Reason(value=reason) if reason else None
    )


@flow(grammar.Info)
def info(request: Request[grammar.Info]) -> Outcome:
    """Show a host to whoever asks."""
    one = found(request, request.command.name)
    return Outcome(data=inf_data(one, request.registry.statuses(one)))


@flow(grammar.Create)
def create(request: Request[grammar.Create]) -> Outcome:
    """Make a host: below a domain of the client's own, or outside the registry's zones and without addresses."""
    command = request.command
    name = host_name(command.name)
    addresses = addresses_of(command.addr)
    external = is_external(request, name)
    if external and addresses:
        raise refuse_addresses(command.name)
    if request.registry.host(name) is not None:
        raise EppError(
            Code.OBJECT_EXISTS, "RFC 5732 3.2.1: there is a host of this name", value=Value("name", command.name)
        )
    if not external:
        check_superordinate(request, name)
    made = Host(
        name=name,
        roid=request.registry.new_roid("host"),
        registrar=request.registrar.id,
        creator=request.registrar.id,
        created=request.changes.now,
        addresses=addresses,
    )
    return Outcome(code=put(request, made), data=grammar.CreData(name=made.name, cr_date=made.created))


@flow(grammar.Delete)
def delete(request: Request[grammar.Delete]) -> Outcome:
    """Take out a host that no domain names as its server."""
    one = found(request, request.command.name)
    statuses.refuse_unless_sponsor(request, statuses.HOST, one)
    statuses.refuse_if_prohibited(statuses.HOST, one, "Delete")
    domains = [domain.name for domain in request.registry.domains_of_host(one.name)]
    if domains:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5732 3.2.2: the host is linked: it serves {statuses.named(domains)}. They have to leave it first, or "
            "it is renamed (RFC 9874 6)",
            value=Value("name", request.command.name),
        )
    request.changes.remove(one)
    return Outcome()
