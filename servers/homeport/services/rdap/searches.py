"""Searches of RDAP (RFC 9082 3.2, 4.1): an asterisk matches any characters at the end of a text or of a label."""

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from homeport.world.names import canonical_address, canonical_name, readable_name
from homeport.world.registry import Contact, Domain, Registrar, Registry, names_of

Search = tuple[Iterable[Any], Callable[[Any], bool]]
"""The objects that are looked at, and the function that finds those that match."""
Ways = dict[str, Callable[[str], Search]]
"""The searches of a kind of objects, by parameter."""

MAX_LOOKED_AT = 64
"""Objects that are looked at in one step."""


def matching(candidates: Iterable[Any], matches: Callable[[Any], bool], limit: int) -> Generator[None, None, list[Any]]:
    """Find the first objects that match, each once, at most `limit`. It yields after each step."""
    found: list[Any] = []
    keys: set[Any] = set()
    for number, one in enumerate(candidates, 1):
        if matches(one) and _key(one) not in keys:
            keys.add(_key(one))
            found.append(one)
            if len(found) == limit:
                break
        if not number % MAX_LOOKED_AT:
            yield
    return found


def every(*tables: dict[str, Any]) -> Iterator[Any]:
    """Yield the objects of tables, which may change between two of them; then some are yielded again.

    A table can have a million objects: a copy of it would take longer than a turn of the reactor may.
    """
    for table in tables:
        try:
            yield from table.values()
        except RuntimeError:  # it has another size
            yield from list(table.values())


class SearchError(Exception):
    """An invalid search. status: of HTTP."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def domains_by_name(registry: Registry, pattern: str) -> Search:
    """Search domains by name (3.2.1)."""
    registry.catch_up()
    if (name := _whole_name(pattern)) is not None:
        return ([one] if (one := registry.domain(name)) else []), _any
    matches = _name_matcher(pattern)
    return every(registry.domains), lambda one: matches(one.name)


def domains_by_server(registry: Registry, pattern: str) -> Search:
    """Search domains by the name of a server (3.2.1, nsLdhName)."""
    registry.catch_up()
    if (name := _whole_name(pattern)) is not None:
        matches: Callable[[str], bool] = name.__eq__
    else:
        matches = _name_matcher(pattern)
    return every(registry.domains), lambda one: any(map(matches, one.server_names))


def domains_by_server_address(registry: Registry, address: str) -> Search:
    """Search domains by the address of a server (3.2.1, nsIp)."""
    wanted = _address(address)
    names = {host.name for host in registry.hosts_by_address(wanted)}

    def matches(one: Domain) -> bool:
        attributes = (each for attribute in one.attributes for each in attribute.addresses)
        return not names.isdisjoint(one.nameservers) or wanted in map(canonical_address, attributes)

    return every(registry.domains), matches


def hosts_by_name(registry: Registry, pattern: str) -> Search:
    """Search hosts by name (3.2.2)."""
    registry.catch_up()
    if (name := _whole_name(pattern)) is not None:
        return ([one] if (one := registry.host(name)) else []), _any
    matches = _name_matcher(pattern)
    return every(registry.hosts), lambda one: matches(one.name)


def hosts_by_address(registry: Registry, address: str) -> Search:
    """Search hosts by address (3.2.2)."""
    return registry.hosts_by_address(_address(address)), _any


def entities_by_name(registry: Registry, pattern: str, hides: Callable[[Contact], bool]) -> Search:
    """Search contacts and registrars by name (3.2.3). hides: True for a contact whose name is hidden."""
    matches = _matcher(pattern)

    def fits(one: Contact | Registrar) -> bool:
        if isinstance(one, Contact) and hides(one):
            return False
        return any(map(matches, filter(None, names_of(one))))

    return _entities(registry), fits


def entities_by_handle(registry: Registry, pattern: str) -> Search:
    """Search contacts and registrars by handle, or by identifier (3.2.3)."""
    matches = _matcher(pattern)
    return _entities(registry), lambda one: matches(one.id) or matches(_handle(one))


def _handle(one: Contact | Registrar) -> str:
    return str(one.iana_id) if isinstance(one, Registrar) else one.roid


def _key(one: Any) -> Any:
    """Return what an object is known by: its ROID, or a registrar's identifier."""
    return getattr(one, "roid", None) or getattr(one, "id", one)


def _any(_one: object) -> bool:
    return True


def _entities(registry: Registry) -> Iterator[Any]:
    registry.catch_up()
    return every(registry.registrars, registry.contacts)


def _address(text: str) -> str:
    address = canonical_address(text)
    if address is None:
        raise SearchError(400, f"{text!r} is not an IPv4 or IPv6 address")
    return address


def _whole_name(pattern: str) -> str | None:
    """Return the canonical name if the pattern has no asterisk; else None. Raises: SearchError for an invalid name."""
    if "*" in pattern:
        return None
    name = canonical_name(pattern)
    if name is None:
        raise SearchError(400, f"{pattern!r} is not a valid name")
    return name


def _name_matcher(pattern: str) -> Callable[[str], bool]:
    """Return a matcher of names, with A-labels or U-labels."""
    if any(label.count("*") > 1 or "*" in label[:-1] for label in pattern.split(".")):
        raise SearchError(422, "RFC 9082 4.1: a label may have one asterisk, at its end")
    expression = _expression(pattern.rstrip("."), r"[^.]*", last=r".*")
    return lambda name: bool(
        expression.fullmatch(name) or ("xn--" in name and expression.fullmatch(readable_name(name)))
    )


def _matcher(pattern: str) -> Callable[[str], bool]:
    if "*" in pattern[:-1]:
        raise SearchError(422, "RFC 9082 4.1: a pattern may have one asterisk, at its end")
    expression = _expression(pattern, ".*", last=".*")
    return lambda text: expression.fullmatch(text) is not None


def _expression(pattern: str, anything: str, *, last: str) -> re.Pattern[str]:
    """Compile a pattern. last: the expression for an asterisk at the very end."""
    open_end = pattern.endswith("*")
    parts = [re.escape(part) for part in pattern.removesuffix("*").split("*")]
    return re.compile(anything.join(parts) + (last if open_end else ""), re.IGNORECASE)
