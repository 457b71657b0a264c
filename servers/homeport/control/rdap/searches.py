"""Searches of RDAP (RFC 9082 3.2, 4.1): an asterisk stands for any characters at the end of a text or of a label."""

import re
from collections.abc import Callable, Iterable, Iterator

from homeport.world.names import canonical_address, canonical_name, readable_name
from homeport.world.registry import Contact, Domain, Host, Registrar, Registry, names_of


class SearchError(Exception):
    """A search that cannot be done. status: of HTTP."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def domains_by_name(registry: Registry, pattern: str) -> Iterable[Domain]:
    """Domains whose name matches (3.2.1)."""
    registry.catch_up()
    if (name := _whole_name(pattern)) is not None:
        return [one] if (one := registry.domain(name)) else []
    matches = _name_matcher(pattern)
    return (one for one in registry.domains.values() if matches(one.name))


def domains_by_server(registry: Registry, pattern: str) -> Iterable[Domain]:
    """Domains that a server with a matching name serves (3.2.1, nsLdhName)."""
    registry.catch_up()
    if (name := _whole_name(pattern)) is not None:
        matches: Callable[[str], bool] = name.__eq__
    else:
        matches = _name_matcher(pattern)
    return (one for one in registry.domains.values() if any(map(matches, one.server_names)))


def domains_by_server_address(registry: Registry, address: str) -> Iterable[Domain]:
    """Domains that a server with that address serves (3.2.1, nsIp)."""
    wanted = _address(address)
    names = {host.name for host in registry.hosts_by_address(wanted)}
    for one in registry.domains.values():
        attributes = (each for attribute in one.attributes for each in attribute.addresses)
        if names.intersection(one.nameservers) or wanted in map(canonical_address, attributes):
            yield one


def hosts_by_name(registry: Registry, pattern: str) -> Iterable[Host]:
    """Hosts whose name matches (3.2.2)."""
    registry.catch_up()
    if (name := _whole_name(pattern)) is not None:
        return [one] if (one := registry.host(name)) else []
    matches = _name_matcher(pattern)
    return (one for one in registry.hosts.values() if matches(one.name))


def hosts_by_address(registry: Registry, address: str) -> Iterable[Host]:
    """Hosts with that address (3.2.2)."""
    return registry.hosts_by_address(_address(address))


def entities_by_name(
    registry: Registry, pattern: str, hides: Callable[[Contact], bool]
) -> Iterator[Contact | Registrar]:
    """Contacts and registrars with a matching name (3.2.3). hides: whether a contact's name is not to be found."""
    matches = _matcher(pattern)
    for one in _entities(registry):
        if isinstance(one, Contact) and hides(one):
            continue
        if any(map(matches, filter(None, names_of(one)))):
            yield one


def entities_by_handle(registry: Registry, pattern: str) -> Iterator[Contact | Registrar]:
    """Contacts and registrars with a matching identifier (3.2.3)."""
    matches = _matcher(pattern)
    return (one for one in _entities(registry) if matches(one.id))


def _entities(registry: Registry) -> Iterator[Contact | Registrar]:
    registry.catch_up()
    yield from registry.registrars.values()
    yield from registry.contacts.values()


def _address(text: str) -> str:
    address = canonical_address(text)
    if address is None:
        raise SearchError(400, f"{text!r} is no address of IPv4 or IPv6")
    return address


def _whole_name(pattern: str) -> str | None:
    """The canonical name if nothing is left open; None for a pattern. Raises: SearchError for what is no name."""
    if "*" in pattern:
        return None
    name = canonical_name(pattern)
    if name is None:
        raise SearchError(400, f"{pattern!r} is no name")
    return name


def _name_matcher(pattern: str) -> Callable[[str], bool]:
    """A matcher of names, with A-labels or U-labels."""
    if any(label.count("*") > 1 or "*" in label[:-1] for label in pattern.split(".")):
        raise SearchError(422, "RFC 9082 4.1: in a label an asterisk stands at the end, once")
    expression = _expression(pattern.rstrip("."), r"[^.]*", last=r".*")
    return lambda name: bool(expression.fullmatch(name) or expression.fullmatch(readable_name(name)))


def _matcher(pattern: str) -> Callable[[str], bool]:
    if "*" in pattern[:-1]:
        raise SearchError(422, "RFC 9082 4.1: an asterisk stands at the end, once")
    expression = _expression(pattern, ".*", last=".*")
    return lambda text: expression.fullmatch(text) is not None


def _expression(pattern: str, anything: str, *, last: str) -> re.Pattern[str]:
    """last: what an asterisk at the very end stands for."""
    open_end = pattern.endswith("*")
    parts = [re.escape(part) for part in pattern.removesuffix("*").split("*")]
    return re.compile(anything.join(parts) + (last if open_end else ""), re.IGNORECASE)
