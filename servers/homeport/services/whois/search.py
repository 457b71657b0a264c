"""What answers a query: an object that is called exactly so, else whatever has its words in its name."""

from collections.abc import Iterable, Iterator, Mapping

from homeport.services.whois.query import TYPES, Query
from homeport.world.names import canonical_name, readable_name, words_of
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, Registrar, names_of
from homeport.world.whois_texts import WhoisText
from homeport.world.world import World

Record = Domain | Host | Contact | Registrar | Person | WhoisText

KINDS: dict[type[Record], str] = {
    Domain: "domain",
    Host: "host",
    Registrar: "registrar",
    Contact: "contact",
    Person: "person",
    WhoisText: "text",
}
EVERY = frozenset(KINDS.values())
MEANT = {
    "domain": frozenset({"domain"}),
    "host": frozenset({"host"}),
    "registrar": frozenset({"registrar"}),
    "contact": frozenset({"contact"}),
    "person": frozenset({"person", "contact"}),
    "mailbox": frozenset({"person", "contact", "registrar"}),
}
"""The kinds of records that a query may mean; every kind where it says nothing of it."""


def find(world: World, query: Query) -> list[Record]:
    """The records that answer the query, each once."""
    kinds = MEANT.get(query.kind, EVERY)
    if types := query.flags.types:
        kinds &= {TYPES[one] for one in types} | ({"contact"} if "person" in types else set())
    found: Iterable[Record]
    if query.partial:
        found = beginning(world, query.key)
    elif query.kind == "mailbox":
        found = mailboxes(world, query.key)
    else:
        exact = list(called(world, query.key, kinds, roids=query.kind == "handle"))
        found = exact if exact or query.kind == "handle" else having_words(world, query.key)
    return [record for record in found if KINDS[type(record)] in kinds]


def called(world: World, key: str, kinds: frozenset[str], *, roids: bool) -> Iterator[Record]:
    """The records of those kinds whose key it is. A host's address is a key, too."""
    registry = world.registry
    one: Record | None
    if "text" in kinds and (one := world.whois_texts.get(key)):
        yield one
    if "domain" in kinds and (one := registry.domain(key)):
        yield one
    if "host" in kinds and (one := registry.host(key)):
        yield one
    if "registrar" in kinds and (one := registry.registrar(key)):
        yield one
    if "contact" in kinds and (one := registry.contact(key)):
        yield one
    if "person" in kinds and (one := world.people.get(key)):
        yield one
    if "host" in kinds:
        yield from registry.hosts_by_address(key)
    if roids and (one := registry.by_roid(key)) is not None and key_of(one).lower() != key.lower():
        yield one


def having_words(world: World, key: str) -> Iterator[Record]:
    """The records whose names have every word of the key, without regard to case."""
    # Clients that speak of domains only turn a name such as Jörg into an A-label.
    wanted = {readable_name(word) for word in key.lower().split()}
    one = next(iter(wanted), "")
    for found in (world.people.with_word(one), world.registry.with_word(one), world.whois_texts.with_word(one)):
        for record in found:
            if wanted <= words_of(titles_of(record)):
                yield record


def beginning(world: World, key: str) -> Iterator[Record]:
    """The records with a key or a word of a name that begins so."""
    wanted = key.lower()
    for record in everything(world):
        names = [name.lower() for name in (key_of(record), *titles_of(record))]
        if any(name.startswith(wanted) or f" {wanted}" in name for name in names):
            yield record


def mailboxes(world: World, key: str) -> Iterator[Record]:
    """Whose mailbox it is; `user@` and `@host` leave the other half open (RFC 954). A login is its own mailbox."""
    user, _at, host = key.lower().rpartition("@")
    for record in everything(world):
        for address in addresses_of(record):
            own_user, _at, own_host = address.lower().rpartition("@")
            if user in ("", own_user) and host in ("", own_host) and (user or host):
                yield record
                break


def referral(refer: Mapping[str, str], query: Query) -> tuple[str, str] | None:
    """The domain and the whois server of the longest entry that the name is under; None if it is under none."""
    if query.kind not in ("any", "domain") or not refer or (name := canonical_name(query.key)) is None:
        return None
    domains = {canonical_name(domain.removeprefix(".")): server for domain, server in refer.items()}
    labels = name.split(".")
    for at in range(len(labels)):
        domain = ".".join(labels[at:])
        if domain in domains:
            return domain, domains[domain]
    return None


def everything(world: World) -> Iterator[Record]:
    """Every record that there is."""
    yield from world.people
    yield from world.registry.objects()
    yield from world.whois_texts.all


def key_of(record: Record) -> str:
    """The key that finds this record among those of its kind."""
    match record:
        case Domain() | Host():
            return record.name
        case Contact() | Registrar():
            return record.id
        case Person():
            return record.login
        case WhoisText():
            return record.keys[0]


def titles_of(record: Record) -> Iterable[str]:
    """The names for people that a record has."""
    match record:
        case Domain() | Host():
            return ()
        case Person():
            return (record.name,)
        case WhoisText():
            return record.keys
        case _:
            return names_of(record)


def addresses_of(record: Record) -> Iterable[str]:
    """The mail addresses that a record has."""
    match record:
        case Person():
            return (record.email or f"{record.login}@",)
        case Contact():
            return (record.email,)
        case Registrar():
            return (record.email, record.abuse_email)
        case _:
            return ()


def title_of(record: Record) -> str:
    """What people know a record by, in a list."""
    match record:
        case Domain():
            return f"registered by {record.registrar}"
        case Host():
            return ", ".join(record.addresses)
        case Contact():
            return record.shown_postal.name or record.shown_postal.organization
        case WhoisText():
            return next(iter(record.text.splitlines()), "")
        case _:
            return record.name
