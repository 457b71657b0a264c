"""Active Directory: how a domain controller differs.

domain.py      names and identifiers       attributes.py  attributes that are made
accounts.py    logins, and who may         filters.py     filters: categories, ambiguous names
ranges.py      ranges of values            changes.py     passwords, object classes
root.py        the root DSE                texts.py       texts of errors

DNs are those of the world (`uid=alice,ou=people,...`): clients take them from what they find. Of the tree below
`CN=Configuration` there is only the reference that names the domain.
"""

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from homeport.services.ldap.controls.requests import (
    ASSERTION,
    DONT_USE_COPY,
    MANAGE_DSA_IT,
    MATCHED_VALUES,
    PERSISTENT_SEARCH,
    POST_READ,
    PRE_READ,
    PROXIED,
    SORT,
    SYNC_REQUEST,
    has_next_page,
)
from homeport.services.ldap.extended import PASSWORD_MODIFY
from homeport.services.ldap.messages import AddRequest, CompareRequest, ModifyRequest, SearchRequest
from homeport.services.ldap.operation import Answer, Operation, Pause
from homeport.services.ldap.personas.active_directory import filters, ranges
from homeport.services.ldap.personas.active_directory.accounts import account, admit, identified, refused_login
from homeport.services.ldap.personas.active_directory.attributes import HIDDEN, ONLY_IF_NAMED, Attributes
from homeport.services.ldap.personas.active_directory.changes import addition, modification
from homeport.services.ldap.personas.active_directory.domain import Domain
from homeport.services.ldap.personas.active_directory.root import root_dse, special
from homeport.services.ldap.personas.active_directory.texts import worded
from homeport.services.ldap.personas.behaviour import Behaviour
from homeport.services.ldap.personas.view import View, asks_for_all, names_in, names_of
from homeport.services.ldap.responses import write_reference
from homeport.world.directory.directory import BASE, ONE, SUBSCHEMA
from homeport.world.directory.names import NameProblem
from homeport.world.directory.results import Code, DirectoryError

if TYPE_CHECKING:
    from homeport.protocol.effects import Effect

DOMAIN_SCOPE = "1.2.840.113556.1.4.1339"
"""Control of a search without references to other naming contexts."""
IGNORED = frozenset(
    (
        DOMAIN_SCOPE,
        "1.2.840.113556.1.4.417",  # show deleted entries
        "1.2.840.113556.1.4.521",  # move across domains
        "1.2.840.113556.1.4.619",  # lazy commit
        "1.2.840.113556.1.4.801",  # parts of security descriptors
        "1.2.840.113556.1.4.1338",  # verify names
        "1.2.840.113556.1.4.1340",  # search options
        "1.2.840.113556.1.4.1948",  # no error for a range behind the end
        "1.2.840.113556.1.4.1974",  # force update
        "1.2.840.113556.1.4.2064",  # show recycled entries
        "1.2.840.113556.1.4.2065",  # show deactivated links
        "1.2.840.113556.1.4.2239",  # policy hints
    )
)
LACKED = frozenset(
    (
        *(ASSERTION, PRE_READ, POST_READ, PROXIED, MATCHED_VALUES, PERSISTENT_SEARCH, SYNC_REQUEST, DONT_USE_COPY),
        *(MANAGE_DSA_IT, PASSWORD_MODIFY, "1.3.6.1.4.1.42.2.27.8.5.1"),
    )
)
PLAIN = ("memberOf",)
"""Operational attributes that are returned with the user attributes."""


def prepare(operation: Operation) -> "Generator[Pause | Effect, Any, None]":
    """Rewrite a request, and set the view of its operation."""
    domain = Domain(operation.dialogue)
    yield from _resolve(operation, domain)
    request = operation.request
    makers = Attributes(domain).makers
    match request:
        case SearchRequest():
            _prepare_search(operation, domain)
        case ModifyRequest():
            operation.request = yield from modification(operation, domain, request)
        case AddRequest():
            operation.request = addition(operation, domain, request)
        case CompareRequest():
            operation.view = View(makers, names_of(domain.directory.schema, (request.type,)), hidden=HIDDEN)


