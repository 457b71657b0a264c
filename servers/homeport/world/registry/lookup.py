"""How the registry is read by those who only read it, such as Whois."""

from collections.abc import Iterator
from typing import Protocol

from homeport.world.registry.objects import Contact, Domain, Host, Registrar, RegistryObject


class RegistryLookup(Protocol):
    """How the registry is read. Names are taken as people write them, in any case, with U-labels too."""

    def domain(self, name: str) -> Domain | None: ...
    def host(self, name: str) -> Host | None: ...
    def contact(self, id: str) -> Contact | None: ...  # noqa: A002 - the field's name in RFC 5733

    def registrar(self, key: str) -> Registrar | None:
        """By identifier, name or IANA number."""

    def hosts_by_address(self, address: str) -> list[Host]: ...

    def domains_of_host(self, name: str) -> list[Domain]:
        """The domains that name it as their server."""

    def domains_of_contact(self, id: str) -> list[Domain]:  # noqa: A002
        """The domains that name it in any role."""

    def by_roid(self, roid: str) -> RegistryObject | None: ...

    def with_word(self, word: str) -> list[Contact | Registrar]:
        """The contacts and registrars with that whole word in a name, without regard to case."""

    def objects(self) -> Iterator[RegistryObject]:
        """Everything there is: domains, hosts, contacts, registrars, each in the order they came."""
