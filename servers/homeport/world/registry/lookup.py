"""The read-only interface of the registry, for services such as Whois."""

from collections.abc import Iterator
from typing import Protocol

from homeport.world.registry.objects import Contact, Domain, Host, Registrar, RegistryObject


class RegistryLookup(Protocol):
    """Read-only look-ups. Names may be written in any case, and with U-labels."""

    def domain(self, name: str) -> Domain | None: ...
    def host(self, name: str) -> Host | None: ...
    def contact(self, id: str) -> Contact | None: ...  # noqa: A002 - the field's name in RFC 5733

    def registrar(self, key: str) -> Registrar | None:
        """Return the registrar of that identifier, name or IANA number, or None."""

    def hosts_by_address(self, address: str) -> list[Host]: ...

    def domains_of_host(self, name: str) -> list[Domain]:
        """Return the domains that name the host as their server."""

    def domains_of_contact(self, id: str) -> list[Domain]:  # noqa: A002
        """Return the domains that name the contact in any role."""

    def by_roid(self, roid: str) -> RegistryObject | None: ...

    def objects(self) -> Iterator[RegistryObject]:
        """Yield all objects: domains, hosts, contacts, registrars, each in the order they came."""
