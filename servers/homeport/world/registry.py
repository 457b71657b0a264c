"""The registry: domains, hosts, contacts and registrars, as RFC 5731 to 5733 know them.

Here is what can be looked up: the objects, plain and frozen, and `RegistryLookup`, the interface that Whois reads.
`Registry` keeps them in memory. What changes objects, and by which rules, is the business of whoever fills it.

Times of objects are the world's Unix times. In `RegistryContents`, which a world begins with, they are seconds from
its beginning, negative for the past, so that every fresh world looks alike at any date.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal, Protocol, TypeVar

import msgspec
from msgspec import Meta

from homeport.world.names import WordIndex, canonical_address, canonical_name

Role = Literal["admin", "tech", "billing"]
TIMES = ("created", "updated", "transferred", "expires")
"""The fields of objects that are times."""
Roid = Annotated[str, Meta(description="repository object identifier (RFC 5730 2.8), unique in the registry")]
Time = Annotated[float, Meta(description="seconds: Unix time, or from the world's beginning in what is configured")]
Statuses = Annotated[
    tuple[str, ...], Meta(description="EPP statuses that were set; `ok` and `inactive` come by themselves")
]


class Stored(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every object of the registry has but a registrar."""

    roid: Roid
    registrar: Annotated[str, Meta(description="identifier of the sponsoring registrar")]
    statuses: Statuses = ()
    created: Time
    updated: Time | None = None
    transferred: Time | None = None


class DelegationSigner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A DS record (RFC 5910 4.1)."""

    key_tag: Annotated[int, Meta(ge=0, le=65535)]
    algorithm: Annotated[int, Meta(ge=0, le=255)]
    digest_type: Annotated[int, Meta(ge=0, le=255)]
    digest: Annotated[str, Meta(pattern=r"^([0-9A-F]{2})+$", description="in upper-case hexadecimal")]


class DomainContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contact of a domain besides its registrant."""

    role: Role
    id: str


class Domain(Stored, frozen=True, kw_only=True):
    """A domain (RFC 5731)."""

    name: Annotated[str, Meta(description="in lower case, with A-labels")]
    registrant: str = ""
    contacts: tuple[DomainContact, ...] = ()
    nameservers: tuple[str, ...] = ()
    signers: tuple[DelegationSigner, ...] = ()
    expires: Time

    @property
    def shown_statuses(self) -> tuple[str, ...]:
        """Its statuses with those that follow from its state (RFC 5731 2.3)."""
        set_or_inactive = self.statuses if self.nameservers else ("inactive", *self.statuses)
        return set_or_inactive or ("ok",)

    def contact_ids(self) -> Iterator[tuple[str, str]]:
        """Its contacts: the role, `registrant` first, and the identifier."""
        if self.registrant:
            yield "registrant", self.registrant
        for contact in self.contacts:
            yield contact.role, contact.id


class Host(Stored, frozen=True, kw_only=True):
    """A host (RFC 5732): a name server."""

    name: Annotated[str, Meta(description="in lower case, with A-labels")]
    addresses: tuple[str, ...] = ()


class PostalInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A postal address (RFC 5733 2.4)."""

    name: str = ""
    organization: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    province: str = ""
    postal_code: str = ""
    country: Annotated[str, Meta(description="two letters (ISO 3166-1)")] = ""


class Contact(Stored, frozen=True, kw_only=True):
    """A contact (RFC 5733)."""

    id: str
    postal: PostalInfo
    voice: str = ""
    fax: str = ""
    email: str = ""


class Registrar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A registrar: who sponsors objects, and logs in to change them."""

    id: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9._-]{3,16}$", description="client identifier (RFC 5730: 3 to 16 characters)")
    ]
    name: str
    password: Annotated[str, Meta(description="what it logs in with")] = ""
    iana_id: Annotated[int, Meta(ge=0, description="number in IANA's registrar registry; 0: none")] = 0
    url: str = ""
    whois_server: str = ""
    postal: PostalInfo = PostalInfo()
    voice: str = ""
    fax: str = ""
    email: str = ""
    abuse_email: str = ""
    abuse_phone: str = ""


RegistryObject = Domain | Host | Contact | Registrar


CONFIGURATION_KEYS = {"registrars": "registrar", "contacts": "contact", "hosts": "host", "domains": "domain"}
"""An array of tables is written with the singular: [[registry.domain]]."""


class RegistryContents(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename=CONFIGURATION_KEYS
):
    """What a registry begins with; times are seconds from the world's beginning."""

    registrars: Sequence[Registrar] = ()
    contacts: Sequence[Contact] = ()
    hosts: Sequence[Host] = ()
    domains: Sequence[Domain] = ()


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


def names_of(one: Contact | Registrar) -> tuple[str, ...]:
    """The names for people that an object has."""
    return (one.name,) if isinstance(one, Registrar) else (one.postal.name, one.postal.organization)


