"""contact update (RFC 5733 3.2.5)."""

from typing import Any

import msgspec

from homeport.services.epp.flow import EppError, Outcome, Request, flow
from homeport.services.epp.flows import contact_values, statuses
from homeport.services.epp.flows.contact_data import disclose_of, found, password_of, postal_of, with_address
from homeport.services.epp.grammar import contact as grammar
from homeport.services.epp.results import Code
from homeport.world.registry import Contact, PostalInfo
from homeport.world.registry.objects import NO_POSTAL


@flow(grammar.Update)
def update(request: Request[grammar.Update]) -> Outcome:
    """Change a contact's statuses, and replace what of it is given."""
    command = request.command
    one = found(request)
    statuses.refuse_unless_sponsor(request, statuses.CONTACT, one)
    added = [status.s for status in command.add.status] if command.add else []
    removed = [status.s for status in command.rem.status] if command.rem else []
    statuses.refuse_update_if_prohibited(statuses.CONTACT, one, removed)
    new: dict[str, Any] = {"statuses": statuses.changed(statuses.CONTACT, one, added, removed)}
    if command.chg is not None:
        replaced = _replaced(request, one, command.chg)
        if not replaced and not added and not removed:
            raise EppError(
                Code.MISSING_PARAMETER,
                "RFC 5733 3.2.5: chg holds at least one element",
                value=command.chg,
                finding="empty-update",
            )
        new |= replaced
    request.changes.put(msgspec.structs.replace(one, updated=request.changes.now, updater=request.registrar.id, **new))
    return Outcome()


def _replaced(request: Request[grammar.Update], one: Contact, given: grammar.Chg) -> dict[str, Any]:
    """The fields that an update replaces."""
    new: dict[str, Any] = {}
    for postal in given.postal_info:
        if postal.type == "int":
            new["postal"] = _postal(None if one.postal == NO_POSTAL else one.postal, postal)
        else:
            new["local_postal"] = _postal(one.local_postal, postal)
    if given.voice is not None:  # an empty number takes the old one away
        new |= {"voice": given.voice.value, "voice_ext": given.voice.x or "" if given.voice.value else ""}
    if given.fax is not None:
        new |= {"fax": given.fax.value, "fax_ext": given.fax.x or "" if given.fax.value else ""}
    if given.email is not None:
        new["email"] = contact_values.email(given.email)
    if given.auth_info is not None:
        new["password"] = password_of(given.auth_info)
    if given.disclose is not None:
        new["disclose"] = disclose_of(given.disclose, request.options.always_disclosed)
    return new


def _postal(old: PostalInfo | None, given: grammar.ChgPostalInfo) -> PostalInfo:
    """The address with what is given put in its place: an empty org goes, addr is replaced whole."""
    if old is None:
        if given.name is None or given.addr is None:
            raise EppError(
                Code.MISSING_PARAMETER,
                f'RFC 5733 3.2.5: the contact has no postalInfo of type="{given.type}"; a new one needs name and addr',
                value=given,
            )
        return postal_of(grammar.PostalInfo(type=given.type, name=given.name, org=given.org, addr=given.addr))
    postal = old if given.addr is None else with_address(old, given.addr)
    return msgspec.structs.replace(
        postal,
        name=postal.name if given.name is None else given.name,
        organization=postal.organization if given.org is None else given.org,
    )
