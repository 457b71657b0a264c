"""Serialize networks and AS numbers for RDAP (RFC 9083 5.4, 5.5)."""

from homeport.services.rdap import jcard
from homeport.services.rdap.notices import Shown
from homeport.services.rdap.objects import View, event
from homeport.world.numbers import AsNumbers, Network, Numbers


def network(view: View, numbers: Numbers, one: Network) -> Shown:
    """Return a network (5.4)."""
    where = numbers.networks.range_of(one)
    first, last = where.span.split(" - ")
    above = numbers.networks.index.less_specific(where, 1)
    shown: Shown = {
        "objectClassName": "ip network",
        "handle": one.range,
        "startAddress": first,
        "endAddress": last,
        "ipVersion": where.family,
        **_holding(view, one),
        "links": view.links("ip", where.prefixes()[0] if len(where.prefixes()) == 1 else first),
    }
    if above:
        shown["parentHandle"] = above[0].range
    return shown


def autnum(view: View, numbers: Numbers, one: AsNumbers) -> Shown:
    """Return an AS number, or a block of them (5.5)."""
    where = numbers.as_numbers.range_of(one)
    return {
        "objectClassName": "autnum",
        "handle": where.one if where.first == where.last else one.range,
        "startAutnum": where.first,
        "endAutnum": where.last,
        **_holding(view, one),
        "links": view.links("autnum", str(where.first)),
    }


def _holding(view: View, one: Network | AsNumbers) -> Shown:
    shown: Shown = {"name": one.name, "type": one.status, "status": ["active"]}
    if one.country:
        shown["country"] = one.country
    if one.description:
        shown["remarks"] = [{"title": "description", "description": [one.description]}]
    times = (("registration", one.created), ("last changed", one.updated))
    shown["events"] = [event(action, time) for action, time in times if time is not None]
    shown["entities"] = _entities(view, one)
    if view.site.whois_server:
        shown["port43"] = view.site.whois_server
    return shown


def _entities(view: View, one: Network | AsNumbers) -> list[Shown]:
    """Return the holder, if it is a registrar, and each contact once with all its roles."""
    holder = view.registry.registrar(one.organization) if one.organization else None
    entities = [view.registrar(holder, ("registrant",))] if holder else []
    roles: dict[str, list[str]] = {}
    for role, key in (("administrative", one.admin), ("technical", one.tech)):
        if key:
            roles.setdefault(key.lower(), []).append(role)
    contacts = ((view.registry.contact(key), of) for key, of in roles.items())
    entities += [view.contact(contact, of) for contact, of in contacts if contact is not None]
    if one.abuse_email:
        card = jcard.of_mailbox(f"{one.name}, abuse", one.abuse_email)
        entities.append({"objectClassName": "entity", "vcardArray": card, "roles": ["abuse"]})
    return entities