AnyStored = TypeVar("AnyStored", bound=Stored)


class Registry:
    """A registry in memory; `RegistryLookup` says what can be asked of it.

    contents: what it begins with. start: the world's time that its times count from.
    """

    def __init__(self, contents: RegistryContents, start: float) -> None:
        self._words: WordIndex[Contact | Registrar] | None = None  # made when first asked for
        self.registrars: dict[str, Registrar] = {}
        self._registrars_by_other_keys: dict[str, Registrar] = {}  # by name and IANA number
        self.contacts: dict[str, Contact] = {}
        self.hosts: dict[str, Host] = {}
        self.domains: dict[str, Domain] = {}
        for registrar in contents.registrars:
            self.put(registrar)
        for contact in contents.contacts:
            self.put(_begun(contact, start))
        for host in contents.hosts:
            self.put(_begun(host, start))
        for domain in contents.domains:
            self.put(_begun(domain, start))

    def put(self, one: RegistryObject) -> None:
        """Add an object as it stands, or replace the one of the same name."""
        self._words = None
        match one:
            case Domain():
                self.domains[canonical_name(one.name) or one.name] = one
            case Host():
                self.hosts[canonical_name(one.name) or one.name] = one
            case Contact():
                self.contacts[one.id.lower()] = one
            case Registrar():
                self.registrars[one.id.lower()] = one
                self._index_registrars()

    def remove(self, one: RegistryObject) -> None:
        """Take an object out, whatever others say of it; one that is not there is no error."""
        self._words = None
        match one:
            case Domain():
                self.domains.pop(canonical_name(one.name) or one.name, None)
            case Host():
                self.hosts.pop(canonical_name(one.name) or one.name, None)
            case Contact():
                self.contacts.pop(one.id.lower(), None)
            case Registrar():
                self.registrars.pop(one.id.lower(), None)
                self._index_registrars()

    def _index_registrars(self) -> None:
        self._registrars_by_other_keys = {
            other: each
            for each in reversed(self.registrars.values())
            for other in (each.name.lower(), str(each.iana_id or ""))
            if other
        }

    def domain(self, name: str) -> Domain | None:
        """The domain of that name, or None."""
        return self.domains.get(canonical_name(name) or "")

    def host(self, name: str) -> Host | None:
        """The host of that name, or None."""
        return self.hosts.get(canonical_name(name) or "")

    def contact(self, id: str) -> Contact | None:  # noqa: A002
        """The contact of that identifier without regard to case, or None."""
        return self.contacts.get(id.lower())

    def registrar(self, key: str) -> Registrar | None:
        """The registrar of that identifier, else of that name or IANA number, without regard to case; or None."""
        wanted = key.lower()
        return self.registrars.get(wanted) or self._registrars_by_other_keys.get(wanted)

    def hosts_by_address(self, address: str) -> list[Host]:
        """The hosts with that address, in whichever form it is written."""
        wanted = canonical_address(address)
        if wanted is None:
            return []
        return [host for host in self.hosts.values() if wanted in map(canonical_address, host.addresses)]

    def domains_of_host(self, name: str) -> list[Domain]:
        """The domains that name it as their server."""
        wanted = canonical_name(name)
        return [domain for domain in self.domains.values() if wanted in domain.nameservers]

    def domains_of_contact(self, id: str) -> list[Domain]:  # noqa: A002
        """The domains that name it in any role."""
        wanted = id.lower()
        return [one for one in self.domains.values() if wanted in (held.lower() for _role, held in one.contact_ids())]

    def by_roid(self, roid: str) -> RegistryObject | None:
        """The object of that repository object identifier without regard to case, or None."""
        wanted = roid.lower()
        for one in self.objects():
            if isinstance(one, Stored) and one.roid.lower() == wanted:
                return one
        return None

    def with_word(self, word: str) -> list[Contact | Registrar]:
        """The contacts and registrars with that whole word in a name, without regard to case."""
        if self._words is None:
            named: list[Contact | Registrar] = [*self.contacts.values(), *self.registrars.values()]
            self._words = WordIndex((one, names_of(one)) for one in named)
        return self._words.get(word)

    def objects(self) -> Iterator[RegistryObject]:
        """Everything there is: domains, hosts, contacts, registrars, each in the order they came."""
        groups: tuple[Iterable[RegistryObject], ...] = (
            self.domains.values(),
            self.hosts.values(),
            self.contacts.values(),
            self.registrars.values(),
        )
        for group in groups:
            yield from group


def _begun(stored: AnyStored, start: float) -> AnyStored:
    """The object with its times counted from the world's beginning."""
    times = {name: start + value for name in TIMES if (value := getattr(stored, name, None)) is not None}
    return msgspec.structs.replace(stored, **times)
