"""host update: addresses, statuses, and another name (RFC 5732 3.2.5).

A renamed host keeps its links. One that leaves the registry's zones loses its addresses, which were glue; one that
comes into them needs some if domains use it. So a sponsor can rename hosts of its own that others use to a name that
cannot resolve, below `invalid`, before it deletes their domain (RFC 9874 6: sacrificial hosts).
"""

import msgspec

from homeport.services.epp.flow import EppError, Outcome, Request, Value, flow
from homeport.services.epp.flows import statuses
from homeport.services.epp.flows.host_data import (
    addresses_of,
    check_superordinate,
    found,
    is_external,
    refuse_addresses,
)
from homeport.services.epp.flows.host_values import host_name
from homeport.services.epp.grammar import host as grammar
from homeport.services.epp.results import Code
from homeport.world.registry import Host


@flow(grammar.Update)
def update(request: Request[grammar.Update]) -> Outcome:
    """Change a host's addresses and statuses; then its name."""
    command = request.command
    new_name = host_name(command.chg.name) if command.chg else None
    added = addresses_of(command.add.addr) if command.add else ()
    removed = addresses_of(command.rem.addr) if command.rem else ()
    one = found(request, command.name)
    statuses.refuse_unless_sponsor(request, statuses.HOST, one)
    added_statuses = [status.s for status in command.add.status] if command.add else []
    removed_statuses = [status.s for status in command.rem.status] if command.rem else []
    statuses.refuse_update_if_prohibited(statuses.HOST, one, removed_statuses)
    _refuse_empty(command)
    renamed = new_name is not None and new_name != one.name
    if new_name is not None:
        _check_new_name(request, one, new_name)
    addresses = _addresses(one, added, removed)
    if is_external(request, new_name or one.name):
        if added:
            raise refuse_addresses(command.name)
        addresses = () if renamed else addresses
    elif not addresses and (one.addresses or renamed):
        _refuse_without_glue(request, one)
    changed = msgspec.structs.replace(
        one,
        addresses=addresses,
        statuses=statuses.changed(statuses.HOST, one, added_statuses, removed_statuses),
        updated=request.changes.now,
        updater=request.registrar.id,
    )
    request.changes.put(changed)
    if new_name is not None:
        request.changes.rename(changed, new_name)
    return Outcome()


def _refuse_empty(command: grammar.Update) -> None:
    """Raises: EppError 2003 if nothing is to change. One empty part beside others is let pass: Net::EPP sends it."""
    if command.chg is None and not any(part and (part.addr or part.status) for part in (command.add, command.rem)):
        raise EppError(Code.MISSING_PARAMETER, "RFC 5732 3.2.5: add, rem and chg are empty", finding="empty-update")


def _addresses(one: Host, added: tuple[str, ...], removed: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses after an update. Raises: EppError 2306 for what is there already, or not there to be removed."""
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
    """Raises: EppError 2302, 2303, 2201, 2304, 2305 if the host cannot have that name."""
    if request.registry.host(name) is not None:
        raise EppError(Code.OBJECT_EXISTS, "RFC 5732 3.2.5: there is a host of this name", value=Value("name", name))
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
    """Raises: EppError 2305 if domains use a host that would have no address although it lies in a zone here."""
    domains = [domain.name for domain in request.registry.domains_of_host(one.name)]
    if domains:
        raise EppError(
            Code.ASSOCIATION_PROHIBITS,
            f"RFC 5732 2.5: {statuses.named(domains)} use this host, which needs an address as glue: add one in the "
            "same command",
            value=Value("name", one.name),
        )
