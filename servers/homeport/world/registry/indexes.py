"""Secondary indexes of objects: ROIDs, links, addresses. An update costs as much as what changed."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from homeport.world.names import canonical_address
from homeport.world.registry.objects import Domain, Host, RegistryObject, Sponsored

Key = tuple[str, str]


class Links:
    """An index from keys to the names that refer to them, in the order of their first reference."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    def add(self, name: str, keys: Iterable[str]) -> None:
        """Add the references of a new name."""
        names = self._names
        for key in keys:
            of_key = names.get(key)
            if of_key is None:
                names[key] = {name: None}
            else:
                of_key[name] = None

    def change(self, name: str, before: Iterable[str], after: Iterable[str]) -> None:
        """Replace a name's references: remove those in `before`, add those in `after`."""
        old, new = set(before), dict.fromkeys(after)
        for key in old - new.keys():
            names = self._names[key]
            del names[name]
            if not names:
                del self._names[key]
        for key in new:
            if key not in old:
                self._names.setdefault(key, {})[name] = None

    def move(self, old: str, new: str) -> None:
        """Have the names that refer to one key refer to another."""
        names = self._names.pop(old, None)
        if names is not None:
            self._names[new] = {**self._names[new], **names} if new in self._names else names

    def count(self, key: str) -> int:
        """Return how many names refer to a key."""
        return len(self._names.get(key, ()))

    def of(self, key: str) -> Iterable[str]:
        """Return the names that refer to a key."""
        return self._names.get(key, ())

    def keys(self) -> Iterator[str]:
        """Yield every referenced key."""
        return iter(self._names)

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def items(self) -> Iterator[tuple[str, set[str]]]:
        """Yield every referenced key with its names."""
        return ((key, set(names)) for key, names in self._names.items())


class Named(Protocol):
    """Is called for each domain that was added (there) or deleted."""

    def __call__(self, name: str, *, there: bool) -> None: ...


class Indexes:
    """All indexes of one registry.

    superordinate: returns the domain that a host's name lies below (`Registry.superordinate_name`).
    named: called for each domain that was added or deleted, with `there`.
    """

    def __init__(self, superordinate: Callable[[str], str | None], named: Named) -> None:
        self._superordinate = superordinate
        self._named = named
        self.roids: dict[str, Key] = {}
        """Keys by ROID, as `roid_key` writes it."""
        self.domains_of_host = Links()
        self.domains_of_contact = Links()
        """Domains by contact identifier in lower case."""
        self.domains_of_organization = Links()
        """Domains by identifier of an organization in lower case."""
        self.hosts_of_domain = Links()
        """Subordinate hosts by domain."""
        self.hosts_of_address = Links()

    def change(self, kind: str, key: str, before: RegistryObject | None, after: RegistryObject | None) -> None:
        """Update the indexes for an object that changed, was added (before: None) or deleted (after: None)."""
        if kind != "registrar":
            self._change_roid((kind, key), before, after)  # type: ignore[arg-type]  # all others are sponsored
        if kind == "domain":
            self._change_domain(key, before, after)  # type: ignore[arg-type]  # by its kind
        elif kind == "host":
            self._change_host(key, before, after)  # type: ignore[arg-type]  # by its kind

    def add(self, key: Key, one: Sponsored) -> None:
        """Update the indexes for an object that is new, as `change` does, at less cost."""
        kind, name = key
        roid = one.roid
        self.roids[roid if roid.isupper() else roid.upper()] = key
        if kind == "domain":
            self._named(name, there=True)
            if one.nameservers:  # type: ignore[union-attr]  # by its kind
                self.domains_of_host.add(name, map(str.lower, one.nameservers))  # type: ignore[union-attr]
            self.domains_of_contact.add(name, _contact_keys(one))  # type: ignore[arg-type]
        elif kind == "host":
            self._change_host(name, None, one)  # type: ignore[arg-type]

    def _change_roid(self, key: Key, before: Sponsored | None, after: Sponsored | None) -> None:
        if before is not None and after is not None and before.roid == after.roid:
            return
        old, new = roid_key(before.roid) if before else None, roid_key(after.roid) if after else None
        if old == new:
            return
        if old is not None and self.roids.get(old) == key:
            del self.roids[old]
        if new is not None:
            self.roids[new] = key

    def _change_domain(self, key: str, before: Domain | None, after: Domain | None) -> None:
        if before is None or after is None:
            self._named(key, there=after is not None)
        old, new = before.nameservers if before else (), after.nameservers if after else ()
        if old != new:
            self.domains_of_host.change(key, map(str.lower, old), map(str.lower, new))
        orgs_before, orgs_after = before.extras.orgs if before else (), after.extras.orgs if after else ()
        if orgs_before != orgs_after:
            self.domains_of_organization.change(
                key, (one.id.lower() for one in orgs_before), (one.id.lower() for one in orgs_after)
            )
        if before is not None and after is not None and _same_contacts(before, after):
            return
        self.domains_of_contact.change(key, _contact_keys(before), _contact_keys(after))

    def _change_host(self, key: str, before: Host | None, after: Host | None) -> None:
        if (before is None or after is None) and (domain := self._superordinate(key)):
            self.hosts_of_domain.change(key, (domain,) if before else (), (domain,) if after else ())
        old, new = before.addresses if before else (), after.addresses if after else ()
        if old != new:
            self.hosts_of_address.change(key, _addresses(old), _addresses(new))


def roid_key(roid: str) -> str:
    """Return a ROID in upper case; nearly all are, and take no memory twice."""
    return roid if roid.isupper() else roid.upper()


def same_links(before: Domain, after: Domain) -> bool:
    """Return True if all indexes have the same of a domain before and after a change."""
    return (
        before.roid == after.roid
        and before.nameservers == after.nameservers
        and (before.extras is after.extras or before.extras.orgs == after.extras.orgs)
        and _same_contacts(before, after)
    )


def _same_contacts(before: Domain, after: Domain) -> bool:
    return before.contacts == after.contacts and before.registrant == after.registrant


def _contact_keys(domain: Domain | None) -> list[str]:
    if domain is None:
        return []
    if not domain.contacts:
        return [domain.registrant.lower()] if domain.registrant else []
    return [key.lower() for _role, key in domain.contact_ids()]


def _addresses(written: Iterable[str]) -> list[str]:
    return [canonical_address(one) or one for one in written]
