"""Find the records that a query matches: an exact key first, else a search by words."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

from homeport.services.whois.levels import by_number, is_of_types, range_or_none
from homeport.services.whois.query import TYPES, Query
from homeport.world.names import canonical_name, readable_name, words_of
from homeport.world.numbers import AsNumbers, Network, Route
from homeport.world.people import Person
from homeport.world.registry import Contact, Domain, Host, Registrar, names_of
from homeport.world.registry.disclosure import as_disclosed, policy_of
from homeport.world.whois_texts import WhoisText
from homeport.world.world import World

Record = Domain | Host | Contact | Registrar | Person | WhoisText | Network | Route | AsNumbers

KINDS: dict[type[Record], str] = {
    Domain: "domain",
    Host: "host",
    Registrar: "registrar",
    Contact: "contact",
    Person: "person",
    WhoisText: "text",
    Network: "network",
    Route: "route",
    AsNumbers: "as_number",
}
EVERY = frozenset(KINDS.values())
NUMBERS = frozenset({"network", "route", "as_number"})
MEANT = {
    "domain": frozenset({"domain"}),
    "host": frozenset({"host"}),
    "registrar": frozenset({"registrar"}),
    "contact": frozenset({"contact"}),
    "person": frozenset({"person", "contact"}),
    "mailbox": frozenset({"person", "contact", "registrar"}),
    "network": NUMBERS,
}
"""Kinds of records that each prefix of a query selects; without a prefix all kinds."""


SLICE = 500
"""Records that are looked at in one turn of the reactor, a millisecond of work."""
Matches = Callable[[Record], bool]
Search = Generator[None, None, list[Record]]


def find(world: World, query: Query) -> Search:
    """Find the records that match the query, each once. It yields after each slice of a search through all records."""
    kinds = MEANT.get(query.kind, EVERY)
    if types := query.flags.types:
        kinds &= {TYPES[one] for one in types} | ({"contact"} if "person" in types else set())
    if query.partial:
        matches = by_prefix(query.key)
    elif query.kind == "mailbox":
        matches = by_mailbox(query.key)
    else:
        exact = (
            []
            if query.flags.level or query.flags.inverse
            else [*by_key(world, query.key, kinds, roids=query.kind == "handle")]
        )
        if query.numbers:
            exact = [*by_number(world, query, query.numbers), *exact]
        if exact or query.numbers or query.kind == "handle":
            return [record for record in exact if KINDS[type(record)] in kinds and is_of_types(record, query)]
        matches = by_words(query.key)
    found: list[Record] = []
    looked_at = kinds if query.partial else kinds - {"domain", "host"}  # these have neither words nor mailboxes
    if query.partial and query.kind == "any" and not types:
        looked_at -= NUMBERS  # networks are not what the beginning of a name means
    for number, record in enumerate(all_records(world, looked_at), 1):
        if matches(record) and is_of_types(record, query):
            found.append(record)
        if not number % SLICE:
            yield
    return found


def by_key(world: World, key: str, kinds: frozenset[str], *, roids: bool) -> Iterator[Record]:
    """Yield the records of those kinds that have the key. A host's addresses are keys, too."""
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
        yield disclosed(world, one)
    if "person" in kinds and (one := world.people.get(key)):
        yield one
    if "host" in kinds:
        yield from registry.hosts_by_address(key)
    if roids and (one := registry.by_roid(key)) is not None and key_of(one).lower() != key.lower():
        yield disclosed(world, one) if isinstance(one, Contact) else one


def disclosed(world: World, contact: Contact) -> Contact:
    """Return a contact without what it hides, or the registry's policy (RFC 5733 2.9)."""
    return as_disclosed(contact, policy_of(world.options.get("epp")))


def by_words(key: str) -> Matches:
    """Match records whose names contain every word of the key, ignoring case."""
    # Clients made for domains only convert a name such as Jörg to an A-label.
    wanted = {readable_name(word) for word in key.lower().split()}
    return lambda record: wanted <= words_of(titles_of(record))


