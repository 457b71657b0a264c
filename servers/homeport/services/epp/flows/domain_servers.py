"""The name servers of a domain (RFC 5731 1.1): host objects or attributes, as the zone has them, and their glue.

A server below a name of this registry needs an address, or nobody could find it: a host object has it already, an
attribute brings it along. Glue for servers below another domain of the registry is refused; addresses of servers
outside of it are kept, as the examples of RFC 5731 have them.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows.host_values import address, address_version, host_name
from homeport.services.epp.grammar import host
from homeport.services.epp.grammar.domain import HostAttr, Ns
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, HostAttribute, Zone


def with_servers(request: Request[Any], domain: Domain, zone: Zone, add: Ns | None, remove: Ns | None) -> Domain:
    """The domain with servers removed, then added (RFC 5731 3.2.5).

    Raises: EppError 2306 for the other model, for one that is there already or twice, or that is not there to be
    removed, or for too many; 2303 for a host that does not exist; 2005, 2306 or 2003 for glue.
    """
    _check_model(zone, add)
    _check_model(zone, remove)
    if zone.hosts == "objects":
        domain = _with_objects(request, domain, add.host_obj if add else (), remove.host_obj if remove else ())
    else:
        domain = _with_attributes(request, domain, add.host_attr if add else (), remove.host_attr if remove else ())
    if len(domain.server_names) > zone.max_nameservers:
        raise EppError(
            Code.PARAMETER_POLICY, f"RFC 5731 3.2.1: {zone.name} takes {zone.max_nameservers} name servers at most"
        )
    return domain


def _check_model(zone: Zone, ns: Ns | None) -> None:
    if ns is None:
        return
    if ns.host_attr and zone.hosts == "objects":
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 5731 1.1: {zone.name} has host objects: create the host, then name it in hostObj",
            value=Value("hostName", ns.host_attr[0].host_name),
        )
    if ns.host_obj and zone.hosts == "attributes":
        raise EppError(
            Code.PARAMETER_POLICY,
            f"RFC 5731 1.1: {zone.name} has name servers as attributes of the domain: use hostAttr",
            value=Value("hostObj", ns.host_obj[0]),
        )


def _with_objects(request: Request[Any], domain: Domain, add: Sequence[str], remove: Sequence[str]) -> Domain:
    servers = list(domain.nameservers)
    removed = [host_name(name, element="hostObj") for name in remove]
    for name in removed:
        if name not in servers:
            raise _refused(name, "hostObj", "is not a server of the domain")
        servers.remove(name)
    for given in add:
        name = host_name(given, element="hostObj")
        if name in servers:
            raise _refused(name, "hostObj", "is a server of the domain already")
        if name in removed:
            raise _refused(name, "hostObj", "is both added and removed by one command")
        _check_host(request, name)
        servers.append(name)
    return msgspec.structs.replace(domain, nameservers=tuple(servers))


def _check_host(request: Request[Any], name: str) -> None:
    found = request.changes.host(name)
    if found is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST,
            "RFC 5731 3.2.1: there is no such host; create it first",
            value=Value("hostObj", name),
        )
    if found.pending:
        raise EppError(
            Code.STATUS_PROHIBITS,
            "RFC 5732 2.3: a command on this host waits to be completed",
            value=Value("hostObj", name),
        )
    if not found.addresses and request.registry.superordinate_name(name) is not None:
        raise EppError(
            Code.PARAMETER_POLICY,
            "RFC 5731 1.1: this host lies in a zone of the registry, but has no address: nobody could find it",
            value=Value("hostObj", name),
        )


def _with_attributes(
    request: Request[Any], domain: Domain, add: Sequence[HostAttr], remove: Sequence[HostAttr]
) -> Domain:
    servers = {one.name: one for one in domain.attributes}
    for attribute in remove:  # RFC 5731 3.2.5: the name alone tells which
        name = host_name(attribute.host_name, element="hostName")
        if servers.pop(name, None) is None:
            raise _refused(name, "hostName", "is not a server of the domain")
    for attribute in add:
        found = _attribute(request, domain, attribute)
        if found.name in servers:
            raise _refused(found.name, "hostName", "is a server of the domain already")
        if found in domain.attributes:
            raise _refused(found.name, "hostName", "is both added and removed by one command")
        servers[found.name] = found
    return msgspec.structs.replace(domain, attributes=tuple(servers.values()))


def _attribute(request: Request[Any], domain: Domain, given: HostAttr) -> HostAttribute:
    name = host_name(given.host_name, element="hostName")
    addresses = tuple(address(one.value, one.ip, element="hostAddr") for one in given.host_addr)
    above = request.registry.superordinate_name(name)
    shown = Value("hostName", given.host_name)
    if len(set(addresses)) < len(addresses):
        raise EppError(Code.PARAMETER_POLICY, "RFC 5732 2.5: an address of this server is given twice", value=shown)
    if above == domain.name and not addresses:
        raise EppError(
            Code.PARAMETER_POLICY, "RFC 5731 1.1: a server below the domain itself needs an address (glue)", value=shown
        )
    if above not in (None, domain.name) and addresses:
        raise EppError(
            Code.PARAMETER_POLICY, f"RFC 5731 1.1: addresses of this server are the business of {above}", value=shown
        )
    return HostAttribute(name=name, addresses=addresses)


def _refused(name: str, element: str, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"RFC 5731 3.2.5: {name} {why}", value=Value(element, name))


def shown_servers(domain: Domain) -> Ns | None:
    """The servers of a domain as an answer has them; None if it has none."""
    if domain.nameservers:
        return Ns(host_obj=domain.nameservers)
    if domain.attributes:
        return Ns(host_attr=tuple(map(_shown_attribute, domain.attributes)))
    return None


def _shown_attribute(one: HostAttribute) -> HostAttr:
    addresses = (host.Address(ip="v6" if address_version(text) == "v6" else "v4", value=text) for text in one.addresses)
    return HostAttr(host_name=one.name, host_addr=tuple(addresses))
