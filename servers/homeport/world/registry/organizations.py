"""Organizations: registrars, resellers, privacy services and DNS operators as objects (RFC 8543)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from homeport.world.registry.objects import PostalInfo, Roid, Statuses, Time

if TYPE_CHECKING:
    from homeport.world.registry.registry import Registry

ROLES = ("registrar", "reseller", "privacyproxy", "dns-operator")
"""Role values of IANA's registry (RFC 8543 7.3)."""
CLIENT_STATUSES = ("clientDeleteProhibited", "clientUpdateProhibited", "clientLinkProhibited")
SERVER_STATUSES = (
    "hold",
    "terminated",
    "serverDeleteProhibited",
    "serverUpdateProhibited",
    "serverLinkProhibited",
)
UNLINKABLE = frozenset(("hold", "terminated", "clientLinkProhibited", "serverLinkProhibited"))
MAX_PARENTS = 20
TIMES = ("created", "updated")
"""Names of the fields that are times."""


class OrgRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A role of an organization (RFC 8543 3.2)."

    type: Literal["registrar", "reseller", "privacyproxy", "dns-operator"]
    id: Annotated[str, Meta(description="its identifier elsewhere, such as IANA's number of a registrar")] = ""
    statuses: tuple[Literal["clientLinkProhibited", "serverLinkProhibited"], ...] = ()


class OrgContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "A contact of an organization."

    type: Literal["admin", "billing", "tech", "abuse", "custom"]
    id: Annotated[str, Meta(description="identifier of the contact")]
    name: Annotated[str, Meta(description="name of a custom type")] = ""


class Organization(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    meaning = "An organization (RFC 8543)."

    id: Annotated[str, Meta(min_length=3, max_length=16)]
    roid: Roid = ""
    registrar: Annotated[str, Meta(description="identifier of the sponsoring registrar (clID)")]
    creator: Annotated[str, Meta(description="registrar who created it (crID); empty: the sponsor")] = ""
    updater: Annotated[str, Meta(description="registrar who updated it last (upID)")] = ""
    created: Time
    updated: Time | None = None
    roles: Annotated[tuple[OrgRole, ...], Meta(min_length=1)]
    statuses: Statuses = ()
    parent: Annotated[str, Meta(description="identifier of the organization above it; empty: none")] = ""
    postal: Annotated[PostalInfo | None, Meta(description="in ASCII (int)")] = None
    local_postal: Annotated[PostalInfo | None, Meta(description="in any script (loc)")] = None
    voice: str = ""
    voice_ext: str = ""
    fax: str = ""
    fax_ext: str = ""
    email: str = ""
    url: str = ""
    contacts: tuple[OrgContact, ...] = ()

    def role(self, type_name: str) -> OrgRole | None:
        """Return the role of a type; None if it has none."""
        return next((one for one in self.roles if one.type == type_name), None)


def is_linked(registry: "Registry", one: Organization, role: str = "") -> bool:
    """Return True if a domain has the organization, in a role, or another one has it as parent (without a role)."""
    domains = registry.domains_of_organization(one.id)
    if role:
        return any(link.role == role and link.id.lower() == one.id.lower() for d in domains for link in d.extras.orgs)
    return bool(domains) or any(each.parent.lower() == one.id.lower() for each in registry.organizations.values())


def statuses_of(registry: "Registry", one: Organization) -> tuple[str, ...]:
    """Return all statuses of an organization: those that were set, else ok; and linked."""
    shown = one.statuses or ("ok",)
    return ("linked", *shown) if is_linked(registry, one) else shown


def is_below(registry: "Registry", one: str, above: str) -> bool:
    """Return True if an organization is another one, or lies below it."""
    seen = one.lower()
    for _step in range(MAX_PARENTS):
        if seen == above.lower():
            return True
        found = registry.organizations.get(seen)
        if found is None or not found.parent:
            return False
        seen = found.parent.lower()
    return True  # too deep to tell: taken as a cycle


def organization_problems(one: Organization) -> Iterator[str]:
    """Yield the problems of an organization in words."""
    for status in one.statuses:
        if status not in (*CLIENT_STATUSES, *SERVER_STATUSES):
            yield f"statuses: an organization has no {status!r} (RFC 8543 3.4)"
    if len({role.type for role in one.roles}) < len(one.roles):
        yield "roles: one is there twice"
    for name, postal in (("postal", one.postal), ("local_postal", one.local_postal)):
        if postal is not None and not postal.name:
            yield f"{name}: an address has a name"


def shifted_organization(one: Organization, by: float) -> Organization:
    """Return an organization with its times shifted by a number of seconds."""
    times = {name: value + by for name in TIMES if (value := getattr(one, name)) is not None}
    return msgspec.structs.replace(one, **times)
