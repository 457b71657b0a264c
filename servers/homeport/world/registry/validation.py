"""Validate objects by themselves: values that no registry could hold, or that EPP could not show.

References to other objects are not validated: a test may want a domain of an unknown registrar.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from homeport.world.names import canonical_address, canonical_name
from homeport.world.registry.launch_policy import launch_problems
from homeport.world.registry.objects import (
    Contact,
    Domain,
    Host,
    Registrar,
    RegistryObject,
    Sponsored,
    Transfer,
    Transferable,
    kind_of,
)
from homeport.world.registry.ttl import ttl_problems
from homeport.world.registry.zones import Zone

ROID = re.compile(r"\w{1,80}-\w{1,8}")
PHONE = re.compile(r"\+[0-9]{1,3}\.[0-9]{1,14}")
PIN = re.compile(r"[0-9A-Fa-f]{64}")
ID_LENGTHS = range(3, 17)
"""Lengths of identifiers of registrars and contacts (RFC 5730 4, clIDType)."""
COUNTRY = re.compile(r"[A-Z]{2}")
PROHIBITED = ("DeleteProhibited", "TransferProhibited", "UpdateProhibited")
SETTABLE = {
    "domain": (*PROHIBITED, "RenewProhibited", "Hold"),
    "contact": PROHIBITED,
    "host": ("DeleteProhibited", "UpdateProhibited"),
}
"""Status names after `client` and `server`, by kind (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2)."""
BY_THEMSELVES = ("ok", "linked", "inactive", "pending")


def settable(kind: str) -> tuple[str, ...]:
    """Return the statuses that can be set on objects of a kind."""
    return tuple(f"{side}{what}" for side in ("client", "server") for what in SETTABLE[kind])


def validate_object(one: RegistryObject) -> list[str]:
    """Return the problems of an object in words; empty if it is valid."""
    if isinstance(one, Registrar):
        return list(_of_registrar(one))
    found = [*_of_stored(one)]
    if isinstance(one, Domain):
        found += _of_domain(one)
    elif isinstance(one, Host):
        found += _of_addresses("addresses", one.addresses)
    else:
        found += _of_contact(one)
    return found


def validate_zone(zone: Zone) -> list[str]:
    """Return the problems of a TLD's policy in words; empty if it is valid."""
    found = []
    if canonical_name(zone.name) != zone.name:
        found.append(f"name: {zone.name!r} is not a name in lower case, with A-labels")
    found += launch_problems(zone.launch)
    found += ttl_problems(zone)
    if zone.years_min > zone.years_max:
        found.append(f"years_min: {zone.years_min} is more than years_max, {zone.years_max}")
    return found


def unknown_tables(zone: Zone, known: Collection[str]) -> Iterator[str]:
    """Yield a problem for each IDN table of a zone that does not exist."""
    for name in zone.idn.tables:
        if name not in known:
            yield f"idn.tables: there is no IDN table {name!r}; known are {', '.join(known)}"


def combination_problems(one: Sponsored) -> Iterator[str]:
    """Yield the combinations of statuses that are not allowed (RFC 5731 2.3, RFC 5732 2.3, RFC 5733 2.2)."""
    for pending in one.pending_statuses():
        for status in one.statuses:
            if status.endswith(f"{pending.removeprefix('pending')}Prohibited"):
                yield f"statuses: {pending} excludes {status}"


def _of_registrar(one: Registrar) -> Iterator[str]:
    for pin in one.pins:
        if not PIN.fullmatch(pin.replace(":", "")):
            yield f"pins: {pin!r} is not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons"
    if one.certificate == "pinned" and not one.pins:
        yield "certificate: pinned needs fingerprints in pins, otherwise no login can succeed"


def _of_stored(one: Sponsored) -> Iterator[str]:
    if not ROID.fullmatch(one.roid):
        yield f"roid: {one.roid!r} is not valid: 1 to 80 letters and digits, a hyphen, 1 to 8 of them (RFC 5730 2.8)"
    kind = kind_of(one)
    for status in one.statuses:
        if status.startswith(BY_THEMSELVES):
            yield f"statuses: {status} cannot be set: it is derived from links, servers, pending, transfer or deleted"
        elif status not in settable(kind):
            yield f"statuses: a {kind} has no {status!r}; allowed are {', '.join(settable(kind))}"
    yield from _of_ids((("registrar", one.registrar), ("creator", one.creator), ("updater", one.updater)))
    yield from combination_problems(one)
    if len(set(one.statuses)) < len(one.statuses):
        yield "statuses: one is listed twice"
    if isinstance(one, Transferable) and one.transfer is not None:
        yield from _of_transfer(one, one.transfer)


def _of_ids(ids: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the identifiers that no answer of EPP can show. ids: each with its field; an empty one is none."""
    for field, identifier in ids:
        if identifier and len(identifier) not in ID_LENGTHS:
            yield f"{field}: {identifier[:20]!r} is not valid: identifiers have 3 to 16 characters (RFC 5730 4)"


def _of_transfer(one: Transferable, transfer: Transfer) -> Iterator[str]:
    yield from _of_ids((("transfer: gaining", transfer.gaining), ("transfer: losing", transfer.losing)))
    if transfer.status == "pending" and transfer.losing.lower() != one.registrar.lower():
        yield "transfer: while it is pending, losing is the sponsor: the object's registrar"
    if transfer.gaining.lower() == transfer.losing.lower():
        yield "transfer: gaining and losing are the same registrar"
    if transfer.acted < transfer.requested:
        yield "transfer: acted is before requested"


def _of_domain(one: Domain) -> Iterator[str]:
    yield from _of_ids((role if role == "registrant" else "contacts", name) for role, name in one.contact_ids())
    if one.expires < one.created:
        yield "expires: before created"
    if one.deleted is None:
        for name in ("restoring", "purging"):
            if getattr(one, name) is not None:
                yield f"{name}: only a deleted domain has it; set deleted, too"
    elif one.restoring is not None and one.purging is not None:
        yield "purging: a domain that is being restored is still in redemption; set only one of restoring and purging"
    if one.deleted is not None and one.transfer_pending:
        yield "transfer: a deleted domain has no pending transfer; its status would be serverCancelled"
    for grace in one.graces:
        if grace.ends < grace.begun:
            yield f"graces: the {grace.kind} grace ends before it begins"
    if one.nameservers and one.attributes:
        yield "attributes: its servers are hosts or attributes, not both (RFC 5731 1.1)"
    if one.signers and one.keys:
        yield "keys: its DNSSEC data are DS records or keys, not both (RFC 5910 4)"
    for attribute in one.attributes:
        yield from _of_addresses(f"attributes: {attribute.name}", attribute.addresses)


def _of_addresses(where: str, addresses: Iterable[str]) -> Iterator[str]:
    for address in addresses:
        if canonical_address(address) is None:
            yield f"{where}: {address!r} is not an IPv4 or IPv6 address"


def _of_contact(one: Contact) -> Iterator[str]:
    for name in ("voice", "fax"):
        number = getattr(one, name)
        if number and not PHONE.fullmatch(number):
            yield f"{name}: {number!r} is not a number such as +44.1865550100 (RFC 5733 2.5)"
    for name, postal in (("postal", one.postal), ("local_postal", one.local_postal)):
        if postal is not None and postal.country and not COUNTRY.fullmatch(postal.country):
            yield f"{name}.country: {postal.country!r} is not a code of two upper-case letters (RFC 5733 2.4)"
