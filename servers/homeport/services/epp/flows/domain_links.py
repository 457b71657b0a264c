"""Links of a domain: registrant and contacts (RFC 5731 2.2), name servers (1.1).

Contacts must exist, no pair of contact and type may repeat, and the zone's data model must be met. Servers are host
them.

A server below a name of this registry needs an address, or it could not be resolved: a host object has it already, an
attribute brings it along. Glue for servers below another domain of the registry is refused; addresses of servers
outside of it are kept, as the examples of RFC 5731 have them.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from homeport.services.epp.flow import EppError, Request, Value
from homeport.services.epp.flows.host_data import address, address_version, host_name
from homeport.services.epp.grammar import host
from homeport.services.epp.grammar.domain import ContactRef, HostAttr, Ns
from homeport.services.epp.results import Code
from homeport.world.registry import Domain, DomainContact, HostAttribute, Zone

NEEDED_ROLES = ("admin", "tech")


def existing_contact(request: Request[Any], id: str, element: str) -> str:  # noqa: A002 - the field's name
    """Return the identifier as the contact is spelled. Raises: EppError 2303 if there is no such contact."""
    contact = request.changes.contact(id)
    if contact is None:
        raise EppError(
            Code.OBJECT_DOES_NOT_EXIST, "RFC 5731 2.2: no contact has this identifier", value=Value(element, id)
        )
    if contact.pending:
        raise EppError(
            Code.STATUS_PROHIBITS,
            "RFC 5733 2.2: a command on this contact is pending",
            value=Value(element, id),
        )
    return contact.id


def contacts_of(request: Request[Any], refs: Sequence[ContactRef]) -> tuple[DomainContact, ...]:
    """Return the contacts of a command. Raises: EppError 2003 without a type, 2303, 2306 for a repeated pair."""
    found = tuple(_contact_of(request, ref) for ref in refs)
    for contact, times in Counter(found).items():
        if times > 1:
            raise EppError(
                Code.PARAMETER_POLICY,
                f"RFC 5731 3.2.1: the contact is named {times} times as {contact.role}",
                value=Value("contact", contact.id),
            )
    return found


def _contact_of(request: Request[Any], ref: ContactRef) -> DomainContact:
    if ref.type is None:
        raise EppError(
            Code.MISSING_PARAMETER,
            "RFC 5731 2.2: a contact needs a type: admin, billing or tech",
            value=Value("contact", ref.value),
        )
    return DomainContact(ref.type, existing_contact(request, ref.value, "contact"))


def changed_contacts(
    request: Request[Any], domain: Domain, add: Sequence[ContactRef], remove: Sequence[ContactRef]
) -> tuple[DomainContact, ...]:
    """Return the contacts after an update (RFC 5731 3.2.5): removed first, then added. Raises: EppError."""
    removed, added = contacts_of(request, remove), contacts_of(request, add)
    contacts = list(domain.contacts)
    for one in removed:
        if one not in contacts:
            raise _refused_contact(one, "the domain does not have it")
        contacts.remove(one)
    for one in added:
        if one in contacts:
            raise _refused_contact(one, "the domain has it already")
        if one in removed:
            raise _refused_contact(one, "one command both adds and removes it")
        contacts.append(one)
    return tuple(contacts)


def _refused_contact(contact: DomainContact, why: str) -> EppError:
    return EppError(
        Code.PARAMETER_POLICY,
        f"RFC 5731 3.2.5: {why}: the contact {contact.id} as {contact.role}",
        value=Value("contact", contact.id),
    )


def check_data_model(domain: Domain, zone: Zone) -> None:
    """Raise EppError 2306 for contacts where the zone takes none, 2003 where required ones are missing."""
    if zone.data_model == "minimum":
        for role, id in domain.contact_ids():  # noqa: A001
            raise EppError(
                Code.PARAMETER_POLICY,
                f"RFC 5731 3.2.1: {zone.name} has the minimum data model: no registrant and no contacts",
                value=Value("registrant" if role == "registrant" else "contact", id),
            )
    elif zone.data_model == "maximum":
        roles = {role for role, _id in domain.contact_ids()}
        for role in ("registrant", *NEEDED_ROLES):
            if role not in roles:
                called = "a registrant" if role == "registrant" else f"a contact of the type {role}"
                raise EppError(
                    Code.MISSING_PARAMETER, f"RFC 5731 3.2.1: {zone.name} has the maximum data model: it needs {called}"
                )


def with_servers(request: Request[Any], domain: Domain, zone: Zone, add: Ns | None, remove: Ns | None) -> Domain:
    """Return the domain with servers removed, then added (RFC 5731 3.2.5).

    Raises: EppError 2306 for the other model of servers, for one added twice or already present, one removed that is
    not there, too few or too many; 2303 for a host that does not exist; 2005, 2306 or 2003 for glue.
    """
    _check_model(zone, add)
    _check_model(zone, remove)
    if zone.hosts == "objects":
        domain = _with_objects(request, domain, add.host_obj if add else (), remove.host_obj if remove else ())
    else:
        domain = _with_attributes(request, domain, add.host_attr if add else (), remove.host_attr if remove else ())
    if len(domain.server_names) < zone.min_nameservers:
        raise EppError(
            Code.PARAMETER_POLICY, f"RFC 5731 3.2.1: {zone.name} needs at least {zone.min_nameservers} name servers"
        )
    if len(domain.server_names) > zone.max_nameservers:
        raise EppError(
            Code.PARAMETER_POLICY, f"RFC 5731 3.2.1: {zone.name} takes at most {zone.max_nameservers} name servers"
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
            "RFC 5731 3.2.1: this host does not exist; create it first",
            value=Value("hostObj", name),
        )
    if found.pending:
        raise EppError(
            Code.STATUS_PROHIBITS,
            "RFC 5732 2.3: a command on this host is pending",
            value=Value("hostObj", name),
        )
    if not found.addresses and request.registry.superordinate_name(name) is not None:
        raise EppError(
            Code.PARAMETER_POLICY,
            "RFC 5731 1.1: this host lies in a zone of the registry, but has no address, so it could not be resolved",
            value=Value("hostObj", name),
        )


def _with_attributes(
    request: Request[Any], domain: Domain, add: Sequence[HostAttr], remove: Sequence[HostAttr]
) -> Domain:
    servers = {one.name: one for one in domain.attributes}
    for attribute in remove:  # RFC 5731 3.2.5: the name alone identifies the server
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
        raise EppError(Code.PARAMETER_POLICY, f"RFC 5731 1.1: addresses of this server belong to {above}", value=shown)
    return HostAttribute(name=name, addresses=addresses)


def _refused(name: str, element: str, why: str) -> EppError:
    return EppError(Code.PARAMETER_POLICY, f"RFC 5731 3.2.5: {name} {why}", value=Value(element, name))


def shown_servers(domain: Domain) -> Ns | None:
    """Return the servers of a domain as an answer shows them; None if it has none."""
    if domain.nameservers:
        return Ns(host_obj=domain.nameservers)
    if domain.attributes:
        return Ns(host_attr=tuple(map(_shown_attribute, domain.attributes)))
    return None


def _shown_attribute(one: HostAttribute) -> HostAttr:
    addresses = (host.Address(ip="v6" if address_version(text) == "v6" else "v4", value=text) for text in one.addresses)
    return HostAttr(host_name=one.name, host_addr=tuple(addresses))