def _resolve(operation: Operation, domain: Domain) -> Generator[Pause, Any, None]:
    """Put the DN in the place of `<GUID=...>` or `<SID=...>`. Raises: DirectoryError if no entry has it."""
    request = operation.request
    field = "base" if isinstance(request, SearchRequest) else "dn"
    name = getattr(request, field, "")
    if not name.startswith("<"):
        return
    dn = yield from identified(domain, name)
    if not dn:
        raise DirectoryError(Code.NO_SUCH_OBJECT, "no entry has that identifier")
    operation.request = msgspec.structs.replace(request, **{field: dn})


def _prepare_search(operation: Operation, domain: Domain) -> None:
    request, schema = operation.request, domain.directory.schema
    base, asked = request.base, request.attributes
    if not base and request.scope == BASE:
        if asks_for_all(asked):
            operation.request = msgspec.structs.replace(request, attributes=("*", "+", *asked))
        return
    if base.lower() == f"CN=Aggregate,{domain.schema_context}".lower():
        base = SUBSCHEMA
    chosen = filters.rewritten(request.filter, domain)
    asked, wanted = ranges.split(schema, asked)
    makers = Attributes(domain).makers
    selected = names_of(schema, asked)
    if asks_for_all(asked):
        selected |= makers.keys() - ONLY_IF_NAMED
        asked = (*(asked or ("*",)), *PLAIN)
    if SORT in operation.parsed:
        selected |= names_of(schema, tuple(key.type for key in operation.parsed[SORT].keys))
    operation.view = View(
        makers,
        frozenset(names_in(schema, chosen)),
        selected,
        HIDDEN,
        partial(filters.narrowed, domain=domain),
        partial(ranges.cut, wanted, 0 if request.types_only else int(operation.dialogue.options.max_values)),
    )
    operation.request = msgspec.structs.replace(request, base=base, filter=chosen, attributes=asked)


def finish(operation: Operation, answer: Answer) -> Answer:
    """Send references to the other naming contexts at the end of a search from the root of the domain."""
    request = operation.request
    if type(request) is SearchRequest and answer.result.code == Code.SUCCESS and not has_next_page(answer.controls):
        domain = Domain(operation.dialogue)
        if _is_root(domain, request) and all(one.oid != DOMAIN_SCOPE for one in operation.controls):
            suffix = "??base" if request.scope == ONE else ""
            for url in references(domain):
                operation.send(write_reference((f"{url}{suffix}",)))
    return answer


def references(domain: Domain) -> tuple[str, ...]:
    """Return the URLs of the naming contexts below the domain."""
    zones = ("ForestDnsZones", "DomainDnsZones")
    return (
        *(f"ldap://{zone}.{domain.name}/DC={zone},{domain.suffix}" for zone in zones),
        f"ldap://{domain.name}/{domain.configuration}",
    )


def _is_root(domain: Domain, request: SearchRequest) -> bool:
    try:
        return request.scope != BASE and domain.directory.fold(request.base) == domain.directory.fold(domain.suffix)
    except NameProblem:
        return False


def identity(operation: Operation) -> str:
    """Return the authorization identity: `u:DOMAIN\\name`."""
    domain = Domain(operation.dialogue)
    dn = operation.bound.dn
    entry = domain.directory.find(domain.directory.fold(dn)) if dn else None
    return "" if entry is None else f"u:{domain.netbios}\\{domain.account_name(entry)}"


BEHAVIOUR = Behaviour(
    prepare=prepare,
    finish=finish,
    account=account,
    admit=admit,
    refused_login=refused_login,
    refuses_reset_passwords=True,
    worded=worded,
    root_dse=root_dse,
    special=special,
    identity=identity,
    lacks=LACKED,
    ignores=IGNORED,
    limits="page",
    spares_administrators=False,
    size_limit_text="",
)
