"""Findings about searches: unknown attributes, a base that is too wide, wildcards in place of a login."""

from homeport.services.ldap.messages import SearchRequest
from homeport.services.ldap.operation import Operation
from homeport.world.directory.directory import BASE
from homeport.world.directory.filters import Filter, Present, Substrings, assertions_of
from homeport.world.directory.schema.schema import Schema

LOGIN_ATTRIBUTES = frozenset(("uid", "cn", "mail", "samaccountname", "userprincipalname"))
"""Attributes by which applications look for the entry of who logs in."""
SPECIAL = frozenset(("*", "+", "1.1", "dn"))
"""Selections that are no attributes; many clients ask for `dn`, which selects none."""
MAX_PEERS = 1000
"""Clients whose last search with a wildcard is remembered."""


def advise(operation: Operation) -> None:
    """Report what a search shows."""
    dialogue, request = operation.dialogue, operation.request
    schema = dialogue.context.world.directory.schema
    if name := unknown_attribute(schema, request):
        dialogue.report_once("attribute-unknown", name.encode())
    if not request.base and request.scope != BASE:
        dialogue.report_once("search-base-too-wide")


def unknown_attribute(schema: Schema, request: SearchRequest) -> str:
    """Return the first attribute of a search that the schema does not have; empty for none."""
    for one in (*(getattr(part, "type", "") for part in assertions_of(request.filter)), *request.attributes):
        name = one.partition(";")[0]
        if name and name.lower() not in SPECIAL and not name.startswith("@") and schema.attribute(name) is None:
            return name
    return ""


def has_wildcard(chosen: Filter) -> bool:
    """Return True if a filter has a wildcard where applications put the name of who logs in."""
    return any(
        isinstance(part, Present | Substrings) and part.type.lower() in LOGIN_ATTRIBUTES
        for part in assertions_of(chosen)
    )


class Lookups:
    """The first entries that searches with such wildcards found, by the client's address."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def note(self, peer: str, dn: str) -> None:
        """Note the entry that a search found first."""
        while len(self._found) >= MAX_PEERS:
            del self._found[next(iter(self._found))]
        self._found[peer] = dn

    def take(self, peer: str) -> str:
        """Return the entry that the last such search of a client found, once; empty for none."""
        return self._found.pop(peer, "") if self._found else ""


def lookups_of(operation: Operation) -> Lookups:
    """Return the world's lookups."""
    return operation.dialogue.context.world.of_service("ldap.lookups", Lookups)


def note_found(operation: Operation, dn: str) -> None:
    """Note what a search with a wildcard found first."""
    lookups_of(operation).note(operation.dialogue.context.peer[0], dn)


def advise_bind(operation: Operation) -> None:
    """Report a bind as what a wildcard found."""
    found = lookups_of(operation).take(operation.dialogue.context.peer[0])
    if found and found == operation.request.name:
        operation.dialogue.report("filter-injection", found.encode())
