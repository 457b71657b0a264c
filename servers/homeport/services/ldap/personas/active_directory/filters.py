"""Filters as Active Directory reads them: short names of categories, identifiers as text, ambiguous names."""

from collections.abc import Iterator

from homeport.services.ldap.personas.active_directory.domain import Domain, sid_of_text
from homeport.world.directory import filters
from homeport.world.directory.filters import Equality, Filter, Or, Present, Substrings

CATEGORIES = {
    b"person": "Person",
    b"user": "Person",
    b"contact": "Person",
    b"organizationalperson": "Person",
    b"inetorgperson": "Person",
    b"computer": "Computer",
    b"group": "Group",
    b"organizationalunit": "Organizational-Unit",
    b"container": "Container",
    b"domain": "Domain-DNS",
    b"domaindns": "Domain-DNS",
}
"""Names of categories by object class."""
AMBIGUOUS = "anr"
AMBIGUOUS_TYPES = (
    "displayName",
    "givenName",
    "sn",
    "sAMAccountName",
    "physicalDeliveryOfficeName",
    "proxyAddresses",
    "name",
)
"""The attributes of which a value is looked for if a client does not say which one it is of."""
MADE = frozenset(("userprincipalname", "objectsid", "objectguid"))
"""Attributes that entries do not hold, so that no index finds them."""


def rewritten(chosen: Filter, domain: Domain) -> Filter:
    """Return a filter of attributes as they are made here."""
    match chosen:
        case filters.And(parts):
            return filters.And(tuple(rewritten(part, domain) for part in parts))
        case filters.Or(parts):
            return filters.Or(tuple(rewritten(part, domain) for part in parts))
        case filters.Not(part):
            return filters.Not(rewritten(part, domain))
        case Equality(name, value) | filters.Approximate(name, value):
            return _equality(chosen, name.lower(), value, domain)
        case Substrings(name, initial, (), None) if name.lower() == AMBIGUOUS and initial:
            return _ambiguous(initial)
    return chosen


def _equality(chosen: Filter, name: str, value: bytes, domain: Domain) -> Filter:
    match name:
        case "anr":
            return _ambiguous(value)
        case "objectcategory" if (category := CATEGORIES.get(value.lower())) is not None:
            return Equality("objectCategory", f"CN={category},{domain.schema_context}".encode())
        case "objectsid" if (sid := sid_of_text(value.decode("utf-8", "replace"))) is not None:
            return Equality("objectSid", sid)
    return chosen


def _ambiguous(value: bytes) -> Filter:
    """Return the filter of an ambiguous name: a prefix of one attribute; exact if it begins with an equals sign."""
    exact, wanted = value.startswith(b"="), value.removeprefix(b"=").strip()
    if not wanted:
        return Or(())
    if exact:
        parts: list[Filter] = [Equality(name, wanted) for name in AMBIGUOUS_TYPES]
    else:
        parts = [_prefix(name, wanted) for name in AMBIGUOUS_TYPES]
        first, blank, second = wanted.partition(b" ")
        if blank:  # a name and a family name, in any order
            parts += [_names(first, second.strip()), _names(second.strip(), first)]
    return Or(tuple(parts))


def _prefix(name: str, value: bytes) -> Filter:
    return Substrings(name, value, (), None)


def _names(given: bytes, family: bytes) -> Filter:
    return filters.And((_prefix("givenName", given), _prefix("sn", family)))


def narrowed(chosen: Filter, domain: Domain) -> Filter:
    """Return a filter that finds at least the same entries by what they hold, for the indexes of the tree."""
    match chosen:
        case filters.And(parts):
            return filters.And(tuple(narrowed(part, domain) for part in parts))
        case Equality(name, value):
            if name.lower() == "samaccountname":
                return _account(value, domain)
            if name.lower() == "userprincipalname":
                account, _, where = value.decode("utf-8", "replace").rpartition("@")
                return _account(account.encode(), domain) if where.lower() == domain.name else chosen
            if name.lower() in MADE:
                return Present("objectClass")
    return chosen


def _account(value: bytes, domain: Domain) -> Filter:
    """Return the filter of the attribute that an account's name is a value of."""
    found = [*_naming(value.decode("utf-8", "replace"), domain)]
    return Equality(found[0], value) if len(found) == 1 else Present("objectClass")


def _naming(name: str, domain: Domain) -> Iterator[str]:
    if domain.world.people.get(name) is not None:
        yield "uid"
    if domain.world.groups.get(name) is not None:
        yield "cn"
