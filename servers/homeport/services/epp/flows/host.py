"""Commands of hosts (RFC 5732 3): check, info, create, delete, update.

Hosts are never renewed, and are transferred only with their domain."""

import msgspec

from homeport.services.epp import extensions
from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.host_data import (
    addresses_of,
    check_superordinate,
    found,
    host_name,
    inf_data,
    is_external,
    is_host_name,
    refuse_addresses,
)
from homeport.services.epp.flows.statuses import put
from homeport.services.epp.grammar import host as grammar
from homeport.services.epp.grammar.eppcom import Reason
from homeport.services.epp.results import Code
from homeport.world.registry import Host


@flow(grammar.Check, reference="RFC 5732 3.1.1")
def check(request: Request[grammar.Check]) -> Outcome:
    """Return for each name, in the order asked, if a host with it could be created."""
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


@flow(grammar.Info, reference="RFC 5732 3.1.2")
def info(request: Request[grammar.Info]) -> Outcome:
    """Return a host; every client may see it."""
    one = found(request, request.command.name)
    return Outcome(data=inf_data(one, request.registry.statuses(one)), extensions=extensions.shown(request, one))


@flow(grammar.Create, reference="RFC 5732 3.2.1", findings=("trailing-dot",))
def create(request: Request[grammar.Create]) -> Outcome:
    """Create a host: below a domain of the client's own, or outside the registry's zones and without addresses."""
    command = request.command
    name = host_name(command.name)
    addresses = addresses_of(command.addr)
    external = is_external(request, name)
    if external and addresses:
        raise refuse_addresses(command.name)
    if request.registry.host(name) is not None:
        raise EppError(
            Code.OBJECT_EXISTS,
            "RFC 5732 3.2.1: a host with this name exists already",
            value=Value("name", command.name),
        )
    if not external:
        check_superordinate(request, name)
    made = Host(
        name=name,
        roid="",
        registrar=request.registrar.id,
        creator=request.registrar.id,
        created=request.changes.now,
        addresses=addresses,
    )
    made = extensions.changed(request, made)
    made = msgspec.structs.replace(made, roid=request.registry.new_roid("host"))  # each call uses up one
    return Outcome(
        code=put(request, made),
        data=grammar.CreData(name=made.name, cr_date=made.created),
        extensions=extensions.shown(request, made),
    )


@flow(grammar.Delete, reference="RFC 5732 3.2.2")
def delete(request: Request[grammar.Delete]) -> Outcome:
    """Delete a host that no domain names as its server."""
    one = found(request, request.command.name)
    statuses.refuse_unless_sponsor(request, statuses.HOST, one)
    statuses.refuse_if_prohibited(statuses.HOST, one, "Delete")
    domains = [domain.name for domain in request.registry.domains_of_host(one.name)]
    if domains:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5732 3.2.2: the host is linked: it serves {statuses.named(domains)}. Remove it from them first, "
            "or rename it (RFC 9874 6)",
            value=Value("name", request.command.name),
        )
    request.changes.remove(one)
    return Outcome()


# A renamed host keeps its links. One that leaves the registry's zones loses its addresses, which were glue; one that
# comes into them needs some if domains use it. So a sponsor can rename hosts of its own that others use to a name that
# cannot resolve, below `invalid`, before it deletes their domain (RFC 9874 6: sacrificial hosts).


@flow(grammar.Update, reference="RFC 5732 3.2.5", findings=("empty-update", "server-status", "trailing-dot"))
def update(request: Request[grammar.Update]) -> Outcome:
    """Change a host's addresses and statuses, then its name."""
    command = request.command
    new_name = host_name(command.chg.name) if command.chg else None
    added = addresses_of(command.add.addr) if command.add else ()
    removed = addresses_of(command.rem.addr) if command.rem else ()
    one = found(request, command.name)
    statuses.refuse_unless_sponsor(request, statuses.HOST, one)
    added_statuses = [status.s for status in command.add.status] if command.add else []
    removed_statuses = [status.s for status in command.rem.status] if command.rem else []
    statuses.refuse_update_if_prohibited(statuses.HOST, one, removed_statuses)
    if not request.extensions and not request.ignored:
        _refuse_empty(command)
    renamed = new_name is not None and new_name != one.name
    if new_name is not None and renamed:
        _check_new_name(request, one, new_name)
    addresses = _addresses(one, added, removed)
    if is_external(request, new_name or one.name):
        if added:
            raise refuse_addresses(command.name)
        addresses = () if renamed else addresses
    elif not addresses and (one.addresses or renamed):
        _refuse_without_glue(request, one)
    changed = extensions.changed(
        request,
        msgspec.structs.replace(
            one,
            addresses=addresses,
            statuses=statuses.changed(statuses.HOST, one, added_statuses, removed_statuses),
            updated=request.changes.now,
            updater=request.registrar.id,
        ),
    )
    changed = statuses.with_texts(changed, command.add.status if command.add else ())
    request.changes.put(changed)
    if new_name is not None and renamed:
        request.changes.rename(changed, new_name)
    return Outcome(extensions=extensions.shown(request, changed))


def _refuse_empty(command: grammar.Update) -> None:
    """Raise EppError 2003 if nothing is to change. One empty part beside others is accepted: Net::EPP sends it."""
    if command.chg is None and not any(part and (part.addr or part.status) for part in (command.add, command.rem)):
        raise EppError(Code.MISSING_PARAMETER, "RFC 5732 3.2.5: add, rem and chg are empty", finding="empty-update")


def _addresses(one: Host, added: tuple[str, ...], removed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses after an update. Raises: EppError 2306 for one added twice, or removed though missing."""
    now = list(one.addresses)
    for each in removed:
        if each not in now:
            raise EppError(
                Code.PARAMETER_POLICY, "RFC 5732 3.2.5: the host does not have this address", value=Value("addr", each)
            )
        now.remove(each)
    for each in added:
        if each in now or each in removed:
            why = "one update both adds and removes this address" if each in removed else "the host has it already"
            raise EppError(Code.PARAMETER_POLICY, f"RFC 5732 3.2.5: {why}", value=Value("addr", each))
        now.append(each)
    return tuple(now)


def _check_new_name(request: Request[grammar.Update], one: Host, name: str) -> None:
    """Raise EppError 2302, 2303, 2201, 2304, 2305 if the host cannot get that name."""
    if request.registry.host(name) is not None:
        raise EppError(
            Code.OBJECT_EXISTS, "RFC 5732 3.2.5: a host with this name exists already", value=Value("name", name)
        )
    if not is_external(request, name):
        check_superordinate(request, name)
    if not is_external(request, one.name):
        return
    others = [
        domain.name for domain in request.registry.domains_of_host(one.name) if domain.registrar != request.registrar.id
    ]
    if others:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            "RFC 5732 3.2.5: the name of an external host cannot change while domains of other clients use it: "
            f"{statuses.named(others)}",
            value=Value("name", one.name),
        )


def _refuse_without_glue(request: Request[grammar.Update], one: Host) -> None:
    """Raise EppError 2305 if domains use a host that would have no address although it lies in one of our zones."""
    domains = [domain.name for domain in request.registry.domains_of_host(one.name)]
    if domains:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5732 2.5: {statuses.named(domains)} use this host, which needs an address as glue: add one in the "
            "same command",
            value=Value("name", one.name),
        )
