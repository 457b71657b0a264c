"""Steps of contacts and hosts."""

from collections.abc import Callable

from homeport.services.epp.ote.step import Sighting, Step
from homeport.services.epp.results import Code

C, H = "contacts", "hosts"
LINKED = (Code.ASSOCIATION_PROHIBITS,)


def _families(seen: Sighting) -> set[str]:
    return {one.ip for one in seen.about.addr}


def _postal(kind: str) -> Callable[[Sighting], bool]:
    return lambda seen: any(one.type == kind for one in seen.about.postal_info)


CONTACTS = (
    Step(id="contact-check", section=C, title="Check a contact", how="contact:check", verb="contact:check"),
    Step(id="contact-check-many", section=C, title="Check several contacts at once",
         how="contact:check with two or more identifiers", verb="contact:check",
         tries=lambda seen: len(seen.about.id) > 1),
    Step(id="contact-create", section=C, title="Create a contact", how="contact:create with postalInfo type=int",
         verb="contact:create", tries=_postal("int")),
    Step(id="contact-create-local", section=C, title="Create a contact with a local address",
         how="contact:create with postalInfo type=loc", verb="contact:create", tries=_postal("loc")),
    Step(id="contact-disclose", section=C, title="Create a contact with preferences for disclosure",
         how="contact:create with disclose", verb="contact:create", tries=lambda seen: seen.about.disclose is not None),
    Step(id="contact-info", section=C, title="Ask for a contact", how="contact:info", verb="contact:info"),
    Step(id="contact-update", section=C, title="Change a contact's data",
         how="contact:update with postalInfo, voice, fax or email in chg", verb="contact:update",
         tries=lambda seen: seen.about.chg is not None),
    Step(id="contact-lock", section=C, title="Set a status of a contact",
         how="contact:update with a client... status in add", verb="contact:update",
         tries=lambda seen: bool(seen.in_update("add", "status"))),
    Step(id="contact-unlock", section=C, title="Remove a status of a contact", how="contact:update with status in rem",
         verb="contact:update", tries=lambda seen: bool(seen.in_update("rem", "status"))),
    Step(id="contact-delete", section=C, title="Delete a contact", how="contact:delete of a contact without links",
         verb="contact:delete"),
    Step(id="contact-delete-linked", section=C, title="Learn that a contact in use cannot be deleted",
         how="contact:delete of a domain's contact; the answer is 2305", verb="contact:delete",
         tries=lambda seen: seen.code in LINKED, codes=LINKED),
)  # fmt: skip
HOSTS = (
    Step(id="host-check", section=H, title="Check a host", how="host:check", verb="host:check"),
    Step(id="host-create-external", section=H, title="Create a host outside of the registry's zones",
         how="host:create without addr", verb="host:create", tries=lambda seen: not seen.about.addr),
    Step(id="host-create-glue", section=H, title="Create a host below a domain of your own",
         how="host:create with addr ip=v4", verb="host:create", tries=lambda seen: "v4" in _families(seen)),
    Step(id="host-create-ipv6", section=H, title="Create a host with an IPv6 address",
         how="host:create with addr ip=v6", verb="host:create", tries=lambda seen: "v6" in _families(seen)),
    Step(id="host-info", section=H, title="Ask for a host", how="host:info", verb="host:info"),
    Step(id="host-add-address", section=H, title="Add an address to a host", how="host:update with addr in add",
         verb="host:update", tries=lambda seen: bool(seen.in_update("add", "addr"))),
    Step(id="host-remove-address", section=H, title="Remove an address of a host", how="host:update with addr in rem",
         verb="host:update", tries=lambda seen: bool(seen.in_update("rem", "addr"))),
    Step(id="host-rename", section=H, title="Rename a host", how="host:update with name in chg", verb="host:update",
         tries=lambda seen: seen.about.chg is not None),
    Step(id="host-delete", section=H, title="Delete a host", how="host:delete of a host without links",
         verb="host:delete"),
    Step(id="host-delete-linked", section=H, title="Learn that a host in use cannot be deleted",
         how="host:delete of a domain's name server; the answer is 2305", verb="host:delete",
         tries=lambda seen: seen.code in LINKED, codes=LINKED),
)  # fmt: skip