def by_prefix(key: str) -> Matches:
    """Match records with a key, or a word of a name, that begins with the text."""
    wanted = key.lower()

    def matches(record: Record) -> bool:
        names = [name.lower() for name in (key_of(record), *titles_of(record))]
        return any(name.startswith(wanted) or f" {wanted}" in name for name in names)

    return matches


def by_mailbox(key: str) -> Matches:
    """Match records with that mailbox; `user@` and `@host` match any other half (RFC 954). Logins match, too."""
    user, _at, host = key.lower().rpartition("@")

    def matches(record: Record) -> bool:
        for address in addresses_of(record):
            own_user, _at, own_host = address.lower().rpartition("@")
            if user in ("", own_user) and host in ("", own_host) and (user or host):
                return True
        return False

    return matches


def referral(refer: Mapping[str, str], query: Query) -> tuple[str, str] | None:
    """Return domain, network or AS numbers and the whois server of the longest configured entry above the key.

    None without a match.
    """
    if query.numbers:
        ranges = ((range_or_none(text), server) for text, server in refer.items())
        above = [(one, server) for one, server in ranges if one is not None and one.covers(query.numbers)]
        where, server = min(above, key=lambda entry: entry[0].last - entry[0].first, default=(None, ""))
        return (str(where), server) if where else None
    if query.kind not in ("any", "domain") or not refer or (name := canonical_name(query.key)) is None:
        return None
    domains = {canonical_name(domain.removeprefix(".")): server for domain, server in refer.items()}
    labels = name.split(".")
    for at in range(len(labels)):
        domain = ".".join(labels[at:])
        if domain in domains:
            return domain, domains[domain]
    return None


def all_records(world: World, kinds: frozenset[str]) -> Iterator[Record]:
    """Yield every record of those kinds, as they are at the beginning: others may change meanwhile.

    What contacts hide is neither shown nor found.
    """
    registry = world.registry
    registry.catch_up()
    groups: tuple[Iterable[Record], ...] = (
        [*world.people],
        *([*registry.table(kind)] for kind in ("domain", "host", "contact", "registrar") if kind in kinds),
        [*world.whois_texts.all],
        *([*table] for kind, table in numbers_of(world) if kind in kinds),
    )
    policy = policy_of(world.options.get("epp"))
    return (
        as_disclosed(record, policy) if isinstance(record, Contact) else record
        for group in groups
        for record in group
        if KINDS[type(record)] in kinds
    )


def numbers_of(world: World) -> Iterator[tuple[str, Iterable[Record]]]:
    """Yield the kinds of numbers that have names, with their objects."""
    yield "network", world.numbers.networks
    yield "as_number", world.numbers.as_numbers


def key_of(record: Record) -> str:
    """Return the key that finds this record among those of its kind."""
    match record:
        case Domain() | Host():
            return record.name
        case Contact() | Registrar():
            return record.id
        case Person():
            return record.login
        case WhoisText():
            return record.keys[0]
        case Network() | AsNumbers():
            return record.range
        case Route():
            return record.prefix


def titles_of(record: Record) -> Iterable[str]:
    """Return the human-readable names of a record."""
    match record:
        case Domain() | Host() | Route():
            return ()
        case Person() | Network() | AsNumbers():
            return (record.name,)
        case WhoisText():
            return record.keys
        case _:
            return names_of(record)


def addresses_of(record: Record) -> Iterable[str]:
    """Return the mail addresses of a record."""
    match record:
        case Person():
            return (record.email or f"{record.login}@",)
        case Contact():
            return (record.email,)
        case Network() | AsNumbers():
            return (record.abuse_email,) if record.abuse_email else ()
        case Registrar():
            return (record.email, record.abuse_email)
        case _:
            return ()


def title_of(record: Record) -> str:
    """Return the title of a record in a list."""
    match record:
        case Domain():
            return f"registered by {record.registrar}"
        case Host():
            return ", ".join(record.addresses)
        case Contact():
            return record.shown_postal.name or record.shown_postal.organization
        case WhoisText():
            return next(iter(record.text.splitlines()), "")
        case Route():
            return ", ".join(record.origins)
        case _:
            return record.name
